"""The road of a mask that is given: measured, told in the same shape, and open to whoever has no torch."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from Testing.support.command import run_python
from Testing.support.phantoms import MEATAL_NORMAL_RAS, ice_cream, oblique
from Testing.support.reports import BY_MODEL, NOON
from VSSegmentationLib import pipeline
from VSSegmentationLib.errors import GeometryError
from VSSegmentationLib.follow_up import Times, compare_examinations, read_examination
from VSSegmentationLib.formats import OutputFormat
from VSSegmentationLib.imageio.scan import Modality, Scan
from VSSegmentationLib.measurement import fit_meatal_plane, measure
from VSSegmentationLib.pipeline import (
    MaskFacts,
    PipelineOptions,
    PipelineResult,
    measure_labelmap,
    write_outputs,
)
from VSSegmentationLib.pipeline.measuring import facts_after_edit
from VSSegmentationLib.reporting import (
    Edit,
    EditLog,
    PriorTreatment,
    Provenance,
    ReportChoices,
    UserFields,
    read_provenance,
)
from VSSegmentationLib.tumor_side import stated_side
from VSSegmentationLib.volume import Volume, crop

THICK = "The slices are 4.0 mm thick."


def scan_on(grid: Volume, **changes) -> Scan:
    volume = grid.with_array(np.random.default_rng(3).normal(size=grid.shape).astype(np.float32))
    usual = {
        "volume": volume, "modality": Modality.T2, "slice_thickness_mm": 1.0, "warnings": (THICK,),
        "voxels_sha256": volume.voxels_sha256, "file_format": "NIfTI", "series_uid": None,
    }  # fmt: skip
    return Scan(**{**usual, **changes})


@pytest.fixture(scope="module")
def labelmap() -> Volume:
    return oblique(ice_cream((1.5, 0.5, 0.5)), 10.0)


def test_a_mask_alone_is_measured_and_says_that_it_was_given(labelmap: Volume):
    result = measure_labelmap(labelmap, None)
    assert result.segmentation is None
    assert [m.value for m in result.content.measurements] == [m.value for m in measure(labelmap)]
    assert all(m.uncertainty.value is None for m in result.content.measurements if m.uncertainty)  # nobody says whose
    assert result.content.findings == "The labelmap holds a tumor."
    assert result.content.provenance.algorithm == "none: the labelmap was given"
    assert (result.content.provenance.source, result.content.image) == (None, None)


def test_a_mask_without_a_tumor_is_a_result(labelmap: Volume):
    nothing = labelmap.with_array(np.zeros_like(labelmap.array))
    assert measure_labelmap(nothing, None).content.findings == "The labelmap holds no tumor."


def test_scan_facts_and_warnings_of_scan_mask_and_run_arrive_each_once(labelmap: Volume):
    at_the_border = crop(labelmap, (0, 0, 0), (labelmap.shape[0] // 2, *labelmap.shape[1:]))
    content = measure_labelmap(
        at_the_border, scan_on(at_the_border), known=MaskFacts(warnings=("Beware.", THICK))
    ).content
    assert content.warnings[:2] == (THICK, "Beware.")
    assert any("border" in sentence for sentence in content.warnings[2:])
    assert len(set(content.warnings)) == len(content.warnings)
    assert (content.scan.modality, content.scan.file_format) == ("T2", "NIfTI")


def test_a_mask_on_another_grid_than_the_scan_is_refused(labelmap: Volume):
    with pytest.raises(GeometryError, match="must share one grid"):
        measure_labelmap(labelmap, scan_on(ice_cream((1.5, 0.5, 0.5))))


def test_surgery_before_the_examination_leads_to_the_whole_tumor(labelmap: Volume):
    operated = UserFields(prior_treatment=(PriorTreatment(kind="surgery", days_before=100),))
    before, after = (
        measure_labelmap(labelmap, None, ReportChoices(user_fields=fields)).content.leading
        for fields in (UserFields(), operated)
    )
    assert before.measurement_id == "em_max_axial"
    assert (after.measurement_id, "after surgery" in after.reason) == ("whole_max_axial", True)


def test_a_plane_that_a_person_set_is_measured_with_and_told(labelmap: Volume):
    plane = replace(fit_meatal_plane(labelmap), source="user")
    content = measure_labelmap(labelmap, None, known=MaskFacts(plane=plane, drawn_by="person")).content
    assert content.measurements == measure(labelmap, plane=plane)
    assert content.plane == plane


def test_what_a_model_made_and_a_person_edited_keeps_the_model_and_tells_the_mask_as_it_is_now(labelmap: Volume):
    array = labelmap.array.copy()
    array[array == 1] = 2
    edited, scan = labelmap.with_array(array), scan_on(labelmap)
    log = EditLog(edits=(Edit(at_utc=NOON, tool="paint", segment="intrameatal", actor="A. Reader"),))
    known = MaskFacts(provenance=BY_MODEL, edit_log=log, automatic_labelmap=labelmap)
    told = measure_labelmap(edited, scan, known=known).content.provenance
    assert (told.model, told.device, told.created_utc) == (BY_MODEL.model, "cpu", NOON)
    assert told.labelmap_voxels_sha256 == edited.voxels_sha256 != labelmap.voxels_sha256
    assert told.source.voxels_sha256 == scan.voxels_sha256


def at(labelmap: Volume, start: int | None) -> Volume:
    """A cube of the first part at a place along W, where there is room for two; nothing without a place."""
    array = np.zeros_like(labelmap.array)
    if start is not None:
        array[4:10, 30:40, start : start + 10] = 1
    return labelmap.with_array(array)


FOUND = "A tumor was found on the patient's left side."


@pytest.mark.parametrize(
    ("before", "now", "words"),
    [
        (10, None, "The tumor that the model found was erased by a person: none is marked."),
        (None, 10, "The model found no tumor; the one that is marked was drawn by a person."),
        (10, 60, "The tumor that the model found was erased by a person, who marked another one."),
        (10, 15, FOUND),
        (None, None, FOUND),
    ],
)
def test_findings_and_side_of_the_model_are_those_of_its_own_tumor(labelmap: Volume, before, now, words):
    automatic, mask = (at(labelmap, each) for each in (before, now))
    known = MaskFacts(provenance=BY_MODEL, findings=FOUND, side="left", automatic_labelmap=automatic, was_edited=True)
    content = measure_labelmap(mask, None, known=known).content
    assert (content.findings, content.side) == (words, "left" if words == FOUND else None)
    doubted = measure_labelmap(mask, None, known=replace(known, doubts=("It cannot be relied on.",))).content
    assert doubted.findings == (words if words == FOUND else f"Not to be relied on: {words[0].lower()}{words[1:]}")


@pytest.mark.parametrize(
    ("side", "words"),
    [("right", "A tumor was found on the patient's right side."), ("left", FOUND), (None, "A tumor was found.")],
)
def test_findings_name_the_side_that_a_person_stated_and_no_other(labelmap: Volume, side, words):
    known = MaskFacts(provenance=BY_MODEL, findings=FOUND, side="left", side_found=stated_side(side))
    content = measure_labelmap(labelmap, None, known=known).content
    assert (content.findings, content.side) == (words, side)


def test_what_was_said_of_a_tumor_goes_with_it_once_another_one_or_none_is_measured(labelmap: Volume):
    known = MaskFacts(findings="A tumor was found on the patient's left side.", side="left")
    nothing = labelmap.with_array(np.zeros_like(labelmap.array))
    wide = Volume(np.pad(labelmap.array, ((0, 0), (0, 0), (0, 120))), labelmap.dhw_to_ras)
    array = wide.array.copy()
    array[4:-4, 4:-4, -70:-5] = 1  # a larger one, 60 mm to the side
    for before, after, is_same in (
        (labelmap, labelmap.with_array(np.where(np.indices(labelmap.shape)[1] % 7, labelmap.array, 0)), True),
        (wide, wide.with_array(array), False),
        (labelmap, nothing, False),
        (nothing, labelmap, False),
        (nothing, nothing, True),
    ):
        left = facts_after_edit(known, before, after)
        assert (left == known) == is_same
        assert (left.side, left.findings) == ((known.side, known.findings) if is_same else (None, None))


def test_a_given_mask_and_a_segmented_one_tell_where_they_are_from_under_the_same_keys(labelmap: Volume, tmp_path):
    told = {}
    for name, provenance in (("given", Provenance()), ("segmented", BY_MODEL)):
        known = MaskFacts(provenance=provenance)
        write_outputs(measure_labelmap(labelmap, scan_on(labelmap), known=known), tmp_path / name, formats=[])
        told[name] = json.loads((tmp_path / name / "provenance.json").read_text(encoding="utf-8"))
    assert list(told["given"]) == list(told["segmented"])
    assert set(told["given"]["source"]) == set(told["segmented"]["source"])
    assert all(datetime.fromisoformat(each["created_utc"]).tzinfo for each in told.values())
    assert {each["schema_version"] for each in told.values()} == {2}


def test_a_run_that_tells_no_date_is_dated_when_its_mask_is_measured(labelmap: Volume):
    known = MaskFacts(provenance=read_provenance({"model": {"name": "toy", "version": "1"}, "device": "cpu"}))
    age = datetime.now(UTC) - measure_labelmap(labelmap, None, known=known).content.provenance.created_utc
    assert abs(age.total_seconds()) < 60


def test_the_road_of_a_given_mask_is_imported_and_taken_without_torch():
    done = run_python(
        "import sys, numpy as np\n"
        "from VSSegmentationLib import follow_up, pipeline\n"
        "from VSSegmentationLib.volume import Volume\n"
        "labels = np.zeros((9, 9, 9), np.uint8); labels[3:6, 3:6, 3:6] = 1\n"
        "content = pipeline.measure_labelmap(Volume(labels, np.eye(4)), None).content\n"
        "examination = follow_up.examination_of(content)\n"
        "follow_up.compare_examinations([examination] * 2, follow_up.Times(days=(0, 400)))\n"
        "assert content.measurements[0].value == 0.027\n"
        "print({'torch', 'slicer', 'qt'} & set(sys.modules))"
    )
    assert done.out.strip() == "set()", done.err


def test_what_the_room_hands_on_is_there_and_nothing_else():
    assert all(getattr(pipeline, name) is not None for name in pipeline.__all__)
    assert pipeline.PipelineOptions is PipelineOptions
    with pytest.raises(AttributeError, match="no attribute 'walk'"):
        pipeline.walk  # noqa: B018


def by_id(content):
    return {m.id: m for m in content.measurements}


def test_a_model_without_a_cochlea_says_that_it_is_not_in_this_model_and_a_given_mask_that_it_holds_none():
    labelmap = ice_cream((1.5, 0.5, 0.5))
    by_model = MaskFacts(provenance=replace(BY_MODEL, run={"organs": []}))
    found = by_id(measure_labelmap(labelmap, None, known=by_model).content)
    given = by_id(measure_labelmap(labelmap, None).content)
    for name in ("vol_cochlea_right", "vol_cochlea_left", "gap_cochlea"):
        assert found[name].reason == "the cochlea is not in this model"
        assert given[name].reason == "the mask holds no cochlea"
    looked = MaskFacts(provenance=replace(BY_MODEL, run={"organs": ["cochlea"]}))
    assert by_id(measure_labelmap(labelmap, None, known=looked).content)["gap_cochlea"].reason == given[name].reason


def test_the_gap_ends_at_the_fundus_that_the_locator_found_unless_a_person_set_it():
    labelmap = ice_cream((1.0, 0.4, 0.4))  # its canal is 9 mm deep
    tips = {depth: tuple((-depth * MEATAL_NORMAL_RAS).tolist()) for depth in (11.0, 13.0)}
    run = {"landmarks": {"fundus_right": tips[11.0], "fundus_left": (60.0, 0.0, 0.0)}}
    known = MaskFacts(provenance=replace(BY_MODEL, run=run))
    found = by_id(measure_labelmap(labelmap, None, known=known).content)["fundus_gap"]
    assert found.value == pytest.approx(2.0, abs=0.4)
    assert "as the model found it" in found.method
    tip = np.array(found.end_points_ras_mm[0])
    assert found.extra["direct_mm"] == pytest.approx(np.linalg.norm(tip - tips[11.0]))  # beside the axis, too
    assert found.value <= found.extra["direct_mm"] < 6.0
    person = replace(known, fundus_ras_mm=tips[13.0])
    assert by_id(measure_labelmap(labelmap, None, known=person).content)["fundus_gap"].value == pytest.approx(
        found.value + 2.0, abs=1e-6
    )


def test_a_comparison_takes_the_fundus_from_the_results_and_leaves_organs_out(tmp_path):
    labelmap = ice_cream((1.0, 0.4, 0.4))
    tip = tuple((-11.0 * MEATAL_NORMAL_RAS).tolist())
    known = MaskFacts(provenance=replace(BY_MODEL, run={"landmarks": {"fundus_right": tip}}))
    content = measure_labelmap(labelmap, None, known=known).content
    write_outputs(
        PipelineResult(content=content), tmp_path / "one", formats=(OutputFormat.SEG_NRRD, OutputFormat.REPORT_JSON)
    )
    examination = read_examination(tmp_path / "one")
    again = {m.id: m for m in examination.measurements}
    assert again["fundus_gap"].value == pytest.approx(by_id(content)["fundus_gap"].value, abs=1e-6)
    growth = compare_examinations([examination, examination], Times(days=(0, 200))).growth
    assert not {series.id for series in growth.series} & {"vol_cochlea_right", "vol_cochlea_left", "gap_cochlea"}
