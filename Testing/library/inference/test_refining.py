"""Correcting a mask through a real network on scans of any orientation; weights by hand: the answer is known."""

import numpy as np
import pytest

from Testing.support.grids import turned_affine
from Testing.support.phantoms import axial_affine, left_handed, oblique, sagittal
from Testing.support.toy_models import toy_refiner, toy_segmenter
from VSSegmentationLib import geometry
from VSSegmentationLib.errors import InputRefusedError, ModelError, UsageError
from VSSegmentationLib.inference import Compute, Refiner, RefinerSettings, load_model, save_model
from VSSegmentationLib.interaction import Interaction
from VSSegmentationLib.networks import REFINER, build_network
from VSSegmentationLib.volume import Volume

SPACINGS = [(1.5, 0.5, 0.5), (3.0, 0.4, 0.4), (0.8, 0.8, 0.8)]
FLOAT32 = Compute("float32", "torch")


def click(sign, *point):
    return Interaction(sign=sign, points_ras_mm=(point,))


def two_balls(spacing, *, affine=None):
    """A scan of a bright ball of 6 mm radius round (0, 0, 0) with a lobe of 4 mm round (8, 0, 0), and one far away."""
    extent = np.array([48.0, 56.0, 60.0])
    shape = tuple(np.ceil(extent / spacing).astype(int).tolist())
    middle = np.array(shape) // 2
    if affine is None:
        affine = axial_affine(spacing, tuple((-middle * spacing)[::-1].tolist()))
    else:
        affine = affine.copy()
        affine[:3, 3] -= geometry.transform_points(affine, middle)
    points = geometry.transform_points(affine, np.stack(np.indices(shape), axis=-1))
    whole, lobe, far = (
        np.linalg.norm(points - center, axis=-1) <= radius
        for center, radius in (((0, 0, 0), 6), ((8, 0, 0), 4), ((0, -22, 0), 3))
    )
    noise = np.random.default_rng(0).normal(0, 1, shape)
    return Volume((200.0 * (whole | lobe | far) + noise).astype(np.float32), affine), whole, lobe, far


@pytest.mark.parametrize("spacing", SPACINGS)
@pytest.mark.parametrize("turned", [False, True])
def test_a_missing_lobe_is_added_and_a_leak_removed_where_they_are_in_the_patient(spacing, turned):
    scan, whole, lobe, far = two_balls(spacing, affine=turned_affine(spacing_dhw_mm=spacing) if turned else None)
    missing = whole & ~lobe
    refined = Refiner(scan, toy_refiner(), device="cpu", compute=FLOAT32).refine(missing, [click("add", 9.0, 0.0, 0.0)])
    assert dice(refined.mask, whole | lobe) > 0.97
    assert not (refined.mask & far).any()
    assert refined.changed_voxels == (int((refined.mask != missing).sum()),)
    back = Refiner(scan, toy_refiner(), device="cpu", compute=FLOAT32).refine(
        whole | lobe | far, [click("remove", 0.0, -22.0, 0.0)]
    )
    np.testing.assert_array_equal(back.mask & (whole | lobe), whole | lobe)
    assert (back.mask & far).sum() <= 0.15 * far.sum()  # slices of 3 mm through a ball of 3 mm


@pytest.mark.parametrize("change", [sagittal, left_handed])
def test_the_same_patient_stored_otherwise_is_corrected_alike(change):
    scan, whole, lobe, _ = two_balls((1.5, 0.5, 0.6))
    missing = whole & ~lobe
    said = [click("add", 9.0, 1.0, 0.5)]
    straight = Refiner(scan, toy_refiner(), device="cpu", compute=FLOAT32).refine(missing, said)
    other = change(scan)
    again = Refiner(other, toy_refiner(), device="cpu", compute=FLOAT32).refine(
        change(scan.with_array(missing)).array, said
    )
    np.testing.assert_array_equal(again.mask, change(scan.with_array(straight.mask)).array)


def test_an_oblique_scan_is_corrected_where_the_click_is():
    scan, whole, lobe, _ = two_balls((1.5, 0.5, 0.6))
    turned = oblique(scan)
    place = geometry.transform_points(turned.dhw_to_ras @ np.linalg.inv(scan.dhw_to_ras), np.array([9.0, 0.0, 0.0]))
    refined = Refiner(turned, toy_refiner(), device="cpu", compute=FLOAT32).refine(
        whole & ~lobe, [click("add", *place.tolist())]
    )
    assert dice(refined.mask, whole | lobe) > 0.97


def test_several_interactions_in_one_call_are_those_one_after_the_other():
    scan, whole, lobe, far = two_balls((1.5, 0.5, 0.5))
    said = [click("add", 9.0, 0.0, 0.0), click("add", 0.0, -22.0, 0.0), click("remove", 0.0, 12.0, 0.0)]
    together = Refiner(scan, toy_refiner(), device="cpu", compute=FLOAT32).refine(whole & ~lobe, said)
    mask, changed = whole & ~lobe, []
    for number, each in enumerate(said):
        one = Refiner(scan, toy_refiner(), device="cpu", compute=FLOAT32).refine(mask, [each], earlier=said[:number])
        mask, changed = one.mask, [*changed, *one.changed_voxels]
    np.testing.assert_array_equal(together.mask, mask)
    assert together.changed_voxels == tuple(changed)
    assert changed[2] == 0  # no tumor there
    assert dice(mask, whole | lobe | far) > 0.97


def test_painted_voxels_stay_and_organs_never_become_tumor():
    scan, whole, lobe, _ = two_balls((1.5, 0.5, 0.5))
    points = geometry.transform_points(scan.dhw_to_ras, np.stack(np.indices(scan.shape), axis=-1))
    upper = lobe & ~whole & (points[..., 2] > 1)
    for kind in ("fixed", "barred"):
        refined = Refiner(scan, toy_refiner(), device="cpu", compute=FLOAT32).refine(
            whole & ~lobe, [click("add", 10.0, 0.0, -1.0)], **{kind: upper}
        )
        assert not (refined.mask & upper).any()
        assert (refined.mask & lobe & ~upper).sum() > 0.8 * (lobe & ~upper & ~whole).sum()


def test_near_the_border_of_the_scan_the_window_goes_on_into_nothing():
    scan, whole, *_ = two_balls((1.5, 0.5, 0.5))
    inner = int(np.flatnonzero(whole.any(axis=(1, 2)))[2])
    affine = scan.dhw_to_ras.copy()
    affine[:3, 3] = geometry.transform_points(affine, np.array([inner, 0, 0]))
    cut = Volume(np.ascontiguousarray(scan.array[inner:]), affine)
    refined = Refiner(cut, toy_refiner(), device="cpu", compute=FLOAT32).refine(
        np.zeros(cut.shape, bool), [click("add", 0.0, 0.0, 0.0)]
    )
    assert dice(refined.mask, (cut.array > 100) & (whole[inner:] | refined.mask)) > 0.97


def test_what_can_not_be_is_refused():
    scan, whole, *_ = two_balls((1.5, 0.5, 0.5))
    refiner = Refiner(scan, toy_refiner(), device="cpu", compute=FLOAT32)
    with pytest.raises(UsageError, match=r"must lie in the scan, and 900\.0, 0\.0, 0\.0"):
        refiner.refine(whole, [click("add", 900.0, 0.0, 0.0)])
    with pytest.raises(InputRefusedError, match="shape of the scan"):
        refiner.refine(whole[1:], [click("add", 0.0, 0.0, 0.0)])
    long = Interaction(sign="add", points_ras_mm=((-25, -25, 0), (25, 25, 0)))
    with pytest.raises(UsageError, match="several pieces"):
        refiner.refine(whole, [long])
    with pytest.raises(ModelError, match="a refiner is needed"):
        Refiner(scan, toy_segmenter())


def test_the_network_is_small_and_comes_back_from_its_file(tmp_path):
    network = build_network(REFINER)
    assert 0.6e6 < sum(each.numel() for each in network.parameters()) < 0.8e6
    path = tmp_path / "refiner.pt"
    save_model(path, toy_refiner(network=network, network_config=REFINER), weights_type="float16")
    assert path.stat().st_size <= 1.5e6
    loaded = load_model(path)
    assert loaded.role == "refiner"
    assert [each.name for each in loaded.inputs] == ["scan"]
    assert loaded.settings == toy_refiner().settings


def test_the_window_shows_all_that_a_click_may_change():
    """A voxel of slack on either side: the window is placed to a voxel."""
    settings = RefinerSettings()
    spacing = np.array(settings.preprocessing.spacing_dhw_mm)
    assert ((np.array(settings.window.size_dhw) / 2 - 1) * spacing >= settings.merge.reach_mm).all()


def test_a_refiner_gives_the_whole_tumor_and_takes_four_channels():
    with pytest.raises(ModelError, match="takes image, mask, what was added"):
        toy_refiner(labels=(0, 1))


def dice(one, other):
    return 2 * (one & other).sum() / (one.sum() + other.sum())
