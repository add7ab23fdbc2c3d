"""Pseudo-labels: which voxels of what a network says of an unlabeled scan are taken for true.

Classes are 0 background, 1 extrameatal, 2 intrameatal, 3 cochlea, as in crossMoDA 2023.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from VSSegmentationLib.connected import NEIGHBORS_26
from VSSegmentationLib.labels import Label

CLASSES = (Label.BACKGROUND, Label.EXTRAMEATAL, Label.INTRAMEATAL, Label.COCHLEA)
_MOST, _HALF = 0.7, 0.5
"""Shares of eight votes that a tumor and a cochlea need: six and five."""
_NONE, _ALL = 1 / 16, 15 / 16
"""Shares of eight votes that are none and all of them, whatever resampling did to them."""
_SPECK_VOXELS = 50
_FAR_SLICES = 30
_DISAGREE = 0.7


class Opinion(NamedTuple):
    """What a network says of a scan in its eight mirror images, all on one grid."""

    probability: NDArray[np.float32]
    """(4, D, H, W), the mean."""
    votes: NDArray[np.float32]
    """(4, D, H, W), the share of the mirror images in which a class is the most probable."""


def select_by_threshold(opinion: Opinion, least: float) -> NDArray[np.uint8]:
    """Return the labels (D, H, W) that have at least a probability; of the tumor the largest piece, two cochleae.

    Source: Chen, Wang, Zhang, crossMoDA 2023, which names a threshold and not its value.
    """
    labels = opinion.probability.argmax(0).astype(np.uint8)
    labels[opinion.probability.max(0) < least] = Label.BACKGROUND
    return _anatomical(labels)


def select_by_votes(opinion: Opinion) -> NDArray[np.uint8]:
    """Return the labels (D, H, W) that the mirror images agree on; where they hardly agree at all, what any one saw.

    Source: the public code of Chen, Wang, Zhang, crossMoDA 2023, whose numbers these are; the text has a threshold.
    """
    _, extra, intra, cochlea = opinion.votes
    seen = 1 - opinion.votes[0]
    union, shared = int((seen > _NONE).sum()), int((seen > _ALL).sum())
    if union and (union - shared) / (union + shared) > _DISAGREE:
        return _union(opinion)
    labels = np.where(cochlea > _HALF, np.uint8(Label.COCHLEA), np.uint8(0))
    if not labels.any():
        labels[_without_specks(cochlea > _NONE)] = Label.COCHLEA
    tumor = extra + intra > _MOST
    undecided = Label.INTRAMEATAL if (extra > _ALL).sum() > (intra > _NONE).sum() else Label.EXTRAMEATAL
    labels[tumor] = undecided
    labels[extra > _MOST] = Label.EXTRAMEATAL
    labels[_largest(intra > _MOST)] = Label.INTRAMEATAL
    return _anatomical(labels)


def _union(opinion: Opinion) -> NDArray[np.uint8]:
    """Return the most probable class wherever a mirror image saw one, without cochleae far from the canal."""
    labels = np.where(opinion.votes[0] < 1 - _NONE, opinion.probability[1:].argmax(0) + 1, 0).astype(np.uint8)
    canal = np.flatnonzero((labels == Label.INTRAMEATAL).any(axis=(1, 2)))
    if canal.size:
        where = np.nonzero(labels == Label.INTRAMEATAL)[0].mean()
        far = np.abs(np.arange(len(labels)) - where) > _FAR_SLICES
        labels[far[:, None, None] & (labels == Label.COCHLEA)] = Label.BACKGROUND
    return _anatomical(labels)


def _anatomical(labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return one tumor, the largest piece with both parts or else the largest piece, and two cochleae at most."""
    tumor = (labels == Label.EXTRAMEATAL) | (labels == Label.INTRAMEATAL)
    pieces, count = ndimage.label(tumor, NEIGHBORS_26)
    if count > 1:
        sizes = np.bincount(pieces.ravel(), minlength=count + 1)
        both = set(np.unique(pieces[labels == Label.EXTRAMEATAL])) & set(np.unique(pieces[labels == Label.INTRAMEATAL]))
        best = max(both or range(1, count + 1), key=lambda number: int(sizes[number]))
        labels[tumor & (pieces != best)] = Label.BACKGROUND
    cochleae, count = ndimage.label(labels == Label.COCHLEA, NEIGHBORS_26)
    if count > 2:
        sizes = np.bincount(cochleae.ravel())[1:]
        kept = np.argsort(sizes)[-2:] + 1
        labels[(cochleae > 0) & ~np.isin(cochleae, kept)] = Label.BACKGROUND
    return labels


def _largest(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    pieces, count = ndimage.label(mask, NEIGHBORS_26)
    return mask if count < 2 else np.asarray(pieces == int(np.bincount(pieces.ravel())[1:].argmax()) + 1)


def _without_specks(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    pieces, _ = ndimage.label(mask, NEIGHBORS_26)
    large = np.bincount(pieces.ravel()) > _SPECK_VOXELS
    large[0] = False
    return np.asarray(large[pieces])
