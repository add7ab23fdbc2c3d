"""Phase, real and imaginary images show no tissue; where magnitude images lie beside them, those are taken.

The attributes are those of DICOM PS3.3, C.8.13.3.1 (MR Image Frame Type: Frame Type, Complex Image Component) and
C.7.6.1.1.2 (Image Type).
"""

import numpy as np
import pytest

from Testing.support.dicom_files import SeriesSpec, voxels, write_enhanced, write_series
from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.imageio import list_series, read_scan
from VSSegmentationLib.imageio.rules import complex_part

PHASE = {"FrameType": ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"], "ComplexImageComponent": "PHASE"}
MAGNITUDE = PHASE | {"ComplexImageComponent": "MAGNITUDE"}


@pytest.mark.parametrize(
    ("frame_types", "part"),
    [
        (PHASE, "phase"),
        (PHASE | {"ComplexImageComponent": "REAL"}, "real part"),
        (PHASE | {"ComplexImageComponent": "IMAGINARY"}, "imaginary part"),
        (PHASE | {"ComplexImageComponent": "MIXED"}, "mixed"),
        ({"FrameType": ["ORIGINAL", "PRIMARY", "P", "NONE"]}, "phase"),
        ({"FrameType": ["ORIGINAL", "PRIMARY", "PHASE MAP", "P"]}, "phase"),
    ],
)
@pytest.mark.parametrize("per_frame", [False, True])
def test_enhanced_frames_that_are_no_magnitude_are_refused(tmp_path, frame_types, part, per_frame):
    array = voxels()
    given = [frame_types] * len(array) if per_frame else frame_types
    write_enhanced(tmp_path / "image.dcm", array, SeriesSpec(description="t1_mprage"), frame_types=given)
    (series,) = list_series(tmp_path)
    assert not series.usable
    assert f"{part} images" in series.reason
    with pytest.raises(InputRefusedError, match="magnitude images are needed"):
        read_scan(tmp_path)


def test_a_component_that_the_whole_object_states_counts_where_frames_state_none(tmp_path):
    spec = SeriesSpec(tags={"ComplexImageComponent": "PHASE"})
    write_enhanced(tmp_path / "image.dcm", voxels(), spec)
    with pytest.raises(InputRefusedError, match="phase images"):
        read_scan(tmp_path)


def test_a_component_counts_in_classic_slices_too(tmp_path):
    write_series(tmp_path, voxels(), SeriesSpec(tags={"ComplexImageComponent": "PHASE"}))
    with pytest.raises(InputRefusedError, match="phase images"):
        read_scan(tmp_path)


def test_of_an_object_with_both_the_magnitude_frames_are_taken(tmp_path):
    array = voxels()
    both = np.concatenate([array, array[::-1] + 1])
    order = [i for pair in zip(range(12), range(23, 11, -1), strict=True) for i in pair]
    spec = SeriesSpec(positions_mm=(*(3.0 * i for i in range(12)), *(3.0 * i for i in reversed(range(12)))))
    types = [MAGNITUDE if index < 12 else PHASE for index in order]
    write_enhanced(tmp_path / "image.dcm", both, spec, order=order, frame_types=types)
    assert sorted(series.usable for series in list_series(tmp_path)) == [False, True]
    np.testing.assert_array_equal(read_scan(tmp_path).volume.array, array)


def test_magnitude_frames_are_taken_as_before(tmp_path):
    write_enhanced(tmp_path / "image.dcm", voxels(), frame_types=MAGNITUDE)
    np.testing.assert_array_equal(read_scan(tmp_path).volume.array, voxels())


@pytest.mark.parametrize(
    ("image_type", "part"),
    [
        (["ORIGINAL", "PRIMARY", "P", "ND"], "phase"),
        (["ORIGINAL", "PRIMARY", "PHASE MAP", "P", "FFE"], "phase"),
        (["ORIGINAL", "PRIMARY", "R_IR", "R", "IR"], "real part"),
        (["ORIGINAL", "PRIMARY", "I_FFE", "I", "FFE"], "imaginary part"),
        (["ORIGINAL", "PRIMARY", "M", "ND"], "magnitude"),
        (["ORIGINAL", "PRIMARY", "M_FFE", "M", "FFE"], "magnitude"),
        (["DERIVED", "SECONDARY", "MPR"], ""),
        (["P", "R"], ""),
        ([], ""),
    ],
)
def test_the_third_and_later_values_of_an_image_type_tell_the_part(image_type, part):
    assert complex_part(image_type) == part


def test_classic_real_images_are_refused_too(tmp_path):
    write_series(tmp_path, voxels(), SeriesSpec(tags={"ImageType": ["ORIGINAL", "PRIMARY", "R_IR", "R", "IR"]}))
    with pytest.raises(InputRefusedError, match="real part images"):
        read_scan(tmp_path)
