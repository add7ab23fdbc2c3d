"""An exponential moving average of the weights: smoother than the last step's, at no cost in training."""

import copy

import torch
from torch import nn


def average_decay(decay: float, step: int) -> float:
    """Return the decay used at this step: small at first, so that the initial random weights are soon forgotten.

    min(decay, (1 + step) / (10 + step)), with step counting from 0, as TensorFlow's moving average documents it.
    """
    return min(decay, (1.0 + step) / (10.0 + step))


class WeightAverage:
    """A second network whose weights follow those of the trained one: a <- d * a + (1 - d) * w."""

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.network = copy.deepcopy(network).requires_grad_(requires_grad=False).eval()
        self._decay = decay

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        """Take one step's weights in; the running statistics of norms are averaged likewise, counters copied.

        Args:
            network: The trained one, just after its optimizer step.
            step: Number of that step, 0 for the first.
        """
        weight = 1.0 - average_decay(self._decay, step)
        current = network.state_dict()
        for name, averaged in self.network.state_dict().items():
            value = current[name].to(averaged.device)
            if averaged.is_floating_point():
                averaged.lerp_(value, weight)
            else:
                averaged.copy_(value)
