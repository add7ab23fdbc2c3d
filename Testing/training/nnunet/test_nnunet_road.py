"""The whole road of stage 2 through nnU-Net's own commands: raw data, plans, training, and back into the product."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from Training.nnunet import TRAINER, Case, environment, training_commands, write_dataset
from Training.nnunet.commands import run_all
from VSSegmentationLib.imageio import write_image
from VSSegmentationLib.inference import import_models, load_model
from VSSegmentationLib.labels import Label
from VSSegmentationLib.volume import Volume

SHAPE = (16, 48, 48)
AFFINE = np.array([[0, 0, -0.5, 10], [0, -0.5, 0, 20], [1.5, 0, 0, -30], [0, 0, 0, 1]], float)
BRIEF = f"{TRAINER}Brief"
ENDS_SOON = f"""
from {TRAINER} import {TRAINER}


class {BRIEF}({TRAINER}):
    def __init__(self, plans, configuration, fold, dataset_json, device):
        super().__init__(plans, configuration, fold, dataset_json, device)
        self.num_epochs = 2
        self.num_iterations_per_epoch = 3
        self.num_val_iterations_per_epoch = 1
"""


def patient(folder: Path, number: int) -> Case:
    rng = np.random.default_rng(number)
    labels = np.zeros(SHAPE, np.uint8)
    labels[5:11, 14 + number : 28 + number, 8:24] = Label.EXTRAMEATAL
    labels[6:10, 18 + number : 24 + number, 24:36] = Label.INTRAMEATAL
    image = rng.normal(100, 20, SHAPE).astype(np.float32) + 80 * (labels > 0)
    files = folder / f"p{number}.nii.gz", folder / f"p{number}_labels.nii.gz"
    for file, array in zip(files, (image.astype(np.float32), labels), strict=True):
        write_image(file, Volume(array, AFFINE))
    return Case(name=f"p{number}", patient=f"p{number}", modality="T2", image=files[0], labels=files[1])


def test_nnunets_own_commands_plan_and_train_stage_2_and_the_product_takes_the_model(tmp_path):
    pytest.importorskip("nnunetv2", reason="nnU-Net is not installed: pip install 'nnunetv2>=2.5,<3'")
    around = environment(tmp_path)
    trainers = shutil.copytree(around["nnUNet_extTrainer"], tmp_path / "trainers")
    (trainers / f"{BRIEF}.py").write_text(ENDS_SOON, encoding="utf-8")
    around |= {"nnUNet_extTrainer": str(trainers), "nnUNet_n_proc_DA": "1", "nnUNet_def_n_proc": "1"}
    write_dataset([patient(tmp_path, number) for number in range(5)], tmp_path / "nnUNet_raw", 802, 2)
    commands = training_commands(802, 2, [0], "cpu")
    run_all([[BRIEF if word == TRAINER else word for word in command] for command in commands], around)
    plans = json.loads(next(tmp_path.glob("nnUNet_preprocessed/*/nnUNetPlans.json")).read_text(encoding="utf-8"))
    assert plans["configurations"]["3d_fullres"]["normalization_schemes"] == ["ZScoreNormalization", "NoNormalization"]
    (trained,) = tmp_path.glob(f"nnUNet_results/*/{BRIEF}__nnUNetPlans__3d_fullres")
    assert (trained / "fold_0" / "checkpoint_final.pth").is_file()
    (entry,) = import_models(trained, tmp_path / "models")
    assert entry.card.role == "divider"
    assert load_model(entry.path).labels == (0, Label.EXTRAMEATAL, Label.INTRAMEATAL)
