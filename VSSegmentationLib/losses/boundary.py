"""The Boundary Distance Loss: how far the predicted border of the two parts of a tumor lies from the true one.

Source: Wijethilake et al. 2022, arXiv 2208.04680. The paper leaves open how the true boundary is drawn, the gradient
operator, tau and its unit; what is taken here, and why, stands at each.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor, nn
from torch.nn import functional as F

from VSSegmentationLib.errors import ConfigError, UsageError

GradientOperator = Literal["central", "sobel"]
"""Central differences prefer neither side, so that a perfect prediction costs nothing for a left and for a right ear;
Sobel smooths across the derivative first."""

Parts = tuple[int, int]
"""The two classes on either side of the boundary."""
USUAL_PARTS: Parts = (1, 2)
"""What the source divides: the outputs after the background."""


def boundary_voxels(labels: NDArray[np.uint8], parts: Parts = USUAL_PARTS) -> NDArray[np.bool_]:
    """Return the border of two parts, on both sides: voxels of one next to those of the other, and the reverse.

    Two-sided, because central differences of hard labels light up exactly these voxels.

    Args:
        labels: (D, H, W) of classes; neighbors are those across a face.
        parts: Which two.
    """
    across_a_face = ndimage.generate_binary_structure(3, 1)
    one, other = (labels == part for part in parts)
    touching = (one & ndimage.binary_dilation(other, across_a_face)) | (
        other & ndimage.binary_dilation(one, across_a_face)
    )
    return np.asarray(touching, dtype=np.bool_)


def boundary_distance_map(
    labels: NDArray[np.uint8], spacing_dhw_mm: Sequence[float], parts: Parts = USUAL_PARTS
) -> NDArray[np.float32]:
    """Return the exact Euclidean distance of every voxel to the nearest voxel of the boundary; made once per case.

    Args:
        labels: (D, H, W) of classes.
        spacing_dhw_mm: Voxel size; slices are three to four times thicker than pixels, so voxels would not do.
        parts: Which two the boundary parts.

    Returns:
        (D, H, W) float32 in mm, 0 on the boundary; infinite everywhere if there is none.
    """
    boundary = boundary_voxels(labels, parts)
    if not boundary.any():
        return np.full(labels.shape, np.inf, dtype=np.float32)
    return np.asarray(ndimage.distance_transform_edt(~boundary, sampling=spacing_dhw_mm), dtype=np.float32)


class BoundaryTerm(NamedTuple):
    """The loss of one batch, and of how many samples it speaks."""

    loss: Tensor
    """Scalar; 0 if no sample counts."""
    counted: int
    """Samples with a true boundary in the patch and a predicted one."""


class BoundaryDistanceLoss(nn.Module):
    """-log of the mean of exp(-phi / tau), weighed by the boundary detector |grad P_extra| |grad P_intra| (eq. 1 to 5).

    It says where the boundary is, never that there must be one: it does not change when the detector is scaled, so
    it is of use only together with cross-entropy and Dice.
    """

    def __init__(
        self,
        *,
        tau_mm: float = 2.0,
        gradient: GradientOperator = "central",
        gradient_spacing_dhw: tuple[float, float, float] = (1.0, 1.0, 1.0),
        parts: Parts = USUAL_PARTS,
    ) -> None:
        """Choose what the paper leaves open.

        Args:
            tau_mm: Distance over which a boundary voxel's worth falls to 1/e.
            gradient: How probabilities are derived.
            gradient_spacing_dhw: What the derivative is divided by; in voxels, as by default, all boundary voxels count
                alike, in mm those between two slices count less than those between two pixels.
            parts: Which two outputs the boundary parts.

        Raises:
            ConfigError: If tau or a spacing is not above 0, or there is no such operator.
        """
        super().__init__()
        if tau_mm <= 0 or min(gradient_spacing_dhw) <= 0:
            msg = f"boundary loss: tau_mm and gradient_spacing_dhw must be > 0; got {tau_mm}, {gradient_spacing_dhw}"
            raise ConfigError(msg)
        if gradient not in get_args(GradientOperator):
            msg = f"boundary loss: gradient must be one of {', '.join(get_args(GradientOperator))}; got {gradient!r}"
            raise ConfigError(msg)
        self.tau_mm = tau_mm
        self.gradient = gradient
        self.gradient_spacing_dhw = gradient_spacing_dhw
        self.parts = parts

    def forward(self, logits: Tensor, distance_mm: Tensor) -> BoundaryTerm:
        """Return the loss of one batch, computed at least in float32.

        Args:
            logits: (B, K, D, H, W) with the parts among its channels; each side >= 2.
            distance_mm: (B, D, H, W) from `boundary_distance_map`, cut as the image was. A sample without a voxel of
                distance 0, or in which nothing is predicted to change, is left out of the mean.

        Raises:
            UsageError: If the shapes do not fit.
        """
        if logits.ndim != 5 or logits.shape[1] <= max(self.parts) or distance_mm.shape != logits[:, 0].shape:
            msg = (
                f"the boundary loss takes logits (B, >= {max(self.parts) + 1}, D, H, W) and distances (B, D, H, W); "
                f"got {tuple(logits.shape)} and {tuple(distance_mm.shape)}"
            )
            raise UsageError(msg)
        probability = torch.softmax(logits if logits.dtype == torch.float64 else logits.float(), dim=1)
        one, other = self.parts
        detector = self._steepness(probability[:, one]) * self._steepness(probability[:, other])
        losses = [
            self._sample_loss(detector[index], distance_mm[index].to(detector.dtype))
            for index in range(len(detector))
            if (distance_mm[index] == 0).any() and (detector[index] > 0).any()
        ]
        loss = torch.stack(losses).mean() if losses else probability.sum() * 0  # 0, and still part of the graph
        return BoundaryTerm(loss, len(losses))

    def _sample_loss(self, detector: Tensor, distance_mm: Tensor) -> Tensor:
        share = detector / detector.detach().max()  # the ratio is the same
        nearest = distance_mm[share > 0].min()
        worth = torch.exp((nearest - distance_mm).clamp_max(0) / self.tau_mm)  # nearer ones have no share
        return nearest / self.tau_mm - torch.log((share * worth).sum() / share.sum())

    def _steepness(self, probability: Tensor) -> Tensor:
        """Return |grad P| of (B, D, H, W); its own derivative is 0 where the gradient is, not infinite."""
        square = torch.zeros_like(probability)
        for axis, spacing in zip((1, 2, 3), self.gradient_spacing_dhw, strict=True):
            smoothed = probability
            if self.gradient == "sobel":
                for across in {1, 2, 3} - {axis}:
                    smoothed = _smoothed(smoothed, across)
            (slope,) = torch.gradient(smoothed, spacing=spacing, dim=axis)
            square = square + slope**2
        steep = square > 0
        return torch.where(steep, torch.sqrt(torch.where(steep, square, 1.0)), 0.0)


def _smoothed(x: Tensor, axis: int) -> Tensor:
    """Return (1, 2, 1) / 4 along one axis of (B, D, H, W), the border repeated."""
    last = x.ndim - axis - 1
    padded = F.pad(x[:, None], [0, 0] * last + [1, 1] + [0, 0] * (2 - last), mode="replicate")[:, 0]
    size = x.shape[axis]
    before, here, after = (padded.narrow(axis, start, size) for start in range(3))
    return (before + 2 * here + after) / 4
