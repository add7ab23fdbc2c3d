"""Nested regions, each a union of labels: what a network with an output for each of them is taught."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor

from VSSegmentationLib.errors import ConfigError

Regions = tuple[tuple[int, ...], ...]
"""Labels of nested regions, the outermost first."""


def labels_between(regions: Sequence[Sequence[int]]) -> tuple[int, ...]:
    """Return the label of each nested region that lies in none inside it.

    Args:
        regions: Labels of each, the outermost first.

    Raises:
        ConfigError: If one does not hold all labels of the next and just one more.
    """
    sets = [*(set(each) for each in regions), set()]
    found = [outer - inner for outer, inner in pairwise(sets)]
    is_nested = all(inner <= outer for outer, inner in pairwise(sets))
    if not regions or not is_nested or any(len(each) != 1 for each in found):
        msg = (
            "regions must be lists of labels, the outermost first, each with one label more than the next, such as "
            f"[[1, 2, 3], [1, 3], [3]]; got {[list(each) for each in regions]}"
        )
        raise ConfigError(msg)
    return tuple(each.pop() for each in found)


def in_regions(labels: Tensor, regions: Sequence[Sequence[int]]) -> Tensor:
    """Return (B, R, D, H, W) float32, 1 where a voxel of labels (B, D, H, W) lies in a region."""
    wanted = (torch.tensor(list(region), device=labels.device) for region in regions)
    return torch.stack([torch.isin(labels, each) for each in wanted], dim=1).float()
