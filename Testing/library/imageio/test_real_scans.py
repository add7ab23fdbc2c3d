"""The real series: sizes, spacings and volumes as their sources publish them."""

import shutil

import numpy as np
import pytest
import SimpleITK as sitk
from pydicom import dcmread

from Testing.support.real_data import REAL_DATA, needs_real_data
from VSSegmentationLib import geometry
from VSSegmentationLib.errors import InputRefusedError, UsageError
from VSSegmentationLib.imageio import Modality, list_rois, list_series, read_rtstruct_roi, read_scan, read_volume
from VSSegmentationLib.volume import Volume

pytestmark = needs_real_data


@pytest.fixture(scope="module")
def whole_head():
    return read_scan(REAL_DATA / "vs_seg_001" / "ceT1_dicom")


def test_whole_head_series_has_its_published_matrix_and_spacing(whole_head):
    assert whole_head.volume.shape == (120, 512, 512)
    assert whole_head.volume.spacing_dhw_mm == pytest.approx((1.5, 0.41, 0.41), abs=0.001)
    assert whole_head.modality is Modality.CE_T1
    assert (whole_head.file_format, whole_head.slice_thickness_mm, whole_head.warnings) == ("DICOM", 1.5, ())


def test_tumor_contour_on_the_whole_head_has_the_published_volume(whole_head):
    path = REAL_DATA / "vs_seg_001" / "rtstruct" / "VS-SEG-001_RTSTRUCT_T2.dcm"
    assert list_rois(path) == ("TV", "Cochlea", "Vol2016", "*Skull")
    for name, cm3, tolerance in (("TV", 3.36, 0.03), ("Vol2016", 1.56, 0.05)):
        mask = read_rtstruct_roi(path, name, whole_head.volume)
        volume_cm3 = np.count_nonzero(mask.array) * geometry.voxel_volume_mm3(mask.dhw_to_ras) / 1000
        assert volume_cm3 == pytest.approx(cm3, rel=tolerance)
        center = geometry.transform_points(mask.dhw_to_ras, np.argwhere(mask.array)).mean(axis=0)
        assert center[0] < -15  # the patient's left
    enhancing = whole_head.volume.array[read_rtstruct_roi(path, "TV", whole_head.volume).array]
    assert np.median(enhancing) > 2 * np.median(whole_head.volume.array)


def test_a_deleted_file_is_refused_and_its_gap_named(tmp_path):
    for source in sorted((REAL_DATA / "vs_seg_001" / "ceT1_dicom").iterdir())[:30]:
        if source.name != "1-012.dcm":
            shutil.copyfile(source, tmp_path / source.name)
    with pytest.raises(InputRefusedError, match=r"\(instance numbers 11 and 13\), 3\.00 mm apart"):
        read_scan(tmp_path)


def test_oblique_slices_with_gaps_lie_where_itk_puts_them():
    folder = REAL_DATA / "dicom_edge_cases" / "gap_asl_oblique"
    scan = read_scan(folder)
    assert scan.volume.shape == (12, 64, 64)
    assert scan.volume.spacing_dhw_mm == pytest.approx((7.5, 4, 4), rel=1e-5)  # positions are rounded
    assert scan.slice_thickness_mm == 6
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    seen = Volume.from_sitk(reader.Execute())
    assert scan.volume.same_grid(seen, tolerance_mm=1e-2)
    np.testing.assert_array_equal(scan.volume.array, seen.array)


def test_objects_that_only_call_themselves_mr_are_no_series():
    with pytest.raises(InputRefusedError, match="2 x Secondary Capture"):
        read_scan(REAL_DATA / "dicom_edge_cases" / "junk_in_folder")


def test_enhanced_sagittal_object_is_read_on_its_own_grid():
    scan = read_scan(REAL_DATA / "dicom_edge_cases" / "enhanced_mr_t1_sagittal")
    assert (scan.file_format, scan.modality) == ("Enhanced DICOM", Modality.T1)
    assert scan.volume.shape == (96, 128, 128)
    assert scan.volume.spacing_dhw_mm == pytest.approx((2, 2, 2))
    assert abs(geometry.directions(scan.volume.dhw_to_ras)[0, 0]) == pytest.approx(1)  # slices run left-right
    assert geometry.axial_axis(scan.volume.dhw_to_ras) == 1


@pytest.mark.parametrize(("number", "name"), [(1, "5001_anat-T1w_acq-tfl"), (2, "6001_anat-T1w_acq-tfl")])
def test_jpeg_lossless_and_jpeg_2000_are_unpacked_as_other_decoders_do(number, name):
    pytest.importorskip("pylibjpeg", reason="pydicom needs it to unpack JPEG")
    folder = REAL_DATA / "dicom_edge_cases" / "compressed_jpeglossless_j2k"
    scan = read_scan(folder, series=number)
    slices = sorted((dcmread(path) for path in (folder / name).iterdir()), key=lambda s: s.ImagePositionPatient[0])
    expected = np.stack([s.pixel_array for s in slices])
    # Sorted from right to left; the stack runs along the normal, (0, 1, 0) x (0, 0, -1), which points to the right.
    np.testing.assert_array_equal(scan.volume.array, expected[::-1])
    assert scan.volume.shape == (24, 128, 128)


def test_two_series_of_one_acquisition_lie_on_the_same_grid_and_one_must_be_chosen():
    folder = REAL_DATA / "dicom_edge_cases" / "compressed_jpeglossless_j2k"
    with pytest.raises(UsageError, match="choose one"):
        read_scan(folder)
    assert [s.shape_dhw for s in list_series(folder)] == [(24, 128, 128)] * 2
    first, second = (read_scan(folder, series=number) for number in (1, 2))
    assert first.series_uid != second.series_uid
    assert first.volume.same_grid(second.volume)


def test_a_study_of_many_series_asks_for_one():
    with pytest.raises(UsageError, match=r"(?s)1 .*2 .*3 .*4 "):
        read_scan(REAL_DATA / "dicom_edge_cases")


@pytest.mark.parametrize("name", ["vs_gk_95_t2", "vs_gk_98_t2", "vs_gk_99_t1"])
def test_scaled_crops_of_both_sides_pass_with_a_warning_of_their_clipped_values(name):
    scan = read_scan(REAL_DATA / "vs_gk" / f"{name}.nii.gz")
    assert scan.modality is Modality.UNKNOWN
    assert len(scan.warnings) == 1
    assert "share the highest value" in scan.warnings[0]


def test_other_whole_heads_pass_and_thick_slices_are_warned_of():
    assert not any("skull" in w for w in read_scan(REAL_DATA / "head_t2" / "T2.nii.gz").warnings)
    thick = read_scan(REAL_DATA / "other_tumour_cet1" / "brain1_image.nrrd")
    assert thick.warnings == (thick.warnings[0],)
    assert "6.5 mm" in thick.warnings[0]


def test_crops_too_small_for_the_angle_are_refused_as_scans_and_can_be_read_as_volumes():
    for path, shape in (
        ("normal_ear_t2/vol_ie_L.nii.gz", (100, 150, 200)),
        ("vs_seg_001/t2_crop/vs_gk_1_t2.nii.gz", (20, 42, 42)),
    ):
        with pytest.raises(InputRefusedError, match="field of view"):
            read_scan(REAL_DATA / path)
        assert read_volume(REAL_DATA / path).shape == shape
