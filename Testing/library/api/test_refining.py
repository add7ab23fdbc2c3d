"""Correcting a result through the door."""

from functools import partial

import numpy as np
import pytest

import VSSegmentationLib as vs
from Testing.support.toy_models import half_way, toy_refiner, toy_segmenter
from Testing.support.toy_run import noisy_scan
from VSSegmentationLib.errors import ModelError, UsageError
from VSSegmentationLib.inference import save_model
from VSSegmentationLib.models import default_refiner


def test_a_result_is_corrected_and_stays_as_it_was(tmp_path, monkeypatch):
    scan = noisy_scan()
    save_model(tmp_path / "toy.pt", toy_segmenter(half_way(scan, 200.0)))
    save_model(tmp_path / "refiner.pt", toy_refiner())
    segmenter = vs.Segmenter(model=tmp_path / "toy.pt", divider="none", device="cpu")
    result = segmenter(scan, case="case 7")
    before = result.labelmap.array.copy()
    outside = np.argwhere(before).mean(axis=0) + np.array([0, 0, 30])  # beside the ball, in the dark
    place = tuple((scan.dhw_to_ras[:3, :3] @ outside + scan.dhw_to_ras[:3, 3]).tolist())
    refined = segmenter.refine(result, add=[place], refiner=tmp_path / "refiner.pt")
    assert (refined.labelmap.array != before).sum() == 1  # the network sees no tumor there: the voxel, and no more
    np.testing.assert_array_equal(result.labelmap.array, before)
    assert refined.provenance.corrections.sentence.startswith("Corrected with 1 interaction (1 to add")
    assert result.provenance.corrections is None
    assert refined.content.case == "case 7"
    assert refined.content.automatic_labelmap is not None
    again = segmenter.refine(refined, remove=[[place, place]], refiner=tmp_path / "refiner.pt")
    np.testing.assert_array_equal(again.labelmap.array > 0, before > 0)
    none = partial(default_refiner, folder=tmp_path / "nothing embedded")
    monkeypatch.setattr("VSSegmentationLib.pipeline.refining.default_refiner", none)
    with pytest.raises(ModelError, match="none is installed"):
        segmenter.refine(result, add=[place])
    with pytest.raises(UsageError, match="a click is three numbers"):
        segmenter.refine(result, add=["here"], refiner=tmp_path / "refiner.pt")


def test_a_mask_without_its_scan_cannot_be_corrected(measured):
    with pytest.raises(UsageError, match="this result has none"):
        vs.Segmenter(device="cpu").refine(measured[0], add=[(0.0, 0.0, 0.0)])
