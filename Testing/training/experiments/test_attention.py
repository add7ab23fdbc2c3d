"""The first paper's experiments: arms and published values, tiny runs on noise, pages on results that are made up."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from Testing.training.experiments.made_up import MEANS, made_up
from Training.__main__ import main
from Training.experiments import ATTENTION_STUDIES, Patches, RunPlaces, StudyOptions, load_patches, run_study
from Training.experiments.attention import EXPERIMENTS, write_report
from Training.experiments.attention.isotropic import CUBE_MM, Isotropic, through_cubes, to_cubes
from Training.experiments.attention.runs import measure, recipe_of
from Training.experiments.patches import PatchSource
from Training.experiments.stored import unit_file
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
    cases = {"skull_base": [0, 1, 2, 3], "head": list("abcd"), "stratum": ["noisy"] * 4}
    np.savez(path, benchmark=np.array("tiny"), **arrays, **{f"test_{name}": value for name, value in cases.items()})
    return path


def every_arm():
    return {arm.name: arm for experiment in EXPERIMENTS.values() for arm in experiment.arms}.values()


def test_arms_are_the_papers_in_its_order_and_claims_are_of_arms_that_are_there():
    titles = [arm.title.removeprefix("2.5D U-Net + ") for arm in EXPERIMENTS["table1"].arms]
    assert titles == ["2D U-Net", "3D U-Net", "2.5D U-Net", "AG", "PA", "SpvPA"]
    assert [arm.published.dice_percent[0] for arm in EXPERIMENTS["table1"].arms] == [
        80.38, 83.61, 85.69, 85.93, 86.09, 86.71,
    ]  # fmt: skip
    assert sorted(arm.hardness for arm in EXPERIMENTS["figure4"].arms) == [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    names = {arm.name for arm in every_arm()}
    assert all(arm.network in NAMED_NETWORKS for arm in every_arm())
    assert all({claim.better, claim.worse} <= names for e in EXPERIMENTS.values() for claim in e.claims)


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


def test_cubes_of_a_ramp_continue_it_and_average_back_to_it():
    places_mm = (torch.arange(8.0) + 0.5) * 1.5
    ramp = places_mm[None, None, :, None, None].expand(1, 1, 8, 32, 32)
    cubes = to_cubes(ramp)
    assert cubes.shape == (1, 1, 30, 40, 40)  # 12 x 16 x 16 mm
    middles_mm = (torch.arange(30.0) + 0.5) * CUBE_MM
    torch.testing.assert_close(cubes[0, 0, 2:-2, 0, 0], middles_mm[2:-2])
    back = through_cubes(lambda image: image)(ramp)
    torch.testing.assert_close(back[:, :, 1:-1], ramp[:, :, 1:-1], rtol=0.0, atol=0.15)


def test_the_3d_network_sees_cubes_on_which_labels_lie_where_the_voxels_were(benchmark_file: Path):
    source = PatchSource(load_patches(benchmark_file), "test", 0, mirrored_axes=(0,))
    image, labels = Isotropic(source).sample(2)
    assert image.shape == (1, 32, 48, 48), "what four poolings can halve"
    assert image.dtype == np.float32
    assert not image[:, 30:].any()
    truth = source.sample(2)[1]
    assert labels.sum() == 7**3, "so many middles of cubes lie in 3 mm along each axis"
    for cube in np.argwhere(labels):
        d, h, w = ((cube + 0.5) * CUBE_MM / (1.5, 0.5, 0.5)).astype(int)
        assert truth[d, h, w] == 1


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
    empty = measure(lambda image: torch.cat([image * 0 + 1, image * 0], dim=1), benchmark)
    assert [(case["dice"], case["assd_mm"], case["rve"]) for case in empty] == [(0.0, None, 1.0)] * 3


def places_of(benchmark_file: Path, folder: Path, minutes: float = 30.0) -> RunPlaces:
    return RunPlaces(benchmark_file, folder / "runs", folder / "results", minutes)


def test_the_study_trains_what_is_missing_and_nothing_twice(benchmark_file: Path, tmp_path: Path):
    arms = [arm for arm in EXPERIMENTS["table1"].arms if arm.name in ("unet_3d", "gates")]
    said = []
    study, places = ATTENTION_STUDIES["table1"], places_of(benchmark_file, tmp_path)
    assert run_study(study, places, TINY, arms=arms, processes=2, on_done=lambda *told: said.append(told))
    assert [(done, count) for done, count, _ in said] == [(1, 2), (2, 2)]
    results = {arm.name: unit_file(places.results, arm.name, 0) for arm in arms}
    before = {name: path.stat().st_mtime_ns for name, path in results.items()}
    kept = json.loads(results["gates"].read_text(encoding="utf-8"))
    assert [len(kept["cases"][name]) for name in ("dice", "assd_mm", "rve")] == [4, 4, 4]
    assert kept["curve"]["step"] == [1, 2]
    assert len(kept["curve"]["dice"]) == 2
    assert results["gates"].stat().st_size < 2000
    cases = json.loads((places.results / "cases.json").read_text(encoding="utf-8"))
    assert cases["head"] == list("abcd")
    assert cases["volume_cm3"] == [0.027] * 4
    results["unet_3d"].unlink()
    said.clear()
    run_study(study, places, TINY, arms=arms, on_done=lambda *told: said.append(told))
    assert [what for _, _, what in said] == ["3D U-Net, seed 0"]
    assert results["gates"].stat().st_mtime_ns == before["gates"]


@pytest.mark.slow  # that a run goes on bit for bit is shown in running/test_loop.py
def test_a_run_goes_on_in_another_sitting_and_ends_as_in_one(benchmark_file: Path, tmp_path: Path):
    arms = EXPERIMENTS["table1"].arms[:1]
    study, options = ATTENTION_STUDIES["table1"], replace(TINY, steps=4)
    whole, parts = (places_of(benchmark_file, tmp_path / name) for name in ("whole", "parts"))
    assert run_study(study, whole, options, arms=arms)
    assert run_study(study, parts._replace(sitting_minutes=0.0), options, arms=arms)
    kept = [json.loads(unit_file(each.results, "unet_2d", 0).read_text(encoding="utf-8")) for each in (whole, parts)]
    for one in kept:
        del one["training_seconds"], one["cases"]["seconds"]
    assert kept[0] == kept[1]
    assert kept[1]["curve"]["step"] == [1, 2, 3, 4]


@pytest.mark.slow  # of any units: test_jobs.py
def test_once_time_is_up_no_further_run_is_begun(benchmark_file: Path, tmp_path: Path):
    arms, places = EXPERIMENTS["table1"].arms[:3], places_of(benchmark_file, tmp_path)
    may = iter((True, False, False, False))
    study = ATTENTION_STUDIES["table1"]
    assert not run_study(study, places, TINY, arms=arms, may_begin=lambda: next(may))
    assert [arm.name for arm in arms if unit_file(places.results, arm.name, 0).is_file()] == ["unet_2d"]
    units = [("unet_25d", 0)]
    assert run_study(study, places, TINY, arms=arms, units=units)
    assert not unit_file(places.results, "unet_3d", 0).is_file()


def test_the_second_grid_has_cross_entropy_in_every_arm_and_nothing_else_changes():
    for experiment in EXPERIMENTS.values():
        plain, other = (ATTENTION_STUDIES[experiment.name + end] for end in ("", "_cross_entropy"))
        assert plain.folder != other.folder
        for arm in experiment.arms:
            one, two = recipe_of(arm, 0, plain.options), recipe_of(arm, 0, other.options)
            assert (one.loss.cross_entropy_weight, two.loss.cross_entropy_weight) == (0.0, 1.0)
            assert replace(two, loss=one.loss) == one
    adam = recipe_of(EXPERIMENTS["table1"].arms[0], 0, StudyOptions(optimizer="Adam"))
    assert adam.optimizer.kind == "Adam"


def test_missing_runs_former_and_damaged_files_and_too_few_heads_are_told(benchmark_file: Path, tmp_path: Path, capsys):
    kept = tmp_path / "kept"
    with pytest.raises(UsageError, match="no run of '2D U-Net' is in the results"):
        write_report(EXPERIMENTS["table1"], kept, tmp_path, StudyOptions())
    made_up(kept, MEANS, seeds=1)
    unit_file(kept, "pa", 0).write_text('{"options": {}, "cases": [{"dice": 0.5}]}', encoding="utf-8")
    with pytest.raises(UsageError, match="made by a former version, on other test cases"):
        write_report(EXPERIMENTS["table1"], kept, tmp_path, StudyOptions())
    unit_file(kept, "pa", 0).write_text("{", encoding="utf-8")
    with pytest.raises(UsageError, match=r"pa/seed_0\.json is damaged"):
        write_report(EXPERIMENTS["table1"], kept, tmp_path, StudyOptions())
    made_up(kept, {"pa": 0.7}, seeds=1, benchmark="3 heads")
    with pytest.raises(UsageError, match=r"'2D U-Net' and '2\.5D U-Net \+ PA' were made with different options"):
        write_report(EXPERIMENTS["table1"], kept, tmp_path, StudyOptions())
    (tmp_path / "benchmark.npz").write_bytes(benchmark_file.read_bytes()[:100])
    with pytest.raises(InputRefusedError, match="the benchmark file is damaged"):
        load_patches(tmp_path / "benchmark.npz")
    assert main(["experiment", "table1", "--heads", str(benchmark_file), "--out", str(tmp_path / "out")]) == 2
    assert "drawn from the 20 head label maps" in capsys.readouterr().err
    assert main(["experiment", "table1", "--out", str(tmp_path / "out")]) == 2
    assert "--heads and --out are needed to train" in capsys.readouterr().err
    odd = ["--heads", "a", "--out", str(tmp_path), "--only-units", "pa"]
    assert main(["experiment", "table1", *odd]) == 2
    assert "takes ARM/SEED" in capsys.readouterr().err


def test_other_options_in_the_same_folder_are_refused_before_anything_is_trained(benchmark_file: Path, tmp_path: Path):
    arms = EXPERIMENTS["table1"].arms
    study, places = ATTENTION_STUDIES["table1"], places_of(benchmark_file, tmp_path)
    run_study(study, places, TINY, arms=arms[:1])
    trained = sorted(tmp_path.rglob("*"))
    with pytest.raises(UsageError, match=r"made with steps 2 \(now 3\); give another --out"):
        run_study(study, places, replace(TINY, steps=3), arms=arms[:2])
    with pytest.raises(UsageError, match=r"made with channels \[2, 2, 2, 2, 2\] \(now \[2, 2, 2, 2, 4\]\)"):
        run_study(study, places, replace(TINY, channels=(2, 2, 2, 2, 4)), arms=arms[:2])
    elsewhere = places._replace(folder=tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="made with steps 2"):
        run_study(study, elsewhere, replace(TINY, steps=3), arms=arms[:2])
    (tmp_path / "elsewhere" / "options.json").unlink()
    (tmp_path / "elsewhere").rmdir()
    assert sorted(tmp_path.rglob("*")) == trained
    said: list[tuple[int, int, str]] = []
    more = replace(TINY, seeds=2)
    run_study(study, places, more, arms=arms[:1], on_done=lambda *told: said.append(told))
    assert said == [(2, 2, "2D U-Net, seed 1")], "more seeds of the same options go on"
    for damaged in ("{", "[1]"):
        (places.folder / "options.json").write_text(damaged)
        with pytest.raises(UsageError, match=r"options\.json of this folder is damaged"):
            run_study(study, places, TINY, arms=arms[:1])


def test_claims_are_written_before_the_first_run_and_do_not_change_after_it(benchmark_file: Path, tmp_path: Path):
    study, places = ATTENTION_STUDIES["table1"], places_of(benchmark_file, tmp_path)
    assert not run_study(study, places, TINY, may_begin=lambda: False)
    written = json.loads((places.results / "claims_table1.json").read_text(encoding="utf-8"))
    assert [(each["text"], each["better"], each["worse"]) for each in written][:2] == [
        ("3D beats 2D", "unet_3d", "unet_2d"), ("2.5D beats 3D", "unet_25d", "unet_3d"),
    ]  # fmt: skip
    assert (places.results / "claims_figure4.json").is_file(), "its arms are partly the same runs"
    changed = replace(study, claims=study.claims[1:])
    with pytest.raises(UsageError, match="claims of table1 are others than those written before its runs"):
        run_study(changed, places, TINY, may_begin=lambda: False)
