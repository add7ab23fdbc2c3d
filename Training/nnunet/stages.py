"""The commands of nnU-Net that train and run both stages, in order, and the environment they need."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from Training.nnunet.dataset import Stage

Checkpoint = Literal["best", "final"]
CHECKPOINTS: Mapping[Checkpoint, str] = {"best": "checkpoint_best.pth", "final": "checkpoint_final.pth"}
"""nnU-Net's files: the best by validation, which Wijethilake et al. 2022 take, and the last, which it predicts with by
itself."""
TRAINER = "nnUNetTrainerBoundary"
"""Of stage 2; nnU-Net finds it in the folder `trainers` beside this file."""
_STAGE_1_TRAINER = "nnUNetTrainer"


def environment(folder: Path) -> dict[str, str]:
    """Return this process's environment with nnU-Net's folders inside one, and the place of our trainer.

    Commands are looked for beside this Python, too: it may be in an environment of its own that is not activated.
    """
    programs = os.pathsep.join([os.environ.get("PATH", os.defpath), str(Path(sys.executable).parent)])
    own = {f"nnUNet_{what}": str(folder / f"nnUNet_{what}") for what in ("raw", "preprocessed", "results")}
    own |= {"nnUNet_extTrainer": str(Path(__file__).parent / "trainers"), "nnUNet_compile": "F", "PATH": programs}
    return {**os.environ, **own}


def training_commands(number: int, stage: Stage, folds: Sequence[int], device: str = "cuda") -> list[list[str]]:
    """Return the commands that plan, preprocess and train one stage in full resolution."""
    trainer = TRAINER if stage == 2 else _STAGE_1_TRAINER
    plan = ["nnUNetv2_plan_and_preprocess", "-d", str(number), "-c", "3d_fullres", "--verify_dataset_integrity"]
    return [
        plan,
        *(
            ["nnUNetv2_train", str(number), "3d_fullres", str(fold), "-tr", trainer, "-device", device, "--npz"]
            for fold in folds
        ),
    ]


def prediction_commands(
    images: Path,
    out: Path,
    *,
    number: int,
    stage: Stage,
    folds: Sequence[int],
    device: str = "cuda",
    checkpoint: Checkpoint = "best",
) -> list[list[str]]:
    """Return the command that predicts a folder of images, `CASE_0000.nii.gz` and for stage 2 `CASE_0001.nii.gz`."""
    trainer = TRAINER if stage == 2 else _STAGE_1_TRAINER
    command = ["nnUNetv2_predict", "-i", str(images), "-o", str(out), "-d", str(number), "-c", "3d_fullres"]
    return [
        [*command, "-tr", trainer, "-f", *map(str, folds), "-chk", CHECKPOINTS[checkpoint], "-device", device],
    ]
