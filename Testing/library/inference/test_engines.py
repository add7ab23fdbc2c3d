"""The engine that is chosen computes what torch does; what it needs is kept, checked, and made anew."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from Testing.support.command import environment
from Testing.support.toy_models import toy_locator, toy_segmenter
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.inference import engines
from VSSegmentationLib.inference.engines import Compute, ComputedBy, computed_by, ready_to_run

CPU = torch.device("cpu")
OPENVINO = ComputedBy("openvino", "float32")


def test_a_model_is_made_ready_once_for_each_way():
    bundle = toy_segmenter()
    half = ComputedBy("torch", "bfloat16")
    assert ready_to_run(bundle, CPU, half) is ready_to_run(bundle, CPU, half)
    assert ready_to_run(bundle, CPU, ComputedBy("torch", "float32")) is bundle


def test_a_locator_stays_in_float32():
    bundle = toy_locator()
    assert ready_to_run(bundle, CPU, ComputedBy("torch", "bfloat16")) is bundle


def test_without_openvino_torch_is_taken_and_asking_for_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(engines, "has_openvino", lambda: False)
    assert computed_by(Compute("float32", more_follow=True), CPU) == ComputedBy("torch", "float32")
    with pytest.raises(UsageError, match="not installed here; pip install"):
        computed_by(Compute(engine="openvino"), CPU)


def test_a_single_scan_gains_less_than_openvino_takes_to_begin(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(engines, "has_openvino", lambda: True)
    assert computed_by(Compute("float32"), CPU).engine == "torch"


def test_openvino_is_for_the_cpu_only(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(engines, "has_openvino", lambda: True)
    assert computed_by(Compute("float32", more_follow=True), CPU).engine == "openvino"
    assert computed_by(Compute("float32", more_follow=True), torch.device("cuda")).engine == "torch"
    with pytest.raises(UsageError, match="runs on the CPU"):
        computed_by(Compute(engine="openvino"), torch.device("cuda"))
    with pytest.raises(UsageError, match="must be auto, torch, openvino"):
        computed_by(Compute(engine="tensorrt"), CPU)


def test_what_openvino_computes_in_a_process_of_its_own():
    """OpenVINO's threads end a process that forks later, as tests of training do in this one."""
    file = Path(__file__).with_name("openvino_alone.py")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", str(file)],
        env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "5 passed" in done.stdout
