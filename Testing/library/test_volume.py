import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from Testing.support.grids import affines, examples, turned_affine
from VSSegmentationLib import geometry
from VSSegmentationLib.errors import GeometryError
from VSSegmentationLib.geometry import AxisOrder
from VSSegmentationLib.volume import Volume, copy_as_it_lies, crop, reorder, reorder_array, undo_reorder

SHAPES = st.tuples(*[st.integers(1, 5)] * 3)
ORDERS = st.builds(
    lambda permutation, flips: AxisOrder(tuple(permutation), flips),
    st.permutations(range(3)),
    st.tuples(*[st.booleans()] * 3),
)


def numbered(shape, affine=None):
    return Volume(
        np.arange(np.prod(shape), dtype=np.float32).reshape(shape), turned_affine() if affine is None else affine
    )


def place_of_each_value(volume):
    """Where in the world each voxel value lies; values are all different."""
    index = np.indices(volume.shape).reshape(3, -1).T
    places = geometry.transform_points(volume.dhw_to_ras, index)
    return places[np.argsort(volume.array.ravel(), kind="stable")]


@given(affines(), SHAPES, ORDERS)
@examples(80)
def test_reordering_moves_no_voxel_in_space(affine, shape, order):
    volume = numbered(shape, affine)
    np.testing.assert_allclose(place_of_each_value(reorder(volume, order)), place_of_each_value(volume), atol=1e-6)


@given(affines(), SHAPES, ORDERS)
@examples(80)
def test_undoing_a_reorder_gives_the_same_voxels(affine, shape, order):
    volume = numbered(shape, affine)
    np.testing.assert_array_equal(undo_reorder(reorder(volume, order).array, order), volume.array)


@given(affines(), SHAPES)
@examples(40)
def test_a_reordered_grid_needs_no_further_reordering(affine, shape):
    volume = numbered(shape, affine)
    turned = reorder(volume, geometry.superior_anterior_right_order(volume.dhw_to_ras))
    assert geometry.superior_anterior_right_order(turned.dhw_to_ras).flipped == (False, False, False)


@given(st.data(), affines())
@examples(40)
def test_a_crop_stays_where_it_was(data, affine):
    volume = numbered((4, 5, 6), affine)
    start = tuple(data.draw(st.integers(0, n - 1)) for n in volume.shape)
    stop = tuple(data.draw(st.integers(a + 1, n)) for a, n in zip(start, volume.shape, strict=True))
    part = crop(volume, start, stop)
    everywhere = place_of_each_value(volume)
    np.testing.assert_allclose(
        place_of_each_value(part), everywhere[np.sort(part.array.ravel()).astype(int)], atol=1e-6
    )


@pytest.mark.parametrize(("start", "stop"), [((0, 0, 0), (4, 5, 7)), ((2, 0, 0), (2, 5, 6)), ((-1, 0, 0), (2, 2, 2))])
def test_a_crop_outside_or_empty_is_refused(start, stop):
    with pytest.raises(GeometryError, match="inside"):
        crop(numbered((4, 5, 6)), start, stop)


def test_a_volume_is_three_dimensional_and_can_not_be_written_to():
    with pytest.raises(GeometryError, match="three dimensions"):
        Volume(np.zeros((2, 2)), np.eye(4))
    volume = numbered((2, 3, 4))
    with pytest.raises(ValueError, match="read-only"):
        volume.array[0, 0, 0] = 1
    with pytest.raises(GeometryError, match="shape"):
        volume.with_array(np.zeros((2, 3, 5)))


def test_same_grid_looks_at_every_corner_not_only_the_origin():
    volume = numbered((10, 20, 30))
    nudged = volume.dhw_to_ras.copy()
    nudged[:3, 3] += 4e-4
    assert volume.same_grid(Volume(volume.array, nudged))
    turned = volume.dhw_to_ras.copy()
    turned[:3, 2] *= 1.001  # 29 voxels of 0.7 mm: 0.02 mm at the far corner
    assert not volume.same_grid(Volume(volume.array, turned))
    assert not volume.same_grid(numbered((10, 20, 29)))


@pytest.mark.parametrize(
    "order", [AxisOrder((2, 0, 1), (True, False, True)), AxisOrder((0, 1, 2), (False, True, False))]
)
def test_a_copy_that_lies_as_the_array_does_is_brought_back_without_moving_it(order):
    own = np.zeros((3, 4, 5), np.uint8)
    own[1, 2:, 1:4] = np.arange(1, 7).reshape(2, 3)
    ordered = reorder_array(own, order)
    copy = copy_as_it_lies(ordered)
    np.testing.assert_array_equal(copy, ordered)
    assert not np.shares_memory(copy, ordered)
    assert undo_reorder(copy, order).flags.c_contiguous
