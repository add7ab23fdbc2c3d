"""Closed forms and published geometry of the Boundary Distance Loss."""

import numpy as np
import pytest
import torch

from VSSegmentationLib.errors import ConfigError, UsageError
from VSSegmentationLib.losses import BoundaryDistanceLoss, boundary_distance_map, boundary_voxels
from VSSegmentationLib.tensors import tensor_of

SURE = 60.0
"""Logit of a hard label: the other classes keep a probability of 1e-26."""


def ellipsoid(cut: int) -> np.ndarray:
    """24 x 48 x 48 voxels; the tumor is an ellipsoid, extrameatal below `cut` along W."""
    d, h, w = np.indices((24, 48, 48))
    inside = ((d - 12) / 8) ** 2 + ((h - 24) / 14) ** 2 + ((w - 24) / 18) ** 2 <= 1
    return np.where(inside, np.where(w < cut, 1, 2), 0).astype(np.uint8)


def plane(cut: int, *, mirrored: bool = False) -> np.ndarray:
    labels = np.where(np.arange(64) < cut, 1, 2).astype(np.uint8)
    whole = np.broadcast_to(labels, (4, 4, 64)).copy()
    return 3 - whole if mirrored else whole


def hard_logits(labels: np.ndarray) -> torch.Tensor:
    one_hot = torch.nn.functional.one_hot(tensor_of(labels).long(), 3).movedim(-1, 0)[None]
    return torch.log(one_hot.double().clamp_min(1e-300))


def loss_of(predicted: np.ndarray, truth: np.ndarray, spacing=(1.0, 1.0, 1.0), **options) -> float:
    distance = tensor_of(boundary_distance_map(truth, spacing))[None]
    return BoundaryDistanceLoss(**options)(hard_logits(predicted), distance).loss.item()


def test_the_boundary_lies_on_both_sides_of_the_cut():
    boundary = boundary_voxels(ellipsoid(26))
    assert boundary.sum() == 682
    assert set(np.argwhere(boundary)[:, 2]) == {25, 26}


def test_distances_are_in_millimeters_of_an_anisotropic_grid():
    labels = np.zeros((9, 9, 9), np.uint8)
    labels[4, 4, 4], labels[4, 4, 5] = 1, 2
    distance = boundary_distance_map(labels, (3.0, 0.5, 0.4))
    assert distance[4, 4, 4] == distance[4, 4, 5] == 0
    assert distance[2, 4, 4] == pytest.approx(6.0)
    assert distance[4, 0, 4] == pytest.approx(2.0)
    assert distance[4, 4, 0] == pytest.approx(1.6)
    assert distance[3, 3, 6] == pytest.approx(np.sqrt(9 + 0.25 + 0.16))


@pytest.mark.parametrize("labels", [np.zeros((3, 4, 5)), np.ones((3, 4, 5)), np.full((3, 4, 5), 2)])
def test_without_two_parts_that_touch_there_is_no_boundary(labels):
    assert np.isinf(boundary_distance_map(labels.astype(np.uint8), (1, 1, 1))).all()


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize(("tau", "spacing"), [(1.0, 1.0), (2.0, 1.0), (2.0, 0.4), (5.0, 1.5)])
@pytest.mark.parametrize("shift", [-4, -2, -1, 0, 1, 2, 4])
def test_a_displaced_plane_costs_its_closed_form_on_either_side_of_the_head(shift, tau, spacing, mirrored):
    found = loss_of(plane(32 + shift, mirrored=mirrored), plane(32, mirrored=mirrored), (1.0, 1.0, spacing), tau_mm=tau)
    step = spacing / tau
    closed = 0.0 if shift == 0 else (abs(shift) - 1) * step - np.log((1 + np.exp(-step)) / 2)
    assert found == pytest.approx(closed, abs=1e-6)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"tau_mm": 1.0}, [0.000, 0.390, 1.378, 3.394, 7.389]),
        ({"tau_mm": 2.0}, [0.000, 0.225, 0.718, 1.727, 3.724]),
        ({"tau_mm": 10.0}, [0.000, 0.050, 0.149, 0.350, 0.750]),
        ({"tau_mm": 1.0, "gradient": "sobel"}, [0.036, 0.411, 1.391, 3.383, 7.368]),
        ({"tau_mm": 5.0, "gradient": "sobel"}, [0.010, 0.102, 0.297, 0.696, 1.492]),
    ],
)
def test_values_of_the_reference_volume(options, expected):
    found = [loss_of(ellipsoid(26 + shift), ellipsoid(26), **options) for shift in (0, 1, 2, 4, 8)]
    assert found == pytest.approx(expected, abs=6e-4)


@pytest.mark.parametrize(
    ("gradient_spacing", "expected"),
    [((1.0, 1.0, 1.0), [0.0, 0.1200, 0.3668, 0.8710]), ((1.5, 0.5, 0.5), [0.0, 0.1193, 0.3666, 0.8696])],
)
def test_values_of_the_reference_volume_on_an_anisotropic_grid(gradient_spacing, expected):
    options = {"tau_mm": 2.0, "gradient_spacing_dhw": gradient_spacing}
    found = [loss_of(ellipsoid(26 + shift), ellipsoid(26), (1.5, 0.5, 0.5), **options) for shift in (0, 1, 2, 4)]
    assert found == pytest.approx(expected, abs=6e-5)


@pytest.mark.parametrize(("softness", "expected"), [(0.5, [0.191, 0.477, 1.239]), (2.0, [1.194, 1.252, 1.416])])
def test_values_of_soft_predictions(softness, expected):
    truth = ellipsoid(26)
    distance = tensor_of(boundary_distance_map(truth, (1, 1, 1)))[None]
    tumor, w = tensor_of(truth > 0).double(), torch.arange(48).double()
    found = []
    for shift in (0, 1, 2):
        extra = tumor * torch.sigmoid((25.5 + shift - w) / softness)
        probability = torch.stack([1 - tumor, extra, tumor - extra])[None]
        logits = torch.log(probability.clamp_min(1e-300))
        found.append(BoundaryDistanceLoss(tau_mm=1.0)(logits, distance).loss.item())
    assert found == pytest.approx(expected, abs=6e-4)


def test_the_gradient_is_that_of_finite_differences():
    generator = torch.Generator().manual_seed(4)
    logits = torch.randn((2, 3, 3, 4, 5), generator=generator, dtype=torch.float64, requires_grad=True)
    labels = np.zeros((3, 4, 5), np.uint8)
    labels[:, 1:3, 1:3], labels[:, 1:3, 3:] = 1, 2
    distance = tensor_of(boundary_distance_map(labels, (1.5, 0.5, 0.5))).expand(2, -1, -1, -1)
    for gradient in ("central", "sobel"):
        loss = BoundaryDistanceLoss(gradient=gradient)
        assert torch.autograd.gradcheck(lambda x, loss=loss: loss(x, distance).loss, (logits,))


def test_even_probabilities_and_patches_without_boundary_are_left_out_and_counted():
    truth = ellipsoid(26)
    there = tensor_of(boundary_distance_map(truth, (1, 1, 1)))
    nowhere = torch.full_like(there, torch.inf)
    outside = there + 3  # the nearest boundary lies beyond the patch
    logits = torch.cat([hard_logits(ellipsoid(28))] * 3 + [torch.zeros((1, 3, *truth.shape), dtype=torch.float64)])
    logits.requires_grad_()
    term = BoundaryDistanceLoss(tau_mm=1.0)(logits, torch.stack([there, nowhere, outside, there]))
    assert term.counted == 1
    assert term.loss.item() == pytest.approx(1.378, abs=6e-4)
    term.loss.backward()
    assert torch.isfinite(logits.grad).all()
    none = BoundaryDistanceLoss()(logits[3:], there[None])
    assert (none.counted, none.loss.item()) == (0, 0.0)
    assert none.loss.requires_grad


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_with_extreme_logits_stays_finite_and_far_boundaries_do_not_underflow(dtype):
    far = plane(4)
    distance = tensor_of(boundary_distance_map(far, (1.0, 1.0, 5.0)))[None]
    one_hot = torch.nn.functional.one_hot(tensor_of(plane(60)).long(), 3).movedim(-1, 0)[None]
    logits = (one_hot * SURE).to(dtype).requires_grad_()
    loss = BoundaryDistanceLoss(tau_mm=1.0)(logits, distance).loss
    loss.backward()
    assert loss.item() == pytest.approx(55 * 5.0 - np.log((1 + np.exp(-5.0)) / 2), rel=1e-3)
    assert torch.isfinite(logits.grad).all()


def test_what_does_not_fit_is_refused_in_one_sentence():
    with pytest.raises(ConfigError, match=r"tau_mm and gradient_spacing_dhw must be > 0; got 0\.0"):
        BoundaryDistanceLoss(tau_mm=0.0)
    with pytest.raises(ConfigError, match="gradient must be one of central, sobel; got 'forward'"):
        BoundaryDistanceLoss(gradient="forward")
    with pytest.raises(UsageError, match=r"got \(1, 2, 3, 4, 5\) and \(1, 3, 4, 5\)"):
        BoundaryDistanceLoss()(torch.zeros(1, 2, 3, 4, 5), torch.zeros(1, 3, 4, 5))
