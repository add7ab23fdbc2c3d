"""Looks of single structures, drawn anew: what a tumor looks like must not be learned by heart.

Halving the intensity of tumors was worth more than anything else to an entry of crossMoDA 2021 (0.72 to 0.84 Dice); the
ranges are those of Chen, Wang and Zhang, crossMoDA 2023.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS, Label


class Ranges(NamedTuple):
    """Factors, drawn uniformly."""

    contrast: tuple[float, float]
    """Of the distances from the structure's own mean."""
    brightness: tuple[float, float]
    """Of that mean, above the darkest hundredth of the image."""
    gamma: tuple[float, float]


TUMOR = Ranges((0.8, 1.2), (0.8, 1.2), (0.8, 1.2))
COCHLEA = Ranges((0.5, 1.5), (0.3, 2.0), (0.5, 2.0))
DEFAULT: Mapping[tuple[int, ...], Ranges] = {
    VESTIBULAR_SCHWANNOMA_LABELS.tumor_values: TUMOR,
    (Label.COCHLEA,): COCHLEA,
}


def vary_labels(
    rng: np.random.Generator,
    image: NDArray[np.float32],
    labels: NDArray[np.uint8],
    ranges: Mapping[tuple[int, ...], Ranges] = DEFAULT,
) -> NDArray[np.float32]:
    """Return the image with the intensities inside each structure drawn anew.

    Args:
        rng: Draws three numbers for each structure, whether it is there or not.
        image: (D, H, W), normalized or not.
        labels: (D, H, W) of `Label` values.
        ranges: By which labels make one structure.

    Source: Chen, Wang, Zhang, "An Efficient Cross-Modal Segmentation Method for Vestibular Schwannoma and Cochlea on
    MRI Images", crossMoDA 2023 (intensities of image and targets).
    """
    result = image.copy()
    floor = np.float32(np.percentile(image, 1))
    for which, drawn in ranges.items():
        contrast, brightness, gamma = (np.float32(rng.uniform(*each)) for each in drawn)
        mask = np.isin(labels, which)
        if not mask.any():
            continue
        inside = image[mask]
        low, high = inside.min(), inside.max()
        if high > low:
            inside = low + (high - low) * ((inside - low) / (high - low)) ** gamma
        mean = inside.mean()
        result[mask] = floor + (mean - floor) * brightness + (inside - mean) * contrast
    return result


def with_halved_tumor(image: NDArray[np.float32], labels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the image (D, H, W) with half the intensity inside the tumor, above the darkest hundredth of the image.

    Source: the third place of crossMoDA 2021 (jwc-rad), worth 0.12 of Dice there: translations show tumors brighter
    than they are on T2.
    """
    tumor = np.isin(labels, VESTIBULAR_SCHWANNOMA_LABELS.tumor_values)
    floor = np.float32(np.percentile(image, 1))
    return np.where(tumor, floor + (image - floor) / 2, image).astype(np.float32)


def without_end_rows(
    rng: np.random.Generator, image: NDArray[np.float32], labels: NDArray[np.uint8]
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Return image (C, D, H, W) and labels (D, H, W) with the same number of rows at each end 0, at most a third.

    Source: the public code of Chen, Wang, Zhang, crossMoDA 2023, which sets them to its darkest value; of z-scored
    images 0 is what lies beyond a scan.
    """
    rows = labels.shape[1]
    count = int(rng.integers(rows // 3 + 1))
    image, labels = image.copy(), labels.copy()
    for ends in (slice(0, count), slice(rows - count, rows)):
        image[:, :, ends] = 0
        labels[:, ends] = 0
    return image, labels
