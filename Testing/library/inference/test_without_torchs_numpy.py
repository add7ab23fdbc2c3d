"""The library segments where torch can't talk to numpy by itself, as in Slicer on a Mac; any torch is made so here."""

import numpy as np
import pytest
import torch

from Testing.support.lying_scans import CENTER_RAS_MM, empty_scan, with_ball
from Testing.support.toy_models import half_way, toy_segmenter
from VSSegmentationLib.inference import Models, load_model, save_model, segment


@pytest.fixture
def scan():
    return with_ball(empty_scan("oblique", (45.0, 45.0, 45.0)), CENTER_RAS_MM, 8.0, 100.0)


def found(scan, path):
    models = Models(segmenter=load_model(path))
    return segment(scan, models, device="cpu", flips=True).labelmap.array


def test_a_segmentation_is_the_same_without_any_conversion_of_torchs_own(scan, tmp_path, monkeypatch):
    save_model(tmp_path / "toy.pt", toy_segmenter(half_way(scan, 100.0)))
    expected = found(scan, tmp_path / "toy.pt")

    def not_available(*_arguments, **_named):
        msg = "Numpy is not available"
        raise RuntimeError(msg)

    for name in ("numpy", "__array__"):
        monkeypatch.setattr(torch.Tensor, name, not_available)
    for name in ("from_numpy", "as_tensor", "asarray"):
        monkeypatch.setattr(torch, name, not_available)
    with pytest.raises(RuntimeError, match="not available"):
        np.asarray(torch.zeros(1))
    assert np.array_equal(found(scan, tmp_path / "toy.pt"), expected)
    assert expected.any()
