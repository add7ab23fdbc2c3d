import json
from types import SimpleNamespace

import numpy as np
import pytest

from Training.scoring import stress
from Training.scoring.stress import score_scan, score_set, stress_table, tilt_sentence
from Training.synthesis.strata import StressScan
from Training.synthesis.stress import stress_files
from VSSegmentationLib.errors import InputRefusedError, UsageError
from VSSegmentationLib.geometry import as_affine
from VSSegmentationLib.imageio import write_image, write_segmentation
from VSSegmentationLib.volume import Volume

SCAN = StressScan(7, "tilted", "T2", "head", "tumor", 1)
GRID = as_affine(np.array([[0, 0, -0.5, 0], [0, -0.5, 0, 0], [1.5, 0, 0, 0], [0, 0, 0, 1.0]]))
MODELS = SimpleNamespace(
    segmenter=SimpleNamespace(name="some", modality="T2", labels=(0, 1, 2, 3), sha256="a" * 64),
    locator=None,
    divider=None,
)


def truth() -> Volume:
    labels = np.zeros((12, 40, 40), np.uint8)
    labels[2:10, 10:30, 10:20] = 1
    labels[2:10, 10:30, 20:30] = 2
    labels[4:8, 32:36, 10:14] = 3
    return Volume(labels, GRID)


def image() -> Volume:
    return Volume(np.random.default_rng(1).integers(1, 900, (12, 40, 40)).astype(np.int16), GRID)


def finding(monkeypatch, labels, tumor=None, spread_mm=None):
    asked = []
    boundary = None if spread_mm is None else SimpleNamespace(spread_mm=spread_mm)

    def segment(scan, models, *, modality):
        asked.append(modality)
        return SimpleNamespace(labelmap=scan.with_array(labels), tumor=tumor, boundary=boundary)

    monkeypatch.setattr(stress, "segment", segment)
    return asked


def test_a_perfect_answer_scores_one_everywhere(monkeypatch):
    asked = finding(monkeypatch, truth().array)
    row = score_scan(SCAN, image(), truth(), MODELS)
    assert asked == ["T2"]
    assert [row[name] for name in ("dice", "extra", "intra", "cochlea")] == [1, 1, 1, 1]
    assert row["boundary_mm"] == 0
    assert row["true_cm3"] == pytest.approx(8 * 20 * 20 * 1.5 * 0.25 / 1000)
    assert row["hit"]


def test_a_boundary_moved_by_four_voxels_is_two_millimeters_off(monkeypatch):
    moved = truth().array.copy()
    moved[2:10, 10:30, 16:20] = 2
    finding(monkeypatch, moved)
    row = score_scan(SCAN, image(), truth(), MODELS)
    assert row["boundary_mm"] == pytest.approx(2.0)
    assert row["dice"] == 1
    assert row["intra"] == pytest.approx(2 * 10 / (10 + 14))


def test_what_limits_are_set_by_is_kept_where_it_is_known(monkeypatch):
    figures = ("mean_probability", "porus_distance_mm", "boundary_spread_mm")
    tumor = SimpleNamespace(mean_probability=0.8, porus_distance_mm=2.5)
    finding(monkeypatch, truth().array, tumor, 0.4)
    row = score_scan(SCAN, image(), truth(), MODELS)
    assert [row[name] for name in figures] == [0.8, 2.5, 0.4]
    finding(monkeypatch, truth().array, SimpleNamespace(mean_probability=0.8, porus_distance_mm=None))
    row = score_scan(SCAN, image(), truth(), MODELS)
    assert [name in row for name in figures] == [True, False, False]


def test_nothing_found_is_a_miss_and_something_elsewhere_is_one_too(monkeypatch):
    for found in (np.zeros_like(truth().array), np.roll(truth().array * 0 + (np.arange(40) > 36), 0)):
        finding(monkeypatch, found.astype(np.uint8))
        row = score_scan(SCAN, image(), truth(), MODELS)
        assert row["dice"] == 0
        assert not row["hit"]
        assert "boundary_mm" not in row


def test_rows_are_kept_and_only_what_is_missing_is_scored(monkeypatch, tmp_path):
    monkeypatch.setattr(stress, "stress_scans", lambda: (SCAN, SCAN._replace(number=8, modality="ceT1")))
    files = stress_files(tmp_path, 7)
    write_image(files[0], image())
    write_segmentation(files[1], truth())
    asked = finding(monkeypatch, truth().array)
    first = score_set(tmp_path, MODELS, tmp_path / "scores")
    again = score_set(tmp_path, MODELS, tmp_path / "scores")
    assert first == again
    assert len(asked) == 1
    (kept,) = (tmp_path / "scores").rglob("*.json")
    kept.write_text("{", encoding="utf-8")
    with pytest.raises(InputRefusedError, match=r"007\.json of aaaaaaaaaaaa-none-none is damaged"):
        score_set(tmp_path, MODELS, tmp_path / "scores")


def test_a_scan_that_was_not_drawn_and_a_modality_that_is_not_there_are_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(stress, "stress_scans", lambda: (SCAN,))
    with pytest.raises(UsageError, match="scan 7 of the stress set is missing"):
        score_set(tmp_path, MODELS, tmp_path / "scores")
    with pytest.raises(UsageError, match="no scan with these numbers for the model 'some', which is made for T2"):
        score_set(tmp_path, MODELS, tmp_path / "scores", numbers=[1])


def test_the_table_counts_misses_above_a_tenth_and_false_tumors():
    rows = [
        {"stratum": "tilted", "true_cm3": 0.5, "found_cm3": 0.4, "dice": 0.9, "hit": True, "boundary_mm": 0.4},
        {"stratum": "tilted", "true_cm3": 0.5, "found_cm3": 0.0, "dice": 0.0, "hit": False},
        {"stratum": "tilted", "true_cm3": 0.05, "found_cm3": 0.0, "dice": 0.0, "hit": False},
        {"stratum": "no tumor", "true_cm3": 0.0, "found_cm3": 0.2},
        {"stratum": "no tumor", "true_cm3": 0.0, "found_cm3": 0.0},
    ]
    lines = [line[2:-2].split(" | ") for line in stress_table(json.loads(json.dumps(rows))).splitlines()]
    by_name = {line[0]: line for line in lines}
    assert by_name["tilted"][1:4] == ["3", "0.300", "0.000"]
    assert by_name["tilted"][6] == "0.400"
    assert by_name["tilted"][-2] == "1 of 2"
    assert by_name["no tumor"][-1] == "1 of 2"
    assert by_name["all"][-2:] == ["1 of 2", "1 of 2"]


def test_straight_twins_are_scored_apart_and_compared_pair_by_pair(monkeypatch, tmp_path):
    scans = (SCAN, SCAN._replace(number=8), SCAN._replace(number=9, stratum="noisy"))
    monkeypatch.setattr(stress, "stress_scans", lambda: scans)
    for scan in scans[:2]:
        for straight in (False, True):
            files = stress_files(tmp_path, scan.number, straight=straight)
            write_image(files[0], image())
            write_segmentation(files[1], truth())
    finding(monkeypatch, truth().array)
    twins = score_set(tmp_path, MODELS, tmp_path / "scores", straight=True)
    assert [row["number"] for row in twins] == [7, 8]
    rows = [{**row, "dice": dice} for row, dice in zip(twins, (0.9, 0.7), strict=True)]
    assert tilt_sentence(rows, twins) == "tilting costs a Dice of 0.200 on average, 0.300 at most, in 2 pairs"
    assert tilt_sentence(rows, []).startswith("no tilted scan")
    last = stress_table(rows, twins).splitlines()[-1]
    assert last.startswith("| straight twins of the tilted | 2 | 1.000 |")
    stress_files(tmp_path, 8, straight=True)[0].unlink()
    with pytest.raises(UsageError, match="the straight twin of scan 8 of the stress set is missing"):
        score_set(tmp_path, MODELS, tmp_path / "others", straight=True)
