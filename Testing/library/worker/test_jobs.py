"""What a worker can do, asked without a process of its own."""

from collections.abc import Iterator

import pytest
import torch

from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.worker import jobs
from VSSegmentationLib.worker.jobs import Jobs
from VSSegmentationLib.worker.protocol import Request, SegmentJob


@pytest.fixture(autouse=True)
def threads_as_before() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(("cores", "most"), [(1, 1), (2, 2), (8, 7)])
def test_of_more_than_two_cores_one_stays_free(monkeypatch: pytest.MonkeyPatch, cores: int, most: int):
    torch.set_num_threads(cores)
    assert threads_of_a_job(monkeypatch, cores) == most


def test_fewer_threads_that_a_user_asked_for_stay_so(monkeypatch: pytest.MonkeyPatch):
    torch.set_num_threads(1)
    assert threads_of_a_job(monkeypatch, cores=8) == 1


def threads_of_a_job(monkeypatch: pytest.MonkeyPatch, cores: int) -> int:
    """How many it may take at most; its scan is missing, so it ends there."""
    asked = []
    monkeypatch.setattr(jobs.os, "cpu_count", lambda: cores)
    monkeypatch.setattr(jobs, "set_threads_that_help", asked.append)
    request = Request("segment", "1", SegmentJob(id="1", input="missing.nii.gz", output="out.nrrd"))
    with pytest.raises(UsageError):
        Jobs().do(request, lambda _fraction, _stage: None, lambda: False)
    return asked[0]


def test_each_gpu_is_a_device_with_its_memory(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda number: f"Card {number}")
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda number: (1000 + number, 8000))
    answer = Jobs().do(Request("devices", "1"), lambda _fraction, _stage: None, lambda: False)
    names = [(each["name"], each["text"], each["free_bytes"], each["total_bytes"]) for each in answer["devices"]]
    assert names[:3] == [("cpu", "CPU", None, None), ("cuda:0", "Card 0", 1000, 8000), ("cuda:1", "Card 1", 1001, 8000)]
