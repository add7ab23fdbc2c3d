"""What holds for the measurements of any labelmap at all."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from Testing.support.grids import affines
from Testing.support.phantoms import axial_affine, ice_cream, oblique
from VSSegmentationLib import geometry
from VSSegmentationLib.geometry import AxisOrder
from VSSegmentationLib.measurement import Measurement, components, measure
from VSSegmentationLib.volume import Volume, reorder

IDS = [
    *("vol_total", "vol_em", "vol_im", "whole_max_axial", "em_max_axial", "iac_max_axial", "em_ap", "em_ml"),
    *("aao_size", "whole_long", "whole_short", "whole_max_3d", "em_max_3d", "im_length", "fundus_gap"),
    *("whole_height", "vol_ellipsoid", "para_EM", "para_IM", "perp_EM"),
    *("vol_cochlea_right", "vol_cochlea_left", "gap_cochlea"),
]


def by_id(labelmap: Volume) -> dict[str, Measurement]:
    return {m.id: m for m in measure(labelmap)}


def numbers(labelmap: Volume) -> list[float | None]:
    return [
        number
        for m in measure(labelmap)
        for number in (m.value, m.extra.get("feret_slice_center_mm"), m.extra.get("voxel_count"))
    ]


LABELMAPS = arrays(np.uint8, st.tuples(*[st.integers(1, 5)] * 3), elements=st.sampled_from([0, 0, 1, 2]))


def in_one_piece(array: np.ndarray) -> bool:
    return len(components(Volume(array, np.eye(4)))) <= 1


@settings(max_examples=80, deadline=None)
@given(
    LABELMAPS.filter(in_one_piece),
    st.sampled_from([1.5, 0.4]),
    st.floats(0, 25),
    st.permutations((0, 1, 2)),
    st.tuples(*[st.booleans()] * 3),
)
def test_stored_in_any_order_and_turned_a_tumor_keeps_its_volumes_and_its_diameter(
    array, thickness, degrees, permutation, flips
):
    labelmap = Volume(array, axial_affine((thickness, 0.5, 0.5)))
    before = by_id(labelmap)
    after = by_id(oblique(reorder(labelmap, AxisOrder(tuple(permutation), flips)), degrees))
    # An extrameatal part in two equal pieces may show the one or the other.
    for name in ("vol_total", "vol_em", "vol_im", "whole_max_axial"):
        assert after[name].value == pytest.approx(before[name].value, abs=1e-9)


@settings(max_examples=80, deadline=None)
@given(LABELMAPS, st.floats(0.3, 3))
def test_scaling_the_spacing_scales_lengths_and_volumes(array, factor):
    before = by_id(Volume(array, axial_affine((1.5, 0.5, 0.5))))
    after = by_id(Volume(array, axial_affine((1.5 * factor, 0.5 * factor, 0.5 * factor))))
    for name, measurement in before.items():
        if measurement.value is None:
            assert after[name].reason == measurement.reason
        else:
            power = 1 if measurement.unit == "mm" else 3
            assert after[name].value == pytest.approx(measurement.value * factor**power, rel=1e-6)


@settings(max_examples=80, deadline=None)
@given(LABELMAPS)
def test_every_mask_gives_finite_values_or_reasons_and_parts_that_add_up_exactly(array):
    labelmap = Volume(array, oblique(Volume(array, axial_affine((1.5, 0.41, 0.41)))).dhw_to_ras)
    found = by_id(labelmap)
    assert list(found) == IDS
    assert found["vol_total"].value == found["vol_im"].value + found["vol_em"].value
    for measurement in found.values():
        assert np.isfinite(measurement.value) if measurement.reason is None else measurement.value is None
    for name in ("em_max_axial", "iac_max_axial"):
        if found[name].value is not None:
            for which in ("feret_slice_center_mm", "crack_slice_mm"):
                assert found[name].extra[which] <= found["whole_max_axial"].extra[which] + 1e-9
            assert found[name].value <= found["whole_max_axial"].value + 1e-9
    for flat, solid in (("whole_max_axial", "whole_max_3d"), ("em_max_axial", "em_max_3d")):
        if found[flat].value is not None and found[solid].value is not None:
            assert found[flat].extra["feret_slice_center_mm"] <= found[solid].extra["feret_center_mm"] + 1e-9
            assert found[flat].extra["crack_slice_mm"] <= found[solid].value + 1e-9
    if found["whole_short"].value is not None:
        assert found["whole_short"].value <= found["whole_long"].value
        assert found["whole_short"].extra["line_mm"] <= found["whole_long"].extra["crack_slice_mm"] + 0.41 / 4


@settings(max_examples=60, deadline=None)
@given(LABELMAPS)
def test_every_length_has_end_points_as_far_apart_as_its_line_and_inside_the_padded_box(array):
    labelmap = oblique(Volume(array, axial_affine((1.5, 0.41, 0.41))), 10.0)
    for measurement in measure(labelmap):
        if measurement.unit != "mm" or measurement.value is None:
            continue
        ends = np.array(measurement.end_points_ras_mm)
        if measurement.id == "aao_size":  # drawn is the longer of its two diameters
            line_mm = max(measurement.extra["em_ap_mm"], measurement.extra["em_ml_mm"])
        else:
            line_mm = measurement.extra.get("line_mm", measurement.value)
        assert np.linalg.norm(ends[1] - ends[0]) == pytest.approx(line_mm, abs=1e-4), measurement.id
        index = geometry.transform_points(np.linalg.inv(labelmap.dhw_to_ras), ends)
        if measurement.id not in ("im_length", "fundus_gap"):  # these end on the plane and at the fundus
            assert (index > -0.51).all(), measurement.id
            assert (index < np.array(array.shape) - 0.49).all(), measurement.id


@settings(max_examples=60, deadline=None)
@given(LABELMAPS.filter(in_one_piece), affines())
def test_however_the_patient_lies_in_the_scanner_volumes_and_3d_diameter_stay(array, dhw_to_ras):
    spacing = geometry.spacing_dhw_mm(dhw_to_ras)
    straight, turned = by_id(Volume(array, axial_affine(spacing))), by_id(Volume(array, dhw_to_ras))
    for name in ("vol_total", "vol_em", "vol_im", "whole_max_3d"):
        assert turned[name].reason == straight[name].reason, name
        if straight[name].value is not None:
            assert turned[name].value == pytest.approx(straight[name].value, rel=1e-9), name


def test_same_labelmap_gives_the_same_measurements_each_time():
    labelmap = ice_cream((1.5, 0.4, 0.4))
    assert repr(measure(labelmap)) == repr(measure(labelmap))


def test_number_of_voxels_around_the_tumor_changes_no_number():
    labelmap = ice_cream((1.5, 0.4, 0.4))
    padded = np.pad(labelmap.array, ((7, 3), (40, 2), (1, 60)))
    origin = geometry.transform_points(labelmap.dhw_to_ras, np.array((-7, -40, -1)))
    affine = labelmap.dhw_to_ras.copy()
    affine[:3, 3] = origin
    assert numbers(Volume(padded, affine)) == pytest.approx(numbers(labelmap), abs=1e-9)


@settings(max_examples=80, deadline=None)
@given(LABELMAPS)
def test_end_points_lie_on_the_stated_slice_within_a_pixel_of_the_mask_and_at_the_stated_distance(array):
    labelmap = oblique(Volume(array, axial_affine((1.5, 0.4, 0.4))), 10.0)
    found = by_id(labelmap)["whole_max_axial"]
    if found.value is None:
        return
    ends = np.array(found.end_points_ras_mm)
    index = geometry.transform_points(np.linalg.inv(labelmap.dhw_to_ras), ends)
    assert index[:, found.slice_axis] == pytest.approx(found.slice_index, abs=1e-6)
    assert (index > -0.51).all()
    assert (index < np.array(array.shape) - 0.49).all()
    assert np.linalg.norm(ends[1] - ends[0]) == pytest.approx(found.extra["line_mm"], abs=1e-6)
    assert found.value <= found.extra["line_mm"] + 1e-9


@settings(max_examples=40, deadline=None)
@given(LABELMAPS, st.tuples(*[st.integers(0, 4)] * 3))
def test_moving_a_tumor_by_whole_voxels_moves_only_the_slice(array, shift):
    affine = axial_affine((1.5, 0.4, 0.4))
    here = measure(Volume(array, affine))
    there = measure(Volume(np.pad(array, [(n, 0) for n in shift]), affine))
    for before, after in zip(here, there, strict=True):
        assert after.value == pytest.approx(before.value, abs=1e-9)
        if before.slice_index is not None:
            assert after.slice_index == before.slice_index + shift[0]
