"""The third paper's experiment: its scans, one tiny run of every kind of arm, and its page on made-up results."""

import shutil
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from Testing.training.experiments.made_up import BENCHMARK, CASES, write_kept, write_unit
from Testing.training.synthesis.conftest import SMALL, block_head, write_head
from Training.data.manifest import read_manifest
from Training.experiments import CROSS_MODALITY_STUDY
from Training.experiments.cross_modality.arms import ARMS, CEILING, CLAIMS, TRANSLATION
from Training.experiments.cross_modality.domains import DOMAINS, Domain, benchmark_of, make_domains, manifest_of
from Training.experiments.cross_modality.options import CrossModalityOptions, adaptation_recipe
from Training.experiments.cross_modality.report import shares_of_gap, write_cross_modality_report
from Training.experiments.cross_modality.runs import measured
from Training.experiments.stored import unit_file
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.imageio import read_volume
from VSSegmentationLib.networks import NetworkOutput

TINY = (
    Domain(name="source", heads=(0, 6), skull_bases=2, scans=4, modality="ceT1", seed=60, validation=1),
    Domain(name="target", heads=(6, 12), skull_bases=2, scans=3, modality="T2", seed=61),
    Domain(name="test", heads=(12, 20), skull_bases=2, scans=2, modality="T2", seed=62),
)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    first = write_head(tmp_path_factory.mktemp("heads") / "00.nii.gz", block_head())
    others = [first.with_name(f"{number:02d}.nii.gz") for number in range(1, 20)]
    for other in others:
        shutil.copyfile(first, other)
    said: list[str] = []
    return make_domains(
        [first, *others], tmp_path_factory.mktemp("domains"), processes=1, on_progress=said.append, domains=TINY,
        anatomy=SMALL,
    )  # fmt: skip


def test_the_target_shows_no_labels_and_no_set_has_a_head_of_another(done: Path):
    target, labeled = (read_manifest(manifest_of(done, name)) for name in ("target", "target_labeled"))
    assert all(entry.labels is None for entry in target.entries)
    assert [entry.image for entry in labeled.entries] == [entry.image for entry in target.entries]
    heads = {}
    for name in ("source", "target", "test"):
        heads[name] = {str(np.load(file)["head"]) for file in (done.parent / "pools" / name).glob("*.npz")}
    assert not heads["source"] & heads["target"]
    assert not heads["test"] & (heads["source"] | heads["target"])


def test_eight_heads_are_for_the_test_and_every_test_scan_says_its_skull_base_and_head(done: Path):
    assert [domain.heads for domain in DOMAINS] == [(0, 6), (6, 12), (12, 20)]
    test = DOMAINS[2]
    assert (test.skull_bases % 8, test.scans % test.skull_bases) == (0, 0), "of every head alike"
    told = benchmark_of(done)
    assert told.name == "8 heads, 2 scans"
    assert sorted(zip(told.cases["skull_base"], told.cases["head"], strict=True)) == [(0, "12"), (1, "13")]


def test_the_source_is_split_by_skull_base_and_every_scan_shows_a_tumor(done: Path):
    source = read_manifest(manifest_of(done, "source"))
    assert {entry.modality for entry in source.entries} == {"ceT1"}
    by_split = {split: {e.patient for e in source.entries if e.split == split} for split in ("training", "validation")}
    assert not by_split["training"] & by_split["validation"]
    for entry in source.entries:
        labels = read_volume(entry.labels).array
        assert labels.shape == (24, 64, 64)
        assert ((labels == 1) | (labels == 2)).any()


def test_what_is_there_is_not_drawn_again(done: Path):
    assert make_domains([], done.parents[1], processes=1, on_progress=print) == done
    with pytest.raises(UsageError, match="20 head label maps; got 0"):
        make_domains([], done.parents[2] / "elsewhere", processes=1, on_progress=print)


def test_arms_have_names_of_their_own_and_their_study_a_command():
    assert len({arm.name for arm in ARMS}) == len({arm.title for arm in ARMS}) == len(ARMS)
    assert CROSS_MODALITY_STUDY.name == "crossmodality"
    recipe = adaptation_recipe(Path("x/done.txt"), 3, CrossModalityOptions())
    assert [(each.select, each.correct_contrast) for each in recipe.rounds] == [
        ("threshold", False), ("votes", False), ("threshold", True),
    ]  # fmt: skip
    assert recipe.translation.seed == recipe.segmenter_recipe(Path("m.csv"), 1).seed == 3


class Fixed(nn.Module):
    """Says extrameatal where the image is above 0, and nothing else."""

    def forward(self, x):
        logits = torch.zeros(len(x), 4, *x.shape[2:])
        logits[:, 1] = torch.where(x[:, 0] > 0, 1.0, -1.0)
        return NetworkOutput(logits, [], [])


def test_a_cochlea_that_is_not_found_has_a_dice_of_0_and_no_distance(done: Path):
    cases = measured(Fixed(), manifest_of(done, "test"))
    assert len(cases) == 2
    with_cochlea = [case for case in cases if "cochlea_dice" in case]
    assert all(case["cochlea_dice"] == 0 and case["cochlea_assd_mm"] is None for case in with_cochlea)
    assert all(0 < case["tumor_dice"] < 1 and case["tumor_assd_mm"] > 0 for case in cases)


def test_the_share_of_a_gap_is_that_of_the_sums_and_its_interval_draws_whole_heads():
    none, full = np.array([0.2, 0.2, 0.4, 0.4]), np.array([0.8, 0.8, 0.8, 0.8])
    bases, heads = [0, 0, 1, 1], ["a", "a", "b", "b"]
    assert shares_of_gap(none, none, full, bases, heads, seed=0) == (0, 0, 0)
    assert shares_of_gap(none, full, full, bases, heads, seed=0) == (1, 1, 1)
    assert np.isnan(shares_of_gap(none, full, none, bases, heads, seed=0)).all()
    arm = np.array([0.8, 0.8, 0.4, 0.4])  # all of it for a, nothing for b
    share, low, high = shares_of_gap(none, arm, full, bases, heads, seed=0)
    assert share == pytest.approx(1.2 / 2.0)
    assert (low, high) == (0, 1)  # of two patients drawn twice, a quarter of the draws is one alone


OPTIONS = {**asdict(CrossModalityOptions(steps=3, translation_steps=5, round_steps=2)), "benchmark": BENCHMARK}


def write_run(folder: Path, name: str, dice: float, *, labeled: int | None = None) -> None:
    count = len(CASES["head"])
    rng = np.random.default_rng(len(name))
    columns: dict[str, list[float | None]] = {
        "tumor_dice": [float(each) for each in dice + 0.001 * rng.normal(size=count)]
    }
    for structure in ("extra", "intra", "cochlea"):
        columns[f"{structure}_dice"] = [dice] * count
    for structure in ("tumor", "extra", "intra", "cochlea"):
        columns[f"{structure}_assd_mm"] = [1.0] * count
    columns["cochlea_assd_mm"] = [None] + [0.5] * (count - 1)
    write_unit(folder, name, 0, OPTIONS, columns, pseudo_labeled=labeled)


def test_the_page_has_the_papers_columns_shares_and_verdicts(tmp_path: Path):
    kept = tmp_path / "kept"
    write_kept(kept)
    arms = [arm for arm in ARMS if arm.name in ("source_only", "translation", "threshold", "longer", "ceiling")]
    for arm, dice in zip(arms, (0.2, 0.5, 0.5, 0.15, 0.8), strict=True):
        write_run(kept, arm.name, dice, labeled=7 if arm.name == "threshold" else None)
    rows = '[{"step":2,"dice":0.3,"flicker":0.05},{"step":4,"dice":0.6,"flicker":0.04}]'
    (kept / "translation_0.json").write_text(rows, encoding="utf-8")
    page = write_cross_modality_report(kept, tmp_path / "out", arms).read_text(encoding="utf-8")
    row = next(line for line in page.splitlines() if line.startswith(f"| {TRANSLATION.title} | 0"))
    assert [cell.strip() for cell in row.split("|")[2:10]] == [
        "0.500", "0.500", "0.500", "0.500", "1.00 mm", "0 of 32", "0.50 mm", "1 of 32",
    ]  # fmt: skip
    assert f"| {TRANSLATION.title} | 50 % (50 to 50) | 50 % (50 to 50) |" in page
    helped = next(line for line in page.splitlines() if line.startswith("- translation helps"))
    assert "after 3 steps (a round of self-training: 2), p < 0.001; **held**, in one training of each" in helped
    harm = next(line for line in page.splitlines() if line.startswith("- self-training by threshold"))
    assert "**did not hold**: the contrary is seen, in one training of each" in harm
    assert "Not told here, as their arms were not run: 3 of 5 claims." in page
    assert len(CLAIMS) == 5
    assert "| 0 | 4 | 0.600 | 0.040 | taken |" in page
    assert "0.8358" not in page
    assert "| 0.836 | 0.836 | 0.706 | 0.836 |" in page  # the paper's, to three digits
    assert "by seed: … + self-training, by threshold: 7" in page
    assert "5 steps of 2 slices" in page
    assert "it shows that the steps run, and **not** what each can bring." in page
    assert "were not run for this page: translation alone" in page
    unit_file(kept, CEILING.name, 0).unlink()
    with pytest.raises(UsageError, match="no run of 'ceiling"):
        write_cross_modality_report(kept, tmp_path / "out", arms)
