"""Weight decay of the two optimizers, told apart where the loss itself has no gradient."""

import pytest
import torch
from torch import nn

from Training.recipes import OptimizerConfig
from Training.running.optimizers import build_optimizer


@pytest.mark.parametrize(("kind", "left"), [("Adam", 2.0 - 0.01), ("AdamW", 2.0 * (1 - 0.01 * 0.1))])
def test_adam_has_weight_decay_in_the_gradient_and_adamw_beside_it(kind: str, left: float):
    """Adam's first step is its rate, whatever the size of the gradient (coupled L2); AdamW shrinks by rate x decay."""
    layer = nn.Linear(1, 1)
    with torch.no_grad():
        layer.weight.fill_(2.0)
        layer.bias.fill_(3.0)
    optimizer = build_optimizer(OptimizerConfig(kind=kind, learning_rate=0.01, weight_decay=0.1), layer)
    layer.weight.grad, layer.bias.grad = torch.zeros_like(layer.weight), torch.zeros_like(layer.bias)
    optimizer.step()
    assert layer.weight.item() == pytest.approx(left, abs=1e-6)
    assert layer.bias.item() == 3.0, "biases have no decay"
