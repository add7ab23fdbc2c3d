"""What is wrong with a case, in one sentence; a case with a fault is left out of the manifest."""

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS, Label
from VSSegmentationLib.volume import Volume

_SAME_PLACE_MM = 0.01
LARGEST_INTRAMEATAL_CM3 = 1.5
"""Of 226 intrameatal parts of crossMoDA 2023 the largest has 0.93 cm3: far more than that is the other part."""
LARGEST_TUMOR_CM3 = 100.0


def check_image(image: Volume, what: str = "image") -> None:
    """Refuse an image that nothing can be learned from.

    Raises:
        InputRefusedError: If it holds no finite number or one gray value only.
    """
    if not np.isfinite(image.array).all():
        msg = f"the {what} has voxels that are no finite number"
        raise InputRefusedError(msg)
    if image.array.min() == image.array.max():
        msg = f"the {what} has the same value everywhere"
        raise InputRefusedError(msg)


def whole_numbers(labels: Volume) -> NDArray[np.int64]:
    """Return the values of a label image that was read as gray values.

    Raises:
        InputRefusedError: If they are no whole numbers of at least 0, as after linear resampling.
    """
    values = labels.array
    if not np.isfinite(values).all() or (values != np.rint(values)).any() or (values < 0).any():
        msg = "the labels are not whole numbers of at least 0, as if they had been resampled linearly"
        raise InputRefusedError(msg)
    return values.astype(np.int64)


def check_same_grid(image: Volume, other: Volume, what: str = "labels") -> None:
    """Refuse labels, or another image, that do not lie on the voxels of an image.

    Raises:
        InputRefusedError: With what differs.
    """
    have, lie = ("have", "lie") if what == "labels" else ("has", "lies")
    if image.shape != other.shape:
        msg = f"the {what} {have} {other.shape} voxels (D, H, W), the image has {image.shape}"
        raise InputRefusedError(msg)
    corners = np.array(np.meshgrid(*[(0, n - 1) for n in image.shape], indexing="ij")).reshape(3, -1)
    homogeneous = np.vstack([corners, np.ones(corners.shape[1])])
    apart = np.linalg.norm((image.dhw_to_ras - other.dhw_to_ras)[:3] @ homogeneous, axis=0).max()
    if apart > _SAME_PLACE_MM:
        msg = f"the {what} {lie} up to {apart:.2f} mm beside the voxels of their image"
        raise InputRefusedError(msg)


def check_tumor(labels: NDArray[np.uint8], voxel_mm3: float) -> None:
    """Refuse labels that cannot be a vestibular schwannoma, or whose parts look exchanged.

    Args:
        labels: (D, H, W) of `Label` values.
        voxel_mm3: Volume of a voxel.

    Raises:
        InputRefusedError: With the volume that tells it.
    """
    total = float(VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(labels).sum()) * voxel_mm3 / 1000
    inside = float((labels == Label.INTRAMEATAL).sum()) * voxel_mm3 / 1000
    if total == 0:
        msg = "the labels hold no tumor"
        raise InputRefusedError(msg)
    if total > LARGEST_TUMOR_CM3:
        msg = f"the tumor has {total:.0f} cm3, more than the {LARGEST_TUMOR_CM3:g} cm3 that one may have"
        raise InputRefusedError(msg)
    if inside > LARGEST_INTRAMEATAL_CM3:
        msg = (
            f"the intrameatal part has {inside:.1f} cm3, more than an auditory canal can hold: "
            "intra- and extrameatal look exchanged"
        )
        raise InputRefusedError(msg)
