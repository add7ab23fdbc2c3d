"""An adaptation from start to end, each step done once: given again, it goes on in the step that was interrupted."""

from collections.abc import Callable
from pathlib import Path

from torch import nn

from Training.adaptation.config import TranslationRecipe
from Training.adaptation.generator import CLASSES, Generator
from Training.adaptation.labeling import labeler_of_run, pseudo_label_scans
from Training.adaptation.loop import train_translator
from Training.adaptation.making import merge_manifests, translate_scans
from Training.adaptation.measured import validate_translations
from Training.adaptation.recipe import AdaptationRecipe
from Training.adaptation.scans import entries_of, slices_of, validation_scans
from Training.recipes import refuse_other_recipe
from Training.running.session import Machine, launched, train_recipe
from Training.tables import from_table
from Training.weights import load_checkpoint, weights_of
from VSSegmentationLib.errors import CancelledError, ConfigError, ModelError
from VSSegmentationLib.inference.device import resolve_device


class Adaptation:
    """The steps, each in a folder of its own: `translation`, `translated`, `round_N`, `labels_N`, `mixed_N`."""

    def __init__(
        self,
        recipe: AdaptationRecipe,
        out: Path,
        machine: Machine,
        *,
        should_stop: Callable[[], bool] = lambda: False,
        say: Callable[[str], None] = lambda _text: None,
    ) -> None:
        """Take what is to be done.

        Args:
            recipe: Of all steps.
            out: For all of them.
            machine: What to train on.
            should_stop: Asked after every step of a training.
            say: Told what is begun.
        """
        self._recipe = recipe
        self._out = out
        self._machine = machine
        self._should_stop = should_stop
        self._say = say

    def run(self) -> Path:
        """Do all steps, and return the checkpoint of the last network.

        Raises:
            CancelledError: If it was asked to stop; given again, it goes on there.
            VSSegmentationError: What a step refuses.
        """
        translated = self.translated_scans()
        last = self.segmenter(translated, 0)
        for number in range(1, len(self._recipe.rounds) + 1):
            last = self.segmenter(self.mixed_scans(translated, last, number), number)
        return last

    def translated_scans(self) -> Path:
        """Train the translator, translate the labeled scans, and return the manifest of what came out."""
        folder, recipe = self._out / "translation", self._recipe.translation
        self._say(f"translation: {recipe.run.steps} steps")
        file = train_translation(recipe, folder, self._machine, should_stop=self._should_stop)
        generator, _ = generator_of_run(file)
        self._say("translating the labeled scans")
        device = resolve_device(self._machine.device)
        return translate_scans(generator.to(device), self._recipe.data, self._out / "translated")

    def segmenter(self, manifest: Path, number: int) -> Path:
        """Train the network of a round, begun with the weights of the one before, and return its checkpoint."""
        recipe = self._recipe.segmenter_recipe(manifest, number)
        before = self._checkpoint(number - 1)
        weights = weights_of(load_checkpoint(before)) if number else None
        self._say(f"round {number}: {recipe.run.steps} steps")
        train_recipe(
            recipe, self._out / f"round_{number}", self._machine, resume=True, weights=weights,
            should_stop=self._should_stop, to_go_on="the same command goes on from there",
        )  # fmt: skip
        return self._checkpoint(number)

    def mixed_scans(self, translated: Path, last: Path, number: int) -> Path:
        """Give the target's scans pseudo-labels, and return the manifest of these and of the translations."""
        data, chosen = self._recipe.data, self._recipe.rounds[number - 1]
        entries = entries_of(data.target, data.split, data.target_modality, labeled=False)
        self._say(f"round {number}: pseudo-labels of {len(entries)} scans")
        labeler = labeler_of_run(
            last, resolve_device(self._machine.device), chosen.select, chosen.probability,
            correct=chosen.correct_contrast,
        )  # fmt: skip
        labels = pseudo_label_scans(labeler, entries, data.target_modality, data.crop, self._out / f"labels_{number}")
        return merge_manifests([translated, labels], self._out / f"mixed_{number}")

    def _checkpoint(self, number: int) -> Path:
        return self._out / f"round_{number}" / "checkpoint.pt"


def train_translation(
    recipe: TranslationRecipe, folder: Path, machine: Machine, *, should_stop: Callable[[], bool] = lambda: False
) -> Path:
    """Train a translator on the scans that its recipe names, or go on with it, and return its file to be used.

    Returns:
        `best.pt`, by what a segmenter found in translations, where the recipe names one; else `checkpoint.pt`.

    Raises:
        ConfigError: If the recipe names no scans.
        CancelledError: If it was asked to stop before the end; it has left a checkpoint.
        VSSegmentationError: What scans, device and loop refuse.
    """
    data = recipe.data
    if data is None:
        msg = "the recipe of a translation needs a table `data` with source and target"
        raise ConfigError(msg)
    measured = data.segmenter is not None
    file = folder / ("best.pt" if measured else "checkpoint.pt")
    if _is_done(folder / "checkpoint.pt", recipe) and file.is_file():
        return file
    validate = validate_translations(data, validation_scans(data)) if measured else None
    slices = slices_of(data, recipe.seed, recipe.translator.depth)
    if recipe.translator.segments and slices.largest_label >= CLASSES:
        msg = f"the labels hold {slices.largest_label}, and translator.segments tells extrameatal, intrameatal and "
        msg += "cochlea (1 to 3) only: outline the parts, or leave it out"
        raise ConfigError(msg)
    state = train_translator(
        recipe, slices, folder, fabric=launched(machine, recipe.run.precision),
        validate=validate, resume=True, should_stop=should_stop,
    )  # fmt: skip
    if state.step < recipe.run.steps:
        msg = f"stopped after step {state.step} of {recipe.run.steps} of the translation; the same command goes on"
        raise CancelledError(msg)
    return file


def generator_of_run(file: Path) -> tuple[nn.Module, TranslationRecipe]:
    """Return the generator of a translator's best.pt or checkpoint.pt, in evaluation mode, and its recipe.

    Raises:
        ModelError: If the file is damaged, or not of a translator.
    """
    content = load_checkpoint(file)
    try:
        recipe = from_table(TranslationRecipe, content["recipe"], "recipe")
        generator = Generator(recipe.translator)
        generator.load_state_dict(content["networks"]["generator"] if "networks" in content else content["model"])
    except (ConfigError, KeyError, RuntimeError) as error:
        msg = f"{file.name} holds no translator ({type(error).__name__}); give best.pt of a run of `translate`"
        raise ModelError(msg) from error
    return generator.eval(), recipe


def _is_done(checkpoint: Path, recipe: TranslationRecipe) -> bool:
    """Return whether a run is at its end.

    Raises:
        ConfigError: If it was made with another recipe.
    """
    if not checkpoint.is_file():
        return False
    content = load_checkpoint(checkpoint)
    refuse_other_recipe(recipe, content["recipe"])
    return int(content["step"]) >= recipe.run.steps
