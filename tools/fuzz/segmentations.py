"""DICOM segmentations of each type, as highdicom places their segments, and where it can't, as pydicom's frames lie."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray

from Testing.support.dicom_files import OBLIQUE, SeriesSpec, voxels, write_series
from tools.fuzz.dicom import number_uids
from tools.fuzz.judging import FaultError
from Training.data.structures import labels_of_seg
from VSSegmentationLib import geometry
from VSSegmentationLib.frames import LPS_TO_RAS
from VSSegmentationLib.imageio import load_labelmap
from VSSegmentationLib.imageio.dicom.headers import silent_pydicom
from VSSegmentationLib.imageio.dicom.segmentation import StoredSegmentation, describe_segmentation, read_segmentation
from VSSegmentationLib.volume import Volume

_SPEC = SeriesSpec(spacing_dhw_mm=(3.0, 1.0, 0.8), orientation=OBLIQUE)
_SHAPE = (5, 8, 9)
_PLACE_VOXELS = 0.1
"""Frames may miss the grid that they lie on by a twentieth of a voxel."""
_OF_NOTHING = np.empty((0, 3))


def write_sound_segs(folder: Path) -> list[Path]:
    """Write a tumor as a mask, as fractions, as a label map, and two parts that overlap a third structure."""
    sources = [pydicom.dcmread(file) for file in write_series(folder / "scan", voxels(_SHAPE), _SPEC)]
    for number, source in enumerate(sources):
        source.StudyInstanceUID, source.StudyID, source.PatientBirthDate, source.PatientSex = "1.2.3", "1", "", ""
        source.AccessionNumber, source.StudyDate, source.StudyTime, source.ReferringPhysicianName = "", "", "", ""
        source.InstanceNumber, source.FrameOfReferenceUID = number + 1, "1.2.3.9"
    tumor = np.zeros(_SHAPE, np.uint8)
    tumor[1:4, 2:6, 3:7] = 1
    parts = np.zeros((*_SHAPE, 3), np.uint8)
    parts[1:4, 2:6, 3:5, 0], parts[1:4, 3:5, 5:8, 1], parts[2:5, 1:7, 2:6, 2] = 1, 1, 1
    parted = ("extrameatal", "intrameatal", "Brainstem")
    written = {
        "mask.dcm": (tumor, ("TV",), "BINARY"),
        "fractions.dcm": (tumor * np.float32(0.8), ("TV",), "FRACTIONAL"),
        "label_map.dcm": (np.where(tumor, 1 + parts[..., 1], 0).astype(np.uint8), parted[:2], "LABELMAP"),
        "parts.dcm": (parts, parted, "BINARY"),
    }
    for name, (pixels, names, kind) in written.items():
        _write(folder / name, sources, pixels, names, kind)
        number_uids([folder / name])
    return [folder / name for name in written]


def _write(path: Path, sources: list[pydicom.Dataset], pixels: NDArray[Any], names: tuple[str, ...], kind: str) -> None:
    import highdicom  # noqa: PLC0415 - takes a second

    code = highdicom.sr.CodedConcept("108369006", "SCT", "Tumor")
    described = [
        highdicom.seg.SegmentDescription(
            segment_number=number, segment_label=name, segmented_property_category=code, segmented_property_type=code,
            algorithm_type="MANUAL",
        )
        for number, name in enumerate(names, start=1)
    ]  # fmt: skip
    highdicom.seg.Segmentation(
        source_images=sources, pixel_array=pixels, segmentation_type=kind, segment_descriptions=described,
        series_instance_uid="1.2.3.4", series_number=9, sop_instance_uid="1.2.3.4.5", instance_number=1,
        manufacturer="m", manufacturer_model_name="m", software_versions="1", device_serial_number="1",
        omit_empty_frames=kind == "BINARY",
    ).save_as(path)  # fmt: skip


def read_seg(path: Path) -> str:
    """Read a segmentation as a labelmap; each segment must have the voxels that the other reader gives it."""
    stored = read_segmentation(path)
    told = {each.number: each.voxels for each in describe_segmentation(path)}
    ours = {each.value: stored.layers[each.layer] == each.value for each in stored.segments}
    if told != {number: int(mask.sum()) for number, mask in ours.items()}:
        msg = "what is told of the segments is not what they are"
        raise FaultError(msg)
    labels = load_labelmap(path).volume
    if not np.allclose(labels.dhw_to_ras, stored.dhw_to_ras) or (labels.array > 0)[~np.any([*ours.values()], 0)].any():
        msg = "labels where no segment is"
        raise FaultError(msg)
    theirs, reader = _theirs(path)
    if theirs is None:
        return "taken, the other readers refuse"
    must_have_the_same_segments(stored, theirs)
    return f"taken, as {reader}"


def must_have_the_same_segments(stored: StoredSegmentation, theirs: Mapping[int, NDArray[np.float64]]) -> None:
    """See that every segment has the voxels that another reader gives it, and no other.

    Args:
        stored: As it was read here.
        theirs: (N, 3) RAS in mm of the voxels of each segment, by its number.

    Raises:
        FaultError: If that is not so.
    """
    ours = {each.value: stored.layers[each.layer] == each.value for each in stored.segments}
    for number in {*ours, *theirs}:
        _must_be_the_same(stored, ours.get(number), theirs.get(number, _OF_NOTHING))


def _must_be_the_same(stored: StoredSegmentation, mask: NDArray[np.bool_] | None, points: NDArray[np.float64]) -> None:
    shape = stored.layers[0].shape
    index = geometry.transform_points(geometry.as_affine(np.linalg.inv(stored.dhw_to_ras)), points)
    nearest = np.rint(index).astype(int)
    if len(points) and np.abs(index - nearest).max() > _PLACE_VOXELS:
        msg = f"place: a segment lies {np.abs(index - nearest).max():.3g} voxels off the other reader's"
        raise FaultError(msg)
    inside = ((nearest >= 0) & (nearest < shape)).all(axis=1)
    expected = np.zeros(shape, np.bool_)
    expected[tuple(nearest[inside].T)] = True
    if not inside.all() or not np.array_equal(expected, np.zeros(shape, np.bool_) if mask is None else mask):
        msg = f"voxels: ours has {0 if mask is None else int(mask.sum())}, the other reader {len(points)}"
        raise FaultError(msg)


def _theirs(path: Path) -> tuple[dict[int, NDArray[np.float64]] | None, str]:
    """Return (N, 3) RAS in mm of the voxels of each segment, by highdicom, else by the frames as pydicom has them."""
    for read, name in ((_as_highdicom, "highdicom"), (_as_pydicom, "pydicom")):
        with silent_pydicom():
            try:
                return read(path), name
            except Exception:  # noqa: BLE001, S112 - whatever they say of a damaged file
                continue
    return None, ""


def _as_highdicom(path: Path) -> dict[int, NDArray[np.float64]]:
    import highdicom  # noqa: PLC0415 - takes a second

    seg = highdicom.seg.segread(path)
    found = {}
    for number in seg.segment_numbers:
        volume = seg.get_volume(segment_numbers=[number], combine_segments=False)
        there = np.argwhere(np.asarray(volume.array).reshape(volume.spatial_shape) >= 0.5)
        found[int(number)] = geometry.transform_points(geometry.as_affine(LPS_TO_RAS @ volume.affine), there)
    return found


def _as_pydicom(path: Path) -> dict[int, NDArray[np.float64]]:
    dataset = pydicom.dcmread(path, force=True)
    frames = dataset.pixel_array.reshape(-1, dataset.Rows, dataset.Columns)
    most = float(dataset.get("MaximumFractionalValue", 1)) if dataset.SegmentationType == "FRACTIONAL" else 1.0
    shared = dataset.SharedFunctionalGroupsSequence[0]
    found: dict[int, list[NDArray[np.float64]]] = {}
    for frame, own in zip(frames, dataset.PerFrameFunctionalGroupsSequence, strict=True):
        groups = {each.keyword: each.value[0] for each in (*shared, *own) if each.value}
        between = np.array(groups["PixelMeasuresSequence"].PixelSpacing, np.float64)
        directions = np.array(groups["PlaneOrientationSequence"].ImageOrientationPatient, np.float64)
        first = np.array(groups["PlanePositionSequence"].ImagePositionPatient, np.float64)
        kind = dataset.SegmentationType
        own_number = groups["SegmentIdentificationSequence"].ReferencedSegmentNumber if kind != "LABELMAP" else 0
        for number in np.unique(frame[frame > 0]).astype(int).tolist() if kind == "LABELMAP" else [int(own_number)]:
            there = np.argwhere(frame == number if kind == "LABELMAP" else frame / most >= 0.5)
            lps = first + there[:, :1] * between[0] * directions[3:] + there[:, 1:] * between[1] * directions[:3]
            found.setdefault(number, []).append(lps * (-1, -1, 1))
    return {number: np.unique(np.concatenate(each), axis=0) for number, each in found.items()}


def write_sound_seg_of_tumor(folder: Path) -> list[Path]:
    """Write the mask alone: training takes a structure that is named like a whole tumor."""
    return write_sound_segs(folder)[:1]


def read_seg_for_training(path: Path) -> str:
    """Read the tumor of a segmentation on the grid of its scan, as an import of training data does."""
    grid = Volume(np.zeros(_SHAPE, np.uint8), geometry.as_affine(_SPEC.dhw_to_ras()))
    return "taken" if labels_of_seg(path, grid).array.any() else "taken, empty"
