"""Jobs that leave folders of results, given to the real worker process."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from Testing.support.dicom_files import SeriesSpec, write_series
from Testing.support.toy_run import BALL_CM3, DEFAULT_FILES, fill_toy_folder, noisy_scan
from Testing.support.worker_process import WorkerProcess, worker_process
from VSSegmentationLib.codec import from_plain
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.formats import FILE_NAMES, OutputFormat
from VSSegmentationLib.imageio import read_labelmap, write_image
from VSSegmentationLib.reporting.files.report_json import read_report_json
from VSSegmentationLib.worker import CaseResult, ComparedResult
from VSSegmentationLib.worker.protocol import parse_request


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = fill_toy_folder(tmp_path_factory.mktemp("toy"))
    write_image(folder / "later.nii.gz", noisy_scan(radius_mm=8.0))
    return folder


@pytest.fixture(scope="module")
def worker():
    with worker_process() as running:
        yield running


def asked(worker: WorkerProcess, toy: Path, out: Path, **changes) -> dict:
    usual = {
        "do": "case", "id": "1", "input": str(toy / "scan.nii.gz"), "folder": str(out / "case"),
        "model": str(toy / "model.pt"), "divider": "none", "device": "cpu", "thumbnail": str(out / "small.jpg"),
    }  # fmt: skip
    worker.say(**{**usual, **changes})
    return worker.answer()


def test_a_case_leaves_the_folder_that_segment_writes_and_a_small_picture(
    worker: WorkerProcess, toy: Path, tmp_path: Path
):
    answer = asked(worker, toy, tmp_path, case="Case 7", days=402)
    result = from_plain(CaseResult, answer["result"], "result", complete=True)
    assert {path.name for path in (tmp_path / "case").iterdir()} == {*DEFAULT_FILES, "key_crop.nii.gz"}
    report = read_report_json(tmp_path / "case" / "report.json")
    assert (report.case, report.days_from_baseline) == ("Case 7", 402)
    assert result.values["vol_total"] == pytest.approx(BALL_CM3, rel=0.1)  # a voxel at the rim of a ball of 7 mm
    assert result.values == {m.id: m.value for m in report.measurements}
    assert result.model.startswith("toy-segmenter")
    assert result.has_thumbnail


def test_the_outline_on_the_small_picture_is_as_wide_as_the_ball(worker: WorkerProcess, toy: Path, tmp_path: Path):
    asked(worker, toy, tmp_path)
    pixels = np.asarray(Image.open(io.BytesIO((tmp_path / "small.jpg").read_bytes()))).astype(int)
    assert pixels.shape == (128, 128, 3)
    colored = np.ptp(pixels, axis=2) > 60
    columns = np.flatnonzero(colored.any(axis=0))
    pixel_mm = 60 / 128  # the window of a key image; the line lies round the tumor, one pixel wide
    assert (columns[-1] - columns[0] + 1) * pixel_mm == pytest.approx(14.0 + 2 * pixel_mm, abs=1.5)  # two voxels


def test_a_scan_without_a_tumor_has_results_and_no_picture(worker: WorkerProcess, toy: Path, tmp_path: Path):
    answer = asked(worker, toy, tmp_path, input=str(toy / "empty.nii.gz"))
    assert not answer["result"]["has_thumbnail"]
    assert not (tmp_path / "small.jpg").exists()
    assert answer["result"]["headline"] is None
    assert (tmp_path / "case" / "report.json").is_file()


def test_a_dicom_series_becomes_every_format(worker: WorkerProcess, toy: Path, tmp_path: Path):
    pytest.importorskip("highdicom", reason="DICOM objects are written by highdicom")
    pytest.importorskip("slicer_core", reason="scenes are written by slicer-core")
    array = noisy_scan("as DICOM stores it").array.round().astype(np.int16)
    tags = {"FrameOfReferenceUID": "1.2.3.4", "StudyInstanceUID": "1.2.3.5"}
    spec = SeriesSpec(spacing_dhw_mm=(1.5, 0.7, 0.7), thickness_mm=1.5, tags=tags)
    slices = write_series(tmp_path / "series", array, spec)
    answer = asked(worker, toy, tmp_path, input=str(slices[4]), formats=[*OutputFormat])
    assert "result" in answer, answer
    written = {path.name for path in (tmp_path / "case").iterdir()}
    assert {FILE_NAMES[OutputFormat(each)] for each in answer["result"]["formats"]} <= written
    assert {"segmentation.dcm", "measurements_sr.dcm", "scene.mrb"} <= written


def test_a_mask_that_is_there_is_measured_and_not_segmented_again(worker: WorkerProcess, toy: Path, tmp_path: Path):
    first = asked(worker, toy, tmp_path)
    mask = str(tmp_path / "case" / "segmentation.nii.gz")
    second = asked(worker, toy, tmp_path, folder=str(tmp_path / "measured"), mask=mask)
    assert second["result"]["values"]["vol_total"] == first["result"]["values"]["vol_total"]


def test_a_refused_case_leaves_what_was_there(worker: WorkerProcess, toy: Path, tmp_path: Path):
    asked(worker, toy, tmp_path)
    before = (tmp_path / "case" / "report.json").read_bytes()
    (tmp_path / "broken.nii.gz").write_bytes((toy / "scan.nii.gz").read_bytes()[:-900])
    answer = asked(worker, toy, tmp_path, input=str(tmp_path / "broken.nii.gz"))
    assert answer["exit_code"] == 3
    assert "broken" not in answer["error"]
    assert (tmp_path / "case" / "report.json").read_bytes() == before


def test_two_cases_of_one_patient_are_compared(worker: WorkerProcess, toy: Path, tmp_path: Path):
    folders = [str(tmp_path / name) for name in ("first", "second")]
    for folder, name in zip(folders, ("scan", "later"), strict=True):
        asked(worker, toy, tmp_path, folder=folder, input=str(toy / f"{name}.nii.gz"), case="P")
    worker.say(do="compare", id="9", examinations=folders, days=[0, 400], folder=str(tmp_path / "compared"))
    result = from_plain(ComparedResult, worker.answer()["result"], "result", complete=True)
    assert result.days == (0, 400)
    assert result.percent_since_first == pytest.approx(100 * ((8 / 7) ** 3 - 1), rel=0.2)  # voxels at the rims
    assert result.percent_since_first == result.percent_since_previous
    assert result.is_one_tumor
    document = json.loads((tmp_path / "compared" / "growth.json").read_text(encoding="utf-8"))
    assert [each["case"] for each in document["examinations"]] == ["P", "P"]


def test_tumors_of_both_sides_are_told_apart_from_one_that_grew(worker: WorkerProcess, toy: Path, tmp_path: Path):
    folders = [str(tmp_path / name) for name in ("first", "second")]
    asked(worker, toy, tmp_path, folder=str(tmp_path / "found"))
    mask = str(tmp_path / "found" / "segmentation.nii.gz")
    labels, bare = read_labelmap(Path(mask)), str(tmp_path / "bare.nii.gz")
    write_image(Path(bare), labels)  # without a header that tells the side
    for folder, side in zip(folders, ("left", "right"), strict=True):
        answer = asked(worker, toy, tmp_path, folder=folder, mask=bare, side=side, case="P")
        assert answer["result"]["side"] == side
    worker.say(do="compare", id="9", examinations=folders, days=[0, 400], folder=str(tmp_path / "compared"))
    result = from_plain(ComparedResult, worker.answer()["result"], "result", complete=True)
    assert not result.is_one_tumor
    assert any("The sides differ" in each for each in result.warnings)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"formats": ["docx"]}, "formats"),
        ({"input": "a\0b"}, "character of number 0"),
        ({"flavor": 1}, "unknown keys"),
        ({"days": "many"}, "days"),
    ],
)
def test_a_case_that_does_not_fit_is_refused_by_its_key(change: dict, sentence: str):
    with pytest.raises(UsageError, match=sentence):
        parse_request({"do": "case", "id": "1", "input": "scan.nii.gz", "folder": "out", **change})
