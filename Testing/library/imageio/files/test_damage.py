"""Files that are damaged in ways that other readers pass over, and sound ones that some refuse."""

import gzip
import os
import struct
import zlib

import nibabel as nib
import nrrd
import numpy as np
import pytest
import SimpleITK as sitk

from Testing.support.grids import turned_affine
from VSSegmentationLib import geometry
from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.imageio import load_labelmap, read_labelmap, read_volume, write_image, write_segmentation
from VSSegmentationLib.imageio.declared import check_declared_bytes
from VSSegmentationLib.imageio.files.unpacking import Inflated, inflated_whole
from VSSegmentationLib.volume import Volume


def labelmap() -> Volume:
    d, h, w = np.indices((9, 14, 12))
    array = np.where((d - 4) ** 2 + (h - 6) ** 2 + (w - 5) ** 2 <= 9, 1 + (w > 5), 0).astype(np.uint8)
    return Volume(array, geometry.as_affine(turned_affine((20, -15, 10), (1.5, 0.8, 0.7))))


def written(tmp_path, name):
    write_segmentation(tmp_path / name, labelmap())
    return tmp_path / name


def edited(path, at, form, *values):
    content = bytearray(path.read_bytes())
    struct.pack_into("<" + form, content, at, *values)
    path.write_bytes(bytes(content))
    return path


def refusal(path) -> str:
    with pytest.raises(InputRefusedError) as refused:
        read_labelmap(path)
    return str(refused.value)


def wrong_checksum(plain: bytes, packed: bytes) -> bytes:
    """Packed data of other voxels under the length and checksum of the sound ones."""
    longer = plain[:500] + b"\1" * 40 + plain[500:]
    return gzip.compress(longer, mtime=0)[:-8] + packed[-8:]


@pytest.mark.parametrize("name", ["a.nii.gz", "a.nrrd", "a.seg.nrrd", "a.mha"])
def test_packed_voxels_that_do_not_fit_their_checksum_are_refused(tmp_path, name):
    path = written(tmp_path, name)
    content = path.read_bytes()
    begin = content.rindex(b"LOCAL\n") + 6 if name == "a.mha" else content.index(b"\x1f\x8b\x08")
    plain = zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(content[begin:])
    if name == "a.mha":
        damaged = zlib.compress(plain[:500] + b"\1" * 40 + plain[500:])[:-4] + content[-4:]
    else:
        damaged = wrong_checksum(plain, content[begin:])
    path.write_bytes(content[:begin] + damaged)
    assert "damaged" in refusal(path)


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "a.nrrd", "a.mha"])
def test_voxels_beyond_those_that_the_header_promises_are_refused(tmp_path, name):
    """A header that lost one count along an axis gives every voxel another place."""
    short = labelmap().with_array(labelmap().array)
    path = tmp_path / name
    write_image(path, short)
    content = path.read_bytes()
    if name == "a.nii":
        path.write_bytes(content[:42] + struct.pack("<h", 11) + content[44:])
    elif name == "a.nii.gz":
        plain = gzip.decompress(content)
        path.write_bytes(gzip.compress(plain[:42] + struct.pack("<h", 11) + plain[44:]))
    else:
        path.write_bytes(content.replace(b"12 14 9", b"11 14 9"))
    with pytest.raises(InputRefusedError, match=r"promises .* bytes of voxels and more are there"):
        read_volume(path)


def test_members_of_gzip_follow_each_other_and_zeros_may_end_them():
    packed = gzip.compress(b"one ") + gzip.compress(b"two") + bytes(512)

    class Source:
        def __init__(self):
            self.left = packed

        def read(self, count):
            piece, self.left = self.left[:3], self.left[3:]
            return piece

    assert Inflated(Source()).read(100) == b"one two"


@pytest.mark.parametrize("raw", [False, True])
def test_a_stream_that_unpacks_to_more_than_it_may_is_refused_before_it_has(tmp_path, raw):
    packer = zlib.compressobj(wbits=-15 if raw else 31)
    (tmp_path / "bomb").write_bytes(packer.compress(bytes(50_000_000)) + packer.flush())
    with (tmp_path / "bomb").open("rb") as file, pytest.raises(InputRefusedError, match="more than 1 MB"):
        inflated_whole(file, 1024**2, raw=raw)


def with_filling(path, count):
    path.write_bytes(path.read_bytes() + bytes(count))
    return path


@pytest.mark.parametrize("at", [0.0, 348.0, 352.0, 384.0])
def test_voxels_do_not_begin_in_what_extends_the_header(tmp_path, at):
    path = written(tmp_path, "a.nii")  # its first extension, of more than 32 bytes, begins at 352
    stated, size = (
        struct.unpack("<f", path.read_bytes()[108:112])[0],
        struct.unpack("<i", path.read_bytes()[352:356])[0],
    )
    assert (stated, size > 32) == (352 + size, True)
    assert "contradicts itself" in refusal(edited(path, 108, "f", at))


def test_voxels_without_a_stated_place_follow_the_header_and_its_extensions_may_be_wrong_where_the_voxels_end_the_file(
    tmp_path,
):
    nib.save(nib.Nifti1Image(labelmap().array.T, np.diag([-1.0, -1.0, 1.0, 1.0])), tmp_path / "plain.nii")
    path = with_filling(tmp_path / "plain.nii", 20)
    np.testing.assert_array_equal(read_labelmap(edited(path, 108, "f", 0.0)).array, labelmap().array)
    path = written(tmp_path, "a.nii")
    np.testing.assert_array_equal(read_labelmap(edited(path, 352, "i", 2**20)).array, labelmap().array)
    assert "contradicts itself" in refusal(with_filling(path, 1))


@pytest.mark.parametrize("codes", [(33, 9), (0, 6), (-1, 0)])
def test_placements_of_no_kind_that_there_is_are_damage(tmp_path, codes):
    assert "no placement of a kind that there is" in refusal(edited(written(tmp_path, "a.nii"), 252, "2h", *codes))


def test_a_placement_of_no_kind_gives_way_to_one_that_has_a_kind(tmp_path):
    path = edited(written(tmp_path, "a.nii"), 252, "2h", 1, 9)
    edited(path, 280, "4f", 9.0, 9.0, 9.0, 9.0)
    np.testing.assert_allclose(read_labelmap(path).dhw_to_ras, labelmap().dhw_to_ras, atol=1e-4)


@pytest.mark.parametrize("digits", [30, 400, 5000])
@pytest.mark.parametrize(
    "field", ["sizes: ", "Segment0_LabelValue:=", "VSSegmentation_Values:=", "VSSegmentation_LabelSet:="]
)
def test_numbers_of_more_digits_than_anything_has_are_told_in_one_sentence(tmp_path, field, digits):
    path = written(tmp_path, "a.seg.nrrd")
    before, _, after = path.read_bytes().partition(field.encode())
    path.write_bytes(before + field.encode() + b"9" * digits + after[after.index(b"\n") if ":=" in field else 2 :])
    if field == "VSSegmentation_Values:=":  # a note on what the voxels tell better
        assert load_labelmap(path).volume.array.any()
    else:
        assert len(refusal(path)) <= 300


def test_a_quaternion_that_is_no_rotation_is_refused_unless_the_sform_is_sound(tmp_path):
    path = edited(written(tmp_path, "a.nii"), 256, "3f", 0.9, 0.9, 0.0)
    place, warnings = labelmap().dhw_to_ras, load_labelmap(path).volume
    np.testing.assert_allclose(warnings.dhw_to_ras, place, atol=1e-5)
    edited(path, 254, "h", 0)  # without the sform
    assert "quaternion that is no rotation" in refusal(path)


@pytest.mark.parametrize("excess", [0.0, 0.0009])
def test_a_half_turn_that_was_rounded_up_scales_no_voxel(tmp_path, excess):
    path = edited(written(tmp_path, "a.nii"), 252, "2h3f", 1, 0, 0.0, 0.0, np.sqrt(1 + excess))
    found = read_labelmap(path)
    assert found.spacing_dhw_mm == pytest.approx((1.5, 0.8, 0.7), rel=1e-6)
    assert "no rotation" in refusal(edited(path, 256, "3f", 0.0, 0.0, np.sqrt(1.0011)))


def test_a_voxel_size_has_no_sign_where_the_sform_says_the_place(tmp_path):
    path = edited(written(tmp_path, "a.nii"), 80, "f", -0.7)
    np.testing.assert_allclose(read_labelmap(path).dhw_to_ras, labelmap().dhw_to_ras, atol=1e-5)


@pytest.mark.parametrize(("size", "is_refused"), [(0.7 * 1.009, False), (0.7 * 1.012, True), (0.7 / 1.012, True)])
def test_two_voxel_sizes_may_differ_by_one_percent(tmp_path, size, is_refused):
    path = edited(written(tmp_path, "a.nii"), 80, "f", size)
    edited(path, 252, "h", 0)
    if is_refused:
        assert "two voxel sizes" in refusal(path)
    else:
        assert read_labelmap(path).array.any()


@pytest.mark.parametrize("spacing", [0.009, 10.1, 1e-20])
def test_the_spacing_of_a_labelmap_has_the_limits_of_a_scan(tmp_path, spacing):
    write_image(tmp_path / "a.nrrd", Volume(labelmap().array, np.diag([spacing, spacing, spacing, 1.0])[[2, 1, 0, 3]]))
    assert "voxel spacing" in refusal(tmp_path / "a.nrrd")


def test_labels_that_a_writer_scaled_are_whole_again_and_fractions_are_not(tmp_path):
    image = nib.Nifti1Image(labelmap().array.T.astype(np.float32), np.diag([-0.7, -0.8, 1.5, 1.0]))
    image.header.set_data_dtype(np.uint8)
    nib.save(image, tmp_path / "scaled.nii.gz")
    stored = np.asarray(nib.load(tmp_path / "scaled.nii.gz").dataobj)
    assert 0 < np.abs(stored - np.round(stored)).max() < 0.01
    np.testing.assert_array_equal(read_labelmap(tmp_path / "scaled.nii.gz").array, labelmap().array)
    fractions = nib.Nifti1Image((labelmap().array * 0.3).T.astype(np.float32), np.eye(4))
    fractions.header.set_data_dtype(np.uint8)
    nib.save(fractions, tmp_path / "fractions.nii")
    assert "fractions" in refusal(tmp_path / "fractions.nii")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"long: " + b"x" * 100_000, "line of 100007 bytes"),
        (b"sizes: 12 14 9", "comes twice"),
        (b"no field at all", "no field of the format"),
        (b'space units: "m" "m" "m"', "other than mm"),
    ],
)
def test_lines_of_an_nrrd_header_that_nobody_should_read_are_refused(tmp_path, line, said):
    path = written(tmp_path, "a.nrrd")
    path.write_bytes(path.read_bytes().replace(b"endian: little\n", b"endian: little\n" + line + b"\n"))
    assert said in refusal(path)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"ElementSpacing = ", b"ElementSpacing = x", "can't be read as numbers"),
        (b"CompressedData = True", b"CompressedData = 1e400", "must be True or False"),
        (b"Offset = ", b"Offset\x00= ", "no `key = value`"),
        (b"0.", b"2.", "not of length 1"),
        (b"CompressedDataSize", b"CompressedDataSiz", "how many bytes"),
    ],
)
def test_a_damaged_meta_image_header_is_refused(tmp_path, old, new, said):
    path = written(tmp_path, "a.mha")
    path.write_bytes(path.read_bytes().replace(old, new, 1))
    assert said in refusal(path)


@pytest.mark.parametrize(("stated", "before"), [("5", 5), ("0", 0), ("-1", 3), ("-2", None), ("0 0", None), ("", None)])
def test_voxels_beside_a_meta_image_begin_where_it_says(tmp_path, stated, before):
    """HeaderSize: bytes before the voxels; -1 means that they end the file (MetaIO's documentation of the format)."""
    voxels = labelmap().array.astype(np.uint8)
    path = tmp_path / "a.mhd"
    size = " ".join(map(str, voxels.shape[::-1]))
    header = f"NDims = 3\nDimSize = {size}\nElementType = MET_UCHAR\nElementSpacing = 1 1 1\nHeaderSize = {stated}\n"
    path.write_text(f"{header}ElementDataFile = a.raw\n")
    (tmp_path / "a.raw").write_bytes(b"x" * (before or 0) + voxels.tobytes())
    if before is None:
        assert "damaged" in refusal(path)
    else:
        np.testing.assert_array_equal(read_volume(path).array, voxels)


@pytest.mark.parametrize("big", [False, True])
def test_what_we_write_is_what_others_read_and_the_reverse(tmp_path, big):
    image = Volume(np.arange(9 * 14 * 12, dtype=np.int16).reshape(9, 14, 12) - 300, labelmap().dhw_to_ras)
    write_image(tmp_path / "a.nrrd", image)
    theirs, header = nrrd.read(str(tmp_path / "a.nrrd"))
    np.testing.assert_array_equal(theirs.T, image.array)
    np.testing.assert_allclose(header["space origin"], [-1, -1, 1] * image.dhw_to_ras[:3, 3], rtol=1e-15)
    for ending, packed in ((".nrrd", True), (".nrrd", False), (".mha", True), (".mha", False)):
        path = tmp_path / f"theirs{packed}{ending}"
        sitk.WriteImage(image.to_sitk(), str(path), useCompression=packed)
        assert read_volume(path).same_grid(image)
        np.testing.assert_array_equal(read_volume(path).array, image.array)
    space = {"space": "left-posterior-superior", "space directions": np.eye(3), "space origin": np.zeros(3)}
    nrrd.write(str(tmp_path / "b.nrrd"), image.array.T, {**space, "endian": "big" if big else "little"})
    np.testing.assert_array_equal(read_volume(tmp_path / "b.nrrd").array, image.array)


@pytest.mark.parametrize(("space", "signs"), [("RAS", (1, 1, 1)), ("LAS", (-1, 1, 1)), ("LPS", (-1, -1, 1))])
def test_the_spaces_of_nrrd_that_point_to_sides_of_the_patient(tmp_path, space, signs):
    vectors = np.linalg.qr(np.array([[3, 1, 0], [1, -4, 1], [0, 1, 5.0]]))[0] * (0.7, 0.8, 1.5)
    header = {"space": space, "space directions": vectors.T, "space origin": np.array([3.0, -4.0, 5.0])}
    nrrd.write(str(tmp_path / "a.nrrd"), labelmap().array.T, header)
    found = read_volume(tmp_path / "a.nrrd").dhw_to_ras
    np.testing.assert_allclose(found[:3, [2, 1, 0]], np.diag(signs) @ vectors, atol=1e-12)
    np.testing.assert_allclose(found[:3, 3], np.array(signs) * (3, -4, 5))


@pytest.mark.skipif(os.name == "nt", reason="names are text on Windows")
@pytest.mark.parametrize("ending", [b".seg.nrrd", b".nrrd", b".mha", b".nii.gz"])
def test_a_name_that_is_no_utf_8_is_a_name(tmp_path, ending):
    path = tmp_path / os.fsdecode(b"M\xfcller" + ending)
    write_segmentation(path, labelmap())
    np.testing.assert_array_equal(read_labelmap(path).array, labelmap().array)


def test_what_is_packed_though_its_name_does_not_say_so_is_read(tmp_path):
    for name in ("a.nii", "a.nrrd", "a.mha"):
        path = written(tmp_path, name)
        path.write_bytes(gzip.compress(path.read_bytes()))
        np.testing.assert_array_equal(read_labelmap(path).array, labelmap().array)


def test_a_header_of_nifti_has_348_bytes(tmp_path):
    path = written(tmp_path, "a.nii")
    header = path.read_bytes()[:348]
    path.write_bytes(header)
    assert "its header promises" in refusal(path)
    path.write_bytes(header[:347])
    assert "a NIfTI header has 348 bytes and 347 are there" in refusal(path)


def test_a_line_of_a_header_has_at_most_32_kilobytes(tmp_path):
    path = written(tmp_path, "a.nrrd")
    first, rest = path.read_bytes().split(b"\n", 1)
    line = b"#" + b"x" * (32 * 1024 - 2) + b"\n"
    path.write_bytes(first + b"\n" + line + rest)
    np.testing.assert_array_equal(read_labelmap(path).array, labelmap().array)
    path.write_bytes(first + b"\n#" + line + rest)
    assert "a line of 32769 bytes" in refusal(path)


@pytest.mark.parametrize(("per_byte", "is_taken"), [(300.0, True), (300.5, False)])
def test_an_image_packs_at_most_300_to_1_and_a_labelmap_what_deflate_can(per_byte, is_taken):
    stored = 1024**2
    check_declared_bytes(int(per_byte * stored), stored, compressed=True, is_labelmap=True)
    if is_taken:
        check_declared_bytes(int(per_byte * stored), stored, compressed=True)
    else:
        with pytest.raises(InputRefusedError, match="which no real scan does"):
            check_declared_bytes(int(per_byte * stored), stored, compressed=True)


@pytest.mark.parametrize("is_labelmap", [True, False])
def test_no_file_packs_more_than_deflate_can(is_labelmap):
    stored = 64 * 1024
    check_declared_bytes(1040 * stored, stored, compressed=True, is_labelmap=True)
    with pytest.raises(InputRefusedError, match="can't hold the"):
        check_declared_bytes(1040 * stored + 1, stored, compressed=True, is_labelmap=is_labelmap)
