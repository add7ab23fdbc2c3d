"""What is known of a scan beside its voxels: its thickness, where a shear is none, what stands beside a labelmap."""

from dataclasses import replace

import numpy as np
import pytest

from Testing.support.dicom_files import SeriesSpec, voxels, write_series
from VSSegmentationLib import geometry
from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.imageio import Labelmap, placed_on_scan, read_scan, write_image
from VSSegmentationLib.imageio.checks import check_right_angles
from VSSegmentationLib.imageio.dicom.reading import _mended
from VSSegmentationLib.imageio.dicom.series import search
from VSSegmentationLib.imageio.dicom.stack import lay_out
from VSSegmentationLib.volume import Volume


def sheared_by_a_tenth() -> np.ndarray:
    """An axial grid whose slices lean by an angle that comes out as exactly 0.1 degrees."""
    affine = geometry.axial_stack_affine((2.0, 3.0, 3.0)).copy()
    near = 2.0 * np.tan(np.radians(0.1))
    for step in range(-40, 40):
        affine[0, 0] = near + step * np.spacing(near)
        if geometry.shear_deg(affine) == 0.1:
            return affine
    pytest.fail("none of eighty angles about a tenth of a degree is exactly one")


def test_a_shear_of_exactly_a_tenth_of_a_degree_is_none(tmp_path):
    affine = sheared_by_a_tenth()
    check_right_angles(affine)
    write_image(tmp_path / "scan.nrrd", Volume(voxels((16, 14, 16)), affine))
    scan = read_scan(tmp_path / "scan.nrrd", accept_resampling=True)
    assert geometry.shear_deg(scan.volume.dhw_to_ras) == 0.1
    np.testing.assert_array_equal(scan.volume.array, voxels((16, 14, 16)))
    assert not any("resampled" in warning for warning in scan.warnings)


def test_so_it_is_of_slices_that_lean(tmp_path):
    write_series(tmp_path, voxels())
    (stack,) = search(sorted(tmp_path.iterdir())).stacks
    layout = replace(lay_out(stack.headers), dhw_to_ras=sheared_by_a_tenth())
    volume, warnings = _mended(layout)
    assert (volume.shape, warnings) == (voxels().shape, ())
    np.testing.assert_array_equal(volume.array, voxels())


@pytest.mark.parametrize(("stated", "thickness"), [(0.0, 3.5), (None, 3.5), (2.0, 2.0), (-1.0, 3.5)])
def test_a_thickness_that_is_none_is_the_largest_spacing(tmp_path, stated, thickness):
    write_series(tmp_path, voxels(), SeriesSpec(spacing_dhw_mm=(3.5, 2.0, 2.5), thickness_mm=stated))
    assert read_scan(tmp_path).slice_thickness_mm == thickness


@pytest.mark.parametrize(
    ("of_labels", "of_scan", "outcome"),
    [
        (None, "1.2.3", "placed"),
        (None, "", "placed"),
        ("1.2.3", "1.2.3", "placed"),
        ("", "", "placed"),
        ("1.2.3", "", "placed"),
        ("", "1.2.3", "noted"),
        ("1.2.3", "1.2.4", "refused"),
    ],
)
def test_a_frame_of_reference_is_compared_where_both_state_one(tmp_path, of_labels, of_scan, outcome):
    tags = {"FrameOfReferenceUID": of_scan} if of_scan else {}
    write_series(tmp_path, voxels(), SeriesSpec(tags=tags))
    scan = read_scan(tmp_path)
    assert scan.dicom_source is not None
    assert scan.dicom_source.frame_of_reference_uid == of_scan
    labels = scan.volume.with_array(np.ones(scan.volume.shape, np.uint8))
    given = Labelmap(volume=labels, notes=("before",), frame_of_reference_uid=of_labels)
    if outcome == "refused":
        with pytest.raises(InputRefusedError, match="made in another frame of reference"):
            placed_on_scan(given, scan)
        return
    notes = placed_on_scan(given, scan).notes
    assert notes[0] == "before"
    assert any("could not be checked" in note for note in notes) is (outcome == "noted")


def test_slices_of_two_frames_of_reference_have_none_in_common(tmp_path):
    write_series(tmp_path, voxels((6, 20, 16)), spec := SeriesSpec(tags={"FrameOfReferenceUID": "1.2.3"}))
    later = replace(
        spec, tags={"FrameOfReferenceUID": "1.2.4"}, origin_lps_mm=(-20.0, -10.0, 23.0), first_instance=7,
        file_name="later{}.dcm",
    )  # fmt: skip
    write_series(tmp_path, voxels((6, 20, 16), seed=1), later)
    source = read_scan(tmp_path).dicom_source
    assert source is not None
    assert (len(source.slices), source.frame_of_reference_uid) == (12, "")


def test_a_scan_in_a_file_lies_in_no_frame_of_reference(tmp_path):
    write_image(tmp_path / "scan.nrrd", Volume(voxels((12, 14, 16)), geometry.axial_stack_affine((3.0, 3.0, 3.0))))
    scan = read_scan(tmp_path / "scan.nrrd")
    labels = scan.volume.with_array(np.ones(scan.volume.shape, np.uint8))
    assert placed_on_scan(Labelmap(volume=labels, frame_of_reference_uid=""), scan).notes == ()
