"""A model that is ready to run: its network, the settings of its role, and what goes in and comes out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from torch import nn

from VSSegmentationLib.errors import InputRefusedError, ModelError
from VSSegmentationLib.inference.nnunet import NnUNetPlans
from VSSegmentationLib.inference.settings import (
    DividerSettings,
    LocatorSettings,
    RefinerSettings,
    Role,
    Settings,
    role_of,
)
from VSSegmentationLib.label_set import LabelSet
from VSSegmentationLib.networks import AnyNetworkConfig, WithoutSome
from VSSegmentationLib.short_repr import short_repr
from VSSegmentationLib.tasks import DEFAULT_TASK, task_named

LOCATOR_CLASSES = ("background", "right porus", "left porus")
"""What the outputs of a locator are: balls round the porus of the patient's right and left side."""
FUNDUS_CLASSES = ("right fundus", "left fundus")
"""What further outputs are, of a locator that looks for the tips of the fundi, too: smaller balls round these."""

_SHOWN_BESIDE: Mapping[Role, int] = {"divider": 1, "refiner": 4}
"""Channels beside the scans: the mask; in a refiner also what a person has added, removed, and may change now."""
_Kind = TypeVar("_Kind", bound=Settings)


@dataclass(frozen=True)
class ModelInput:
    """One scan that a model takes."""

    name: str
    """As its task names it: `scan`, `flair`."""
    modality: str
    """What it was trained on: "T2", "ceT1", "T1", another weighting, or "unknown"."""
    optional: bool = False
    """Whether the model was trained with this scan left out now and then, so that it runs without."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ModelBundle:
    """A model with all that has to be known to run it."""

    name: str
    version: str
    network: nn.Module
    """Takes (B, C, D, H, W), a channel for each input and, in a divider, one more with the tumor's mask, in a refiner
    three more: that mask, what was added and what removed; returns a `NetworkOutput`. Axes run to superior, anterior,
    right."""
    network_config: AnyNetworkConfig
    settings: Settings
    """Of its role."""
    nnunet: NnUNetPlans | None = None
    """Of a model that nnU-Net v2 trained: how nnU-Net would run it, in place of working grid and windows; its network
    is a `FoldEnsemble`."""
    task: str = DEFAULT_TASK.name
    label_set: LabelSet = DEFAULT_TASK.label_set
    """What the values in its labelmaps mean."""
    labels: tuple[int, ...] = (0, 1, 2)
    """The value of the label set that each output class has; a locator's classes are `LOCATOR_CLASSES`."""
    nested: bool = False
    """Whether its network gives nested regions, each the sigmoid of its own: that of `labels[1]` with everything inside
    it, then that of `labels[2]`, which lies in it, and so on. `network` is a `NestedRegions` then, or nnU-Net's."""
    modality: str = "unknown"
    """What its first input was trained on."""
    inputs: tuple[ModelInput, ...] = ()
    """In the order of the channels; left out, one scan, or those of the task."""
    locator_name: str | None = None
    """Of a segmenter: the locator that finds the region for it; None segments whole scans."""
    provenance: Mapping[str, Any] = field(default_factory=dict)
    """Training data, recipe, dates: plain data, shown and never interpreted."""
    sha256: str = ""
    """Of the file it was loaded from."""

    __repr__ = short_repr

    def __post_init__(self) -> None:
        self._check_classes()
        if self.role != "locator":
            self._check_labels()
        images = self.network_config.in_channels - _SHOWN_BESIDE.get(self.role, 0)
        if not self.inputs:
            object.__setattr__(self, "inputs", _usual_inputs(self.task, images, self.modality))
        if len(self.inputs) != images:
            names = ", ".join(each.name for each in self.inputs)
            msg = f"the network of the model '{self.name}' takes {images} images, and its inputs are {names}"
            raise ModelError(msg)

    @property
    def role(self) -> Role:
        """Segmenter, locator, divider or refiner."""
        return role_of(type(self.settings))

    @property
    def modality_of_input(self) -> dict[str, str]:
        """What each input was trained on, by its name; in the order of the channels."""
        return {each.name: each.modality for each in self.inputs}

    @property
    def organ_classes(self) -> tuple[int, ...]:
        """Which outputs are organs."""
        return tuple(k for k, value in enumerate(self.labels) if value and not self.label_set.of_value(value).is_tumor)

    @property
    def tumor_classes(self) -> tuple[int, ...]:
        """Which outputs are parts of the tumor."""
        return tuple(k for k, value in enumerate(self.labels) if value in self.label_set.tumor_values)

    def settings_as(self, kind: type[_Kind]) -> _Kind:
        """Return the settings of a model that has to be of a role.

        Raises:
            ModelError: If it is of another.
        """
        if not isinstance(self.settings, kind):
            msg = f"the model '{self.name}' is a {self.role}, and a {role_of(kind)} is needed"
            raise ModelError(msg)
        return self.settings

    @property
    def optional_inputs(self) -> tuple[str, ...]:
        """Names of the scans that the model runs without, though not without all."""
        return tuple(each.name for each in self.inputs if each.optional)

    def shown(self, names: Sequence[str]) -> "ModelBundle":
        """Return the model as it runs on some of its scans, in the order in which they are named.

        Raises:
            InputRefusedError: If one is no input of it, comes twice, or one is missing that it needs.
        """
        known = {each.name: number for number, each in enumerate(self.inputs)}
        if tuple(names) == tuple(known):
            return self
        needed = [each.name for each in self.inputs if not each.optional]
        if not names or len(set(names)) < len(names) or not set(needed) <= set(names) <= set(known):
            raise InputRefusedError(self._wanted(names))
        places = [known[name] for name in names]
        return replace(
            self,
            network=WithoutSome(self.network, places, len(known)).eval(),
            network_config=replace(self.network_config, in_channels=len(names)),
            inputs=tuple(self.inputs[place] for place in places),
            modality=self.inputs[places[0]].modality,
        )

    def _wanted(self, names: Sequence[str]) -> str:
        optional = ", ".join(self.optional_inputs)
        without = f", of which {optional} may be left out, not all" if optional else ""
        return (
            f"the model '{self.name}' takes {', '.join(each.name for each in self.inputs)}, each once{without}; got "
            f"{', '.join(names) or 'none'}"
        )

    def _check_classes(self) -> None:
        classes = len(self.labels)
        if isinstance(self.settings, LocatorSettings):
            both = len(LOCATOR_CLASSES) + len(FUNDUS_CLASSES)
            classes = both if self.network_config.out_channels == both else len(LOCATOR_CLASSES)
        outputs = self.network_config.out_channels + (1 if self.nested else 0)  # the background is no region
        given = len(set(self.nnunet.meanings)) if self.nnunet else outputs
        if self.nnunet and self.nnunet.nested != self.nested:
            msg = f"the model '{self.name}' says in one place only that its outputs are nested regions; get it anew"
            raise ModelError(msg)
        if given != classes:
            msg = f"the model '{self.name}' gives {given} classes where its labels ask for {classes}"
            raise ModelError(msg)

    def _check_labels(self) -> None:
        found, known = self.labels[1:], self.label_set
        tumor = set(found) & set(known.tumor_values)
        if self.labels[:1] != (0,) or len(set(found)) < len(found) or not set(found) <= set(known.values) or not tumor:
            msg = (
                f"the labels of the model '{self.name}' must be 0 and then values of the label set '{known.name}', "
                f"each once and one of the tumor among them; got {self.labels}"
            )
            raise ModelError(msg)
        inside = [known.of_value(value).parent for value in found]
        if self.nested and inside[1:] != [known.of_value(value).key for value in found[:-1]]:
            msg = (
                f"the regions of the model '{self.name}' must each lie inside the one before it, got "
                f"{', '.join(known.of_value(value).key for value in found)}"
            )
            raise ModelError(msg)
        if isinstance(self.settings, DividerSettings) and (
            self.network_config.in_channels != 2 or len(tumor) != 2 or len(found) != 2
        ):
            msg = (
                f"the model '{self.name}' is a divider, which takes image and mask and gives background and two parts "
                f"of the tumor; this one takes {self.network_config.in_channels} channels and gives {self.labels}"
            )
            raise ModelError(msg)
        whole = (0, known.whole_tumor.value)
        takes = self.network_config.in_channels
        if isinstance(self.settings, RefinerSettings) and (takes != 5 or self.labels != whole):
            msg = (
                f"the model '{self.name}' is a refiner, which takes image, mask, what was added, removed and may "
                f"change, and gives background and whole tumor; this one takes {takes} channels and gives {self.labels}"
            )
            raise ModelError(msg)


def meanings_of_classes(bundle: ModelBundle) -> dict[str, str]:
    """Return what a card says of the outputs but the background: values of labelmaps, or classes of a locator."""
    if bundle.role != "locator":
        return {str(int(value)): bundle.label_set.of_value(value).name for value in bundle.labels[1:]}
    names = (*LOCATOR_CLASSES, *FUNDUS_CLASSES)[: bundle.network_config.out_channels]
    return {str(number): name for number, name in enumerate(names) if number}


def _usual_inputs(task: str, count: int, modality: str) -> tuple[ModelInput, ...]:
    if count == 1:
        return (ModelInput("scan", modality),)
    return tuple(ModelInput(each.name, each.modalities[0]) for each in task_named(task).inputs)
