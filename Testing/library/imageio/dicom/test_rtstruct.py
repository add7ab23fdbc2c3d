"""Contours on planes of their own, rasterized on any grid: volumes of solids that are known exactly."""

import numpy as np
import pydicom
import pytest

from Testing.support.dicom_files import write_rtstruct, write_series
from Testing.support.grids import turned_affine
from VSSegmentationLib import geometry
from VSSegmentationLib.errors import InputRefusedError, UsageError
from VSSegmentationLib.imageio import list_rois, load_rtstruct_roi, read_rtstruct_roi
from VSSegmentationLib.imageio.dicom.contours import Contour, _planes
from VSSegmentationLib.imageio.dicom.rtstruct import _contours, _leaves, describe_structures
from VSSegmentationLib.volume import Volume

TURN = np.linspace(0, 2 * np.pi, 90, endpoint=False)


def circle(radius, height, center=(0.0, 0.0)):
    x, y = center[0] + radius * np.cos(TURN), center[1] + radius * np.sin(TURN)
    return np.column_stack([x, y, np.full_like(x, height)])


def grid(affine=None, shape=(40, 70, 60)):
    """By default axial planes of 1.5 mm, 0.6 mm in plane, centered near the origin and off every contour plane."""
    if affine is None:
        affine = np.array([[0, 0, 0.6, -18.1], [0, 0.6, 0, -21.3], [1.5, 0, 0, -29.77], [0, 0, 0, 1]])
    return Volume(np.zeros(shape, np.uint8), affine)


def volume_cm3(mask):
    return np.count_nonzero(mask.array) * geometry.voxel_volume_mm3(mask.dhw_to_ras) / 1000


def rasterized(tmp_path, contours, on):
    write_rtstruct(tmp_path / "rs.dcm", {"TV": contours})
    return read_rtstruct_roi(tmp_path / "rs.dcm", "TV", on)


def centered_oblique():
    affine = turned_affine((25, -20, 35), (1.5, 0.6, 0.7))
    affine[:3, 3] = -affine[:3, :3] @ (20, 35, 30)
    return affine


@pytest.mark.parametrize("affine", [None, centered_oblique()], ids=["axial", "oblique"])
def test_a_cylinder_between_the_slices_has_its_volume(tmp_path, affine):
    heights = np.arange(-9, 9.1, 1.5)  # 13 planes stand for 19.5 mm
    mask = rasterized(tmp_path, [circle(8, z) for z in heights], grid(affine))
    assert mask.array.dtype == np.bool_
    assert volume_cm3(mask) == pytest.approx(np.pi * 0.8**2 * 1.95, rel=0.02)


def test_a_ball_has_its_volume(tmp_path):
    heights = np.arange(-9.75, 9.8, 1.5)
    mask = rasterized(tmp_path, [circle(np.sqrt(100 - z * z), z) for z in heights], grid())
    assert volume_cm3(mask) == pytest.approx(4 / 3 * np.pi, rel=0.02)


def test_contours_are_lps_and_the_mask_lies_where_they_were_drawn(tmp_path):
    mask = rasterized(tmp_path, [circle(4, z, center=(6, -3)) for z in (0.0, 1.5, 3.0)], grid())
    center = geometry.transform_points(mask.dhw_to_ras, np.argwhere(mask.array)).mean(axis=0)
    np.testing.assert_allclose(center, (-6, 3, 1.5), atol=0.4)


def test_a_contour_within_another_is_a_hole_and_one_drawn_twice_counts_once(tmp_path):
    planes = np.arange(-4.5, 4.6, 1.5)
    ring = rasterized(tmp_path, [c for z in planes for c in (circle(8, z), circle(4, z))], grid())
    assert volume_cm3(ring) == pytest.approx(np.pi * (0.64 - 0.16) * 1.05, rel=0.03)
    twice = rasterized(tmp_path, [c for z in planes for c in (circle(8, z), circle(8, z)[::-1])], grid())
    assert volume_cm3(twice) == pytest.approx(np.pi * 0.64 * 1.05, rel=0.03)


def test_two_parts_far_apart_are_not_joined(tmp_path):
    heights = [*np.arange(-12, -5.9, 1.5), *np.arange(6, 12.1, 1.5)]
    mask = rasterized(tmp_path, [circle(8, z) for z in heights], grid())
    assert volume_cm3(mask) == pytest.approx(np.pi * 0.64 * 1.5, rel=0.06)
    empty = np.abs(geometry.transform_points(mask.dhw_to_ras, np.argwhere(mask.array))[:, 2]).min()
    assert empty > 5


def test_contours_that_lie_outside_the_grid_belong_to_another_image(tmp_path):
    with pytest.raises(InputRefusedError, match="enclose no voxel of the image"):
        rasterized(tmp_path, [circle(4, z, center=(300, 0)) for z in (0.0, 1.5)], grid())


def test_contours_that_reach_beyond_the_grid_are_counted(tmp_path):
    write_rtstruct(tmp_path / "rs.dcm", {"TV": [circle(8, z, center=(17.0, 0)) for z in (0.0, 1.5)]})
    (note,) = load_rtstruct_roi(tmp_path / "rs.dcm", "TV", grid()).notes
    assert "Of 2 contours of the structure 2 reach beyond the image" in note


def test_planes_that_are_missing_are_filled_in_and_counted(tmp_path):
    heights = [z for z in np.arange(-9, 9.1, 1.5) if z not in (-3.0, 3.0, 4.5)]
    write_rtstruct(tmp_path / "rs.dcm", {"TV": [circle(8, z) for z in heights]})
    drawn = load_rtstruct_roi(tmp_path / "rs.dcm", "TV", grid())
    assert volume_cm3(drawn.mask) == pytest.approx(np.pi * 0.8**2 * 1.95, rel=0.02)
    assert "miss 3 planes" in drawn.notes[0]


def test_contours_that_overlap_in_part_are_joined(tmp_path):
    planes = np.arange(-4.5, 4.6, 1.5)
    both = [c for z in planes for c in (circle(6, z, (-3, 0)), circle(6, z, (3, 0)))]
    lens = 2 * 36 * np.arccos(3 / 6) - 3 * 2 * np.sqrt(36 - 9)  # area common to two circles 6 mm apart
    assert volume_cm3(rasterized(tmp_path, both, grid())) == pytest.approx((2 * np.pi * 36 - lens) * 10.5e-3, rel=0.03)


def changed(tmp_path, contours, change, rois=None):
    path = tmp_path / "rs.dcm"
    write_rtstruct(path, rois or {"TV": contours})
    dataset = pydicom.dcmread(path)
    change(dataset)
    dataset.save_as(path)
    return path


def test_contours_of_the_exclusive_kind_cancel_each_other(tmp_path):
    planes = np.arange(-4.5, 4.6, 1.5)

    def exclusive(dataset):
        for contour in dataset.ROIContourSequence[0].ContourSequence:
            contour.ContourGeometricType = "CLOSEDPLANAR_XOR"

    # Two circles that overlap in part: what they have in common is outside, by the standard.
    path = changed(tmp_path, [c for z in planes for c in (circle(6, z, (-3, 0)), circle(6, z, (3, 0)))], exclusive)
    lens = 2 * 36 * np.arccos(3 / 6) - 3 * 2 * np.sqrt(36 - 9)
    found = volume_cm3(read_rtstruct_roi(path, "TV", grid()))
    assert found == pytest.approx((2 * np.pi * 36 - 2 * lens) * 10.5e-3, rel=0.06)


def test_what_encloses_nothing_is_counted_by_its_kind(tmp_path):
    def opened(dataset):
        sequence = dataset.ROIContourSequence[0].ContourSequence
        sequence[0].ContourGeometricType = "OPEN_PLANAR"
        sequence[1].ContourGeometricType = "POINT"
        sequence[1].ContourData = sequence[1].ContourData[:3]
        sequence[2].ContourData = None

    path = changed(tmp_path, [circle(8, z) for z in np.arange(-4.5, 4.6, 1.5)], opened)
    (note,) = load_rtstruct_roi(path, "TV", grid()).notes
    assert "Of 6 contours of the structure 2 enclose nothing and were passed over (1 OPEN_PLANAR, 1 POINT)" in note


def test_damage_in_another_structure_takes_nothing_from_this_one(tmp_path):
    def damaged(dataset):
        dataset.ROIContourSequence[1].ContourSequence[0].ContourData = ["1", "2"]

    path = changed(tmp_path, [], damaged, {"TV": [circle(8, z) for z in (0.0, 1.5)], "Brain": [circle(9, 0.0)]})
    assert read_rtstruct_roi(path, "TV", grid()).array.any()
    with pytest.raises(InputRefusedError, match="damaged"):
        read_rtstruct_roi(path, "Brain", grid())


def test_structures_of_one_name_are_told_apart_by_their_numbers(tmp_path):
    def renamed(dataset):
        dataset.StructureSetROISequence[1].ROIName = "TV"

    rois = {"TV": [circle(4, z) for z in (0.0, 1.5)], "other": [circle(8, z) for z in (0.0, 1.5, 3.0)]}
    path = changed(tmp_path, [], renamed, rois)
    with pytest.raises(UsageError, match=r"1 \(2 contours, 8 x 8 x 2 mm\), 2 \(3 contours, 16 x 16 x 3 mm\)"):
        read_rtstruct_roi(path, "TV", grid())
    assert volume_cm3(read_rtstruct_roi(path, "2", grid())) == pytest.approx(np.pi * 0.64 * 0.45, rel=0.05)


def test_structures_are_listed_and_an_unknown_one_is_refused(tmp_path):
    write_rtstruct(tmp_path / "rs.dcm", {"TV": [circle(4, 0)], "Cochlea": []})
    assert list_rois(tmp_path / "rs.dcm") == ("TV", "Cochlea")
    with pytest.raises(UsageError, match="TV, Cochlea"):
        read_rtstruct_roi(tmp_path / "rs.dcm", "Skull", grid())
    with pytest.raises(InputRefusedError, match="no closed planar contour"):
        read_rtstruct_roi(tmp_path / "rs.dcm", "Cochlea", grid())


def test_what_is_no_rtstruct_is_refused(tmp_path):
    (path, *_) = write_series(tmp_path, np.zeros((1, 8, 8), np.int16))
    with pytest.raises(InputRefusedError, match="no DICOM RTSTRUCT"):
        list_rois(path)
    (tmp_path / "text").write_text("not DICOM at all, and long enough to be read a little further than that")
    with pytest.raises(InputRefusedError, match="RTSTRUCT"):
        list_rois(tmp_path / "text")


def test_contours_of_another_frame_of_reference_are_refused(tmp_path):
    path = tmp_path / "rs.dcm"
    write_rtstruct(path, {"TV": [circle(8, z) for z in (0.0, 1.5)]})
    dataset = pydicom.dcmread(path)
    dataset.StructureSetROISequence[0].ReferencedFrameOfReferenceUID = "1.2.3"
    dataset.save_as(path)
    assert read_rtstruct_roi(path, "TV", grid(), "1.2.3").array.any()
    assert read_rtstruct_roi(path, "TV", grid()).array.any()
    with pytest.raises(InputRefusedError, match="another frame of reference"):
        read_rtstruct_roi(path, "TV", grid(), "1.2.4")


def test_our_own_contours_that_hide_their_frame_of_reference_are_read_with_a_note(tmp_path):
    path = tmp_path / "rs.dcm"
    write_rtstruct(path, {"Extrameatal tumor, left": [circle(8, z) for z in (0.0, 1.5)]})
    dataset = pydicom.dcmread(path)
    dataset.StructureSetROISequence[0].ReferencedFrameOfReferenceUID = "1.2.3"
    dataset.Manufacturer, dataset.PatientIdentityRemoved = "vs-segmentation", "YES"
    dataset.save_as(path)
    drawn = load_rtstruct_roi(path, "1", grid(), "1.2.4")
    assert (drawn.name, drawn.mask.array.any()) == ("Extrameatal tumor, left", True)
    assert "could not be checked" in drawn.notes[0]
    dataset.Manufacturer = "somebody else"
    dataset.save_as(path)
    with pytest.raises(InputRefusedError, match="another frame of reference"):
        load_rtstruct_roi(path, "1", grid(), "1.2.4")


def test_long_names_are_cut_after_40_letters_and_a_refusal_lists_as_many_as_a_sentence_holds(tmp_path):
    square = [np.array([(0.0, 0, z), (9, 0, z), (9, 9, z), (0, 9, z)]) for z in (0.0, 3.0)]
    write_rtstruct(tmp_path / "many.dcm", {f"{n:02d}{'x' * 50}": square for n in range(22)})
    told = describe_structures(tmp_path / "many.dcm")
    assert [each.name for each in told] == [f"{n:02d}{'x' * 38}" for n in range(22)]
    on = Volume(np.zeros((3, 12, 12), np.uint8), np.eye(4))
    with pytest.raises(UsageError, match="there is no structure of that name") as refused:
        load_rtstruct_roi(tmp_path / "many.dcm", "none", on)
    assert f"there are: 00{'x' * 38}, 01{'x' * 38}, " in str(refused.value)
    assert len(str(refused.value)) <= 300


def test_twenty_structures_of_one_name_are_listed_by_number_in_one_sentence(tmp_path):
    square = [np.array([(0.0, 0, z), (9, 0, z), (9, 9, z), (0, 9, z)]) for z in (0.0, 3.0)]
    write_rtstruct(tmp_path / "many.dcm", {f"{n:02d}": square for n in range(20)})
    dataset = pydicom.dcmread(tmp_path / "many.dcm")
    for each in dataset.StructureSetROISequence:
        each.ROIName = "TV"
    dataset.save_as(tmp_path / "many.dcm")
    with pytest.raises(UsageError, match="20 structures have that name; choose one by its number: 1 ") as refused:
        load_rtstruct_roi(tmp_path / "many.dcm", "TV", Volume(np.zeros((3, 12, 12), np.uint8), np.eye(4)))
    assert len(str(refused.value)) <= 300


def square(side_mm, heights, corner=(0.0, 0.0)):
    x, y = corner
    corners = [(x, y), (x + side_mm, y), (x + side_mm, y + side_mm), (x, y + side_mm)]
    return np.array([(*each, height) for each, height in zip(corners, np.resize(heights, 4), strict=True)])


@pytest.mark.parametrize(("rise_mm", "is_taken"), [(0.1, True), (0.12, False)])
def test_a_contour_may_rise_by_a_tenth_of_a_millimeter_and_belongs_to_the_plane_that_its_middle_is_next_to(
    tmp_path, rise_mm, is_taken
):
    """Its middle lies half of that above the plane at 0, in which a larger contour lies flat."""
    contours = [square(10, [0.0]), square(10, [3.0]), square(6, [0.0, rise_mm], corner=(14.0, 0.0))]
    affine = np.array([[0, 0, 1.0, -25.5], [0, 1.0, 0, -15.5], [1.0, 0, 0, -5.0], [0, 0, 0, 1]])
    on = Volume(np.zeros((15, 40, 40), np.uint8), affine)
    if not is_taken:
        with pytest.raises(InputRefusedError, match="do not lie on parallel planes"):
            rasterized(tmp_path, contours, on)
        return
    mask = rasterized(tmp_path, contours, on)
    assert volume_cm3(mask) == pytest.approx((2 * 100 + 36) * 3 / 1000, rel=0.12)


def test_a_plane_knows_how_far_every_pixel_lies_from_the_outline_in_millimeters():
    """The middle of a square of 10 mm lies 5 mm inside, and half a pixel less is as near as pixels know."""
    square = np.array([[0, 0, 0], [10, 0, 0], [10, 10, 0], [0, 10, 0]], np.float64)
    for pixel_mm in (0.25, 0.5):
        planes = _planes([Contour(square, exclusive=False)], pixel_mm)
        assert planes.distance_mm.min() == pytest.approx(-5.0, abs=pixel_mm)


def contour(points, kind="CLOSED_PLANAR"):
    item = pydicom.Dataset()
    item.ContourGeometricType = kind
    item.ContourData = [f"{each:.10g}" for each in np.ravel(points)]
    return item


def structure(*contours):
    drawn = pydicom.Dataset()
    drawn.ContourSequence = list(contours)
    return drawn


@pytest.mark.parametrize("kind", ["CLOSED_PLANAR", "CLOSEDPLANAR_XOR"])
def test_three_points_enclose_an_area_and_two_are_passed_over_by_their_kind(kind):
    closed, passed_over = _contours(structure(contour(np.eye(3), kind), contour(np.eye(3)[:2], kind)))
    assert [len(each.points) for each in closed] == [3]
    assert passed_over == {f"{kind} of fewer than 3 points": 1}


@pytest.mark.parametrize(("farthest_mm", "is_taken"), [(99_999.0, True), (100_000.0, False), (np.nan, False)])
def test_points_are_less_than_a_hundred_meters_from_the_origin(farthest_mm, is_taken):
    drawn = structure(contour([[0, 0, 0], [9, 0, 0], [9, -farthest_mm, 0]]))
    if is_taken:
        ((only,), _) = _contours(drawn)
        assert only.points[2].tolist() == [-9.0, farthest_mm, 0.0]
    else:
        with pytest.raises(InputRefusedError, match="not finite or far from any patient"):
            _contours(drawn)


@pytest.mark.parametrize(
    ("point", "leaves"),
    [
        ((-1.0, -1.0, -1.0), False),
        ((6.0, 5.0, 4.0), False),
        ((-1.01, 2.0, 2.0), True),
        ((2.0, 5.01, 2.0), True),
        ((2.0, 2.0, 4.01), True),
    ],
)
def test_a_contour_reaches_beyond_an_image_more_than_a_voxel_outside(point, leaves):
    on = Volume(np.zeros((4, 5, 6), np.uint8), np.eye(4)[:, [2, 1, 0, 3]])
    assert _leaves(np.array([(2.0, 2.0, 2.0), point]), on) is leaves


def test_names_are_listed_in_two_hundred_letters(tmp_path):
    write_rtstruct(tmp_path / "many.dcm", {f"{n:02d}{'x' * 30}": [circle(4, 0.0)] for n in range(20)})
    with pytest.raises(UsageError, match="there are: ") as refused:
        load_rtstruct_roi(tmp_path / "many.dcm", "none", grid())
    assert len(str(refused.value).partition("there are: ")[2]) == 200
