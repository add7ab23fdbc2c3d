"""The second paper's experiment: its arms and published values, its patches, tiny runs, its page on made-up results."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from Testing.training.experiments.made_up import BENCHMARK, CASES, write_kept, write_unit
from Training.experiments import BOUNDARY_STUDY, Patches, RunPlaces, load_patches, run_study
from Training.experiments.boundary import ARMS, BoundaryArm, BoundaryOptions, write_boundary_report
from Training.experiments.boundary.arms import BASELINE, BEST, GAMMAS
from Training.experiments.boundary.claims import CLAIMS
from Training.experiments.boundary.measuring import measure
from Training.experiments.boundary.options import recipe_of
from Training.experiments.boundary.patches import MaskedPatches
from Training.experiments.boundary.stage_1 import predicted_masks
from Training.experiments.stored import unit_file
from VSSegmentationLib.errors import InputRefusedError, UsageError
from VSSegmentationLib.networks import NetworkOutput

SHAPE = (6, 32, 32)
TINY = BoundaryOptions(steps=2, warm_up=0, channels=(2, 2, 2, 2, 2), seeds=1, precision="32-true")


def patches(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    labels = np.zeros((count, *SHAPE), np.uint8)
    labels[:, 1:5, 8:20, 6:16], labels[:, 2:4, 11:16, 16:26] = 1, 2
    noise = np.random.default_rng(seed).normal(0, 0.1, labels.shape)
    return (noise + labels).astype(np.float32), labels


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("patches") / "boundary.npz"
    arrays = {}
    for seed, (split, count) in enumerate({"training": 6, "validation": 2, "test": 3}.items()):
        arrays[f"{split}_images"], arrays[f"{split}_labels"] = patches(count, seed)
    cases = {"skull_base": [0, 1, 2], "head": list("abc"), "stratum": ["noisy"] * 3}
    np.savez(path, benchmark=np.array("tiny"), **arrays, **{f"test_{name}": value for name, value in cases.items()})
    return path


def test_arms_are_the_papers_with_its_values_and_what_it_leaves_open():
    assert [arm.gamma for arm in GAMMAS] == [0.0, 0.01, 0.05, 0.1, 0.5]
    published = [arm.published for arm in (BASELINE, *GAMMAS)]
    assert [each.extra[0] for each in published] == [0.7939, 0.8068, 0.8072, 0.8087, 0.8155, 0.8279]
    assert [each.intra[0] for each in published] == [0.7475, 0.7357, 0.7368, 0.7469, 0.7655, 0.7744]
    assert [each.boundary[0] for each in published] == [0.8384, 0.8064, 0.8020, 0.7024, 0.7602, 0.5417]
    assert {arm.tau_mm for arm in ARMS if arm.gamma == 0.5} == {1.0, 2.0, 5.0, 10.0}
    assert {arm.mask for arm in ARMS} == {"none", "true", "predicted", "perturbed", "mixed"}
    assert {arm.gradient for arm in ARMS} == {"central", "sobel"}
    assert len({arm.name for arm in ARMS}) == len(ARMS)


@pytest.mark.parametrize("arm", [None, *ARMS], ids=lambda arm: "stage 1" if arm is None else arm.name)
def test_recipes_differ_in_what_the_arm_says_and_in_nothing_else(arm: BoundaryArm | None):
    recipe, usual = recipe_of(arm, 3, TINY), recipe_of(BEST, 3, TINY)
    assert (recipe.optimizer, recipe.run, recipe.seed) == (usual.optimizer, usual.run, 3)
    assert recipe.network.channels == usual.network.channels
    assert recipe.network.in_channels == (1 if arm is None or arm.mask == "none" else 2)
    assert recipe.network.out_channels == (2 if arm is None else 3)
    assert recipe.loss.boundary_weight == (0.0 if arm is None else arm.gamma)


def test_a_source_shows_every_patch_once_before_any_comes_again_mirrored_with_its_mask(file: Path):
    held = load_patches(file)
    source = MaskedPatches(held, "training", 0, mask="true")
    seen = set()
    for index in range(6):
        image, labels = source.sample(index)
        np.testing.assert_array_equal(image[1], labels > 0)
        seen.add(round(float(image[0].sum()), 3))
    assert len(seen) == 6
    test = MaskedPatches(held, "test", 0)
    np.testing.assert_array_equal(test.sample(1)[0][0], held.images["test"][1])
    predicted = np.zeros((6, *SHAPE), bool)
    predicted[:3, 2:4, 10:14, 10:14] = True
    given = MaskedPatches(held, "training", 0, mask="predicted", predicted=predicted)
    for number in range(6):
        expected = predicted[number] if number < 3 else held.labels["training"][number] > 0  # an empty one is no mask
        np.testing.assert_array_equal(given.mask(number, np.random.default_rng(0)), expected)


class _Says:
    """A network that says the same labels of every patch."""

    def __init__(self, labels: np.ndarray) -> None:
        self._logits = torch.from_numpy(np.stack([labels == k for k in range(3)]).astype(np.float32) * 20)[None]

    def __call__(self, _image):
        return NetworkOutput(self._logits, [])


def test_measures_are_exact_for_a_boundary_moved_by_two_voxels():
    images, labels = patches(1, 0)
    held = Patches({"test": images}, {"test": labels})
    moved = np.zeros(SHAPE, np.uint8)
    moved[1:5, 8:20, 6:16], moved[2:4, 11:16, 16:18], moved[2:4, 11:16, 18:26] = 1, 1, 2
    for arm, mask in ((BASELINE, labels > 0), (BEST, labels > 0)):
        (case,) = measure(_Says(moved), arm, held, mask)
        assert case["whole"] == 1
        assert case["boundary_mm"] == pytest.approx(1.0)  # two voxels of 0.5 mm
        assert case["intra"] == pytest.approx(2 * 80 / (80 + 100))
        assert case["boundary_missing"] == 0
    (case,) = measure(_Says(np.where(labels[0] > 0, np.uint8(1), np.uint8(0))), BEST, held, labels > 0)
    assert (case["boundary_mm"], case["boundary_missing"]) == (None, 1)


def test_tiny_runs_end_in_results_and_are_not_done_again(file: Path, tmp_path: Path):
    arms, places = (BASELINE, BEST), RunPlaces(file, tmp_path / "runs", tmp_path / "results")
    said: list[str] = []
    run_study(BOUNDARY_STUDY, places, TINY, arms=arms, on_done=lambda _done, _all, what: said.append(what))
    assert len(said) == 5
    masks = predicted_masks(places.folder)
    assert (masks["training"].shape, masks["test"].shape) == ((6, *SHAPE), (3, *SHAPE))
    for arm in arms:
        result = json.loads(unit_file(places.results, arm.name, 0).read_text(encoding="utf-8"))
        assert len(result["cases"]["intra"]) == 3
        assert result["curve"]["step"] == [1, 2]
        assert ("cases_of_true_masks" in result) == (arm.mask != "none")
    again: list[str] = []
    run_study(BOUNDARY_STUDY, places, TINY, arms=arms, on_done=lambda _done, _all, what: again.append(what))
    with pytest.raises(UsageError, match=r"made with .*warm_up 0 \(now 1\)"):
        run_study(BOUNDARY_STUDY, places, replace(TINY, steps=4, warm_up=1), arms=arms)
    assert not list(places.folder.glob("warm_up_*")), "stage 1 of other options would have been taken"
    assert again == []


@pytest.mark.slow  # that a run begins with the weights it names is shown in release/test_reproduce.py
def test_all_arms_of_a_seed_go_on_from_the_same_weights(file: Path, tmp_path: Path):
    arms, places = (BASELINE, GAMMAS[0], BEST), RunPlaces(file, tmp_path / "runs", tmp_path / "results")
    # Hardly moves: what a run ends with is what it began with.
    options = replace(TINY, steps=3, warm_up=1, learning_rate=1e-12)
    said: list[str] = []
    run_study(
        BOUNDARY_STUDY, places, options, arms=arms, on_done=lambda _done, _all, what: said.append(what)
    )  # fmt: skip
    assert [what for what in said if what.startswith("warm-up")] == [
        "warm-up, one stage, seed 0",
        "warm-up, two stages, seed 0",
    ]
    for arm, base in ((BASELINE, BASELINE), (GAMMAS[0], GAMMAS[0]), (BEST, GAMMAS[0])):
        begun = torch.load(places.run(f"warm_up_{base.name}", 0) / "weights.pt", weights_only=True)
        ended = torch.load(places.run(arm.name, 0) / "checkpoint.pt", weights_only=True)["model"]
        assert begun.keys() == ended.keys()
        assert all(torch.allclose(begun[name], ended[name], atol=1e-6) for name in begun)


def test_a_warm_up_of_a_third_of_all_steps_is_refused():
    BoundaryOptions(steps=201, warm_up=100)
    with pytest.raises(UsageError, match="--warm-up 100 wants --steps 201 at least, got 200"):
        BoundaryOptions(steps=200, warm_up=100)


OPTIONS = {**asdict(replace(TINY, steps=12, warm_up=4)), "benchmark": BENCHMARK}


def _write(folder: Path, arm: BoundaryArm, seed: int, millimeters: list[float | None], intra: list[float]) -> None:
    """Write a result; the last case has no truth of a boundary."""
    count = len(CASES["head"])
    columns = {
        "background": [0.999] * count, "whole": [0.9] * count, "extra": [0.8] * (count - 1) + [None], "intra": intra,
        "boundary_mm": [*millimeters, None],
        "boundary_missing": [*(float(mm is None) for mm in millimeters), None],
    }  # fmt: skip
    more = {} if arm.mask == "none" else {"cases_of_true_masks": columns}
    write_unit(folder, arm.name, seed, OPTIONS, columns, **more)


def test_the_page_has_medians_over_cases_counts_missing_boundaries_as_far_and_says_what_held(tmp_path: Path):
    kept, count = tmp_path / "kept", len(CASES["head"])
    write_kept(kept)
    for order, arm in enumerate(ARMS):
        for seed in range(2):
            scatter = 0.01 * np.random.default_rng([order, seed]).normal(size=count)
            values: list[float | None] = [(0.4 if arm is BEST else 1.0) + 0.05 * (n % 9) for n in range(count - 1)]
            if arm is BASELINE and seed == 1:
                values[0] = None
            intra = [float(each) for each in (0.8 if arm is BEST else 0.7) + scatter]
            _write(kept, arm, seed, values, intra)
    page = write_boundary_report(kept, tmp_path / "out").read_text(encoding="utf-8")
    assert (tmp_path / "out" / "boundary.png").stat().st_size > 5000
    assert "32 test patches of 24 x 24 x 24 mm round a tumor, of 16 skull bases of 8 heads" in page
    assert "31 of them show a tumor in both parts" in page
    section = page.split("## Boundary ASSD")[1].split("##")[0]
    best = next(line for line in section.splitlines() if line.startswith("| two stages, γ = 0.5"))
    assert [cell.strip() for cell in best.split("|")[2:5]] == ["0.550", "0.500", "0.700"]
    assert best.rstrip(" |").endswith("0.5417 | 0.4181 | 0.9586")
    baseline = next(line for line in section.splitlines() if line.startswith("| one stage"))
    assert " 1 |" in baseline  # one boundary missing
    lines = {line.split(": ")[0].removeprefix("- "): line for line in page.splitlines() if line.startswith("- ")}
    assert len(lines) >= len({claim.text for claim in CLAIMS}) - 1
    loss = next(line for line in page.splitlines() if "γ = 0.5 beats 0: +0.600 mm" in line)
    assert "after 16 steps, 4 of them common to all arms of a seed, p < 0.001; **held**" in loss
    assert "(31 cases, 16 skull bases, 8 heads, 2 seeds)" in loss
    stages = next(line for line in page.splitlines() if "two stages beat one (boundary)" in line)
    assert "(31 cases" in stages, "a boundary that a seed lacks counts, as 4 mm"
    assert "**not resolved**" in page
    assert "Medians lie from 0.550 to 1.150 mm. Nothing was claimed before: nothing is tested." in page
    assert "4 steps of 2 patches without the boundary loss" in page
    assert "experiment boundary --steps 12 --warm-up 4 --seeds 2 --channels 2 2 2 2 2 --precision 32-true --out" in page
    longer = unit_file(kept, BEST.name, 1)
    longer.write_text(longer.read_text(encoding="utf-8").replace('"steps":12', '"steps":13'), encoding="utf-8")
    with pytest.raises(UsageError, match=r"\(baseline\)' and 'two stages, γ = 0.5' were made with different"):
        write_boundary_report(kept, tmp_path / "out")
    for seed in range(2):
        unit_file(kept, BASELINE.name, seed).unlink()
    with pytest.raises(UsageError, match="no run of 'one stage"):
        write_boundary_report(kept, tmp_path / "out")


def test_a_damaged_file_of_patches_is_refused(tmp_path: Path):
    (tmp_path / "boundary.npz").write_bytes(b"nothing")
    with pytest.raises(InputRefusedError, match="damaged"):
        load_patches(tmp_path / "boundary.npz")
