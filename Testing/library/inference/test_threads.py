"""Further threads are used while they help, and set aside while something else holds the cores."""

import pytest
import torch

from VSSegmentationLib.inference import set_threads_that_help, threads


@pytest.fixture(autouse=True)
def threads_as_before():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(("of_four", "expected"), [(0.3, 4), (0.9, 1), (3.0, 1)])
def test_all_are_used_if_they_are_clearly_faster_than_one(monkeypatch, of_four: float, expected: int):
    monkeypatch.setattr(threads, "_seconds_with", lambda count: of_four if count == 4 else 1.0)
    assert set_threads_that_help(4) == expected == torch.get_num_threads()


def test_one_is_not_compared_with_itself(monkeypatch):
    monkeypatch.setattr(threads, "_seconds_with", lambda count: pytest.fail("nothing to compare"))
    assert set_threads_that_help(1) == 1 == torch.get_num_threads()
