"""From a folder of BraTS to a run, by the commands alone; and what a run of gliomas is not taken for."""

from pathlib import Path

import numpy as np
import pytest

from Training.__main__ import main
from Training.data import read_manifest
from Training.nnunet.dataset import cases_of_manifest
from Training.running.run_folder import read_rows
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.imageio import write_image
from VSSegmentationLib.inference import load_model
from VSSegmentationLib.volume import Volume

SHAPE = (20, 28, 24)
RECIPE = """\
name = "toy gliomas"
[network]
base = "attention_resunet"
channels = [4, 4, 6, 8]
{network}
[loss]
hardness = 0.0
include_background = false
dice_weight = 0.5
cross_entropy_weight = 0.5
attention_weight = 0.0
[optimizer]
learning_rate = 1e-2
schedule = {{ kind = "plateau", patience = 0 }}
[data]
kind = "manifest"
[data.options]
manifest = "{manifest}"
inputs = ["FLAIR", "T1", "ceT1", "T2"]
label_set = "BraTS"
z_score = "nonzero"
spacing_dhw_mm = [1.0, 1.0, 1.0]
patch_dhw = [16, 16, 16]
tumor_share = 1.0
[validation]
samples = 2
options = {{ split = "validation", augment = false }}
[run]
steps = 4
validate_every = 2
checkpoint_every = 2
num_workers = 0
"""


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """Three cases of the 2021 edition, imported and split, one of them to validate on."""
    rng = np.random.default_rng(4)
    affine = np.diag([-1.0, -1.0, 1.0, 1.0])[:, [2, 1, 0, 3]]  # stored as BraTS is: to the left, back and up
    labels = np.zeros(SHAPE, np.uint8)
    labels[5:14, 6:18, 6:16], labels[7:12, 9:15, 8:13], labels[8:10, 11:13, 9:11] = 2, 4, 1
    head = np.zeros(SHAPE, np.float32)
    head[1:19, 2:26, 2:22] = 1
    for number in range(3):
        case = f"BraTS2021_{number:05d}"
        for kind, bright in (("flair", 2), ("t1", 1), ("t1ce", 4), ("t2", 2)):
            scan = head * (100 + rng.normal(0, 5, SHAPE) + 50 * (labels == bright))
            write_image(_path(tmp_path, case, kind), Volume(scan.astype(np.float32), affine))
        write_image(_path(tmp_path, case, "seg"), Volume(labels, affine))
    out = tmp_path / "data"
    assert main(["data", "import", "brats", str(tmp_path / "in"), "--out", str(out)]) == 0
    assert main(["data", "split", str(out), "--shares", "0.67", "0.33", "0", "--seed", "1"]) == 0
    return out / "manifest.csv"


def _path(folder: Path, case: str, kind: str) -> Path:
    path = folder / "in" / case / f"{case}_{kind}.nii.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _train(manifest: Path, network: str = "") -> tuple[int, Path]:
    recipe, out = manifest.parent / "recipe.toml", manifest.parent / "run"
    recipe.write_text(RECIPE.format(manifest=manifest.as_posix(), network=network), encoding="utf-8")
    return main(["train", str(recipe), "--out", str(out), "--device", "cpu"]), out


def test_an_imported_folder_trains_on_four_channels_and_measures_nested_regions(manifest: Path, capsys):
    code, out = _train(manifest)
    assert code == 0, capsys.readouterr().err
    assert [row["step"] for row in read_rows(out / "log.csv")] == ["1", "2", "3", "4"]
    measured = read_rows(out / "validation.csv")[-1]
    assert {"dice", "dice_whole", "dice_core", "dice_enhancing"} <= set(measured)
    assert all(0 <= float(measured[name]) <= 1 for name in measured if name.startswith("dice"))
    assert (out / "predictions.png").is_file()


def test_a_recipe_of_sigmoid_regions_trains_and_is_measured_by_them(manifest: Path, capsys, monkeypatch):
    monkeypatch.setitem(globals(), "RECIPE", RECIPE.replace("[loss]", "[loss]\nregions = [[1, 2, 3], [1, 3], [3]]"))
    code, out = _train(manifest, "out_channels = 3")
    assert code == 0, capsys.readouterr().err
    assert {"dice_whole", "dice_core", "dice_enhancing"} <= set(read_rows(out / "validation.csv")[-1])
    code, _ = _train(manifest)
    assert code == 2
    assert "network.out_channels must be 3 for the regions of the loss" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("network", "said"),
    [
        ("in_channels = 1", "the channels FLAIR, T1, ceT1, T2, so network.in_channels must be 4"),
        ("out_channels = 3", "network.out_channels must be 4 for the labels of BraTS"),
    ],
)
def test_a_network_that_does_not_fit_is_told_before_the_first_batch(manifest: Path, capsys, network: str, said: str):
    code, out = _train(manifest, network)
    assert code == 2
    assert said in capsys.readouterr().err
    assert not out.exists()


def test_a_run_of_gliomas_becomes_a_model_of_gliomas_and_no_measurement_of_schwannomas(manifest: Path, capsys):
    _, out = _train(manifest)
    capsys.readouterr()
    target = manifest.parent / "x.pt"
    assert main(["export", str(out / "best.pt"), "--out", str(target), "--role", "segmenter"]) == 2
    assert "needs --trained-on and --license" in capsys.readouterr().err
    told = ["--trained-on", "three boxes", "--license", "none"]
    assert main(["export", str(out / "best.pt"), "--out", str(target), "--role", "divider", *told]) == 2
    assert "a model of gliomas is a segmenter, and a divider was asked for" in capsys.readouterr().err
    assert not target.exists()
    assert main(["export", str(out / "best.pt"), "--out", str(target), "--role", "segmenter", *told]) == 0
    model = load_model(target)
    assert (model.task, model.labels, model.settings.preprocessing.intensity) == ("glioma", (0, 1, 2, 3), "nonzero")
    assert list(model.modality_of_input.values()) == ["FLAIR", "T1", "ceT1", "T2"]
    assert main(["evaluate", str(out / "best.pt"), "--samples", "1", "--out", str(manifest.parent / "x.csv")]) == 2
    assert "schwannomas are measured here, and the run is of BraTS" in capsys.readouterr().err


def test_gliomas_make_no_data_set_of_schwannomas_for_nnunet(manifest: Path):
    with pytest.raises(UsageError, match="of vestibular schwannomas, and the manifest has BraTS"):
        cases_of_manifest(read_manifest(manifest), "training")
