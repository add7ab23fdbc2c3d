"""The optimizer of a recipe, and its learning rate at a step."""

import torch
from torch import nn

from Training.recipes import OptimizerConfig
from Training.running.schedule import learning_rate_factor

_KINDS: dict[str, type[torch.optim.Adam]] = {"Adam": torch.optim.Adam, "AdamW": torch.optim.AdamW}


def build_optimizer(config: OptimizerConfig, network: nn.Module) -> torch.optim.Optimizer:
    """Return the optimizer; weight decay acts on kernels, not on biases, norms and PReLU slopes."""
    parameters = [parameter for parameter in network.parameters() if parameter.requires_grad]
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": config.weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return _KINDS[config.kind](groups, lr=config.learning_rate)


def set_learning_rate(
    optimizer: torch.optim.Optimizer, config: OptimizerConfig, step: int, steps: int, reductions: int = 0
) -> float:
    """Set and return the rate of the step that comes after `step` finished ones, of `steps`, and some reductions."""
    rate = config.learning_rate * learning_rate_factor(config.schedule, step, steps, reductions)
    for group in optimizer.param_groups:
        group["lr"] = rate
    return rate
