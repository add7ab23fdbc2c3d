"""Slices that make no regular stack, and damaged files: refused by number, or resampled when accepted."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.uid import RLELossless

from Testing.support.dicom_files import (
    AXIAL,
    CORONAL,
    OBLIQUE,
    SAGITTAL,
    SeriesSpec,
    voxels,
    write_enhanced,
    write_series,
)
from Testing.support.grids import examples
from VSSegmentationLib.errors import InputRefusedError, UsageError
from VSSegmentationLib.imageio import list_series, read_scan
from VSSegmentationLib.volume import Volume

PLANES = {"axial": AXIAL, "sagittal": SAGITTAL, "coronal": CORONAL, "oblique": OBLIQUE}


def refusal(path, **options):
    with pytest.raises(InputRefusedError) as caught:
        read_scan(path, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def evenly(count, step=3.0):
    return [step * i for i in range(count)]


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


@pytest.mark.parametrize(("gaps", "more"), [(3, ""), (4, ", and at 1 more places"), (5, ", and at 2 more places")])
def test_of_many_missing_slices_three_places_are_told(tmp_path, gaps, more):
    skipped = set(range(2, 2 + 3 * gaps, 3))
    write_series(tmp_path, voxels((3 * gaps + 4, 20, 16)), skip=skipped)
    message = refusal(tmp_path)
    assert f"miss {gaps} of their number" in message
    assert message.count("6.00 mm apart") == 3
    assert ("more places" in message) == bool(more)
    assert more in message
