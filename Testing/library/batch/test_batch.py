"""`batch` on real files with the real worker: found, done, resumed, blamed, stopped."""

import csv
import json
import os
import select
import signal
import stat
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from Testing.support.command import COMMAND, Done, environment, vs_segmentation
from Testing.support.toy_run import DEFAULT_FILES, fill_toy_folder, noisy_scan, one_sentence
from VSSegmentationLib.cli.commands.batch import time_left
from VSSegmentationLib.imageio import write_image

SECRET = "Doe_Jane_1970"


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = fill_toy_folder(tmp_path_factory.mktemp("toy"))
    (folder / "scans").mkdir()
    for name, radius in (("a", 6.0), (SECRET, 7.0), ("c", 8.0)):
        write_image(folder / "scans" / f"{name}.nii.gz", noisy_scan(radius_mm=radius))
    (folder / "scans" / "broken.nii.gz").write_bytes((folder / "scan.nii.gz").read_bytes()[:-900])
    (folder / "scans" / "a_seg.nii.gz").write_bytes((folder / "scans" / "a.nii.gz").read_bytes())
    return folder


def batch(toy: Path, study: Path, *more: str | Path, inputs: str | Path = "scans") -> Done:
    return vs_segmentation("batch", toy / inputs, "--out", study, *models(toy), *more)


def models(toy: Path) -> list[str]:
    return ["--model", str(toy / "model.pt"), "--divider", "none", "--device", "cpu", "--slots", "2", "--threads", "1"]


@pytest.fixture(scope="module")
def study(toy: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done]:
    folder = tmp_path_factory.mktemp("out") / "study"
    return folder, batch(toy, folder)


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def result(done: Done) -> dict:
    return json.loads(done.out.splitlines()[-1])["result"]


def test_every_case_has_the_folder_that_segment_writes_and_a_row(study: tuple[Path, Done]):
    folder, done = study
    assert done.code == 0, done.err
    rows = {row["case"]: row for row in table(folder / "study_wide.csv")}
    assert [row["status"] for row in rows.values()] == ["done", "done", "refused", "done", "refused"]
    for name in (case for case, row in rows.items() if row["status"] == "done"):
        assert {*DEFAULT_FILES, "key_crop.nii.gz"} == {path.name for path in (folder / "cases" / name).iterdir()}
        assert (folder / "thumbnails" / f"{name}.jpg").is_file()
    measured = {row["examination"] for row in table(folder / "study.csv")}
    assert measured == {"case-00001", "case-00002", "case-00004"}
    volumes = [float(rows[f"case-0000{n}"]["volume_cm3"]) for n in (1, 2, 4)]  # Doe, a, c: by name
    assert volumes[1] < volumes[0] < volumes[2]
    assert (folder / "study.html").is_file()


def test_what_was_refused_is_told_with_its_reason(study: tuple[Path, Done]):
    folder, done = study
    reasons = [row["reason"] for row in table(folder / "failures.csv")]
    assert len(reasons) == 2
    assert "labelmap" in reasons[1]
    assert f"case-00003 was refused: {reasons[0]}" in done.err
    facts = json.loads((folder / "cohort.json").read_text(encoding="utf-8"))
    assert facts["counts"] == {"done": 3, "refused": 2, "set aside": 0, "waiting": 0}


def test_only_the_private_list_tells_which_file_is_which_case(study: tuple[Path, Done]):
    folder, done = study
    assert SECRET not in done.out + done.err
    assert SECRET in (folder / "inputs.csv").read_text(encoding="utf-8")
    told = [path for path in folder.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]
    assert {path.relative_to(folder).as_posix() for path in told} == {"inputs.csv", ".batch/journal.jsonl"}
    if os.name != "nt":
        assert [stat.S_IMODE(path.stat().st_mode) for path in told] == [0o600, 0o600]


def test_the_same_command_again_runs_nothing_and_what_changed_is_run(toy: Path, study: tuple[Path, Done]):
    folder, _ = study
    before = {path: path.stat().st_mtime_ns for path in (folder / "cases").rglob("report.json")}
    again = batch(toy, folder, "--progress", "json")
    assert (result(again)["done"], result(again)["kept"]) == (0, 4)
    os.utime(toy / "scans" / "c.nii.gz")  # touched and the same
    assert result(batch(toy, folder, "--progress", "json"))["kept"] == 4
    assert {path: path.stat().st_mtime_ns for path in before} == before
    write_image(toy / "scans" / "a.nii.gz", noisy_scan(radius_mm=6.5))
    changed = batch(toy, folder, "--progress", "json")
    assert (result(changed)["done"], result(changed)["kept"]) == (1, 3)
    other = batch(toy, folder, "--flips", "--only", "case-00001", "--progress", "json")
    assert result(other)["done"] == 1


def test_verify_finds_a_change_that_keeps_size_and_time(toy: Path, tmp_path: Path):
    scan = tmp_path / "scans" / "one.nii"
    scan.parent.mkdir()
    write_image(scan, noisy_scan(radius_mm=6.0))
    batch(toy, tmp_path / "study", inputs=scan.parent)
    facts = scan.stat()
    content = bytearray(scan.read_bytes())
    content[-4:] = b"\0\0\0\0"
    with scan.open("r+b") as file:  # the same inode
        file.write(content)
    os.utime(scan, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert result(batch(toy, tmp_path / "study", "--progress", "json", inputs=scan.parent))["done"] == 0
    assert result(batch(toy, tmp_path / "study", "--verify", "--progress", "json", inputs=scan.parent))["done"] == 1


def test_a_dry_run_tells_what_would_be_done_and_leaves_nothing(toy: Path, tmp_path: Path):
    done = batch(toy, tmp_path / "study", "--dry-run")
    assert done.code == 0, done.err
    assert "To be run: 4, 2 at a time with 1 thread each" in done.out
    assert "Refused: 1" in done.out
    assert not (tmp_path / "study").exists()


def test_two_examinations_of_a_patient_are_compared_by_days_and_dates_stay_away(toy: Path, tmp_path: Path):
    manifest = tmp_path / "cohort.csv"
    rows = [("late", "P1", "2024-04-06", "c"), ("early", "P1", "2023-03-01", "a"), ("alone", "P2", "2023-01-01", "a")]
    lines = [f"{case},{patient},{date},{toy / 'scans' / name}.nii.gz" for case, patient, date, name in rows]
    manifest.write_text("\n".join(["case,patient,date,image", *lines]), encoding="utf-8")
    done = batch(toy, tmp_path / "study", "--bids", inputs=manifest)
    assert done.code == 0, done.err
    growth = json.loads((tmp_path / "study" / "patients" / "P1" / "growth.json").read_text(encoding="utf-8"))
    assert [each["days_from_baseline"] for each in growth["examinations"]] == [0, 402]  # 2024 was a leap year
    wide = {row["case"]: row for row in table(tmp_path / "study" / "study_wide.csv")}
    ratio = float(wide["late"]["volume_cm3"]) / float(wide["early"]["volume_cm3"])
    assert float(wide["late"]["change_percent"]) == pytest.approx(100 * (ratio - 1))
    assert wide["early"]["change_percent"] == wide["alone"]["change_percent"] == ""
    assert not (tmp_path / "study" / "patients" / "P2").exists()
    text = "".join(
        path.read_text("utf-8", "ignore") for path in (tmp_path / "study").rglob("*.[jhc]*") if path.is_file()
    )
    assert "2023-03-01" not in text
    assert (
        tmp_path / "study" / "bids" / "sub-P1" / "ses-early" / "anat" / "sub-P1_ses-early_desc-tumor_dseg.nii.gz"
    ).is_file()


def test_a_case_that_takes_too_long_is_tried_alone_and_then_set_aside(toy: Path, tmp_path: Path):
    done = batch(toy, tmp_path / "study", "--time-limit", "0.001")
    assert "case-00001 was set aside: it took longer than the bound of 0.001 seconds" in done.err
    row = table(tmp_path / "study" / "failures.csv")[0]
    assert (row["status"], row["tries"]) == ("set aside", "2")


def begun(words: list[str], study: Path) -> subprocess.Popen:
    """Start a batch and wait until its first case has ended."""
    process = subprocess.Popen(
        words, env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    journal = study / ".batch" / "journal.jsonl"
    deadline = time.monotonic() + 300
    while not (journal.exists() and '"case":' in journal.read_text(encoding="utf-8")):
        assert time.monotonic() < deadline
        assert process.poll() is None, process.communicate()
        select.select([], [], [], 0.01)
    return process


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_batch_that_is_killed_leaves_no_process_and_whole_folders_and_is_gone_on_with(toy: Path, tmp_path: Path):
    words = [*COMMAND, "batch", str(toy / "scans"), "--out", str(tmp_path / "study"), *models(toy)]
    process = begun(words, tmp_path / "study")
    children = psutil.Process(process.pid).children(recursive=True)
    assert len(children) == 2
    process.kill()
    process.communicate(timeout=60)
    _, alive = psutil.wait_procs(children, timeout=120)
    assert alive == []
    whole = {*DEFAULT_FILES, "key_crop.nii.gz"}
    for folder in (tmp_path / "study" / "cases").iterdir():
        assert folder.name.startswith(".") or {path.name for path in folder.iterdir()} == whole
    done = result(batch(toy, tmp_path / "study", "--progress", "json"))
    assert done["kept"] + done["done"] + done["refused"] == 4
    assert done["kept"] >= 1


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_ctrl_c_finishes_what_runs_and_the_next_run_does_the_rest(toy: Path, tmp_path: Path):
    words = [*COMMAND, "batch", str(toy / "scans"), "--out", str(tmp_path / "study"), *models(toy), "--slots", "1"]
    process = begun(words, tmp_path / "study")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=300)
    assert process.returncode == 130, err
    assert "are kept, and the same command again goes on with the rest" in err
    kept = {row["case"] for row in table(tmp_path / "study" / "study_wide.csv") if row["status"] != "waiting"}
    assert 1 <= len([case for case in kept if case.startswith("case")]) <= 4
    done = result(batch(toy, tmp_path / "study", "--progress", "json"))
    assert done["kept"] + done["done"] + done["refused"] == 4
    assert done["kept"] >= 1


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(5, "less than a minute left"), (50, "about 1 minute left"), (95, "about 2 minutes left")],
)
def test_what_is_left_is_told_in_words(seconds: float, words: str):
    assert time_left(seconds) == words


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_second_ctrl_c_ends_what_runs(toy: Path, tmp_path: Path):
    words = [*COMMAND, "batch", str(toy / "scans"), "--out", str(tmp_path / "study"), *models(toy)]
    process = begun(words, tmp_path / "study")
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    said = []
    while not said or "finishing what runs" not in said[-1]:  # two signals at one moment would be one
        said.append(process.stderr.readline())
        assert said[-1], said
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=300)
    # To a shell both are 130; Python ends by the signal itself where it comes after the last sentence.
    assert process.returncode in {130, -signal.SIGINT}, err
    assert "are kept, and the same command again goes on with the rest" in err
    assert psutil.wait_procs(children, timeout=60)[1] == []
    assert not (tmp_path / "study" / ".batch" / "running").exists()


def test_a_folder_with_other_files_is_refused(toy: Path, tmp_path: Path):
    (tmp_path / "letter.txt").write_text("mine", encoding="utf-8")
    assert "holds other files" in one_sentence(batch(toy, tmp_path), 2)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_scheduler_without_tls_has_to_be_said_to_be_trusted(toy: Path, tmp_path: Path):
    done = batch(toy, tmp_path / "study", "--scheduler", "tcp://127.0.0.1:9")
    assert "whoever reaches a Dask scheduler can run programs through it" in one_sentence(done, 2)
