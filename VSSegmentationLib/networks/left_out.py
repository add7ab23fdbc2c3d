"""A network of several images, run without some of them: it sees 0, the mean, where it was trained to do without."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from VSSegmentationLib.networks.output import NetworkOutput


class WithoutSome(nn.Module):
    """A network that takes fewer channels than its own, in an order of their own; the others are 0."""

    def __init__(self, network: nn.Module, shown: Sequence[int], channels: int) -> None:
        """Say which are shown.

        Args:
            network: Takes (B, `channels`, D, H, W).
            shown: Which of its channels each of the given ones is.
            channels: Of the network.
        """
        super().__init__()
        self.network = network
        self._shown, self._channels = tuple(shown), channels

    @property
    def shown(self) -> tuple[int, ...]:
        """Which of the network's channels each of the given ones is."""
        return self._shown

    def forward(self, image: Tensor) -> NetworkOutput:
        """Answer for (B, len(shown), D, H, W) as the network does with 0 in all other channels."""
        nothing = torch.zeros_like(image[:, :1])
        given = {place: image[:, number : number + 1] for number, place in enumerate(self._shown)}
        # Put together, not written into: engines that take a network as a graph cannot follow assignments.
        full = torch.cat([given.get(place, nothing) for place in range(self._channels)], dim=1)
        output: NetworkOutput = self.network(full)
        return output
