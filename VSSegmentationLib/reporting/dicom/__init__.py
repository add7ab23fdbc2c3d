"""DICOM objects of a result: the segmentation and the structured report."""
