"""Pseudo-labels corrected by what the scan itself shows: on T2, fluid is bright and a tumor is not.

Chen, Wang and Zhang (crossMoDA 2023) correct the labels of cochlea and canal "by image contrast" and do not say how;
this is a reading of ours.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from VSSegmentationLib.labels import Label

_GROWN = 2
"""Voxels by which a cochlea may grow."""
_CHANGE = 2.0
"""A correction that more than doubles or halves a volume has followed something else."""
_BINS = 128


def correct_by_contrast(image: NDArray[np.float32], labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return pseudo-labels with cochleae and intrameatal tumor fitted to a T2 scan.

    A cochlea becomes what is bright within two voxels of it and touches it. Of an intrameatal tumor what is as bright
    as the fluid round it is taken away; nothing is added to it, for the bone round the canal is as dark as the tumor.
    A correction that changes a volume by more than a factor of 2 is not made.

    Args:
        image: (D, H, W), T2.
        labels: (D, H, W) of `Label` values.
    """
    result = labels.copy()
    cochlea = labels == Label.COCHLEA
    near = ndimage.binary_dilation(cochlea, iterations=_GROWN) & ((labels == Label.BACKGROUND) | cochlea)
    if cochlea.any():
        bright = near & (image > otsu_threshold(image[near]))
        fitted = np.asarray(ndimage.binary_propagation(bright & cochlea, mask=bright))
        if _plausible(fitted, cochlea):
            result[cochlea] = Label.BACKGROUND
            result[fitted] = Label.COCHLEA
    canal = labels == Label.INTRAMEATAL
    if canal.any():
        around = ndimage.binary_dilation(canal, iterations=_GROWN) & ((labels == Label.BACKGROUND) | canal)
        fluid = canal & (image > otsu_threshold(image[around]))
        if _plausible(canal & ~fluid, canal) and image[fluid].size:
            result[fluid] = Label.BACKGROUND
    return result


def otsu_threshold(values: NDArray[np.float32]) -> float:
    """Return the threshold that leaves the two sides with the least variance.

    Source: Otsu, IEEE Transactions on Systems, Man, and Cybernetics 1979.
    """
    counts, edges = np.histogram(values, _BINS)
    centers = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)[:-1]
    above = below[-1] + counts[-1] - below
    sums = np.cumsum(counts * centers)
    mean_below = sums[:-1] / np.maximum(below, 1)
    mean_above = (sums[-1] - sums[:-1]) / np.maximum(above, 1)
    between = below * above * (mean_below - mean_above) ** 2
    return float(edges[1:-1][between == between.max()].mean())  # a gap between two peaks is split in its middle


def _plausible(fitted: NDArray[np.bool_], before: NDArray[np.bool_]) -> bool:
    ratio = fitted.sum() / before.sum()
    return bool(1 / _CHANGE <= ratio <= _CHANGE)
