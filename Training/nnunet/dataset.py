"""A raw data set of nnU-Net: images, whole-tumor masks as a second channel for stage 2, labels, folds by patient."""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from Training.data.manifest import Manifest
from VSSegmentationLib.atomic import write_text_atomically
from VSSegmentationLib.errors import InputRefusedError, UsageError
from VSSegmentationLib.imageio import read_volume, write_image
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS, Label
from VSSegmentationLib.volume import Volume

Stage = Literal[1, 2]
BOUNDARY_LOSS = "boundary_loss"
"""The key in `dataset.json`, which nnU-Net hands to its trainers and otherwise leaves alone."""
_LABELS = {1: {"background": 0, "tumor": 1}, 2: {"background": 0, "extrameatal": 1, "intrameatal": 2}}
_FOLDS = 5


@dataclass(frozen=True, kw_only=True)
class Case:
    """One image with its labels, and, for stage 2, what its mask is made of."""

    name: str
    patient: str
    modality: str
    image: Path
    labels: Path
    mask: Path | None = None
    """A predicted mask (over 0 is tumor); None takes the labels themselves."""


@dataclass(frozen=True, kw_only=True)
class BoundaryLoss:
    """What our trainer reads from `dataset.json`, so that a data set, its folds and its model all say it."""

    gamma: float = 0.5
    """Weight beside nnU-Net's own loss; 0.5 is the paper's best."""
    tau_mm: float = 2.0
    """Reach; the paper does not say it."""

    def __post_init__(self) -> None:
        if self.gamma < 0 or self.tau_mm <= 0:
            msg = f"gamma must be >= 0 and tau_mm > 0, got {self.gamma} and {self.tau_mm}"
            raise UsageError(msg)


def cases_of_manifest(manifest: Manifest, split: str, masks: Path | None = None) -> tuple[Case, ...]:
    """Return the cases of a split that have labels; with the masks of a folder, `CASE.nii.gz` each.

    Raises:
        UsageError: If there are none, their labels are of another tumor, or a mask is missing.
    """
    cases = []
    for entry in manifest.of_split(split):
        if entry.labels is None:
            continue
        if entry.label_set != "VS":
            msg = f"the data sets written here are of vestibular schwannomas, and the manifest has {entry.label_set}"
            raise UsageError(msg)
        name = re.sub(r"[^A-Za-z0-9-]+", "-", f"{entry.case}-{entry.modality}")
        mask = None if masks is None else masks / f"{name}.nii.gz"
        if mask is not None and not mask.is_file():
            msg = f"the folder of masks has no {mask.name}; stage 1 has to predict every case of the split"
            raise UsageError(msg)
        cases.append(
            Case(
                name=name,
                patient=entry.patient,
                modality=entry.modality,
                image=entry.image,
                labels=entry.labels,
                mask=mask,
            )
        )
    if not cases:
        msg = f"no case of the split {split!r} has labels"
        raise UsageError(msg)
    return tuple(cases)


def write_dataset(
    cases: Sequence[Case], raw: Path, number: int, stage: Stage, *, loss: BoundaryLoss | None = None
) -> Path:
    """Write `DatasetNNN_VSstageS` for nnU-Net, and return its folder; cases of one patient share a fold.

    Stage 1 has the image and the whole tumor. Stage 2 has a second channel with the mask, named noNorm so that nnU-Net
    leaves its values alone, and the two parts as labels.

    Args:
        cases: With labels; of stage 2 in two parts.
        raw: The folder nnUNet_raw.
        number: Of the data set, 1 to 999.
        stage: Which.
        loss: Of stage 2; the usual one by default.

    Raises:
        UsageError: If the folder is there already, or the number will not do.
        InputRefusedError: If a case's labels do not fit its image or are not divided.
    """
    if not 1 <= number <= 999:
        msg = f"a data set's number lies between 1 and 999, got {number}"
        raise UsageError(msg)
    folder = raw / f"Dataset{number:03d}_VSstage{stage}"
    if folder.exists():
        msg = f"{folder.name} is there already; take it away or give another number"
        raise UsageError(msg)
    for case in cases:
        _write_case(case, folder, stage)
    channels = {"0": cases[0].modality} | ({"1": "noNorm"} if stage == 2 else {})
    description: dict[str, Any] = {
        "channel_names": channels, "labels": _LABELS[stage], "numTraining": len(cases), "file_ending": ".nii.gz",
    }  # fmt: skip
    if stage == 2:
        description[BOUNDARY_LOSS] = asdict(loss or BoundaryLoss())
    write_text_atomically(folder / "splits_final.json", json.dumps(folds_by_patient(cases), indent=1) + "\n")
    write_text_atomically(folder / "dataset.json", json.dumps(description, indent=1) + "\n")
    return folder


def folds_by_patient(cases: Sequence[Case]) -> list[dict[str, list[str]]]:
    """Return as many folds as nnU-Net trains, fewer for few patients; each patient is validated on once."""
    patients = sorted({case.patient for case in cases})
    count = min(_FOLDS, len(patients))
    folds = []
    for fold in range(count):
        held_out = set(patients[fold::count])
        folds.append(
            {
                "train": [case.name for case in cases if case.patient not in held_out],
                "val": [case.name for case in cases if case.patient in held_out],
            }
        )
    return folds


def _write_case(case: Case, folder: Path, stage: Stage) -> None:
    image, labels = read_volume(case.image), read_volume(case.labels)
    mask = labels if case.mask is None else read_volume(case.mask)
    for what, other in (("labels", labels), ("mask", mask)):
        if other.shape != image.shape or not np.allclose(other.dhw_to_ras, image.dhw_to_ras, atol=1e-3):
            msg = f"the {what} of {case.name} are not on the grid of its image; resample them first"
            raise InputRefusedError(msg)
    values = labels.array.astype(np.uint8)
    if stage == 2 and (values == Label.UNDIVIDED_TUMOR).any():
        msg = f"the tumor of {case.name} is not divided, and stage 2 learns the division; leave the case out"
        raise InputRefusedError(msg)
    target = (
        VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(values)
        if stage == 1
        else np.where(VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(values), values, np.uint8(0))
    )
    for place in ("imagesTr", "labelsTr"):
        (folder / place).mkdir(parents=True, exist_ok=True)
    write_image(folder / "imagesTr" / f"{case.name}_0000.nii.gz", image)
    if stage == 2:
        inside = mask.array > 0 if case.mask is not None else VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(values)
        write_image(folder / "imagesTr" / f"{case.name}_0001.nii.gz", _bytes(image, inside))
    write_image(folder / "labelsTr" / f"{case.name}.nii.gz", _bytes(image, target))


def _bytes(image: Volume, array: np.ndarray) -> Volume:
    return image.with_array(array.astype(np.uint8))
