"""Collections of NIfTI files: what is found, what the values become, and each fault with its reason."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from Testing.training.data.conftest import AFFINE, SHAPE, head, labels
from Training.data import import_folder, read_manifest
from Training.data.bids import Bids
from Training.data.brats import Brats
from Training.data.cross_moda import CrossModa
from Training.data.label_names import label_of, modality_of_name, parse_labels
from Training.data.nnunet_raw import NnUnetRaw
from VSSegmentationLib.errors import InputRefusedError, UsageError
from VSSegmentationLib.imageio import read_volume
from VSSegmentationLib.labels import Label
from VSSegmentationLib.volume import Volume


def imported(importer, tmp_path: Path):
    manifest = import_folder(importer, tmp_path / "in", tmp_path / "out")
    if manifest.entries:
        assert read_manifest(tmp_path / "out") == manifest
    else:
        assert [file.name for file in (tmp_path / "out").glob("*.csv")] == ["left_out.csv"]
    return manifest


def values(entry) -> set[int]:
    found = read_volume(entry.labels)
    assert found.same_grid(read_volume(entry.image))
    return set(np.unique(found.array).astype(int).tolist())


def reasons(manifest) -> dict[str, str]:
    return {each.case: each.reason for each in manifest.left_out}


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("crossmoda_7", (1, 2), {0, Label.UNDIVIDED_TUMOR, Label.COCHLEA}),
        ("crossmoda2022_etz_7", (1, 2), {0, Label.UNDIVIDED_TUMOR, Label.COCHLEA}),
        ("crossmoda2023_ukm_7", (1, 2, 3), {0, Label.EXTRAMEATAL, Label.INTRAMEATAL, Label.COCHLEA}),
    ],
)
def test_the_label_values_of_crossmoda_are_those_of_its_year(write, tmp_path: Path, name, given, expected):
    write(f"source/{name}_ceT1.nii.gz", head())
    write(f"source/{name}_Label.nii.gz", labels(*given))
    write("target/crossmoda2023_ldn_90_T2.nii.gz", head(1))
    entries = {entry.case: entry for entry in imported(CrossModa(), tmp_path).entries}
    assert values(entries[name]) == expected
    assert entries[name].modality == "ceT1"
    assert (entries["crossmoda2023_ldn_90"].modality, entries["crossmoda2023_ldn_90"].labels) == ("T2", None)


def shifted() -> np.ndarray:
    affine = AFFINE.copy()
    affine[:3, 3] += 0.5
    return affine


@pytest.mark.parametrize(
    ("image", "given", "reason"),
    [
        (head(), labels(1, affine=shifted()), r"the labels lie up to 0\.87 mm beside the voxels"),
        (head(), Volume(labels(1).array[:-1], AFFINE), r"the labels have \(13, 40, 36\) voxels .* the image has \(14,"),
        (head(), labels(), "the labels hold no tumor"),
        (head(), labels(2), "the labels hold no tumor"),
        (head(), labels(1, 7), "the labels hold 7, known are 0, 1, 2"),
        (head(), Volume(labels(1).array * np.float32(0.5), AFFINE), "not whole numbers"),
        (Volume(np.ones(SHAPE, np.float32), AFFINE), labels(1), "the same value everywhere"),
        (Volume(np.full(SHAPE, np.nan, np.float32), AFFINE), labels(1), "no finite number"),
        (head(), None, "there are no labels for this image"),
    ],
)
def test_a_faulty_case_is_left_out_with_its_reason_and_stops_nothing(write, tmp_path: Path, image, given, reason):
    write("crossmoda_1_ceT1.nii.gz", image)
    if given is not None:
        write("crossmoda_1_Label.nii.gz", given)
    write("crossmoda_2_ceT1.nii.gz", head())
    write("crossmoda_2_Label.nii.gz", labels(1))
    manifest = imported(CrossModa(), tmp_path)
    assert [entry.case for entry in manifest.entries] == ["crossmoda_2"]
    assert list(reasons(manifest)) == ["crossmoda_1"]
    assert re.search(reason, reasons(manifest)["crossmoda_1"])


def test_a_damaged_file_is_left_out(write, tmp_path: Path):
    path = write("crossmoda_1_ceT1.nii.gz", head())
    write("crossmoda_1_Label.nii.gz", labels(1))
    path.write_bytes(path.read_bytes()[:500])
    assert "crossmoda_1" in reasons(imported(CrossModa(), tmp_path))


def test_exchanged_parts_are_found_by_the_size_of_a_canal(write, tmp_path: Path):
    array = np.zeros(SHAPE, np.int16)
    array[2:12, 4:36, 2:20] = 2  # 10 x 32 x 18 voxels of 0.63 mm3 are 3.6 cm3
    large = Volume(array, AFFINE)
    write("crossmoda2023_etz_1_ceT1.nii.gz", head())
    write("crossmoda2023_etz_1_Label.nii.gz", large)
    found = reasons(imported(CrossModa(), tmp_path))["crossmoda2023_etz_1"]
    assert "the intrameatal part has 3.6 cm3" in found
    assert "look exchanged" in found


def test_nnunet_channels_and_labels_are_those_of_its_table(write, tmp_path: Path):
    facts = {
        "channel_names": {"0": "T2", "1": "T1ce", "2": "noNorm"},
        "labels": {"background": 0, "Extrameatal tumour": 1, "IM": 2, "cochlea": 5},
        "file_ending": ".nii.gz",
    }
    for case in ("VS1_a", "VS1_b", "VS2_a"):
        for channel in range(3):
            write(f"imagesTr/{case}_{channel:04d}.nii.gz", head())
        write(f"labelsTr/{case}.nii.gz", labels(1, 2, 5))
    write("imagesTs/VS3_a_0000.nii.gz", head())
    (tmp_path / "in" / "dataset.json").write_text(json.dumps(facts), encoding="utf-8")
    manifest = imported(NnUnetRaw(patient_pattern=r"(VS\d+)"), tmp_path)
    assert len(manifest.entries) == 7
    assert {(e.case, e.patient, e.modality) for e in manifest.entries} >= {
        ("VS1_b", "VS1", "ceT1"), ("VS2_a", "VS2", "T2"), ("VS3_a", "VS3", "T2"),
    }  # fmt: skip
    assert values(manifest.entries[0]) == {0, 1, 2, 3}
    assert manifest.entries[-1].labels is None


def test_nnunet_labels_that_nobody_named_are_asked_for(write, tmp_path: Path):
    write("imagesTr/a_0000.nii.gz", head())
    write("labelsTr/a.nii.gz", labels(1, 2))
    facts = {"channel_names": {"0": "T2"}, "labels": {"background": 0, "lesion": 1, "tube": 2}}
    (tmp_path / "in" / "dataset.json").write_text(json.dumps(facts), encoding="utf-8")
    with pytest.raises(UsageError, match=r"labels 1 \(lesion\), 2 \(tube\); .* --labels 1=tumor"):
        imported(NnUnetRaw(), tmp_path)
    manifest = imported(NnUnetRaw(given=parse_labels(["1=tumor", "2=ignore"])), tmp_path)
    assert values(manifest.entries[0]) == {0, Label.UNDIVIDED_TUMOR}


def test_brats_labels_become_the_same_in_every_edition(write, tmp_path: Path):
    for kind in ("flair", "t1", "t1ce", "t2"):
        write(f"x/BraTS20_Training_001/BraTS20_Training_001_{kind}.nii.gz", head())
        write(f"x/BraTS20_Training_355/BraTS20_Training_355_{kind}.nii.gz", head())
    for kind in ("t2f", "t1n", "t1c", "t2w"):
        write(f"x/BraTS-GLI-00042-001/BraTS-GLI-00042-001-{kind}.nii.gz", head())
    write("x/BraTS20_Training_001/BraTS20_Training_001_seg.nii.gz", labels(1, 2, 4))
    write("x/BraTS20_Training_355/W39_1998.09.19_Segm.nii.gz", labels(1, 2, 4))
    write("x/BraTS-GLI-00042-001/BraTS-GLI-00042-001-seg.nii.gz", labels(1, 2, 3))
    manifest = imported(Brats(), tmp_path)
    assert [e.case for e in manifest.entries] == ["BraTS-GLI-00042-001", "BraTS20_Training_001"]
    editions = ("t2f", "t1n", "t1c", "t2w"), ("flair", "t1", "t1ce", "t2")
    for kinds, entry in zip(editions, manifest.entries, strict=True):
        assert list(entry.images) == ["FLAIR", "T1", "ceT1", "T2"]
        assert [path.name[len(entry.case) + 1 :] for path in entry.images.values()] == [f"{k}.nii.gz" for k in kinds]
    for entry in manifest.entries:
        assert values(entry) == {0, 1, 2, 3}
        assert entry.label_set == "BraTS"
    assert {e.patient for e in manifest.entries} == {"BraTS20_Training_001", "00042"}
    assert "a file of another name lies there" in reasons(manifest)["BraTS20_Training_355"]


def test_a_brats_image_beside_the_others_leaves_its_case_out(write, tmp_path: Path):
    beside = AFFINE.copy()
    beside[2, 3] += 1.0
    for kind in ("t2f", "t1n", "t2w"):
        write(f"x/BraTS-GLI-00042-001/BraTS-GLI-00042-001-{kind}.nii.gz", head())
    write("x/BraTS-GLI-00042-001/BraTS-GLI-00042-001-t1c.nii.gz", head(affine=beside))
    write("x/BraTS-GLI-00042-001/BraTS-GLI-00042-001-seg.nii.gz", labels(1, 2, 3))
    manifest = imported(Brats(), tmp_path)
    assert manifest.entries == ()
    assert "the ceT1 image lies up to 1.00 mm beside" in reasons(manifest)["BraTS-GLI-00042-001"]


def test_bids_labels_dates_and_meanings_are_found_where_the_standard_has_them(write, tmp_path: Path):
    for session in ("1", "2"):
        stem = f"sub-01/ses-{session}/anat/sub-01_ses-{session}"
        write(f"{stem}_acq-ciss_T2w.nii.gz", head())
        write(f"{stem}_ce-gd_T1w.nii.gz", head(1))
        write(f"derivatives/manual/{stem}_acq-ciss_dseg.nii.gz", labels(1, 2))
        write(f"derivatives/manual/{stem}_ce-gd_label-tumor_mask.nii.gz", labels(1))
    root = tmp_path / "in"
    (root / "derivatives" / "manual" / "dseg.tsv").write_text("index\tname\n1\tExtrameatal\n2\tintra\n")
    (root / "sub-01" / "ses-1" / "sub-01_ses-1_scans.tsv").write_text(
        "filename\tacq_time\nanat/sub-01_ses-1_acq-ciss_T2w.nii.gz\t2001-02-03T10:00:00\n"
    )
    (root / "sub-01" / "sub-01_sessions.tsv").write_text("session_id\tacq_time\nses-2\t2003-04-05T08:00:00\n")
    entries = {(e.case, e.modality): e for e in imported(Bids(), tmp_path).entries}
    assert set(entries) == {(f"sub-01_ses-{s}", m) for s in "12" for m in ("T2", "ceT1")}
    assert values(entries["sub-01_ses-1", "T2"]) == {0, 1, 2}
    assert values(entries["sub-01_ses-1", "ceT1"]) == {0, Label.UNDIVIDED_TUMOR}
    assert [entries[f"sub-01_ses-{s}", "T2"].date for s in "12"] == ["2001-02-03", "2003-04-05"]
    assert {e.patient for e in entries.values()} == {"sub-01"}


def test_bids_labels_that_no_table_explains_need_the_word_of_the_user(write, tmp_path: Path):
    write("sub-1/anat/sub-1_T2w.nii.gz", head())
    write("derivatives/manual/sub-1_dseg.nii.gz", labels(1, 2))
    with pytest.raises(
        UsageError, match=r"no dseg\.tsv says what the values in sub-1_dseg\.nii\.gz mean; .* --labels 1="
    ):
        imported(Bids(), tmp_path)
    said = Bids(given={1: Label.UNDIVIDED_TUMOR, 2: Label.COCHLEA})
    (entry,) = imported(said, tmp_path).entries
    assert values(entry) == {0, Label.UNDIVIDED_TUMOR, Label.COCHLEA}


@pytest.mark.parametrize("importer", [CrossModa(), NnUnetRaw(), Brats(), Bids()])
def test_a_folder_of_another_kind_is_refused_with_what_is_wanted(tmp_path: Path, importer):
    (tmp_path / "in").mkdir()
    with pytest.raises(UsageError, match="give"):
        imported(importer, tmp_path)
    with pytest.raises(UsageError, match="no such folder"):
        import_folder(importer, tmp_path / "nowhere", tmp_path / "out")


def test_a_manifest_is_never_overwritten(write, tmp_path: Path):
    write("crossmoda_1_ceT1.nii.gz", head())
    write("crossmoda_1_Label.nii.gz", labels(1))
    imported(CrossModa(), tmp_path)
    with pytest.raises(UsageError, match=r"has a manifest\.csv already"):
        imported(CrossModa(), tmp_path)


def test_names_are_known_however_they_are_spelled():
    assert label_of("Vestibular_Schwannoma") is label_of("TV") is label_of("acoustic neuroma") is Label.UNDIVIDED_TUMOR
    assert label_of("extra-meatal") is Label.EXTRAMEATAL
    assert label_of("brainstem") is None
    known = {"T1Gd": "ceT1", "t2w": "T2", "hrT2": "T2", "FLAIR": "FLAIR", "T1w": "T1", "mask": None}
    assert {name: modality_of_name(name) for name in known} == known
    with pytest.raises(UsageError, match="VALUE=NAME"):
        parse_labels(["tumor=1"])


@pytest.mark.parametrize(
    "change",
    [
        {"channel_names": ["T2"]}, {"channel_names": {"first": "T2"}}, {"channel_names": {"9" * 5000: "T2"}},
        {"labels": {"tumor": "many"}}, {"labels": {"tumor": None}}, {"labels": {"tumor": 1.5}},
        {"labels": {"tumor": [[1]]}},
        {"labels": {"tumor": 10**400}}, {"labels": {"strange" * 90: 1}}, {"labels": 3},
        {"file_ending": "**"}, {"file_ending": "../x"}, {"file_ending": 3},
    ],
)  # fmt: skip
def test_a_damaged_dataset_json_is_refused_in_a_sentence(write, tmp_path: Path, change):
    write("imagesTr/a_0000.nii.gz", head())
    facts = {"channel_names": {"0": "T2"}, "labels": {"background": 0, "tumor": 1}, "file_ending": ".nii.gz"} | change
    (tmp_path / "in" / "dataset.json").write_text(json.dumps(facts), encoding="utf-8")
    with pytest.raises(UsageError) as refused:
        imported(NnUnetRaw(), tmp_path)
    assert len(str(refused.value)) <= 300


@pytest.mark.parametrize("index", ["one", "", "9" * 5000, "-1", "1.0"])
def test_a_table_of_labels_without_whole_numbers_is_refused_in_a_sentence(write, tmp_path: Path, index):
    write("sub-1/anat/sub-1_T2w.nii.gz", head())
    path = write("derivatives/sub-1_dseg.nii.gz", labels(1))
    path.with_name("sub-1_dseg.tsv").write_text(f"index\tname\n{index}\ttumor\n", encoding="utf-8")
    with pytest.raises(InputRefusedError, match="whole number in its column index") as refused:
        imported(Bids(), tmp_path)
    assert len(str(refused.value)) <= 300


def test_a_value_of_more_digits_than_any_labelmap_holds_is_a_mistake():
    with pytest.raises(UsageError, match="VALUE=NAME"):
        parse_labels(["9" * 5000 + "=tumor"])
