"""The command as a shell starts it: exit codes, what is said where, and what must never be said."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from Testing.support.command import COMMAND, environment, in_this_process, run_python, vs_segmentation
from Testing.support.toy_run import BALL_CM3, DEFAULT_FILES, fill_toy_folder, noisy_scan, one_sentence, segment
from VSSegmentationLib import __version__, inference
from VSSegmentationLib.cli import dispatch
from VSSegmentationLib.errors import DeviceMemoryError
from VSSegmentationLib.imageio import write_image
from VSSegmentationLib.pipeline import segmenting
from VSSegmentationLib.volume import Volume


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill_toy_folder(tmp_path_factory.mktemp("toy"))


def test_a_scan_goes_in_and_all_results_come_out(toy: Path, tmp_path: Path):
    done = vs_segmentation("segment", toy / "scan.nii.gz", "--out", tmp_path / "out", "--model", toy / "model.pt")
    assert done.code == 0, done.err
    assert {path.name for path in (tmp_path / "out").iterdir()} == {*DEFAULT_FILES, "key_crop.nii.gz"}
    measurements = json.loads((tmp_path / "out" / "measurements.json").read_text(encoding="utf-8"))
    total = next(each for each in measurements if each["id"] == "vol_total")
    assert total["value"] == pytest.approx(BALL_CM3, rel=0.15)
    assert "A tumor was found" in done.out
    assert f"Report: {tmp_path / 'out' / 'report.html'}" in done.out
    assert "research use only" in done.out
    assert "segmenting" in done.err
    assert "\x1b" not in done.err  # no bar where nobody looks


def test_no_tumor_is_a_result(toy: Path, tmp_path: Path):
    done = segment(toy, tmp_path / "out", scan="empty.nii.gz")
    assert done.code == 0, done.err
    assert "No tumor was found." in done.out
    assert {path.name for path in (tmp_path / "out").iterdir()} == DEFAULT_FILES


def test_a_folder_with_results_is_only_replaced_with_force(toy: Path, tmp_path: Path):
    assert segment(toy, tmp_path / "out", "--format", "json").code == 0
    before = (tmp_path / "out" / "measurements.json").read_bytes()
    refused = segment(toy, tmp_path / "out", scan="empty.nii.gz")
    assert refused.code == 2
    assert "--force" in refused.err
    assert (tmp_path / "out" / "measurements.json").read_bytes() == before
    assert segment(toy, tmp_path / "out", "--force", scan="empty.nii.gz").code == 0
    assert (tmp_path / "out" / "measurements.json").read_bytes() != before


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (lambda array: array[:5], "slices"),
        (lambda array: np.full_like(array, 7.0), "every voxel"),
        (lambda array: np.where(array == array.max(), np.nan, array), "finite|NaN"),
    ],
)
def test_a_scan_that_cannot_be_used_ends_with_3_and_nothing_written(
    tmp_path: Path, array: Callable[[Any], Any], reason: str
):
    scan = noisy_scan()
    write_image(tmp_path / "scan.nii.gz", Volume(array(scan.array).astype(np.float32), scan.dhw_to_ras))
    sentence = one_sentence(in_this_process("segment", tmp_path / "scan.nii.gz", "--out", tmp_path / "out"), 3)
    assert any(word in sentence for word in reason.split("|"))
    assert not (tmp_path / "out").exists()


def test_a_file_that_is_no_image_ends_with_3(tmp_path: Path):
    (tmp_path / "scan.nii.gz").write_bytes(b"not an image")
    one_sentence(in_this_process("segment", tmp_path / "scan.nii.gz", "--out", tmp_path / "out"), 3)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("model", ["no-such-model", "damaged.pt", "absent.pt"])
def test_a_model_that_is_missing_or_damaged_ends_with_4(toy: Path, tmp_path: Path, model: str):
    name = str(toy / model) if model.endswith(".pt") else model
    done = in_this_process("segment", toy / "scan.nii.gz", "--out", tmp_path / "out", "--model", name)
    one_sentence(done, 4)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("segment", "/data/DOE^JANE.nii"),
        ("segment", "/data/DOE^JANE.nii", "/data/DOE^JANE.nii", "--out", "o"),
        ("/data/DOE^JANE.nii",),
        ("segment", "in", "--out", "o", "--format", "DOE^JANE"),
        ("segment", "in", "--out", "o", "--device", "DOE^JANE"),
        ("segment", "in", "--out", "o", "--series", "DOE^JANE"),
        ("segment", "in", "--out", "o", "--flips=DOE^JANE"),
        ("segment", "/data/DOE^JANE.nii", "--out", "o"),
        ("measure", "/data/DOE^JANE.nii", "--out", "o"),
        ("info", "/data/DOE^JANE.nii"),
    ],
)
def test_a_call_that_does_not_fit_ends_with_2_and_repeats_no_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
):
    monkeypatch.chdir(tmp_path)
    done = in_this_process(*words)
    assert done.code == 2
    assert "rror: " in done.err
    assert "JANE" not in done.out + done.err
    assert "Traceback" not in done.err


def test_an_output_folder_that_cannot_be_written_is_refused_before_the_scan_is_read(tmp_path: Path):
    (tmp_path / "file").write_text("")
    done = in_this_process("segment", tmp_path / "absent.nii.gz", "--out", tmp_path / "file" / "out")
    assert "the output folder cannot be written" in one_sentence(done, 2)


def _on_the_way(monkeypatch: pytest.MonkeyPatch, happening: Callable[[], object]) -> None:
    """Let something happen when the network begins to look at the scan; the rest is as ever."""

    def segment_with_it(*arguments: Any, on_progress: Callable[[float, str], None], **options: Any) -> Any:
        def tell(fraction: float, stage: str) -> None:
            if stage == "segmenting":
                happening()
            on_progress(fraction, stage)

        return inference.segment(*arguments, on_progress=tell, **options)

    monkeypatch.setattr(segmenting, "segment", segment_with_it)


def _raising(error: Exception) -> Callable[[], None]:
    def happening() -> None:
        raise error

    return happening


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_in_the_middle_of_the_computation_ends_with_130_and_nothing_written(
    toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
):
    times = []
    _on_the_way(monkeypatch, lambda: times.append(1) or os.kill(os.getpid(), number))
    assert "canceled; nothing was written" in one_sentence(segment(toy, tmp_path / "out"), 130)
    assert times == [1]  # the first step after the signal was the last
    assert list(tmp_path.iterdir()) == []


def test_a_second_signal_ends_a_computation_that_does_not_listen(
    toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    _on_the_way(monkeypatch, lambda: [os.kill(os.getpid(), signal.SIGINT) for _ in range(2)])
    one_sentence(segment(toy, tmp_path / "out"), 130)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
def test_ctrl_c_from_outside_ends_with_130(toy: Path, tmp_path: Path):
    command = [*COMMAND, "segment", toy / "scan.nii.gz", "--out", tmp_path / "out", "--model", toy / "model.pt"]
    with subprocess.Popen(
        [*command, "--progress", "json"], env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()  # it has begun
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.decode() == "Error: canceled; nothing was written\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("error", [DeviceMemoryError("the GPU is full"), MemoryError()])
def test_out_of_memory_ends_with_5(toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception):
    _on_the_way(monkeypatch, _raising(error))
    one_sentence(segment(toy, tmp_path / "out"), 5)
    assert list(tmp_path.iterdir()) == []


UNEXPECTED = """
import sys
from VSSegmentationLib.__main__ import main
from VSSegmentationLib.cli.commands import info

def instead(*arguments, **options):
    raise {what}

info.read_scan = instead
sys.exit(main(["info", "scan.nii.gz", *sys.argv[1:]]))
"""


def test_an_unexpected_failure_is_one_sentence_that_quotes_nothing_and_says_how_to_see_more():
    script = UNEXPECTED.replace("{what}", "KeyError('DOE^JANE')")
    done = run_python(script)
    assert "--debug" in one_sentence(done, 1)
    assert "JANE" not in done.err
    debugged = run_python(script, "--debug")
    assert debugged.code == 1
    assert "Traceback" in debugged.err


def test_a_full_disk_is_told_without_the_path():
    done = run_python(UNEXPECTED.replace("{what}", "OSError(28, 'No space left on device', '/data/DOE^JANE')"))
    assert "the disk is full" in one_sentence(done, 2)
    assert "JANE" not in done.err


WITHOUT_TORCH = """
import sys
from VSSegmentationLib.__main__ import main
try:
    code = main(sys.argv[1:])
finally:
    print("torch" in sys.modules, file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.parametrize("words", [("--help",), ("models", "list"), ("models", "verify"), ("info",), ("measure",)])
def test_torch_is_not_imported_by_commands_that_do_not_need_it(toy: Path, tmp_path: Path, words: tuple[str, ...]):
    write_image(tmp_path / "labels.nii.gz", noisy_scan().with_array(np.zeros(noisy_scan().shape, np.uint8)))
    more: dict[str, tuple[str | Path, ...]] = {
        "info": (toy / "scan.nii.gz",),
        "measure": (tmp_path / "labels.nii.gz", "--out", tmp_path / "out"),
    }
    done = run_python(WITHOUT_TORCH, *words, *more.get(words[0], ()))
    assert done.code == 0, done.err
    assert done.err.splitlines()[-1] == "False"


def test_without_torch_one_sentence_says_so(toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(dispatch, "find_spec", lambda name: None)
    assert "needs PyTorch" in one_sentence(segment(toy, tmp_path / "out"), 2)


def test_the_version_is_the_library_s():
    assert vs_segmentation("--version").out == f"vs-segmentation {__version__}\n"
