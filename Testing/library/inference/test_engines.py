"""The engine that is chosen computes what torch does; what it needs is kept, checked, and made anew."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from Testing.support.command import environment
from Testing.support.toy_models import toy_locator, toy_refiner, toy_segmenter
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.inference import Refiner, engines
from VSSegmentationLib.inference.engines import Compute, ComputedBy, checked, computed_by, ready_to_run
from VSSegmentationLib.volume import Volume

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


@pytest.mark.parametrize(("difference", "precision"), [(0.004, "bfloat16"), (0.006, "float32")])
def test_half_as_wide_numbers_are_taken_only_where_they_say_the_same(monkeypatch, caplog, difference, precision):
    asked = []

    def measured(*_arguments):
        asked.append(difference)
        return difference

    monkeypatch.setattr(engines, "difference_when_halved", measured)
    bundle = toy_refiner()
    half = ComputedBy("torch", "bfloat16")
    assert checked(bundle, CPU, half) == checked(bundle, CPU, half) == ComputedBy("torch", precision)
    assert len(asked) == 1
    assert ("answers otherwise than float32" in caplog.text) == (precision == "float32")


def test_a_refiner_is_compared_with_float32_before_it_answers(monkeypatch):
    scan = Volume(np.random.default_rng(0).normal(0, 1, (24, 40, 40)).astype(np.float32), np.eye(4))
    half = Compute("bfloat16", "torch")
    assert Refiner(scan, toy_refiner(), device="cpu", compute=half).by.precision == "bfloat16"
    monkeypatch.setattr(engines, "difference_when_halved", lambda *_arguments: 1.0)
    assert Refiner(scan, toy_refiner(), device="cpu", compute=half).by.precision == "float32"
