"""The step log: one row per step in log.csv, one line per `log_every` steps for whoever watches."""

import logging
import math
import time
from typing import cast

import torch
from lightning_fabric import Fabric
from torch import Tensor

from Training.recipes import RunConfig
from Training.running.run_folder import LOG_COLUMNS, RunFolder

logger = logging.getLogger(__name__)


class StepLog:
    """Collects what steps gave, still on the device, and writes it in bunches so that no step waits for it."""

    def __init__(self, run: RunFolder, config: RunConfig, fabric: Fabric, step: int, seconds: float) -> None:
        self._run = run
        self._config = config
        self._fabric = fabric
        self._rows: list[tuple[int, Tensor, float, float]] = []
        self._seconds = seconds
        self._waited = 0.0
        self._last = time.perf_counter()
        self._line_step, self._line_seconds = step, seconds

    def waited(self, seconds: float) -> None:
        """Count time spent waiting for samples."""
        self._waited += seconds

    def restart_clock(self) -> None:
        """Leave out the time since the last step: it went into validation and files."""
        self._last = time.perf_counter()

    def add(self, step: int, values: Tensor, rate: float) -> float:
        """Take one step's (7,) losses and gradient norm; return the seconds spent in steps so far."""
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
            self._run.append_log([dict(zip(LOG_COLUMNS, row, strict=True)) for row in texts])
            self._show(table)
        self._rows.clear()
        self._refuse_not_finite(table)

    def _show(self, table: list[tuple[float, ...]]) -> None:
        step, steps = int(table[-1][0]), self._config.steps
        if step - self._line_step < self._config.log_every and step < steps:
            return
        spent = self._seconds - self._line_seconds
        speed = (step - self._line_step) / max(spent, 1e-9)
        parts = [sum(row[n] for row in table) / len(table) for n in range(1, 7)]
        logger.info(
            "step %d/%d  loss %.4f = dice %.4f, cross-entropy %.4f, attention %.4f, boundary %.4f (of %.1f samples)"
            "  rate %.2e  %.2f steps/s  waiting for data %.0f %%  ETA %s",
            step, steps, *parts, table[-1][-2], speed,
            100 * self._waited / max(spent, 1e-9), _clock((steps - step) / speed),
        )  # fmt: skip
        self._line_step, self._line_seconds, self._waited = step, self._seconds, 0.0

    def _refuse_not_finite(self, table: list[tuple[float, ...]]) -> None:
        # float16 training skips steps whose gradient overflows, so there only the losses count.
        checked = slice(1, 7 if self._config.precision == "16-mixed" else 8)
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
