"""A study carried out case by case, by whoever opens it: the same folder as that of `batch`, and corrections in it."""

import csv
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from Testing.support.command import in_this_process, run_python
from VSSegmentationLib.batch.studies import open_study, usual_job
from VSSegmentationLib.codec import to_plain
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.formats import OutputFormat
from VSSegmentationLib.imageio import read_labelmap, read_scan
from VSSegmentationLib.models import EMBEDDED_FOLDER
from VSSegmentationLib.outputs import write_outputs
from VSSegmentationLib.pipeline import MaskFacts, measure_labelmap
from VSSegmentationLib.reporting import ReportChoices
from VSSegmentationLib.worker.case_told import case_result

SAMPLE = EMBEDDED_FOLDER / "sample"


def content_of(number=1, grown=False):
    labelmap = read_labelmap(SAMPLE / f"exam{number}_truth.nii.gz")
    if grown:
        array = labelmap.array.copy()
        d, h, w = np.argwhere(array == 1)[0]
        array[d, h - 3 : h, w] = 1
        labelmap = labelmap.with_array(array)
    scan = read_scan(SAMPLE / f"exam{number}_t2.nii.gz")
    return measure_labelmap(labelmap, scan, ReportChoices(case="case-00001"), known=MaskFacts(side="left")).content


@pytest.fixture
def scans(tmp_path):
    folder = tmp_path / "scans"
    folder.mkdir()
    shutil.copyfile(SAMPLE / "exam1_t2.nii.gz", folder / "first.nii.gz")
    return folder


def answered(study, step, content):
    """What a worker would do and say: the folder of the case, and what it came to."""
    formats = tuple(OutputFormat(each) for each in step.job["formats"])
    write_outputs(content, study.options.study / "cases" / step.of.case.name, formats=formats, force=True)
    result = case_result(content, formats, has_thumbnail=False, seconds=1.0, warm=True)
    return {"result": to_plain(result, "case"), "seconds": 1.0}


def rows_of(study):
    return list(csv.DictReader((study / "study_wide.csv").open(newline="")))


@pytest.fixture
def done(scans, tmp_path):
    study = open_study(scans, tmp_path / "study")
    (step,) = study.steps()
    study.keep(step, answered(study, step, content_of()))
    study.write()
    yield study
    study.close()


def test_a_case_that_was_done_is_there_and_nothing_is_left_to_do(done, scans):
    done.close()
    again = open_study(scans, done.options.study)
    assert list(again.steps()) == []
    assert [row.status for row in again.rows()] == ["done"]
    again.close()


def test_the_command_goes_on_where_this_was_left(done, scans):
    done.close()
    said = in_this_process("batch", scans, "--out", done.options.study, "--dry-run")
    assert "1 are there already" in said.out
    assert "To be run: 0" in said.out


def test_a_correction_stands_in_tables_page_and_folder(done):
    before = rows_of(done.options.study)[0]
    corrected = content_of(grown=True)
    done.correct("case-00001", corrected)
    after = rows_of(done.options.study)[0]
    voxel_cm3 = float(np.prod(corrected.labelmap.spacing_dhw_mm)) / 1000
    added = float(after["volume_cm3"]) - float(before["volume_cm3"])
    assert added == pytest.approx(3 * voxel_cm3, rel=1e-3)
    assert (before["corrected"], after["corrected"]) == ("False", "True")
    (told,) = json.loads((done.options.study / "cohort.json").read_text())["cases"]
    assert told["volume_cm3"] == pytest.approx(float(after["volume_cm3"]), abs=1e-6)
    labelmap = read_labelmap(done.options.study / "cases" / "case-00001" / "segmentation.seg.nrrd")
    np.testing.assert_array_equal(labelmap.array, corrected.labelmap.array)
    assert f'"volume":{told["volume_cm3"]}'[:16] in (done.options.study / "study.html").read_text()


def test_no_later_run_replaces_a_correction(done, scans):
    done.correct("case-00001", content_of(grown=True))
    done.close()
    again = open_study(scans, done.options.study)
    assert list(again.steps()) == []
    again.close()
    for options in (["--thorough"], ["--retry"], ["--verify"]):
        said = in_this_process("batch", scans, "--out", done.options.study, "--dry-run", *options)
        assert "To be run: 0" in said.out, options


def test_a_case_that_ends_its_process_is_begun_once_more_at_the_end_and_then_set_aside(scans, tmp_path):
    shutil.copyfile(SAMPLE / "exam2_t2.nii.gz", scans / "second.nii.gz")
    study = open_study(scans, tmp_path / "study")
    begun = []
    for step in study.steps():
        begun.append(step.of.case.name)
        if step.of.case.name == "case-00001":
            study.keep(step, {"died": "its process was ended", "exit_code": 1})
        else:
            study.keep(step, {"error": "no scan", "exit_code": 3})
    assert begun == ["case-00001", "case-00002", "case-00001"]
    assert {row.case: row.status for row in study.rows()} == {"case-00001": "set aside", "case-00002": "refused"}
    study.close()


def test_two_examinations_of_a_patient_are_compared_and_again_after_a_correction(tmp_path):
    folder = tmp_path / "bids"
    for session, number, day in (("1", 1, "2023-01-01"), ("2", 2, "2024-01-01")):
        anat = folder / "sub-a" / f"ses-{session}" / "anat"
        anat.mkdir(parents=True)
        shutil.copyfile(SAMPLE / f"exam{number}_t2.nii.gz", anat / f"sub-a_ses-{session}_T2w.nii.gz")
        (anat.parent / f"sub-a_ses-{session}_scans.tsv").write_text(
            f"filename\tacq_time\nanat/sub-a_ses-{session}_T2w.nii.gz\t{day}T00:00:00\n"
        )
    (folder / "dataset_description.json").write_text('{"Name": "x", "BIDSVersion": "1.8.0"}')
    study = open_study(folder, tmp_path / "study")
    orders = []
    for step in study.steps():
        orders.append(step.order)
        if step.order == "case":
            study.keep(step, answered(study, step, content_of(1 if "ses-1" in step.of.case.name else 2)))
        else:
            study.keep(step, {"result": {"volumes_cm3": [1.0, 1.0]}, "seconds": 1.0})
    assert orders == ["case", "case", "compare"]
    assert study.compare_due() == []
    name = study.rows()[0].case
    before = study.journal.cases[name]
    study.correct(name, content_of(grown=True))
    kept = study.journal.cases[name]
    study.journal.keep("case", replace(kept, result={**kept.result, "ended_at": before.result["ended_at"] + 1}))
    assert [step.order for step in study.compare_due()] == ["compare"]
    study.close()


def test_a_study_among_its_scans_and_a_folder_of_other_files_are_refused(scans, tmp_path):
    with pytest.raises(UsageError, match="lies among the scans"):
        open_study(scans, scans / "study")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("x")
    with pytest.raises(UsageError, match="holds other files"):
        open_study(scans, tmp_path / "other")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="nothing was found"):
        open_study(tmp_path / "empty", tmp_path / "study")
    open_study(scans, tmp_path / "study").close()  # what was refused has left no lock behind


def test_a_study_that_is_open_is_refused_to_others(scans, tmp_path):
    first = open_study(scans, tmp_path / "study")
    with pytest.raises(UsageError, match="another batch is at work"):
        open_study(scans, tmp_path / "study")
    first.close()


def test_it_runs_with_what_slicer_carries():
    code = (
        "import sys; sys.modules.update(dict.fromkeys(('psutil', 'dask', 'distributed', 'torch')));"
        "import VSSegmentationLib.batch.studies; print('fine')"
    )
    assert run_python(code).out.strip() == "fine"
    assert usual_job("s")["salt"] == "s"
