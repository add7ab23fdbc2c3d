import numpy as np
import pytest

from Testing.support.cohorts import NOTHING, divided, slab, write_labelmaps
from Testing.support.real_data import REAL_DATA, needs_real_data
from VSSegmentationLib.cohort.matching import CasePair, Matching, match
from VSSegmentationLib.cohort.run import Options, evaluate_cohort
from VSSegmentationLib.errors import CancelledError, GeometryError, InputRefusedError, UsageError
from VSSegmentationLib.imageio import write_segmentation
from VSSegmentationLib.labels import EXTRAMEATAL_PART, INTRAMEATAL_PART, WHOLE_TUMOR, Label
from VSSegmentationLib.tasks.vestibular_schwannoma import VESTIBULAR_SCHWANNOMA
from VSSegmentationLib.volume import Volume


def run(found, wanted, *, on_progress=lambda *_: None, should_cancel=lambda: False, **options):
    return evaluate_cohort(
        "A", match(found, wanted), Options(**options), on_progress=on_progress, should_cancel=should_cancel
    )


def dice_of(cohort, structure=WHOLE_TUMOR) -> dict[int, float | None]:
    return {
        case.number: score.value
        for case in cohort.cases
        for each in case.scores.structures
        if each.structure == structure
        for score in each.scores
        if score.metric == "dice"
    }


def test_every_pair_is_read_and_compared(tmp_path):
    found = write_labelmaps(tmp_path / "found", a=slab(6), b=slab(8))
    wanted = write_labelmaps(tmp_path / "wanted", a=slab(5), b=slab(5))
    told = []
    cohort = run(found, wanted, on_progress=lambda *step: told.append(step))
    assert dice_of(cohort) == {1: pytest.approx(0.9), 2: pytest.approx(0.7)}
    assert [case.name for case in cohort.cases] == ["a", "b"]
    assert [fraction for fraction, _ in told] == [0, 0.5]


def test_without_a_prediction_a_case_is_left_out_or_counts_as_a_miss_as_was_asked(tmp_path):
    found = write_labelmaps(tmp_path / "found", a=slab(5), z=slab(5))
    wanted = write_labelmaps(tmp_path / "wanted", a=slab(5), b=slab(5))
    left_out = run(found, wanted)
    assert (dice_of(left_out), left_out.without_prediction, left_out.without_reference) == (
        {1: 1.0},
        ((2, "b"),),
        ("z",),
    )
    counted = run(found, wanted, missing_is_empty=True)
    assert (dice_of(counted), counted.without_prediction, counted.counted_as_empty) == ({1: 1.0, 2: 0.0}, (), (2,))


def test_labels_of_others_are_read_by_their_map_and_a_segmentation_by_the_names_of_its_segments(tmp_path):
    ours = divided(8)
    theirs = ours.with_array(np.array((0, 2, 1), np.uint8)[ours.array])
    found = write_labelmaps(tmp_path / "found", a=theirs)
    (tmp_path / "wanted").mkdir()
    write_segmentation(tmp_path / "wanted" / "a.seg.nrrd", ours)
    exchanged = VESTIBULAR_SCHWANNOMA.label_values("1=im,2=em")
    cohort = run(found, tmp_path / "wanted", prediction_values=exchanged, reference_values=exchanged)
    assert dice_of(cohort, EXTRAMEATAL_PART) == dice_of(cohort, INTRAMEATAL_PART) == {1: 1.0}


def test_parts_that_seem_exchanged_are_told_by_the_number_of_the_case(tmp_path):
    # 1.5 x 0.5 x 0.5 mm: 40 x 40 pixels make 0.6 cm3 a slice, so 8 slices are 4.8 cm3 of "intrameatal" tumor.
    array = np.zeros((30, 50, 50), np.uint8)
    array[5:13, 5:45, 5:45], array[13:15, 5:45, 5:45] = Label.INTRAMEATAL, Label.EXTRAMEATAL
    large = Volume(array, slab(0).dhw_to_ras)
    found = write_labelmaps(tmp_path / "found", JANE_DOE=large, zzz=divided(8))
    wanted = write_labelmaps(tmp_path / "wanted", JANE_DOE=large, zzz=divided(8))
    warnings = run(found, wanted).warnings
    assert len(warnings) == 2
    assert all("in case 1: are the two labels exchanged" in warning for warning in warnings)
    assert "DOE" not in " ".join(warnings)


def test_predictions_that_are_not_divided_where_the_reference_is_are_told(tmp_path):
    found = write_labelmaps(tmp_path / "found", a=slab(5))
    wanted = write_labelmaps(tmp_path / "wanted", a=divided(8))
    (warning,) = run(found, wanted).warnings
    assert "both parts count as missed" in warning


def test_a_whole_mask_that_does_not_say_what_it_is_is_not_scored_by_parts(tmp_path):
    found = write_labelmaps(tmp_path / "found", a=slab(6, label=Label.EXTRAMEATAL), b=divided(8))
    wanted = write_labelmaps(tmp_path / "wanted", a=divided(8), b=divided(8))
    cohort = run(found, wanted)
    assert dice_of(cohort) == {1: pytest.approx(0.9), 2: 1.0}
    assert dice_of(cohort, EXTRAMEATAL_PART) == dice_of(cohort, INTRAMEATAL_PART) == {2: 1.0}
    (warning,) = cohort.warnings
    assert "so the parts were left out, in case 1." in warning
    assert "--prediction-values" in warning


def test_a_reference_that_is_said_to_be_a_mask_makes_no_parts_of_a_prediction_wrong(tmp_path):
    found = write_labelmaps(tmp_path / "found", a=divided(8))
    wanted = write_labelmaps(tmp_path / "wanted", a=slab(6, label=Label.EXTRAMEATAL))
    cohort = run(found, wanted, reference_values=VESTIBULAR_SCHWANNOMA.label_values("mask"))
    assert dice_of(cohort) == {1: pytest.approx(0.9)}
    assert dice_of(cohort, EXTRAMEATAL_PART) == {}
    assert cohort.warnings == ("The reference does not divide the tumor, so the parts were left out, in case 1.",)


def test_a_part_alone_is_scored_as_what_it_was_said_to_be(tmp_path):
    found = write_labelmaps(tmp_path / "found", a=slab(8, 7, label=Label.EXTRAMEATAL))
    wanted = write_labelmaps(tmp_path / "wanted", a=divided(8))
    cohort = run(found, wanted, prediction_values=VESTIBULAR_SCHWANNOMA.label_values("own"))
    assert dice_of(cohort, EXTRAMEATAL_PART) == {1: 1.0}
    assert not cohort.warnings


def test_what_cannot_be_told_is_refused_with_the_option_of_its_role(tmp_path):
    both = divided(8)
    array = both.array.copy()
    array[array == Label.INTRAMEATAL] = 0
    array[0:2, 0:2, 0:2] = Label.COCHLEA
    found = write_labelmaps(tmp_path / "found", a=both)
    wanted = write_labelmaps(tmp_path / "wanted", a=both.with_array(array))
    with pytest.raises(UsageError, match=r"case 1 of 1 .* the values 1, 3 .* --reference-values 1=\.\.\.,3="):
        run(found, wanted)


def test_a_case_that_cannot_be_compared_is_refused_by_number_and_never_by_name(tmp_path):
    coarse = Volume(slab(5).array, slab(5).dhw_to_ras @ np.diag((1, 1, 1.3, 1)))
    found = write_labelmaps(tmp_path / "found", a=slab(5), JANE_DOE=coarse)
    wanted = write_labelmaps(tmp_path / "wanted", a=slab(5), JANE_DOE=slab(5))
    with pytest.raises(GeometryError, match=r"case 2 of 2 .*: the voxels of prediction") as refused:
        run(found, wanted)
    assert "DOE" not in str(refused.value)


def test_a_value_without_a_meaning_is_refused_with_the_number_of_the_case(tmp_path):
    found = write_labelmaps(tmp_path / "found", a=slab(5))
    wanted = write_labelmaps(tmp_path / "wanted", a=slab(5))
    with pytest.raises(InputRefusedError, match=r"case 1 of 1 .* the value 4, which has no meaning here"):
        run(found, wanted, prediction_values=VESTIBULAR_SCHWANNOMA.label_values("mask"))


def test_a_request_to_stop_is_met_before_the_next_case(tmp_path):
    found = write_labelmaps(tmp_path / "found", a=slab(5), b=NOTHING)
    asked = iter((False, True))
    with pytest.raises(CancelledError):
        run(found, found, should_cancel=lambda: next(asked))


@needs_real_data
def test_published_masks_of_real_tumors_have_their_published_volumes_and_agree_with_themselves():
    folder = REAL_DATA / "vs_gk"
    matching = Matching(
        tuple(
            CasePair(number, name, folder / f"{name}.nii.gz", folder / f"{name}.nii.gz")
            for number, name in enumerate(("vs_gk_95_t2_seg", "vs_gk_98_t2_seg_unverified", "vs_gk_99_t1_seg"), 1)
        ),
        (),
    )
    mask = VESTIBULAR_SCHWANNOMA.label_values("mask")
    options = Options(structures=(WHOLE_TUMOR,), prediction_values=mask, reference_values=mask)
    cohort = evaluate_cohort("A", matching, options, on_progress=lambda *_: None, should_cancel=lambda: False)
    assert set(dice_of(cohort).values()) == {1.0}
    volumes_cm3 = [
        score.value
        for case in cohort.cases
        for score in case.scores.structures[0].scores
        if score.metric == "volume_reference"
    ]
    assert volumes_cm3 == pytest.approx([1.38, 2.09, 3.05], abs=0.005)
