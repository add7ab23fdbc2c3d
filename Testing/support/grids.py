"""Voxel grids as hypothesis draws them: any orientation, handedness, anisotropy and place."""

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation


def examples(count):
    """Settings of a property test: the same examples on every machine, however slow it is."""
    return settings(
        max_examples=count,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )


_ANGLE = st.floats(-180, 180, allow_nan=False)
_SPACING = st.floats(0.1, 9.0, allow_nan=False)
_PLACE = st.floats(-300, 300, allow_nan=False)


@st.composite
def affines(draw, sheared=False):
    """(4, 4) dhw_to_ras of a grid with right angles, or a little sheared; left-handed as often as not."""
    axes = Rotation.from_euler("xyz", draw(st.tuples(_ANGLE, _ANGLE, _ANGLE)), degrees=True).as_matrix()
    axes = axes @ np.eye(3)[:, draw(st.permutations(range(3)))]
    axes[:, 0] *= draw(st.sampled_from([-1, 1]))
    if sheared:
        axes[:, 0] += draw(st.floats(-0.3, 0.3)) * axes[:, 1]
    affine = np.eye(4)
    affine[:3, :3] = axes * draw(st.tuples(_SPACING, _SPACING, _SPACING))
    affine[:3, 3] = draw(st.tuples(_PLACE, _PLACE, _PLACE))
    return affine


def turned_affine(angles_deg=(20.0, -15.0, 35.0), spacing_dhw_mm=(1.5, 0.5, 0.7), origin_ras_mm=(-30.0, 12.0, 7.0)):
    """An oblique, anisotropic grid with right angles: axial planes (D superior, H anterior, W right), then turned."""
    affine = np.eye(4)
    straight = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])  # columns: where D, H and W point in RAS
    affine[:3, :3] = Rotation.from_euler("xyz", angles_deg, degrees=True).as_matrix() @ straight * spacing_dhw_mm
    affine[:3, 3] = origin_ras_mm
    return affine
