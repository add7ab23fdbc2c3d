"""The real worker process with a model whose answer can be worked out by hand, and once with the embedded one."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from Testing.support.command import COMMAND, ROOT, environment
from Testing.support.toy_run import BALL_CM3, fill_toy_folder, noisy_scan
from Testing.support.worker_process import TIMEOUT_SECONDS, WorkerProcess, worker_process
from VSSegmentationLib.codec import from_plain
from VSSegmentationLib.evaluation import dice
from VSSegmentationLib.imageio import read_labelmap, read_volume, write_image
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS
from VSSegmentationLib.worker.protocol import PROTOCOL, SegmentResult

SAMPLE = ROOT / "VSSegmentationLib" / "models" / "sample"


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill_toy_folder(tmp_path_factory.mktemp("toy"))


@pytest.fixture(scope="module")
def worker():
    with worker_process() as running:
        yield running


def job(toy: Path, out: Path, **changes) -> dict:
    usual = {
        "do": "segment", "id": "1", "input": str(toy / "scan.nii.gz"), "output": str(out / "labelmap.nrrd"),
        "model": str(toy / "model.pt"), "device": "cpu",
    }  # fmt: skip
    return {**usual, **changes}


def test_the_first_line_tells_protocol_and_own_process_number(worker: WorkerProcess):
    assert worker.hello["hello"] == PROTOCOL
    assert worker.hello["pid"] == worker.process.pid


def test_a_job_leaves_the_labelmap_on_the_grid_of_the_scan_and_the_second_one_finds_the_model_warm(
    worker: WorkerProcess, toy: Path, tmp_path: Path
):
    results = []
    for number in ("7", "8"):
        worker.say(**job(toy, tmp_path, id=number))
        progress = worker.hear()
        assert progress["id"] == number
        assert progress["stage"] == "reading"
        answer = worker.answer()
        assert answer["id"] == number
        results.append(from_plain(SegmentResult, answer["result"], "result", complete=True))
    first, second = results
    labelmap = read_labelmap(Path(first.labelmap))
    assert labelmap.same_grid(read_volume(toy / "scan.nii.gz"))
    volume = next(m for m in first.measurements if m.id == "vol_total")
    assert volume.value == pytest.approx(BALL_CM3, rel=0.1)  # a voxel at the rim of a ball of 7 mm
    voxel_cm3 = abs(np.linalg.det(labelmap.dhw_to_ras[:3, :3])) / 1000
    assert volume.value == pytest.approx(np.count_nonzero(labelmap.array) * voxel_cm3)
    assert not first.warm
    assert second.warm
    assert first.measurements == second.measurements
    assert first.provenance["model"]["name"] == "toy-segmenter"
    assert [path.name for path in tmp_path.iterdir()] == ["labelmap.nrrd"]


def test_a_job_that_asks_for_maps_leaves_them_in_its_folder_and_tells_where(
    worker: WorkerProcess, toy: Path, tmp_path: Path
):
    maps = tmp_path / "maps"
    maps.mkdir()
    worker.say(**job(toy, tmp_path, maps=str(maps)))
    result = from_plain(SegmentResult, worker.answer()["result"], "result", complete=True)
    assert result.maps == {"probability": str(maps / "probability.nrrd")}
    assert result.no_attention == "The model 'toy-segmenter' has no attention maps."
    probability = read_volume(Path(result.maps["probability"]))
    assert probability.same_grid(read_volume(toy / "scan.nii.gz"))
    inside = read_labelmap(Path(result.labelmap)).array > 0
    assert probability.array[inside].mean() > 0.9 > 0.1 > probability.array[~inside].mean()


def test_a_changed_model_file_is_loaded_anew(worker: WorkerProcess, toy: Path, tmp_path: Path):
    copy = tmp_path / "copy.pt"
    copy.write_bytes((toy / "model.pt").read_bytes())
    for warm in (False, True):
        worker.say(**job(toy, tmp_path, model=str(copy)))
        assert worker.answer()["result"]["warm"] is warm
    copy.write_bytes((toy / "damaged.pt").read_bytes())
    worker.say(**job(toy, tmp_path, model=str(copy)))
    assert worker.answer()["exit_code"] == 4


def test_the_modality_that_the_parent_knows_is_compared_with_the_models(
    worker: WorkerProcess, toy: Path, tmp_path: Path
):
    worker.say(**job(toy, tmp_path, modality="ceT1"))
    assert any("trained on T2 scans and this one is ceT1" in each for each in worker.answer()["result"]["warnings"])


def test_a_path_with_letters_of_many_languages_works(worker: WorkerProcess, toy: Path, tmp_path: Path):
    folder = tmp_path / "Jürgen Čapek 脳"
    folder.mkdir()
    write_image(folder / "größe.nrrd", noisy_scan())
    worker.say(**job(toy, folder, input=str(folder / "größe.nrrd")))
    assert Path(worker.answer()["result"]["labelmap"]).is_file()


@pytest.mark.parametrize(
    ("changes", "exit_code", "sentence"),
    [
        ({"input": "nowhere.nii.gz"}, 2, "no such file"),
        ({"model": "nowhere.pt"}, 4, "no model file"),
        ({"device": "abacus"}, 2, "device"),
        ({"modality": "CT"}, 2, "modality must be one of"),
        ({"output": "labelmap.jpg"}, 2, "must end in"),
        ({"flavor": "sweet"}, 2, "unknown keys"),
        ({"flips": "yes"}, 2, "flips must be true or false, got text"),
    ],
)
def test_a_job_that_does_not_fit_is_answered_with_a_sentence_and_the_next_one_works(
    worker: WorkerProcess, toy: Path, tmp_path: Path, changes: dict, exit_code: int, sentence: str
):
    worker.say(**job(toy, tmp_path, **changes))
    answer = worker.answer()
    assert answer["exit_code"] == exit_code
    assert sentence in answer["error"]
    assert answer["id"] == "1"
    worker.say(do="ping", id="still there?")
    assert worker.answer() == {"pong": True, "id": "still there?"}


@pytest.mark.parametrize(
    "line",
    [b"hello\n", b"[1, 2]\n", b'{"do": "dance"}\n', b'{"do": ["segment"]}\n', b"\xff\xfe\n", b'{"do": "segment"}\n'],
)
def test_a_line_that_is_no_request_is_answered_with_code_2(worker: WorkerProcess, line: bytes):
    worker.say_raw(line)
    assert worker.answer()["exit_code"] == 2


def test_an_unexpected_failure_costs_the_job_alone_and_names_no_path(worker: WorkerProcess, toy: Path, tmp_path: Path):
    worker.say(**job(toy, tmp_path, output=str(tmp_path / "no such folder" / "labelmap.nrrd")))
    answer = worker.answer()
    assert answer["exit_code"] == 1
    assert "no such folder" not in answer["error"]
    worker.say(do="ping")
    assert worker.answer()["pong"] is True


def test_devices_are_told_with_the_cpu_first(worker: WorkerProcess):
    worker.say(do="devices", id="d")
    answer = worker.answer()
    assert answer["id"] == "d"
    assert answer["result"]["devices"][0] == {"name": "cpu", "text": "CPU", "free_bytes": None, "total_bytes": None}


def test_a_cancel_stops_the_job_writes_nothing_and_leaves_the_worker_warm(
    worker: WorkerProcess, toy: Path, tmp_path: Path
):
    worker.say(**job(toy, tmp_path))
    worker.say(do="cancel", id="1")
    answer = worker.answer()
    assert answer["exit_code"] == 130
    assert list(tmp_path.iterdir()) == []
    worker.say(**job(toy, tmp_path, id="2"))
    assert worker.answer()["id"] == "2"


def test_a_cancel_of_another_job_stops_nothing(worker: WorkerProcess, toy: Path, tmp_path: Path):
    worker.say(**job(toy, tmp_path))
    worker.say(do="cancel", id="an earlier one")
    assert "result" in worker.answer()


def test_a_second_job_is_refused_while_one_runs(worker: WorkerProcess, toy: Path, tmp_path: Path):
    worker.say(**job(toy, tmp_path))
    worker.say(**job(toy, tmp_path, id="2"))
    answers = {answer["id"]: answer for answer in (worker.answer(), worker.answer())}
    assert "busy" in answers["2"]["error"]
    assert "result" in answers["1"]


def test_a_ping_is_answered_while_a_job_runs(worker: WorkerProcess, toy: Path, tmp_path: Path):
    worker.say(**job(toy, tmp_path))
    worker.say(do="ping")
    assert worker.answer() == {"pong": True, "id": None}
    assert "result" in worker.answer()


def test_the_end_of_standard_input_ends_the_worker_also_in_the_midst_of_a_job(toy: Path, tmp_path: Path):
    with worker_process() as worker:
        worker.say(**job(toy, tmp_path))
        assert worker.end() in (0, 130)  # 130 where the job does not stop within the grace
    assert list(tmp_path.iterdir()) == []


def test_quit_ends_the_worker_and_what_libraries_print_never_reaches_standard_output(toy: Path, tmp_path: Path):
    noisy = (
        "import os, sys; import VSSegmentationLib.pipeline as p; run = p.run\n"
        "def loud(*a, **k):\n    print('python'); os.write(1, b'from C\\n'); return run(*a, **k)\n"
        "p.run = loud\n"
        "from VSSegmentationLib.__main__ import main; sys.exit(main(['worker']))"
    )
    requests = [job(toy, tmp_path), {"do": "quit"}]
    process = subprocess.Popen(
        [sys.executable, "-c", noisy], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=environment(),
    )  # fmt: skip
    process.stdin.write(json.dumps(requests[0]).encode() + b"\n")
    process.stdin.flush()
    heard = []
    while not {"result", "error"} & set(heard[-1] if heard else {}):
        heard.append(json.loads(process.stdout.readline()))
    out, err = process.communicate(json.dumps(requests[1]).encode() + b"\n", timeout=TIMEOUT_SECONDS)
    assert process.returncode == 0
    assert "result" in heard[-1]
    assert out == b""
    assert b"python" in err
    assert b"from C" in err


@pytest.mark.skipif(os.name == "nt", reason="a process of Windows keeps the number of a parent that is gone")
def test_the_death_of_the_parent_ends_the_worker_even_if_someone_else_holds_its_standard_input_open():
    parent = (
        "import subprocess, sys, time\n"
        f"p = subprocess.Popen({[*COMMAND, 'worker']!r}, stdin=0, stdout=1, stderr=2)\n"
        "time.sleep(600)"
    )
    reading, writing = os.pipe()
    with subprocess.Popen(
        [sys.executable, "-c", parent], stdin=reading, stdout=subprocess.PIPE, env=environment()
    ) as p:
        os.close(reading)
        assert "hello" in json.loads(p.stdout.readline())
        p.kill()
        assert p.stdout.read() == b""  # the end of the pipe: the worker, its last writer, is gone
    os.close(writing)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no polite kill")
def test_a_polite_kill_ends_the_worker_at_once_even_while_it_imports_torch():
    with worker_process() as worker:
        worker.process.send_signal(signal.SIGTERM)
        assert worker.process.wait(TIMEOUT_SECONDS) == -signal.SIGTERM


def test_the_embedded_model_segments_the_sample_through_the_worker(worker: WorkerProcess, tmp_path: Path):
    worker.say(
        do="segment", id="real", input=str(SAMPLE / "exam1_t2.nii.gz"), output=str(tmp_path / "labelmap.seg.nrrd"),
        device="cpu", modality="T2",
    )  # fmt: skip
    answer = worker.answer()
    result = from_plain(SegmentResult, answer["result"], "result", complete=True)
    truth = read_labelmap(SAMPLE / "exam1_truth.nii.gz")
    found = read_labelmap(Path(result.labelmap))
    assert (
        dice(VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(found.array), VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(truth.array))
        > 0.8
    )
    assert result.side in ("left", "right")


@pytest.mark.parametrize(
    ("module", "reason"),
    [
        (
            "raise OSError(126, 'Error loading \"/home/j doe/torch/lib/c10.dll\" or one of its dependencies.')",
            "<path>/c10.dll",
        ),
        ('raise ImportError("libcudnn.so.9: cannot open shared object file")', "libcudnn.so.9"),
    ],
)
def test_a_pytorch_that_cannot_be_loaded_is_told_without_paths_and_the_process_ends(
    tmp_path: Path, module: str, reason: str
):
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text(module)
    with worker_process(python_path=tmp_path) as running:
        running.say(do="segment", id="1", input="scan.nii", output="labelmap.nrrd")
        answer = running.answer()
        assert (answer["id"], answer["exit_code"]) == ("1", 6)
        assert answer["error"].startswith("PyTorch could not be loaded: ")
        assert reason in answer["error"]
        assert "doe" not in answer["error"]
        assert running.process.wait(TIMEOUT_SECONDS) == 0
