"""Small cohorts whose scores follow from geometry."""

from pathlib import Path

import numpy as np

from Testing.support.phantoms import axial_affine
from VSSegmentationLib.cohort.cases import Case, Cohort
from VSSegmentationLib.evaluation import evaluate_case
from VSSegmentationLib.imageio import write_image
from VSSegmentationLib.labels import Label
from VSSegmentationLib.tasks.vestibular_schwannoma import VESTIBULAR_SCHWANNOMA
from VSSegmentationLib.volume import Volume

SPACING = (1.5, 0.5, 0.5)


def slab(first: int, slices: int = 10, label: Label = Label.UNDIVIDED_TUMOR) -> Volume:
    """A tumor of some slices in a scan of 30; shifted by k of its n slices, Dice is 1 - k / n and HD is 1.5 k mm."""
    array = np.zeros((30, 12, 12), np.uint8)
    array[first : first + slices, 3:9, 3:9] = label
    return Volume(array, axial_affine(SPACING))


NOTHING = slab(0, 0)


def divided(cut: int, first: int = 5, slices: int = 10) -> Volume:
    """The slab, intrameatal up to a slice and extrameatal from there on."""
    array = slab(first, slices).array.copy()
    array[:cut][array[:cut] > 0] = Label.INTRAMEATAL
    array[cut:][array[cut:] > 0] = Label.EXTRAMEATAL
    return Volume(array, axial_affine(SPACING))


def cohort(*predictions: Volume, references=None, method: str = "A") -> Cohort:
    """Cases numbered from 1, against the slab that starts at slice 5 unless told otherwise."""
    references = references or [slab(5)] * len(predictions)
    cases = [
        Case(number=n, name=f"DOE_{n}", scores=evaluate_case(prediction, reference, VESTIBULAR_SCHWANNOMA.structures))
        for n, (prediction, reference) in enumerate(zip(predictions, references, strict=True), 1)
    ]
    return Cohort(method=method, cases=tuple(cases))


def write_labelmaps(folder: Path, **labelmaps: Volume) -> Path:
    """Each as NAME.nii.gz."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, labelmap in labelmaps.items():
        write_image(folder / f"{name}.nii.gz", labelmap)
    return folder
