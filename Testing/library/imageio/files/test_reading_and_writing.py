"""Files of every format: the same geometry and the same voxels come back, and others read them alike."""

import gzip
import struct

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st

from Testing.support.grids import affines, examples, turned_affine
from VSSegmentationLib import geometry
from VSSegmentationLib.errors import InputRefusedError, UsageError
from VSSegmentationLib.imageio import read_labelmap, read_scan, read_volume, write_image, write_segmentation
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS, Label
from VSSegmentationLib.volume import Volume

IMAGE_SUFFIXES = (".nii", ".nii.gz", ".nrrd", ".mha")
LABELMAP_SUFFIXES = (*IMAGE_SUFFIXES, ".seg.nrrd")


def image(shape=(9, 11, 13), affine=None, seed=0):
    array = np.random.default_rng(seed).normal(100, 30, shape).astype(np.float32)
    return Volume(array, turned_affine((20, -15, 35), (5.0, 4.0, 3.0)) if affine is None else affine)


def labelmap(affine=None, shape=(4, 5, 6)):
    array = np.random.default_rng(1).integers(0, 5, shape).astype(np.uint8)
    return Volume(array, turned_affine() if affine is None else affine)


@pytest.mark.parametrize("suffix", IMAGE_SUFFIXES)
@given(affine=affines(), shape=st.tuples(*[st.integers(2, 5)] * 3))
@examples(15)
def test_any_geometry_in_the_same_geometry_out(tmp_path, suffix, affine, shape):
    path = tmp_path / f"a{suffix}"
    volume = image(shape, affine)
    write_image(path, volume)
    back = read_volume(path)
    assert back.same_grid(volume, tolerance_mm=2e-4)  # NIfTI keeps float32: 3e-5 mm at half a meter
    np.testing.assert_array_equal(back.array, volume.array)


@given(affine=affines(sheared=True))
@examples(15)
def test_nifti_keeps_even_a_sheared_affine(tmp_path, affine):
    volume = image((3, 4, 5), affine)
    write_image(tmp_path / "a.nii", volume)
    assert read_volume(tmp_path / "a.nii").same_grid(volume, tolerance_mm=2e-4)


@pytest.mark.parametrize("suffix", IMAGE_SUFFIXES)
def test_plain_itk_finds_the_same_voxels_in_the_same_places(tmp_path, suffix):
    volume = image()
    write_image(tmp_path / f"a{suffix}", volume)
    seen = Volume.from_sitk(sitk.ReadImage(str(tmp_path / f"a{suffix}")))
    assert seen.same_grid(volume)
    np.testing.assert_array_equal(seen.array, volume.array)


@pytest.mark.parametrize("left_handed", [False, True])
def test_nibabel_reads_sform_and_qform_of_ours_alike(tmp_path, left_handed):
    affine = turned_affine()
    affine[:3, 0] *= -1 if left_handed else 1
    volume = image(affine=affine)
    write_image(tmp_path / "a.nii.gz", volume)
    seen = nibabel.load(tmp_path / "a.nii.gz")
    np.testing.assert_allclose(seen.get_qform(), seen.get_sform(), atol=1e-4)
    np.testing.assert_allclose(seen.affine, affine[:, [2, 1, 0, 3]], atol=1e-4)
    np.testing.assert_array_equal(np.asarray(seen.dataobj).T, volume.array)


@pytest.mark.parametrize("number_type", [np.uint8, np.int16, np.uint16, np.int32, np.float32, np.float64])
@pytest.mark.parametrize("order", ["<", ">"])
def test_nifti_of_others_is_read_in_every_number_type_and_byte_order(tmp_path, number_type, order):
    array = np.arange(60).reshape(3, 4, 5).astype(number_type)  # nibabel's (i, j, k)
    header = nibabel.Nifti1Header(endianness=order)
    header.set_data_dtype(np.dtype(number_type).newbyteorder(order))
    nibabel.save(nibabel.Nifti1Image(array, np.diag([1, 2, 3, 1]), header), tmp_path / "a.nii")
    back = read_volume(tmp_path / "a.nii")
    np.testing.assert_array_equal(back.array, array.T)
    assert back.spacing_dhw_mm == pytest.approx((3, 2, 1))


def test_nifti_2_is_read(tmp_path):
    array = np.arange(60, dtype=np.int16).reshape(3, 4, 5)
    affine = turned_affine()[:, [2, 1, 0, 3]]
    nibabel.save(nibabel.Nifti2Image(array, affine), tmp_path / "a.nii.gz")
    back = read_volume(tmp_path / "a.nii.gz")
    np.testing.assert_array_equal(back.array, array.T)
    np.testing.assert_allclose(back.dhw_to_ras, turned_affine(), atol=1e-4)


def test_nifti_slope_and_intercept_are_applied(tmp_path):
    array = np.arange(60, dtype=np.int16).reshape(3, 4, 5)
    nibabel.save(nibabel.Nifti1Image(array, np.eye(4)), tmp_path / "a.nii")
    content = bytearray((tmp_path / "a.nii").read_bytes())
    struct.pack_into("<2f", content, 112, 0.5, -3.0)  # scl_slope, scl_inter
    (tmp_path / "a.nii").write_bytes(bytes(content))
    np.testing.assert_allclose(read_volume(tmp_path / "a.nii").array, array.T * 0.5 - 3.0)


@pytest.mark.parametrize(("unit", "millimeters"), [("meter", 1000.0), ("mm", 1.0), ("micron", 0.001), (0, 1.0)])
def test_nifti_units_are_turned_into_millimeters(tmp_path, unit, millimeters):
    nifti = nibabel.Nifti1Image(np.zeros((3, 4, 5), np.int16), np.diag([*(np.array([2, 3, 4]) / millimeters), 1]))
    nifti.header.set_xyzt_units(unit)
    nibabel.save(nifti, tmp_path / "a.nii")
    assert read_volume(tmp_path / "a.nii").spacing_dhw_mm == pytest.approx((4, 3, 2), rel=1e-5)


def two_placements(path, sform_code, qform_code, shift=7.0):
    nifti = nibabel.Nifti1Image(np.random.default_rng(0).normal(50, 9, (20, 18, 16)).astype(np.float32), np.eye(4))
    sform, qform = np.diag([3.0, 3, 3, 1]), np.diag([3.0, 3, 3, 1])
    sform[0, 3], qform[0, 3] = shift, -shift
    nifti.set_sform(sform, sform_code)
    nifti.set_qform(qform, qform_code)
    nibabel.save(nifti, path)


@pytest.mark.parametrize(
    ("sform_code", "qform_code", "used"), [(1, 1, 7), (2, 1, -7), (4, 1, -7), (2, 2, 7), (4, 4, 7)]
)
def test_of_two_placements_the_scanners_own_is_used_and_the_other_is_warned_of(tmp_path, sform_code, qform_code, used):
    two_placements(tmp_path / "a.nii", sform_code, qform_code)
    scan = read_scan(tmp_path / "a.nii")
    assert scan.volume.dhw_to_ras[0, 3] == pytest.approx(used)
    assert any("two different placements" in w for w in scan.warnings)


def test_two_placements_that_agree_need_no_warning(tmp_path):
    two_placements(tmp_path / "a.nii", 1, 1, shift=0.0)
    assert not any("placement" in w for w in read_scan(tmp_path / "a.nii").warnings)


def test_nifti_without_placement_is_put_where_itk_puts_it_with_a_warning(tmp_path):
    two_placements(tmp_path / "a.nii", 0, 0)
    scan = read_scan(tmp_path / "a.nii")
    assert any("does not state how it lies" in w for w in scan.warnings)
    assert scan.volume.same_grid(Volume.from_sitk(sitk.ReadImage(str(tmp_path / "a.nii"))))


def test_a_file_is_known_by_its_content_not_its_name(tmp_path):
    write_image(tmp_path / "a.nrrd", image())
    (tmp_path / "a.nrrd").rename(tmp_path / "scan.nii.gz")
    assert read_scan(tmp_path / "scan.nii.gz").file_format == "NRRD"


@pytest.mark.parametrize(("header", "data"), [("a.nhdr", "a.raw.gz"), ("a.mhd", "a.zraw")])
def test_a_header_with_its_data_beside_it_is_read(tmp_path, header, data):
    volume = image()
    ijk_to_lps = np.diag([-1.0, -1, 1, 1]) @ volume.dhw_to_ras[:, [2, 1, 0, 3]]
    itk = sitk.GetImageFromArray(volume.array)
    itk.SetOrigin(ijk_to_lps[:3, 3].tolist())
    itk.SetSpacing(volume.spacing_dhw_mm[::-1])
    itk.SetDirection((ijk_to_lps[:3, :3] / volume.spacing_dhw_mm[::-1]).ravel().tolist())
    sitk.WriteImage(itk, str(tmp_path / header), useCompression=True)
    assert (tmp_path / data).exists()
    back = read_volume(tmp_path / header)
    assert back.same_grid(volume)
    np.testing.assert_array_equal(back.array, volume.array)


@pytest.mark.parametrize("suffix", LABELMAP_SUFFIXES)
@given(affine=affines())
@examples(8)
def test_a_labelmap_comes_back_exactly(tmp_path, suffix, affine):
    path = tmp_path / f"a{suffix}"
    labels = labelmap(affine)
    write_segmentation(path, labels)
    back = read_labelmap(path)
    assert back.array.dtype == np.uint8
    assert back.same_grid(labels, tolerance_mm=2e-4)
    np.testing.assert_array_equal(back.array, labels.array)
    np.testing.assert_array_equal(sitk.GetArrayFromImage(sitk.ReadImage(str(path))), labels.array)


@pytest.mark.parametrize("suffix", LABELMAP_SUFFIXES)
def test_a_labelmap_without_any_tumor_is_written_too(tmp_path, suffix):
    empty = Volume(np.zeros((4, 5, 6), np.uint8), turned_affine())
    write_segmentation(tmp_path / f"a{suffix}", empty)
    back = read_labelmap(tmp_path / f"a{suffix}")
    assert back.same_grid(empty)
    assert not back.array.any()


def test_same_labelmap_gives_the_same_bytes(tmp_path):
    for name in ("a.nii.gz", "b.nii.gz"):
        write_segmentation(tmp_path / name, labelmap())
    assert (tmp_path / "a.nii.gz").read_bytes() == (tmp_path / "b.nii.gz").read_bytes()


def test_seg_nrrd_carries_what_slicer_needs_for_each_segment(tmp_path):
    array = np.zeros((4, 5, 6), np.uint8)
    array[1, 2, 3], array[2, 2, 2] = Label.INTRAMEATAL, Label.EXTRAMEATAL
    write_segmentation(tmp_path / "a.seg.nrrd", Volume(array, turned_affine()))
    header = (tmp_path / "a.seg.nrrd").read_bytes().split(b"\n\n")[0].decode()
    lines = header.splitlines()
    assert "space: left-posterior-superior" in lines
    fields = dict(line.split(":=") for line in lines if ":=" in line)
    assert fields["Segmentation_MasterRepresentation"] == "Binary labelmap"
    assert fields["Segmentation_ReferenceImageExtentOffset"] == "0 0 0"
    for index, label in enumerate((Label.EXTRAMEATAL, Label.INTRAMEATAL)):
        prefix = f"Segment{index}_"
        assert fields[prefix + "Name"] == VESTIBULAR_SCHWANNOMA_LABELS.of_value(label).name
        color = [round(255 * float(c)) for c in fields[prefix + "Color"].split()]
        assert tuple(color) == VESTIBULAR_SCHWANNOMA_LABELS.of_value(label).color_rgb
        assert fields[prefix + "LabelValue"] == str(int(label))
        assert fields[prefix + "Layer"] == "0"
        assert fields[prefix + "Extent"] == "0 5 0 4 0 3"
        assert (fields[prefix + "NameAutoGenerated"], fields[prefix + "ColorAutoGenerated"]) == ("0", "0")
        tag, entry = fields[prefix + "Tags"].rstrip("|").split(":", 1)
        assert tag == "TerminologyEntry"
        assert len(entry.split("~")) == 7
        assert "SCT^49755003^" in entry
        assert "99VSSEG^VS-" in entry
    assert fields["Segment0_ID"] != fields["Segment1_ID"]
    assert "Segment2_ID" not in fields


def slicer_file(path, layers, segments):
    """A .seg.nrrd as Slicer writes it: one layer, or a list of layers as the fastest axis."""
    itk = sitk.GetImageFromArray(np.stack(layers, axis=-1) if len(layers) > 1 else layers[0], isVector=len(layers) > 1)
    for index, (name, value, layer) in enumerate(segments):
        for key, text in (("ID", f"S{index}"), ("Name", name), ("LabelValue", value), ("Layer", layer)):
            itk.SetMetaData(f"Segment{index}_{key}", str(text))
    sitk.WriteImage(itk, str(path))
    if len(layers) > 1:
        content = path.read_bytes().replace(b"kinds: vector domain", b"kinds: list domain")
        path.write_bytes(content)


def test_segments_are_recognized_by_name_whatever_their_value(tmp_path):
    layer = np.zeros((4, 5, 6), np.uint8)
    layer[0], layer[1] = 1, 2
    slicer_file(tmp_path / "a.seg.nrrd", [layer], [("intrameatal TUMOR", 1, 0), ("Extrameatal tumor", 2, 0)])
    back = read_labelmap(tmp_path / "a.seg.nrrd").array
    assert (back[0] == Label.INTRAMEATAL).all()
    assert (back[1] == Label.EXTRAMEATAL).all()


def test_segments_in_several_layers_are_joined(tmp_path):
    one, two = np.zeros((2, 4, 5, 6), np.uint8)
    one[0], two[1] = 1, 1
    slicer_file(tmp_path / "a.seg.nrrd", [one, two], [("Cochlea", 1, 0), ("Extrameatal tumor", 1, 1)])
    back = read_labelmap(tmp_path / "a.seg.nrrd").array
    assert (back[0] == Label.COCHLEA).all()
    assert (back[1] == Label.EXTRAMEATAL).all()
    assert not back[2:].any()


@pytest.mark.parametrize(
    ("segments", "match"),
    [
        ([("Cochlea", 1, 0), ("Extrameatal tumor", 1, 0)], "overlaps another in 30 voxels"),
        ([("Cochlea", 1, 0)], "belong to none"),
        ([("Cochlea", 1, 0), ("Extrameatal tumor", 1, 2)], "layer 3 of 2"),
        ([("Cochlea", "one", 0)], "no number"),
        ([], "no segments"),
    ],
)
def test_a_segmentation_of_uncertain_meaning_is_refused(tmp_path, segments, match):
    one, two = np.zeros((2, 4, 5, 6), np.uint8)
    one[0], two[1] = 1, 1
    slicer_file(tmp_path / "a.seg.nrrd", [one, two], segments)
    with pytest.raises(InputRefusedError, match=match):
        read_labelmap(tmp_path / "a.seg.nrrd")


@pytest.mark.parametrize(
    ("values", "match"),
    [(np.float32([0, 0.5]), "whole numbers"), (np.float32([0, np.nan]), "whole numbers"),
     (np.int16([-1, 1]), "from -1 to 1"), (np.int16([0, 900]), "may be an image")],
)  # fmt: skip
def test_what_is_no_labelmap_is_refused(tmp_path, values, match):
    array = np.resize(values, (4, 5, 6))
    write_image(tmp_path / "a.nii.gz", Volume(array, turned_affine()))
    with pytest.raises(InputRefusedError, match=match):
        read_labelmap(tmp_path / "a.nii.gz")


def test_whole_numbers_stored_as_float_are_a_labelmap(tmp_path):
    labels = labelmap()
    write_image(tmp_path / "a.nii.gz", labels.with_array(labels.array.astype(np.float32)))
    np.testing.assert_array_equal(read_labelmap(tmp_path / "a.nii.gz").array, labels.array)


def test_a_nearly_empty_labelmap_may_compress_as_well_as_it_can(tmp_path):
    array = np.zeros((60, 512, 512), np.uint8)
    array[30, 200:210, 200:210] = 1
    write_segmentation(tmp_path / "a.nii.gz", Volume(array, turned_affine()))
    assert array.size / (tmp_path / "a.nii.gz").stat().st_size > 900
    assert read_labelmap(tmp_path / "a.nii.gz").array.sum() == 100


def test_writing_refuses_what_it_can_not_write(tmp_path):
    with pytest.raises(UsageError, match="ends in"):
        write_image(tmp_path / "a.png", image())
    with pytest.raises(UsageError, match=r"ends in '\.longwor'$"):
        write_image(tmp_path / "a.longword", image())
    with pytest.raises(InputRefusedError, match="uint8"):
        write_segmentation(tmp_path / "a.seg.nrrd", image())
    with pytest.raises(InputRefusedError, match=r"\[9\]"):
        write_segmentation(tmp_path / "a.seg.nrrd", Volume(np.full((2, 2, 2), 9, np.uint8), np.eye(4)))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("reading", [read_scan, read_volume, read_labelmap])
def test_a_path_to_nothing_is_a_mistake_in_the_call(tmp_path, reading):
    with pytest.raises(UsageError, match="no such file"):
        reading(tmp_path / "nowhere.nii.gz")


def test_compressed_bytes_are_gzip_whatever_their_name(tmp_path):
    write_image(tmp_path / "a.nii", image())
    (tmp_path / "b.nii").write_bytes(gzip.compress((tmp_path / "a.nii").read_bytes()))
    assert read_volume(tmp_path / "b.nii").same_grid(image())


def test_voxel_hash_follows_voxels_and_place(tmp_path):
    volume = image()
    moved = volume.dhw_to_ras.copy()
    moved[0, 3] += 1
    changed = volume.array.copy()
    changed[0, 0, 0] += 1
    hashes = set()
    for number, other in enumerate((volume, Volume(volume.array, moved), Volume(changed, volume.dhw_to_ras))):
        write_image(tmp_path / f"{number}.nrrd", other)
        hashes.add(read_scan(tmp_path / f"{number}.nrrd").voxels_sha256)
    assert len(hashes) == 3
    assert geometry.voxel_volume_mm3(volume.dhw_to_ras) == pytest.approx(60)
