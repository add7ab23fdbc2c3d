"""Results arrive whole or not at all, and nothing that a user has is ever lost."""

import json
import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from Testing.support.command import run_python
from VSSegmentationLib.errors import UsageError, VSSegmentationError
from VSSegmentationLib.formats import (
    DEFAULT_FORMATS,
    FILE_NAMES,
    KEY_CROP_FILE_NAME,
    PROVENANCE_FILE_NAME,
    OutputFormat,
)
from VSSegmentationLib.measurement import measure
from VSSegmentationLib.outputs import check_output_folder, folder_written_at_once, write_outputs
from VSSegmentationLib.reporting import ModelFacts, Provenance, ReportContent
from VSSegmentationLib.volume import Volume

ALL_FILES = {*(FILE_NAMES[each] for each in DEFAULT_FORMATS), PROVENANCE_FILE_NAME, KEY_CROP_FILE_NAME}
WARNING = "The slices are 4.0 mm thick: small parts of the tumor may be missed."


def content(finding: str = "A tumor was found.") -> ReportContent:
    labels = np.zeros((10, 20, 20), np.uint8)
    labels[4:6, 8:12, 8:14] = 1
    labelmap = Volume(labels, np.diag([0.5, 0.5, 1.5, 1.0])[[2, 1, 0, 3]].T)
    return ReportContent(
        image=labelmap.with_array(labels.astype(np.float32)),
        labelmap=labelmap,
        measurements=measure(labelmap),
        findings=finding,
        warnings=(WARNING,),
        provenance=Provenance(model=ModelFacts(name="toy", version="1", sha256="", modality="T2")),
    )


def test_all_files_are_written_and_no_temporary_one_stays(tmp_path: Path):
    write_outputs(content(), tmp_path / "deep" / "results")
    assert {path.name for path in (tmp_path / "deep" / "results").iterdir()} == ALL_FILES
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["results"]


def test_only_the_formats_asked_for_are_written_and_provenance_always(tmp_path: Path):
    write_outputs(content(), tmp_path / "out", formats=[OutputFormat.CSV])
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"measurements.csv", "provenance.json"}


def test_the_warnings_stand_in_every_report(tmp_path: Path):
    write_outputs(content(), tmp_path / "out")
    for name in sorted(ALL_FILES - {"segmentation.nii.gz", "segmentation.seg.nrrd", KEY_CROP_FILE_NAME}):
        assert WARNING in (tmp_path / "out" / name).read_text(encoding="utf-8"), name


def test_a_folder_with_something_in_it_is_not_touched_without_force(tmp_path: Path):
    write_outputs(content("first"), tmp_path / "out")
    with pytest.raises(UsageError, match="--force"):
        write_outputs(content("second"), tmp_path / "out")
    assert json.loads((tmp_path / "out" / "provenance.json").read_text())["findings"] == "first"


def test_an_empty_folder_is_filled(tmp_path: Path):
    (tmp_path / "out").mkdir()
    write_outputs(content(), tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == ALL_FILES


def test_force_replaces_results(tmp_path: Path):
    write_outputs(content("first"), tmp_path / "out")
    write_outputs(content("second"), tmp_path / "out", formats=[OutputFormat.JSON], force=True)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"measurements.json", "provenance.json"}
    assert json.loads((tmp_path / "out" / "provenance.json").read_text())["findings"] == "second"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_force_never_removes_what_is_not_a_result(tmp_path: Path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("years of work")
    with pytest.raises(UsageError, match="1 files that are not results"):
        write_outputs(content(), tmp_path / "out", force=True)
    assert (tmp_path / "out" / "thesis.txt").read_text() == "years of work"


def test_results_of_another_command_are_no_results_of_this_one(tmp_path: Path):
    write_outputs(content("segmented"), tmp_path / "out")
    with (
        pytest.raises(UsageError, match="not results of this command"),
        folder_written_at_once(tmp_path / "out", force=True, names={"growth.json"}),
    ):
        pytest.fail("a folder was given to replace results of another command")
    assert {path.name for path in (tmp_path / "out").iterdir()} == ALL_FILES


def test_a_folder_filled_with_other_files_is_in_place_only_when_the_block_has_ended(tmp_path: Path):
    with folder_written_at_once(tmp_path / "out", names={"growth.json"}) as fresh:
        (fresh / "growth.json").write_text("{}")
        assert not (tmp_path / "out").exists()
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["growth.json"]


def test_a_link_to_a_folder_is_followed_and_stays_a_link(tmp_path: Path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_outputs(content(), tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert {path.name for path in (tmp_path / "real").iterdir()} == ALL_FILES


@pytest.mark.parametrize("place", ["file", "file/out", "file/deeper/out"])
def test_a_folder_that_cannot_be_made_is_refused_before_the_work(tmp_path: Path, place: str):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="the output folder"):
        check_output_folder(tmp_path / place)


def test_the_check_leaves_nothing_behind(tmp_path: Path):
    check_output_folder(tmp_path / "a" / "b")
    assert list(tmp_path.iterdir()) == []


def test_an_error_while_writing_leaves_nothing_behind(tmp_path: Path):
    unwritable = ReportContent(
        image=None,
        labelmap=content().labelmap,
        measurements=(),
        findings="",
        provenance=Provenance(run={"value": float("nan")}),
    )
    with pytest.raises(VSSegmentationError, match="finite"):
        write_outputs(unwritable, tmp_path / "out", formats=[])
    assert list(tmp_path.iterdir()) == []


KILLED = """
import os, signal, sys
from pathlib import Path
from Testing.library.test_outputs import content
from VSSegmentationLib import outputs

function, folder = sys.argv[1], Path(sys.argv[2])

def die(*arguments, **options):
    os.kill(os.getpid(), signal.SIGKILL)

def die_after_moving_the_old_away(fresh, folder):
    folder.rename(outputs._replaced_folder(folder))
    die()

if function == "between the renames":
    outputs._move_into_place = die_after_moving_the_old_away
else:
    setattr(outputs, function, die)
outputs.write_outputs(content("second"), folder, force=True)
"""


def _kill_while_writing(where: str, folder: Path) -> None:
    done = run_python(KILLED, where, folder)
    assert done.code == -signal.SIGKILL, done.err


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("where", ["_flush_to_disk", "_move_into_place"])
def test_a_run_killed_while_writing_leaves_no_half_folder(tmp_path: Path, where: str):
    _kill_while_writing(where, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    (leftover,) = tmp_path.iterdir()
    assert leftover.name.startswith(".out.vs-segmentation-")

    an_hour_ago = time.time() - 3601
    os.utime(leftover, (an_hour_ago, an_hour_ago))
    write_outputs(content(), tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_the_temporary_folder_of_a_run_that_still_goes_is_left_alone(tmp_path: Path):
    going = tmp_path / ".out.vs-segmentation-0123abcd.partial"
    going.mkdir()
    write_outputs(content(), tmp_path / "out")
    assert going.exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_former_results_survive_a_kill_at_the_worst_moment(tmp_path: Path):
    write_outputs(content("first"), tmp_path / "out")
    _kill_while_writing("between the renames", tmp_path / "out")
    assert not (tmp_path / "out").exists()

    with pytest.raises(UsageError, match="--force"):  # they are back, so they are protected again
        write_outputs(content("third"), tmp_path / "out")
    assert json.loads((tmp_path / "out" / "provenance.json").read_text())["findings"] == "first"
