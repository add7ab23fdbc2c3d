"""What validation measured: into its log, and the best network into best.pt."""

import logging
from typing import Protocol

from torch import nn

from Training.running.run_folder import RunFolder
from Training.scoring.validation import Validate
from Training.tables import to_table
from Training.weights.checkpoint import save_checkpoint
from VSSegmentationLib.errors import ConfigError

logger = logging.getLogger(__name__)


class Measured(Protocol):
    """How far a run is, and what was best so far."""

    step: int
    best: dict[str, float] | None
    """What was measured when `best.pt` was written, and after which step."""


def measure(
    state: Measured, run: RunFolder, network: nn.Module, *, recipe: object, validate: Validate, metric: str
) -> float:
    """Measure a network in evaluation mode, keep it if it is the best so far, and return the value that decides.

    Args:
        state: Of the run; its `best` is renewed.
        run: Where log and best network go.
        network: The one that would be used.
        recipe: Goes beside the best network.
        validate: Measures.
        metric: Which of the values decides; larger is better.

    Raises:
        ConfigError: If nothing of that name was measured.
    """
    values = validate(network)
    run.append_validation(state.step, values)
    logger.info("validation after step %d: %s", state.step, "  ".join(f"{k} {v:.4g}" for k, v in values.items()))
    if metric not in values:
        msg = f"validation.metric {metric!r} is not measured; there are {', '.join(values)}"
        raise ConfigError(msg)
    if state.best is None or values[metric] > state.best[metric]:
        state.best = {"step": state.step, **values}
        content = {"step": state.step, "measured": values, "recipe": to_table(recipe), "model": network.state_dict()}
        save_checkpoint(run.best, content)
    return values[metric]
