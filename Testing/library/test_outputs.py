"""Results arrive whole or not at all, and nothing that a user has is ever lost."""

import json
import os
import signal
import time
from dataclasses import replace
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
from VSSegmentationLib.imageio.dicom.identifiers import Identifiers
from VSSegmentationLib.measurement import measure
from VSSegmentationLib.outputs import check_output_folder, folder_written_at_once, write_outputs
from VSSegmentationLib.process_mark import own_mark
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


@pytest.mark.parametrize("place", ["out", "parent/of/out"])
def test_an_error_while_writing_leaves_nothing_behind(tmp_path: Path, place: str):
    unwritable = ReportContent(
        image=None,
        labelmap=content().labelmap,
        measurements=(),
        findings="",
        provenance=Provenance(run={"value": float("nan")}),
    )
    with pytest.raises(VSSegmentationError, match="finite"):
        write_outputs(unwritable, tmp_path / place, formats=[])
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_was_there_stays_where_writing_into_it_fails(tmp_path: Path):
    (tmp_path / "parent").mkdir()
    with pytest.raises(RuntimeError), folder_written_at_once(tmp_path / "parent" / "new" / "out"):
        raise RuntimeError
    assert [path.name for path in tmp_path.iterdir()] == ["parent"]
    assert list((tmp_path / "parent").iterdir()) == []


KILLED = """
import os, signal, sys
from pathlib import Path
from Testing.library.test_outputs import content
from VSSegmentationLib import output_folder, outputs

function, folder = sys.argv[1], Path(sys.argv[2])
moved_aside = output_folder._moved_aside

def die(*arguments, **options):
    os.kill(os.getpid(), signal.SIGKILL)

def die_after_moving_the_old_away(folder, aside):
    moved_aside(folder, aside)
    die()

if function == "between the renames":
    output_folder._moved_aside = die_after_moving_the_old_away
else:
    setattr(output_folder, function, die)
if function == "_finish":
    os.path.ismount = lambda path: True
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

    write_outputs(content(), tmp_path / "out")  # the process that made it is gone, and so is what it left
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_the_temporary_folder_of_a_run_that_still_goes_is_left_alone(tmp_path: Path):
    going = tmp_path / f".out.vs-segmentation-{own_mark()}-0123abcd.partial"
    elsewhere = tmp_path / ".out.vs-segmentation-0123abcd-1-1-0123abcd.partial"
    for each in (going, elsewhere):
        each.mkdir()
    write_outputs(content(), tmp_path / "out")
    assert going.exists()
    assert elsewhere.exists()
    an_hour_ago = time.time() - 3601  # of another machine nobody can ask: age decides
    for each in (going, elsewhere):
        os.utime(each, (an_hour_ago, an_hour_ago))
    write_outputs(content(), tmp_path / "out", force=True)
    assert going.exists()
    assert not elsewhere.exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_former_results_survive_a_kill_at_the_worst_moment(tmp_path: Path):
    write_outputs(content("first"), tmp_path / "out")
    _kill_while_writing("between the renames", tmp_path / "out")
    assert not (tmp_path / "out").exists()

    with pytest.raises(UsageError, match="--force"):  # they are back, so they are protected again
        write_outputs(content("third"), tmp_path / "out")
    assert json.loads((tmp_path / "out" / "provenance.json").read_text())["findings"] == "first"


def test_of_two_runs_without_force_the_second_is_refused_at_the_last_moment(tmp_path: Path):
    def write_second_while_first_is_written() -> None:
        with folder_written_at_once(tmp_path / "out", names={"a"}) as second:
            (second / "a").write_text("second")
            with folder_written_at_once(tmp_path / "out", names={"a"}) as first:
                (first / "a").write_text("first")

    with pytest.raises(UsageError, match="exists and is not empty"):
        write_second_while_first_is_written()
    assert (tmp_path / "out" / "a").read_text() == "first"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_of_two_runs_with_force_the_later_one_is_there_whole(tmp_path: Path):
    with folder_written_at_once(tmp_path / "out", force=True, names={"a", "b"}) as second:
        (second / "b").write_text("second")
        with folder_written_at_once(tmp_path / "out", force=True, names={"a", "b"}) as first:
            (first / "a").write_text("first")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["b"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.fixture
def mounted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that nothing can take the place of."""
    folder = tmp_path / "out"
    folder.mkdir()
    monkeypatch.setattr(os.path, "ismount", lambda path: Path(path) == folder)
    return folder


def test_a_mount_point_is_filled_from_within(mounted: Path):
    number = mounted.stat().st_ino
    write_outputs(content("first"), mounted)
    with pytest.raises(UsageError, match="--force"):
        write_outputs(content("second"), mounted)
    write_outputs(content("third"), mounted, formats=[OutputFormat.CSV], force=True)
    assert {path.name for path in mounted.iterdir()} == {"measurements.csv", "provenance.json"}
    assert json.loads((mounted / "provenance.json").read_text())["findings"] == "third"
    assert (mounted.stat().st_ino, list(mounted.parent.iterdir())) == (number, [mounted])


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_run_killed_within_a_mount_is_brought_to_its_end_by_the_next(mounted: Path):
    write_outputs(content("first"), mounted)
    _kill_while_writing("_finish", mounted)
    with pytest.raises(UsageError, match="--force"):
        write_outputs(content("third"), mounted)
    assert {path.name for path in mounted.iterdir()} == ALL_FILES
    assert json.loads((mounted / "provenance.json").read_text())["findings"] == "second"


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_what_tells_who_the_patient_is_may_be_read_by_its_user_alone(tmp_path: Path):
    write_outputs(replace(content(), identifiers=Identifiers(patient_name="Nobody")), tmp_path / "out")
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "out").iterdir()} == {0o600}
    assert (tmp_path / "out").stat().st_mode & 0o077 == 0
