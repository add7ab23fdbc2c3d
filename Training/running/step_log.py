"""The step log: one row per step in log.csv, one line per `log_every` steps for whoever watches."""

import logging
import math
import time
from collections.abc import Callable, Sequence
from typing import Protocol, cast

import torch
from lightning_fabric import Fabric
from torch import Tensor

from Training.recipes import RunConfig
from Training.running.run_folder import RunFolder

logger = logging.getLogger(__name__)


class Progress(Protocol):
    """How far a run is; part of what its checkpoint holds."""

    step: int
    """Optimizer steps done."""
    seconds: float
    """Time spent in them, over all sittings."""


Describe = Callable[[Sequence[float]], str]
"""Says what the means of a few steps' values are, without the gradients' norms."""


def describe_segmentation(means: Sequence[float]) -> str:
    """Return the words of a segmentation's loss: total, Dice, cross-entropy, attention, boundary, counted samples."""
    return (
        "loss {:.4f} = dice {:.4f}, cross-entropy {:.4f}, attention {:.4f}, boundary {:.4f} (of {:.1f} samples)"
    ).format(*means)


class StepLog:
    """Collects what steps gave, still on the device, and writes it in bunches so that no step waits for it."""

    def __init__(
        self,
        run: RunFolder,
        config: RunConfig,
        fabric: Fabric,
        progress: Progress,
        describe: Describe = describe_segmentation,
    ) -> None:
        """Take what to write to, and where the run is.

        Args:
            run: Its columns are `step`, losses, norms of gradients (`...gradient_norm`), `learning_rate`, `seconds`.
            config: Of the run.
            fabric: Averages over the processes.
            progress: Where the run is when it starts or goes on.
            describe: Words for the line that whoever watches sees.
        """
        self._run = run
        self._describe = describe
        self._norms = next(n for n, name in enumerate(run.columns) if name.endswith("gradient_norm"))
        self._config = config
        self._fabric = fabric
        self._rows: list[tuple[int, Tensor, float, float]] = []
        self._seconds = progress.seconds
        self._waited = 0.0
        self._last = time.perf_counter()
        self._line_step, self._line_seconds = progress.step, progress.seconds

    def waited(self, seconds: float) -> None:
        """Count time spent waiting for samples."""
        self._waited += seconds

    def restart_clock(self) -> None:
        """Leave out the time since the last step: it went into validation and files."""
        self._last = time.perf_counter()

    def add(self, step: int, values: Tensor, rate: float) -> float:
        """Take one step's losses and gradient norms, one number each; return the seconds spent in steps so far."""
        now = time.perf_counter()
        self._seconds += now - self._last
        self._last = now
        self._rows.append((step, values, rate, self._seconds))
        return self._seconds

    def flush(self) -> None:
        """Write the rows, averaged over the processes.

        Raises:
            FloatingPointError: If one of them is not finite; the rows up to it are written.
        """
        if not self._rows:
            return
        values = self._fabric.all_reduce(torch.stack([row[1] for row in self._rows]), reduce_op="mean")
        numbers_of_steps: list[list[float]] = cast("Tensor", values).tolist()
        table = [
            (step, *numbers, rate, seconds)
            for (step, _, rate, seconds), numbers in zip(self._rows, numbers_of_steps, strict=True)
        ]
        if self._fabric.is_global_zero:
            # 9 digits tell any two float32 apart, so the file shows whether two runs are bit-equal.
            texts = [[f"{number:.9g}" for number in row] for row in table]
            self._run.append_log([dict(zip(self._run.columns, row, strict=True)) for row in texts])
            self._show(table)
        self._rows.clear()
        self._refuse_not_finite(table)

    def _show(self, table: list[tuple[float, ...]]) -> None:
        step, steps = int(table[-1][0]), self._config.steps
        if step - self._line_step < self._config.log_every and step < steps:
            return
        spent = self._seconds - self._line_seconds
        speed = (step - self._line_step) / max(spent, 1e-9)
        means = [sum(row[n] for row in table) / len(table) for n in range(1, self._norms)]
        logger.info(
            "step %d/%d  %s  rate %.2e  %.2f steps/s  waiting for data %.0f %%  ETA %s",
            step, steps, self._describe(means), table[-1][-2], speed,
            100 * self._waited / max(spent, 1e-9), _clock((steps - step) / speed),
        )  # fmt: skip
        self._line_step, self._line_seconds, self._waited = step, self._seconds, 0.0

    def _refuse_not_finite(self, table: list[tuple[float, ...]]) -> None:
        # float16 training skips steps whose gradient overflows, so there only the losses count.
        checked = slice(1, self._norms if self._config.precision == "16-mixed" else -2)
        for row in table:
            if not all(map(math.isfinite, row[checked])):
                msg = (
                    f"the loss or its gradient is not finite at step {int(row[0])}; the last checkpoint is older. "
                    "A lower learning_rate, a gradient_clip or a longer warm-up would help"
                )
                raise FloatingPointError(msg)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"
