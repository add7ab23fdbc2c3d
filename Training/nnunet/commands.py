"""`python -m Training nnunet`: nnU-Net v2 as the trainer of both stages."""

import argparse
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from Training.data.manifest import read_manifest
from Training.nnunet.dataset import BoundaryLoss, cases_of_manifest, write_dataset
from Training.nnunet.stages import CHECKPOINTS, environment, prediction_commands, training_commands
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.imageio import read_volume, write_image
from VSSegmentationLib.inference import DivisionConfig, divide
from VSSegmentationLib.labels import Label

_EXAMPLES = """\
examples:
  python -m Training nnunet write data/own --stage 1 --id 801 --work nnunet
  python -m Training nnunet train --stage 1 --id 801 --work nnunet --folds 0 1 2 3 4
      plans, preprocesses and trains with nnU-Net's own commands; its folders lie in --work
  python -m Training nnunet write data/own --stage 2 --id 802 --work nnunet --masks out_of_fold
      the masks that stage 2 learns from; without --masks the true ones
  python -m Training nnunet write data/own --stage 2 --id 803 --work nnunet --gamma 0.1 --tau-mm 5
      another weight and reach of the Boundary Distance Loss; they stand in the data set's dataset.json
  python -m Training nnunet train --stage 2 --id 802 --work nnunet
      with the Boundary Distance Loss (trainer nnUNetTrainerBoundary)
  python -m Training nnunet predict images --ids 801 802 --work nnunet --out labelmaps
      runs both stages on CASE_0000.nii.gz files and applies the rules of the product to the division
  vs-segmentation models import nnunet/nnUNet_results/Dataset802_VSstage2/nnUNetTrainerBoundary__nnUNetPlans__3d_fullres
      takes a trained model into the product, which runs it without nnU-Net
"""


def add_nnunet_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command `nnunet` with its three actions."""
    parser = commands.add_parser(
        "nnunet",
        help="train and run both stages with nnU-Net v2 itself",
        description="Write nnU-Net's data sets, train its networks with the Boundary Distance Loss, run both stages.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    write = actions.add_parser("write", help="write a raw data set from a manifest")
    write.add_argument("manifest", type=Path, help="manifest.csv, or its folder")
    write.add_argument("--split", default="training", help="which cases (default: training)")
    write.add_argument("--masks", type=Path, metavar="DIR", help="predicted masks for stage 2, CASE.nii.gz each")
    write.add_argument(
        "--gamma",
        type=float,
        metavar="G",
        help=f"of stage 2: weight of the boundary loss (default: {BoundaryLoss.gamma})",
    )
    write.add_argument(
        "--tau-mm", type=float, metavar="MM", help=f"of stage 2: its reach (default: {BoundaryLoss.tau_mm})"
    )
    write.set_defaults(run=_write)
    train = actions.add_parser("train", help="plan, preprocess and train")
    train.set_defaults(run=_train)
    predict = actions.add_parser("predict", help="run both stages on a folder of images")
    predict.add_argument("images", type=Path, help="a folder of CASE_0000.nii.gz")
    predict.add_argument("--ids", type=int, nargs=2, required=True, metavar=("STAGE_1", "STAGE_2"), help="data sets")
    predict.add_argument("--out", type=Path, required=True, metavar="DIR", help="for the labelmaps")
    predict.add_argument(
        "--checkpoint", choices=sorted(CHECKPOINTS), default="best",
        help="of each fold: the best by validation, as the paper, or the last (default: best)",
    )  # fmt: skip
    predict.set_defaults(run=_predict)
    for each in (write, train):
        each.add_argument("--stage", type=int, choices=(1, 2), required=True, help="1 whole tumor, 2 its two parts")
        each.add_argument("--id", type=int, required=True, metavar="N", help="number of the data set")
    for each in (train, predict):
        each.add_argument(
            "--folds", type=int, nargs="+", default=[0, 1, 2, 3, 4], metavar="N", help="(default: all five)"
        )
        each.add_argument("--device", choices=("cuda", "cpu", "mps"), default="cuda", help="(default: cuda)")
    for each in (write, train, predict):
        each.add_argument("--work", type=Path, required=True, metavar="DIR", help="holds nnUNet_raw and its like")


def _write(options: argparse.Namespace) -> None:
    cases = cases_of_manifest(read_manifest(options.manifest), options.split, options.masks)
    loss = None
    if options.stage == 2:
        given = {"gamma": options.gamma, "tau_mm": options.tau_mm}
        loss = BoundaryLoss(**{key: value for key, value in given.items() if value is not None})
    elif options.gamma is not None or options.tau_mm is not None:
        msg = "--gamma and --tau-mm are of the boundary loss, which stage 2 alone has; leave them out"
        raise UsageError(msg)
    folder = write_dataset(cases, options.work / "nnUNet_raw", options.id, options.stage, loss=loss)
    print(f"wrote {folder.name}: {len(cases)} cases")


def _train(options: argparse.Namespace) -> None:
    run_all(training_commands(options.id, options.stage, options.folds, options.device), environment(options.work))


def _predict(options: argparse.Namespace) -> None:
    names = sorted(file.name.removesuffix("_0000.nii.gz") for file in options.images.glob("*_0000.nii.gz"))
    if not names:
        msg = f"the folder {options.images.name} holds no CASE_0000.nii.gz"
        raise UsageError(msg)
    first, second = options.out / "stage_1", options.out / "stage_2"
    both = options.out / "stage_2_input"
    around = environment(options.work)
    chosen = {"folds": options.folds, "device": options.device, "checkpoint": options.checkpoint}
    run_all(prediction_commands(options.images, first, number=options.ids[0], stage=1, **chosen), around)
    both.mkdir(parents=True, exist_ok=True)
    for name in names:
        shutil.copyfile(options.images / f"{name}_0000.nii.gz", both / f"{name}_0000.nii.gz")
        shutil.copyfile(first / f"{name}.nii.gz", both / f"{name}_0001.nii.gz")
    run_all(prediction_commands(both, second, number=options.ids[1], stage=2, **chosen), around)
    for name in names:
        read_back(first / f"{name}.nii.gz", second / f"{name}.nii.gz", options.out / f"{name}.nii.gz")
    print(f"wrote {len(names)} labelmaps")


def read_back(mask_file: Path, parts_file: Path, target: Path) -> None:
    """Write the labelmap of both stages: stage 1's mask exactly, divided as stage 2 says, by the product's rules."""
    mask, parts = read_volume(mask_file), read_volume(parts_file)
    labels = np.zeros(mask.shape, np.uint8)
    if (mask.array > 0).any():
        votes = np.stack([parts.array == label for label in (0, Label.EXTRAMEATAL, Label.INTRAMEATAL)])
        labels = divide(mask.array > 0, votes.astype(np.float32), mask.dhw_to_ras, DivisionConfig())
    write_image(target, mask.with_array(labels))


def run_all(commands: Sequence[Sequence[str]], around: Mapping[str, str]) -> None:
    """Run nnU-Net's commands one after another, their output on the terminal.

    Raises:
        UsageError: If nnU-Net is not installed, or a command fails.
    """
    for command in commands:
        program = shutil.which(command[0], path=around.get("PATH"))
        if program is None:
            msg = f"{command[0]} is not installed: pip install 'nnunetv2>=2.5,<3' (and a torch that fits)"
            raise UsageError(msg)
        done = subprocess.run([program, *command[1:]], env=dict(around), check=False)
        if done.returncode:
            msg = f"{command[0]} ended with code {done.returncode}; its own words stand above"
            raise UsageError(msg)
