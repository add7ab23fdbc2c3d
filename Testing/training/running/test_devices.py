import platform
from dataclasses import replace

import pytest
import torch

from Training.__main__ import main
from Training.experiments import doing
from Training.running import devices
from Training.running.devices import leaving_together, warning_of_slow_precision
from VSSegmentationLib.errors import UsageError

CPU = torch.device("cpu")


@pytest.mark.parametrize("precision", ["bf16-mixed", "16-mixed"])
def test_a_cpu_that_emulates_a_precision_is_told_of_with_what_would_do(monkeypatch, precision):
    monkeypatch.setattr(devices, "_computed_by_cpu", lambda _kind: False)
    said = warning_of_slow_precision(CPU, precision)
    assert said is not None
    assert precision in said
    assert "--set run.precision=32-true" in said
    assert "--precision 32-true" in said


def test_an_experiment_warns_of_it_too_and_trains_in_the_precision_asked_for(monkeypatch, tmp_path, caplog):
    made = {}
    monkeypatch.setattr(devices, "_computed_by_cpu", lambda _kind: False)
    monkeypatch.setattr(
        doing, "run_study", lambda _study, _places, asked, **_options: bool(made.update(options=asked)) or True
    )
    study = replace(
        doing.STUDIES["figure4"],
        make=lambda *_args, **_options: tmp_path / "benchmark.npz",
        arms=(),
        write_page=lambda *_args: tmp_path / "figure4.md",
    )
    monkeypatch.setitem(doing.STUDIES, "figure4", study)
    command = ["experiment", "figure4", "--heads", "a.nii.gz", "--out", str(tmp_path)]
    assert main([*command, "--precision", "32-true"]) == 0
    assert made["options"].precision == "32-true"
    assert "emulates" not in caplog.text
    assert main(command) == 0
    assert made["options"].precision == "bf16-mixed"
    assert "emulates" in caplog.text


def test_nothing_is_said_where_nothing_is_emulated(monkeypatch):
    monkeypatch.setattr(devices, "_computed_by_cpu", lambda _kind: False)
    assert warning_of_slow_precision(CPU, "32-true") is None
    assert warning_of_slow_precision(torch.device("cuda"), "bf16-mixed") is None
    monkeypatch.setattr(devices, "_computed_by_cpu", lambda _kind: True)
    assert warning_of_slow_precision(CPU, "bf16-mixed") is None


@pytest.mark.skipif(
    platform.machine() not in ("x86_64", "AMD64") or torch.backends.cpu.get_cpu_capability() not in ("DEFAULT", "AVX2"),
    reason="this CPU has more than AVX2, so it may compute half precision itself",
)
def test_a_cpu_with_avx2_alone_is_warned_of():
    assert warning_of_slow_precision(CPU, "bf16-mixed") is not None
    assert warning_of_slow_precision(CPU, "16-mixed") is not None


def test_processes_that_trained_together_leave_no_group_behind_whatever_happened():
    """A process that exits with its group is aborted now and then, and a training that came to its end has failed."""

    def join() -> None:
        torch.distributed.init_process_group("gloo", store=torch.distributed.HashStore(), rank=0, world_size=1)
        assert torch.distributed.is_initialized()

    @leaving_together()
    def fail() -> None:
        join()
        raise UsageError

    with leaving_together():
        join()
    assert not torch.distributed.is_initialized()
    with pytest.raises(UsageError):
        fail()
    assert not torch.distributed.is_initialized()
    with leaving_together():
        pass  # most trainings have one process, and no group
