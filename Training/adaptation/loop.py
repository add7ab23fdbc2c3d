"""Training a translator: the sibling of `Training.running.loop.train`, for several networks and optimizers.

Run folder, log, checkpoints, schedules, seeds and devices are those of every training; here is only what a step does.
A step seeds the random generators from (seed, step, rank) and takes its samples by number, so a run that was killed
goes on bit for bit.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch
from lightning_fabric import Fabric
from torch import Tensor

from Training.adaptation.config import TranslationRecipe
from Training.adaptation.grids import draw_translations
from Training.adaptation.slices import as_given
from Training.adaptation.state import TranslationState, initial_translation, restore_translation, translation_content
from Training.adaptation.translation import discriminator_loss, generator_loss, translate
from Training.running.curves import draw_curves
from Training.running.devices import without_denormals
from Training.running.environment import describe_environment
from Training.running.measuring import measure
from Training.running.run_folder import RunFolder, disk_full_explained
from Training.running.schedule import learning_rate_factor
from Training.running.state import step_seed
from Training.running.step_log import StepLog
from Training.running.stepping import run_steps
from Training.scoring import Validate
from Training.sources import Batch, SampleSource, Share, batches
from Training.weights.checkpoint import load_checkpoint, save_checkpoint
from VSSegmentationLib.errors import UsageError

logger = logging.getLogger(__name__)

LOG_COLUMNS = (
    "step", "generator", "adversarial", "contrast", "identity", "segmentation", "edges", "discriminator",
    "gradient_norm", "discriminator_gradient_norm", "learning_rate", "seconds",
)  # fmt: skip
_COLORS = {"generator": "#000000", "adversarial": "#0072B2", "contrast": "#D55E00", "discriminator": "#009E73"}
PICTURES = "translations"
"""Folder of the run that holds a grid of pictures for each validation."""


@disk_full_explained()
@without_denormals()
def train_translator(
    recipe: TranslationRecipe,
    source: SampleSource,
    folder: Path,
    *,
    fabric: Fabric,
    validate: Validate | None = None,
    resume: bool = False,
    should_stop: Callable[[], bool] = lambda: False,
    stop_after: int | None = None,
    tensorboard: bool = False,
) -> TranslationState:
    """Train to the end of the recipe, or until asked to stop, and leave a checkpoint.

    Args:
        recipe: What to train, how, and how long.
        source: Makes samples as `UnpairedSlices` does.
        folder: Where everything is written; must be empty or absent unless `resume`.
        fabric: Device and precision; one process, launched already.
        validate: Measures the generator every `run.validate_every` steps; `best.pt` is chosen by `recipe.metric`.
        resume: Go on from the folder's checkpoint, or start if there is none yet.
        should_stop: Asked after every step; True ends the run after writing a checkpoint.
        stop_after: End after this step, with a checkpoint.
        tensorboard: Write both logs as TensorBoard's event files, too.

    Raises:
        UsageError: If the folder is not empty and `resume` was not asked for, or there are several processes.
        ConfigError: If the recipe is not the one that the checkpoint was trained with.
        ModelError: If the checkpoint is damaged.
        DiskFullError: If there is no space left; the last checkpoint is whole.
        FloatingPointError: If a loss or a gradient is no longer finite.
    """
    if fabric.world_size > 1:
        msg = f"a translator trains on one device; got {fabric.world_size} processes: use --devices 1"
        raise UsageError(msg)
    run = RunFolder(folder, columns=LOG_COLUMNS, tensorboard=tensorboard)
    if not resume:
        run.refuse_if_used()
    state = initial_translation(recipe, fabric.device)
    step = _Step(recipe, state, fabric)
    if resume and run.checkpoint.exists():
        restore_translation(state, load_checkpoint(run.checkpoint), recipe, fabric)
        logger.info("going on after step %d of %d", state.step, recipe.run.steps)
    run.prepare(recipe, describe_environment(fabric, recipe.run.precision), finished_steps=state.step)
    (folder / PICTURES).mkdir(exist_ok=True)
    log = StepLog(run, recipe.run, fabric, state, _described)
    share = Share(batch_size=recipe.run.batch_size, first_batch=state.step, last_batch=recipe.run.steps)
    stream = batches(source, share, num_workers=recipe.run.num_workers)
    draw = draw_translations(source)

    def validated() -> bool:
        generator = state.generator.eval()
        if validate is not None:
            measure(state, run, generator, recipe=recipe, validate=validate, metric=recipe.metric)
        draw(generator, folder / PICTURES / f"after_{state.step:07d}.png")
        return False

    def keep() -> None:
        save_checkpoint(run.checkpoint, translation_content(state, recipe, fabric))
        draw_curves(run, _COLORS)

    run_steps(
        state, recipe.run, fabric, log, take=lambda: step.take(stream, log), validated=validated, keep=keep,
        should_stop=should_stop, stop_after=stop_after,
    )  # fmt: skip
    return state


def _described(means: Sequence[float]) -> str:
    text = (
        "generator {:.4f} (adversarial {:.4f}, contrast {:.4f}, identity {:.4f}, segmentation {:.4f}, edges {:.4f}), "
    )
    return (text + "discriminator {:.4f}").format(*means)


class _Step:
    """One step of the discriminator, then one of the generator and the heads, on one batch.

    The networks are not set up by Fabric, because a step runs parts of them (`features`); device and precision are its.
    """

    def __init__(self, recipe: TranslationRecipe, state: TranslationState, fabric: Fabric) -> None:
        self._recipe = recipe
        self._state = state
        self._fabric = fabric

    def take(self, stream: Iterator[Batch], log: StepLog) -> tuple[Tensor, float]:
        """Train on one batch.

        Returns:
            (9,) on the device, as `LOG_COLUMNS` names them from `generator` on; the generator's learning rate.
        """
        recipe, state, fabric = self._recipe, self._state, self._fabric
        torch.manual_seed(step_seed(recipe.seed, state.step, fabric.global_rank))
        rate = self._set_rates()
        before = time.perf_counter()
        batch = next(stream)
        log.waited(time.perf_counter() - before)
        original, target = (as_given(batch.image[:, n]).to(fabric.device, non_blocking=True) for n in (0, 1))
        labels = batch.labels.squeeze(1).to(fabric.device, non_blocking=True)  # (B, H, W), of slabs (B, D, H, W)
        generator, heads = state.generator.train(), state.heads.train()
        discriminator = state.discriminator.train()
        with fabric.autocast():
            made = translate(generator, original, target, recipe.loss, labels)
            judged = discriminator_loss(discriminator, made)
        norm_of_discriminator = self._descend("discriminator", judged)
        discriminator.requires_grad_(requires_grad=False)
        with fabric.autocast():
            terms = generator_loss(generator, discriminator, heads, made, recipe.loss)
        norm = self._descend("generator", terms.total)
        discriminator.requires_grad_(requires_grad=True)
        return torch.stack([*(each.detach().float() for each in (*terms, judged)), norm, norm_of_discriminator]), rate

    def _set_rates(self) -> float:
        options = self._recipe.optimizer
        rate = options.learning_rate * learning_rate_factor(options.schedule, self._state.step, self._recipe.run.steps)
        for name, share in (("generator", 1.0), ("discriminator", options.discriminator_share)):
            for group in self._state.optimizers[name].param_groups:
                group["lr"] = share * rate
        return rate

    def _descend(self, name: str, loss: Tensor) -> Tensor:
        """Take a step of one optimizer; return the norm of its gradient."""
        optimizer = self._state.optimizers[name]
        optimizer.zero_grad(set_to_none=True)
        self._fabric.backward(loss)
        parameters = [each for group in optimizer.param_groups for each in group["params"]]
        norm = torch.nn.utils.clip_grad_norm_(parameters, float("inf"))  # which clips nothing
        optimizer.step()
        return norm.detach().float()
