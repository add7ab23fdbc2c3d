"""Step after step: what every training has in common, whatever it trains.

The step itself is handed in; here is when the log is written, when is validated, when a checkpoint is kept, and when a
run ends.
"""

from collections.abc import Callable

from lightning_fabric import Fabric
from torch import Tensor

from Training.recipes import RunConfig
from Training.running.live import LiveBar
from Training.running.step_log import Progress, StepLog


def run_steps(
    progress: Progress,
    config: RunConfig,
    fabric: Fabric,
    log: StepLog,
    *,
    take: Callable[[], tuple[Tensor, float]],
    validated: Callable[[], bool],
    keep: Callable[[], None],
    should_stop: Callable[[], bool],
    stop_after: int | None,
) -> None:
    """Take steps to the end of the run, until nothing gets better, or until asked to stop.

    Args:
        progress: Counted up here.
        config: How long, and how often what is written.
        fabric: Launched already.
        log: Takes what the steps give.
        take: Does one step; returns its losses and gradient norms on the device, and the learning rate.
        validated: Measures, on all devices alike; returns whether the run is at the end of its patience.
        keep: Writes the checkpoint; called on the first device.
        should_stop: Asked after every step (of a run in one process); True ends it after writing a checkpoint.
        stop_after: End after this step.
    """
    stopped = False
    with LiveBar(config.steps, progress.step, shown=fabric.is_global_zero) as bar:
        while progress.step < config.steps and not stopped:
            values, rate = take()
            progress.step += 1
            progress.seconds = log.add(progress.step, values, rate)
            bar.step(progress.step)
            stopped = progress.step == stop_after or (fabric.world_size == 1 and should_stop())
            finished = progress.step == config.steps
            validation_due = finished or progress.step % config.validate_every == 0
            checkpoint_due = finished or stopped or progress.step % config.checkpoint_every == 0
            if validation_due or checkpoint_due or progress.step % config.log_every == 0:
                log.flush()
            if validation_due:
                stalled = validated() and not finished
                stopped, checkpoint_due = stopped or stalled, checkpoint_due or stalled
            if checkpoint_due and fabric.is_global_zero:
                keep()
            if validation_due or checkpoint_due:
                fabric.barrier()
                log.restart_clock()
