"""DICOM series, classic and enhanced, as pydicom reads them, and structure sets by the area of their polygons."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray

from Testing.support.dicom_files import SeriesSpec, voxels, write_enhanced, write_rtstruct, write_series
from tools.fuzz.judging import FaultError, must_agree
from VSSegmentationLib import geometry
from VSSegmentationLib.frames import ras_from_lps
from VSSegmentationLib.imageio import list_series, load_rtstruct_roi, read_scan
from VSSegmentationLib.imageio.dicom.headers import silent_pydicom
from VSSegmentationLib.imageio.dicom.rtstruct import describe_structures
from VSSegmentationLib.imageio.rules import CEREBELLOPONTINE_ANGLE
from VSSegmentationLib.volume import Volume

RULES = replace(CEREBELLOPONTINE_ANGLE, min_slices=2, min_field_of_view_mm=1.0)
_DRAWN = ("1.2.826.0.1.3680043.8.498.", "1.2.826.0.1.3680043.10.511.3.")
"""Roots of what pydicom and highdicom draw."""
_TIMES = {"DA": "20200101", "TM": "120000", "DT": "20200101120000"}
_TURN = np.linspace(0, 2 * np.pi, 24, endpoint=False)
_GRID = Volume(np.zeros((16, 24, 24), np.uint8), geometry.axial_stack_affine((1.5, 1.0, 1.0)))


def write_sound_series(folder: Path) -> list[Path]:
    """Write a classic series with slopes and an enhanced object, and return one file of each."""
    slopes = tuple((1.0 + 0.5 * (index % 2), -10.0) for index in range(5))
    classic = write_series(folder / "classic", voxels((5, 8, 9)), SeriesSpec(slopes=slopes))
    write_enhanced(folder / "enhanced" / "all.dcm", voxels((5, 8, 9)), SeriesSpec(slopes=slopes))
    number_uids([*classic, folder / "enhanced" / "all.dcm"])
    return [classic[2], folder / "enhanced" / "all.dcm"]


def number_uids(paths: Sequence[Path]) -> None:
    """Replace all drawn identifiers and the time of writing: a seed has to give the same inputs whenever it is used."""
    numbers: dict[str, str] = {}

    def replace_drawn(_dataset: pydicom.Dataset, element: pydicom.DataElement) -> None:
        if element.VR == "UI" and str(element.value).startswith(_DRAWN):
            element.value = numbers.setdefault(str(element.value), f"1.2.826.0.1.3680043.9.{1000 + len(numbers)}")
        elif element.VR in _TIMES:
            element.value = _TIMES[element.VR]

    for path in paths:
        dataset = pydicom.dcmread(path)
        dataset.walk(replace_drawn)
        dataset.file_meta.walk(replace_drawn)
        dataset.save_as(path)


def read_series(path: Path) -> str:
    """List and read the series that the file is one of; every slice must be where pydicom has it, with its voxels."""
    list_series(path.parent, RULES)
    scan = read_scan(path.parent, rules=RULES)
    source = scan.dicom_source
    if source is None:
        msg = "a DICOM scan without a source"
        raise FaultError(msg)
    with silent_pydicom():
        try:
            found = [_slice(each.path, each.frame) for each in source.slices]
        except Exception:  # noqa: BLE001 - whatever pydicom says of a damaged file
            return "taken, the other reader refuses"
    must_agree(scan.volume.array, np.stack([array for array, _ in found]), "voxels")
    places = geometry.transform_points(scan.volume.dhw_to_ras, np.array([(d, 0, 0) for d in range(len(found))]))
    theirs = np.array([ras_from_lps(place) for _, place in found])
    if np.abs(places - theirs).max() > 0.05 * max(scan.volume.spacing_dhw_mm) + 0.1:
        msg = f"place: slices lie up to {np.abs(places - theirs).max():.3g} mm from where their headers say"
        raise FaultError(msg)
    return "taken, as the other reader"


def _slice(path: Path, frame: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    dataset = pydicom.dcmread(path)
    pixels = dataset.pixel_array
    groups = dataset.get("PerFrameFunctionalGroupsSequence")
    if not groups:
        slope, intercept = float(dataset.get("RescaleSlope", 1)), float(dataset.get("RescaleIntercept", 0))
        return pixels * slope + intercept, np.array(dataset.ImagePositionPatient, dtype=np.float64)
    values = groups[frame].PixelValueTransformationSequence[0]
    place = groups[frame].PlanePositionSequence[0].ImagePositionPatient
    array = pixels[frame] * float(values.RescaleSlope) + float(values.RescaleIntercept)
    return array, np.array(place, dtype=np.float64)


def write_sound_structures(folder: Path) -> list[Path]:
    """Write a structure set of a cylinder and a second structure."""
    planes = [-4.5, -3.0, -1.5, 0.0, 1.5, 3.0]
    cylinder = [np.column_stack([6 * np.cos(_TURN), 6 * np.sin(_TURN), np.full_like(_TURN, z)]) for z in planes]
    write_rtstruct(folder / "structures.dcm", {"TV": cylinder, "Cochlea": cylinder[:2]})
    number_uids([folder / "structures.dcm"])
    return [folder / "structures.dcm"]


def read_structures(path: Path) -> str:
    """Read the tumor; without a note its volume must be that of the polygons, as pydicom reads them."""
    describe_structures(path)
    place = _GRID.dhw_to_ras.copy()
    place[:3, 3] = -place[:3, :3] @ (8, 12, 12)
    grid = Volume(_GRID.array, geometry.as_affine(place))
    drawn = load_rtstruct_roi(path, "TV", grid)
    if drawn.notes:
        return "taken, with a note"
    try:
        contours = _contours(path)
    except Exception:  # noqa: BLE001 - whatever pydicom says of a damaged file
        return "taken, the other reader refuses"
    heights = sorted({round(float(points[:, 2].mean()), 2) for points in contours})
    if len(heights) != len(contours) or len(heights) < 2:
        return "taken, not compared"
    expected = sum(_area(points) for points in contours) * float(np.median(np.diff(heights)))
    found = np.count_nonzero(drawn.mask.array) * geometry.voxel_volume_mm3(grid.dhw_to_ras)
    if abs(found - expected) > 0.15 * expected + 30:
        msg = f"volume: {found:.0f} mm3, and the polygons have {expected:.0f}"
        raise FaultError(msg)
    return "taken, as the polygons"


def _contours(path: Path) -> list[NDArray[np.float64]]:
    with silent_pydicom():
        dataset = pydicom.dcmread(path, force=True)
        number = next(int(r.ROINumber) for r in dataset.StructureSetROISequence if r.ROIName == "TV")
        drawn = next(c for c in dataset.ROIContourSequence if int(c.ReferencedROINumber) == number)
        return [np.array(c.ContourData, dtype=np.float64).reshape(-1, 3) for c in drawn.ContourSequence]


def _area(points: NDArray[np.float64]) -> float:
    x, y = points[:, 0], points[:, 1]
    return 0.5 * abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1)))
