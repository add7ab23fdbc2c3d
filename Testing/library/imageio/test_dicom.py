"""DICOM series: the grid comes from the positions of the slices; what does not fit is refused by its slice numbers."""

import os
import shutil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.uid import JPEG2000Lossless, RLELossless, generate_uid

from Testing.support.dicom_files import (
    AXIAL,
    CORONAL,
    CT,
    OBLIQUE,
    SAGITTAL,
    SeriesSpec,
    voxels,
    write_enhanced,
    write_series,
    write_strangers,
)
from Testing.support.grids import examples
from VSSegmentationLib.errors import InputRefusedError, UsageError
from VSSegmentationLib.imageio import Modality, list_series, read_scan
from VSSegmentationLib.volume import Volume

PLANES = {"axial": AXIAL, "sagittal": SAGITTAL, "coronal": CORONAL, "oblique": OBLIQUE}


def refusal(path, **options):
    with pytest.raises(InputRefusedError) as caught:
        read_scan(path, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def evenly(count, step=3.0):
    return [step * i for i in range(count)]


@pytest.mark.parametrize("plane", PLANES)
def test_a_series_comes_back_voxel_for_voxel_on_its_own_grid(tmp_path, plane):
    spec = SeriesSpec(orientation=PLANES[plane])
    write_series(tmp_path, voxels(), spec)
    scan = read_scan(tmp_path)
    np.testing.assert_array_equal(scan.volume.array, voxels())
    assert scan.volume.array.dtype == np.float32
    assert scan.volume.same_grid(Volume(voxels(), spec.dhw_to_ras()))
    assert (scan.file_format, scan.series_uid, scan.slice_thickness_mm) == ("DICOM", spec.series_uid, 3.0)
    assert scan.warnings[1:] == ()  # a small field of view, and nothing else


def test_slices_numbered_against_the_normal_are_put_in_spatial_order(tmp_path):
    backwards = SeriesSpec(positions_mm=tuple(evenly(12)[::-1]))
    write_series(tmp_path, voxels(), backwards)
    scan = read_scan(tmp_path)
    np.testing.assert_array_equal(scan.volume.array, voxels()[::-1])
    assert scan.volume.same_grid(Volume(voxels(), SeriesSpec().dhw_to_ras()))


def test_file_names_and_instance_numbers_do_not_decide_the_order(tmp_path):
    shuffled = np.random.default_rng(3).permutation(12)
    spec = SeriesSpec(positions_mm=tuple(evenly(12)[i] for i in shuffled))
    write_series(tmp_path, voxels()[shuffled], spec)
    np.testing.assert_array_equal(read_scan(tmp_path).volume.array, voxels())


def test_spacing_is_measured_between_slices_and_not_taken_from_their_thickness(tmp_path):
    write_series(tmp_path, voxels(), SeriesSpec(spacing_dhw_mm=(7.5, 2.0, 2.5), thickness_mm=6.0))
    scan = read_scan(tmp_path)
    assert scan.volume.spacing_dhw_mm == pytest.approx((7.5, 2.0, 2.5))
    assert scan.slice_thickness_mm == 6.0
    assert any("7.5 mm thick or apart" in warning for warning in scan.warnings)


def test_slices_thicker_than_3_mm_are_warned_of_and_3_mm_are_not(tmp_path):
    write_series(tmp_path / "thick", voxels(), SeriesSpec(thickness_mm=3.5))
    write_series(tmp_path / "fine", voxels(), SeriesSpec(thickness_mm=3.0))
    assert any("3.5 mm thick" in warning for warning in read_scan(tmp_path / "thick").warnings)
    assert not any("thick" in warning for warning in read_scan(tmp_path / "fine").warnings)


@pytest.mark.parametrize(("degrees", "warned"), [(25, False), (35, True)])
def test_an_acquisition_tilted_more_than_30_degrees_is_warned_of(tmp_path, degrees, warned):
    a = np.radians(degrees)
    write_series(
        tmp_path, voxels(), SeriesSpec(orientation=((1.0, 0.0, 0.0), (0.0, float(np.cos(a)), float(np.sin(a)))))
    )
    warnings = read_scan(tmp_path).warnings
    assert any(f"tilted {degrees} degrees" in warning for warning in warnings) == warned


@pytest.mark.parametrize("slope", [(2.0, -5.0), (0.25, 0.0)])
def test_slope_and_intercept_are_applied(tmp_path, slope):
    write_series(tmp_path, voxels(), SeriesSpec(slopes=(slope,) * 12))
    np.testing.assert_allclose(read_scan(tmp_path).volume.array, voxels() * slope[0] + slope[1])


@pytest.mark.parametrize("enhanced", [False, True])
def test_each_slice_has_its_own_slope_and_intercept(tmp_path, enhanced):
    slopes = tuple((0.5 + 0.25 * i, 3.0 * i) for i in range(12))
    spec = SeriesSpec(slopes=slopes)
    if enhanced:
        write_enhanced(tmp_path / "a.dcm", voxels(), spec)
    else:
        write_series(tmp_path, voxels(), spec)
    expected = voxels() * np.array(slopes)[:, 0, None, None] + np.array(slopes)[:, 1, None, None]
    np.testing.assert_allclose(read_scan(tmp_path).volume.array, expected, rtol=1e-5)


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless])
def test_compressed_slices_hold_the_same_voxels(tmp_path, syntax):
    if syntax == JPEG2000Lossless:
        pytest.importorskip("openjpeg", reason="only the tests need a JPEG 2000 encoder")
    array = voxels((12, 64, 48))
    write_series(tmp_path, array, SeriesSpec(spacing_dhw_mm=(3, 1, 1)), encode=syntax)
    np.testing.assert_array_equal(read_scan(tmp_path).volume.array, array)


@pytest.mark.parametrize("plane", PLANES)
def test_enhanced_frames_are_put_in_spatial_order(tmp_path, plane):
    spec = SeriesSpec(orientation=PLANES[plane])
    write_enhanced(tmp_path / "a.dcm", voxels(), spec, order=[5, 4, 3, 2, 1, 0, 11, 10, 9, 8, 7, 6])
    for path in (tmp_path, tmp_path / "a.dcm"):
        scan = read_scan(path)
        np.testing.assert_array_equal(scan.volume.array, voxels())
        assert scan.volume.same_grid(Volume(voxels(), spec.dhw_to_ras()))
        assert (scan.file_format, scan.modality) == ("Enhanced DICOM", Modality.T2)


def test_a_file_stands_for_its_series_in_its_folder(tmp_path):
    files = write_series(tmp_path, voxels())
    write_series(tmp_path, voxels(seed=1), SeriesSpec(series_number=4, file_name="other{}"))
    np.testing.assert_array_equal(read_scan(files[7]).volume.array, voxels())


def test_a_file_without_the_preamble_of_part_10_is_read(tmp_path):
    for path in write_series(tmp_path, voxels()):
        content = path.read_bytes()
        path.write_bytes(
            content[132 + 12 + int.from_bytes(content[140:144], "little") :]
        )  # group 2 has its length first
        assert path.read_bytes()[:2] == b"\x08\x00"
    np.testing.assert_array_equal(read_scan(tmp_path).volume.array, voxels())


def test_strangers_in_the_folder_and_below_are_passed_over(tmp_path):
    write_series(tmp_path / "study" / "series", voxels())
    write_strangers(tmp_path / "study")
    write_strangers(tmp_path / "study" / "series")
    assert len(list_series(tmp_path)) == 1
    np.testing.assert_array_equal(read_scan(tmp_path).volume.array, voxels())


def test_a_folder_of_strangers_is_refused_by_their_kinds(tmp_path):
    write_strangers(tmp_path)
    message = refusal(tmp_path)
    for kind in ("Secondary Capture", "Raw Data", "Enhanced SR", "RT Structure Set", "not DICOM"):
        assert kind in message
    assert "Secondary Capture" in refusal(tmp_path / "capture.dcm")


def test_an_empty_folder_is_refused(tmp_path):
    assert "an empty folder" in refusal(tmp_path)


def test_several_series_are_listed_and_chosen_by_number(tmp_path):
    write_series(tmp_path / "b", voxels(seed=2), SeriesSpec(series_number=2, description="t1_vibe_km"))
    write_series(tmp_path / "a", voxels(seed=7), SeriesSpec(series_number=7))
    first, second = list_series(tmp_path)
    assert (first.number, first.description, first.modality) == (1, "t1_vibe_km", "ceT1")
    assert (second.number, second.description, second.modality) == (2, "t2_ciss", "T2")
    assert first.shape_dhw == (12, 20, 16)
    assert first.spacing_dhw_mm == pytest.approx((3.0, 2.0, 2.5))
    with pytest.raises(UsageError, match=r"(?s)1 .*16 x 20 x 12, 2.50 x 2.00 x 3.00 mm  t1_vibe_km.*2 .*t2_ciss"):
        read_scan(tmp_path)
    np.testing.assert_array_equal(read_scan(tmp_path, series=2).volume.array, voxels(seed=7))
    with pytest.raises(UsageError, match="no series 3"):
        read_scan(tmp_path, series=3)
    with pytest.raises(UsageError, match="in a folder only"):
        read_scan(next((tmp_path / "a").iterdir()), series=1)


def test_the_only_series_that_fits_is_taken_without_asking(tmp_path):
    write_series(tmp_path / "ct", voxels(), SeriesSpec(sop_class=CT, modality="CT", series_number=1))
    write_series(tmp_path / "scout", voxels((3, 20, 16)), SeriesSpec(series_number=2))
    write_series(tmp_path / "t2", voxels(), SeriesSpec(series_number=3))
    ct, scout, t2 = list_series(tmp_path)
    assert (ct.usable, scout.usable, t2.usable) == (False, False, True)
    assert "a CT image" in ct.reason
    assert "only 3 slices" in scout.reason
    assert t2.reason == ""
    assert read_scan(tmp_path).series_uid is not None
    assert "a CT image" in refusal(tmp_path, series=1)


def test_when_none_fits_each_reason_is_told(tmp_path):
    write_series(tmp_path / "ct", voxels(), SeriesSpec(sop_class=CT, modality="CT", series_number=1))
    write_series(tmp_path / "scout", voxels((3, 20, 16)), SeriesSpec(series_number=2))
    message = refusal(tmp_path)
    assert "None of the 2 series" in message
    assert "CT" in message
    assert "only 3 slices" in message


def test_a_localizer_in_three_planes_is_three_stacks(tmp_path):
    uid = generate_uid()
    for number, plane in enumerate((AXIAL, SAGITTAL, CORONAL)):
        spec = SeriesSpec(orientation=plane, series_uid=uid, first_instance=1 + 3 * number, file_name=f"{number}_{{}}")
        write_series(tmp_path, voxels((3, 20, 16)), spec)
    assert [s.shape_dhw[0] for s in list_series(tmp_path)] == [3, 3, 3]
    assert "None of the 3" in refusal(tmp_path)


def test_two_echoes_in_one_series_are_two_stacks(tmp_path):
    uid = generate_uid()
    for echo in (1, 2):
        tags = {"EchoTime": str(20 * echo), "EchoNumbers": echo, "RepetitionTime": "3000", "ScanningSequence": "SE"}
        write_series(tmp_path, voxels(seed=echo), SeriesSpec(series_uid=uid, tags=tags, file_name=f"{echo}_{{}}"))
    assert len(list_series(tmp_path)) == 2
    np.testing.assert_array_equal(read_scan(tmp_path, series=2).volume.array, voxels(seed=2))


def test_time_points_are_refused_as_a_fourth_dimension(tmp_path):
    uid = generate_uid()
    for time in range(1, 4):
        tags = {"TemporalPositionIdentifier": time}
        write_series(tmp_path, voxels(seed=time), SeriesSpec(series_uid=uid, tags=tags, file_name=f"{time}_{{}}"))
    assert "four-dimensional: it holds 3 images at each of 12 slice positions" in refusal(tmp_path)


def test_time_points_in_an_enhanced_object_are_refused(tmp_path):
    write_enhanced(tmp_path / "a.dcm", voxels(), order=[*range(12), *range(12)], temporal=[1] * 12 + [2] * 12)
    assert "2 images at each of 12 slice positions" in refusal(tmp_path)


def test_one_slice_twice_is_refused_by_its_number(tmp_path):
    positions = evenly(12)
    positions[5] = positions[4]
    write_series(tmp_path, voxels(), SeriesSpec(positions_mm=tuple(positions)))
    assert "slices 5 and 6 of 12 (instance numbers 5 and 6) coincide" in refusal(tmp_path)


def test_slices_that_all_carry_one_identifier_are_still_told_apart(tmp_path):
    for path in write_series(tmp_path, voxels()):  # as careless anonymizers leave them
        dataset = dcmread(path)
        dataset.SOPInstanceUID = "1.2.3"
        dataset.save_as(path)
    np.testing.assert_array_equal(read_scan(tmp_path).volume.array, voxels())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_in_the_folder_does_not_hold_the_search_up(tmp_path):
    write_series(tmp_path, voxels())
    os.mkfifo(tmp_path / "pipe")
    assert read_scan(tmp_path).volume.shape == voxels().shape


def test_the_same_file_copied_twice_counts_once(tmp_path):
    files = write_series(tmp_path / "one", voxels())
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    assert len(files) == 12
    np.testing.assert_array_equal(read_scan(tmp_path).volume.array, voxels())


def test_a_missing_slice_is_refused_by_its_neighbors_and_their_distance(tmp_path):
    write_series(tmp_path, voxels(), skip={6})
    message = refusal(tmp_path)
    assert "miss 1 of their number" in message
    assert "slices 6 and 7 of 11 (instance numbers 6 and 8), 6.00 mm apart" in message
    assert "accept a resampling" in message
    (summary,) = list_series(tmp_path)
    assert not summary.usable
    assert summary.reason == message


def test_missing_slices_at_two_places_are_all_named(tmp_path):
    write_series(tmp_path, voxels((16, 20, 16)), skip={4, 9, 10})
    message = refusal(tmp_path)
    assert "miss 3 of their number" in message
    assert "(instance numbers 4 and 6), 6.00 mm" in message
    assert "(instance numbers 9 and 12), 9.00 mm" in message


def test_an_accepted_gap_is_filled_linearly_and_warned_of(tmp_path):
    write_series(tmp_path, voxels(), skip={6})
    scan = read_scan(tmp_path, accept_resampling=True)
    expected = voxels().astype(np.float32)
    expected[6] = (expected[5] + expected[7]) / 2
    np.testing.assert_allclose(scan.volume.array, expected, atol=1e-3)
    assert scan.volume.same_grid(Volume(voxels(), SeriesSpec().dhw_to_ras()))
    assert any("resampled" in w and "instance numbers 6 and 8" in w for w in scan.warnings)


def test_a_gap_over_10_mm_can_not_be_accepted(tmp_path):
    write_series(tmp_path, voxels((16, 20, 16)), skip={5, 6, 7})
    assert "12.0 mm apart, and at most 10 mm can be bridged" in refusal(tmp_path, accept_resampling=True)


def test_unequal_gaps_are_refused_and_interpolated_when_accepted(tmp_path):
    positions = np.cumsum([0, 3, 3, 3, 4, 3, 3, 3, 2, 3, 3, 3]).astype(float)
    ramp = np.broadcast_to((10 * positions).astype(np.int16)[:, None, None], (12, 20, 16)).copy()
    ramp[:, 0, 0] += 1
    write_series(tmp_path, ramp, SeriesSpec(positions_mm=tuple(positions.tolist())))
    assert "unequal distances, 2.00 to 4.00 mm (usually 3.00 mm)" in refusal(tmp_path)
    scan = read_scan(tmp_path, accept_resampling=True)
    np.testing.assert_allclose(scan.volume.array[:, 5, 5], 30 * np.arange(scan.volume.shape[0]), atol=1e-3)
    assert scan.volume.spacing_dhw_mm[0] == pytest.approx(3.0)


def test_gantry_shear_is_refused_and_straightened_when_accepted(tmp_path):
    shear = np.tan(np.radians(8))
    d, h, _ = np.indices((12, 20, 16))
    posterior = (2.0 * h + 3.0 * shear * d).round(3)  # mm from the first row, along L-P-S' second axis
    ramp = (100 * posterior + 500).astype(np.int16)
    write_series(tmp_path, ramp, SeriesSpec(shear_lps=(0.0, float(shear), 0.0)))
    assert "sheared by 8.0 degrees" in refusal(tmp_path)
    scan = read_scan(tmp_path, accept_resampling=True)
    assert any("right angles" in warning for warning in scan.warnings)
    index = np.indices(scan.volume.shape).reshape(3, -1)
    world = scan.volume.dhw_to_ras[:3, :3] @ index + scan.volume.dhw_to_ras[:3, 3:]
    values = scan.volume.array.ravel()
    inside = values > 500
    assert inside.mean() > 0.7
    np.testing.assert_allclose(values[inside], 500 + 100 * (-world[1][inside] + 10.0), atol=2)


def test_a_slice_displaced_sideways_is_refused_by_its_number(tmp_path):
    files = write_series(tmp_path, voxels())
    moved = dcmread(files[3])
    x, y, z = moved.ImagePositionPatient
    moved.ImagePositionPatient = [x + 4, y, z]
    moved.save_as(files[3])
    assert "Slice 4 of 12 (instance number 4) is displaced sideways" in refusal(tmp_path)


@pytest.mark.parametrize("element", ["ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"])
def test_slices_without_a_place_are_refused(tmp_path, element):
    for path in write_series(tmp_path, voxels()):
        dataset = dcmread(path)
        delattr(dataset, element)
        dataset.save_as(path)
    assert "does not state its" in refusal(tmp_path)


@pytest.mark.parametrize(
    ("spec", "shape", "match"),
    [
        (SeriesSpec(photometric="RGB"), (12, 20, 16), "colors or inverted"),
        (SeriesSpec(photometric="MONOCHROME1"), (12, 20, 16), "colors or inverted"),
        (SeriesSpec(modality="PT", sop_class="1.2.840.10008.5.1.4.1.1.128"), (12, 20, 16), "a PET image"),
        (SeriesSpec(tags={"ImageType": ["ORIGINAL", "PRIMARY", "P", "ND"]}), (12, 20, 16), "phase images"),
        (SeriesSpec(spacing_dhw_mm=(3, 0, 2)), (12, 20, 16), "above 0 mm"),
        (SeriesSpec(spacing_dhw_mm=(3, 12, 2)), (12, 20, 16), "above 10 mm"),
        (SeriesSpec(spacing_dhw_mm=(1, 2, 2)), (12, 20, 16), "field of view is 32.0 x 40.0 x 12.0 mm"),
        (SeriesSpec(), (7, 20, 16), "only 7 slices"),
        (SeriesSpec(spacing_dhw_mm=(3.0, 1.0, 1.0)), (12, 1030, 31), "at most 1024 per side"),
        (SeriesSpec(orientation=((1, 0, 0), (0.5, 0.5, 0))), (12, 20, 16), "perpendicular"),
    ],
)
def test_what_is_no_usable_mr_series_is_refused(tmp_path, spec, shape, match):
    write_series(tmp_path, voxels(shape), spec)
    assert match in refusal(tmp_path)


def test_a_truncated_slice_is_refused_by_its_number(tmp_path):
    files = write_series(tmp_path, voxels())
    files[8].write_bytes(files[8].read_bytes()[:-300])
    message = refusal(tmp_path)
    assert "Slice 9 of 12 (instance number 9)" in message
    assert "truncated" in message


def test_truncated_compressed_pixels_are_refused_by_the_slice_number(tmp_path):
    files = write_series(tmp_path, voxels(), encode=RLELossless)
    files[2].write_bytes(files[2].read_bytes()[:-300])
    assert "Slice 3 of 12 (instance number 3)" in refusal(tmp_path)


def test_a_header_that_breaks_off_is_a_missing_slice(tmp_path):
    files = write_series(tmp_path, voxels())
    files[5].write_bytes(files[5].read_bytes()[:200])
    assert "(instance numbers 5 and 7)" in refusal(tmp_path)


def test_an_unreadable_file_at_the_end_is_warned_of(tmp_path):
    files = write_series(tmp_path, voxels((13, 20, 16)))
    files[12].write_bytes(files[12].read_bytes()[:200])
    scan = read_scan(tmp_path)
    assert scan.volume.shape[0] == 12
    assert any("1 file beside the series could not be read" in warning for warning in scan.warnings)


def test_a_frame_count_beyond_the_file_is_refused_before_allocation(tmp_path):
    write_enhanced(tmp_path / "a.dcm", voxels())
    dataset = dcmread(tmp_path / "a.dcm")
    dataset.Rows, dataset.Columns = 1000, 1000
    dataset.save_as(tmp_path / "a.dcm")
    assert "truncated" in refusal(tmp_path)


@given(plane=st.sampled_from(sorted(PLANES)), data=st.data())
@examples(25)
def test_a_damaged_series_is_read_or_refused_never_worse(tmp_path, plane, data):
    folder = tmp_path / plane
    sound = tmp_path / f"{plane}.sound"
    if not folder.exists():
        files = write_series(
            folder, voxels((8, 12, 12)), SeriesSpec(spacing_dhw_mm=(4, 3, 3), orientation=PLANES[plane])
        )
        sound.write_bytes(files[4].read_bytes())
    content = bytearray(sound.read_bytes())
    for place, byte in data.draw(
        st.lists(st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255)), min_size=1, max_size=8)
    ):
        content[place] = byte
    cut = data.draw(st.one_of(st.just(len(content)), st.integers(0, len(content))))
    (folder / "IM0005.dcm").write_bytes(bytes(content[:cut]))
    for path in (folder, folder / "IM0005.dcm"):
        try:
            read_scan(path, accept_resampling=data.draw(st.booleans()))
        except (InputRefusedError, UsageError) as refused:
            assert str(tmp_path) not in str(refused)  # noqa: PT017 - either way is right
