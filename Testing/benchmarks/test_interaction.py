"""The benchmark of interactions: what the methods find on a plain scan, what is kept, and what the page says of it."""

import json

import numpy as np
import pytest

from benchmarks import interaction_page as pages
from benchmarks.interaction_card import card_values
from benchmarks.interaction_curves import draw_curves
from benchmarks.interaction_methods import PROPOSALS, Case, answered
from benchmarks.interaction_rows import Row, rows_that_hold
from Testing.support.grids import turned_affine
from VSSegmentationLib import geometry
from VSSegmentationLib.evaluation import dice
from VSSegmentationLib.interaction import Interaction
from VSSegmentationLib.volume import Volume

SPACING = (1.5, 0.5, 0.5)


@pytest.fixture(scope="module")
def case():
    """A bright tumor of two balls on an oblique grid; one of them is missing."""
    affine, shape = turned_affine(spacing_dhw_mm=SPACING), (28, 90, 100)
    index = np.stack(np.indices(shape), axis=-1) * SPACING
    ball, lobe = (
        np.linalg.norm(index - center, axis=-1) <= mm for center, mm in (((20, 22, 20), 7), ((20, 22, 29), 5))
    )
    gray = 100.0 * (ball | lobe) + np.random.default_rng(0).normal(0, 8, shape)
    return Case("stress_007", Volume(gray.astype(np.float32), affine), ball | lobe, ball & ~lobe, None)


def at(case, place_mm):
    r, a, s = geometry.transform_points(case.image.dhw_to_ras, np.array(place_mm) / SPACING).tolist()
    return Interaction(sign="add", points_ras_mm=((r, a, s),))


@pytest.mark.parametrize("name", sorted(PROPOSALS))
def test_every_method_finds_a_plain_lobe_on_an_oblique_grid(case, name):
    if name == "random walker":
        pytest.importorskip("skimage", reason="scikit-image is no part of the tests' environment")
    after = answered(case, case.start, [at(case, (20, 22, 30))], PROPOSALS[name])
    assert dice(case.start, case.truth) < 0.85
    assert dice(after, case.truth) > 0.95


def test_a_session_is_kept_and_played_again_only_for_other_weights_or_another_mask(case, tmp_path):
    row = Row(tmp_path / "errors_stress_007.json", "simulated errors")
    assert row.lacks("oracle", "ideal", "")
    played = row.play(case, "errors", "oracle", "ideal", "")
    assert played["dice"][1] > played["dice"][0]
    assert played["assd_mm"][-1] < played["assd_mm"][0]
    assert not row.lacks("oracle", "ideal", "")
    assert row.lacks("oracle", "ideal", "other weights")
    assert row.lacks("oracle", "sloppy", "")
    assert Row(row.path, "another model").lacks("oracle", "ideal", "")
    assert row.content["true_mm3"] == pytest.approx(case.truth.sum() * np.prod(SPACING))


def test_what_other_models_have_begun_or_answered_is_not_told(case, tmp_path):
    for name, begun_by in (("errors_stress_007", "simulated errors"), ("model_stress_007", "a former model")):
        row = Row(tmp_path / f"{name}.json", begun_by)
        row.play(case, "errors", "none", "ideal", "")
        content = row.content
        content["sessions"]["ideal"]["network"] = {
            **content["sessions"]["ideal"]["none"],
            "answered_by": "these weights",
        }
        row.path.write_text(json.dumps(content), encoding="utf-8")
    (held,) = rows_that_hold(tmp_path, {"simulated errors"}, "these weights")
    assert set(held["sessions"]["ideal"]) == {"none", "network"}
    (held,) = rows_that_hold(tmp_path, {"simulated errors"}, "other weights")
    assert set(held["sessions"]["ideal"]) == {"none"}


def test_the_mask_to_begin_with_is_made_once(case, tmp_path):
    row, made = Row(tmp_path / "model_stress_007.json", "a model"), []

    def make():
        made.append(1)
        return case.start

    for _ in range(2):
        np.testing.assert_array_equal(row.begin(make, case.start.shape), case.start)
    assert len(made) == 1
    Row(row.path, "another model").begin(make, case.start.shape)
    assert len(made) == 2


def row_of(name, scores, *, true_mm3=1000.0):
    """A row in which the network and the oracle go through these scores of Dice."""

    def session(dices):
        return {"answered_by": "", "dice": dices, "assd_mm": [None, *(1.0 for _ in dices[1:])], "no_op_mm3": [30.0],
                "volume_mm3": [true_mm3 * 0.9 for _ in dices], "cpu_s": [0.25 for _ in dices[1:]]}  # fmt: skip

    sessions = {method: session(dices) for method, dices in scores.items()}
    return {
        "name": name, "start": "errors", "true_mm3": true_mm3, "sessions": {"ideal": sessions, "sloppy": sessions}
    }  # fmt: skip


def test_the_page_says_what_share_of_the_oracles_gain_is_reached_and_whether_goals_are(tmp_path):
    rows = [
        row_of("stress_001", {"oracle": [0.5, 0.7, 0.8, 0.9], "network": [0.5, 0.6, 0.59, 0.7]}),
        row_of("stress_002", {"oracle": [0.5, 0.9], "network": [0.5, 0.58]}, true_mm3=3000.0),
    ]
    text = pages.page(rows, None, "## How long a click takes\n")
    assert "\n\n## How long a click takes\n\nMade by" in text
    assert "after three clicks of the sloppy robot: stress_002, " in text  # 0.58 instead of 0.9
    # gains after three clicks: 0.2 and 0.08 of 0.4 and 0.4; one of four clicks takes 0.01 away
    assert "35 % of the oracle's gain after three clicks (goal: 80 %, not reached)" in text
    assert "in 75.0 % of clicks (goal: 97 %, not reached)" in text
    assert "0 % of clicks for nothing change 20 mm³ at most" in text
    assert "| sloppy | network | 2 | 0.500 | 0.590 | 0.585 | 0.640 | 0.640 | none | 1.00 | 1.00 | 10.0 |" in text
    assert "| network |  | 0.500, 0.600, 0.700, 0.700 | 0.500, 0.580, 0.580, 0.580 |" in text
    values = card_values(rows)
    assert [(each.measure, each.value) for each in values] == [
        ("gain by three clicks, of what is possible", 0.35),
        ("clicks that do no harm", 0.75),
    ]
    assert values[0].data == "synthetic scans, simulated errors: 2 scans"
    draw_curves(rows, tmp_path / "curves.png")
    assert (tmp_path / "curves.png").stat().st_size > 5000
