"""Fixed patches: drawn from twenty heads, each split from its own, and the same however often they are asked for."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from Testing.training.synthesis.conftest import SMALL, block_head, write_head
from Training.experiments import AllSizes, PatchPlan, load_patches, make_patches
from Training.experiments.attention.runs import PATCHES
from Training.experiments.boundary.patches import PATCHES as BOUNDARY_PATCHES
from Training.experiments.patches import Sizes, benchmark_of, split_heads
from Training.experiments.strata import SHOWN, StrataSizes, source_of
from Training.recipes.stress_heads import STRESS_HEADS
from Training.synthesis.strata import STRATA
from VSSegmentationLib.errors import InputRefusedError, UsageError

SIZES = AllSizes(
    training=Sizes(skull_bases=2, patches=4),
    validation=Sizes(skull_bases=1, patches=2),
    test=StrataSizes(tumors_of_head=1, shaped_of_head=1, patches_of_head=1),
)
FEW = replace(SIZES, test=replace(SIZES.test, shown=(SHOWN[1], SHOWN[3])))
"""Of two strata, for what all have in common."""
ANATOMY = replace(SMALL, tumor=replace(SMALL.tumor, extrameatal_only_share=0.0, intrameatal_only_share=0.0))
"""Every tumor reaches its porus, so that patches round it can show every skull base."""
TINY = replace(
    PATCHES, file_name="tiny.npz", synthesis=replace(PATCHES.synthesis, patch_dhw=(8, 32, 32), medial_of_porus_mm=1.0)
)
"""Of all strata."""
COUNTS = {"training": 4, "validation": 2, "test": 16}


@pytest.fixture(scope="module")
def heads(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    first = write_head(tmp_path_factory.mktemp("heads") / "00.nii.gz", block_head())
    others = [first.with_name(f"{number:02d}.nii.gz") for number in range(1, 20)]
    for other in others:
        shutil.copyfile(first, other)
    return [first, *others]


@pytest.fixture(scope="module")
def folder(heads: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All plans, drawn from the same skull bases."""
    place = tmp_path_factory.mktemp("patches")
    for plan, sizes in ((PATCHES, FEW), (BOUNDARY_PATCHES, FEW), (TINY, SIZES)):
        make_patches(plan, heads, place, processes=1, sizes=sizes, anatomy=ANATOMY)
    return place


@pytest.mark.parametrize(
    ("plan", "shape", "labels"), [(PATCHES, (16, 64, 64), {0, 1}), (BOUNDARY_PATCHES, (16, 48, 48), {0, 1, 2})]
)
def test_patches_show_a_tumor_in_the_size_and_the_labels_of_the_plan(
    folder: Path, plan: PatchPlan, shape: tuple[int, ...], labels: set[int]
):
    patches = load_patches(folder / plan.file_name)
    for split, count in COUNTS.items():
        assert patches.images[split].shape == patches.labels[split].shape == (count, *shape)
        assert all(each.any() for each in patches.labels[split])
        assert np.isfinite(patches.images[split]).all()
    assert set(np.unique(patches.labels["training"]).tolist()) == labels


def test_half_of_the_boundary_patches_at_least_have_both_parts(folder: Path):
    for of_split in load_patches(folder / BOUNDARY_PATCHES.file_name).labels.values():
        both = [(each == 1).any() and (each == 2).any() for each in of_split]
        assert 2 * sum(both) >= len(both)


def test_skull_bases_of_a_split_come_from_heads_of_its_own(folder: Path):
    drawn: dict[str, set[str]] = {}
    for pool in folder.glob("*/*/"):
        split = pool.name.partition("_")[0]
        drawn[split] = drawn.get(split, set()) | {str(np.load(file)["head"]) for file in pool.glob("*.npz")}
    assert set(drawn) == {"training", "validation", "test"}
    assert len(drawn["test"]) == 8
    assert not drawn["training"] & drawn["validation"]
    assert not drawn["test"] & (drawn["training"] | drawn["validation"])


def test_the_published_heads_of_the_test_are_those_of_the_stress_set():
    published = [Path(f"training_seg_{number:02d}.nii.gz") for number in range(1, 21)]
    assert [head.name for head in split_heads(published)["test"]] == list(STRESS_HEADS)


def test_every_test_patch_says_its_skull_base_head_and_stratum_and_heads_have_equally_many(folder: Path):
    cases = benchmark_of(folder / TINY.file_name).cases
    count = 8 * len(SHOWN)
    assert {len(values) for values in cases.values()} == {count}
    assert sorted(set(cases["stratum"])) == sorted(each.name for each in STRATA if each.name != "no tumor")
    heads = {f"{number:02d}" for number in range(12, 20)}
    assert {head: cases["head"].count(head) for head in cases["head"]} == dict.fromkeys(heads, count // 8)
    of_base = dict(zip(cases["skull_base"], cases["head"], strict=True))
    assert len(of_base) == 24, "eight usual tumors, eight cystic ones and eight lobed ones"
    assert all(of_base[base] == head for base, head in zip(cases["skull_base"], cases["head"], strict=True))
    assert min(cases["volume_cm3"]) > 0


def test_strata_are_drawn_with_the_looks_of_the_stress_set(folder: Path):
    pool = next(folder.glob("*/test_tumor"))
    for stratum in SHOWN:
        config = source_of(stratum, PATCHES.synthesis, pool, 1).config
        assert (config.contrast, config.acquisition) == (stratum.contrast, stratum.acquisition)
        assert config.narrow_share == float(stratum.narrow)
        turns = [
            source_of(stratum, PATCHES.synthesis, pool, 1).draw_turn(np.random.default_rng(number))
            for number in range(20)
        ]
        assert all(any(turn) == stratum.tilted for turn in turns)


def test_a_file_of_the_former_benchmark_is_refused(folder: Path, tmp_path: Path):
    with np.load(folder / PATCHES.file_name) as stored:
        former = {name: stored[name] for name in stored.files if name.endswith(("_images", "_labels"))}
    np.savez(tmp_path / "former.npz", **former)
    with pytest.raises(InputRefusedError, match="delete it, and it is drawn anew"):
        benchmark_of(tmp_path / "former.npz")


def test_what_is_there_is_not_drawn_again_and_would_be_the_same(folder: Path, heads: list[Path], tmp_path: Path):
    file = folder / PATCHES.file_name
    before = file.stat().st_mtime_ns
    assert make_patches(PATCHES, [], folder, processes=1) == file
    assert file.stat().st_mtime_ns == before
    for pools in folder.glob("*/"):
        shutil.copytree(pools, tmp_path / pools.name)
    file = folder / BOUNDARY_PATCHES.file_name
    again = make_patches(BOUNDARY_PATCHES, heads, tmp_path, processes=1, sizes=FEW, anatomy=ANATOMY)
    assert benchmark_of(file) == benchmark_of(again)
    for split, images in load_patches(file).images.items():
        np.testing.assert_array_equal(images, load_patches(again).images[split])
    other = source_of(SHOWN[0], PATCHES.synthesis, next(folder.glob("*/test_tumor")), 51)
    one = source_of(SHOWN[0], PATCHES.synthesis, next(folder.glob("*/test_tumor")), 52)
    assert not np.array_equal(one.sample(0)[0], other.sample(0)[0])


def test_too_few_heads_are_refused(heads: list[Path], tmp_path: Path):
    with pytest.raises(UsageError, match=r"from the 20 head label maps, .*; got 19"):
        make_patches(PATCHES, heads[1:], tmp_path, processes=1)
