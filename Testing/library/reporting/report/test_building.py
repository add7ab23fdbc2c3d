from dataclasses import replace

import numpy as np
import pytest

from Testing.support.phantoms import ice_cream, left_handed, oblique, sagittal
from Testing.support.reports import MODEL, NOON, content_of, grown_report, no_tumor
from VSSegmentationLib.errors import VSSegmentationError
from VSSegmentationLib.labels import Label
from VSSegmentationLib.measurement.growth import Reference
from VSSegmentationLib.reporting import Edit, EditLog, Provenance, make_report
from VSSegmentationLib.volume import Volume

PAINTED = EditLog(edits=(Edit(at_utc=NOON, tool="paint", segment="Extrameatal tumor", voxels_added=1),))


def test_same_content_gives_the_same_report():
    content = content_of(ice_cream((1.0, 1.0, 1.0)))
    assert make_report(content) == make_report(content)


def test_who_segmented_is_told_in_dicoms_words():
    labelmap = ice_cream((1.0, 1.0, 1.0))
    given = content_of(labelmap, provenance=Provenance())
    kinds = {
        make_report(content).segmentation.algorithm_type: content
        for content in (given, content_of(labelmap), content_of(labelmap, edit_log=PAINTED))
    }
    assert list(kinds) == ["MANUAL", "AUTOMATIC", "SEMIAUTOMATIC"]


def test_model_is_told_with_version_and_checksum_or_not_at_all():
    model = make_report(content_of(ice_cream((1.0, 1.0, 1.0)))).model
    assert (model.name, model.version, model.weights_sha256, model.device) == (
        "default_t2",
        "1",
        MODEL.sha256,
        "cpu",
    )
    assert make_report(content_of(ice_cream((1.0, 1.0, 1.0)), provenance=Provenance())).model is None


def test_untouched_answer_and_edited_tumor_are_compared():
    labelmap = ice_cream((1.0, 1.0, 1.0))
    automatic = np.where(labelmap.array == Label.INTRAMEATAL, np.uint8(0), labelmap.array)
    facts = make_report(
        content_of(labelmap, automatic_labelmap=labelmap.with_array(automatic), edit_log=PAINTED)
    ).segmentation
    before, after = np.count_nonzero(automatic), np.count_nonzero(labelmap.array)
    assert facts.automatic_volume_cm3 == pytest.approx(before / 1000)  # voxels of 1 mm3
    assert facts.volume_cm3 == pytest.approx(after / 1000)
    assert facts.dice_automatic_final == pytest.approx(2 * before / (before + after))


def test_untouched_answer_that_was_not_kept_is_not_made_up():
    facts = make_report(content_of(ice_cream((1.0, 1.0, 1.0)), edit_log=PAINTED)).segmentation
    assert (facts.automatic_volume_cm3, facts.dice_automatic_final) == (None, None)


@pytest.mark.parametrize("grid", [lambda v: v, left_handed, sagittal, oblique], ids=["axial", "left", "sag", "oblique"])
def test_grid_is_told_as_it_lies_in_the_patient(grid):
    labelmap = grid(ice_cream((1.5, 0.5, 0.5)))
    source = make_report(content_of(labelmap)).source
    assert source.spacing_dhw_mm[source.slice_axis] == pytest.approx(1.5)
    assert source.shape_dhw == labelmap.shape
    assert source.geometry_sha256 != make_report(content_of(ice_cream((1.0, 1.0, 1.0)))).source.geometry_sha256


def test_porus_plane_is_told_or_why_there_is_none():
    facts = make_report(content_of(ice_cream((0.5, 0.5, 0.5)))).segmentation
    assert facts.plane.source == "fit"
    assert facts.plane.normal_ras == pytest.approx((0.7071, -0.7071, 0), abs=0.02)
    empty = make_report(content_of(no_tumor())).segmentation
    assert (empty.plane, empty.no_plane_reason) == (None, "no tumor is segmented")


def test_a_side_that_nobody_tells_is_not_determined_wherever_the_header_puts_the_tumor():
    labelmap = ice_cream((1.0, 1.0, 1.0))
    affine = labelmap.dhw_to_ras.copy()
    affine[0, 3] += 30.0
    report = make_report(content_of(Volume(labelmap.array, affine)))
    assert (report.side, report.side_reason) == (None, "nobody told it")
    told = make_report(content_of(labelmap, side="left"))
    assert (told.side, told.side_reason) == ("left", None)


def test_comparisons_are_those_of_the_latest_examination():
    report = make_report(grown_report())
    assert {each.change.to_index for each in report.comparisons} == {1}
    change = next(
        each.change
        for each in report.comparisons
        if each.measurement_id == "vol_total" and each.change.reference is Reference.BASELINE
    )
    assert change.percent.value == pytest.approx(23.0)
    assert change.doubling_time_days.value == pytest.approx(1222.13, abs=0.01)


def test_every_measurement_names_its_definition_and_region():
    for record in make_report(content_of(ice_cream((1.0, 1.0, 1.0)))).measurements:
        assert record.method_id == f"vs-segmentation/2/{record.id}"
        assert record.region in {"whole", "extrameatal", "intrameatal", "cochlea"}
        assert record.valid == (record.reason is None)


def test_number_that_is_none_is_refused_by_its_place():
    content = content_of(ice_cream((1.0, 1.0, 1.0)))
    with pytest.raises(VSSegmentationError, match=r"provenance\.run\.seconds\.segmenting must be a finite number"):
        make_report(replace(content, provenance=Provenance(run={"seconds": {"segmenting": float("nan")}})))
