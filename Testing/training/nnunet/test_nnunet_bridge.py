"""The bridge to nnU-Net: what is written for it, what is asked of it, and its trainer where it is installed."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from Testing.support.nnunet_models import CONFIGS, PATCH, dataset_of, plans_of
from Training.__main__ import main
from Training.data.manifest import Entry, Manifest, write_manifest
from Training.nnunet import TRAINER, Case, environment, prediction_commands, training_commands, write_dataset
from Training.nnunet.commands import read_back
from Training.nnunet.dataset import folds_by_patient
from VSSegmentationLib.errors import InputRefusedError, UsageError
from VSSegmentationLib.imageio import read_volume, write_image
from VSSegmentationLib.labels import Label
from VSSegmentationLib.volume import Volume

AFFINE = np.array(
    [[0, 0, -0.5, 10], [0, -0.5, 0, 20], [1.5, 0, 0, -30], [0, 0, 0, 1]], float
)  # axial, to posterior, left


def scan_and_labels(folder: Path, name: str, labels: np.ndarray) -> tuple[Path, Path]:
    rng = np.random.default_rng(len(name))
    write_image(folder / f"{name}.nii.gz", Volume(rng.normal(100, 20, labels.shape).astype(np.float32), AFFINE))
    write_image(folder / f"{name}_labels.nii.gz", Volume(labels, AFFINE))
    return folder / f"{name}.nii.gz", folder / f"{name}_labels.nii.gz"


def two_parts() -> np.ndarray:
    labels = np.zeros((12, 20, 24), np.uint8)
    labels[4:8, 6:12, 4:12], labels[5:7, 8:10, 12:20] = Label.EXTRAMEATAL, Label.INTRAMEATAL
    labels[2, 2, 2] = Label.COCHLEA
    return labels


def cases(folder: Path, count: int = 3) -> list[Case]:
    found = []
    for number in range(count):
        image, labels = scan_and_labels(folder, f"c{number}", two_parts())
        found.append(Case(name=f"c{number}", patient=f"p{number // 2}", modality="T2", image=image, labels=labels))
    return found


def test_stage_1_gets_the_whole_tumor_and_stage_2_a_mask_and_the_two_parts(tmp_path):
    one = write_dataset(cases(tmp_path), tmp_path / "raw", 801, 1)
    two = write_dataset(cases(tmp_path), tmp_path / "raw", 802, 2)
    assert (one.name, two.name) == ("Dataset801_VSstage1", "Dataset802_VSstage2")
    assert json.loads((one / "dataset.json").read_text(encoding="utf-8")) == {
        "channel_names": {"0": "T2"}, "labels": {"background": 0, "tumor": 1}, "numTraining": 3,
        "file_ending": ".nii.gz",
    }  # fmt: skip
    described = json.loads((two / "dataset.json").read_text(encoding="utf-8"))
    assert described["channel_names"] == {"0": "T2", "1": "noNorm"}
    assert described["labels"] == {"background": 0, "extrameatal": 1, "intrameatal": 2}
    truth = two_parts()
    whole = read_volume(one / "labelsTr" / "c0.nii.gz")
    np.testing.assert_array_equal(whole.array, (truth == 1) | (truth == 2))
    np.testing.assert_allclose(whole.dhw_to_ras, AFFINE, atol=1e-5)
    np.testing.assert_array_equal(read_volume(two / "imagesTr" / "c0_0001.nii.gz").array, whole.array)
    np.testing.assert_array_equal(read_volume(two / "labelsTr" / "c0.nii.gz").array, np.where(truth == 3, 0, truth))
    assert not list((one / "imagesTr").glob("*_0001.nii.gz"))


def test_predicted_masks_take_the_place_of_true_ones(tmp_path):
    (case,) = cases(tmp_path, 1)
    mask = np.zeros(two_parts().shape, np.uint8)
    mask[4:9, 6:12, 5:19] = 4
    write_image(tmp_path / "mask.nii.gz", Volume(mask, AFFINE))
    predicted = Case(**{**vars(case), "mask": tmp_path / "mask.nii.gz"})
    folder = write_dataset([predicted], tmp_path / "raw", 5, 2)
    np.testing.assert_array_equal(read_volume(folder / "imagesTr" / "c0_0001.nii.gz").array, mask > 0)


def test_folds_never_part_a_patient_and_hold_each_out_once():
    names = [(f"c{n}", f"p{n // 2}") for n in range(14)]
    all_cases = [Case(name=c, patient=p, modality="T2", image=Path(), labels=Path()) for c, p in names]
    folds = folds_by_patient(all_cases)
    assert len(folds) == 5
    assert sorted(name for fold in folds for name in fold["val"]) == sorted(name for name, _ in names)
    patient = dict(names)
    for fold in folds:
        assert not {patient[name] for name in fold["train"]} & {patient[name] for name in fold["val"]}
    assert len(folds_by_patient(all_cases[:4])) == 2


def test_what_does_not_fit_is_refused(tmp_path):
    (case,) = cases(tmp_path, 1)
    write_dataset([case], tmp_path / "raw", 1, 1)
    with pytest.raises(UsageError, match="Dataset001_VSstage1 is there already"):
        write_dataset([case], tmp_path / "raw", 1, 1)
    with pytest.raises(UsageError, match="between 1 and 999"):
        write_dataset([case], tmp_path / "raw", 1000, 1)
    _, undivided = scan_and_labels(
        tmp_path, "u", np.where(two_parts() > 0, np.uint8(Label.UNDIVIDED_TUMOR), np.uint8(0))
    )
    with pytest.raises(InputRefusedError, match="is not divided"):
        write_dataset([Case(**{**vars(case), "labels": undivided})], tmp_path / "raw", 2, 2)
    other, _ = scan_and_labels(tmp_path, "o", np.zeros((5, 5, 5), np.uint8))
    with pytest.raises(InputRefusedError, match="not on the grid of its image"):
        write_dataset([Case(**{**vars(case), "image": other})], tmp_path / "raw", 3, 1)


def test_the_commands_are_nnunets_and_stage_2_has_our_trainer(tmp_path):
    plan, train = training_commands(802, 2, [3], "cpu")
    assert plan[:5] == ["nnUNetv2_plan_and_preprocess", "-d", "802", "-c", "3d_fullres"]
    assert train == ["nnUNetv2_train", "802", "3d_fullres", "3", "-tr", TRAINER, "-device", "cpu", "--npz"]
    (predict,) = prediction_commands(tmp_path, tmp_path / "o", number=801, stage=1, folds=[0, 1], device="cpu")
    assert predict[-8:] == ["nnUNetTrainer", "-f", "0", "1", "-chk", "checkpoint_best.pth", "-device", "cpu"]
    (last,) = prediction_commands(
        tmp_path, tmp_path / "o", number=801, stage=1, folds=[0], device="cpu", checkpoint="final"
    )
    assert last[-4:] == ["-chk", "checkpoint_final.pth", "-device", "cpu"]
    around = environment(tmp_path)
    assert (Path(around["nnUNet_extTrainer"]) / f"{TRAINER}.py").is_file()
    assert around["nnUNet_results"] == str(tmp_path / "nnUNet_results")


def test_both_stages_are_run_and_read_back_by_the_command(tmp_path, monkeypatch, capsys):
    """nnU-Net's predict command is played by a script that writes fixed answers; all else is real."""
    labels = np.where(two_parts() == 3, np.uint8(0), two_parts())
    (tmp_path / "images").mkdir()
    image, _ = scan_and_labels(tmp_path, "case", labels)
    image.rename(tmp_path / "images" / "case_0000.nii.gz")
    stray = labels.copy()
    stray[4, 6, 4] = Label.INTRAMEATAL  # apart from the canal
    write_image(tmp_path / "whole.nii.gz", Volume((labels > 0).astype(np.uint8), AFFINE))
    write_image(tmp_path / "parts.nii.gz", Volume(stray, AFFINE))
    program = tmp_path / "bin" / "nnUNetv2_predict"
    program.parent.mkdir()
    program.write_text(
        f"#!{sys.executable}\nimport pathlib, shutil, sys\na = sys.argv\n"
        "out = pathlib.Path(a[a.index('-o') + 1]); out.mkdir(parents=True, exist_ok=True)\n"
        "given = sorted(p.name for p in pathlib.Path(a[a.index('-i') + 1]).iterdir())\n"
        "second = a[a.index('-tr') + 1] == 'nnUNetTrainerBoundary'\n"
        "assert given == ['case_0000.nii.gz'] + ['case_0001.nii.gz'] * second, given\n"
        f"shutil.copyfile(pathlib.Path({str(tmp_path)!r}) / ('parts.nii.gz' if second else 'whole.nii.gz'), "
        "out / 'case.nii.gz')\n",
        encoding="utf-8",
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    arguments = ["nnunet", "predict", str(tmp_path / "images"), "--ids", "801", "802", "--work", str(tmp_path / "w")]
    assert main([*arguments, "--out", str(tmp_path / "out"), "--device", "cpu"]) == 0
    assert "wrote 1 labelmaps" in capsys.readouterr().out
    np.testing.assert_array_equal(read_volume(tmp_path / "out" / "case.nii.gz").array, labels)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))  # where nnU-Net may be
    assert main([*arguments, "--out", str(tmp_path / "again")]) == 2
    assert "nnUNetv2_predict is not installed" in capsys.readouterr().err


def test_an_empty_mask_stays_empty(tmp_path):
    empty = Volume(np.zeros((4, 5, 6), np.uint8), AFFINE)
    write_image(tmp_path / "mask.nii.gz", empty)
    read_back(tmp_path / "mask.nii.gz", tmp_path / "mask.nii.gz", tmp_path / "out.nii.gz")
    assert not read_volume(tmp_path / "out.nii.gz").array.any()


def test_write_takes_a_manifest(tmp_path, capsys):
    image, labels = scan_and_labels(tmp_path, "one", two_parts())
    entry = Entry(case="one", patient="p", modality="T2", image=image, labels=labels, split="training")
    write_manifest(Manifest((entry,)), tmp_path)
    base = ["nnunet", "write", str(tmp_path), "--stage", "2", "--id", "7", "--work", str(tmp_path / "w")]
    assert main(base) == 0
    assert (tmp_path / "w" / "nnUNet_raw" / "Dataset007_VSstage2" / "imagesTr" / "one-T2_0001.nii.gz").is_file()
    assert main([*base, "--masks", str(tmp_path)]) == 2
    assert "has no one-T2.nii.gz" in capsys.readouterr().err


def test_weight_and_reach_of_the_boundary_loss_stand_in_the_data_set(tmp_path, capsys):
    image, labels = scan_and_labels(tmp_path, "one", two_parts())
    entry = Entry(case="one", patient="p", modality="T2", image=image, labels=labels, split="training")
    write_manifest(Manifest((entry,)), tmp_path)

    def written(number: int, stage: int, *more: str) -> dict:
        base = ["nnunet", "write", str(tmp_path), "--stage", str(stage), "--id", str(number), "--work", str(tmp_path)]
        assert main([*base, *more]) == 0
        file = tmp_path / "nnUNet_raw" / f"Dataset{number:03d}_VSstage{stage}" / "dataset.json"
        return json.loads(file.read_text(encoding="utf-8"))

    assert written(1, 2)["boundary_loss"] == {"gamma": 0.5, "tau_mm": 2.0}
    assert written(2, 2, "--gamma", "0", "--tau-mm", "5")["boundary_loss"] == {"gamma": 0.0, "tau_mm": 5.0}
    assert "boundary_loss" not in written(3, 1)
    base = ["nnunet", "write", str(tmp_path), "--id", "9", "--work", str(tmp_path)]
    for wrong, said in (
        (["--stage", "1", "--gamma", "0.1"], "stage 2 alone has"),
        (["--stage", "2", "--tau-mm", "0"], "tau_mm > 0, got 0.5 and 0.0"),
    ):
        assert main([*base, *wrong]) == 2
        assert said in capsys.readouterr().err


@pytest.fixture(scope="module")
def trainer_module(tmp_path_factory):
    """The trainer's file, as nnU-Net would find it; its folders are read from the environment when it is imported."""
    pytest.importorskip("nnunetv2", reason="nnU-Net is not installed: pip install 'nnunetv2>=2.5,<3'")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment(tmp_path_factory.mktemp("nnunet")).items():
            if name.startswith("nnUNet_"):
                patch.setenv(name, value)
        patch.syspath_prepend(environment(Path())["nnUNet_extTrainer"])
        import nnUNetTrainerBoundary  # noqa: PLC0415 - where nnU-Net is

        yield nnUNetTrainerBoundary


def test_the_trainers_augmentation_leaves_the_mask_alone(trainer_module):
    rng = torch.Generator().manual_seed(0)
    transforms = trainer_module.nnUNetTrainerBoundary.get_training_transforms(
        PATCH, (-0.3, 0.3), None, (0, 1, 2), do_dummy_2d_data_aug=False
    )
    mask = torch.zeros(1, *PATCH)
    mask[0, 2:6, 8:16, 8:16] = 1
    changed_image = 0
    for _ in range(40):
        image = torch.cat([torch.randn(1, *PATCH, generator=rng), mask])
        done = transforms(image=image.clone(), segmentation=mask.clone().to(torch.int16))
        assert set(torch.unique(done["image"][1]).tolist()) <= {0.0, 1.0}
        changed_image += not torch.equal(done["image"][0], image[0])
    assert changed_image > 20


def test_the_trainer_trains_with_the_boundary_loss(trainer_module):
    config = CONFIGS["plain"]
    plans = {**plans_of(config, normalization=["ZScoreNormalization", "NoNormalization"]), "continue_training": False}
    told = {"gamma": 0.25, "tau_mm": 4.0}
    dataset = {**dataset_of(config), "channel_names": {"0": "T2", "1": "noNorm"}, "boundary_loss": told}
    trainer = trainer_module.nnUNetTrainerBoundary(plans, "3d_fullres", 0, dataset, device=torch.device("cpu"))
    preprocessed = Path(trainer.preprocessed_dataset_folder)  # looked into for the kind of its files alone
    preprocessed.mkdir(parents=True)
    (preprocessed / "case.npz").touch()
    trainer.initialize()
    target = torch.zeros(2, 1, *PATCH)
    target[:, :, 2:6, 8:16, 4:12], target[:, :, 3:5, 10:14, 12:20] = 1, 2
    batch = {"data": torch.randn(2, 2, *PATCH), "target": [target, target[..., ::1, ::2, ::2]]}
    losses = [float(trainer.train_step(batch)["loss"]) for _ in range(12)]
    assert trainer.loss.counted == 2
    assert (trainer.loss.gamma, trainer.loss.boundary.tau_mm) == (0.25, 4.0)
    assert losses[-1] < losses[0]
