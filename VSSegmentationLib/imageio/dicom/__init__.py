"""DICOM: series in a folder, their geometry and voxels, and contours; the only room that reads DICOM headers."""
