"""The fourth source's experiment: its arms, its patches, tiny runs, its page on made-up results."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from shutil import copyfile

import numpy as np
import pytest
from scipy import stats

from Testing.training.experiments.made_up import BENCHMARK, CASES, write_kept, write_unit
from Training.experiments import GLIOMA_STUDY, RunPlaces, load_patches, run_study
from Training.experiments.gliomas import ARMS, GliomaArm, GliomaOptions, write_glioma_report
from Training.experiments.gliomas.arms import BASE, BOTH, GATE, MULTI_SCALE, UNET
from Training.experiments.gliomas.claims import CLAIMS, DICE, FARTHEST_MM, HD95, REGIONS
from Training.experiments.gliomas.measuring import compared, cost_of, gflop_of, parameters_of, source_network
from Training.experiments.gliomas.options import recipe_of
from Training.experiments.gliomas.patches import GliomaPatches, GliomaSizes, benchmark_of, make_glioma_patches
from Training.experiments.results import read_results
from Training.experiments.simple_tests import simple_tests
from Training.experiments.stored import unit_file
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.imageio import write_image
from VSSegmentationLib.volume import Volume

TINY = GliomaOptions(
    steps=2, channels=(4, 4, 4, 4), seeds=2, precision="32-true", volume_dhw=(32, 40, 32), window_dhw=(32, 32, 32)
)
SIZES = GliomaSizes(training=8, validation=2, tumors_of_test_head=1, patch_dhw=(32, 32, 32))


@pytest.fixture(scope="module")
def heads(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Twenty heads: a ball of white matter in gray matter in fluid."""
    labels = np.zeros((80, 80, 80), np.uint8)
    radius = np.linalg.norm(np.indices(labels.shape) - 39.5, axis=0)
    for reach, value in ((38, 24), (35, 3), (32, 2)):  # FreeSurfer: fluid, cortex, white matter
        labels[radius < reach] = value
    affine = np.array([[0.0, 0, 1, 0], [0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1]])
    folder = tmp_path_factory.mktemp("heads")
    files = [folder / f"{number:02d}.nii.gz" for number in range(20)]
    write_image(files[0], Volume(labels, affine))
    for file in files[1:]:
        copyfile(files[0], file)
    return files


@pytest.fixture(scope="module")
def file(heads: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_glioma_patches(heads, tmp_path_factory.mktemp("patches"), sizes=SIZES)


def test_arms_have_the_sources_values():
    ablation = [arm.published_ablation for arm in (BASE, GATE, MULTI_SCALE, BOTH)]
    assert [(each.dice_whole, each.million_parameters, each.gflops) for each in ablation] == [
        (0.907, 3.4, 12.8), (0.912, 3.5, 13.0), (0.915, 3.4, 12.7), (0.920, 3.6, 13.1)
    ]  # fmt: skip
    assert [arm.published_dice for arm in (UNET, BASE, BOTH)] == [
        (0.904, 0.812, 0.765), (0.907, 0.820, 0.771), (0.915, 0.835, 0.788)
    ]  # fmt: skip
    assert [arm.published_hd95_mm for arm in (UNET, BASE, BOTH)] == [
        (8.0, 14.2, 13.6), (7.8, 14.0, 13.2), (6.9, 12.4, 11.9)
    ]  # fmt: skip


@pytest.mark.parametrize("arm", ARMS, ids=lambda arm: arm.name)
def test_recipes_differ_in_the_network_alone(arm: GliomaArm):
    recipe, usual = recipe_of(arm, 3, TINY), recipe_of(BASE, 3, TINY)
    assert replace(recipe, name="", network=usual.network) == replace(usual, name="")
    assert (recipe.network.in_channels, recipe.network.out_channels) == (4, 4)


def test_at_the_sources_width_arms_have_the_parameters_and_operations_of_our_reading():
    networks = [source_network(arm) for arm in (BASE, GATE, MULTI_SCALE, BOTH)]
    assert [parameters_of(each) for each in networks] == [4_092_244, 4_103_424, 3_460_238, 3_471_418]
    assert gflop_of(networks[3]) == pytest.approx(36.6, abs=0.1)


def test_no_head_is_in_two_splits_and_every_test_patch_has_a_tumor(file: Path, heads: list[Path]):
    patches, told = load_patches(file), benchmark_of(file)
    assert {split: len(each) for split, each in patches.images.items()} == {"training": 8, "validation": 2, "test": 10}
    assert patches.images["test"].shape[1:] == (4, 32, 32, 32)
    assert sorted(told.cases["head"]) == [head.name.removesuffix(".nii.gz") for head in heads[10:]]
    assert min(told.cases["volume_cm3"]) > 0
    assert told.name.startswith("10 heads, gliomas, ")
    with pytest.raises(UsageError, match=r"20 head label maps.*got 3"):
        make_glioma_patches(heads[:3], file.parent / "elsewhere")


def test_a_source_shows_every_patch_once_before_any_comes_again_mirrored_with_its_labels(file: Path):
    patches = load_patches(file)
    source = GliomaPatches(patches, "training", 0)
    seen = set()
    for index in range(8):
        image, labels = source.sample(index)
        (number,) = [
            n for n, each in enumerate(patches.labels["training"])
            if np.array_equal(each, labels) or np.array_equal(each[..., ::-1], labels)
        ]  # fmt: skip
        own = patches.images["training"][number]
        straight = np.array_equal(patches.labels["training"][number], labels)
        np.testing.assert_array_equal(image, own if straight else own[..., ::-1])
        seen.add(number)
    assert seen == set(range(8))


def test_measures_are_exact_for_a_box_moved_by_one_voxel():
    truth, found = np.zeros((20, 20, 20), np.uint8), np.zeros((20, 20, 20), np.uint8)
    truth[5:15, 5:15, 5:15], found[5:15, 5:15, 6:16] = 2, 2  # edema alone
    truth[8:10, 8:10, 8:10] = 3
    case = compared(found, truth)
    assert case["whole_dice"] == pytest.approx(0.9)
    assert case["whole_sensitivity"] == pytest.approx(0.9)
    assert case["whole_specificity"] == pytest.approx(1 - 100 / (8000 - 1000))
    assert case["whole_hd95_mm"] == pytest.approx(2.0)  # a voxel
    assert case["whole_missed"] == 0
    assert (case["enhancing_dice"], case["enhancing_hd95_mm"], case["enhancing_missed"]) == (0, None, 1)
    truth[truth == 3] = 2
    assert not {name for name in compared(found, truth) if not name.startswith("whole")}


def test_tiny_runs_end_in_results_and_a_page_and_are_not_done_again(file: Path, tmp_path: Path):
    places, arms, said = RunPlaces(file, tmp_path / "runs", tmp_path / "results"), (BOTH, UNET), []
    given = {"arms": arms, "units": [(arm.name, 1) for arm in arms]}
    assert run_study(GLIOMA_STUDY, places, TINY, on_done=lambda _done, _all, what: said.append(what), **given)
    assert len(said) == len(arms)
    for arm in arms:
        result = json.loads(unit_file(places.results, arm.name, 1).read_text(encoding="utf-8"))
        assert len(result["cases"]["whole_dice"]) == 10
        assert result["curve"]["step"] == [1, 2]
        assert {"dice", "dice_whole"} <= result["curve"].keys()
    page = GLIOMA_STUDY.write_page(arms, places.results, tmp_path / "out").read_text(encoding="utf-8")
    assert "after 2 steps" in page
    assert (tmp_path / "out" / "brats_ablation_curves.png").is_file()
    assert run_study(GLIOMA_STUDY, places, TINY, on_done=lambda _done, _all, what: said.append(what), **given)
    assert len(said) == len(arms)


def test_what_a_network_takes_is_measured_in_a_process_of_its_own():
    cost = cost_of(UNET, TINY)
    assert cost.seconds > 0
    assert cost.peak_gb is None or 0.05 < cost.peak_gb < 10
    assert cost.gflop < cost.source_gflop


OPTIONS = {**asdict(replace(TINY, steps=12, seeds=3)), "benchmark": BENCHMARK}


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Results in which both additions together are better by five points, and each alone by nothing."""
    folder, count = tmp_path / "kept", len(CASES["head"])
    write_kept(folder, {**CASES, "stratum": ["all regions"] * (count - 1) + ["without enhancing"]})
    for order, arm in enumerate(ARMS):
        for seed in range(3):
            luck = 0.004 * np.random.default_rng([order, seed]).normal(size=count)
            columns: dict[str, list[float | None]] = {}
            for region in REGIONS:
                dice = (0.85 if arm is BOTH else 0.80) + luck
                columns |= {
                    f"{region}_dice": dice.tolist(), f"{region}_hd95_mm": (10 - 20 * (dice - 0.8)).tolist(),
                    f"{region}_missed": [0.0] * count, f"{region}_sensitivity": dice.tolist(),
                    f"{region}_specificity": [0.99] * count,
                }  # fmt: skip
            if arm is BASE and seed == 0:
                columns["whole_hd95_mm"][0], columns["whole_missed"][0] = None, 1.0
            for name in [name for name in columns if name.startswith("enhancing")]:
                columns[name][-1] = None
            cost = {
                "gflop": 9.3, "source_parameters": 3_471_418, "source_gflop": 36.6, "seconds": 61.2, "peak_gb": None
            }  # fmt: skip
            write_unit(folder, arm.name, seed, OPTIONS, columns, **({} if seed else {"cost": cost}))
    return folder


def test_the_page_has_the_sources_values_beside_and_says_what_held(kept: Path, tmp_path: Path):
    page = write_glioma_report(kept, tmp_path / "out").read_text(encoding="utf-8")
    lines = {line.split(": ")[0].removeprefix("- "): line for line in page.splitlines() if line.startswith("- ")}
    assert lines.keys() == {claim.text for claim in CLAIMS}
    better = lines["both beat the base (whole tumor)"]
    assert "after 12 steps, p < 0.001; **held**" in better
    assert "(32 cases, 16 tumors, 8 heads, 3 seeds)" in better
    assert "(31 cases" in lines["both beat a 3D U-Net (enhancing tumor)"], "one truth has none"
    assert "**not resolved**" in lines["the gate helps (whole tumor)"]
    assert "Detectable:" in better
    section = page.split("## Regions")[1].split("##")[0]
    base = next(line for line in section.splitlines() if line.startswith("| residual U-Net"))
    assert base.rstrip(" |").endswith("90.7, 82.0, 77.1 | 7.8, 14.0, 13.2")
    assert f"counts as {FARTHEST_MM:g} mm" in section
    assert "91.2, 82.5, 77.4" in section.split("DeepMedic (not run)")[1]
    costs = page.split("## What a network takes")[1].split("##")[0]
    assert "| 1 | 9.3 | 61 |  | 3,471,418 | 36.6 | 92.0 | 3.6 | 13.1 |" in costs
    assert "experiment brats_ablation --steps 12 --channels 4 4 4 4 --precision 32-true --out" in page
    others = page.split("## By other tests")[1]
    assert "| both beat the base (whole tumor) | p < 0.001 | p < 0.001 | p = 0.008 | p = 0.070 |" in others
    for seed in range(3):
        unit_file(kept, GATE.name, seed).unlink()
    some = [arm for arm in ARMS if arm is not GATE]
    page = write_glioma_report(kept, tmp_path / "out", some).read_text(encoding="utf-8")
    assert "Not told here, as their arms were not run: 2 of 9 claims." in page


def test_the_other_tests_are_those_of_scipy_on_cases_and_on_means_of_heads(kept: Path):
    results = read_results((BASE, BOTH), kept)
    found = simple_tests(results[BOTH.name], results[BASE.name], HD95["whole"])
    one, other = (results[name].values(HD95["whole"]).mean(axis=0) for name in (BASE.name, BOTH.name))
    assert one.max() > (FARTHEST_MM + 2 * 9) / 3, "what was not found counts as the farthest"
    assert found.t_cases == pytest.approx(stats.ttest_rel(one, other).pvalue)
    heads = np.array(CASES["head"])
    means = [(one - other)[heads == head].mean() for head in sorted(set(CASES["head"]))]
    assert found.wilcoxon_heads == pytest.approx(stats.wilcoxon(means).pvalue)
    same = simple_tests(results[BASE.name], results[BASE.name], DICE["whole"])
    assert same == (1.0, 1.0)
