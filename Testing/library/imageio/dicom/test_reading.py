"""DICOM series: the grid comes from the positions of the slices; what does not fit is refused by its slice numbers."""

import os
import shutil

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.filereader import read_partial
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
from VSSegmentationLib.errors import InputRefusedError, UsageError
from VSSegmentationLib.imageio import Modality, list_series, read_scan
from VSSegmentationLib.imageio.dicom import opening
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
    others = write_series(tmp_path, voxels(seed=1), SeriesSpec(series_number=4, file_name="other{}"))
    np.testing.assert_array_equal(read_scan(files[7]).volume.array, voxels())
    np.testing.assert_array_equal(read_scan(others[7]).volume.array, voxels(seed=1))


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


def test_the_header_of_each_of_120_files_is_read_once(tmp_path, monkeypatch: pytest.MonkeyPatch):
    written = write_series(tmp_path, voxels((120, 20, 16)))
    read = []

    def counting(file, *rest, **options):
        read.append(file.name)
        return read_partial(file, *rest, **options)

    monkeypatch.setattr(opening, "read_partial", counting)
    assert read_scan(tmp_path).volume.shape == (120, 20, 16)
    assert sorted(map(str, read)) == sorted(map(str, written))


def test_of_a_single_series_that_is_not_usable_its_own_reason_is_told(tmp_path):
    write_series(tmp_path, voxels((5, 20, 16)), SeriesSpec())
    message = refusal(tmp_path)
    assert message.startswith("The series has only 5 slices")


@pytest.mark.parametrize(("count", "more"), [(3, ""), (4, "; and 1 more"), (5, "; and 2 more")])
def test_of_series_that_are_all_unusable_three_reasons_are_told_in_one_sentence(tmp_path, count, more):
    for number in range(count):
        write_series(tmp_path / str(number), voxels((5, 20, 16)), SeriesSpec(series_number=number))
    message = refusal(tmp_path)
    assert message.startswith(f"None of the {count} series is usable: (1) The series has only 5 slices")
    assert ["(3)" in message, "(4)" in message] == [True, False]
    assert message.endswith(more)
    assert ("more" in message) == bool(more)
    assert len(message) <= 300


@pytest.mark.parametrize("number", [0, 3, -1])
def test_a_series_is_chosen_by_a_number_that_there_is(tmp_path, number):
    for index in (1, 2):
        write_series(tmp_path / str(index), voxels() + index, SeriesSpec(series_number=index))
    with pytest.raises(UsageError, match=f"there is no series {number}; choose one of"):
        read_scan(tmp_path, series=number)
    for index in (1, 2):
        np.testing.assert_array_equal(read_scan(tmp_path, series=index).volume.array, voxels() + index)


@pytest.mark.parametrize("letters", [16, 17])
def test_a_modality_that_is_none_is_listed_with_the_16_letters_that_it_may_have(tmp_path, letters):
    write_series(tmp_path, voxels(), SeriesSpec(modality="X" * letters))
    (summary,) = list_series(tmp_path)
    assert (summary.modality, summary.usable) == ("X" * 16, False)
