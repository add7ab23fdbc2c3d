"""The key image as a Secondary Capture (PS3.3, A.8.1), for archives that show nothing but images."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import SecondaryCaptureImageStorage

from VSSegmentationLib.errors import EmptyMaskError
from VSSegmentationLib.reporting.dicom.common import finish, quiet
from VSSegmentationLib.reporting.dicom.made_by_hand import new_object
from VSSegmentationLib.reporting.dicom.object_uids import object_uids
from VSSegmentationLib.reporting.dicom.stand_ins import StandIns
from VSSegmentationLib.reporting.pictures.key_picture import KeyPicture, key_picture
from VSSegmentationLib.reporting.report.building import make_report
from VSSegmentationLib.reporting.report.content import ReportContent
from VSSegmentationLib.reporting.report.dicom_link import DicomLink

_SERIES_STEP = 4
"""Of the series number, after those of the segmentation, the two structured reports and the document."""


def write_key_image(path: Path, content: ReportContent, link: DicomLink) -> None:
    """Write the axial plane that the report's key image shows, with the outlines, the diameter and DRAFT on it.

    Raises:
        EmptyMaskError: If there is no tumor to be shown.
        VSSegmentationError: If no object can be written for this series.
    """
    picture = key_picture(content)
    if picture is None:
        msg = "a key image shows the tumor, and the labelmap holds none; leave dicom-key-image out"
        raise EmptyMaskError(msg)
    with quiet():
        _object(picture, content, link).save_as(path, enforce_file_format=True)


def _object(picture: KeyPicture, content: ReportContent, link: DicomLink) -> Dataset:
    report, stand_ins = make_report(content), StandIns(link)
    uids = object_uids("key-image", report, stand_ins, link)
    made = new_object(SecondaryCaptureImageStorage, uids, stand_ins, report, content.task)
    made.Modality, made.ConversionType = "OT", "WSD"  # not MR: it is a picture with lines on it, and nothing to measure
    made.SeriesNumber = stand_ins.series_number + _SERIES_STEP
    made.ImageType = ["DERIVED", "SECONDARY"]
    made.BurnedInAnnotation = "NO"  # of nobody: DRAFT, the letters of the sides and a length
    made.RecognizableVisualFeatures = "NO"
    made.DerivationDescription = "Resampled and drawn on; not for measuring"
    made.PatientOrientation, made.Laterality = ["L", "P"], None
    made.LossyImageCompression = "00"
    made.ImageComments = picture.text[:10240]
    _add_pixels(made, picture.rgb)
    finish(made, link.identity)
    return made


def _add_pixels(made: Dataset, rgb: NDArray[np.uint8]) -> None:
    made.SamplesPerPixel, made.PhotometricInterpretation, made.PlanarConfiguration = 3, "RGB", 0
    made.Rows, made.Columns, _ = rgb.shape
    made.BitsAllocated = made.BitsStored = 8
    made.HighBit, made.PixelRepresentation = 7, 0
    made.PixelData = rgb.tobytes()
    made["PixelData"].VR = "OB"
