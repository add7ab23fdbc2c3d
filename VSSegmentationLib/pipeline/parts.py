"""A labelmap whose tumor has changed as a whole: what stays keeps its part, what is new is given one. Without torch."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from VSSegmentationLib.connected import bounding_box, number_pieces
from VSSegmentationLib.interaction import SMOOTHING_MM, smoothed
from VSSegmentationLib.measurement import MeatalPlane
from VSSegmentationLib.tasks import Task
from VSSegmentationLib.volume import Volume, crop

Mask = NDArray[np.bool_]


def with_parts(labelmap: Volume, after: Mask, task: Task, plane: MeatalPlane | None) -> Volume:
    """Return the labelmap with another tumor.

    New voxels take the part that the present plane gives them, or the part of the nearest tumor voxel where there is no
    plane; a tumor that had no voxel before has the label of a whole tumor.

    Args:
        labelmap: (D, H, W) values of the task's labels.
        after: (D, H, W) the tumor as it is to be.
        task: What the values mean.
        plane: Between the parts, if a person set it; None takes the one fitted to them, if there is one.
    """
    boxes = [each for each in (bounding_box(labelmap.array), bounding_box(after)) if each is not None]
    if not boxes:
        return labelmap
    (a, b, c), (x, y, z) = np.min([low for low, _ in boxes], axis=0), np.max([high for _, high in boxes], axis=0)
    box = np.s_[a:x, b:y, c:z]
    array = labelmap.array.copy()
    part = crop(labelmap, (int(a), int(b), int(c)), (int(x), int(y), int(z)))
    array[box] = _given_parts(part, after[box], task, plane)
    return labelmap.with_array(array)


def _given_parts(labelmap: Volume, after: Mask, task: Task, plane: MeatalPlane | None) -> NDArray[np.uint8]:
    """Return the values of `with_parts` on a box that holds all of both: a thousandth of a head."""
    labels = task.label_set
    before = labels.tumor_mask(labelmap.array)
    added = after & ~before
    array = labelmap.array.astype(np.uint8)
    array[before & ~after] = 0
    if not added.any():
        return array
    array[added] = labels.whole_tumor.value
    pieces = number_pieces(after).array
    joined = added.copy()
    joined[added] = np.isin(pieces[added], np.unique(pieces[before & after]))
    if not joined.any():
        return array
    array[joined] = _nearest_part(labelmap, before, joined)
    boundary = task.boundary
    divides = boundary.fit(labelmap) if boundary is not None and plane is None else plane
    if boundary is not None and isinstance(divides, MeatalPlane):
        split = boundary.split(labelmap.with_array(array), divides).array
        divided = np.isin(array[joined], [labels.of_key(key).value for key in boundary.parts])
        array[joined] = np.where(divided, split[joined], array[joined])
    return array


def smooth_labelmap(
    labelmap: Volume,
    *,
    task: Task,
    strength_mm: float = SMOOTHING_MM,
    plane: MeatalPlane | None = None,
    fixed: Mask | None = None,
) -> Volume:
    """Return a labelmap whose tumor has a smooth outline and just the volume that it had; the parts follow the plane.

    Args:
        labelmap: (D, H, W) values of the task's labels.
        task: What they mean.
        strength_mm: Standard deviation of the Gaussian, see `interaction.smoothed`.
        plane: Between the parts, if a person set it; None takes the one fitted to them, if there is one.
        fixed: (D, H, W) True in voxels that stay.

    Raises:
        UsageError: If the strength is not one.
    """
    tumor = task.label_set.tumor_mask(labelmap.array)
    organs = (labelmap.array != 0) & ~tumor
    after = smoothed(tumor, labelmap.dhw_to_ras, strength_mm, fixed=fixed, barred=organs)
    return with_parts(labelmap, after, task, plane)


def _nearest_part(labelmap: Volume, before: Mask, where: Mask) -> NDArray[np.uint8]:
    """Return, for each voxel of a mask, the value of the tumor voxel nearest to it."""
    both = np.argwhere(before | where)
    low, high = both.min(axis=0), both.max(axis=0) + 1
    box = tuple(slice(a, b) for a, b in zip(low.tolist(), high.tolist(), strict=True))
    nearest = ndimage.distance_transform_edt(
        ~before[box], labelmap.spacing_dhw_mm, return_distances=False, return_indices=True
    )
    values = labelmap.array[box][tuple(nearest)]
    return np.asarray(values[where[box]], dtype=np.uint8)
