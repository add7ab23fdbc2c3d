import numpy as np
import pytest
from hypothesis import given

from Testing.support.grids import affines, examples, turned_affine
from VSSegmentationLib import geometry
from VSSegmentationLib.errors import GeometryError
from VSSegmentationLib.geometry import AxisOrder

AXIAL_RAS = np.array([[0, 0, 0.5, 1.0], [0, 0.7, 0, 2], [1.5, 0, 0, 3], [0, 0, 0, 1]])
SAGITTAL = np.array([[2.0, 0, 0, 0], [0, 0, -0.5, 0], [0, -0.7, 0, 0], [0, 0, 0, 1]])


@pytest.mark.parametrize(
    ("matrix", "match"),
    [
        (np.eye(3), "shape"),
        (np.full((4, 4), np.nan), "finite"),
        (np.vstack([np.eye(4)[:3], [0, 0, 1, 1]]), "last row"),
        (np.diag([1.0, 0, 1, 1]), "span space"),
        (np.array([[1.0, 2, 0, 0], [1, 2, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]), "span space"),
    ],
)
def test_a_matrix_that_is_no_grid_is_refused(matrix, match):
    with pytest.raises(GeometryError, match=match):
        geometry.as_affine(matrix)


def test_an_affine_can_not_be_changed_behind_its_owner():
    affine = geometry.as_affine(AXIAL_RAS)
    with pytest.raises(ValueError, match="read-only"):
        affine[0, 0] = 2


@given(affines())
@examples(40)
def test_spacing_is_the_distance_of_neighboring_centers(affine):
    for axis, spacing in enumerate(geometry.spacing_dhw_mm(affine)):
        neighbors = geometry.transform_points(
            affine, np.array([[2, 3, 4], np.add([2, 3, 4], np.eye(3, dtype=int)[axis])])
        )
        assert spacing == pytest.approx(np.linalg.norm(neighbors[1] - neighbors[0]), rel=1e-9)


@given(affines(sheared=True))
@examples(40)
def test_voxel_volume_is_that_of_the_parallelepiped(affine):
    a, b, c = affine[:3, :3].T
    assert geometry.voxel_volume_mm3(affine) == pytest.approx(abs(np.dot(a, np.cross(b, c))), rel=1e-9)


@pytest.mark.parametrize(("affine", "axis"), [(AXIAL_RAS, 0), (SAGITTAL, 1), (SAGITTAL[:, [1, 2, 0, 3]], 0)])
def test_axial_axis_runs_inferior_superior_also_in_a_sagittal_stack(affine, axis):
    assert geometry.axial_axis(affine) == axis


@pytest.mark.parametrize("degrees", [0, 10, 30, 44])
def test_tilt_is_the_angle_by_which_the_patient_nods(degrees):
    a = np.radians(degrees)
    nod = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    affine = np.eye(4)
    affine[:3, :3] = nod @ AXIAL_RAS[:3, :3]
    assert geometry.tilt_from_axial_deg(affine) == pytest.approx(degrees, abs=1e-4)


def test_shear_is_the_angle_missing_to_a_right_one():
    affine = np.eye(4)
    affine[:3, 0] = (np.sin(np.radians(12)), 0, np.cos(np.radians(12)))
    affine[:3, 2] = (1, 0, 0)
    assert geometry.shear_deg(affine) == pytest.approx(12, abs=1e-9)
    assert geometry.shear_deg(turned_affine()) == pytest.approx(0, abs=1e-6)


def test_sagittal_stack_is_reordered_to_superior_anterior_right():
    # D runs right, H inferior, W posterior: so superior is H reversed, anterior W reversed, right D as it is.
    assert geometry.superior_anterior_right_order(SAGITTAL) == AxisOrder((1, 2, 0), (True, True, False))


@given(affines())
@examples(60)
def test_reordered_axes_point_superior_anterior_right_as_closely_as_can_be(affine):
    order = geometry.superior_anterior_right_order(affine)
    assert sorted(order.permutation) == [0, 1, 2]
    dirs = geometry.directions(geometry.reordered_affine(affine, (3, 4, 5), order))
    chosen = dirs[2, 0] + dirs[1, 1] + dirs[0, 2]
    original = np.abs(geometry.directions(affine))
    permutations = [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)]
    assert chosen == pytest.approx(max(original[2, a] + original[1, b] + original[0, c] for a, b, c in permutations))
    assert min(dirs[2, 0], dirs[1, 1], dirs[0, 2]) >= -1e-12
