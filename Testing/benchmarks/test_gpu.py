"""What the script for GPUs decides, without one."""

import numpy as np
import pytest
import torch

from benchmarks import gpu
from benchmarks.gpu import Answer, compared, out_of_memory, precisions_of
from VSSegmentationLib.errors import DeviceMemoryError
from VSSegmentationLib.inference import WarmModels


def answer(voxels, headline_mm):
    labelmap = np.zeros((4, 10, 10), np.uint8)
    labelmap[1:3, 2:8, 2 : 2 + voxels] = 1
    return Answer(labelmap, headline_mm, 1.0)


@pytest.mark.parametrize(
    ("voxels", "headline_mm", "passes"), [(6, 10.0, True), (6, 10.2, False), (5, 10.0, False), (0, 10.0, False)]
)
def test_an_answer_has_to_have_the_mask_and_the_headline_of_the_cpu(voxels, headline_mm, passes):
    check = compared("x", answer(voxels, headline_mm), answer(6, 10.0), 0.5, 0.999)
    assert check.passed is passes
    assert "0.50 s" in check.line


def test_every_device_is_tried_in_float32_and_in_half_as_wide_numbers_that_it_has():
    assert precisions_of(torch.device("cpu")) == ("float32", "bfloat16")
    assert precisions_of(torch.device("mps")) == ("float32", "float16")
    assert set(precisions_of(torch.device("cuda"))) == {"float32", "float16", "bfloat16"}


@pytest.mark.parametrize(
    ("said", "passes"), [("the memory ran out; use the CPU: --device cpu", True), ("the memory ran out", False)]
)
def test_memory_that_runs_out_has_to_be_told_with_a_way_out(monkeypatch: pytest.MonkeyPatch, said: str, passes: bool):
    limits = []
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)
    monkeypatch.setattr(torch.cuda, "set_per_process_memory_fraction", lambda share, _device: limits.append(share))

    def segmented(_scan, device, _precision, _models):
        if device == "cuda" and limits[-1] < 1:
            raise DeviceMemoryError(said)
        return answer(6, 10.0)

    monkeypatch.setattr(gpu, "segmented", segmented)
    assert out_of_memory(torch.device("cuda"), WarmModels()).passed is passes
    assert limits == [1e-5, 1]
    assert "left out" in out_of_memory(torch.device("cpu"), WarmModels()).line
