"""Contours of a DICOM RTSTRUCT as a mask on any grid."""

from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from VSSegmentationLib import geometry
from VSSegmentationLib.codec import shortened
from VSSegmentationLib.errors import InputRefusedError, UsageError
from VSSegmentationLib.frames import ras_from_lps
from VSSegmentationLib.imageio.dicom.contours import Contour, draw_contours
from VSSegmentationLib.imageio.dicom.headers import DAMAGE, silent_pydicom
from VSSegmentationLib.imageio.dicom.opening import opened_dicom, read_data_set
from VSSegmentationLib.imageio.dicom.segmentation import OWN_MAKER
from VSSegmentationLib.imageio.dicom.series import files_below, is_dicom
from VSSegmentationLib.imageio.files.reading import existing_file
from VSSegmentationLib.volume import Volume

_EXCLUSIVE = "CLOSEDPLANAR_XOR"
_CLOSED = ("CLOSED_PLANAR", _EXCLUSIVE)
_FARTHEST_MM = 1e5
_LONGEST_LIST, _LONGEST_NAME = 200, 40
_NO_FRAME = (
    "The structure states no frame of reference, so that it is the image's own could not be checked: see that the "
    "contours lie on the tumor in the pictures."
)


class Structure(NamedTuple):
    """One structure of a structure set."""

    number: int
    """The only thing that tells structures apart: the standard lets names repeat (PS3.3 C.8.8.5)."""
    name: str
    frame_of_reference_uid: str
    """Empty when the file states none, or hides it."""
    drawn: Dataset
    """Its item of the ROI Contour Sequence; empty when it has none."""


class DrawnStructure(NamedTuple):
    """A structure on a grid, and what has to be known of how it was read."""

    mask: Volume
    """bool (D, H, W), True for each voxel whose center lies inside."""
    name: str
    """As the file calls it."""
    notes: tuple[str, ...] = ()
    """Full sentences: what was passed over, filled in, or lies outside."""


def list_rois(path: Path) -> tuple[str, ...]:
    """Return the names of the structures of an RTSTRUCT file, in its order.

    Raises:
        InputRefusedError: If it is no readable RTSTRUCT.
        UsageError: If there is no such file.
    """
    return tuple(structure.name for structure in structures_in(path))


def structures_in(path: Path) -> list[Structure]:
    """Return the structures of an RTSTRUCT file, in its order.

    Raises:
        InputRefusedError: If it is no readable RTSTRUCT.
        UsageError: If there is no such file.
    """
    existing_file(path)
    with silent_pydicom():
        try:
            with opened_dicom(path) as file:
                dataset = read_data_set(file)
            is_rtstruct = dataset.get("Modality") == "RTSTRUCT"
            # Ours without the patient's identity hides the frame of its source behind another one, as all identifiers.
            is_hidden = str(dataset.get("Manufacturer") or "") == OWN_MAKER and (
                dataset.get("PatientIdentityRemoved") == "YES"
            )
            drawn = {int(c.ReferencedROINumber): c for c in dataset.get("ROIContourSequence") or ()}
            structures = [
                Structure(
                    number=int(roi.ROINumber),
                    name=_one_line(str(roi.get("ROIName") or f"number {roi.ROINumber}")),
                    frame_of_reference_uid="" if is_hidden else str(roi.get("ReferencedFrameOfReferenceUID") or ""),
                    drawn=drawn.get(int(roi.ROINumber), Dataset()),
                )
                for roi in dataset.get("StructureSetROISequence") or ()
            ]
        except DAMAGE as error:
            raise InputRefusedError(_DAMAGED) from error
    if not is_rtstruct:
        msg = "The file is no DICOM RTSTRUCT, which contours are read from; give the RTSTRUCT file"
        raise InputRefusedError(msg)
    return structures


class StructureSummary(NamedTuple):
    """A structure in words."""

    number: int
    name: str
    content: str
    """How many contours, and how far they reach."""


def describe_structures(path: Path) -> list[StructureSummary]:
    """Return what an RTSTRUCT file holds, in its order.

    Raises:
        InputRefusedError: If it is no readable RTSTRUCT.
    """
    return [StructureSummary(each.number, each.name[:_LONGEST_NAME], _size(each)) for each in structures_in(path)]


def is_rtstruct(path: Path) -> bool:
    """Return whether a DICOM file is a structure set, as far as its header can be read."""
    with silent_pydicom():
        try:
            with opened_dicom(path) as file:
                header = read_data_set(file, tags=["Modality"])
                return bool(header.get("Modality") == "RTSTRUCT")
        except (InputRefusedError, *DAMAGE):
            return False


def structure_sets_below(folder: Path) -> list[Path]:
    """Return the RTSTRUCT files of a folder and its subfolders."""
    return [path for path in files_below(folder) if is_dicom(path) and is_rtstruct(path)]


def read_rtstruct_roi(path: Path, roi_name: str, grid: Volume, frame_of_reference_uid: str = "") -> Volume:
    """Return the mask alone of what `load_rtstruct_roi` reads.

    Raises:
        InputRefusedError: As for `load_rtstruct_roi`.
        UsageError: As for `load_rtstruct_roi`.
    """
    return load_rtstruct_roi(path, roi_name, grid, frame_of_reference_uid).mask


def load_rtstruct_roi(path: Path, roi: str, grid: Volume, frame_of_reference_uid: str = "") -> DrawnStructure:
    """Read a structure as a mask on a grid.

    Closed contours enclose (CLOSED_PLANAR, CLOSEDPLANAR_XOR); points and open ones enclose nothing and are counted.

    Args:
        path: The RTSTRUCT file; its frame of reference must be that of the grid.
        roi: As `list_rois` has it, or its number where names repeat.
        grid: Any volume in the same frame of reference, oblique and sheared ones included.
        frame_of_reference_uid: Of the grid; empty leaves it to the caller to know that it is the same.

    Raises:
        InputRefusedError: If the file is no readable RTSTRUCT, the structure has no closed planar contour, was drawn
            in another frame of reference, or encloses no voxel of the grid.
        UsageError: If there is no such file or structure, or several have that name.
    """
    structure = _chosen(structures_in(path), roi)
    stated = structure.frame_of_reference_uid
    if frame_of_reference_uid and stated not in ("", frame_of_reference_uid):
        msg = (
            "The contours were drawn in another frame of reference than that of the image, so nothing tells where they "
            "lie in it; give a series of the examination they were drawn on"
        )
        raise InputRefusedError(msg)
    closed, passed_over = _contours(structure.drawn)
    if not closed:
        others = f" (only {_counted(passed_over)})" if passed_over else ""
        msg = f"The structure has no closed planar contour{others}, so it encloses nothing; choose another"
        raise InputRefusedError(msg)
    drawn = draw_contours(closed, grid)
    notes = [_NO_FRAME] if frame_of_reference_uid and not stated else []
    if not drawn.mask.array.any():
        msg = (
            f"The {len(closed)} contours of the structure enclose no voxel of the image, so they belong to another "
            "one; give the scan they were drawn on"
        )
        raise InputRefusedError(msg)
    return DrawnStructure(drawn.mask, structure.name, (*notes, *_notes(closed, passed_over, drawn.filled_planes, grid)))


def _notes(closed: list[Contour], passed_over: Counter[str], filled_planes: int, grid: Volume) -> list[str]:
    notes = []
    if passed_over:
        total = passed_over.total() + len(closed)
        notes.append(
            f"Of {total} contours of the structure {passed_over.total()} enclose nothing and were passed over "
            f"({_counted(passed_over)}): part of it may be missing from every value."
        )
    if filled_planes:
        notes.append(
            f"The contours miss {filled_planes} planes between others: these were filled in between the neighboring "
            "shapes; see in the pictures whether that is right."
        )
    outside = sum(_leaves(contour.points, grid) for contour in closed)
    if outside:
        notes.append(
            f"Of {len(closed)} contours of the structure {outside} reach beyond the image: what lies there is missing "
            "from every value."
        )
    return notes


def _leaves(points: NDArray[np.float64], grid: Volume) -> bool:
    index = geometry.transform_points(geometry.as_affine(np.linalg.inv(grid.dhw_to_ras)), points)
    return bool(((index < -1) | (index > grid.shape)).any())


def _chosen(structures: list[Structure], roi: str) -> Structure:
    named = [each for each in structures if each.name == roi]
    if len(named) == 1:
        return named[0]
    if named:
        listed = shortened(", ".join(f"{each.number} ({_size(each)})" for each in named), _LONGEST_LIST)
        msg = f"{len(named)} structures have that name; choose one by its number: {listed}"
        raise UsageError(msg)
    numbered = [each for each in structures if str(each.number) == roi]
    if len(numbered) == 1:
        return numbered[0]
    names = shortened(", ".join(each.name[:_LONGEST_NAME] for each in structures), _LONGEST_LIST)
    msg = f"there is no structure of that name (info lists all of a file); there are: {names or 'none'}"
    raise UsageError(msg)


def _size(structure: Structure) -> str:
    contours, _ = _contours(structure.drawn)
    if not contours:
        return "no closed contour"
    lows = [contour.points.min(axis=0) for contour in contours]
    highs = [contour.points.max(axis=0) for contour in contours]
    extent = np.max(highs, axis=0) - np.min(lows, axis=0)
    return f"{len(contours)} contours, {' x '.join(f'{each:.0f}' for each in extent)} mm"


def _contours(drawn: Dataset) -> tuple[list[Contour], Counter[str]]:
    """Return the closed contours of a structure, and how many of which other kinds it has.

    Raises:
        InputRefusedError: If a contour is damaged.
    """
    closed: list[Contour] = []
    passed_over: Counter[str] = Counter()
    with silent_pydicom():
        try:
            for item in drawn.get("ContourSequence") or ():
                kind = str(item.get("ContourGeometricType") or "of no kind")
                points = np.array(item.get("ContourData") or (), dtype=np.float64).reshape(-1, 3)
                if kind in _CLOSED and len(points) >= 3:
                    closed.append(Contour(ras_from_lps(points), exclusive=kind == _EXCLUSIVE))
                elif len(points):
                    passed_over[kind if kind not in _CLOSED else f"{kind} of fewer than 3 points"] += 1
        except DAMAGE as error:
            raise InputRefusedError(_DAMAGED) from error
    if not all(np.isfinite(each.points).all() and np.abs(each.points).max() < _FARTHEST_MM for each in closed):
        msg = "A contour of the structure has points that are not finite or far from any patient; export it again"
        raise InputRefusedError(msg)
    return closed, passed_over


def _counted(kinds: Counter[str]) -> str:
    return ", ".join(f"{count} {kind[:_LONGEST_NAME]}" for kind, count in sorted(kinds.items()))


def _one_line(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)


_DAMAGED = "The RTSTRUCT file is damaged or truncated; copy or export it again"
