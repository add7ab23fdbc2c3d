"""From clicks to parts and numbers: the division follows the plane at hand, and reports tell what was done."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from Testing.support.phantoms import MEATAL_NORMAL_RAS, ice_cream, left_handed, oblique, sagittal
from Testing.support.toy_models import toy_divider, toy_refiner
from VSSegmentationLib import geometry
from VSSegmentationLib.errors import ModelError, UsageError
from VSSegmentationLib.imageio import scan_of_volume
from VSSegmentationLib.inference import Compute, Refiner, save_model
from VSSegmentationLib.interaction import Interaction
from VSSegmentationLib.labels import Label
from VSSegmentationLib.measurement import MeatalPlane
from VSSegmentationLib.measurement.vestibular_schwannoma.plane import split_by_plane
from VSSegmentationLib.models import default_refiner
from VSSegmentationLib.pipeline.measuring import MaskFacts
from VSSegmentationLib.pipeline.refining import RefineOptions, divide_new, load_refiner, refine, refine_labelmap
from VSSegmentationLib.reporting import make_report, read_provenance
from VSSegmentationLib.tasks import DEFAULT_TASK
from VSSegmentationLib.volume import Volume

SPACING = (1.5, 0.5, 0.6)
TRUTH = ice_cream(SPACING)
"""A ball of 16 mm in the cistern on a canal of 9 mm; the plane of the porus goes through 0."""
PLANE = MeatalPlane(
    origin_ras_mm=(0.0, 0.0, 0.0), normal_ras=tuple(MEATAL_NORMAL_RAS.tolist()), rms_mm=0.0, source="user"
)


def scan_of(labelmap):
    noise = np.random.default_rng(0).normal(0, 1, labelmap.shape)
    return labelmap.with_array((200.0 * (labelmap.array > 0) + noise).astype(np.float32))


def along_canal(volume):
    """Of each voxel: mm from the porus toward the brain."""
    points = geometry.transform_points(volume.dhw_to_ras, np.stack(np.indices(volume.shape), axis=-1))
    return points @ MEATAL_NORMAL_RAS


def click(sign, point):
    return Interaction(sign=sign, points_ras_mm=(tuple(np.asarray(point, float).tolist()),))


def without_a_slab(truth, low, high):
    """The truth without what lies from `low` to `high` mm from the porus."""
    along = along_canal(truth)
    return truth.with_array(np.where((along > low) & (along < high), np.uint8(0), truth.array))


def refined(labelmap, said, **changes):
    refiner = Refiner(scan_of(TRUTH), toy_refiner(), device="cpu", compute=Compute("float32", "torch"))
    return refine_labelmap(labelmap, refiner, said, task=DEFAULT_TASK, **changes)


def test_the_deep_end_of_the_canal_comes_back_as_intrameatal_and_a_cap_in_the_cistern_as_extrameatal():
    short = without_a_slab(TRUTH, -99, -4)
    answer = refined(short, [click("add", -7 * MEATAL_NORMAL_RAS)])
    new = (answer.labelmap.array > 0) & (short.array == 0)
    assert new.sum() > 50
    assert set(np.unique(answer.labelmap.array[new])) == {Label.INTRAMEATAL}
    capless = without_a_slab(TRUTH, 10, 99)
    answer = refined(capless, [click("add", 12 * MEATAL_NORMAL_RAS)])
    new = (answer.labelmap.array > 0) & (capless.array == 0)
    assert set(np.unique(answer.labelmap.array[new])) == {Label.EXTRAMEATAL}
    assert answer.each[0].voxels_added == new.sum()
    assert answer.each[0].voxels_removed == 0


@pytest.mark.parametrize("change", [lambda v: v, sagittal, left_handed])
def test_a_gap_across_the_porus_is_divided_at_the_plane_that_a_person_set(change):
    truth, gap = change(TRUTH), change(without_a_slab(TRUTH, -2, 3))
    refiner = Refiner(scan_of(truth), toy_refiner(), device="cpu", compute=Compute("float32", "torch"))
    moved = replace(PLANE, origin_ras_mm=tuple((1.0 * MEATAL_NORMAL_RAS).tolist()))
    answer = refine_labelmap(gap, refiner, [click("add", (0.5, -0.5, 0.0))], task=DEFAULT_TASK, plane=moved).labelmap
    new = (answer.array > 0) & (gap.array == 0)
    height = along_canal(answer)
    assert new.sum() > 100
    assert (answer.array[new & (height > 1.01)] == Label.EXTRAMEATAL).all()
    assert (answer.array[new & (height < 0.99)] == Label.INTRAMEATAL).all()
    np.testing.assert_array_equal(answer.array[gap.array > 0], gap.array[gap.array > 0])  # the old voxels keep theirs


def test_without_a_plane_new_voxels_take_the_part_they_hang_on():
    undivided = without_a_slab(TRUTH, -99, -4)
    undivided = undivided.with_array(np.where(undivided.array > 0, np.uint8(Label.UNDIVIDED_TUMOR), np.uint8(0)))
    answer = refined(undivided, [click("add", -7 * MEATAL_NORMAL_RAS)]).labelmap
    assert set(np.unique(answer.array)) == {0, Label.UNDIVIDED_TUMOR}


def test_removed_voxels_are_background_and_a_cochlea_is_never_touched():
    array = TRUTH.array.copy()
    organ = (along_canal(TRUTH) < -9.5) & (along_canal(TRUTH) > -11)
    array[organ] = Label.COCHLEA
    dark = scan_of(TRUTH).with_array(-scan_of(TRUTH).array)
    refiner = Refiner(dark, toy_refiner(), device="cpu", compute=Compute("float32", "torch"))
    said = [click("remove", 12 * MEATAL_NORMAL_RAS)]
    answer = refine_labelmap(TRUTH.with_array(array), refiner, said, task=DEFAULT_TASK).labelmap
    assert (answer.array == 0).sum() > (array == 0).sum()
    np.testing.assert_array_equal(answer.array == Label.COCHLEA, organ)


def test_a_tumor_started_by_a_click_is_divided_by_the_divider_and_another_one_is_left_alone(tmp_path):
    save_model(tmp_path / "divider.pt", toy_divider(intrameatal_above=99.0))  # all of it extrameatal
    options = RefineOptions(divider=str(tmp_path / "divider.pt"), device="cpu")
    turned = oblique(TRUTH)
    place = geometry.transform_points(turned.dhw_to_ras @ np.linalg.inv(TRUTH.dhw_to_ras), 6 * MEATAL_NORMAL_RAS)
    nothing = turned.with_array(np.zeros(turned.shape, np.uint8))
    scan = scan_of(turned)
    refiner = Refiner(scan, toy_refiner(), device="cpu", compute=Compute("float32", "torch"))
    answer = refine_labelmap(nothing, refiner, [click("add", place)], task=DEFAULT_TASK).labelmap
    assert set(np.unique(answer.array)) == {0, Label.UNDIVIDED_TUMOR}
    divided = divide_new(nothing, answer, scan, task=DEFAULT_TASK, options=options)
    assert set(np.unique(divided.array)) == {0, Label.EXTRAMEATAL}
    np.testing.assert_array_equal(divided.array > 0, answer.array > 0)
    np.testing.assert_array_equal(
        divide_new(answer, answer, scan, task=DEFAULT_TASK, options=options).array, answer.array
    )


@pytest.fixture
def options(tmp_path):
    save_model(tmp_path / "refiner.pt", toy_refiner())
    return RefineOptions(refiner=str(tmp_path / "refiner.pt"), divider="none", device="cpu", precision="float32")


def test_report_and_provenance_say_how_many_interactions_and_the_volume_before_and_after(options):
    short = without_a_slab(TRUTH, -99, -4)
    scan = scan_of_volume(scan_of(TRUTH))
    first = refine(short, scan, [click("add", -7 * MEATAL_NORMAL_RAS)], options).content
    told = first.provenance.corrections
    voxel = geometry.voxel_volume_mm3(TRUTH.dhw_to_ras) / 1000
    assert told.volume_before_cm3 == pytest.approx((short.array > 0).sum() * voxel)
    assert told.volume_after_cm3 == pytest.approx((first.labelmap.array > 0).sum() * voxel)
    assert told.model.name == "toy-refiner"
    assert [edit.tool for edit in first.edit_log.edits] == ["add here (R -4.9, A 4.9, S 0.0 mm)"]
    assert told.sentence.startswith("Corrected with 1 interaction (1 to add, 0 to remove): all tumor voxels 2.")
    again = read_provenance(make_report(first).provenance | first.provenance.to_plain())
    assert again.corrections == told


def test_a_second_correction_counts_on_and_the_first_stays_obeyed(options):
    short = without_a_slab(TRUTH, -99, -4)
    scan = scan_of_volume(scan_of(TRUTH))
    outside = 18 * MEATAL_NORMAL_RAS
    first = refine(short, scan, [click("add", outside)], options).content
    place = tuple(click("add", outside).voxels(short.shape, short.dhw_to_ras)[0])
    assert first.labelmap.array[place]
    known = MaskFacts(provenance=first.provenance, edit_log=first.edit_log)
    second = refine(first.labelmap, scan, [click("remove", 18.9 * MEATAL_NORMAL_RAS)], options, known=known).content
    assert second.labelmap.array[place]
    assert second.provenance.corrections.volume_before_cm3 == first.provenance.corrections.volume_before_cm3
    assert second.provenance.corrections.sentence.startswith("Corrected with 2 interactions (1 to add, 1 to remove)")


def test_what_is_missing_is_said_in_one_sentence(options, tmp_path, monkeypatch):
    none = partial(default_refiner, folder=tmp_path / "nothing embedded")
    monkeypatch.setattr("VSSegmentationLib.pipeline.refining.default_refiner", none)
    with pytest.raises(ModelError, match="needs a model of the role refiner, and none is installed"):
        load_refiner(RefineOptions(), DEFAULT_TASK)
    with pytest.raises(ModelError, match="is a divider of vestibular schwannoma; a refiner"):
        load_refiner(RefineOptions(refiner="divider_synthetic"), DEFAULT_TASK)
    with pytest.raises(UsageError, match="at least one click"):
        refine(TRUTH, scan_of_volume(scan_of(TRUTH)), [], options)


def test_the_phantom_is_divided_by_its_plane():
    """That the tests above ask for what geometry says."""
    whole = TRUTH.with_array(np.where(TRUTH.array > 0, np.uint8(Label.UNDIVIDED_TUMOR), np.uint8(0)))
    np.testing.assert_array_equal(split_by_plane(whole, PLANE).array, TRUTH.array)


def test_a_tumor_started_in_the_other_ear_takes_the_side_along_once_it_is_the_larger_one(options):
    """A small tumor was found on the left; a person clicks on a larger one 60 mm to the right."""
    wide = np.pad(TRUTH.array, ((0, 0), (0, 0), (100, 0)))
    affine = TRUTH.dhw_to_ras.copy()
    affine[:3, 3] -= 100 * affine[:3, 2]
    ears = np.zeros_like(wide)
    points = geometry.transform_points(affine, np.stack(np.indices(wide.shape), axis=-1))
    small = np.linalg.norm(points - (-60.0, 0.0, 0.0), axis=-1) <= 4
    large = np.linalg.norm(points - (6 * MEATAL_NORMAL_RAS), axis=-1) <= 8
    ears[small | large] = Label.UNDIVIDED_TUMOR
    scan = scan_of_volume(scan_of(Volume(ears, affine)))
    found = scan.volume.with_array(np.where(small, np.uint8(Label.EXTRAMEATAL), np.uint8(0)))
    known = MaskFacts(side="left", findings="A tumor was found on the patient's left side.")
    content = refine(found, scan, [click("add", 6 * MEATAL_NORMAL_RAS)], options, known=known).content
    assert content.provenance.corrections.each[0].voxels_added > small.sum()
    assert content.side == "right"
    assert content.provenance.side.source == "the tumors of both ears"
    assert content.findings == "The labelmap holds a tumor."
    few = refine(found, scan, [click("add", (-60.0, 0.0, 0.0))], options, known=known).content
    assert (few.side, few.findings) == ("left", known.findings)
