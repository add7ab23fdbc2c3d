"""The training loop: batch, loss, step, and now and then a log line, a validation, a checkpoint.

Every step seeds the random generators from (seed, step, rank) and takes its samples by number, so what a step does is
decided by the weights and its own number alone: a run that was killed goes on from its checkpoint bit for bit as it
would have (on a GPU as far as its kernels are deterministic).
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import cast

import torch
from lightning_fabric import Fabric
from torch import Tensor

from Training.builders import boundary_spacing
from Training.recipes import Recipe
from Training.running.curves import draw_curves
from Training.running.devices import without_denormals
from Training.running.environment import describe_environment
from Training.running.measuring import measure
from Training.running.optimizers import set_learning_rate
from Training.running.plateau import Plateau
from Training.running.run_folder import RunFolder, disk_full_explained
from Training.running.state import TrainingState, checkpoint_content, initial_state, restore, step_seed
from Training.running.step_log import StepLog
from Training.running.stepping import run_steps
from Training.scoring.validation import Draw, Validate
from Training.sources import Batch, SampleSource, Share, batches
from Training.weights.checkpoint import load_checkpoint, save_checkpoint
from VSSegmentationLib.errors import ConfigError
from VSSegmentationLib.losses import LossTerms, SegmentationLoss

logger = logging.getLogger(__name__)


@disk_full_explained()
@without_denormals()
def train(
    recipe: Recipe,
    source: SampleSource,
    folder: Path,
    *,
    fabric: Fabric,
    validate: Validate | None = None,
    resume: bool = False,
    initial_weights: Mapping[str, Tensor] | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    stop_after: int | None = None,
    tensorboard: bool = False,
    draw: Draw | None = None,
) -> TrainingState:
    """Train to the end of the recipe, until nothing gets better, or until asked to stop, and leave a checkpoint.

    Args:
        recipe: What to train, how, and how long.
        source: Makes the samples.
        folder: Where everything is written; must be empty or absent unless `resume`.
        fabric: Device, number of processes, precision; launched already.
        validate: Measures the network, in evaluation mode, every `run.validate_every` steps and at the end.
        resume: Go on from the folder's checkpoint, or start if there is none yet.
        initial_weights: Start from these instead of random ones.
        should_stop: Asked after every step (of a run in one process); True ends it after writing a checkpoint.
        stop_after: End after this step, with a checkpoint, whatever the length that the schedule is made for.
        tensorboard: Write both logs as TensorBoard's event files, too, into the folder `tensorboard` of the run.
        draw: Writes a picture of what the network predicts, after every validation.

    Raises:
        UsageError: If the folder is not empty and `resume` was not asked for.
        ConfigError: If the recipe is not the one that the checkpoint was trained with, does not fit the samples, or has
            a schedule of validations, and nothing is validated.
        ModelError: If the checkpoint is damaged.
        InputRefusedError: If a stored sample is damaged.
        DiskFullError: If there is no space left; the last checkpoint is whole.
        FloatingPointError: If the loss or its gradient is no longer finite.
    """
    if validate is None and recipe.optimizer.schedule.kind == "plateau":
        msg = "the schedule 'plateau' follows what validations measure, and this run has none; choose another kind"
        raise ConfigError(msg)
    run = RunFolder(folder, tensorboard=tensorboard)
    if not resume and fabric.is_global_zero:
        run.refuse_if_used()
    state = initial_state(recipe, fabric.device, initial_weights)
    step = _Step(recipe, state, fabric)
    if resume and run.checkpoint.exists():
        restore(state, load_checkpoint(run.checkpoint), recipe, fabric)
        logger.info("going on after step %d of %d", state.step, recipe.run.steps)
    if fabric.is_global_zero:
        run.prepare(recipe, describe_environment(fabric, recipe.run.precision), finished_steps=state.step)
    log = StepLog(run, recipe.run, fabric, state)
    stream = batches(
        source, _share(recipe, fabric, state.step), num_workers=recipe.run.num_workers,
        boundary_spacing_mm=boundary_spacing(recipe),
    )  # fmt: skip

    def validated() -> bool:
        return validate is not None and _validated(state, run, recipe, fabric, validate=validate, draw=draw)

    def keep() -> None:
        save_checkpoint(run.checkpoint, checkpoint_content(state, recipe, fabric))
        draw_curves(run)

    if not (resume and _stalled(state, recipe, fabric)):
        run_steps(
            state, recipe.run, fabric, log, take=lambda: step.take(stream, log), validated=validated, keep=keep,
            should_stop=should_stop, stop_after=stop_after,
        )  # fmt: skip
    return state


class _Step:
    """One optimizer step, on whatever devices and in whatever precision Fabric was set up with."""

    def __init__(self, recipe: Recipe, state: TrainingState, fabric: Fabric) -> None:
        self._recipe = recipe
        self._state = state
        self._fabric = fabric
        self._network, self._optimizer = fabric.setup(state.network, state.optimizer)
        self._loss = SegmentationLoss(recipe.loss).to(fabric.device)

    def take(self, stream: Iterator[Batch], log: StepLog) -> tuple[Tensor, float]:
        """Train on `accumulate` batches.

        Returns:
            (7,) on the device: total, Dice, cross-entropy, attention and boundary loss, samples that had a boundary (a
            mean over the batches), and the gradient's norm; learning rate.
        """
        recipe, state, fabric = self._recipe, self._state, self._fabric
        torch.manual_seed(step_seed(recipe.seed, state.step, fabric.global_rank))
        rate = set_learning_rate(
            state.optimizer, recipe.optimizer, state.step, recipe.run.steps, state.plateau.reductions
        )
        self._network.train()
        self._optimizer.zero_grad(set_to_none=True)
        parts = recipe.run.accumulate
        losses = torch.zeros(len(LossTerms._fields), device=fabric.device)
        for part in range(parts):
            before = time.perf_counter()
            batch = next(stream)
            log.waited(time.perf_counter() - before)
            with fabric.no_backward_sync(self._network, enabled=part < parts - 1):
                terms = self._forward(batch)
                fabric.backward(terms.total / parts)
            losses += torch.stack(terms).detach().float() / parts
        norm = fabric.clip_gradients(
            self._network,
            self._optimizer,
            max_norm=recipe.optimizer.gradient_clip or float("inf"),
            error_if_nonfinite=False,  # found by the log, with the step's number
        )
        self._optimizer.step()
        if state.average is not None:
            state.average.update(state.network, state.step)
        return torch.cat([losses, cast("Tensor", norm).detach().float().reshape(1)]), rate

    def _forward(self, batch: Batch) -> LossTerms:
        regions = 0 if self._recipe.loss.regions is None else 1  # the background is no region
        classes, largest = self._recipe.network.out_channels + regions, int(batch.labels.max())
        if largest >= classes:
            msg = f"the samples hold label {largest}, so network.out_channels must be > {largest}, got {classes}"
            raise ConfigError(msg)
        image = batch.image.to(self._fabric.device, non_blocking=True)
        if self._recipe.run.channels_last:
            image = image.contiguous(memory_format=torch.channels_last_3d)
        distance = batch.distance_mm
        terms: LossTerms = self._loss(
            self._network(image),
            batch.labels.to(self._fabric.device, non_blocking=True),
            None if distance is None else distance.to(self._fabric.device, non_blocking=True),
            progress=(self._state.step + 1) / self._recipe.run.steps,
        )
        return terms


def _share(recipe: Recipe, fabric: Fabric, finished_steps: int) -> Share:
    return Share(
        batch_size=recipe.run.batch_size,
        rank=fabric.global_rank,
        world_size=fabric.world_size,
        first_batch=finished_steps * recipe.run.accumulate,
        last_batch=recipe.run.steps * recipe.run.accumulate,
    )


def _validated(
    state: TrainingState, run: RunFolder, recipe: Recipe, fabric: Fabric, *, validate: Validate, draw: Draw | None
) -> bool:
    """Measure and draw on the first device, and return on all of them whether the run is at the end of its patience."""
    if fabric.is_global_zero:
        value = measure(
            state, run, state.measured_network.eval(), recipe=recipe, validate=validate, metric=recipe.validation.metric
        )  # fmt: skip
        state.plateau = _plateau_after(state, recipe, value)
        if draw is not None:
            draw(state.measured_network.eval(), run.predictions)
    state.plateau = fabric.broadcast(state.plateau)
    stalled = _stalled(state, recipe, fabric)
    if stalled:
        logger.info("nothing got better in %d validations; the run ends here", recipe.run.patience)
    return stalled


def _plateau_after(state: TrainingState, recipe: Recipe, value: float) -> Plateau:
    """Return where the schedule stands; a validation at the end of a run that is made longer later does not count."""
    schedule = recipe.optimizer.schedule
    counts = state.step % recipe.run.validate_every == 0 and state.step > schedule.warmup_steps
    return state.plateau.after(value, schedule.patience) if schedule.kind == "plateau" and counts else state.plateau


def _stalled(state: TrainingState, recipe: Recipe, fabric: Fabric) -> bool:
    """Return, on every device alike, whether the first one has seen nothing better for as long as patience lasts."""
    patience, best = recipe.run.patience, state.best
    if patience is None:
        return False
    own = best is not None and state.step - best["step"] >= patience * recipe.run.validate_every
    return bool(fabric.broadcast(own))
