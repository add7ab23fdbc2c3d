"""Models of nnU-Net v2 whose outputs are nested regions, as those of BraTS: taken in, run, or refused in a sentence."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch

from Testing.support.nnunet_models import CONFIGS, checkpoint_of, regions_of, write_model
from VSSegmentationLib.errors import ModelError
from VSSegmentationLib.inference import import_models, load_model
from VSSegmentationLib.inference.nnunet import predict_labels, predict_probabilities, read_model_folder
from VSSegmentationLib.tasks.glioma import GLIOMA

CPU = torch.device("cpu")
REGIONAL = replace(CONFIGS["plain"], in_channels=4)


def _outputs_of(folder, biases):
    """Write a model of the BraTS regions whose outputs are constant."""
    (network,) = write_model(folder, REGIONAL, mirror=None, dataset=regions_of(REGIONAL))
    with torch.no_grad():
        head = network.decoder.seg_layers[-1]
        head.weight.zero_()
        head.bias.copy_(torch.tensor(biases))
    torch.save(checkpoint_of(network, None), folder / "fold_0" / "checkpoint_final.pth")


def test_regions_come_as_what_lies_in_each_and_in_none_inside_it(tmp_path):
    """Logits of 2, 1 and -1 are 0.881 whole, 0.731 core, 0.269 enhancing: differences by hand."""
    _outputs_of(tmp_path / "model", [2.0, 1.0, -1.0])
    (entry,) = import_models(tmp_path / "model", tmp_path / "models", task=GLIOMA)
    assert entry.card.inputs == {"t1": "T1", "t1ce": "ceT1", "t2": "T2", "flair": "FLAIR"}
    bundle = load_model(entry.path)
    assert (bundle.nested, bundle.nnunet.nested, bundle.labels) == (True, True, (0, 2, 1, 3))
    images = np.random.default_rng(0).normal(50, 9, (4, 12, 30, 30)).astype(np.float32)
    with torch.inference_mode():
        found = predict_labels(images, (1.5, 0.6, 0.6), bundle.network, bundle.nnunet, bundle.labels, device=CPU)
    expected = np.array([0.1192, 0.1497, 0.4622, 0.2689])[:, None, None, None]
    np.testing.assert_allclose(found, np.broadcast_to(expected, found.shape), atol=2e-3)


def test_a_region_likelier_than_the_one_round_it_takes_that_along(tmp_path):
    """nnU-Net writes the inner one over all else; a glioma without edema is one of core all the same."""
    _outputs_of(tmp_path / "model", [-1.0, 2.0, -1.0])
    model = read_model_folder(tmp_path / "model", GLIOMA.label_set)
    images = np.random.default_rng(0).normal(50, 9, (4, 12, 30, 30)).astype(np.float32)
    with torch.inference_mode():
        found = predict_probabilities(images, (1.5, 0.6, 0.6), model.ensemble, model.plans, device=CPU)
    np.testing.assert_allclose(found[:, 6, 15, 15], [0.1192, 0.0, 0.6119, 0.2689], atol=2e-3)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"regions_class_order": None}, "no regions_class_order with a number for each"),
        ({"regions_class_order": [1, 2]}, "no regions_class_order with a number for each"),
        ({"regions_class_order": [1, 1, 3]}, "has a number twice"),
        (
            {"labels": {"background": 0, "tumor core": [2, 3], "whole tumor": [1, 2, 3], "et": 3}},
            "inside the one before",
        ),
        ({"labels": {"background": 0, "left": [1, 2], "right": [3, 4], "et": 3}}, "inside the one before it"),
        ({"labels": {"background": 0, "whole tumor": [1, 2, "x"], "core": [2], "et": 3}}, "whole numbers or lists"),
        ({"labels": {"background": 0, "whole tumor": [1, 2, 3], "swelling": [2, 3], "et": 3}}, "label 2 'swelling'"),
        ({"labels": {"background": 0, "tumor core": [1, 2, 3], "whole tumor": [2, 3], "et": 3}}, "got necrosis, edema"),
    ],
)
def test_regions_that_cannot_be_run_are_refused_in_a_sentence(changes, said, tmp_path):
    write_model(tmp_path / "model", REGIONAL, dataset={**regions_of(REGIONAL), **changes})
    with pytest.raises(ModelError, match=re.escape(said)):
        import_models(tmp_path / "model", tmp_path / "models", task=GLIOMA)
    assert not list((tmp_path / "models").glob("*"))


def test_what_regions_are_can_be_said(tmp_path):
    labels = {"background": 0, "all": [1, 2, 3], "inner": [2, 3], "innermost": 3}
    write_model(tmp_path / "model", REGIONAL, dataset=regions_of(REGIONAL, labels))
    (entry,) = import_models(
        tmp_path / "model", tmp_path / "models", task=GLIOMA, labels="1=edema,2=necrosis,3=enhancing"
    )
    assert load_model(entry.path).labels == (0, 2, 1, 3)
