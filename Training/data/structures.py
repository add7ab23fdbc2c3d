"""The structures of contours.json, RTSTRUCT and SEG, as labels on the grid of an image."""

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from Training.data.label_names import label_of
from VSSegmentationLib.codec import read_json_file, shortened
from VSSegmentationLib.errors import InputRefusedError, VSSegmentationError
from VSSegmentationLib.frames import LPS_TO_RAS, ras_from_lps
from VSSegmentationLib.imageio import list_rois, mask_of_contours, read_rtstruct_roi
from VSSegmentationLib.imageio.dicom.headers import DAMAGE, silent_pydicom
from VSSegmentationLib.labels import Label
from VSSegmentationLib.volume import Volume

_PREFERRED = ("TV", "AN")
"""What the published structures call the tumor; VolYYYY beside them can be another, smaller contour of it."""


class Chosen(NamedTuple):
    """Which structures of a file are used."""

    tumor: str
    cochleae: tuple[str, ...]


def choose(names: Sequence[str], *, first_is_tumor: bool) -> Chosen:
    """Return which structure is the tumor, and which are cochleae.

    Args:
        names: In the order of the file.
        first_is_tumor: As in contours.json of VS-SEG, where the tumor is told by its position.

    Raises:
        InputRefusedError: If none is named like a tumor, with the names that are there, or two have its name.
    """
    cochleae = tuple(name for name in names if "cochlea" in name.lower())
    tumor = names[0] if first_is_tumor and names else _named_like_a_tumor(names)
    if names.count(tumor) > 1:
        msg = "two structures have the name of the tumor, and nobody can tell which is meant; rename one"
        raise InputRefusedError(msg)
    return Chosen(tumor, cochleae)


def _named_like_a_tumor(names: Sequence[str]) -> str:
    preferred = [name for wanted in _PREFERRED for name in names if name.strip().upper() == wanted]
    named = [name for name in names if label_of(name) is Label.UNDIVIDED_TUMOR]
    if not preferred and not named:
        msg = f"no structure is named like a tumor; there are {shortened(', '.join(names)) if names else 'none'}"
        raise InputRefusedError(msg)
    return (preferred or named)[0]


def labels_of_json(path: Path, image: Volume) -> Volume:
    """Return the labels of a contours.json, whose points are LPS in mm in the space of its own image.

    Raises:
        InputRefusedError: If it is not such a file, or its tumor has no contour.
    """
    try:
        content = read_json_file(path)
        named = [(str(s["structure_name"]), [_ras(points) for points in s["LPS_contour_points"]]) for s in content]
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = f"contours.json is damaged or of another form ({type(error).__name__})"
        raise InputRefusedError(msg) from error
    chosen, contours = choose([name for name, _ in named], first_is_tumor=True), dict(named)
    return _labels(image, chosen, lambda name: mask_of_contours(_closed(contours[name]), image).array)


def labels_of_rtstruct(path: Path, image: Volume, frame_of_reference: str) -> Volume:
    """Return the labels of an RTSTRUCT on the grid of an image in the same frame of reference.

    Raises:
        InputRefusedError: If it is damaged, was drawn elsewhere, or has no tumor.
    """
    chosen = choose(list_rois(path), first_is_tumor=False)
    return _labels(image, chosen, lambda name: read_rtstruct_roi(path, name, image, frame_of_reference).array)


def labels_of_seg(path: Path, image: Volume) -> Volume:
    """Return the labels of a DICOM SEG; its frames may be fewer than the image's slices.

    Raises:
        InputRefusedError: If it cannot be read, or has no tumor.
    """
    import highdicom  # noqa: PLC0415 - only this kind of file needs it

    with silent_pydicom():
        try:
            seg = highdicom.seg.segread(path)
            names = {n: str(seg.get_segment_description(n).segment_label) for n in seg.segment_numbers}
            volumes = {name: seg.get_volume(segment_numbers=[n], combine_segments=True) for n, name in names.items()}
        except (*DAMAGE, RuntimeError, ArithmeticError, sqlite3.Error) as error:
            msg = f"the SEG object is damaged or of a kind that cannot be placed ({type(error).__name__})"
            raise InputRefusedError(msg) from error
    chosen = choose(list(names.values()), first_is_tumor=False)

    def on_image(name: str) -> NDArray[np.bool_]:
        volume = volumes[name]
        return carried_over(Volume(np.asarray(volume.array) > 0, LPS_TO_RAS @ volume.affine), image, np.eye(4))

    return _labels(image, chosen, on_image)


def carried_over(mask: Volume, image: Volume, image_to_mask_ras: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return for each voxel of an image whether the mask holds the point that it is moved to; nearest voxel.

    Args:
        mask: (D, H, W) bool, on any grid.
        image: Whose grid is wanted.
        image_to_mask_ras: (4, 4) from points of the image to points of the mask, RAS in mm.
    """
    to_index = np.linalg.inv(mask.dhw_to_ras) @ image_to_mask_ras @ image.dhw_to_ras
    moved = ndimage.affine_transform(
        mask.array.astype(np.uint8), to_index[:3, :3], to_index[:3, 3], output_shape=image.shape, order=0
    )
    return np.asarray(moved > 0)


def _labels(image: Volume, chosen: Chosen, mask_of: Callable[[str], NDArray[Any]]) -> Volume:
    labels = np.zeros(image.shape, np.uint8)
    for name in chosen.cochleae:
        try:
            labels[mask_of(name)] = Label.COCHLEA
        except VSSegmentationError:  # a cochlea without contours takes no tumor away
            continue
    labels[mask_of(chosen.tumor)] = Label.UNDIVIDED_TUMOR
    return image.with_array(labels)


def _ras(points: list[list[float]]) -> NDArray[np.float64]:
    return ras_from_lps(np.asarray(points, dtype=np.float64).reshape(-1, 3))


def _closed(contours: list[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
    usable = [points for points in contours if len(points) >= 3 and np.isfinite(points).all()]
    if not usable:
        msg = "the structure has no contour of at least three points"
        raise InputRefusedError(msg)
    return usable
