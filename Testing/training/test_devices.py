import pytest
import torch

from Training import devices
from Training.devices import warning_of_slow_precision

CPU = torch.device("cpu")


@pytest.mark.parametrize("precision", ["bf16-mixed", "16-mixed"])
def test_a_cpu_that_emulates_a_precision_is_told_of_with_what_would_do(monkeypatch, precision):
    monkeypatch.setattr(devices, "_computed_by_cpu", lambda _kind: False)
    said = warning_of_slow_precision(CPU, precision)
    assert said is not None
    assert precision in said
    assert "--set run.precision=32-true" in said


def test_nothing_is_said_where_nothing_is_emulated(monkeypatch):
    monkeypatch.setattr(devices, "_computed_by_cpu", lambda _kind: False)
    assert warning_of_slow_precision(CPU, "32-true") is None
    assert warning_of_slow_precision(torch.device("cuda"), "bf16-mixed") is None
    monkeypatch.setattr(devices, "_computed_by_cpu", lambda _kind: True)
    assert warning_of_slow_precision(CPU, "bf16-mixed") is None


def test_what_a_cpu_computes_itself_is_read_from_torch():
    flags = torch.ops.mkldnn._is_mkldnn_bf16_supported(), torch.ops.mkldnn._is_mkldnn_fp16_supported()
    assert (devices._computed_by_cpu("bf16"), devices._computed_by_cpu("16")) == flags
