"""What is no usable scan is refused in one sentence, whatever is wrong with it, and nothing else is ever raised."""

import gzip
import re
import struct
import tracemalloc

import nibabel
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from Testing.support.grids import affines, examples, turned_affine
from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.imageio import read_labelmap, read_scan, write_image
from VSSegmentationLib.imageio.checks import looks_like_ct
from VSSegmentationLib.volume import Volume

STRAIGHT = np.array([[0, 0, 3.0, 0], [0, 3.0, 0, 0], [3.0, 0, 0, 0], [0, 0, 0, 1]])
SHAPE = (12, 14, 16)


def noise(shape=SHAPE, seed=0):
    return np.random.default_rng(seed).normal(300, 80, shape).astype(np.float32)


def written(tmp_path, array=None, affine=STRAIGHT, suffix=".nii.gz"):
    path = tmp_path / f"scan{suffix}"
    write_image(path, Volume(noise() if array is None else array, affine))
    return path


def refusal(path, **options):
    with pytest.raises(InputRefusedError) as caught:
        read_scan(path, **options)
    message = str(caught.value)
    assert "\n" not in message
    assert message[0].isupper()
    assert ";" in message or ":" in message or "," in message  # what came, and what would do
    assert str(path.parent) not in message
    return message


def with_value(value):
    array = noise()
    array[3, 4, 5] = value
    return array


def scaled(d, h, w):
    return STRAIGHT @ np.diag([d, h, w, 1.0])


@pytest.mark.parametrize("suffix", [".nii", ".nrrd", ".mha"])
@pytest.mark.parametrize(
    ("array", "affine", "match"),
    [
        (noise((7, 20, 20)), scaled(2, 1, 1), "only 7 slices"),
        (noise((20, 20, 7)), scaled(1, 1, 2), "only 7 slices"),
        (with_value(np.nan), STRAIGHT, "1 voxels are NaN or infinite"),
        (with_value(-np.inf), STRAIGHT, "1 voxels are NaN or infinite"),
        (np.full(SHAPE, 7, np.float32), STRAIGHT, "every voxel has the value 7"),
        (noise(), scaled(11 / 3, 1, 1), "at most|above 10 mm"),
        (noise(), scaled(1, 1, 0.5), "field of view is 24.0 x 42.0 x 36.0 mm"),
        (noise((2, 9, 1025)), STRAIGHT, "at most 1024 per side"),
    ],
)
def test_an_unusable_scan_is_refused_in_every_format(tmp_path, suffix, array, affine, match):
    assert re.search(match, refusal(written(tmp_path, array, affine, suffix)))


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".nrrd", ".mha"])
def test_what_just_meets_the_limits_is_read(tmp_path, suffix):
    scan = read_scan(written(tmp_path, noise((8, 30, 30)), scaled(10 / 3, 1 / 3, 1 / 3), suffix))
    assert scan.volume.spacing_dhw_mm == pytest.approx((10, 1, 1))


def test_infinity_from_a_number_too_large_for_float32_is_refused(tmp_path):
    array = noise().astype(np.float64)
    array[0, 0, 0] = 1e300
    assert "NaN or infinite" in refusal(written(tmp_path, array))


@pytest.mark.parametrize("content", [b"", b"not an image at all", b"\x89PNG\r\n\x1a\n" + bytes(600), bytes(4000)])
def test_what_is_no_image_is_refused(tmp_path, content):
    (tmp_path / "scan.nii").write_bytes(content)
    assert "not an image" in refusal(tmp_path / "scan.nii")


def test_a_series_over_time_is_refused_naming_what_came(tmp_path):
    nibabel.save(nibabel.Nifti1Image(np.zeros((16, 14, 12, 5), np.int16), np.diag([3, 3, 3, 1])), tmp_path / "a.nii")
    assert "4 dimensions (16 x 14 x 12 x 5)" in refusal(tmp_path / "a.nii")


def test_a_fourth_dimension_of_one_is_no_series(tmp_path):
    array = noise().T[..., None]
    nibabel.save(nibabel.Nifti1Image(array, np.diag([3, 3, 3, 1])), tmp_path / "a.nii")
    np.testing.assert_array_equal(read_scan(tmp_path / "a.nii").volume.array, noise())


def test_a_single_slice_is_refused(tmp_path):
    nibabel.save(nibabel.Nifti1Image(np.zeros((16, 14), np.int16), np.diag([3, 3, 3, 1])), tmp_path / "a.nii")
    assert "not three-dimensional" in refusal(tmp_path / "a.nii")


@pytest.mark.parametrize("number_type", [np.complex64, [("R", "u1"), ("G", "u1"), ("B", "u1")]])
def test_colors_and_complex_numbers_are_refused(tmp_path, number_type):
    array = np.zeros((16, 14, 12), np.dtype(number_type))
    nibabel.save(nibabel.Nifti1Image(array, np.diag([3, 3, 3, 1])), tmp_path / "a.nii")
    assert "plain gray values" in refusal(tmp_path / "a.nii")


def edited(path, edits):
    """Write other bytes into an uncompressed file at given places."""
    content = bytearray(path.read_bytes())
    for place, form, *values in edits:
        struct.pack_into(form, content, place, *values)
    path.write_bytes(bytes(content))
    return path


@pytest.mark.parametrize("spacing", [0.0, np.nan, np.inf])
def test_a_spacing_that_is_none_is_refused(tmp_path, spacing):
    assert "above 0 mm" in refusal(edited(written(tmp_path, suffix=".nii"), [(80, "<f", spacing)]))


def test_two_voxel_sizes_in_one_header_are_refused(tmp_path):
    assert "two voxel sizes" in refusal(edited(written(tmp_path, suffix=".nii"), [(80, "<f", 3.5)]))


def test_a_sheared_affine_is_refused_and_resampled_when_accepted(tmp_path):
    affine = STRAIGHT.copy()
    affine[0, 0] = 3 * np.tan(np.radians(5))  # every slice moves right by tan 5 degrees of its height
    d, _, w = np.indices((14, 14, 16))
    ramp = (10 + 3 * w + affine[0, 0] * d).astype(np.float32)  # the world coordinate R, plus 10
    path = written(tmp_path, ramp, affine)
    assert "sheared by 5.0 degrees" in refusal(path)
    scan = read_scan(path, accept_resampling=True)
    assert any("resampled onto right angles" in warning for warning in scan.warnings)
    dhw = np.indices(scan.volume.shape).reshape(3, -1)
    right = (scan.volume.dhw_to_ras[:3, :3] @ dhw + scan.volume.dhw_to_ras[:3, 3:])[0]
    values = scan.volume.array.ravel()
    inside = values > 10  # the fill is the lowest value
    assert inside.mean() > 0.8
    np.testing.assert_allclose(values[inside], 10 + right[inside], atol=1e-3)  # linear in, the same linear out


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".nrrd", ".mha"])
@pytest.mark.parametrize("kept", [0.0, 0.01, 0.3, 0.9, 0.999])
def test_a_truncated_file_is_refused(tmp_path, suffix, kept):
    path = written(tmp_path, suffix=suffix)
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    assert re.search("truncated|damaged|not an image", refusal(path))


def bomb(path, sizes, content):
    header = nibabel.Nifti1Header()
    header.set_data_shape(sizes)
    header.set_data_dtype(np.uint8)
    header.set_zooms((0.5, 0.5, 0.5))
    header["vox_offset"], header["magic"] = 352, b"n+1"
    path.write_bytes(gzip.compress(header.binaryblock + bytes(4) + content, 9))
    return path


def peak_megabytes(action):
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("sizes", "match"),
    [((1024, 1024, 1024), "can't hold"), ((32000, 32000, 32000), "at most 1024 per side")],
)
def test_a_header_that_declares_more_than_the_file_can_hold_is_refused_before_allocation(tmp_path, sizes, match):
    path = bomb(tmp_path / "a.nii.gz", sizes, bytes(1000))
    messages = []
    assert peak_megabytes(lambda: messages.append(refusal(path))) < 20
    assert re.search(match, messages[0])


def test_a_file_that_would_unpack_to_nothing_but_zeros_is_refused_before_allocation(tmp_path):
    path = bomb(tmp_path / "a.nii.gz", (512, 512, 300), bytes(512 * 512 * 300))
    messages = []
    assert peak_megabytes(lambda: messages.append(refusal(path))) < 20
    assert "would unpack" in messages[0]


@pytest.mark.parametrize(
    ("text", "match"),
    [
        (b"sizes: 1000 1000 1000\nspace: RAS\nspace directions: (1,0,0) (0,1,0) (0,0,1)", "can't hold"),
        (b"sizes: 64 64 64\nspace: RAS\nspace directions: (1,0,0) (0,1,0) (0,0,0)", "above 0 mm"),
        (b"sizes: 64 64 64\nspacings: 1 1 -1", "above 0 mm"),
        (b"sizes: 64 64 64", "does not state its voxel size"),
        (b"sizes: 64 64\nspacings: 1 1", "not three-dimensional"),
        (b"sizes: 6 64 64 64\nkinds: vector domain domain domain", "more than one value per voxel"),
        (b"sizes: 64 64 64 9\nspacings: 1 1 1 1", "4 dimensions"),
        (b"sizes: x y z", "damaged"),
    ],
)
def test_an_nrrd_header_is_checked_before_its_data(tmp_path, text, match):
    content = b"NRRD0004\ntype: float\ndimension: 3\nencoding: gzip\nendian: little\n" + text + b"\n\n"
    (tmp_path / "a.nrrd").write_bytes(content + gzip.compress(bytes(1000)))
    assert re.search(match, refusal(tmp_path / "a.nrrd"))


@pytest.mark.parametrize(
    ("encoding", "extra", "match"),
    [("ascii", "", "raw or gzip"), ("raw", "data file: ../../secret.raw\n", "beside its header"),
     ("raw", "data file: %03d.raw 1 9 1\n", "beside its header")],
)  # fmt: skip
def test_an_nrrd_may_not_point_anywhere_nor_be_packed_oddly(tmp_path, encoding, extra, match):
    text = f"NRRD0004\ntype: float\ndimension: 3\nsizes: 20 20 20\nspacings: 2 2 2\nencoding: {encoding}\n{extra}\n"
    (tmp_path / "a.nrrd").write_text(text)
    assert match in refusal(tmp_path / "a.nrrd")


@pytest.mark.parametrize(
    ("text", "match"),
    [
        (
            "DimSize = 900 900 900\nElementSpacing = 1 1 1\nCompressedData = True\nCompressedDataSize = 1000",
            "can't hold",
        ),
        ("DimSize = 64 64 64\nElementSpacing = 1 0 1", "above 0 mm"),
        ("DimSize = 64 64 64", "does not state its voxel size"),
        ("DimSize = 64 64 64\nElementSpacing = 1 1 1\nElementNumberOfChannels = 3", "several channels"),
        ("DimSize = 64 64 64 2\nElementSpacing = 1 1 1 1", "4 dimensions"),
        ("DimSize = many\nElementSpacing = 1 1 1", "damaged"),
    ],
)
def test_a_meta_image_header_is_checked_before_its_data(tmp_path, text, match):
    head = f"ObjectType = Image\nNDims = 3\n{text}\nElementType = MET_FLOAT\nElementDataFile = LOCAL\n"
    (tmp_path / "a.mha").write_bytes(head.encode() + bytes(1000))
    assert re.search(match, refusal(tmp_path / "a.mha"))


def hounsfield(shape=(20, 32, 32), air=-1000.0):
    """A head of water with a shell of bone in air, and noise of 10 HU."""
    r = np.linalg.norm(np.stack(np.meshgrid(*[np.linspace(-1, 1, n) for n in shape], indexing="ij")), axis=0)
    values = np.where(r > 0.9, air, np.where(r > 0.75, 1300, 35))
    return (values + np.random.default_rng(0).normal(0, 10, shape)).astype(np.float32)


def test_a_ct_is_known_by_its_hounsfield_values(tmp_path):
    assert "looks like a CT" in refusal(written(tmp_path, hounsfield(), scaled(0.7, 0.5, 0.5)))


def test_a_ct_padded_with_minus_2000_outside_its_circle_is_still_one():
    array = hounsfield()
    array[:, :6, :6] = -2000
    assert looks_like_ct(array)


@pytest.mark.parametrize(
    "array",
    [
        noise() - 300,  # a z-scored image on some scale
        np.clip(noise() / 300 - 1, -1, 1),  # scaled to [-1, 1]
        np.random.default_rng(0).uniform(-4096, 4095, SHAPE).astype(np.float32),  # a phase image
        noise() * 10,  # an ordinary magnitude image
        (noise() - 300) * 5,  # signed, with tails past -1000 and 1000 and no air
    ],
)
def test_mr_images_with_signed_values_are_no_ct(array):
    assert not looks_like_ct(array.astype(np.float32))


ANYTHING = st.one_of(
    st.just(np.nan), st.just(np.inf), st.floats(-2000, 4000, width=32), st.integers(-1000, 1000), st.just(0)
)


@given(
    shape=st.tuples(*[st.integers(1, 14)] * 3),
    affine=affines(sheared=True),
    values=st.lists(ANYTHING, min_size=1, max_size=4),
    suffix=st.sampled_from([".nii", ".nrrd", ".mha"]),
)
@examples(60)
def test_any_small_volume_is_read_or_refused(tmp_path, shape, affine, values, suffix):
    array = np.resize(np.array(values, np.float32), shape)
    path = written(tmp_path, array, affine, suffix)
    try:
        scan = read_scan(path)
    except InputRefusedError:
        return
    np.testing.assert_array_equal(scan.volume.array, array)
    assert scan.volume.same_grid(Volume(array, affine))


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".nrrd", ".mha", ".seg.nrrd"])
@given(data=st.data())
@examples(40)
def test_a_damaged_file_is_read_or_refused_never_worse(tmp_path, suffix, data):
    path = tmp_path / f"a{suffix}"
    if not path.exists():
        write_image(path, Volume(noise((8, 10, 10)), turned_affine(spacing_dhw_mm=(5, 4, 4))))
        path.with_suffix(".sound").write_bytes(path.read_bytes())
    content = bytearray(path.with_suffix(".sound").read_bytes())
    where = st.one_of(st.integers(0, min(600, len(content) - 1)), st.integers(0, len(content) - 1))
    for place, byte in data.draw(st.lists(st.tuples(where, st.integers(0, 255)), min_size=1, max_size=6)):
        content[place] = byte
    cut = data.draw(st.one_of(st.just(len(content)), st.integers(0, len(content))))
    path.write_bytes(bytes(content[:cut]))
    for reading in (read_scan, read_labelmap):
        try:
            reading(path)
        except InputRefusedError as refused:
            assert str(tmp_path) not in str(refused)  # noqa: PT017 - either way is right
