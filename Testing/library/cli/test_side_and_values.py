"""The side and the meaning of values, as commands take and tell them: by the file, by a person, or not determined."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest

from Testing.support.command import Done, in_this_process
from Testing.support.phantoms import axial_affine, ice_cream
from Testing.support.real_data import REAL_DATA, needs_real_data
from Testing.support.toy_run import one_sentence
from VSSegmentationLib.imageio import load_labelmap, write_image, write_segmentation
from VSSegmentationLib.imageio.files.drawing import Drawing, labels_sha256
from VSSegmentationLib.labels import Label
from VSSegmentationLib.models import embedded_models
from VSSegmentationLib.volume import Volume

FAULTY = Path() if REAL_DATA is None else REAL_DATA / "faulty_inputs"
GAMMA_KNIFE = Path() if REAL_DATA is None else REAL_DATA / "vs_gk"
CONTRADICTION = "The file of the labelmap says that the tumor is on the left; as stated, it is reported as right."


def measure(out: Path, *words: str | Path) -> Done:
    return in_this_process(
        "measure", *words, "--out", out, "--format", "report.json,json,seg.nrrd,nii.gz,html,study.csv"
    )


def report(out: Path) -> dict:
    return json.loads((out / "report.json").read_text(encoding="utf-8"))


def volumes(out: Path) -> dict[str, float | None]:
    return {
        m["id"]: None if m["value"] is None else round(m["value"], 3)
        for m in report(out)["measurements"]
        if m["id"] in ("vol_total", "vol_em", "vol_im")
    }


@pytest.fixture(scope="module")
def masks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("masks")
    tumor = ice_cream((1.5, 0.7, 0.7))
    write_segmentation(folder / "left.seg.nrrd", tumor, side="left")
    write_segmentation(folder / "left.nii.gz", tumor, side="left")
    write_image(folder / "theirs.nii.gz", tumor)
    write_image(folder / "mask.nii.gz", tumor.with_array((tumor.array > 0).astype(np.uint8)))
    write_image(folder / "exchanged.nii.gz", tumor.with_array(np.array((0, 2, 1), np.uint8)[tumor.array]))
    return folder


@pytest.mark.parametrize("name", ["left.seg.nrrd", "left.nii.gz"])
def test_the_side_travels_with_the_labelmap_through_every_output_and_back(masks: Path, tmp_path: Path, name: str):
    assert measure(tmp_path / "a", masks / name).code == 0
    for written in ("segmentation.seg.nrrd", "segmentation.nii.gz"):
        assert load_labelmap(tmp_path / "a" / written).side == "left"
        done = measure(tmp_path / written, tmp_path / "a" / written)
        assert (done.code, "Left VS" in done.out) == (0, True)
    told = json.loads((tmp_path / "a" / "provenance.json").read_text())["side"]
    assert told == {"side": "left", "source": "the file", "reason": None}
    assert (report(tmp_path / "a")["side"], report(tmp_path / "a")["side_reason"]) == ("left", None)
    assert "left side" in (tmp_path / "a" / "report.html").read_text(encoding="utf-8").lower()


def test_a_side_that_is_not_determined_is_said_wherever_a_side_would_be(masks: Path, tmp_path: Path):
    done = measure(tmp_path / "a", masks / "theirs.nii.gz")
    assert done.code == 0, done.err
    assert "VS, side not determined" in done.out
    told = report(tmp_path / "a")
    assert told["side"] is None
    assert "neither the file nor a person tells it" in told["side_reason"]
    assert "side not determined" in (tmp_path / "a" / "report.html").read_text(encoding="utf-8").lower()
    assert ",not determined," in (tmp_path / "a" / "study.csv").read_text(encoding="utf-8")
    assert load_labelmap(tmp_path / "a" / "segmentation.seg.nrrd").side is None


def test_what_a_person_states_is_reported_and_a_contradiction_with_the_file_is_told(masks: Path, tmp_path: Path):
    done = measure(tmp_path / "a", masks / "theirs.nii.gz", "--side", "right")
    assert ("Right VS" in done.out, CONTRADICTION in done.err) == (True, False)
    done = measure(tmp_path / "b", masks / "left.seg.nrrd", "--side", "right")
    assert ("Right VS" in done.out, CONTRADICTION in done.err) == (True, True)
    assert load_labelmap(tmp_path / "b" / "segmentation.seg.nrrd").side == "right"


def test_compare_states_the_side_where_no_file_does(masks: Path, tmp_path: Path):
    words = ("compare", masks / "theirs.nii.gz", masks / "exchanged.nii.gz", "--days", "0,365", "--values", "own")
    assert in_this_process(*words, "--out", tmp_path / "a").code == 0
    sides = [each["facts"]["side"] for each in _growth(tmp_path / "a")["examinations"]]
    assert sides == [None, None]
    assert in_this_process(*words, "--out", tmp_path / "b", "--side", "left").code == 0
    assert [each["facts"]["side"] for each in _growth(tmp_path / "b")["examinations"]] == ["left", "left"]
    done = in_this_process("compare", masks / "left.seg.nrrd", masks / "left.nii.gz", "--days", "0,365", "--side",
                           "right", "--out", tmp_path / "c")  # fmt: skip
    assert CONTRADICTION in done.err


def _growth(out: Path) -> dict:
    return json.loads((out / "growth.json").read_text(encoding="utf-8"))


def test_a_mask_of_one_value_is_a_tumor_that_is_not_divided(masks: Path, tmp_path: Path):
    done = measure(tmp_path / "a", masks / "mask.nii.gz")
    assert done.code == 0, done.err
    assert volumes(tmp_path / "a") == {
        "vol_total": volumes(tmp_path / "a")["vol_total"],
        "vol_em": None,
        "vol_im": None,
    }
    assert "--values 1=extrameatal" in done.err


@pytest.mark.parametrize("typed", ["1=im,2=em", "1=intrameatal tumour,2=EM"])
def test_values_are_typed_for_measure_and_compare(masks: Path, tmp_path: Path, typed: str):
    assert measure(tmp_path / "a", masks / "exchanged.nii.gz", "--values", typed).code == 0
    assert measure(tmp_path / "b", masks / "left.nii.gz").code == 0
    assert volumes(tmp_path / "a") == volumes(tmp_path / "b")
    done = in_this_process("compare", masks / "exchanged.nii.gz", masks / "left.nii.gz", "--days", "0,365",
                           "--values", typed, "--out", tmp_path / "c")  # fmt: skip
    assert done.code == 0, done.err
    volume = next(each for each in _growth(tmp_path / "c")["series"] if each["id"] == "vol_em")
    assert volume["changes"][0]["percent"]["value"] == 0


def test_a_map_of_values_that_is_none_is_a_mistake_in_the_call(masks: Path, tmp_path: Path):
    sentence = one_sentence(measure(tmp_path / "a", masks / "mask.nii.gz", "--values", "1=blob"), 2)
    assert "label values are one of own, mask" in sentence


def test_what_cannot_be_told_ends_with_a_list_and_nothing_is_written(masks: Path, tmp_path: Path):
    tumor = ice_cream((1.5, 0.7, 0.7))
    array = np.zeros_like(tumor.array)
    array[tumor.array > 0], array[:2, :2, :2] = 1, 2
    write_image(tmp_path / "cochlea.nii.gz", tumor.with_array(array))
    sentence = one_sentence(measure(tmp_path / "a", tmp_path / "cochlea.nii.gz"), 2)
    assert "the values 1, 2" in sentence
    assert "--values 1=...,2=..." in sentence
    assert not (tmp_path / "a").exists()


def test_a_labelmap_without_orientation_gets_a_warning_and_no_side(masks: Path, tmp_path: Path):
    wide = np.zeros((20, 60, 100), np.uint8)
    wide[8:12, 28:34, 70:76] = Label.EXTRAMEATAL
    path = tmp_path / "a.nii"
    write_image(path, Volume(wide, _axes()))
    content = bytearray(path.read_bytes())
    struct.pack_into("<2h", content, 252, 0, 0)
    path.write_bytes(bytes(content))
    done = measure(tmp_path / "out", path)
    assert done.code == 0, done.err
    assert "the side of the tumor is not determined" in done.err
    assert report(tmp_path / "out")["side"] is None


def _axes() -> np.ndarray:
    axes = np.zeros((4, 4))
    axes[0, 2], axes[1, 1], axes[2, 0] = 2.0, 2.0, 2.0
    axes[0, 3], axes[3, 3] = -100.0, 1.0
    return axes


@needs_real_data
@pytest.mark.parametrize("name", ["VS", "Tumor", "Segment_1"])
def test_the_value_of_a_single_segment_says_nothing(tmp_path: Path, name: str):
    assert measure(tmp_path / "a", FAULTY / "01_segment_names" / f"{name}.seg.nrrd").code == 0
    assert volumes(tmp_path / "a") == {"vol_total": 1.605, "vol_em": None, "vol_im": None}


@needs_real_data
@pytest.mark.parametrize("name", ["16_nrrd_space_dimension/labels.nrrd", "24_labelmap_without_place/labels.nii.gz"])
def test_files_that_do_not_say_where_they_lie_are_measured_without_a_side(tmp_path: Path, name: str):
    done = measure(tmp_path / "a", FAULTY / name)
    assert done.code == 0, done.err
    assert "the side of the tumor is not determined" in done.err
    assert report(tmp_path / "a")["side"] is None
    assert volumes(tmp_path / "a") == {"vol_total": 1.605, "vol_em": 1.434, "vol_im": 0.171}


@pytest.mark.parametrize("written", ["segmentation.seg.nrrd", "segmentation.nii.gz"])
def test_what_was_written_of_a_file_without_an_orientation_gets_no_side_either(tmp_path: Path, written: str):
    array = np.zeros((20, 60, 90), np.uint8)  # 180 mm wide about the middle of the scanner, as a whole head
    array[8:12, 28:32, 60:64] = 1
    write_image(tmp_path / "head.nii", Volume(array, axial_affine((2.0, 2.0, 2.0), (-89.0, -60.0, -20.0))))
    assert "Side: right" in measure(tmp_path / "told", tmp_path / "head.nii").out
    content = bytearray((tmp_path / "head.nii").read_bytes())
    struct.pack_into("<2h", content, 252, 0, 0)
    (tmp_path / "head.nii").write_bytes(bytes(content))
    assert measure(tmp_path / "a", tmp_path / "head.nii").code == 0
    again = measure(tmp_path / "b", tmp_path / "a" / written)
    assert (again.code, report(tmp_path / "a")["side"], report(tmp_path / "b")["side"]) == (0, None, None)
    assert "the side of the tumor is not determined" in again.err


@needs_real_data
@pytest.mark.parametrize(
    ("mask", "scan", "side", "cm3"),
    [("vs_gk_95_t2_seg", "vs_gk_95_t2", "left", 1.379), ("vs_gk_98_t2_seg_unverified", "vs_gk_98_t2", "right", 2.085),
     ("vs_gk_99_t1_seg", "vs_gk_99_t1", "left", 3.047)],
)  # fmt: skip
def test_the_canals_in_a_cropped_scan_tell_the_side_that_its_header_does_not(tmp_path, mask, scan, side, cm3):
    done = measure(tmp_path / "a", GAMMA_KNIFE / f"{mask}.nii.gz", "--image", GAMMA_KNIFE / f"{scan}.nii.gz")
    assert done.code == 0, done.err
    told = report(tmp_path / "a")
    assert (told["side"], told["provenance"]["side"]["source"]) == (side, "the canals in the scan")
    assert volumes(tmp_path / "a") == {"vol_total": pytest.approx(cm3, abs=0.002), "vol_em": None, "vol_im": None}
    alone = measure(tmp_path / "b", GAMMA_KNIFE / f"{mask}.nii.gz")
    assert (alone.code, report(tmp_path / "b")["side"]) == (0, None)


@needs_real_data
def test_what_segment_said_of_the_side_is_what_measure_says_next(tmp_path: Path):
    scan = GAMMA_KNIFE / "vs_gk_95_t2.nii.gz"
    done = in_this_process("segment", scan, "--modality", "T2", "--device", "cpu", "--out", tmp_path / "a")
    assert (done.code, "Left VS" in done.out) == (0, True)
    again = measure(tmp_path / "b", tmp_path / "a" / "segmentation.seg.nrrd", "--image", scan)
    assert (again.code, "Left VS" in again.out) == (0, True)


def limits(out: Path) -> dict[str, dict]:
    return {m["id"]: m["uncertainty"] for m in report(out)["measurements"] if m["uncertainty"] is not None}


def test_measuring_an_answer_again_prints_the_limits_of_its_model_until_somebody_edits_it(tmp_path):
    labelmap = ice_cream((1.5, 0.5, 0.5))
    card = next(entry.card for entry in embedded_models() if entry.card.limits_measured is not None)
    drawing = Drawing(
        model=card.name, version=card.version, model_sha256=card.sha256, labels_sha256=labels_sha256(labelmap)
    )
    write_segmentation(tmp_path / "answer.seg.nrrd", labelmap, drawing=drawing)
    done = measure(tmp_path / "first", tmp_path / "answer.seg.nrrd")
    assert (done.code, "Limits unknown" in done.err) == (0, False)
    assert (
        f"measured for the model {card.name} version {card.version}"
        in limits(tmp_path / "first")["vol_total"]["source"]
    )
    assert report(tmp_path / "first")["segmentation"]["algorithm_type"] == "AUTOMATIC"

    again = measure(tmp_path / "again", tmp_path / "first" / "segmentation.nii.gz")  # what was written tells it, too
    assert again.code == 0
    assert limits(tmp_path / "again") == limits(tmp_path / "first")

    edited = load_labelmap(tmp_path / "first" / "segmentation.nii.gz").volume
    array = edited.array.copy()
    array[tuple(np.argwhere(array == 1)[0])] = 0
    write_segmentation(tmp_path / "edited.nrrd", edited.with_array(array), drawing=drawing)
    done = measure(tmp_path / "third", tmp_path / "edited.nrrd")
    assert "was edited since" in done.err
    assert {each["value"] for each in limits(tmp_path / "third").values()} == {None}
    told = report(tmp_path / "third")["segmentation"]
    assert (told["algorithm_type"], told["dice_automatic_final"]) == ("SEMIAUTOMATIC", None)  # the answer is lost
    checked = measure(tmp_path / "fourth", tmp_path / "edited.nrrd", "--checked", "mask")
    assert checked.code == 0
    assert limits(tmp_path / "fourth")["vol_total"]["kind"] == "SDD"


def test_who_drew_a_mask_of_others_is_stated_or_its_limits_are_unknown(tmp_path):
    write_image(tmp_path / "theirs.nii.gz", ice_cream((1.5, 0.5, 0.5)))
    unstated = measure(tmp_path / "unstated", tmp_path / "theirs.nii.gz")
    assert "Limits unknown: who drew this mask isn't stated" in unstated.err
    assert {each["value"] for each in limits(tmp_path / "unstated").values()} == {None}
    measure(tmp_path / "person", tmp_path / "theirs.nii.gz", "--drawn-by", "person")
    assert limits(tmp_path / "person")["vol_total"]["kind"] == "SDD"
    measure(tmp_path / "model", tmp_path / "theirs.nii.gz", "--drawn-by", "model")
    assert "none were measured for the program" in limits(tmp_path / "model")["vol_total"]["source"]
