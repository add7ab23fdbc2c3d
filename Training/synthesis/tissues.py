"""The tissues of a synthetic head, and what they are called in the anatomical label maps they come from."""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib.labels import Label


class Tissue(IntEnum):
    """What a voxel of a synthetic head is made of; drawn from `BONE` up, each gets its own intensity and texture."""

    AIR = 0
    BONE = 1
    MARROW = 2
    MUSCLE = 3
    FAT = 4
    CSF = 5
    BRAINSTEM = 6
    CEREBELLAR_WHITE = 7
    CEREBELLAR_GRAY = 8
    CEREBRAL_WHITE = 9
    CEREBRAL_GRAY = 10
    ARTERY = 11
    VENOUS_SINUS = 12
    OTHER = 13
    NERVE = 14
    LABYRINTH = 15
    COCHLEA = 16
    SMALL_VESSEL = 17
    CHOROID_PLEXUS = 18
    CANAL_FLUID = 19
    MASTOID = 20
    EXTRAMEATAL_TUMOR = 21
    INTRAMEATAL_TUMOR = 22
    EXTRAMEATAL_CYST = 23
    INTRAMEATAL_CYST = 24
    PERITUMORAL_CYST = 25
    MODIOLUS = 26
    """Bone and nerve between the turns of the cochlea: dark, and within its label."""
    OTIC_CAPSULE = 27
    """The densest bone, round labyrinth and canal: the darkest tissue, and even."""


HEAD_TISSUES = tuple(Tissue(i) for i in range(Tissue.OTHER + 1))
"""Tissues a head label map itself can hold; the others are carved or grown into it."""

SKULL = (Tissue.BONE, Tissue.MARROW)
HARD = (
    *SKULL,
    Tissue.MASTOID,
    Tissue.AIR,
    Tissue.LABYRINTH,
    Tissue.COCHLEA,
    Tissue.MODIOLUS,
    Tissue.OTIC_CAPSULE,
)
"""What a canal runs in and a tumor stops at."""
BRAIN = (
    Tissue.BRAINSTEM,
    Tissue.CEREBELLAR_WHITE,
    Tissue.CEREBELLAR_GRAY,
    Tissue.CEREBRAL_WHITE,
    Tissue.CEREBRAL_GRAY,
)

TUMOR_TISSUES = (
    Tissue.EXTRAMEATAL_TUMOR,
    Tissue.INTRAMEATAL_TUMOR,
    Tissue.EXTRAMEATAL_CYST,
    Tissue.INTRAMEATAL_CYST,
)
"""What belongs to a tumor: also its inner cysts, not the cyst it may wear."""

LABEL_LIMIT = 1024
"""One more than the highest value a head label map may hold."""

_HEAD_LABELS: dict[Tissue, tuple[int, ...]] = {
    Tissue.BONE: (515,),
    Tissue.MARROW: (516,),
    Tissue.FAT: (511,),
    Tissue.MUSCLE: (507,),
    Tissue.CSF: (4, 5, 14, 15, 24, 43, 44, 72),
    Tissue.BRAINSTEM: (16,),
    Tissue.CEREBELLAR_WHITE: (7, 46),
    Tissue.CEREBELLAR_GRAY: (8, 47),
    Tissue.CEREBRAL_WHITE: (2, 28, 41, 60, 77, 85),
    Tissue.CEREBRAL_GRAY: (3, 10, 11, 12, 13, 17, 18, 26, 42, 49, 50, 51, 52, 53, 54, 58, 136, 137, 163, 164),
    Tissue.ARTERY: (502,),
    Tissue.VENOUS_SINUS: (514,),
}
"""Labels above 500 are a reading of the pictures, as no table comes with them."""

_TARGET: dict[Tissue, Label] = {
    Tissue.COCHLEA: Label.COCHLEA,
    Tissue.MODIOLUS: Label.COCHLEA,
    Tissue.EXTRAMEATAL_TUMOR: Label.EXTRAMEATAL,
    Tissue.EXTRAMEATAL_CYST: Label.EXTRAMEATAL,
    Tissue.INTRAMEATAL_TUMOR: Label.INTRAMEATAL,
    Tissue.INTRAMEATAL_CYST: Label.INTRAMEATAL,
}


def tissues_of_head_labels(labels: NDArray[np.integer]) -> NDArray[np.uint8]:
    """Return the tissue of every voxel of a head label map; labels that are not in the table become `OTHER`."""
    lookup = np.full(LABEL_LIMIT, Tissue.OTHER, dtype=np.uint8)
    lookup[0] = Tissue.AIR
    for tissue, values in _HEAD_LABELS.items():
        lookup[list(values)] = tissue
    return np.asarray(lookup[labels])


def target_labels(tissues: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the ground truth of a tissue map as `Label` values; cysts inside a tumor belong to it."""
    lookup = np.zeros(max(Tissue) + 1, dtype=np.uint8)
    for tissue, label in _TARGET.items():
        lookup[tissue] = label
    return np.asarray(lookup[tissues])
