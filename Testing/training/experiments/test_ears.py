"""What looks, loss, width and norm bring: arms that differ in one thing, tiny runs, a page on made-up results."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from Testing.training.experiments.made_up import BENCHMARK, CASES, write_kept, write_unit
from Testing.training.synthesis.conftest import SMALL, block_head, write_head
from Training.experiments import EARS_STUDY, RunPlaces, run_study
from Training.experiments.attention.runs import PATCHES
from Training.experiments.ears.arms import ARMS, CLAIMS, USUAL, EarArm
from Training.experiments.ears.report import write_ears_report
from Training.experiments.ears.runs import EarOptions, WholeTumors, looks_of, recipe_of
from Training.experiments.patches import training_pool
from Training.experiments.stored import unit_file
from Training.synthesis import SynthesisConfig
from Training.synthesis.pool import write_pool

TINY = EarOptions(steps=2, channels=(2, 2, 2, 2, 2), seeds=1, precision="32-true")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Patches of noise, and beside them a pool of skull bases in a head made of blocks."""
    folder = tmp_path_factory.mktemp("ears")
    path = folder / PATCHES.file_name
    rng, arrays = np.random.default_rng(1), {}
    for split, count in {"training": 2, "validation": 2, "test": 3}.items():
        arrays[f"{split}_images"] = rng.normal(size=(count, 16, 64, 64)).astype(np.float16)
        labels = np.zeros((count, 16, 64, 64), np.uint8)
        labels[:, 6:9, 20:30, 20:30] = 1
        arrays[f"{split}_labels"] = labels
    cases = {"skull_base": [0, 1, 2], "head": list("abc"), "stratum": ["noisy", "lobed", "noisy"]}
    np.savez(path, benchmark=np.array("tiny"), **arrays, **{f"test_{name}": value for name, value in cases.items()})
    head = write_head(folder / "blocks.nii.gz", block_head())
    write_pool([head], training_pool(path), 2, 5, config=SMALL)
    return path


@pytest.mark.parametrize("arm", ARMS[1:], ids=lambda arm: arm.name)
def test_an_arm_differs_from_the_usual_one_in_what_its_title_says_alone(arm: EarArm):
    own, usual = (looks_of(each, "pool", 3) for each in (arm, USUAL))
    changed = {name for name in arm.looks if getattr(own, name) != getattr(usual, name)}
    assert changed == set(arm.looks)
    assert replace(own, **{name: getattr(usual, name) for name in arm.looks}) == usual
    recipe, plain = recipe_of(arm, 3, TINY), recipe_of(USUAL, 3, TINY)
    same = replace(recipe, name=plain.name, network=plain.network, loss=plain.loss)
    assert same == plain
    assert (recipe.network != plain.network) == bool(arm.network or arm.width != 1) or arm.width == 0.5
    assert (recipe.loss != plain.loss) == (arm.cross_entropy_weight != 1)
    assert bool(arm.looks) + bool(arm.network) + (arm.width != 1) + (arm.cross_entropy_weight != 1) == 1


def test_parts_of_a_look_that_are_not_named_stay_as_they_are():
    looks = looks_of(next(arm for arm in ARMS if arm.name == "no_tumor_looks"), "pool", 3)
    assert (looks.contrast.bright_tumor_share, looks.contrast.rim_share) == (0, 0)
    assert looks.contrast.physics_share == SynthesisConfig(pool="").contrast.physics_share
    assert looks.patch_dhw == PATCHES.synthesis.patch_dhw


def test_half_as_wide_has_half_the_channels_and_every_claim_is_of_arms_that_are_there():
    half = next(arm for arm in ARMS if arm.name == "half_as_wide")
    assert recipe_of(half, 0, EarOptions()).network.channels == (4, 8, 12, 16, 20)
    names = {arm.name for arm in ARMS}
    assert all({claim.better, claim.worse} <= names for claim in CLAIMS)
    assert {claim.better for claim in CLAIMS} | {claim.worse for claim in CLAIMS} == names


def test_samples_show_all_tumor_as_one(file: Path):
    source = WholeTumors(looks_of(USUAL, str(training_pool(file)), 1))
    samples = [source.sample(index) for index in range(8)]
    assert {value for _, labels in samples for value in np.unique(labels).tolist()} == {0, 1}
    assert all(image.shape == (1, 16, 64, 64) for image, _ in samples)


def test_a_tiny_run_ends_in_a_result_and_a_page(file: Path, tmp_path: Path):
    places = RunPlaces(file, tmp_path / "runs", tmp_path / "results")
    arms = [arm for arm in ARMS if arm.name in ("usual", "norm_of_channels")]
    assert run_study(EARS_STUDY, places, TINY, arms=arms, processes=2)
    kept = json.loads(unit_file(places.results, "norm_of_channels", 0).read_text(encoding="utf-8"))
    assert len(kept["cases"]["dice"]) == 3
    assert kept["curve"]["step"] == [1, 2]
    page = EARS_STUDY.write_page(arms, places.results, tmp_path / "out").read_text(encoding="utf-8")
    assert "after 2 steps" in page
    assert "norm over the channels of a voxel" in page


def test_the_page_tells_strata_and_verdicts_of_made_up_results(tmp_path: Path):
    strata = ["noisy", "lobed"] * 16
    write_kept(tmp_path, {**CASES, "stratum": strata})
    used = {**asdict(EarOptions()), "benchmark": BENCHMARK}
    for name, mean in {"usual": 0.6, "skull_base": 0.7, "no_tilt": 0.6}.items():
        for seed in range(3):
            rng = np.random.default_rng([seed, len(name)])
            dice = [mean + (0.1 if stratum == "lobed" else 0) + 0.004 * rng.normal() for stratum in strata]
            dice[0] = 0.0 if name == "no_tilt" else dice[0]
            write_unit(tmp_path, name, seed, used, {"dice": dice})
    arms = [arm for arm in ARMS if arm.name in ("usual", "skull_base", "no_tilt")]
    page = write_ears_report(tmp_path, tmp_path / "out", arms).read_text(encoding="utf-8")
    assert "a skull base in streaks helps: +10." in page
    assert "**held**" in page
    row = next(line for line in page.splitlines() if line.startswith("| + skull base") and line.count("|") == 11)
    cells = [cell.strip() for cell in row.split("|")[2:-1]]
    head = next(line for line in page.splitlines() if line.startswith("| | bright as CSF"))
    names = [cell.strip() for cell in head.split("|")[2:-1]]
    told = dict(zip(names, cells, strict=True))
    assert float(told["noisy"]) == pytest.approx(70, abs=0.3)
    assert float(told["lobed"]) == pytest.approx(80, abs=0.3)
    assert told["tilted"] == ""
    assert "| no tilt on top of the head's own |" in page
    assert "3 %" in page  # one of 32 cases was not found
