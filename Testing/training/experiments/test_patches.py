"""Fixed patches: drawn from twenty heads, each split from its own, and the same however often they are asked for."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from Testing.training.synthesis.conftest import SMALL, block_head, write_head
from Training.experiments import PatchPlan, load_patches, make_patches
from Training.experiments.attention.runs import PATCHES
from Training.experiments.boundary.patches import PATCHES as BOUNDARY_PATCHES
from Training.experiments.patches import Sizes
from VSSegmentationLib.errors import UsageError

SIZES = {
    "training": Sizes(skull_bases=2, patches=4),
    "validation": Sizes(skull_bases=1, patches=2),
    "test": Sizes(skull_bases=1, patches=2),
}


@pytest.fixture(scope="module")
def heads(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    first = write_head(tmp_path_factory.mktemp("heads") / "00.nii.gz", block_head())
    others = [first.with_name(f"{number:02d}.nii.gz") for number in range(1, 20)]
    for other in others:
        shutil.copyfile(first, other)
    return [first, *others]


@pytest.fixture(scope="module")
def folder(heads: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both plans, drawn from the same skull bases."""
    place = tmp_path_factory.mktemp("patches")
    for plan in (PATCHES, BOUNDARY_PATCHES):
        make_patches(plan, heads, place, processes=1, sizes=SIZES, anatomy=SMALL)
    return place


@pytest.mark.parametrize(
    ("plan", "shape", "labels"), [(PATCHES, (16, 64, 64), {0, 1}), (BOUNDARY_PATCHES, (16, 48, 48), {0, 1, 2})]
)
def test_patches_show_a_tumor_in_the_size_and_the_labels_of_the_plan(
    folder: Path, plan: PatchPlan, shape: tuple[int, ...], labels: set[int]
):
    patches = load_patches(folder / plan.file_name)
    for split, sizes in SIZES.items():
        assert patches.images[split].shape == patches.labels[split].shape == (sizes.patches, *shape)
        assert all(each.any() for each in patches.labels[split])
        assert np.isfinite(patches.images[split]).all()
    assert set(np.unique(patches.labels["training"]).tolist()) == labels


def test_half_of_the_boundary_patches_at_least_have_both_parts(folder: Path):
    for of_split in load_patches(folder / "boundary.npz").labels.values():
        both = [(each == 1).any() and (each == 2).any() for each in of_split]
        assert 2 * sum(both) >= len(both)


def test_skull_bases_of_a_split_come_from_heads_of_its_own(folder: Path):
    drawn = {}
    for split in SIZES:
        drawn[split] = {str(np.load(file)["head"]) for file in (folder / split).glob("*.npz")}
    assert not drawn["training"] & drawn["validation"] | drawn["validation"] & drawn["test"]


def test_what_is_there_is_not_drawn_again_and_would_be_the_same(folder: Path, heads: list[Path], tmp_path: Path):
    file = folder / PATCHES.file_name
    before = file.stat().st_mtime_ns
    assert make_patches(PATCHES, [], folder, processes=1) == file
    assert file.stat().st_mtime_ns == before
    for split in SIZES:
        shutil.copytree(folder / split, tmp_path / split)
    again = load_patches(make_patches(PATCHES, heads, tmp_path, processes=1, sizes=SIZES, anatomy=SMALL))
    for split, images in load_patches(file).images.items():
        np.testing.assert_array_equal(images, again.images[split])
    other = replace(PATCHES, file_name="other.npz", first_seed=51)
    drawn = load_patches(make_patches(other, heads, tmp_path, processes=1, sizes=SIZES, anatomy=SMALL))
    assert not np.array_equal(drawn.images["test"], again.images["test"])


def test_too_few_heads_are_refused(heads: list[Path], tmp_path: Path):
    with pytest.raises(UsageError, match=r"from the 20 head label maps, .*; got 19"):
        make_patches(PATCHES, heads[1:], tmp_path, processes=1)
