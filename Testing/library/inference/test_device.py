import pytest
import torch

from VSSegmentationLib.errors import DeviceMemoryError, UsageError
from VSSegmentationLib.inference.device import memory_guard, resolve_device


def with_gpus(monkeypatch, *, cuda=0, mps=False):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)


@pytest.mark.parametrize(
    ("asked", "cuda", "mps", "expected"),
    [
        ("auto", 0, False, "cpu"),
        ("auto", 0, True, "cpu"),
        ("auto", 2, False, "cuda"),
        ("cpu", 2, True, "cpu"),
        ("cuda", 1, False, "cuda"),
        ("cuda:1", 2, False, "cuda:1"),
        ("mps", 0, True, "mps"),
    ],
)
def test_device_asked_for_is_taken_where_it_is_there(monkeypatch, asked, cuda, mps, expected):
    with_gpus(monkeypatch, cuda=cuda, mps=mps)
    assert str(resolve_device(asked)) == expected


@pytest.mark.parametrize(("asked", "cuda"), [("cuda", 0), ("cuda:0", 0), ("cuda:2", 2), ("mps", 1)])
def test_missing_device_is_a_usage_error_that_names_the_cpu(monkeypatch, asked, cuda):
    with_gpus(monkeypatch, cuda=cuda)
    with pytest.raises(UsageError, match="--device cpu"):
        resolve_device(asked)


@pytest.mark.parametrize("asked", ["", "gpu", "cuda:", "cuda:x", "cuda:-1", "cpu:0", "mps:1", "CPU"])
def test_unknown_name_of_a_device_is_a_usage_error(monkeypatch, asked):
    with_gpus(monkeypatch)
    with pytest.raises(UsageError):
        resolve_device(asked)


@pytest.mark.parametrize(
    "error",
    [
        torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        RuntimeError("MPS backend out of memory (MPS allocated: 17.00 GB)"),
    ],
)
@pytest.mark.parametrize("device", ["cuda:0", "mps"])
def test_full_gpu_gives_the_choice_of_the_cpu(error, device):
    with pytest.raises(DeviceMemoryError, match="--device cpu"), memory_guard(torch.device(device)):
        raise error


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: 9 bytes")]
)
def test_full_computer_is_told_without_sending_to_the_cpu_again(error):
    with pytest.raises(DeviceMemoryError, match="memory of this computer") as caught, memory_guard(torch.device("cpu")):
        raise error
    assert "--device" not in str(caught.value)


@pytest.mark.parametrize("error", [RuntimeError("shapes differ"), DeviceMemoryError("as it was"), ValueError("mine")])
def test_other_errors_pass_the_guard_unchanged(error):
    with pytest.raises(type(error)) as caught, memory_guard(torch.device("cuda")):
        raise error
    assert caught.value is error
