"""Head label maps: reading them, and finding where the internal auditory canals have to be."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage

from Training.synthesis.tissues import LABEL_LIMIT, SKULL, Tissue, tissues_of_head_labels
from VSSegmentationLib.errors import InputRefusedError

Side = Literal["right", "left"]
SIDES: tuple[Side, Side] = ("right", "left")
_ROOM_MM = (35, 14, 44)
"""How far from the center of the brainstem petrous bone is looked for, along D, H, W."""
_PORUS_FROM_MIDLINE_MM = 25
"""Half of about 51 mm between the two pori, measured on a normal head (T2 of 1 mm); 24.7 mm to the clivus in skulls."""


@dataclass(frozen=True, eq=False)
class Head:
    """A head at 1 mm: axes (D, H, W) grow to superior, anterior, right."""

    name: str
    tissues: NDArray[np.uint8]
    """(D, H, W) `Tissue` values, 1 mm isotropic."""
    porus_dhw_mm: dict[Side, NDArray[np.float64]]
    """Where the posterior petrous face is met at the level of the canal: index = mm in this grid."""


def outward(side: Side) -> float:
    """Return the sign of W that leads from the midline to the ear of this side (W grows to the patient's right)."""
    return 1.0 if side == "right" else -1.0


def read_head(path: Path) -> Head:
    """Read one head label map (any orientation, 1 mm).

    Raises:
        InputRefusedError: If it is not at 1 mm, ends too near the brainstem, or holds no brainstem or no petrous bone
            where it should be.
    """
    tissues = read_tissues(path)
    return Head(path.name.split(".")[0], tissues, {side: _find_porus(tissues, side) for side in SIDES})


def read_tissues(path: Path) -> NDArray[np.uint8]:
    """Return the tissues (D, H, W) of one head label map (any orientation, 1 mm), axes to superior, anterior, right.

    Raises:
        InputRefusedError: If it cannot be read or is not at 1 mm.
    """
    try:
        image = sitk.DICOMOrient(sitk.ReadImage(str(path)), "LPS")
    except RuntimeError as error:
        msg = f"{path.name} cannot be read as a head label map; a 3D NIfTI file of labels is wanted"
        raise InputRefusedError(msg) from error
    if max(abs(s - 1.0) for s in image.GetSpacing()) > 0.05:
        msg = f"a head label map must be at 1 mm, got {image.GetSpacing()} mm"
        raise InputRefusedError(msg)
    labels = sitk.GetArrayFromImage(image).astype(np.int32)[:, ::-1, ::-1]  # LPS to superior, anterior, right
    if labels.min() < 0 or labels.max() >= LABEL_LIMIT:
        msg = f"labels of a head label map lie between 0 and {LABEL_LIMIT - 1}, got {labels.min()} to {labels.max()}"
        raise InputRefusedError(msg)
    return tissues_of_head_labels(labels)


def _find_porus(tissues: NDArray[np.uint8], side: Side) -> NDArray[np.float64]:
    """Return the point of the posterior petrous face nearest the brainstem at the height of the canal.

    The petrous ridge is the highest bone lateral to the pons; the canal runs about 6 mm below it
    (4 to 9 mm from head to head).
    """
    stem = np.argwhere(tissues == Tissue.BRAINSTEM)
    if len(stem) == 0:
        msg = "a head label map must hold a brainstem (label 16), got none"
        raise InputRefusedError(msg)
    stem_d, stem_h, stem_w = stem.mean(axis=0)
    center = np.round(stem.mean(axis=0))
    room = np.minimum(center, np.array(tissues.shape) - 1 - center)
    if (room < _ROOM_MM).any():
        msg = f"a head label map must reach {_ROOM_MM} mm (D, H, W) from the brainstem's center, got {room.tolist()}"
        raise InputRefusedError(msg)
    bony = ndimage.binary_closing(np.isin(tissues, (*SKULL, Tissue.VENOUS_SINUS, Tissue.AIR)), iterations=1)
    sign = outward(side)
    center_d = round(stem_d)
    tops = []
    for w in (round(stem_w + sign * offset) for offset in range(24, 34)):
        for h in range(round(stem_h) - 4, round(stem_h) + 10):
            column = bony[center_d - 25 : center_d + 13, h, w]
            if column.any() and not column[-1]:
                tops.append(center_d - 25 + int(np.flatnonzero(column)[-1]))
    if not tops:
        msg = f"a head label map must hold a petrous bone beside the brainstem, found none on the {side}"
        raise InputRefusedError(msg)
    ridge = round(float(np.median(tops)))
    return np.array(_petrous_face(bony, ridge, stem_h, stem_w, side), dtype=np.float64)


def _petrous_face(
    bony: NDArray[np.bool_], ridge: int, stem_h: float, stem_w: float, side: Side
) -> tuple[int, int, int]:
    """Return (D, H, W) where a line from the brainstem outward first meets thick bone, near the usual place.

    Usual is 6 mm below the ridge and 25 mm from the midline; where the face slopes, that says how far to the front.
    """
    sign = outward(side)
    best: tuple[float, tuple[int, int, int]] | None = None
    for level in range(ridge - 10, ridge - 2):
        for h in range(round(stem_h) - 8, round(stem_h) + 14):
            for offset in range(12, 34):
                w = round(stem_w + sign * offset)
                ahead = [round(w + sign * k) for k in range(10)]
                if bony[level, h, w] and np.mean(bony[level, h, ahead]) > 0.7:
                    aside = abs(offset - _PORUS_FROM_MIDLINE_MM)
                    distance = aside + 0.2 * abs(h - (stem_h + 2)) + 0.7 * abs(level - (ridge - 6))
                    if best is None or distance < best[0]:
                        best = (distance, (level, h, w))
                    break
    if best is None:
        msg = f"a head label map must show the posterior petrous face, found none on the {side}"
        raise InputRefusedError(msg)
    return best[1]
