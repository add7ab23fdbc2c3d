import math

import numpy as np
import pytest

from VSSegmentationLib.errors import GeometryError
from VSSegmentationLib.evaluation import boundary_distances, boundary_sheet
from VSSegmentationLib.labels import Label

SPACING = (1.5, 0.5, 0.5)
EM, IM = Label.EXTRAMEATAL, Label.INTRAMEATAL


def tumor_cut_at(w: int, *, other_side_of_the_head: bool = False) -> np.ndarray:
    """The check volume of the reference: an ellipsoid, intrameatal below W = w and extrameatal from there on."""
    d, h, column = np.ogrid[:24, :60, :60]
    inside = ((d - 12) / 7) ** 2 + ((h - 30) / 14) ** 2 + ((column - 30) / 18) ** 2 <= 1
    extrameatal = np.broadcast_to(column < w, inside.shape)
    labelmap = np.where(inside, np.where(extrameatal, EM, IM), 0).astype(np.uint8)
    return labelmap[:, :, ::-1] if other_side_of_the_head else labelmap


def test_the_sheet_is_the_extrameatal_side_of_the_cut():
    sheet = boundary_sheet(tumor_cut_at(32))
    assert np.count_nonzero(sheet) == 299
    assert np.unique(np.nonzero(sheet)[2]).tolist() == [31]


@pytest.mark.parametrize("other_side", [False, True])
@pytest.mark.parametrize(
    ("shift", "expected"), [(-4, 2.0004), (-2, 1.0), (-1, 0.5), (0, 0.0), (1, 0.5014), (2, 1.0008), (4, 2.0036)]
)
def test_a_displaced_boundary_is_as_far_as_the_check_values_say(shift, expected, other_side):
    prediction = tumor_cut_at(32 + shift, other_side_of_the_head=other_side)
    reference = tumor_cut_at(32, other_side_of_the_head=other_side)
    found = boundary_distances(prediction, reference, SPACING)
    assert found.mean_of_directed_means_mm == pytest.approx(expected, abs=5e-5)


def test_the_pooled_mean_of_a_displaced_boundary_has_its_own_check_value():
    found = boundary_distances(tumor_cut_at(36), tumor_cut_at(32), SPACING)
    assert found.pooled_mean_mm == pytest.approx(2.0038, abs=5e-5)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_flat_boundary_is_displaced_by_voxels_times_their_size_along_any_axis(axis):
    def box_cut_at(index: int) -> np.ndarray:
        labelmap = np.full((12, 12, 12), IM, np.uint8)
        labelmap[(slice(None),) * axis + (slice(0, index),)] = EM
        return labelmap

    found = boundary_distances(box_cut_at(4), box_cut_at(7), SPACING)
    assert found.mean_of_directed_means_mm == found.hausdorff_mm() == pytest.approx(3 * SPACING[axis])


def test_every_voxel_of_a_thick_sheet_counts_where_a_surface_would_leave_out_its_core():
    # Extrameatal voxels in a checkerboard of intrameatal ones all touch one: the sheet is all of them.
    board = np.indices((6, 6, 6)).sum(axis=0) % 2
    labelmap = np.where(board, EM, IM).astype(np.uint8)
    assert np.array_equal(boundary_sheet(labelmap), board == 1)


def test_parts_that_touch_by_an_edge_alone_have_no_boundary():
    labelmap = np.zeros((4, 4, 4), np.uint8)
    labelmap[1, 1, 1], labelmap[1, 2, 2] = EM, IM
    assert not boundary_sheet(labelmap).any()


def test_a_boundary_that_one_labelmap_lacks_is_infinitely_far_and_0_when_both_lack_it():
    divided = tumor_cut_at(32)
    undivided = np.where(divided, Label.UNDIVIDED_TUMOR, 0).astype(np.uint8)
    nothing = np.zeros_like(divided)
    for lacking in (undivided, nothing):
        assert boundary_distances(lacking, divided, SPACING).mean_of_directed_means_mm == math.inf
        assert boundary_distances(divided, lacking, SPACING).mean_of_directed_means_mm == math.inf
    assert boundary_distances(undivided, nothing, SPACING).mean_of_directed_means_mm == 0
    assert boundary_distances(nothing, nothing, SPACING).mean_of_directed_means_mm == 0


def test_labelmaps_of_different_shapes_and_a_spacing_of_0_are_refused():
    divided = tumor_cut_at(32)
    with pytest.raises(GeometryError, match="one shape"):
        boundary_distances(divided, divided[1:], SPACING)
    with pytest.raises(GeometryError, match="must be > 0"):
        boundary_distances(divided, divided, (1.5, 0.0, 0.5))
