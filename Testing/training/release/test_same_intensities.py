"""What enters the network is the same in training and in use, for models that notice any other: of batch norms."""

from pathlib import Path

import numpy as np
import pytest
import torch

from Testing.support.grids import turned_affine
from Training.__main__ import main
from Training.builders import build_source
from Training.data import Entry, Manifest, write_manifest
from Training.recipes import read_recipe
from VSSegmentationLib.imageio import read_volume, write_image
from VSSegmentationLib.inference import Models, load_model, segment
from VSSegmentationLib.labels import Label
from VSSegmentationLib.volume import AxisOrder, Volume, reorder

WHOLE = (12, 48, 64)
"""The scan on the working grid, which networks of the tiny recipe take as one patch."""
RECIPE = """
name = "batch_norms"
[network]
base = "spvpa"
channels = [2, 2, 2, 2, 2]
[loss]
cross_entropy_weight = 1.0
[optimizer]
learning_rate = 0.01
[data]
kind = "manifest"
divided = false
[data.options]
manifest = "{manifest}"
patch_dhw = [12, 48, 64]
augment = false
z_score = "{z_score}"
[validation]
samples = 1
[validation.options]
split = "training"
[run]
steps = 3
batch_size = 1
num_workers = 0
"""


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An oblique left-handed scan of 18 x 24 x 32 mm in voxels of 1.0 x 0.4 x 0.4 mm, a third of it air."""
    folder = tmp_path_factory.mktemp("scan")
    rng = np.random.default_rng(4)
    image = rng.normal(400.0, 90.0, (18, 60, 80)).astype(np.float32)
    image[:, :20] = 0
    labels = np.zeros(image.shape, np.uint8)
    labels[6:12, 30:44, 30:50] = Label.EXTRAMEATAL
    image[labels > 0] += 500
    order = AxisOrder(permutation=(1, 0, 2), flipped=(True, False, False))
    affine = turned_affine((6, -4, 9), (1.0, 0.4, 0.4))
    files = [folder / f"{what}.nii.gz" for what in ("image", "labels")]
    for file, array in zip(files, (image, labels), strict=True):
        write_image(file, reorder(Volume(array, affine), order))
    entry = Entry(case="one", patient="p", modality="T2", image=files[0], labels=files[1], split="training")
    write_manifest(Manifest((entry,)), folder)
    return folder


@pytest.mark.parametrize("z_score", ["scan", "nonzero"])
def test_a_model_with_batch_norms_sees_in_use_what_it_was_trained_on(
    scan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], z_score: str
):
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(RECIPE.format(manifest=scan / "manifest.csv", z_score=z_score), encoding="utf-8")
    run, model = tmp_path / "run", tmp_path / "mine.pt"
    assert main(["train", str(recipe), "--out", str(run), "--device", "cpu"]) == 0
    told = ["--trained-on", "one made-up scan", "--license", "CC0", "--role", "segmenter"]
    assert main(["export", str(run / "checkpoint.pt"), "--out", str(model), *told]) == 0
    bundle = load_model(model)
    assert any(isinstance(part, torch.nn.BatchNorm3d) for part in bundle.network.modules())
    assert bundle.settings.preprocessing.intensity == z_score

    given = read_recipe(recipe)
    trained_on, _ = build_source(given.data, given.seed).sample(0)
    assert trained_on.shape == (1, *WHOLE)
    seen: list[torch.Tensor] = []
    bundle.network.register_forward_pre_hook(lambda _network, inputs: seen.append(inputs[0].clone()))
    found = segment(read_volume(scan / "image.nii.gz"), Models(segmenter=bundle), device="cpu")
    used = next(each for each in seen if each.shape[2:] == WHOLE)
    np.testing.assert_allclose(used[0].numpy(), trained_on, rtol=0, atol=2e-5)
    assert found.labelmap.array.shape == read_volume(scan / "labels.nii.gz").array.shape
    capsys.readouterr()
