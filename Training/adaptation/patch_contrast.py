"""The contrast of patches (PatchNCE): a place in the translation is to be closer to the same place in the original.

Source: Park et al., ECCV 2020, arXiv:2007.15651, section 3.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def patch_positions(features: Sequence[Tensor], patches: int) -> list[Tensor]:
    """Draw places for each layer, the same for all images of a batch and, handed on, for original and translation.

    Args:
        features: Of each layer, (B, C, H, W) or (B, C, D, H, W).
        patches: How many places; a layer with fewer gives all it has.

    Returns:
        Of each layer, places counted slice by slice and row by row, none twice.
    """
    counts = (each.shape[2:].numel() for each in features)
    # Drawn on the CPU, so that a seed means the same places on any device.
    return [torch.randperm(count)[:patches].to(each.device) for count, each in zip(counts, features, strict=True)]


class PatchHeads(nn.Module):
    """Two linear layers for each tapped layer, from its channels to vectors of length 1."""

    def __init__(self, channels: Sequence[int], embedding: int) -> None:
        super().__init__()
        self.heads = nn.ModuleList(
            nn.Sequential(nn.Linear(count, embedding), nn.ReLU(), nn.Linear(embedding, embedding)) for count in channels
        )

    def forward(self, features: Sequence[Tensor], positions: Sequence[Tensor]) -> list[Tensor]:
        """Return the patches of each layer as (B, P, E) unit vectors.

        Args:
            features: Of each layer, (B, C, H, W) or (B, C, D, H, W).
            positions: Of each layer, (P,) places.
        """
        return [
            F.normalize(head(each.flatten(2).transpose(1, 2)[:, where]), dim=2, eps=1e-7)
            for head, each, where in zip(self.heads, features, positions, strict=True)
        ]


def patch_contrast(queries: Tensor, keys: Tensor, temperature: float) -> Tensor:
    """Return the mean cross-entropy of finding each place again among all places of its own image.

    Args:
        queries: (B, P, E) unit vectors of the translation.
        keys: (B, P, E) unit vectors of the original, which take no gradient.
        temperature: Similarities are divided by it.

    Returns:
        ln P for features that are the same everywhere, ln(1 + (P - 1) exp(-1 / temperature)) for orthogonal ones
        that match.
    """
    similar = torch.bmm(queries.float(), keys.detach().float().transpose(1, 2)) / temperature  # (B, P, P)
    same_place = torch.arange(similar.shape[1], device=similar.device).expand(similar.shape[:2])
    return F.cross_entropy(similar.flatten(0, 1), same_place.flatten())
