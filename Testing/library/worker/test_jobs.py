"""What a worker can do, asked without a process of its own."""

import os
from collections.abc import Iterator

import pytest
import torch

from VSSegmentationLib.worker.jobs import Jobs
from VSSegmentationLib.worker.protocol import Request


@pytest.fixture(autouse=True)
def threads_as_before() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def test_one_core_stays_free():
    torch.set_num_threads(os.cpu_count() or 1)
    Jobs()
    assert torch.get_num_threads() == max(1, (os.cpu_count() or 1) - 1)


def test_fewer_threads_that_a_user_asked_for_stay_so():
    torch.set_num_threads(1)
    Jobs()
    assert torch.get_num_threads() == 1


def test_each_gpu_is_a_device_with_its_memory(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda number: f"Card {number}")
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda number: (1000 + number, 8000))
    answer = Jobs().do(Request("devices", "1"), lambda _fraction, _stage: None, lambda: False)
    names = [(each["name"], each["text"], each["free_bytes"], each["total_bytes"]) for each in answer["devices"]]
    assert names[:3] == [("cpu", "CPU", None, None), ("cuda:0", "Card 0", 1000, 8000), ("cuda:1", "Card 1", 1001, 8000)]
