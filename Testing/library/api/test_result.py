"""A result: its numbers, its files, and how a notebook shows it."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

import VSSegmentationLib as vs
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.formats import DEFAULT_FORMATS, FILE_NAMES, KEY_CROP_FILE_NAME, PROVENANCE_FILE_NAME
from VSSegmentationLib.reporting import NOTICE


def test_measurements_are_found_by_id_and_a_wrong_id_tells_the_right_ones(segmented: vs.Result):
    parts = [segmented.measurements[name].value for name in ("vol_em", "vol_im")]
    assert segmented.measurements["vol_total"].value == pytest.approx(sum(parts))
    assert list(segmented.measurements) == [each.id for each in segmented.content.measurements]
    with pytest.raises(KeyError, match=r"no measurement 'volume', there are vol_total, vol_em"):
        _ = segmented.measurements["volume"]


def test_the_headline_is_one_of_the_measurements(segmented: vs.Result):
    leading = segmented.measurements[segmented.headline.measurement_id]
    assert segmented.headline.value_mm == leading.value


def test_saving_writes_every_default_file_and_report_json_holds_what_to_dict_gives(
    segmented: vs.Result, tmp_path: Path
):
    folder = segmented.save(str(tmp_path / "out"))
    assert folder == tmp_path / "out"
    names = {FILE_NAMES[each] for each in DEFAULT_FORMATS} | {PROVENANCE_FILE_NAME, KEY_CROP_FILE_NAME}
    assert {path.name for path in folder.iterdir()} == names
    assert json.loads((folder / "report.json").read_text(encoding="utf-8")) == segmented.to_dict()
    assert (vs.read_labelmap(folder / "segmentation.seg.nrrd").array == segmented.labelmap.array).all()


def test_formats_are_chosen_by_the_names_of_the_command_line(segmented: vs.Result, tmp_path: Path):
    segmented.save(tmp_path / "one", formats="html")
    segmented.save(tmp_path / "two", formats=("csv", "nii.gz"))
    assert {path.name for path in (tmp_path / "one").iterdir()} == {"report.html", PROVENANCE_FILE_NAME}
    assert {path.name for path in (tmp_path / "two").iterdir()} == {
        "measurements.csv", "segmentation.nii.gz", PROVENANCE_FILE_NAME,
    }  # fmt: skip
    with pytest.raises(UsageError, match=r"formats are seg.nrrd, .*, got 'docx'"):
        segmented.save(tmp_path / "three", formats=("html", "docx"))
    assert not (tmp_path / "three").exists()


def test_a_folder_that_holds_something_is_kept_unless_the_caller_says_otherwise(segmented: vs.Result, tmp_path: Path):
    segmented.save(tmp_path / "out", formats="json")
    with pytest.raises(UsageError, match="exists and is not empty"):
        segmented.save(tmp_path / "out", formats="csv")
    segmented.save(tmp_path / "out", formats="csv", force=True)
    assert not (tmp_path / "out" / "measurements.json").exists()


def test_dicom_of_a_scan_that_is_none_is_refused(segmented: vs.Result, tmp_path: Path):
    with pytest.raises(UsageError, match="DICOM"):
        segmented.save(tmp_path / "out", formats="dicom-seg")


def test_a_notebook_shows_key_image_numbers_and_notice(segmented: vs.Result):
    html = segmented._repr_html_()
    assert html.count("data:image/svg+xml;base64,") == 1
    assert "DRAFT, not checked by a person." in html
    assert NOTICE in html
    shown = re.findall(r"<code>(\w+)</code>", html)
    assert shown == list(segmented.measurements)
    assert "(headline)" in html


def test_what_a_notebook_shows_is_escaped(segmented: vs.Result):
    content = replace(segmented.content, findings="<script>alert(1)</script>", warnings=("<img src=x>",))
    html = vs.Result(content=content)._repr_html_()
    assert "<script>" not in html
    assert "<img src=x>" not in html
    assert "&lt;script&gt;" in html
    assert "1 warnings" in html


def test_the_sentence_carries_the_notice(segmented: vs.Result):
    assert segmented.sentence.startswith("Left VS")
    assert segmented.sentence.endswith(NOTICE)
