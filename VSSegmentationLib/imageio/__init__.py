"""Reading scans and refusing them well; writing images and segmentations.

Standard output and error stay silent, and no message names a patient, a file or a path.
"""

from VSSegmentationLib.imageio.dicom.contours import mask_of_contours
from VSSegmentationLib.imageio.dicom.reading import list_series
from VSSegmentationLib.imageio.dicom.rtstruct import list_rois, load_rtstruct_roi, read_rtstruct_roi
from VSSegmentationLib.imageio.files.labelmaps import Labelmap, as_labelmap
from VSSegmentationLib.imageio.files.writing import write_image, write_segmentation
from VSSegmentationLib.imageio.labelmaps import load_labelmap, named_label_set, placed_on_scan, read_labelmap
from VSSegmentationLib.imageio.reading import AXES_ASSUMED, read_scan, read_volume, scan_of_volume
from VSSegmentationLib.imageio.scan import Modality, Scan, SeriesSummary

__all__ = [
    "AXES_ASSUMED",
    "Labelmap",
    "Modality",
    "Scan",
    "SeriesSummary",
    "as_labelmap",
    "list_rois",
    "list_series",
    "load_labelmap",
    "load_rtstruct_roi",
    "mask_of_contours",
    "named_label_set",
    "placed_on_scan",
    "read_labelmap",
    "read_rtstruct_roi",
    "read_scan",
    "read_volume",
    "scan_of_volume",
    "write_image",
    "write_segmentation",
]
