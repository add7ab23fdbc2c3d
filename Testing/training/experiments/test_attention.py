"""The first paper's experiments: arms and published values, tiny runs on noise, pages on results that are made up."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from Training.__main__ import main
from Training.experiments import ATTENTION_STUDIES, Patches, RunPlaces, StudyOptions, load_patches, run_study
from Training.experiments.attention import EXPERIMENTS, write_report
from Training.experiments.attention.isotropic import Isotropic, thinned, through_cubes
from Training.experiments.attention.results import read_attention_results
from Training.experiments.attention.runs import measure, recipe_of
from Training.experiments.patches import PatchSource
from VSSegmentationLib.errors import InputRefusedError, UsageError
from VSSegmentationLib.networks import NAMED_NETWORKS, build_network

SHAPE = (8, 32, 32)
TINY = StudyOptions(steps=2, channels=(2, 2, 2, 2, 2), seeds=1, precision="32-true")


def patches(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    images = rng.normal(0, 1, (count, *SHAPE)).astype(np.float32)
    labels = np.zeros(images.shape, np.uint8)
    labels[:, 1:3, 4:10, 4:10] = 1
    return images + 2 * labels, labels


@pytest.fixture(scope="module")
def benchmark_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("benchmark") / "benchmark.npz"
    arrays = {}
    for seed, (split, count) in enumerate({"training": 6, "validation": 3, "test": 4}.items()):
        arrays[f"{split}_images"], arrays[f"{split}_labels"] = patches(count, seed)
    np.savez(path, **arrays)
    return path


def every_arm():
    return {arm.name: arm for experiment in EXPERIMENTS.values() for arm in experiment.arms}.values()


def test_arms_are_the_papers_in_its_order_and_compared_with_arms_that_are_there():
    titles = [arm.title.removeprefix("2.5D U-Net + ") for arm in EXPERIMENTS["table1"].arms]
    assert titles == ["2D U-Net", "3D U-Net", "2.5D U-Net", "AG", "PA", "SpvPA"]
    assert [arm.published.dice_percent[0] for arm in EXPERIMENTS["table1"].arms] == [
        80.38, 83.61, 85.69, 85.93, 86.09, 86.71,
    ]  # fmt: skip
    assert sorted(arm.hardness for arm in EXPERIMENTS["figure4"].arms) == [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    names = {arm.name for arm in every_arm()}
    assert all(arm.network in NAMED_NETWORKS for arm in every_arm())
    assert {arm.compared_with for arm in every_arm()} - {None} <= names
    assert all({*pair} <= names for e in EXPERIMENTS.values() for pair in e.claims.values())


def test_arms_of_one_name_are_the_same_wherever_they_stand():
    for experiment in EXPERIMENTS.values():
        for arm in experiment.arms:
            same = next(each for each in every_arm() if each.name == arm.name)
            assert (same.network, same.loss()) == (arm.network, arm.loss())


def test_the_arms_differ_in_attention_and_supervision_alone():
    configs = {arm.name: recipe_of(arm, 0, StudyOptions()) for arm in EXPERIMENTS["table1"].arms}
    assert configs["pa"].network == configs["spvpa"].network
    assert (configs["pa"].loss.attention_weight, configs["spvpa"].loss.attention_weight) == (0.0, 1.0)
    assert configs["spvpa"].loss.attention_target == "average"
    assert {recipe.loss.hardness for recipe in configs.values()} == {0.0}
    for name in ("unet_2d", "unet_3d", "unet_25d"):
        assert build_network(configs[name].network)(torch.zeros(1, 1, 8, 32, 32)).attention_maps == []
    assert len(build_network(configs["gates"].network)(torch.zeros(1, 1, 8, 32, 32)).attention_maps) == 4


def test_thin_slices_of_a_ramp_average_to_the_ramp():
    ramp = torch.arange(6.0)[None, None, :, None, None].expand(1, 1, 6, 4, 4)
    thin = thinned(ramp)
    assert thin.shape == (1, 1, 18, 4, 4)
    torch.testing.assert_close(thin[0, 0, 1:-1, 0, 0].diff(), torch.full((15,), 1 / 3))
    back = through_cubes(lambda image: image)(ramp)
    torch.testing.assert_close(back[:, :, 1:-1], ramp[:, :, 1:-1])


def test_isotropic_samples_have_labels_where_the_slices_had_them(benchmark_file: Path):
    source = PatchSource(load_patches(benchmark_file), "test", 0, mirrored_axes=(0,))
    image, labels = Isotropic(source).sample(2)
    assert image.shape == (1, 24, 32, 32)
    assert np.array_equal(labels[1::3], source.sample(2)[1])


def test_every_patch_comes_once_before_any_comes_again(benchmark_file: Path):
    source = PatchSource(load_patches(benchmark_file), "validation", 5, mirrored_axes=(0,))
    seen = [source.sample(index)[0].sum() for index in range(6)]
    assert len(set(seen[:3])) == 3
    assert sorted(seen[:3]) == sorted(seen[3:])


def test_a_perfect_prediction_scores_perfectly_and_an_empty_one_is_missed():
    images, labels = patches(3, 0)
    splits = ("training", "validation", "test")
    benchmark = Patches(dict.fromkeys(splits, images), dict.fromkeys(splits, labels))
    truth = iter(labels)

    def perfect(image: torch.Tensor) -> torch.Tensor:
        tumor = torch.from_numpy(next(truth).astype(np.float32))[None, None]
        return torch.cat([1 - tumor, tumor], dim=1)

    for case in measure(perfect, benchmark):
        assert (case["dice"], case["assd_mm"], case["rve"]) == (1.0, 0.0, 0.0)
        assert case["volume_cm3"] == pytest.approx(2 * 6 * 6 * 0.375 / 1000)
    empty = measure(lambda image: torch.cat([image * 0 + 1, image * 0], dim=1), benchmark)
    assert [(case["dice"], case["assd_mm"], case["rve"]) for case in empty] == [(0.0, None, 1.0)] * 3


def test_the_study_trains_what_is_missing_and_nothing_twice(benchmark_file: Path, tmp_path: Path):
    arms = [arm for arm in EXPERIMENTS["table1"].arms if arm.name in ("unet_3d", "gates")]
    said = []
    study, places = ATTENTION_STUDIES["table1"], RunPlaces(benchmark_file, tmp_path)
    run_study(study, places, TINY, arms=arms, processes=2, on_done=lambda *told: said.append(told))
    assert [(done, count) for done, count, _ in said] == [(1, 2), (2, 2)]
    results = {arm.name: tmp_path / arm.name / "seed_0" / "result.json" for arm in arms}
    before = {name: path.stat().st_mtime_ns for name, path in results.items()}
    assert len(json.loads(results["gates"].read_text())["cases"]) == 4
    results["unet_3d"].unlink()
    said.clear()
    run_study(study, places, TINY, arms=arms, on_done=lambda *told: said.append(told))
    assert [what for _, _, what in said] == ["3D U-Net, seed 0"]
    assert results["gates"].stat().st_mtime_ns == before["gates"]


def made_up(folder: Path, means: dict[str, float], seeds: int = 3) -> None:
    """Write results: every case at the arm's mean, plus what the case and the seed add."""
    for name, mean in means.items():
        for seed in range(seeds):
            cases = [
                {"dice": mean + 0.002 * case + 0.001 * seed, "assd_mm": 0.5, "rve": 0.1, "seconds": 0.2,
                 "volume_cm3": 1.0} for case in range(20)
            ]  # fmt: skip
            content = {"arm": name, "seed": seed, "options": {"channels": [8], "steps": 400, "batch_size": 2},
                       "parameters": 1, "training_seconds": 60.0, "cases": cases}  # fmt: skip
            path = folder / name / f"seed_{seed}" / "result.json"
            path.parent.mkdir(parents=True)
            path.write_text(json.dumps(content))


def test_the_page_holds_the_table_beside_the_published_values_and_a_verdict_for_every_claim(tmp_path: Path):
    means = {"unet_2d": 0.70, "unet_3d": 0.75, "unet_25d": 0.74, "gates": 0.7405, "pa": 0.7405, "spvpa": 0.80}
    made_up(tmp_path / "runs", means)
    text = write_report(EXPERIMENTS["table1"], tmp_path / "runs", tmp_path / "page", 3).read_text(encoding="utf-8")
    row = next(line for line in text.splitlines() if line.startswith("| 3D U-Net |"))
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[1] == "77.00 ± 1.18"  # 0.75 + 0.019 over cases + 0.001 over seeds; 0.002 x the deviation of 0 to 19
    assert cells[3] == "76.90 to 77.10"
    assert cells[-2:] == ["83.61 ± 13.69", "0.84 ± 0.62"]
    assert "3D beats 2D: +5.00 points of Dice, p < 0.001; **held**" in text
    assert "2.5D beats 3D: -1.00 points of Dice, p < 0.001; **did not hold**" in text
    assert "attention helps: +0.05 points of Dice, p < 0.001; held over the cases, but seeds overlap" in text
    assert "supervision of the attention helps: +5.95 points" in text
    assert "synthetic" in text


def test_a_curve_is_drawn_against_lambda(tmp_path: Path):
    made_up(tmp_path / "runs", {arm.name: 0.7 + 0.01 * arm.hardness for arm in EXPERIMENTS["figure4"].arms})
    text = write_report(EXPERIMENTS["figure4"], tmp_path / "runs", tmp_path / "page", 3).read_text(encoding="utf-8")
    assert "Wilcoxon test against 2.5D U-Net + SpvPA; not corrected" in text, "one network that all are compared with"
    assert "0.6 beats 0.8: -0.20 points of Dice, p < 0.001; **did not hold**" in text
    assert (tmp_path / "page" / "figure4.png").stat().st_size > 5000


def test_cases_that_a_seed_missed_are_counted_and_left_out_of_the_distance(tmp_path: Path):
    made_up(tmp_path, {"pa": 0.7})
    file = tmp_path / "pa" / "seed_1" / "result.json"
    content = json.loads(file.read_text())
    content["cases"][4] |= {"assd_mm": None, "dice": 0.0}
    file.write_text(json.dumps(content))
    arm = next(arm for arm in every_arm() if arm.name == "pa")
    results = read_attention_results((arm,), tmp_path, 3)["pa"]
    assert results.missed == 1
    assert set(results.by_case("assd_mm")) == {*range(20)} - {4}
    assert len(results.per_case("dice")) == 20


def test_missing_runs_damaged_files_and_too_few_heads_are_told(benchmark_file: Path, tmp_path: Path, capsys):
    with pytest.raises(UsageError, match="3 of 3 runs of '2D U-Net' are not there"):
        write_report(EXPERIMENTS["table1"], tmp_path, tmp_path, 3)
    (tmp_path / "benchmark.npz").write_bytes(benchmark_file.read_bytes()[:100])
    with pytest.raises(InputRefusedError, match="the benchmark file is damaged"):
        load_patches(tmp_path / "benchmark.npz")
    assert main(["experiment", "table1", "--heads", str(benchmark_file), "--out", str(tmp_path / "out")]) == 2
    assert "drawn from the 20 head label maps" in capsys.readouterr().err


def test_other_options_in_the_same_folder_are_refused_before_anything_is_trained(benchmark_file: Path, tmp_path: Path):
    arms = EXPERIMENTS["table1"].arms
    study, places = ATTENTION_STUDIES["table1"], RunPlaces(benchmark_file, tmp_path)
    run_study(study, places, TINY, arms=arms[:1])
    trained = sorted(tmp_path.rglob("*"))
    with pytest.raises(UsageError, match=r"made with steps 2 \(now 3\); give another --out"):
        run_study(study, places, replace(TINY, steps=3), arms=arms[:2])
    with pytest.raises(UsageError, match=r"made with channels \[2, 2, 2, 2, 2\] \(now \[2, 2, 2, 2, 4\]\)"):
        run_study(study, places, replace(TINY, channels=(2, 2, 2, 2, 4)), arms=arms[:2])
    assert sorted(tmp_path.rglob("*")) == trained
    said: list[tuple[int, int, str]] = []
    more = replace(TINY, seeds=2)
    run_study(study, places, more, arms=arms[:1], on_done=lambda *told: said.append(told))
    assert said == [(2, 2, "2D U-Net, seed 1")], "more seeds of the same options go on"
    for damaged in ("{", "[1]"):
        (tmp_path / "options.json").write_text(damaged)
        with pytest.raises(UsageError, match=r"options\.json of this --out is damaged"):
            run_study(study, places, TINY, arms=arms[:1])
