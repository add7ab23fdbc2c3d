"""What TensorBoard shows of a run: the numbers of both logs, as scalars over steps."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from torch.utils.tensorboard import SummaryWriter


class Board:
    """Event files in a folder of their own; `tensorboard --logdir` of a folder of runs compares them."""

    def __init__(self, folder: Path, *, finished_steps: int) -> None:
        """Open a new event file; what an interrupted run wrote of later steps is no longer shown."""
        self._writer = SummaryWriter(str(folder), purge_step=finished_steps + 1)

    def add_log(self, rows: Sequence[Mapping[str, str]]) -> None:
        """Add rows of the step log, one scalar per column but `step`."""
        for row in rows:
            for name, value in row.items():
                if name != "step":
                    self._writer.add_scalar(f"training/{name}", float(value), int(row["step"]))
        self._writer.flush()

    def add_validation(self, step: int, values: Mapping[str, float]) -> None:
        """Add what was measured after a step."""
        for name, value in values.items():
            self._writer.add_scalar(f"validation/{name}", value, step)
        self._writer.flush()
