"""A model that ships, made from nothing by its one recipe: pools, stage after stage, means, model file and card.

Everything lies in one folder: `heads/`, the pools, and for each model a folder with its stages and its model file. What
is done is not done again; a stage that was interrupted goes on from its checkpoint.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from Training.recipes import (
    InteractionConfig,
    MaskConfig,
    ModelRecipe,
    Recipe,
    Reference,
    Stage,
    read_model_recipe,
    refuse_other_recipe,
)
from Training.release.export import export_run
from Training.release.ground import copy_whole, draw_pools, gather_heads
from Training.release.scaling import scaled_pools, scaled_recipe, scaled_steps
from Training.running.session import Machine, train_recipe
from Training.tables import to_table, to_toml
from Training.weights import find_weights, load_checkpoint, mean_of_weights, save_checkpoint
from VSSegmentationLib.atomic import write_text_atomically
from VSSegmentationLib.errors import ConfigError, UsageError
from VSSegmentationLib.models import find_model

RECIPES = Path(__file__).parents[1] / "recipes"
logger = logging.getLogger(__name__)
_MADE_WITH = "made_with.toml"
_CHECKPOINT = "checkpoint.pt"
_Shown = TypeVar("_Shown", MaskConfig | None, InteractionConfig | None)


@dataclass(frozen=True, kw_only=True)
class ReproduceOptions:
    """Where and how."""

    heads: Path
    """Folder with the head label maps that the recipe names, in whatever sub-folders."""
    out: Path
    """For everything that is made; models that need one another share it."""
    scale: float = 1.0
    """All lengths and counts are multiplied with it."""
    processes: int = 1
    """How many draw skull bases at the same time."""
    machine: Machine = field(default_factory=Machine)
    take_shipped: bool = False
    """Take other models that a recipe needs as they ship; otherwise they are made, too."""
    recipes: Path = RECIPES
    """Where the recipes of models lie."""

    def __post_init__(self) -> None:
        if self.scale <= 0:
            msg = f"--scale must be > 0, got {self.scale}"
            raise UsageError(msg)
        if self.processes < 1:
            msg = f"--processes must be >= 1, got {self.processes}"
            raise UsageError(msg)


class Reproduction:
    """Makes models by name."""

    def __init__(
        self,
        options: ReproduceOptions,
        *,
        should_stop: Callable[[], bool] = lambda: False,
        on_progress: Callable[[str], None] = lambda _text: None,
    ) -> None:
        """Take the options; asked after every step whether to stop, and told what is being done."""
        self._options = options
        self._should_stop = should_stop
        self._on_progress = on_progress
        self._in_work: list[str] = []

    def make_model(self, name: str) -> Path:
        """Return the model file of this name, made if it is not there yet.

        Raises:
            UsageError: If there is no such recipe, head label maps are missing, or the folder holds other runs.
            ConfigError: If the recipe is not allowed, or it needs itself.
            CancelledError: If it was asked to stop; given again, it goes on.
        """
        recipe, folder = self._begun(name)
        target = folder / f"{name}.pt"
        if target.is_file():
            self._on_progress(f"{name}: the model file is there already")
            return target
        self._make_stages(name, recipe, recipe.stage[-1].name)
        export_run(_end_of(folder, recipe.stage[-1]), target, recipe.export)
        self._on_progress(f"{name}: wrote {target.name} and its card")
        return target

    def _begun(self, name: str) -> tuple[ModelRecipe, Path]:
        """Return a recipe and the folder of its model, which is held to this recipe."""
        recipe = read_model_recipe(self._options.recipes / f"{name}.toml")
        folder = self._options.out / name
        others = self._options.take_shipped and bool(recipe.needed_models)
        told = to_toml({"scale": self._options.scale, "take_shipped": others, "recipe": to_table(recipe)})
        file = folder / _MADE_WITH
        if not file.is_file():
            folder.mkdir(parents=True, exist_ok=True)
            write_text_atomically(file, told)
        elif file.read_text(encoding="utf-8") != told:
            msg = f"{name} in this --out was begun with another recipe, --scale or --take-shipped; give another --out"
            raise UsageError(msg)
        return recipe, folder

    def _make_stages(self, name: str, recipe: ModelRecipe, last: str) -> None:
        """Make the stages of a model up to one of them, in order."""
        if name in self._in_work:
            msg = f"the recipes of {' and '.join(self._in_work)} need one another"
            raise ConfigError(msg)
        names = [stage.name for stage in recipe.stage]
        if last not in names:
            msg = f"the recipe of {name} has no stage {last!r}; there are {', '.join(names)}"
            raise ConfigError(msg)
        self._in_work.append(name)
        options = self._options
        gather_heads(recipe.heads, options.heads, options.out / "heads")
        pools = scaled_pools(recipe.pool, options.scale)
        draw_pools(pools, recipe.heads, options.out, processes=options.processes, on_progress=self._on_progress)
        for number, stage in enumerate(recipe.stage[: names.index(last) + 1], start=1):
            self._on_progress(f"{name}: stage {number} of {len(names)}, {stage.name}")
            if stage.mean_of:
                self._average(name, recipe, stage)
            else:
                self._train(name, recipe, stage)
        self._in_work.remove(name)

    def _train(self, name: str, recipe: ModelRecipe, stage: Stage) -> None:
        run = scaled_recipe(self._placed(recipe.recipe_of(stage)), self._options.scale)
        folder = self._options.out / name / stage.name
        for step in sorted(stage.keep_after):
            kept = _kept(folder, step)
            if not kept.is_file():
                self._train_until(scaled_steps(step, self._options.scale), name, run, stage, exactly=True)
                copy_whole(folder / _CHECKPOINT, kept)
        self._train_until(run.run.steps, name, run, stage)

    def _train_until(self, stop: int, name: str, run: Recipe, stage: Stage, *, exactly: bool = False) -> None:
        """Train a stage up to a step, from its checkpoint if it has one."""
        folder, weights = self._options.out / name / stage.name, None
        if (folder / _CHECKPOINT).is_file():
            done = load_checkpoint(folder / _CHECKPOINT)
            refuse_other_recipe(run, done["recipe"])
            if exactly and done["step"] > stop:
                msg = f"the stage {stage.name} of {name} is past what is to be kept of it; delete its folder"
                raise UsageError(msg)
            if done["step"] >= stop:
                return
        elif stage.start_from is not None:
            weights = find_weights(self._file_of(name, stage.start_from), run, ends_may_differ=True).weights
        train_recipe(
            run, folder, self._options.machine, resume=True, weights=weights, stop_after=stop,
            should_stop=self._should_stop, to_go_on="the same command goes on from there",
        )  # fmt: skip

    def _average(self, name: str, recipe: ModelRecipe, stage: Stage) -> None:
        target = _end_of(self._options.out / name, stage)
        if target.is_file():
            return
        trained = [each for each in recipe.stage[: recipe.stage.index(stage)] if each.steps is not None]
        run = recipe.recipe_of(trained[-1])
        found = [find_weights(self._file_of(name, reference), run).weights for reference in stage.mean_of]
        content: Mapping[str, Any] = {
            "step": self._steps_before(recipe, stage),
            "recipe": to_table(run),
            "model": mean_of_weights(found),
        }
        target.parent.mkdir(parents=True, exist_ok=True)
        save_checkpoint(target, content)

    def _steps_before(self, recipe: ModelRecipe, last: Stage) -> int:
        stages = recipe.stage[: recipe.stage.index(last)]
        return sum(scaled_steps(stage.steps, self._options.scale) for stage in stages if stage.steps is not None)

    def _file_of(self, name: str, text: str) -> Path:
        """Return the file of weights that a reference in the recipe of `name` means."""
        reference = Reference(text)
        if reference.model is not None:
            if self._options.take_shipped:
                return find_model(reference.model)
            recipe, folder = self._begun(reference.model)
            self._make_stages(reference.model, recipe, reference.stage)
        else:
            recipe, folder = self._begun(name)
        stage = next(each for each in recipe.stage if each.name == reference.stage)
        if not reference.state:
            return _end_of(folder, stage)
        if reference.state == "best":
            return folder / stage.name / "best.pt"
        return _kept(folder / stage.name, int(reference.state))

    def _placed(self, recipe: Recipe) -> Recipe:
        """Return a recipe whose pools and heads lie in `out`, and whose masks come from a model that is there."""
        data = replace(
            recipe.data, options=self._inside(recipe.data.options), mask=self._with_model(recipe.data.mask),
            interaction=self._with_model(recipe.data.interaction),
        )  # fmt: skip
        held_out = recipe.validation
        validation = replace(held_out, options=self._inside(held_out.options), mask=self._with_model(held_out.mask))
        return replace(recipe, data=data, validation=validation)

    def _with_model(self, shown: _Shown) -> _Shown:
        if shown is None or shown.model is None or self._options.take_shipped:
            return shown
        return replace(shown, model=str(self.make_model(shown.model)))

    def _inside(self, options: Mapping[str, Any]) -> dict[str, Any]:
        places = {key: str(self._options.out / options[key]) for key in ("pool", "heads") if key in options}
        return {**options, **places}


def _end_of(folder: Path, stage: Stage) -> Path:
    return folder / stage.name / ("mean.pt" if stage.mean_of else _CHECKPOINT)


def _kept(folder: Path, step: int) -> Path:
    return folder / f"after_{step}.pt"
