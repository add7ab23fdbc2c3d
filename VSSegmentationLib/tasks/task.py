"""A tumor kind as one declaration: what goes in, what its labels mean, what is measured and told."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from VSSegmentationLib.label_set import LabelSet
from VSSegmentationLib.measurement import Grade, Headline, Measurement, MeatalPlane, NoPlane
from VSSegmentationLib.measurement.definitions import Definition
from VSSegmentationLib.volume import Volume


@dataclass(frozen=True, kw_only=True)
class TaskInput:
    """One volume that a model of the task takes."""

    name: str
    """Short, as an option names it: `scan`, `flair`."""
    title: str
    """What people read."""
    modalities: tuple[str, ...]
    """Weightings that are allowed; the first is usual."""


class MeasureLabelmap(Protocol):
    """How a labelmap of the task is measured."""

    def __call__(self, labelmap: Volume, *, plane: MeatalPlane | None = None) -> tuple[Measurement, ...]:
        """Return all measures of the task, in the order of its definitions."""
        ...


class ChooseHeadline(Protocol):
    """How the leading measure of a report is chosen."""

    def __call__(
        self,
        measurements: Sequence[Measurement],
        policy: str,
        *,
        after_surgery: bool = False,
        locked: Headline | None = None,
    ) -> Headline:
        """Return the headline by a policy of the task."""
        ...


@dataclass(frozen=True, kw_only=True)
class Task:
    """Everything that sets one tumor kind apart; code outside this room does not ask which task it is."""

    name: str
    """Such as `vestibular schwannoma`; a model file names its task by it."""
    short_name: str
    """As a letter writes it: `VS`."""
    inputs: tuple[TaskInput, ...]
    """In the order of the channels of a network."""
    label_set: LabelSet
    definitions: Mapping[str, Definition]
    measure: MeasureLabelmap
    labelmap_warnings: Callable[[Volume], tuple[str, ...]]
    """Full sentences about a labelmap that cannot be quite right."""
    headline_policies: tuple[str, ...]
    """The first is the default."""
    choose_headline: ChooseHeadline
    grades: Callable[[Sequence[Measurement]], tuple[Grade, ...]]
    main_volumes: tuple[str, ...]
    """Ids of the volumes that lead tables, curves and sentences; the first is the whole tumor's."""
    label_of_region: Mapping[str, str]
    """Region of a measurement to the key of the label that has its color and codes; the whole tumor has none."""
    boundary_plane: Callable[[Volume], MeatalPlane | NoPlane] | None
    """Fits the plane between two parts to a labelmap; None where the task has no such plane."""
    report_sections: tuple[str, ...]
    """Sections of the page, in their order."""
