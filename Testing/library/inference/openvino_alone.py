"""OpenVINO computes what torch does; what it needs is kept, checked, and made anew: run by `test_engines`, alone."""

from pathlib import Path

import numpy as np
import pytest
import torch

from Testing.support.toy_models import toy_segmenter
from VSSegmentationLib.inference import engines, load_model, save_model
from VSSegmentationLib.inference.engines import ComputedBy, ready_to_run
from VSSegmentationLib.inference.openvino_engine import OpenVinoNetwork
from VSSegmentationLib.inference.settings import SegmenterSettings
from VSSegmentationLib.models import default_model, find_model
from VSSegmentationLib.tensors import tensor_of

CPU = torch.device("cpu")
OPENVINO = ComputedBy("openvino", "float32")


@pytest.fixture
def kept_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(engines, "user_model_folder", lambda: tmp_path / "models")
    return tmp_path / "openvino"


def windows_of(bundle) -> torch.Tensor:
    size = bundle.settings_as(SegmenterSettings).window.size_dhw
    return tensor_of(np.random.default_rng(1).normal(size=(1, 1, *size)).astype(np.float32))


def test_the_embedded_model_says_the_same_by_openvino(kept_in: Path):
    bundle = load_model(find_model(default_model()), "cpu")
    ready = ready_to_run(bundle, CPU, OPENVINO)
    image = windows_of(bundle)
    with torch.inference_mode():
        expected, found = (each.network(image).logits for each in (bundle, ready))
    assert isinstance(ready.network, OpenVinoNetwork)
    assert (found - expected).abs().max() < 1e-3 * expected.abs().max()  # sums in another order
    assert (found.argmax(1) == expected.argmax(1)).float().mean() > 0.9999
    assert len(list(kept_in.iterdir())) == 1


def test_no_process_holds_itself_to_the_first_cores_where_another_one_would_sit_too(kept_in: Path):
    network = ready_to_run(load_model(find_model(default_model()), "cpu"), CPU, OPENVINO).network
    compiled = network._request.get_compiled_model()
    assert compiled.get_property("ENABLE_CPU_PINNING") is False


def test_other_sizes_than_the_window_go_through_torch(kept_in: Path):
    bundle = load_model(find_model(default_model()), "cpu")
    image = torch.zeros(1, 1, 8, 32, 32)
    with torch.inference_mode():
        assert torch.equal(ready_to_run(bundle, CPU, OPENVINO).network(image).logits, bundle.network(image).logits)


def test_a_translation_that_was_changed_on_disk_is_made_anew(kept_in: Path, tmp_path: Path):
    save_model(tmp_path / "toy.pt", toy_segmenter(threshold=1.0))
    image = windows_of(toy_segmenter())
    load = lambda: load_model(tmp_path / "toy.pt", "cpu")  # noqa: E731 - a new bundle each time
    first = ready_to_run(load(), CPU, OPENVINO).network(image).logits
    weights = next(kept_in.glob("*/network.bin"))
    weights.write_bytes(bytes(len(weights.read_bytes())))
    assert torch.equal(ready_to_run(load(), CPU, OPENVINO).network(image).logits, first)
    assert any(weights.read_bytes())


def test_a_folder_that_cannot_be_written_is_no_fault(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setattr(engines, "user_model_folder", lambda: tmp_path / "file" / "models")
    save_model(tmp_path / "toy.pt", toy_segmenter())
    bundle = load_model(tmp_path / "toy.pt", "cpu")
    assert isinstance(ready_to_run(bundle, CPU, OPENVINO).network, OpenVinoNetwork)
