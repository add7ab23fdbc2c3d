"""Examinations compared: in the order of time, with the headline of the first, whoever made them."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from Testing.library.models.test_limits import LIMITS
from Testing.support.phantoms import ice_cream
from Testing.support.reports import BY_MODEL, CHECKED, NOON
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.follow_up import (
    ComparedExamination,
    Times,
    compare_examinations,
    examination_of,
    known_times,
    read_examination,
)
from VSSegmentationLib.formats import OutputFormat
from VSSegmentationLib.imageio import write_segmentation
from VSSegmentationLib.imageio.files.drawing import Drawing, labels_sha256
from VSSegmentationLib.imageio.scan import Modality, Scan
from VSSegmentationLib.labels import Label
from VSSegmentationLib.measurement import Uncertainty
from VSSegmentationLib.measurement.growth import Reference, Treatment, TreatmentKind
from VSSegmentationLib.models import embedded_models
from VSSegmentationLib.pipeline import MaskFacts, PipelineResult, measure_labelmap, write_outputs
from VSSegmentationLib.reporting import (
    Edit,
    EditLog,
    Identifiers,
    ManualOverride,
    ReportChoices,
    ReportContent,
    clinical_sentence,
    make_report,
)
from VSSegmentationLib.volume import Volume

SPACING = (1.0, 1.0, 1.0)
WIDE = replace(LIMITS.rows[0], to_cm3=None)
EDITED = EditLog(edits=(Edit(at_utc=NOON, tool="paint", segment="extrameatal"),))


def examination(
    reach_mm: float = 0.0, choices: ReportChoices | None = None, scan: Scan | None = None, **known
) -> ComparedExamination:
    """A tumor whose part outside the canal reaches further by so much."""
    labelmap = ice_cream(SPACING, plane_offset_mm=-reach_mm)
    return examination_of(measure_labelmap(labelmap, scan, choices, known=MaskFacts(**known)).content)


def scan_of(labelmap: Volume) -> Scan:
    volume = labelmap.with_array(labelmap.array.astype(np.float32))
    return Scan(
        volume=volume, modality=Modality.CE_T1, slice_thickness_mm=2.5, warnings=(), file_format="NIfTI",
        voxels_sha256=volume.voxels_sha256, series_uid=None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("first", "second", "code"),
    [({"side": "left"}, {"side": "right"}, "side"), ({"doubts": ("It cannot be relied on.",)}, {}, "unreliable")],
)
def test_no_change_of_another_tumor_or_from_what_cannot_be_relied_on_stands_in_a_report_or_letter(first, second, code):
    examinations = [examination(0.0, **first), examination(4.0, **second)]
    growth = compare_examinations(examinations, Times(days=(0, 400))).growth
    assert code in {warning.code for warning in growth.warnings}
    content = measure_labelmap(ice_cream(SPACING, plane_offset_mm=-4.0), None, known=MaskFacts(growth=growth)).content
    report = make_report(content)
    assert report.comparisons == ()
    assert "days before" not in clinical_sentence(report)
    text = next(warning.text for warning in growth.warnings if warning.code == code)
    assert text in content.all_warnings
    alike = compare_examinations([examination(0.0), examination(4.0)], Times(days=(0, 400))).growth
    assert make_report(measure_labelmap(content.labelmap, None, known=MaskFacts(growth=alike)).content).comparisons


def test_numbers_that_cannot_be_relied_on_have_no_limit():
    doubted = examination(doubts=("It cannot be relied on.",), provenance=BY_MODEL)
    limits = {m.uncertainty.source for m in doubted.measurements if m.uncertainty and m.id != "vol_ellipsoid"}
    assert limits == {"no limit: the result cannot be relied on"}


def test_examinations_in_any_order_are_compared_in_the_order_of_time():
    content = compare_examinations([examination(4.0), examination(0.0), examination(2.0)], Times(days=(900, 100, 500)))
    assert [each.days for each in content.growth.examinations] == [0, 400, 800]
    values = [m.value for m in content.growth.of("vol_em").measurements]
    assert values == sorted(values)
    assert [np.count_nonzero(each.labelmap.array == Label.EXTRAMEATAL) / 1000 for each in content.shown] == values


def test_the_headline_of_the_first_examination_is_kept():
    intrameatal = ice_cream(SPACING)
    inside = np.where(intrameatal.array == Label.INTRAMEATAL, intrameatal.array, np.uint8(0))
    first = examination_of(measure_labelmap(intrameatal.with_array(inside), None).content)
    growth = compare_examinations([examination(), first], Times(days=(365, 0))).growth
    assert [each.headline.measurement_id for each in growth.examinations] == ["whole_max_axial"] * 2
    assert "would now choose" in growth.examinations[1].headline.note


def test_the_policy_of_the_first_report_leads_and_another_one_is_told():
    kanzaki, usual = ReportChoices(policy="Kanzaki"), ReportChoices()
    growth = compare_examinations([examination(choices=kanzaki), examination(choices=usual)], Times(days=(0, 1))).growth
    assert [each.headline.policy for each in growth.examinations] == ["Kanzaki"] * 2
    assert "leads by the policy KCL 2023" in growth.examinations[1].warnings[-1]
    named = compare_examinations([examination(choices=kanzaki)] * 2, Times(days=(0, 1)), policy="KCL 2023").growth
    assert {each.headline.policy for each in named.examinations} == {"KCL 2023"}


def test_an_examination_after_surgery_leads_with_the_whole_tumor():
    operated = Times(days=(0, 365), treatments=(Treatment(TreatmentKind.SURGERY, -10),))
    for times, led in ((operated, "whole_max_axial"), (Times(days=(0, 365)), "em_max_axial")):
        growth = compare_examinations([examination(), examination()], times).growth
        assert [each.headline.measurement_id for each in growth.examinations] == [led] * 2


def test_facts_tell_scan_side_and_who_segmented():
    labelmap = ice_cream(SPACING)
    scan = scan_of(labelmap)
    given = examination(scan=scan)
    assert (given.facts.sequence, given.facts.slice_thickness_mm) == ("ceT1", 2.5)
    assert given.facts.voxels_sha256 == scan.voxels_sha256
    assert given.facts.segmented_by == "a person or another program"
    assert examination(side="left").facts.side == "left"
    assert examination(provenance=BY_MODEL).facts.segmented_by == "default_t2 1"
    assert examination(provenance=BY_MODEL, edit_log=EDITED).facts.segmented_by == "default_t2 1, edited"
    assert given.with_sequence("T2").facts.sequence == "T2"


def test_a_length_drawn_by_hand_is_told_and_what_is_compared_was_not_checked():
    drawn = (ManualOverride(measurement_id="em_max_axial", value=30.0),)
    checked = ReportChoices(review=CHECKED)
    assert examination(choices=checked).reviewed
    by_hand = examination(choices=checked, overrides=drawn)
    assert not by_hand.reviewed
    assert by_hand.warnings[-1].startswith("Lengths drawn by hand are not compared (Largest axial diameter")


def test_written_results_and_the_value_in_memory_are_one_examination(tmp_path):
    labelmap = ice_cream(SPACING)
    result = measure_labelmap(labelmap, scan_of(labelmap), known=MaskFacts(provenance=BY_MODEL, edit_log=EDITED))
    write_outputs(result, tmp_path / "out")
    read, made = read_examination(tmp_path / "out"), examination_of(result.content)
    assert read.facts == made.facts
    assert (read.warnings, read.reviewed, read.policy) == (made.warnings, made.reviewed, made.policy)
    growth = compare_examinations([read, made], Times(days=(0, 400))).growth
    assert growth.of("vol_total").change(Reference.BASELINE, 1).percent.value == pytest.approx(0, abs=1e-9)


def limits_in(folder: Path, content: ReportContent) -> dict[str, Uncertainty | None]:
    write_outputs(PipelineResult(content=content), folder, formats=(OutputFormat.SEG_NRRD, OutputFormat.REPORT_JSON))
    return {m.id: m.uncertainty for m in read_examination(folder).measurements}


def test_written_results_bring_the_limits_of_their_report_along(tmp_path):
    by_model = replace(BY_MODEL, model=replace(BY_MODEL.model, limits=replace(LIMITS, rows=(WIDE,))))
    answer = measure_labelmap(ice_cream(SPACING), None, known=MaskFacts(provenance=by_model)).content
    found = limits_in(tmp_path / "answer", answer)
    assert (found["vol_total"].value, found["vol_total"].kind) == (14.0, "measured")
    assert found["vol_em"].kind == "no limit"
    given = measure_labelmap(ice_cream(SPACING), None, known=MaskFacts(drawn_by="person")).content
    assert limits_in(tmp_path / "given", given)["vol_total"].kind == "SDD"  # 2.2 cm3, a mask of a person
    unknown = measure_labelmap(ice_cream(SPACING), None).content
    assert "who drew this mask isn't stated" in limits_in(tmp_path / "unknown", unknown)["vol_total"].source


def test_a_labelmap_without_a_report_brings_the_limits_of_the_model_that_its_header_tells(tmp_path):
    labelmap = ice_cream(SPACING)
    card = next(entry.card for entry in embedded_models() if entry.card.limits_measured is not None)
    drawing = Drawing(
        model=card.name, version=card.version, model_sha256=card.sha256, labels_sha256=labels_sha256(labelmap)
    )
    write_segmentation(tmp_path / "answer.seg.nrrd", labelmap, drawing=drawing)
    row = card.limits_measured.row("vol_total", 2.2)
    read = read_examination(tmp_path / "answer.seg.nrrd")
    assert read.measurements[0].uncertainty.value == row.half_width
    assert read.facts.segmented_by == f"{card.name} {card.version}"

    edited = labelmap.array.copy()
    edited[tuple(np.argwhere(edited == 1)[0])] = 0
    write_segmentation(tmp_path / "edited.nii.gz", labelmap.with_array(edited), drawing=drawing)
    read = read_examination(tmp_path / "edited.nii.gz")
    assert "edited and not yet checked" in read.measurements[0].uncertainty.source
    assert read.facts.segmented_by == f"{card.name} {card.version}, edited"

    write_segmentation(tmp_path / "given.nii.gz", labelmap)
    for drawn_by, kind in ((None, "no limit"), ("person", "SDD"), ("model", "no limit")):
        read = read_examination(tmp_path / "given.nii.gz", drawn_by=drawn_by)
        assert read.measurements[0].uncertainty.kind == kind


def test_a_report_of_an_older_version_brings_no_human_limit_to_a_models_answer(tmp_path):
    answer = measure_labelmap(ice_cream(SPACING), None, known=MaskFacts(provenance=BY_MODEL)).content
    old = replace(answer, measurements=answer.task.measure(answer.labelmap))  # as the first versions printed them
    assert {m.uncertainty.kind for m in old.measurements if m.value and m.id == "vol_total"} == {"SDD"}
    found = limits_in(tmp_path / "old", old)
    assert {each.kind for each in found.values() if each is not None} == {"no limit"}
    checked = limits_in(tmp_path / "checked", replace(old, review=CHECKED))
    assert checked["vol_total"].kind == "SDD"


def test_times_are_known_where_every_examination_tells_them():
    def dated(day: str) -> ComparedExamination:
        content = measure_labelmap(ice_cream(SPACING), None).content
        return examination_of(replace(content, identifiers=Identifiers(study_date=day)))

    times = known_times([dated("2024-02-29"), dated("2023-03-01")])
    assert (times.days, times.dates) == ((365, 0), (dt.date(2024, 2, 29), dt.date(2023, 3, 1)))
    assert known_times([dated("2023-03-01"), examination()]) is None
    assert known_times([dated("2023-03-01"), dated("in spring")]) is None


@pytest.mark.parametrize(
    ("count", "days", "align", "reason"),
    [
        (1, (0,), False, "at least two examinations, got 1"),
        (2, (0, 1, 2), False, "a day is needed for each of the 2 examinations, got 3"),
        (2, (0, 1), True, "the scan of each of the 2 examinations is needed to align them, got 0"),
    ],
)
def test_what_cannot_be_compared_is_refused(count: int, days: tuple[int, ...], align: bool, reason: str):
    with pytest.raises(UsageError, match=reason):
        compare_examinations([examination()] * count, Times(days=days), align=align)


def test_dates_that_do_not_fit_the_days_are_refused():
    with pytest.raises(UsageError, match="a date is needed for each of the 2 days, got 1"):
        Times(days=(0, 1), dates=(dt.date(2023, 3, 1),))


def test_results_of_different_cases_are_refused_unless_that_is_wanted():
    named = [examination(choices=ReportChoices(case=name)) for name in ("A-1", "B-2")]
    with pytest.raises(UsageError, match="examinations 1 and 2 carry different case names") as refused:
        compare_examinations(named, Times(days=(0, 365)))
    assert "A-1" not in str(refused.value)  # a name may be a patient's
    growth = compare_examinations(named, Times(days=(0, 365)), different_cases=True).growth
    assert [each.case for each in growth.examinations] == ["A-1", "B-2"]
    assert next(each for each in growth.warnings if each.code == "case").text.startswith("The case names differ")


def test_an_examination_without_a_case_name_is_of_no_other_case():
    mixed = [examination(), *(examination(choices=ReportChoices(case="A-1")) for _ in range(2))]
    growth = compare_examinations(mixed, Times(days=(0, 100, 200))).growth
    assert [each.case for each in growth.examinations] == ["", "A-1", "A-1"]
    assert not [each for each in growth.warnings if each.code == "case"]


def saved(folder, *, case: str = "", days: int | None = None):
    labelmap = ice_cream(SPACING)
    result = measure_labelmap(labelmap, scan_of(labelmap), ReportChoices(case=case))
    write_outputs(PipelineResult(content=replace(result.content, days_from_baseline=days)), folder)
    return folder


def test_results_that_were_saved_bring_a_piece_of_their_scan_along(tmp_path):
    folder = saved(tmp_path / "out", case="A-1", days=30)
    given = read_examination(folder)
    assert (given.case, given.days_from_baseline, given.is_crop) == ("A-1", 30, True)
    assert given.image.same_grid(given.labelmap)
    assert (given.image.array[given.labelmap.array > 0] > 0).all()
    labelmap = ice_cream(SPACING)
    assert given.facts.voxels_sha256 == scan_of(labelmap).voxels_sha256  # of the scan, not of its piece


def test_a_piece_of_a_scan_is_not_aligned(tmp_path):
    two = [read_examination(saved(tmp_path / name)) for name in ("a", "b")]
    with pytest.raises(UsageError, match="needed to align them, got 0"):
        compare_examinations(two, Times(days=(0, 365)), align=True)


def test_a_piece_that_does_not_fit_is_not_shown_and_that_is_said(tmp_path):
    folder = saved(tmp_path / "out")
    (folder / "key_crop.nii.gz").write_bytes(b"damaged")
    given = read_examination(folder)
    assert given.image is None
    assert "does not fit it; not shown" in given.warnings[-1]


def test_what_is_found_of_a_labelmap_again_is_told_once(tmp_path):
    labelmap = replace(ice_cream(SPACING), axes_assumed=True)
    result = measure_labelmap(labelmap, None)
    write_outputs(result, tmp_path / "old", formats=(OutputFormat.SEG_NRRD, OutputFormat.REPORT_JSON))
    told = read_examination(tmp_path / "old").warnings
    assert sum("does not state how it lies in the patient" in each for each in told) == 1
    assert len(set(told)) == len(told)
