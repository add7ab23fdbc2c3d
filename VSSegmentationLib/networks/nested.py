"""Outputs that are nested regions, each the sigmoid of its own: as classes that exclude each other, and as labels."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from VSSegmentationLib.networks.output import NetworkOutput

_LEAST = 1e-7


class NestedRegions(nn.Module):
    """A network of K regions, each inside the one before it, that answers as one of K + 1 classes would.

    Class 0 is what lies in no region, class k what lies in region k and in none inside it. A region can be no likelier
    than the one that it lies in: p_k becomes min(p_1, ..., p_k), and the class has p_k - p_(k+1).
    """

    def __init__(self, network: nn.Module) -> None:
        """Take a network whose K outputs are the logits of regions, the outermost first."""
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> NetworkOutput:
        """Return logits (B, K + 1, D, H, W) whose softmax are the classes, for (B, C, D, H, W)."""
        output: NetworkOutput = self.network(image)
        return output._replace(logits=class_logits(output.logits), coarser_logits=())


def class_logits(region_logits: Tensor) -> Tensor:
    """Return the logarithms of the probabilities of K + 1 classes, from the logits (B, K, ...) of nested regions."""
    inner = torch.sigmoid(region_logits.float())
    regions = [torch.ones_like(inner[:, :1])]
    for k in range(inner.shape[1]):
        regions.append(torch.minimum(regions[-1], inner[:, k : k + 1]))
    regions.append(torch.zeros_like(inner[:, :1]))
    classes = [outer - within for outer, within in pairwise(regions)]
    return torch.log(torch.cat(classes, dim=1).clamp_min(_LEAST))


def labels_of_regions(region_logits: Tensor, labels: Sequence[int]) -> Tensor:
    """Return the label of each voxel: of the innermost region that is as likely as not, as long as all round it are.

    Args:
        region_logits: (B, K, ...) of nested regions, the outermost first.
        labels: (K,) what each of them has that lies in none inside it.

    Returns:
        (B, ...) int64, 0 outside all of them.
    """
    depth = torch.cummin((region_logits >= 0).long(), dim=1).values.sum(dim=1)
    return torch.tensor([0, *labels], device=region_logits.device)[depth]
