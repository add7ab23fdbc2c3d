from functools import partial

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from VSSegmentationLib.errors import ConfigError, UsageError
from VSSegmentationLib.losses import hardness_weighted_dice_loss
from VSSegmentationLib.losses.hardness import dice_loss_of_probabilities, hardness_weight

# The example of the reference: four voxels, two of them tumor, and the predicted share of tumor in each.
TRUTH = torch.tensor([1, 1, 0, 0]).reshape(1, 1, 2, 2)
FOREGROUND = torch.tensor([0.9, 0.6, 0.3, 0.1]).reshape(1, 1, 1, 2, 2)


def _both_classes(foreground):
    return torch.cat([1 - foreground, foreground], dim=1)


def _logits(foreground):
    """Logits whose softmax is the given share of tumor."""
    return _both_classes(foreground).log()


@pytest.mark.parametrize(
    ("hardness", "two_classes", "foreground_only"),
    [(0.0, 0.225140, 0.230769), (0.4, 0.234853, 0.238937), (0.6, 0.243950, 0.246458), (1.0, 0.300330, 0.290319)],
)
def test_loss_of_the_worked_example(hardness, two_classes, foreground_only):
    loss = partial(hardness_weighted_dice_loss, _logits(FOREGROUND), TRUTH, hardness=hardness)
    assert loss().item() == pytest.approx(two_classes, abs=1e-6)
    assert loss(include_background=False).item() == pytest.approx(foreground_only, abs=1e-6)


@pytest.mark.parametrize(
    ("hardness", "detach", "expected"),
    [
        (0.0, False, (-0.252972, -0.252972, 0.247340, 0.247340)),
        (0.0, True, (-0.252972, -0.252972, 0.247340, 0.247340)),
        (0.4, False, (-0.213222, -0.300915, 0.269079, 0.211564)),
        (0.4, True, (-0.233848, -0.277695, 0.258816, 0.230059)),
        (0.6, False, (-0.174416, -0.343502, 0.286390, 0.174791)),
        (0.6, True, (-0.216053, -0.300596, 0.269696, 0.213897)),
        (1.0, False, (0.094155, -0.559883, 0.324053, -0.129789)),
        (1.0, True, (-0.109006, -0.436025, 0.340382, 0.113461)),
    ],
)
def test_gradient_of_the_worked_example(hardness, detach, expected):
    foreground = FOREGROUND.clone().requires_grad_()
    truth = _both_classes(TRUTH.unsqueeze(1).float())
    dice_loss_of_probabilities(_both_classes(foreground), truth, hardness=hardness, detach_weight=detach).backward()
    assert foreground.grad.flatten().tolist() == pytest.approx(expected, abs=2e-6)


def test_weights_of_the_worked_example():
    weight = hardness_weight(FOREGROUND, TRUTH.unsqueeze(1), 0.6)
    assert weight.flatten().tolist() == pytest.approx([0.46, 0.64, 0.58, 0.46])


@given(p=st.floats(0, 1), g=st.sampled_from([0.0, 0.25, 1.0]), hardness=st.floats(0, 1))
def test_weight_lies_between_one_minus_lambda_and_one(p, g, hardness):
    weight = hardness_weight(torch.tensor(p, dtype=torch.float64), torch.tensor(g, dtype=torch.float64), hardness)
    assert 1 - hardness - 1e-12 <= weight.item() <= 1 + 1e-12


def test_weight_is_the_same_in_both_channels_of_a_binary_softmax():
    weight = hardness_weight(_both_classes(FOREGROUND), _both_classes(TRUTH.unsqueeze(1).float()), 0.6)
    torch.testing.assert_close(weight[:, 0], weight[:, 1])


@pytest.mark.parametrize("hardness", [0.0, 0.6, 0.9])
def test_perfect_prediction_costs_nothing(hardness):
    logits = torch.where(torch.stack([1 - TRUTH, TRUTH], dim=1) > 0, 50.0, -50.0)
    assert hardness_weighted_dice_loss(logits, TRUTH, hardness=hardness).item() == pytest.approx(0, abs=1e-6)


def test_opposite_prediction_costs_all_but_epsilon():
    truth = torch.stack([1 - TRUTH, TRUTH], dim=1).double()
    # No overlap; each class: 2 voxels of p and 2 of g at weight 1, so Dice = 1e-5 / (4 + 1e-5)
    assert dice_loss_of_probabilities(1 - truth, truth, hardness=0.6).item() == pytest.approx(1 - 2.5e-6, abs=1e-9)


@pytest.mark.parametrize("hardness", [0.0, 0.6, 1.0])
@pytest.mark.parametrize(("share", "listed"), [(0.1, 0.595238), (0.01, 0.657981)])
def test_constant_one_half_has_the_closed_form_for_every_lambda(hardness, share, listed):
    labels = torch.zeros(1, 10, 10, 100, dtype=torch.int64)
    labels.flatten()[: int(share * labels.numel())] = 1
    loss = hardness_weighted_dice_loss(torch.zeros(1, 2, 10, 10, 100), labels, hardness=hardness).item()
    assert loss == pytest.approx(1 - (share / (share + 0.5) + (1 - share) / (1.5 - share)) / 2, abs=1e-5)
    assert loss == pytest.approx(listed, abs=1e-5)


@pytest.mark.parametrize(("foreground", "expected"), [(0.0, 0.0), (0.01, 0.502500), (0.1, 0.526315)])
def test_empty_truth_of_a_hundred_voxels(foreground, expected):
    probability = _both_classes(torch.full((1, 1, 1, 10, 10), foreground))
    truth = _both_classes(torch.zeros(1, 1, 1, 10, 10))
    assert dice_loss_of_probabilities(probability, truth, hardness=0.6).item() == pytest.approx(expected, abs=1e-6)


def test_loss_is_the_mean_over_samples_and_classes():
    torch.manual_seed(3)
    logits, labels = torch.randn(3, 3, 2, 4, 4), torch.randint(0, 3, (3, 2, 4, 4))
    loss = partial(hardness_weighted_dice_loss, hardness=0.6)
    alone = [loss(logits[[index]], labels[[index]]).item() for index in range(3)]
    assert loss(logits, labels).item() == pytest.approx(sum(alone) / 3)


def test_pooled_batch_is_one_sample_of_all_its_voxels():
    logits, labels = torch.randn(3, 3, 2, 4, 4), torch.randint(0, 3, (3, 2, 4, 4))
    long_logits = torch.cat(list(logits), dim=1).unsqueeze(0)  # the samples one below the other
    expected = hardness_weighted_dice_loss(long_logits, torch.cat(list(labels)).unsqueeze(0), hardness=0.6)
    pooled = hardness_weighted_dice_loss(logits, labels, hardness=0.6, batch_dice=True)
    assert pooled.item() == pytest.approx(expected.item())


def test_pooled_batch_keeps_a_useful_gradient_where_the_truth_is_empty():
    labels = torch.zeros(2, 4, 8, 8, dtype=torch.int64)
    labels[0, 1, 2:6, 2:6] = 1  # 16 voxels in the first sample, none in the second

    def pull(**options):
        logits = torch.zeros(2, 2, 4, 8, 8, requires_grad=True)
        hardness_weighted_dice_loss(logits, labels, hardness=0.6, include_background=False, **options).backward()
        assert logits.grad.isfinite().all()
        return logits.grad[1, 1].mean().item()

    assert 0 <= pull() < 1e-8  # the term of the empty sample is flat
    assert pull(batch_dice=True) > 1e-6  # downwards, so that false tumor is unlearned


def test_one_hot_truth_gives_what_labels_give():
    logits, labels = torch.randn(2, 3, 2, 4, 4), torch.randint(0, 3, (2, 2, 4, 4))
    hot = torch.stack([labels == index for index in range(3)], dim=1)
    loss = partial(hardness_weighted_dice_loss, logits, hardness=0.6)
    assert loss(hot).item() == pytest.approx(loss(labels).item())


def test_bfloat16_logits_are_summed_in_float32():
    labels = torch.zeros(1, 40, 40, 40, dtype=torch.int64)
    labels[:, :2, :5, :5] = 1  # 50 of 64,000 voxels: sums in bfloat16 would stall at 256
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = hardness_weighted_dice_loss(torch.zeros(1, 2, 40, 40, 40, dtype=torch.bfloat16), labels, hardness=0.6)
    share = 50 / 64_000
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx(1 - (share / (share + 0.5) + (1 - share) / (1.5 - share)) / 2, abs=1e-5)


@pytest.mark.parametrize("size", [0.0, 1e4])
def test_extreme_logits_stay_finite(size):
    logits = (size * torch.randn(2, 3, 2, 4, 4)).requires_grad_()
    loss = hardness_weighted_dice_loss(logits, torch.zeros(2, 2, 4, 4, dtype=torch.int64), hardness=1.0)
    loss.backward()
    assert loss.isfinite()
    assert logits.grad.isfinite().all()


def test_channels_last_gives_the_same():
    logits, labels = torch.randn(2, 3, 2, 4, 4), torch.randint(0, 3, (2, 2, 4, 4))
    loss = partial(hardness_weighted_dice_loss, labels=labels, hardness=0.6)
    assert loss(logits.to(memory_format=torch.channels_last_3d)).item() == pytest.approx(loss(logits).item())


@pytest.mark.parametrize("hardness", [-0.1, 1.1, float("nan")])
def test_hardness_outside_zero_to_one_is_refused(hardness):
    with pytest.raises(ConfigError, match="hardness must be from 0"):
        hardness_weighted_dice_loss(_logits(FOREGROUND), TRUTH, hardness=hardness)


@pytest.mark.parametrize(
    ("labels", "match"),
    [
        (torch.full((1, 1, 2, 2), 4), "labels must be from 0 to 1 for 2 classes; got 4 to 4"),
        (torch.full((1, 1, 2, 2), -1), "got -1 to -1"),
        (TRUTH.to(torch.uint8), "labels must be int64"),
        (torch.zeros(1, 2, 2, 2, dtype=torch.int64), r"of shape \(1, 1, 2, 2\); got torch.int64, \(1, 2, 2, 2\)"),
    ],
)
def test_labels_that_do_not_fit_are_refused(labels, match):
    with pytest.raises(UsageError, match=match):
        hardness_weighted_dice_loss(_logits(FOREGROUND), labels, hardness=0.6)


def test_a_single_class_is_refused():
    with pytest.raises(UsageError, match="at least two classes"):
        hardness_weighted_dice_loss(torch.zeros(1, 1, 1, 2, 2), TRUTH, hardness=0.6)
