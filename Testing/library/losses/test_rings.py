"""Rings round a tumor: how far they reach in mm on voxels of any size, and what they weigh in the cross-entropy."""

import math

import pytest
import torch

from VSSegmentationLib.errors import ConfigError
from VSSegmentationLib.losses import LossConfig, SegmentationLoss, ring_voxels

SPACING = (1.5, 0.5, 0.5)


def block():
    """4 x 8 x 8 voxels in the middle of 20 x 40 x 40."""
    tumor = torch.zeros(1, 20, 40, 40, dtype=torch.bool)
    tumor[0, 8:12, 16:24, 16:24] = True
    return tumor


@pytest.mark.parametrize(
    ("radius_mm", "reach"), [(1.5, (1, 3, 3)), (3.0, (2, 6, 6)), (0.5, (0, 1, 1)), (0.0, (0, 0, 0))]
)
def test_a_ring_reaches_as_far_in_mm_along_every_axis(radius_mm, reach):
    outside, inside = ring_voxels(block(), radius_mm, SPACING)
    grown = math.prod(n + 2 * r for n, r in zip((4, 8, 8), reach, strict=True))
    shrunk = math.prod(max(0, n - 2 * r) for n, r in zip((4, 8, 8), reach, strict=True))
    assert int(outside.sum()) == grown - 256
    assert int(inside.sum()) == 256 - shrunk
    assert not (outside & block()).any()
    assert not (inside & ~block()).any()


def test_nothing_is_eroded_where_the_image_ends():
    whole = torch.ones(1, 4, 6, 6, dtype=torch.bool)
    outside, inside = ring_voxels(whole, 3.0, SPACING)
    assert not outside.any()
    assert not inside.any()


def logits_of(labels, share):
    """Logits with which every voxel's own class has a probability of `share`, the three others alike."""
    right = math.log(share) - math.log((1 - share) / 3)
    return torch.zeros(1, 4, *labels.shape[1:]).scatter_(1, labels[:, None], right)


def cross_entropy(labels, **config):
    usual = {"hardness": 0.0, "attention_weight": 0.0, "cross_entropy_weight": 1.0}
    loss = SegmentationLoss(LossConfig(**usual, **config))
    return float(loss((logits_of(labels, 0.5), []), labels).cross_entropy)


def test_the_weighed_sum_is_divided_by_the_number_of_voxels():
    labels = block().long()
    labels[0, 8:12, 16:24, 20:24] = 2
    labels[0, 2:4, 2:4, 2:4] = 3
    weights = (1.0, 5.0, 15.0, 5.0)  # crossMoDA 2023, second place
    voxels = labels.numel()
    expected = math.log(2) * (voxels - 264 + 128 * 5 + 128 * 15 + 8 * 5) / voxels
    assert cross_entropy(labels, class_weights=weights, cross_entropy_mean="voxels") == pytest.approx(
        expected, rel=1e-5
    )
    assert cross_entropy(labels, class_weights=weights) == pytest.approx(math.log(2), rel=1e-5)  # by the weights' sum


def test_rings_add_to_the_weight_of_the_class_they_lie_on():
    labels = block().long()
    labels[0, 8:12, 16:24, 24:26] = 3  # a cochlea within the ring: 64 voxels
    rings = {"ring_mm": (1.5, 1.5), "cross_entropy_mean": "voxels"}
    voxels = labels.numel()
    plain = math.log(2)
    outside, inside = 6 * 14 * 14 - 256, 256 - 2 * 2 * 2
    made = cross_entropy(labels, ring_weight=15.0, **rings)
    assert made == pytest.approx(plain * (voxels + 15 * outside) / voxels, rel=1e-5)
    made = cross_entropy(labels, ring_inside_weight=3.0, **rings)
    assert made == pytest.approx(plain * (voxels + 3 * inside) / voxels, rel=1e-5)


def test_a_radius_is_drawn_for_every_batch_from_the_seed_of_the_step():
    labels = block().long()
    config = {"ring_weight": 15.0, "cross_entropy_mean": "voxels", "ring_mm": (0.5, 6.0)}
    torch.manual_seed(1)
    drawn = [cross_entropy(labels, **config) for _ in range(6)]
    torch.manual_seed(1)
    assert [cross_entropy(labels, **config) for _ in range(6)] == drawn
    assert len(set(drawn)) > 3


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"ring_weight": 1.0}, "voxels"),
        ({"ring_weight": -1.0, "cross_entropy_mean": "voxels"}, "ring_weight"),
        ({"ring_mm": (3.0, 1.0)}, "smaller first"),
        ({"ring_spacing_dhw_mm": (0.0, 1.0, 1.0)}, "above 0"),
        ({"cross_entropy_mean": "median"}, "cross_entropy_mean must be one of"),
    ],
)
def test_what_makes_no_sense_is_refused(config, said):
    with pytest.raises(ConfigError, match=said):
        LossConfig(**config)
