"""A smoothed labelmap has the volume that it had, on its whole and in its parts, which the plane divides."""

import numpy as np
import pytest

from Testing.support.phantoms import MEATAL_NORMAL_RAS, ice_cream, left_handed, oblique, sagittal
from VSSegmentationLib import geometry
from VSSegmentationLib.labels import Label
from VSSegmentationLib.measurement import MeatalPlane
from VSSegmentationLib.pipeline import smooth_labelmap
from VSSegmentationLib.tasks import DEFAULT_TASK, task_named
from VSSegmentationLib.volume import Volume

TRUTH = ice_cream((1.5, 0.5, 0.6))
"""A ball of 16 mm in the cistern on a canal of 9 mm; the plane of the porus goes through 0."""


def rough(labelmap):
    """With a hundred voxels more and a hundred less on its outline, drawn at random."""
    rng = np.random.default_rng(0)
    array, tumor = labelmap.array.copy(), labelmap.array > 0
    near = np.zeros_like(tumor)
    near[1:-1, 1:-1, 1:-1] = True
    outside = np.argwhere(~tumor & near & (np.roll(tumor, 1, 1) | np.roll(tumor, -1, 1)))
    inside = np.argwhere(tumor & (~np.roll(tumor, 1, 2) | ~np.roll(tumor, -1, 2)))
    array[tuple(rng.permutation(outside)[:100].T)] = Label.EXTRAMEATAL
    array[tuple(rng.permutation(inside)[:100].T)] = 0
    return labelmap.with_array(array)


@pytest.mark.parametrize("change", [lambda v: v, oblique, sagittal, left_handed])
def test_the_volume_stays_and_the_outline_is_nearer_to_the_truth(change):
    truth, before = change(TRUTH), change(rough(TRUTH))
    after = smooth_labelmap(before, task=DEFAULT_TASK)
    tumors = [each.array > 0 for each in (truth, before, after)]
    assert tumors[2].sum() == pytest.approx(tumors[1].sum(), rel=0.01)
    assert (tumors[2] ^ tumors[0]).sum() < 0.6 * (tumors[1] ^ tumors[0]).sum()
    for part in (Label.EXTRAMEATAL, Label.INTRAMEATAL):
        assert (after.array == part).sum() == pytest.approx((truth.array == part).sum(), rel=0.05)


def test_new_voxels_are_divided_at_the_plane_that_a_person_set():
    plane = MeatalPlane(
        origin_ras_mm=(0.0, 0.0, 0.0), normal_ras=tuple(MEATAL_NORMAL_RAS.tolist()), rms_mm=0.0, source="user"
    )
    before = rough(TRUTH)
    after = smooth_labelmap(before, task=DEFAULT_TASK, plane=plane, strength_mm=1.2)
    new = (after.array > 0) & (before.array == 0)
    assert new.sum() > 100
    heights = geometry.transform_points(after.dhw_to_ras, np.argwhere(new)) @ MEATAL_NORMAL_RAS
    np.testing.assert_array_equal(after.array[new] == Label.EXTRAMEATAL, heights > 0)


def test_an_organ_keeps_every_voxel_and_a_task_without_parts_is_smoothed_too():
    array = rough(TRUTH).array.copy()
    organ = (array == 0) & np.roll(TRUTH.array > 0, 2, axis=1)
    array[organ] = Label.COCHLEA
    after = smooth_labelmap(TRUTH.with_array(array), task=DEFAULT_TASK)
    np.testing.assert_array_equal(after.array == Label.COCHLEA, organ)
    glioma = task_named("glioma")
    outer = glioma.label_set.tumor[0].value
    nested = Volume(np.where(rough(TRUTH).array > 0, np.uint8(outer), np.uint8(0)), TRUTH.dhw_to_ras)
    smooth = smooth_labelmap(nested, task=glioma)
    assert (smooth.array == outer).sum() == (nested.array == outer).sum()
