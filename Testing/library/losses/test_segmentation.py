import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from VSSegmentationLib.codec import from_plain, to_plain
from VSSegmentationLib.errors import ConfigError, UsageError
from VSSegmentationLib.losses import (
    BoundaryDistanceLoss,
    LossConfig,
    SegmentationLoss,
    boundary_distance_map,
    hardness_weighted_dice_loss,
    supervised_attention_loss,
)
from VSSegmentationLib.networks import SPVPA, build_network
from VSSegmentationLib.tensors import array_of, tensor_of

LABELS = torch.zeros(2, 6, 20, 20, dtype=torch.int64)
LABELS[0, 1:4, 4:12, 4:12] = 1
LABELS[0, 1:4, 4:8, 4:12] = 2
FULL = LossConfig(
    dice_weight=0.25,
    cross_entropy_weight=0.5,
    class_weights=(0.5, 1.0, 2.0),
    attention_weight=2.0,
    attention_target="average",
    attention_loss="hardness",
    batch_dice=True,
)


def _output(seed=0):
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(2, 3, 6, 20, 20, generator=generator)
    maps = [torch.rand(2, 1, *size, generator=generator) for size in ((3, 5, 5), (6, 10, 10), (6, 20, 20))]
    return logits, maps


def test_total_is_the_weighted_sum_of_terms_that_are_each_what_they_say():
    logits, maps = _output()
    terms = SegmentationLoss(FULL)((logits, maps), LABELS)
    dice = hardness_weighted_dice_loss(logits, LABELS, hardness=0.6, batch_dice=True)
    attention = supervised_attention_loss(maps, LABELS, pooling="average", hardness=0.6, batch_dice=True)
    chosen = logits.log_softmax(1).gather(1, LABELS.unsqueeze(1)).squeeze(1)
    weight = torch.tensor(FULL.class_weights)[LABELS]
    entropy = -(weight * chosen).sum() / weight.sum()
    none = torch.zeros(())
    expected = [0.25 * dice + 0.5 * entropy + 2 * attention, dice, entropy, attention, none, none]
    assert [term.item() for term in terms] == pytest.approx([term.item() for term in expected], rel=1e-5)


def test_defaults_are_those_of_vs_seg():
    logits, maps = _output()
    terms = SegmentationLoss(LossConfig())((logits, maps), LABELS)
    dice = hardness_weighted_dice_loss(logits, LABELS, hardness=0.6)
    attention = supervised_attention_loss(maps, LABELS, pooling="max")
    assert terms.cross_entropy == 0
    assert terms.total.item() == pytest.approx((dice + attention).item())


def test_term_that_is_switched_off_needs_no_maps_and_costs_nothing():
    logits, _ = _output()
    terms = SegmentationLoss(LossConfig(attention_weight=0.0))((logits, []), LABELS)
    assert terms.attention == 0
    assert torch.equal(terms.total, terms.dice)


def _trained_terms(labels):
    network = build_network(replace(SPVPA, channels=(4, 6, 8, 10, 12), out_channels=3))
    optimizer = torch.optim.Adam(network.parameters(), 1e-2)
    loss = SegmentationLoss(FULL)
    image = torch.randn(2, 1, 6, 20, 20) + 3 * (labels > 0).unsqueeze(1)  # padded by the network to 8 x 32 x 32
    history = []
    for _ in range(8):
        optimizer.zero_grad()
        history.append(loss(network(image), labels))
        history[-1].total.backward()
        assert all(parameter.grad.isfinite().all() for parameter in network.parameters())
        optimizer.step()
    return history


def test_every_term_falls_in_training_whatever_the_input_size():
    history = _trained_terms(LABELS)
    assert all(last < first for first, last in zip(history[0][:4], history[-1][:4], strict=True))


PARTS = torch.zeros(2, 6, 20, 20, dtype=torch.int64)
PARTS[:, 1:5, 4:12, 2:10], PARTS[:, 2:4, 6:10, 10:18] = 1, 2
WITH_BOUNDARY = LossConfig(
    hardness=0.0, cross_entropy_weight=1.0, attention_weight=0.0, boundary_weight=0.5, boundary_tau_mm=2.0
)


def distances(labels):
    return torch.stack([tensor_of(boundary_distance_map(array_of(each).astype(np.uint8), (1.5, 0.5, 0.5)))
                        for each in labels])  # fmt: skip


def test_the_boundary_is_added_with_its_weight_which_rises_over_the_first_tenth_of_the_training():
    logits = torch.randn(2, 3, 6, 20, 20)
    loss = SegmentationLoss(WITH_BOUNDARY)
    alone = BoundaryDistanceLoss(tau_mm=2.0)(logits, distances(PARTS))
    for progress, gamma in ((0.0, 0.0), (0.05, 0.25), (0.1, 0.5), (1.0, 0.5)):
        terms = loss((logits, []), PARTS, distances(PARTS), progress=progress)
        assert terms.boundary.item() == pytest.approx(alone.loss.item())
        assert terms.boundary_counted == 2
        expected = terms.dice + terms.cross_entropy + gamma * alone.loss
        assert terms.total.item() == pytest.approx(expected.item(), rel=1e-5)
    with pytest.raises(UsageError, match="needs the distance map"):
        loss((logits, []), PARTS)


def test_coarser_stages_count_half_as_much_each_and_the_boundary_at_full_resolution_only():
    logits, coarse = torch.randn(2, 3, 6, 20, 20), torch.randn(2, 3, 6, 10, 10)
    both = SegmentationLoss(WITH_BOUNDARY)((logits, [], [coarse]), PARTS, distances(PARTS))
    fine = SegmentationLoss(WITH_BOUNDARY)((logits, []), PARTS, distances(PARTS))
    config = replace(WITH_BOUNDARY, boundary_weight=0.0)
    alone = SegmentationLoss(config)((coarse, []), PARTS[:, :, ::2, ::2])
    for name in ("dice", "cross_entropy"):
        expected = (2 * getattr(fine, name) + getattr(alone, name)) / 3
        assert getattr(both, name).item() == pytest.approx(expected.item(), rel=1e-5)
    assert both.boundary == fine.boundary


def test_batch_without_any_tumor_still_teaches_by_its_cross_entropy():
    history = _trained_terms(torch.zeros_like(LABELS))
    assert history[-1].cross_entropy < 0.7 * history[0].cross_entropy


def test_loss_under_bfloat16_autocast_is_float32_and_close():
    logits, maps = _output()
    loss = SegmentationLoss(FULL)
    expected = loss((logits, maps), LABELS)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        terms = loss((logits.bfloat16(), [given.bfloat16() for given in maps]), LABELS)
    assert all(term.dtype == torch.float32 for term in terms)
    assert [term.item() for term in terms] == pytest.approx([term.item() for term in expected], rel=1e-2)


def test_class_weights_must_be_as_many_as_classes():
    with pytest.raises(UsageError, match="3 classes need as many class_weights, got 2"):
        SegmentationLoss(replace(FULL, class_weights=(1.0, 2.0)))(_output(), LABELS)


def test_class_weights_follow_the_module_but_are_no_weights_to_save_or_learn():
    loss = SegmentationLoss(FULL)
    assert list(loss.parameters()) == []
    assert loss.double().class_weights.dtype == torch.float64


@pytest.mark.parametrize("config", [LossConfig(), FULL])
def test_configuration_survives_json(config):
    assert from_plain(LossConfig, json.loads(json.dumps(to_plain(config))), "loss") == config


def test_unknown_key_is_an_error_that_names_it():
    with pytest.raises(ConfigError, match="loss: unknown key 'lambda'; known are hardness"):
        from_plain(LossConfig, {"lambda": 0.6}, "loss", error=ConfigError, quoting=True)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"hardness": 1.5}, "hardness must be from 0"),
        ({"hardness": "0.6"}, "hardness must be a number"),
        ({"dice_weight": -1.0}, "dice_weight"),
        ({"cross_entropy_weight": -1.0}, "cross_entropy_weight"),
        ({"attention_weight": float("nan")}, "attention_weight"),
        ({"class_weights": (1.0, -1.0)}, "class_weights"),
        ({"class_weights": 1.0}, "class_weights must be a list"),
        ({"attention_target": "min"}, "attention_target must be one of max, average; got 'min'"),
        ({"attention_loss": "focal"}, "attention_loss"),
        ({"batch_dice": 1}, "batch_dice must be true or false"),
    ],
)
def test_value_that_is_not_allowed_is_refused_in_one_sentence(change, match):
    with pytest.raises(ConfigError, match=match):
        replace(FULL, **change)


def test_the_loss_of_nested_regions_is_the_mean_of_their_own():
    labels = torch.tensor([0, 2, 1, 3]).reshape(1, 1, 1, 4)
    probability = torch.tensor([[0.1, 0.9, 0.8, 0.7], [0.2, 0.4, 0.6, 0.9], [0.3, 0.2, 0.1, 0.8]])
    logits = torch.log(probability / (1 - probability)).reshape(1, 3, 1, 1, 4)
    truth = torch.tensor([[0.0, 1, 1, 1], [0, 0, 1, 1], [0, 0, 0, 1]])  # whole, core, enhancing
    config = LossConfig(
        hardness=0.0, dice_weight=0.5, cross_entropy_weight=0.5, attention_weight=0.0,
        regions=((1, 2, 3), (1, 3), (3,)),
    )  # fmt: skip
    terms = SegmentationLoss(config)((logits, []), labels)
    entropy = -(truth * probability.log() + (1 - truth) * (1 - probability).log()).mean()
    dice = 2 * (probability * truth).sum(1) / (probability + truth).sum(1)
    assert terms.cross_entropy.item() == pytest.approx(entropy.item(), rel=1e-5)
    assert terms.dice.item() == pytest.approx(1 - dice.mean().item(), abs=1e-5)
    assert terms.total.item() == pytest.approx((terms.dice + terms.cross_entropy).item() / 2, rel=1e-6)


@pytest.mark.parametrize("regions", [((1, 3), (1, 2, 3)), ((1, 2, 3), (3,)), ((1, 2, 3), (1, 4), (4,)), ()])
def test_regions_that_are_not_nested_by_one_label_each_are_refused(regions):
    with pytest.raises(ConfigError, match="each with one label more than the next"):
        LossConfig(attention_weight=0.0, regions=regions)
