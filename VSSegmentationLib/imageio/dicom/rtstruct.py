"""Contours of a DICOM RTSTRUCT as a mask on any grid."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from VSSegmentationLib.errors import InputRefusedError, UsageError
from VSSegmentationLib.frames import ras_from_lps
from VSSegmentationLib.imageio.dicom.contours import mask_of_contours
from VSSegmentationLib.imageio.dicom.headers import DAMAGE, silent_pydicom
from VSSegmentationLib.imageio.files.reading import existing_file
from VSSegmentationLib.volume import Volume


class _Roi(NamedTuple):
    name: str
    frame_of_reference_uid: str
    """Empty when the file states none."""
    contours: list[NDArray[np.float64]]
    """Each (N, 3) RAS points in mm."""


def list_rois(path: Path) -> tuple[str, ...]:
    """Return the names of the contoured structures of an RTSTRUCT file, in its order.

    Raises:
        InputRefusedError: If it is no readable RTSTRUCT.
        UsageError: If there is no such file.
    """
    return tuple(roi.name for roi in _rois(path))


def read_rtstruct_roi(path: Path, roi_name: str, grid: Volume, frame_of_reference_uid: str = "") -> Volume:
    """Return a bool mask, True for each voxel of the grid whose center lies inside the contours of a structure.

    Args:
        path: The RTSTRUCT file; its frame of reference must be that of the grid.
        roi_name: As `list_rois` has it.
        grid: Any volume in the same frame of reference, oblique and sheared ones included.
        frame_of_reference_uid: Of the grid; empty leaves it to the caller to know that it is the same.

    Raises:
        InputRefusedError: If the file is no readable RTSTRUCT, the structure has no closed planar contour, or it was
            drawn in another frame of reference.
        UsageError: If there is no such file or structure.
    """
    rois = _rois(path)
    roi = next((roi for roi in rois if roi.name == roi_name), None)
    if roi is None:
        msg = f"there is no structure of that name; the file has: {', '.join(roi.name for roi in rois)}"
        raise UsageError(msg)
    if frame_of_reference_uid and roi.frame_of_reference_uid not in ("", frame_of_reference_uid):
        msg = (
            "The contours were drawn in another frame of reference than that of the image, so nothing tells where they "
            "lie in it; give a series of the examination they were drawn on"
        )
        raise InputRefusedError(msg)
    if not roi.contours:
        msg = "The structure has no closed planar contour, so it encloses nothing; choose another"
        raise InputRefusedError(msg)
    return mask_of_contours(roi.contours, grid)


def _rois(path: Path) -> list[_Roi]:
    existing_file(path)
    with silent_pydicom():
        try:
            dataset = pydicom.dcmread(path, force=True)
            is_rtstruct = dataset.get("Modality") == "RTSTRUCT"
            contours_of = {int(c.ReferencedROINumber): c for c in dataset.get("ROIContourSequence") or ()}
            rois = [
                _Roi(
                    str(roi.ROIName),
                    str(roi.get("ReferencedFrameOfReferenceUID") or ""),
                    _closed(contours_of.get(int(roi.ROINumber), Dataset())),
                )
                for roi in dataset.get("StructureSetROISequence") or ()
            ]
        except DAMAGE as error:
            msg = "The RTSTRUCT file is damaged or truncated; copy or export it again"
            raise InputRefusedError(msg) from error
    if not is_rtstruct:
        msg = "The file is no DICOM RTSTRUCT, which contours are read from; give the RTSTRUCT file"
        raise InputRefusedError(msg)
    return rois


def _closed(roi: Dataset) -> list[NDArray[np.float64]]:
    points = [
        ras_from_lps(np.array(contour.ContourData, dtype=np.float64).reshape(-1, 3))
        for contour in roi.get("ContourSequence") or ()
        if contour.ContourGeometricType == "CLOSED_PLANAR"
    ]
    return [p for p in points if len(p) >= 3 and np.isfinite(p).all()]
