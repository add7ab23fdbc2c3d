"""Fields of an NRRD header, as its format defines them; pynrrd is the other reader."""

import gzip

import nrrd
import numpy as np
import pytest

from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.imageio.files.nrrd import nrrd_header
from VSSegmentationLib.imageio.files.reading import load_file

VOXELS = np.arange(24, dtype=np.int16).reshape(2, 3, 4)  # (D, H, W)
USUAL = {
    "type": "int16", "dimension": "3", "sizes": "4 3 2", "encoding": "raw", "endian": "little", "space": "RAS",
    "space directions": "(1,0,0) (0,2,0) (0,0,3)", "space origin": "(10,20,30)",
}  # fmt: skip


def written(tmp_path, *, voxels: bytes = VOXELS.tobytes(), **changed: str | None):
    fields = {**USUAL, **{key.replace("_", " "): value for key, value in changed.items()}}
    path = tmp_path / "a.nrrd"
    lines = ["NRRD0005", *(f"{key}: {value}" for key, value in fields.items() if value is not None), "", ""]
    path.write_bytes("\n".join(lines).encode() + voxels)
    return path


def refusal(path) -> str:
    with pytest.raises(InputRefusedError) as refused:
        load_file(path)
    return str(refused.value)


@pytest.mark.parametrize(
    ("space", "to_ras"),
    [
        ("RAS", (1, 1, 1)), ("right-anterior-superior", (1, 1, 1)), ("LAS", (-1, 1, 1)),
        ("left-anterior-superior", (-1, 1, 1)), ("LPS", (-1, -1, 1)), ("left-posterior-superior", (-1, -1, 1)),
    ],
)  # fmt: skip
def test_a_space_says_where_the_axes_point(tmp_path, space, to_ras):
    volume = load_file(written(tmp_path, space=space)).volume
    expected = np.diag([*to_ras, 1.0]) @ [[0, 0, 1, 10], [0, 2, 0, 20], [3, 0, 0, 30], [0, 0, 0, 1]]
    np.testing.assert_allclose(volume.dhw_to_ras, expected)
    assert not volume.axes_assumed
    assert np.array_equal(volume.array, VOXELS)


def test_spacings_alone_are_sizes_along_width_height_and_depth_without_a_place(tmp_path):
    path = written(tmp_path, space=None, space_directions=None, space_origin=None, spacings="1 2 3")
    volume = load_file(path).volume
    assert volume.spacing_dhw_mm == (3.0, 2.0, 1.0)
    assert volume.axes_assumed


@pytest.mark.parametrize("spacings", ["1 2", "1 2 3 4"])
def test_two_or_four_spacings_are_no_voxel_size(tmp_path, spacings):
    path = written(tmp_path, space=None, space_directions=None, space_origin=None, spacings=spacings)
    assert "does not state its voxel size" in refusal(path)


@pytest.mark.parametrize(
    ("changed", "match"),
    [
        ({"dimension": "4"}, "damaged"),
        ({"space_origin": "(1,2)"}, "damaged"),
        ({"space_origin": "(1,2,3) (1,2,3)"}, "damaged"),
        ({"space_directions": "(1,0) (0,2) (0,3)"}, "damaged"),
        ({"space_directions": "(1,0,0) (0,2,0)"}, "does not state its voxel size"),
        ({"space_directions": "(1,0,0) (0,2,0) (0,0,11)"}, "above 10 mm"),
        ({"space_units": '"mm" "mm" "cm"'}, "other than mm"),
        ({"kinds": "domain domain list"}, "more than one value per voxel"),
        ({"encoding": "bzip2"}, "states 'bzip2'"),
        ({"encoding": "abcdefghijklmn"}, "states 'abcdefghijkl'"),
        ({"endian": None}, "in which order"),
        ({"type": "block"}, "another type"),
        ({"line_skip": "-1"}, "damaged"),
        ({"byte_skip": "-2"}, "damaged"),
        ({"byte_skip": "1 2"}, "damaged"),
        ({"byte_skip": "67108865"}, "damaged"),
        ({"byte_skip": "67108864"}, "truncated"),
    ],
)
def test_a_field_that_nobody_can_follow_is_refused(tmp_path, changed, match):
    assert match in refusal(written(tmp_path, **changed))


@pytest.mark.parametrize(
    ("changed", "voxels"),
    [
        ({"byte_skip": "5"}, b"12345" + VOXELS.tobytes()),
        ({"byte_skip": "-1"}, b"12345" + VOXELS.tobytes()),  # the voxels end the file
        ({"line_skip": "2"}, b"one\ntwo\n" + VOXELS.tobytes()),
        ({"line_skip": "1", "byte_skip": "3"}, b"one\n123" + VOXELS.tobytes()),
        ({"encoding": "gzip"}, gzip.compress(VOXELS.tobytes(), mtime=0)),
        ({"encoding": "gz", "byte_skip": "4"}, gzip.compress(b"1234" + VOXELS.tobytes(), mtime=0)),
        ({"endian": "big"}, VOXELS.astype(">i2").tobytes()),
        ({"space_units": '"mm" "mm" "mm"'}, VOXELS.tobytes()),
        ({"kinds": "domain space none"}, VOXELS.tobytes()),
    ],
)
def test_what_the_format_allows_is_followed(tmp_path, changed, voxels):
    path = written(tmp_path, voxels=voxels, **changed)
    assert np.array_equal(load_file(path).volume.array, VOXELS)


def test_in_pairs_of_the_writers_own_a_backslash_begins_a_line_break_or_stands_for_the_sign_behind_it(tmp_path):
    path = written(tmp_path)
    pairs = rb"""two lines:=a\nb
one backslash:=a\\nb
# no pair:=c
"""
    path.write_bytes(path.read_bytes().replace(b"NRRD0005\n", b"NRRD0005\n" + pairs))
    fields = nrrd_header(path).fields
    assert fields["two lines"] == "a\nb"
    assert fields["one backslash"] == "a\\nb"
    assert fields.keys() == {"two lines", "one backslash"}


@pytest.mark.parametrize("code", ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"])
def test_every_number_type_is_read_as_pynrrd_writes_it(tmp_path, code):
    array = np.arange(24).reshape(2, 3, 4).astype(code)
    directions = np.diag([1.0, 2.0, 3.0])
    header = {"space": "right-anterior-superior", "space directions": directions, "space origin": np.zeros(3)}
    nrrd.write(str(tmp_path / "a.nrrd"), array.T, header)
    found = load_file(tmp_path / "a.nrrd").volume
    assert np.array_equal(found.array, array)
    assert found.spacing_dhw_mm == (3.0, 2.0, 1.0)


@pytest.mark.parametrize(("length", "is_taken"), [(32 * 1024, True), (32 * 1024 + 1, False)])
def test_a_line_of_a_header_has_32_kilobytes_at_most(tmp_path, length, is_taken):
    """With its end: what is longer is no header, and no program needs it."""
    path = written(tmp_path)
    head = path.read_bytes().replace(b"NRRD0005\n", b"NRRD0005\n#" + b"x" * (length - 2) + b"\n")
    path.write_bytes(head)
    if is_taken:
        assert np.array_equal(load_file(path).volume.array, VOXELS)
    else:
        assert f"a line of {length} bytes or more, and at most 32768 are read" in refusal(path)


@pytest.mark.parametrize(("length", "is_taken"), [(1024 * 1024, True), (1024 * 1024 + 1, False)])
def test_a_header_has_a_megabyte_at_most(tmp_path, length, is_taken):
    path = written(tmp_path)
    content = path.read_bytes()
    more = length - (len(content) - VOXELS.nbytes)
    comments = b"".join(b"#" + b"x" * (size - 2) + b"\n" for size in [1024] * (more // 1024 - 1) + [1024 + more % 1024])
    path.write_bytes(content.replace(b"NRRD0005\n", b"NRRD0005\n" + comments))
    if is_taken:
        assert np.array_equal(load_file(path).volume.array, VOXELS)
    else:
        assert "damaged" in refusal(path)


@pytest.mark.parametrize(("layers", "is_taken"), [(1, True), (1024, True), (1025, False), (0, False)])
def test_a_segmentation_has_1024_layers_at_most(tmp_path, layers, is_taken):
    path = written(
        tmp_path, dimension="4", sizes=f"{layers} 4 3 2", kinds="list domain domain domain",
        space_directions="none (1,0,0) (0,2,0) (0,0,3)",
    )  # fmt: skip
    if is_taken:
        assert nrrd_header(path, layers_allowed=True).layers == layers
    else:
        with pytest.raises(InputRefusedError, match="damaged"):
            nrrd_header(path, layers_allowed=True)
    assert "more than one value per voxel" in refusal(path)
