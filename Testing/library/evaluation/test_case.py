import math

import numpy as np
import pytest

from Testing.support.grids import turned_affine
from Testing.support.phantoms import axial_affine, ice_cream, labeled, left_handed, oblique, sagittal
from VSSegmentationLib import geometry
from VSSegmentationLib.errors import GeometryError
from VSSegmentationLib.evaluation import METRICS, Presence, evaluate_case
from VSSegmentationLib.label_set import Structure
from VSSegmentationLib.labels import BOTH_COCHLEAE, EXTRAMEATAL_PART, PART_BOUNDARY, WHOLE_TUMOR, Label
from VSSegmentationLib.tasks.vestibular_schwannoma import VESTIBULAR_SCHWANNOMA
from VSSegmentationLib.volume import Volume

ALL = VESTIBULAR_SCHWANNOMA.structures
SPACING = (1.5, 0.4, 0.7)


def brick(first_dhw=(5, 10, 10), size_dhw=(6, 12, 10), label=Label.EXTRAMEATAL) -> np.ndarray:
    array = np.zeros((30, 40, 40), np.uint8)
    array[tuple(slice(a, a + n) for a, n in zip(first_dhw, size_dhw, strict=True))] = label
    return array


def on_grid(array: np.ndarray, affine=None) -> Volume:
    return Volume(array, axial_affine(SPACING) if affine is None else affine)


def values(scores, structure: Structure) -> dict[str, float | None]:
    (found,) = (each for each in scores.structures if each.structure == structure)
    return {score.metric: score.value for score in found.scores}


def reasons(scores, structure: Structure) -> dict[str, str]:
    (found,) = (each for each in scores.structures if each.structure == structure)
    return {score.metric: score.reason for score in found.scores if score.reason}


def test_a_brick_moved_by_half_its_height_has_the_scores_of_its_geometry():
    found = values(evaluate_case(on_grid(brick((8, 10, 10))), on_grid(brick())), WHOLE_TUMOR)
    assert found["dice"] == found["sensitivity"] == found["precision"] == pytest.approx(0.5)
    assert found["rve"] == 0
    brick_cm3 = 6 * 12 * 10 * math.prod(SPACING) / 1000
    assert found["volume_prediction"] == found["volume_reference"] == pytest.approx(brick_cm3)
    assert found["hd"] == pytest.approx(3 * SPACING[0])
    assert found["specificity"] == pytest.approx(1 - 3 * 120 / (30 * 40 * 40 - 720))


def test_identical_labelmaps_agree_in_every_structure():
    truth = ice_cream((1.5, 0.5, 0.5))
    scores = evaluate_case(truth, truth)
    for each in scores.structures:
        assert each.presence == Presence.BOTH
        found = values(scores, each.structure)
        assert found["assd"] == found["hd"] == found["hd95"] == 0
        assert found.get("dice", 1.0) == 1.0
    assert (scores.lesions.found, scores.lesions.missed, scores.lesions.invented) == (1, 0, 0)


@pytest.mark.parametrize("stored", [sagittal, left_handed, oblique, lambda v: oblique(sagittal(left_handed(v)))])
def test_scores_do_not_depend_on_how_the_grid_is_stored_or_turned(stored):
    spacing = (1.5, 0.5, 0.8)
    prediction, reference = ice_cream(spacing, plane_offset_mm=1.2), ice_cream(spacing)
    straight = evaluate_case(prediction, reference)
    other = evaluate_case(stored(prediction), stored(reference))
    for a, b in zip(straight.structures, other.structures, strict=True):
        assert [s.value for s in b.scores] == pytest.approx([s.value for s in a.scores])


def test_distances_on_an_oblique_grid_are_in_mm_of_its_own_axes():
    affine = turned_affine(spacing_dhw_mm=SPACING)
    found = values(
        evaluate_case(on_grid(brick((5, 10, 14)), affine), on_grid(brick(), affine)),
        EXTRAMEATAL_PART,
    )
    assert found["hd"] == pytest.approx(4 * SPACING[2])


def test_the_whole_tumor_is_the_same_whether_it_is_divided_or_not():
    divided = ice_cream((1.5, 0.5, 0.5))
    undivided = labeled(divided.array > 0, (1.5, 0.5, 0.5), Label.UNDIVIDED_TUMOR, divided.dhw_to_ras)
    scores = evaluate_case(undivided, divided)
    assert values(scores, WHOLE_TUMOR)["dice"] == 1
    presence = {each.structure: each.presence for each in scores.structures}
    assert presence[EXTRAMEATAL_PART] == presence[PART_BOUNDARY] == Presence.MISSED


def test_a_missed_tumor_scores_0_and_every_distance_says_missed():
    scores = evaluate_case(on_grid(brick() * 0), on_grid(brick()))
    found, why = values(scores, WHOLE_TUMOR), reasons(scores, WHOLE_TUMOR)
    assert (found["dice"], found["sensitivity"], found["rve"], found["specificity"]) == (0, 0, 1, 1)
    assert set(why) == {"assd", "assd_pooled", "hd", "hd95", "precision"}
    assert all(reason.startswith("missed") for reason in why.values())
    assert (scores.lesions.found, scores.lesions.missed) == (0, 1)


def test_an_invented_tumor_scores_0_and_what_the_reference_would_divide_says_invented():
    scores = evaluate_case(on_grid(brick()), on_grid(brick() * 0))
    found, why = values(scores, WHOLE_TUMOR), reasons(scores, WHOLE_TUMOR)
    assert (found["dice"], found["precision"], found["volume_reference"]) == (0, 0, 0)
    assert set(why) == {"assd", "assd_pooled", "hd", "hd95", "rve", "sensitivity"}
    assert all(reason.startswith("invented") for reason in why.values())
    assert scores.lesions.invented == 1


def test_what_neither_holds_has_no_agreement_to_measure():
    nothing = on_grid(brick() * 0)
    scores = evaluate_case(nothing, nothing, ALL)
    assert {each.presence for each in scores.structures} == {Presence.ABSENT}
    found = values(scores, WHOLE_TUMOR)
    assert {metric for metric, value in found.items() if value is not None} == {
        "specificity",
        "volume_prediction",
        "volume_reference",
    }
    assert found["specificity"] == 1


def test_no_score_is_ever_infinite_or_not_a_number():
    empty, full, part = brick() * 0, brick() * 0 + 1, brick()
    for prediction in (empty, full, part):
        for reference in (empty, full, part):
            scores = evaluate_case(on_grid(prediction), on_grid(reference), ALL)
            numbers = [s.value for each in scores.structures for s in each.scores if s.value is not None]
            assert all(math.isfinite(number) for number in numbers)


def test_the_cochlea_is_no_part_of_the_tumor():
    reference = brick() + brick((20, 30, 30), (3, 4, 4), Label.COCHLEA)
    scores = evaluate_case(on_grid(brick()), on_grid(reference), ALL)
    assert values(scores, WHOLE_TUMOR)["dice"] == 1
    assert values(scores, BOTH_COCHLEAE)["dice"] == 0


def test_the_boundary_has_distances_and_no_overlap():
    truth = ice_cream((1.5, 0.5, 0.5))
    found = values(evaluate_case(truth, truth), PART_BOUNDARY)
    assert set(found) == {metric.id for metric in METRICS if metric.is_surface_only}


def test_grids_that_differ_are_refused_with_both_grids_in_the_sentence():
    moved = axial_affine(SPACING, (0.0, 0.0, 1.0))
    with pytest.raises(GeometryError, match="in another place"):
        evaluate_case(on_grid(brick()), on_grid(brick(), moved))
    with pytest.raises(GeometryError, match=r"30 x 40 x 40 voxels .*\(29 x 40 x 40"):
        evaluate_case(on_grid(brick()), on_grid(brick()[1:]))


def test_a_sheared_grid_is_refused_since_its_axes_measure_no_distance():
    sheared = axial_affine(SPACING)
    sheared[0, 0] = 0.2
    with pytest.raises(GeometryError, match=r"sheared by 7\.6 degrees"):
        evaluate_case(on_grid(brick(), sheared), on_grid(brick(), sheared))


@pytest.mark.parametrize(("shear_deg", "is_measured"), [(0.1, True), (np.nextafter(0.1, 1.0), False)])
def test_a_shear_of_a_tenth_of_a_degree_is_ignored_and_no_more(monkeypatch, shear_deg, is_measured):
    monkeypatch.setattr(geometry, "shear_deg", lambda _affine: shear_deg)
    if is_measured:
        assert values(evaluate_case(on_grid(brick()), on_grid(brick())), WHOLE_TUMOR)["hd"] == 0
    else:
        with pytest.raises(GeometryError, match=r"sheared by 0\.1 degrees"):
            evaluate_case(on_grid(brick()), on_grid(brick()))


def test_structures_and_scores_have_names_and_those_that_are_not_there_are_refused_with_those_that_are():
    scores = evaluate_case(on_grid(brick()), on_grid(brick()), (WHOLE_TUMOR, PART_BOUNDARY))
    assert scores["whole"]["dice"].value == 1
    assert scores["boundary"].presence == Presence.ABSENT
    with pytest.raises(KeyError, match="there is no 'em', there are whole, boundary"):
        scores["em"]
    with pytest.raises(KeyError, match="there is no 'rve', there are assd, assd_pooled, hd95, hd"):
        scores["boundary"]["rve"]
