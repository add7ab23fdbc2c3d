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

from Testing.support.command import COMMAND, Done, environment, in_this_process, run_python, vs_segmentation
from Testing.support.toy_models import empty_scan, half_way, toy_segmenter, with_ball
from VSSegmentationLib import __version__, inference, pipeline
from VSSegmentationLib.errors import DeviceMemoryError
from VSSegmentationLib.formats import FILE_NAMES, PROVENANCE_FILE_NAME
from VSSegmentationLib.imageio import write_image
from VSSegmentationLib.inference import save_model
from VSSegmentationLib.volume import Volume

ALL_FILES = {*FILE_NAMES.values(), PROVENANCE_FILE_NAME}
RADIUS_MM = 7.0
BALL_CM3 = 4 / 3 * np.pi * RADIUS_MM**3 / 1000


def noisy_scan(grid: str = "oblique", *, tumor: bool = True) -> Volume:
    """A head of noise from 0 to 20 and, where asked for, a ball in it that the toy model takes for tumor."""
    scan = empty_scan(grid, (50.0, 50.0, 50.0))
    noise = 20 * np.random.default_rng(7).random(scan.shape)
    scan = scan.with_array(noise.astype(np.float32))
    return with_ball(scan, (6.0, -7.0, 12.0), RADIUS_MM, brightness=200.0) if tumor else scan


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with scans, and a model whose answer is known."""
    folder = tmp_path_factory.mktemp("toy")
    write_image(folder / "scan.nii.gz", noisy_scan())
    write_image(folder / "empty.nii.gz", noisy_scan(tumor=False))
    save_model(folder / "model.pt", toy_segmenter(half_way(noisy_scan(), 200.0)))
    (folder / "damaged.pt").write_bytes((folder / "model.pt").read_bytes()[:-200])
    return folder


def segment(toy: Path, out: Path, *more: str, scan: str = "scan.nii.gz") -> Done:
    return in_this_process("segment", toy / scan, "--out", out, "--model", toy / "model.pt", *more)


def test_a_scan_goes_in_and_all_results_come_out(toy: Path, tmp_path: Path):
    done = vs_segmentation("segment", toy / "scan.nii.gz", "--out", tmp_path / "out", "--model", toy / "model.pt")
    assert done.code == 0, done.err
    assert {path.name for path in (tmp_path / "out").iterdir()} == ALL_FILES
    measurements = json.loads((tmp_path / "out" / "measurements.json").read_text(encoding="utf-8"))
    total = next(each for each in measurements if each["id"] == "vol_total")
    assert total["value"] == pytest.approx(BALL_CM3, rel=0.15)
    assert "A tumor was found" in done.out
    assert f"Report: {tmp_path / 'out' / 'report.html'}" in done.out
    assert "research use only" in done.out
    assert "segmenting" in done.err
    assert "\x1b" not in done.err  # no bar where nobody looks


def test_provenance_tells_model_software_and_the_hash_of_the_voxels(toy: Path, tmp_path: Path):
    assert segment(toy, tmp_path / "out", "--format", "json").code == 0
    provenance = json.loads((tmp_path / "out" / "provenance.json").read_text(encoding="utf-8"))
    assert provenance["software"]["version"] == __version__
    assert provenance["model"]["name"] == "toy-segmenter"
    assert len(provenance["model"]["sha256"]) == 64
    assert len(provenance["source"]["voxels_sha256"]) == 64


def test_no_tumor_is_a_result(toy: Path, tmp_path: Path):
    done = segment(toy, tmp_path / "out", scan="empty.nii.gz")
    assert done.code == 0, done.err
    assert "No tumor was found." in done.out
    assert {path.name for path in (tmp_path / "out").iterdir()} == ALL_FILES


def test_every_line_of_json_progress_parses_and_the_last_one_is_the_result(toy: Path, tmp_path: Path):
    done = segment(toy, tmp_path / "out", "--progress", "json")
    lines = [json.loads(line) for line in done.out.splitlines()]
    fractions = [line["progress"] for line in lines if "progress" in line]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)
    result = lines[-1]["result"]
    assert set(result["files"]) == set(FILE_NAMES.values())
    assert {each["id"] for each in result["measurements"]} >= {"vol_total", "whole_max_axial"}
    assert done.err == ""


def test_an_error_is_a_json_line_too(toy: Path, tmp_path: Path):
    done = in_this_process("segment", toy / "absent", "--out", tmp_path / "out", "--progress", "json")
    assert done.code == 2
    last = json.loads(done.out.splitlines()[-1])
    assert last["exit_code"] == 2
    assert done.err == f"Error: {last['error']}\n"


def test_a_folder_with_results_is_only_replaced_with_force(toy: Path, tmp_path: Path):
    assert segment(toy, tmp_path / "out", "--format", "json").code == 0
    before = (tmp_path / "out" / "measurements.json").read_bytes()
    refused = segment(toy, tmp_path / "out", scan="empty.nii.gz")
    assert refused.code == 2
    assert "--force" in refused.err
    assert (tmp_path / "out" / "measurements.json").read_bytes() == before
    assert segment(toy, tmp_path / "out", "--force", scan="empty.nii.gz").code == 0
    assert (tmp_path / "out" / "measurements.json").read_bytes() != before


def _one_sentence(done: Done, exit_code: int) -> str:
    assert done.code == exit_code, done.err
    assert "Traceback" not in done.err
    (line,) = [line for line in done.err.splitlines() if line.startswith("Error: ")]
    return line


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
    sentence = _one_sentence(in_this_process("segment", tmp_path / "scan.nii.gz", "--out", tmp_path / "out"), 3)
    assert any(word in sentence for word in reason.split("|"))
    assert not (tmp_path / "out").exists()


def test_a_file_that_is_no_image_ends_with_3(tmp_path: Path):
    (tmp_path / "scan.nii.gz").write_bytes(b"not an image")
    _one_sentence(in_this_process("segment", tmp_path / "scan.nii.gz", "--out", tmp_path / "out"), 3)


@pytest.mark.parametrize("model", ["no-such-model", "damaged.pt", "absent.pt"])
def test_a_model_that_is_missing_or_damaged_ends_with_4(toy: Path, tmp_path: Path, model: str):
    name = str(toy / model) if model.endswith(".pt") else model
    done = in_this_process("segment", toy / "scan.nii.gz", "--out", tmp_path / "out", "--model", name)
    _one_sentence(done, 4)
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
    assert "the output folder cannot be written" in _one_sentence(done, 2)


def _on_the_way(monkeypatch: pytest.MonkeyPatch, happening: Callable[[], object]) -> None:
    """Let something happen when the network begins to look at the scan; the rest is as ever."""

    def segment_with_it(*arguments: Any, on_progress: Callable[[float, str], None], **options: Any) -> Any:
        def tell(fraction: float, stage: str) -> None:
            if stage == "segmenting":
                happening()
            on_progress(fraction, stage)

        return inference.segment(*arguments, on_progress=tell, **options)

    monkeypatch.setattr(pipeline, "segment", segment_with_it)


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
    assert "canceled; nothing was written" in _one_sentence(segment(toy, tmp_path / "out"), 130)
    assert times == [1]  # the first step after the signal was the last
    assert list(tmp_path.iterdir()) == []


def test_a_second_signal_ends_a_computation_that_does_not_listen(
    toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    _on_the_way(monkeypatch, lambda: [os.kill(os.getpid(), signal.SIGINT) for _ in range(2)])
    _one_sentence(segment(toy, tmp_path / "out"), 130)
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
    _one_sentence(segment(toy, tmp_path / "out"), 5)
    assert list(tmp_path.iterdir()) == []


UNEXPECTED = """
import sys
from VSSegmentationLib.__main__ import main
from VSSegmentationLib.cli import info

def instead(*arguments, **options):
    raise {what}

info.read_scan = instead
sys.exit(main(["info", "scan.nii.gz", *sys.argv[1:]]))
"""


def test_an_unexpected_failure_is_one_sentence_that_quotes_nothing_and_says_how_to_see_more():
    script = UNEXPECTED.replace("{what}", "KeyError('DOE^JANE')")
    done = run_python(script)
    assert "--debug" in _one_sentence(done, 1)
    assert "JANE" not in done.err
    debugged = run_python(script, "--debug")
    assert debugged.code == 1
    assert "Traceback" in debugged.err


def test_a_full_disk_is_told_without_the_path():
    done = run_python(UNEXPECTED.replace("{what}", "OSError(28, 'No space left on device', '/data/DOE^JANE')"))
    assert "No space left on device" in _one_sentence(done, 1)
    assert "JANE" not in done.err


# The quick commands.

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


def test_the_version_is_the_library_s():
    assert vs_segmentation("--version").out == f"vs-segmentation {__version__}\n"


@pytest.mark.parametrize("command", ["segment", "measure", "models", "info", "demo"])
def test_the_help_of_every_command_shows_examples(command: str):
    done = in_this_process(command, "--help")
    assert done.code == 0
    assert f"examples:\n  vs-segmentation {command}" in done.out


def test_info_tells_grid_and_orientation(toy: Path, tmp_path: Path):
    sagittal = empty_scan("sagittal", extents_mm=(40.0, 50.0, 60.0))
    noise = np.random.default_rng(1).random(sagittal.shape)
    write_image(tmp_path / "scan.nrrd", sagittal.with_array(noise.astype(np.float32)))
    done = in_this_process("info", tmp_path / "scan.nrrd")
    assert done.code == 0, done.err
    assert "NRRD" in done.out
    # 60, 50 and 40 mm in steps of 0.9, 0.9 and 1.2; rotated by 8, 4 and 6 degrees, so the slices by acos(cos 4 cos 6)
    assert "67 x 56 x 34 voxels of 0.9 x 0.9 x 1.2 mm" in done.out
    assert "sagittal, tilted by 7 degrees" in done.out


def test_measure_gives_the_volume_of_a_box_and_draws_on_the_image(tmp_path: Path):
    scan = noisy_scan(tumor=False)
    labels = np.zeros(scan.shape, np.uint8)
    labels[10:15, 20:30, 20:32] = 1
    write_image(tmp_path / "labels.nrrd", scan.with_array(labels))
    write_image(tmp_path / "scan.nii.gz", scan)
    done = in_this_process(
        "measure", tmp_path / "labels.nrrd", "--out", tmp_path / "out", "--image", tmp_path / "scan.nii.gz"
    )
    assert done.code == 0, done.err
    measurements = json.loads((tmp_path / "out" / "measurements.json").read_text(encoding="utf-8"))
    volumes = {each["id"]: each["value"] for each in measurements}
    assert volumes["vol_em"] == pytest.approx(5 * 10 * 12 * 1.2 * 0.8 * 0.8 / 1000)


def test_measure_refuses_an_image_on_another_grid(tmp_path: Path):
    write_image(tmp_path / "scan.nii.gz", noisy_scan("axial"))
    write_image(
        tmp_path / "labels.nii.gz", noisy_scan("coronal").with_array(np.zeros(noisy_scan("coronal").shape, "u1"))
    )
    done = in_this_process(
        "measure", tmp_path / "labels.nii.gz", "--out", tmp_path / "out", "--image", tmp_path / "scan.nii.gz"
    )
    assert "grid" in _one_sentence(done, 3)
    assert not (tmp_path / "out").exists()


def test_the_demo_shows_what_was_measured_beside_the_truth(toy: Path, tmp_path: Path):
    sample = tmp_path / "sample"
    sample.mkdir()
    for name, radius_mm in (("exam1", 5.0), ("exam2", 7.0)):
        scan = with_ball(noisy_scan("axial", tumor=False), (6.0, -7.0, 12.0), radius_mm, brightness=200.0)
        truth = with_ball(empty_scan("axial", (50.0, 50.0, 50.0)), (6.0, -7.0, 12.0), radius_mm, brightness=1.0)
        write_image(sample / f"{name}_t2.nii.gz", scan)
        write_image(sample / f"{name}_truth.nii.gz", truth.with_array((4 * (truth.array > 0.5)).astype(np.uint8)))
    done = in_this_process("demo", "--out", tmp_path / "out", "--sample", sample, "--model", toy / "model.pt")
    assert done.code == 0, done.err
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"exam1", "exam2"}
    assert {path.name for path in (tmp_path / "out" / "exam2").iterdir()} == ALL_FILES
    overlaps = [line.split()[-2] for line in done.out.splitlines() if line.startswith("Overlap with the truth")]
    assert all(float(overlap) > 0.8 for overlap in overlaps)  # a ball of 5 mm on slices of 1.5 mm
    volumes = [line for line in done.out.splitlines() if line.startswith("Volume, whole tumor")]
    assert len(volumes) == 2
    assert f"{4 / 3 * np.pi * 0.5**3:.1f}" in volumes[0].rsplit(maxsplit=2)[1]  # the truth, 0.5 cm3


def test_models_import_takes_a_file_in_once_and_verify_finds_damage(
    toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert in_this_process("models", "import", toy / "model.pt").code == 0
    assert "toy-segmenter" in in_this_process("models", "list").out
    assert in_this_process("models", "verify", "toy-segmenter").code == 0
    assert in_this_process("models", "import", toy / "model.pt").code == 4
    (taken_in,) = tmp_path.rglob("toy-segmenter.pt")
    taken_in.write_bytes(taken_in.read_bytes()[:-1] + b"x")
    assert in_this_process("models", "verify", "toy-segmenter").code == 4
    assert in_this_process("models", "verify").code == 4
