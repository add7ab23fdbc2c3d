"""What the values and segments of labelmaps mean: as names, codes and our own header say, never a number alone."""

import gzip
import struct

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk

from Testing.support.cohorts import divided, slab
from VSSegmentationLib.errors import InputRefusedError, UsageError
from VSSegmentationLib.imageio import (
    as_labelmap,
    load_labelmap,
    read_labelmap,
    read_scan,
    write_image,
    write_segmentation,
)
from VSSegmentationLib.imageio.files.label_meaning import relabeled
from VSSegmentationLib.imageio.terminology import terminology_entry
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS as VS
from VSSegmentationLib.labels import Label
from VSSegmentationLib.tasks.vestibular_schwannoma import VESTIBULAR_SCHWANNOMA
from VSSegmentationLib.volume import Volume

SUFFIXES = (".nii", ".nii.gz", ".nrrd", ".mha", ".seg.nrrd")
FIRST, SECOND = slice(2, 5), slice(5, 9)
"""Slices of two parts that touch."""
GENERAL = "Segmentation category and type - DICOM master list"
TISSUE = f"{GENERAL}~SCT^85756007^Tissue~SCT^85756007^Tissue~^^~Anatomic codes - DICOM master list~^^~^^"
ORGAN = f"{GENERAL}~SCT^123037004^Anatomical Structure~SCT^15926001^Brainstem~^^~Anatomic codes~^^~^^"


def plain(tmp_path, *parts, number_type=np.uint8):
    """A file of somebody else: a value in some slices each."""
    array = np.zeros((12, 6, 7), number_type)
    for value, where in parts:
        array[where, 1:4, 2:5] = value
    write_image(tmp_path / "theirs.nii.gz", Volume(array, divided(8).dhw_to_ras))
    return tmp_path / "theirs.nii.gz"


def segmentation(tmp_path, *segments, fields=()):
    """A .seg.nrrd of Slicer: name, value, slices and terminology of each segment, in one layer."""
    array = np.zeros((12, 6, 7), np.uint8)
    for _name, value, where, _terminology in segments:
        array[where, 1:4, 2:5] = value
    image = sitk.GetImageFromArray(array)
    for index, (name, value, _where, terminology) in enumerate(segments):
        rows = {"ID": f"S{index}", "Name": name, "LabelValue": value, "Layer": 0}
        rows["Tags"] = f"TerminologyEntry:{terminology}|" if terminology else "|"
        for key, text in rows.items():
            image.SetMetaData(f"Segment{index}_{key}", str(text))
    for key, text in fields:
        image.SetMetaData(key, text)
    sitk.WriteImage(image, str(tmp_path / "theirs.seg.nrrd"))
    return tmp_path / "theirs.seg.nrrd"


@pytest.mark.parametrize("value", [1, 2, 7, 255])
def test_one_value_alone_is_the_whole_tumor_and_a_note_says_how_to_say_otherwise(tmp_path, value):
    read = load_labelmap(plain(tmp_path, (value, FIRST)))
    assert set(np.unique(read.volume.array)) == {0, Label.UNDIVIDED_TUMOR}
    assert read.is_assumed_whole
    (note,) = read.notes
    assert "not divided" in note
    assert f"--values {value}=" in note


def test_the_value_of_our_cochleae_alone_is_asked_about_as_it_may_be_an_answer_without_a_tumor(tmp_path):
    path = plain(tmp_path, (Label.COCHLEA, FIRST))
    with pytest.raises(UsageError, match=r"the value 3 alone and does not say whether that is a tumor or the cochlea"):
        load_labelmap(path)
    for said, label in (("3=tumor", Label.UNDIVIDED_TUMOR), ("own", Label.COCHLEA)):
        read = load_labelmap(path, values=VESTIBULAR_SCHWANNOMA.label_values(said))
        assert set(np.unique(read.volume.array)) == {0, label}


def test_what_was_said_of_a_value_counts(tmp_path):
    values = VESTIBULAR_SCHWANNOMA.label_values("1=em")
    read = load_labelmap(plain(tmp_path, (1, FIRST)), values=values)
    assert (set(np.unique(read.volume.array)), read.notes) == ({0, Label.EXTRAMEATAL}, ())
    assert not read.is_assumed_whole


def test_two_parts_that_touch_are_read_by_the_documented_values_with_a_note(tmp_path):
    read = load_labelmap(plain(tmp_path, (1, FIRST), (2, SECOND)))
    assert set(np.unique(read.volume.array)) == {0, Label.EXTRAMEATAL, Label.INTRAMEATAL}
    (note,) = read.notes
    assert "1=extrameatal,2=intrameatal" in note
    assert "--values" in note


def test_a_second_value_that_lies_apart_is_asked_about_as_a_cochlea_would(tmp_path):
    path = plain(tmp_path, (1, FIRST), (2, slice(8, 10)))
    with pytest.raises(
        UsageError, match=r"the values 1, 2 and has pieces of the value 2 that do not touch.*--values 1="
    ):
        load_labelmap(path)
    read = read_labelmap(path, values=VESTIBULAR_SCHWANNOMA.label_values("crossmoda2021"))
    assert set(np.unique(read.array)) == {0, Label.UNDIVIDED_TUMOR, Label.COCHLEA}


def test_a_cochlea_that_touches_the_tumor_is_known_by_the_other_one_that_does_not(tmp_path):
    path = plain(tmp_path, (1, FIRST), (2, slice(5, 7)), (2, slice(9, 11)))
    with pytest.raises(UsageError, match="pieces of the value 2 that do not touch those of 1"):
        load_labelmap(path)


def test_a_stray_speck_of_the_second_part_does_not_matter(tmp_path):
    read = load_labelmap(plain(tmp_path, (1, FIRST), (2, SECOND), (2, slice(11, 12))))
    assert set(np.unique(read.volume.array)) == {0, Label.EXTRAMEATAL, Label.INTRAMEATAL}


@pytest.mark.parametrize("values", [(1, 3), (2, 4), (1, 7)])
def test_values_that_cannot_be_told_are_listed(tmp_path, values):
    with pytest.raises(UsageError, match=f"the values {values[0]}, {values[1]} and does not say"):
        load_labelmap(plain(tmp_path, (values[0], FIRST), (values[1], SECOND)))


def test_an_image_is_no_labelmap(tmp_path):
    array = np.arange(12 * 6 * 7, dtype=np.uint8).reshape(12, 6, 7)
    write_image(tmp_path / "a.nii.gz", Volume(array, divided(8).dhw_to_ras))
    with pytest.raises(InputRefusedError, match="may be an image"):
        load_labelmap(tmp_path / "a.nii.gz")


@pytest.mark.parametrize("label", [Label.EXTRAMEATAL, Label.INTRAMEATAL, Label.UNDIVIDED_TUMOR, Label.COCHLEA])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_our_own_files_say_what_their_only_part_is(tmp_path, suffix, label):
    write_segmentation(tmp_path / f"a{suffix}", slab(5, label=label), side="left")
    read = load_labelmap(tmp_path / f"a{suffix}")
    assert set(np.unique(read.volume.array)) == {0, label}
    assert (read.side, read.notes, read.is_assumed_whole) == ("left", (), False)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_side_that_is_not_determined_is_not_written(tmp_path, suffix):
    write_segmentation(tmp_path / f"a{suffix}", divided(8))
    assert load_labelmap(tmp_path / f"a{suffix}").side is None


def test_a_header_that_came_along_with_other_voxels_says_nothing_of_them(tmp_path):
    write_segmentation(tmp_path / "ours.nii.gz", divided(8), side="left")
    ours = nibabel.load(tmp_path / "ours.nii.gz")
    mask = (np.asarray(ours.dataobj) > 0).astype(np.uint8)
    nibabel.save(nibabel.Nifti1Image(mask, ours.affine, ours.header), tmp_path / "mask.nii.gz")
    read = load_labelmap(tmp_path / "mask.nii.gz")
    assert set(np.unique(read.volume.array)) == {0, Label.UNDIVIDED_TUMOR}
    assert (read.side, read.is_assumed_whole) == ("left", True)


def test_what_a_header_says_counts_more_than_what_was_said(tmp_path):
    write_segmentation(tmp_path / "a.nii.gz", divided(8))
    read = load_labelmap(tmp_path / "a.nii.gz", values=VESTIBULAR_SCHWANNOMA.label_values("1=im,2=em"))
    np.testing.assert_array_equal(read.volume.array, divided(8).array)
    assert "that was followed" in read.notes[0]


def test_others_read_our_nifti_and_keep_what_it_says(tmp_path):
    write_segmentation(tmp_path / "a.nii.gz", divided(8), side="right")
    seen = nibabel.load(tmp_path / "a.nii.gz")
    np.testing.assert_array_equal(np.asarray(seen.dataobj).T, divided(8).array)
    (extension,) = seen.header.extensions
    assert extension.get_code() == 6
    nibabel.save(seen, tmp_path / "b.nii.gz")
    assert load_labelmap(tmp_path / "b.nii.gz").side == "right"


@pytest.mark.parametrize("damage", [struct.pack("<2i", 4, 6), struct.pack("<2i", 10**9, 6), struct.pack("<2i", -16, 6)])
def test_a_damaged_extension_is_passed_over(tmp_path, damage):
    write_segmentation(tmp_path / "a.nii", slab(5, label=Label.INTRAMEATAL), side="left")
    content = bytearray((tmp_path / "a.nii").read_bytes())
    content[352:360] = damage
    (tmp_path / "a.nii.gz").write_bytes(gzip.compress(bytes(content)))
    read = load_labelmap(tmp_path / "a.nii.gz")
    assert (read.side, read.is_assumed_whole) == (None, True)


@pytest.mark.parametrize("name", ["VS", "Tumor", "tumour", "Segment_1", "irgendwas", ""])
def test_a_single_segment_is_the_whole_tumor_whatever_its_name(tmp_path, name):
    read = load_labelmap(segmentation(tmp_path, (name, 1, FIRST, TISSUE)))
    assert set(np.unique(read.volume.array)) == {0, Label.UNDIVIDED_TUMOR}
    assert (read.notes == ()) is (name in ("VS", "Tumor", "tumour"))


@pytest.mark.parametrize(
    ("first", "second"),
    [("Intrameatal tumour", "EM"), ("Intrameataler Anteil", "Extrameataler Anteil"), ("intracanalicular", "em"),
     ("Partie intraméatale", "Partie extraméatale")],
)  # fmt: skip
def test_parts_in_other_order_and_language_are_known_by_their_names(tmp_path, first, second):
    read = load_labelmap(segmentation(tmp_path, (first, 1, FIRST, ""), (second, 2, SECOND, "")))
    assert (read.volume.array[FIRST, 1:4, 2:5] == Label.INTRAMEATAL).all()
    assert (read.volume.array[SECOND, 1:4, 2:5] == Label.EXTRAMEATAL).all()
    assert read.notes == ()


def test_codes_tell_what_names_do_not_and_the_side_with_it(tmp_path):
    inner, outer = (terminology_entry(VS, VS.of_key(key), "right") for key in ("intrameatal", "extrameatal"))
    path = segmentation(tmp_path, ("Segment_1", 1, FIRST, inner), ("Segment_2", 2, SECOND, outer))
    read = load_labelmap(path)
    assert (read.volume.array[FIRST, 1:4, 2:5] == Label.INTRAMEATAL).all()
    assert read.side == "right"
    elsewhere = inner.replace(VS.terminology_context, GENERAL)
    assert elsewhere != inner
    one = load_labelmap(segmentation(tmp_path, ("Segment_1", 1, FIRST, elsewhere)))
    assert set(np.unique(one.volume.array)) == {0, Label.INTRAMEATAL}


@pytest.mark.parametrize(("name", "code"), [("Brainstem", ""), ("Hirnstamm", ORGAN)])
def test_other_structures_beside_the_tumor_are_left_out_and_named(tmp_path, name, code):
    read = load_labelmap(segmentation(tmp_path, (name, 1, FIRST, code), ("VS", 2, SECOND, TISSUE)))
    assert not read.volume.array[FIRST].any()
    assert (read.volume.array[SECOND, 1:4, 2:5] == Label.UNDIVIDED_TUMOR).all()
    assert read.notes == (f"Other structures of the file were left out: '{name}'.",)


def test_both_cochleae_are_one_label(tmp_path):
    read = load_labelmap(
        segmentation(
            tmp_path, ("Left cochlea", 1, FIRST, ""), ("Right cochlea", 2, SECOND, ""), ("VS", 3, slice(10, 12), "")
        )
    )
    assert (read.volume.array[2:9, 1:4, 2:5] == Label.COCHLEA).all()


@pytest.mark.parametrize(
    "names", [("Segment_1", "Segment_2"), ("Extrameatal tumor", "Segment_2"), ("VS", "Tumor"), ("Brainstem", "Skull")]
)
def test_segments_that_cannot_be_told_are_listed(tmp_path, names):
    path = segmentation(tmp_path, (names[0], 1, FIRST, TISSUE), (names[1], 2, SECOND, TISSUE))
    with pytest.raises(UsageError, match=f"1 '{names[0]}', 2 '{names[1]}'; name each one of extrameatal"):
        load_labelmap(path)


def test_what_segments_are_can_be_said_by_their_values(tmp_path):
    path = segmentation(tmp_path, ("Segment_1", 1, FIRST, TISSUE), ("Segment_2", 2, SECOND, TISSUE))
    read = load_labelmap(path, values=VESTIBULAR_SCHWANNOMA.label_values("1=im,2=none"))
    assert (read.volume.array[FIRST, 1:4, 2:5] == Label.INTRAMEATAL).all()
    assert not read.volume.array[SECOND].any()


def test_names_count_more_than_what_was_said_of_values(tmp_path):
    path = segmentation(tmp_path, ("Extrameatal tumor", 1, FIRST, ""), ("Intrameatal tumor", 2, SECOND, ""))
    read = load_labelmap(path, values=VESTIBULAR_SCHWANNOMA.label_values("1=im,2=em"))
    assert (read.volume.array[FIRST, 1:4, 2:5] == Label.EXTRAMEATAL).all()
    assert "not by what was said with --values" in read.notes[0]


def test_a_volume_in_memory_is_read_as_a_file_without_a_header():
    mask = slab(5, label=Label.EXTRAMEATAL)
    assert set(np.unique(as_labelmap(mask).volume.array)) == {0, Label.UNDIVIDED_TUMOR}
    own = as_labelmap(mask, values=VESTIBULAR_SCHWANNOMA.label_values("own"))
    assert set(np.unique(own.volume.array)) == {0, Label.EXTRAMEATAL}
    told = as_labelmap(mask.with_array(mask.array > 0))
    assert (set(np.unique(told.volume.array)), told.notes) == ({0, Label.UNDIVIDED_TUMOR}, ())


def test_a_value_without_a_meaning_is_refused_with_those_that_have_one():
    with pytest.raises(
        InputRefusedError, match=r"the value 2, which has no meaning here; known are 0 background, 1 und"
    ):
        relabeled(np.array([[[1, 2]]]), VESTIBULAR_SCHWANNOMA.label_values("mask"), VS)


@pytest.mark.parametrize(
    ("space", "is_told"),
    [("space: left-posterior-superior", True), ("space: RAS", True), ("space dimension: 3", False),
     ("space: scanner-xyz", False), ("space: 3D-right-handed", False)],
)  # fmt: skip
def test_only_a_space_that_names_sides_of_the_patient_tells_them(tmp_path, space, is_told):
    lines = ("NRRD0004", "type: uint8", "dimension: 3", "sizes: 7 6 12", space, "encoding: raw",
             "space directions: (5,0,0) (0,5,0) (0,0,5)", "space origin: (0,0,0)")  # fmt: skip
    array = divided(8).array[:12, :6, :7].copy()
    (tmp_path / "a.nrrd").write_bytes("\n".join(lines).encode() + b"\n\n" + array.tobytes())
    assert load_labelmap(tmp_path / "a.nrrd").volume.axes_assumed is not is_told


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_labelmap_of_a_scan_that_states_no_orientation_says_so_in_every_format(tmp_path, suffix):
    known = divided(8)
    write_segmentation(tmp_path / f"a{suffix}", Volume(known.array, known.dhw_to_ras, axes_assumed=True))
    assert load_labelmap(tmp_path / f"a{suffix}").volume.axes_assumed
    write_segmentation(tmp_path / f"b{suffix}", known)
    assert not load_labelmap(tmp_path / f"b{suffix}").volume.axes_assumed


@pytest.mark.parametrize(("letters", "is_told"), [("RAI", True), ("???", False)])
def test_only_letters_of_an_orientation_in_a_meta_image_tell_sides(tmp_path, letters, is_told):
    write_image(tmp_path / "a.mha", divided(8))
    content = (tmp_path / "a.mha").read_bytes()
    told = b"NDims = 3\nAnatomicalOrientation = " + letters.encode()
    (tmp_path / "a.mha").write_bytes(content.replace(b"NDims = 3", told, 1))
    assert load_labelmap(tmp_path / "a.mha").volume.axes_assumed is not is_told


def test_a_meta_image_that_itk_made_of_a_nifti_is_read_with_all_its_keys(tmp_path):
    write_segmentation(tmp_path / "a.nii.gz", divided(8))
    sitk.WriteImage(sitk.ReadImage(str(tmp_path / "a.nii.gz")), str(tmp_path / "a.mha"))
    assert b"dim[0] = " in (tmp_path / "a.mha").read_bytes()
    np.testing.assert_array_equal(load_labelmap(tmp_path / "a.mha").volume.array, divided(8).array)


def test_a_folder_is_no_file_and_the_message_says_which_one_to_give(tmp_path):
    with pytest.raises(
        UsageError, match=r"a folder was given where one file is needed; give the file in it.*seg\.nrrd"
    ):
        load_labelmap(tmp_path)


def test_a_nifti_without_codes_has_axes_that_are_assumed(tmp_path):
    write_image(tmp_path / "a.nii", divided(8))
    content = bytearray((tmp_path / "a.nii").read_bytes())
    struct.pack_into("<2h", content, 252, 0, 0)
    (tmp_path / "a.nii").write_bytes(bytes(content))
    assert load_labelmap(tmp_path / "a.nii").volume.axes_assumed
    write_image(
        tmp_path / "scan.nii", Volume(np.random.default_rng(0).normal(9, 2, (20, 40, 40)), np.diag([3.0, 3, 3, 1]))
    )
    assert not read_scan(tmp_path / "scan.nii").volume.axes_assumed
