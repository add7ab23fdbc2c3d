"""Arrays, images of SimpleITK and of nibabel as volumes, and back: each voxel stays where the other library has it."""

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st

from Testing.support.grids import affines, examples, turned_affine
from Testing.support.lying_scans import GRIDS, empty_scan
from VSSegmentationLib import geometry
from VSSegmentationLib.errors import GeometryError, InputRefusedError, UsageError
from VSSegmentationLib.volume import Volume, crop

SHAPES = st.tuples(*[st.integers(1, 5)] * 3)
LPS_TO_RAS = np.array((-1.0, -1.0, 1.0))


def numbered(shape, affine) -> Volume:
    """Every voxel has another value, so that none can be taken for its neighbor."""
    return Volume(np.arange(np.prod(shape), dtype=np.float32).reshape(shape), affine)


def places_in_sitk(image: sitk.Image) -> dict[float, np.ndarray]:
    """RAS of each voxel value, as ITK itself says."""
    size = image.GetSize()
    indices = [(i, j, k) for k in range(size[2]) for j in range(size[1]) for i in range(size[0])]
    return {image[each]: LPS_TO_RAS * image.TransformIndexToPhysicalPoint(each) for each in indices}


def places_in_nibabel(image: nibabel.Nifti1Image) -> dict[float, np.ndarray]:
    voxels = np.asanyarray(image.dataobj)
    return {float(voxels[each]): nibabel.affines.apply_affine(image.affine, each) for each in np.ndindex(voxels.shape)}


def places_in(volume: Volume) -> dict[float, np.ndarray]:
    affine = volume.dhw_to_ras
    return {
        float(volume.array[each]): affine[:3, :3] @ np.array(each) + affine[:3, 3] for each in np.ndindex(volume.shape)
    }


def assert_same_places(seen: dict[float, np.ndarray], told: dict[float, np.ndarray]) -> None:
    assert seen.keys() == told.keys()
    for value, place in seen.items():
        np.testing.assert_allclose(told[value], place, atol=1e-6)


@given(affines(), SHAPES)
@examples(30)
def test_in_sitk_each_voxel_lies_where_it_lay_and_comes_back_exactly(affine, shape):
    volume = numbered(shape, affine)
    image = volume.to_sitk()
    assert_same_places(places_in_sitk(image), places_in(volume))
    back = Volume.from_sitk(image)
    np.testing.assert_array_equal(back.array, volume.array)
    np.testing.assert_allclose(back.dhw_to_ras, volume.dhw_to_ras, atol=1e-9)


@given(affines(sheared=True), SHAPES)
@examples(30)
def test_in_nibabel_each_voxel_lies_where_it_lay_and_comes_back_exactly(affine, shape):
    volume = numbered(shape, affine)
    image = volume.to_nibabel()
    assert_same_places(places_in_nibabel(image), places_in(volume))
    back = Volume.from_nibabel(image)
    np.testing.assert_array_equal(back.array, volume.array)
    np.testing.assert_array_equal(back.dhw_to_ras, volume.dhw_to_ras)


@pytest.mark.parametrize("grid", list(GRIDS))
def test_both_libraries_agree_on_oblique_left_handed_sagittal_and_coronal_grids(grid: str):
    empty = empty_scan(grid, (6.0, 5.0, 4.0))
    volume = numbered(empty.shape, empty.dhw_to_ras)
    assert_same_places(places_in_sitk(volume.to_sitk()), places_in_nibabel(volume.to_nibabel()))


def test_an_image_made_by_sitk_lies_where_sitk_says():
    image = sitk.GetImageFromArray(np.arange(24, dtype=np.int16).reshape(2, 3, 4))
    image.SetSpacing((0.5, 0.7, 3.0))
    image.SetOrigin((10.0, -20.0, 5.0))
    image.SetDirection((0, 0, 1, 1, 0, 0, 0, -1, 0))  # sagittal
    volume = Volume.from_sitk(image)
    assert volume.shape == (2, 3, 4)
    assert volume.spacing_dhw_mm == pytest.approx((3.0, 0.7, 0.5))
    assert_same_places(places_in_sitk(image), places_in(volume))


def test_an_image_made_by_nibabel_keeps_its_scaled_values_and_its_axes_turn_round(tmp_path):
    affine = np.array([[-0.5, 0, 0, 9], [0, 0.7, 0, 8], [0, 0, 3.0, 7], [0, 0, 0, 1]])
    image = nibabel.Nifti1Image(np.arange(24, dtype=np.int16).reshape(4, 3, 2), affine)
    image.header.set_slope_inter(2.0, 1.0)
    nibabel.save(image, tmp_path / "image.nii")
    read = nibabel.load(tmp_path / "image.nii")
    volume = Volume.from_nibabel(read)
    assert volume.shape == (2, 3, 4)
    assert volume.spacing_dhw_mm == pytest.approx((3.0, 0.7, 0.5))
    assert_same_places(places_in_nibabel(read), places_in(volume))


def test_a_last_axis_of_length_one_is_dropped_and_a_longer_one_refused():
    affine = turned_affine()
    assert Volume.from_nibabel(nibabel.Nifti1Image(np.zeros((4, 3, 2, 1)), affine)).shape == (2, 3, 4)
    with pytest.raises(GeometryError, match=r"three dimensions.*take one channel or time point"):
        Volume.from_nibabel(nibabel.Nifti1Image(np.zeros((4, 3, 2, 5)), affine))


def test_an_array_with_its_affine_is_that_volume():
    array, affine = np.arange(24.0).reshape(2, 3, 4), turned_affine()
    volume = Volume.from_array(array, dhw_to_ras=affine)
    np.testing.assert_array_equal(volume.dhw_to_ras, affine)
    assert not volume.axes_assumed


def test_an_array_is_copied_so_that_the_volume_stays_as_it_is():
    array = np.zeros((2, 3, 4))
    volume = Volume.from_array(array, spacing_dhw_mm=(1.0, 1.0, 1.0))
    array[:] = 7
    assert not volume.array.any()


def test_an_array_with_a_voxel_size_lies_as_sitk_lays_it_and_says_that_this_was_assumed():
    array = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    volume = Volume.from_array(array, spacing_dhw_mm=(3.0, 0.7, 0.5))
    image = sitk.GetImageFromArray(array)
    image.SetSpacing((0.5, 0.7, 3.0))
    assert_same_places(places_in_sitk(image), places_in(volume))
    assert volume.axes_assumed
    assert crop(volume, (0, 0, 0), (1, 2, 3)).axes_assumed
    assert volume.with_array(array + 1).axes_assumed


@pytest.mark.parametrize(
    ("array", "settings", "error", "sentence"),
    [
        (np.zeros((2, 3, 4)), {}, GeometryError, "does not tell its voxel size and place; give dhw_to_ras"),
        (np.zeros((2, 3, 4, 5)), {"spacing_dhw_mm": (1, 1, 1)}, GeometryError, "three dimensions, got shape"),
        (np.zeros((2, 3)), {"spacing_dhw_mm": (1, 1, 1)}, GeometryError, "three dimensions, got shape"),
        (np.zeros((0, 3, 4)), {"spacing_dhw_mm": (1, 1, 1)}, InputRefusedError, "must hold numbers, got 0"),
        (np.zeros((2, 3, 4), complex), {"spacing_dhw_mm": (1, 1, 1)}, InputRefusedError, "of type complex128"),
        ([[["a"]]], {"spacing_dhw_mm": (1, 1, 1)}, InputRefusedError, "give gray values or labels"),
        (np.zeros((2, 3, 4)), {"spacing_dhw_mm": (1, 1)}, GeometryError, "three numbers"),
        (np.zeros((2, 3, 4)), {"spacing_dhw_mm": (1, 0, 1)}, GeometryError, "must be > 0"),
        (np.zeros((2, 3, 4)), {"spacing_dhw_mm": (1, float("nan"), 1)}, GeometryError, "must be > 0"),
        (np.zeros((2, 3, 4)), {"dhw_to_ras": np.eye(3)}, GeometryError, r"must be a \(4, 4\) matrix"),
        (np.zeros((2, 3, 4)), {"dhw_to_ras": np.eye(4), "spacing_dhw_mm": (1, 1, 1)}, UsageError, "give dhw_to_ras"),
    ],
)
def test_an_array_that_is_no_volume_is_refused_in_one_sentence(array, settings, error, sentence):
    with pytest.raises(error, match=sentence):
        Volume.from_array(array, **settings)


def test_images_of_vectors_or_of_two_dimensions_are_refused():
    with pytest.raises(GeometryError, match="one value per voxel, got 3 dimensions and 2 values"):
        Volume.from_sitk(sitk.GetImageFromArray(np.zeros((2, 3, 4, 2), np.float32), isVector=True))
    with pytest.raises(GeometryError, match="got 2 dimensions"):
        Volume.from_sitk(sitk.GetImageFromArray(np.zeros((2, 3), np.float32)))


def test_an_image_of_nibabel_without_an_affine_is_refused():
    with pytest.raises(GeometryError, match="no affine"):
        Volume.from_nibabel(nibabel.Nifti1Image(np.zeros((2, 3, 4)), None))


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int16", "int64", "float16", "float32", "float64"])
def test_every_number_type_comes_back_with_its_values(dtype: str):
    volume = Volume((np.arange(24).reshape(2, 3, 4) % 5).astype(dtype), turned_affine())
    np.testing.assert_array_equal(Volume.from_sitk(volume.to_sitk()).array, volume.array)
    np.testing.assert_array_equal(Volume.from_nibabel(volume.to_nibabel()).array, volume.array)


def test_a_volume_prints_as_one_line_with_type_shape_spacing_and_axes():
    volume = Volume(np.zeros((40, 50, 60), np.uint8), empty_scan("sagittal").dhw_to_ras)
    assert repr(volume) == "Volume(uint8, shape (40, 50, 60), spacing 1.2 x 0.9 x 0.9 mm, axes to R P I)"
    assumed = Volume.from_array(np.zeros((2, 3, 4)), spacing_dhw_mm=(3.0, 0.5, 0.5))
    assert repr(assumed).endswith("axes to S P L (assumed))")


@pytest.mark.parametrize("grid", list(GRIDS))
def test_the_letters_of_the_axes_are_those_of_the_grid(grid: str):
    assert "".join(geometry.axis_letters(empty_scan(grid).dhw_to_ras)) == GRIDS[grid][0]
