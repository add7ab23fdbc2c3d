"""What the benchmark of peers shows the networks, and what it measures on."""

import numpy as np
import pytest

from benchmarks.measurement_speed import whole_head_with_tumor
from benchmarks.peer_networks import HEAD_SPACING_DHW_MM, head_of
from benchmarks.tumor_sizes import radius_mm
from VSSegmentationLib import geometry
from VSSegmentationLib.labels import Label
from VSSegmentationLib.volume import Volume

SHAPE = (48, 160, 160)


@pytest.fixture
def oblique() -> tuple[Volume, Volume]:
    """A scan tilted by 20° with a bright box, and the labels of the box."""
    angle = np.radians(20)
    turn = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
    affine = np.eye(4)
    affine[:3, :3] = turn @ np.array([[0, 0, -0.6], [0, 0.6, 0], [2.0, 0, 0]])
    affine[:3, 3] = (12.0, -30.0, 5.0)
    labels = np.zeros((20, 60, 70), np.uint8)
    labels[6:14, 20:40, 25:45] = Label.EXTRAMEATAL
    image = np.where(labels > 0, 900, 400).astype(np.float32)
    return Volume(image, geometry.as_affine(affine)), Volume(labels, geometry.as_affine(affine))


def test_a_tumor_lies_in_the_head_where_it_lay_in_the_scan_as_large_as_it_was(oblique):
    image, labels = oblique
    head = head_of(image, labels, SHAPE, 1)
    np.testing.assert_allclose(head.image.spacing_dhw_mm, HEAD_SPACING_DHW_MM)
    found = geometry.transform_points(head.image.dhw_to_ras, np.argwhere(head.tumor))
    true = geometry.transform_points(labels.dhw_to_ras, np.argwhere(labels.array))
    np.testing.assert_allclose(found.mean(axis=0), true.mean(axis=0), atol=0.3)
    mm3 = head.tumor.sum() * np.prod(HEAD_SPACING_DHW_MM), (labels.array > 0).sum() * np.prod(labels.spacing_dhw_mm)
    assert mm3[0] == pytest.approx(mm3[1], rel=0.05)
    assert np.median(head.image.array[head.tumor]) == pytest.approx(900, rel=0.01)


def test_air_round_the_scan_holds_noise_as_a_scanner_leaves_it_and_no_voxel_is_empty(oblique):
    head = head_of(*oblique, SHAPE, 1)
    air = head.image.array < 200
    assert 0.5 < air.mean() < 1
    assert head.image.array.min() > 0
    assert head.image.array[air].std() > 0
    again, other = head_of(*oblique, SHAPE, 1), head_of(*oblique, SHAPE, 2)
    np.testing.assert_array_equal(again.image.array, head.image.array)
    assert (other.image.array != head.image.array)[air].all()


@pytest.mark.parametrize("cm3", [0.05, 4.2, 65.0])
def test_the_balls_that_are_measured_have_the_volume_that_they_are_named_by(cm3):
    labelmap = whole_head_with_tumor(radius_mm(cm3))
    assert (labelmap.array > 0).sum() * np.prod(labelmap.spacing_dhw_mm) / 1000 == pytest.approx(cm3, rel=0.05)
    assert {Label.EXTRAMEATAL, Label.INTRAMEATAL} <= set(np.unique(labelmap.array))
