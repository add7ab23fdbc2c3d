"""A tumor kind as one declaration: what goes in, what its labels mean, what is measured and told."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, Protocol, TypeVar, get_args

from VSSegmentationLib.errors import ConfigError, UsageError
from VSSegmentationLib.evaluation import CaseScores
from VSSegmentationLib.geometry import Triplet
from VSSegmentationLib.imageio.rules import ScanRules
from VSSegmentationLib.label_names import LabelValues, parse_label_values
from VSSegmentationLib.label_set import LabelEntry, LabelSet, Structure
from VSSegmentationLib.measurement import Grade, Headline, Measurement, MeatalPlane, NoPlane
from VSSegmentationLib.measurement.definitions import Definitions
from VSSegmentationLib.measurement.growth import PublishedLimits
from VSSegmentationLib.volume import Volume

ReportSection = Literal[
    "header", "lead", "tiles", "growth", "user_fields", "measurements", "edits", "candidates", "provenance"
]
NO_BOUNDARY = "this kind of tumor is not divided by a plane"


class Identified(Protocol):
    """A measure with its id and its name, wherever it is kept."""

    @property
    def id(self) -> str:
        """As the definitions of its task have it."""
        ...

    @property
    def name(self) -> str:
        """What people read."""
        ...


Named = TypeVar("Named", bound=Identified)
_WORD = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True, kw_only=True)
class TaskInput:
    """One volume that a model of the task takes."""

    name: str
    """Short, as an option names it: `scan`, `flair`."""
    title: str
    """What people read."""
    modalities: tuple[str, ...]
    """Weightings that are allowed; the first is usual."""
    called: tuple[str, ...] = ()
    """Words, in small letters, by which names of files and series tell it, beside its own name."""

    def is_named_in(self, text: str) -> bool:
        """Return whether a name of a file or series has a word that stands for this input."""
        return bool({self.name, *self.called} & set(_WORD.findall(text.lower())))


class MeasureLabelmap(Protocol):
    """How a labelmap of the task is measured."""

    def __call__(
        self, labelmap: Volume, *, plane: MeatalPlane | None = None, points: Mapping[str, Triplet] | None = None
    ) -> tuple[Measurement, ...]:
        """Return all measures of the task, in the order of its definitions.

        Args:
            labelmap: (D, H, W) of values of the task's labels.
            plane: Between two parts, if a person set it.
            points: Those of the task's `points` that a person marked, RAS in mm.
        """
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
class Boundary:
    """A plane between two parts of the tumor: fitted to them, and moved by a person to divide the tumor anew."""

    name: str
    """What people read, such as `Porus plane`."""
    fit: Callable[[Volume], MeatalPlane | NoPlane]
    split: Callable[[Volume, MeatalPlane], Volume]
    parts: tuple[str, str]
    """Keys of the labels in front of the plane, where its normal points to, and behind it."""
    in_front: str
    """Where the normal points to, in words: `toward the brain`."""
    behind: str


@dataclass(frozen=True, kw_only=True)
class Suspicion:
    """A sign that labels of a labelmap that is evaluated mean something else than was said."""

    applies: Callable[[CaseScores], bool]
    """To one case."""
    sentence: str
    """A full sentence; `{cases}` stands for the numbers of the cases it applies to."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """Everything that sets one tumor kind apart; code outside this room does not ask which task it is."""

    name: str
    """Such as `vestibular schwannoma`; a model file names its task by it, a report has it in its title."""
    short_name: str
    """As a letter writes it: `VS`."""
    inputs: tuple[TaskInput, ...]
    """In the order of the channels of a network."""
    scan_rules: ScanRules
    """Which scans are refused."""
    label_set: LabelSet

    definitions: Definitions
    measure: MeasureLabelmap
    points: tuple[str, ...] = ()
    """Points that a person may mark for the measures."""
    landmarks: tuple[str, ...] = ()
    """Points that a model may find for them."""
    labelmap_warnings: Callable[[Volume], tuple[str, ...]]
    """Full sentences about a labelmap that cannot be quite right."""
    boundary: Boundary | None
    """The plane between two parts; None where the task has no such plane."""
    headline_policies: tuple[str, ...]
    """The first is the default."""
    choose_headline: ChooseHeadline
    headline_note: str
    """How a headline diameter lies, in a word: `axial`."""
    grades: Callable[[Sequence[Measurement]], tuple[Grade, ...]]
    prefilled_grades: tuple[str, ...] = ()
    """Names of grades that stand only until a person has entered one."""

    main_volumes: tuple[str, ...]
    """Ids of the volumes that lead tables, curves and sentences; the first is the whole tumor's."""
    volume_abbreviations: Mapping[str, str]
    """What a letter calls the other main volumes: `EM`."""
    axial_diameters: tuple[str, ...]
    """Ids of diameters that lie in one axial plane; the first is drawn where the headline is none of them."""
    across_boundary: frozenset[str] = frozenset()
    """Ids of measures of the whole tumor that the boundary of its parts decides on, too."""
    without_line: frozenset[str] = frozenset()
    """Ids of lengths that no line of their own is drawn for."""
    same_by_definition: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Id of a measure that is another one by another name, to the id of that one; people see one row, files both."""
    extent_name: str = ""
    """What `extent_in_words` is of: `Lateral extent in the canal`."""
    extent_in_words: Callable[[Mapping[str, Measurement]], str] | None = None
    """Says from the measurements by id how far the tumor reaches; None where page 1 has no such line."""
    label_of_region: Mapping[str, str]
    """Region of a measurement to the key of the label that has its color and codes; the whole tumor has none."""

    measures_of_organs: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Id of a measure that needs an organ, to the key of its label; these are no measures of the tumor alone."""

    published_limits: Mapping[str, PublishedLimits] = field(default_factory=lambda: MappingProxyType({}))
    """Id of a measure to the changes of it that a published rule names."""

    report_sections: tuple[ReportSection, ...]
    """Sections of the page, in their order."""
    user_fields: tuple[str, ...]
    """Findings that a person is asked for, by their names in `UserFields`."""
    dicom_label: str
    """Of the segmentation object: up to 16 capital letters, digits and underscores."""

    structures: tuple[Structure, ...]
    """What two labelmaps can be compared by."""
    default_structures: tuple[Structure, ...]
    label_maps: Mapping[str, LabelValues] = field(default_factory=lambda: MappingProxyType({}))
    """Maps of the values of labelmaps that others have published."""
    suspicions: tuple[Suspicion, ...] = ()

    def __post_init__(self) -> None:
        unknown = [section for section in self.report_sections if section not in get_args(ReportSection)]
        if unknown:
            msg = f"a report has the sections {', '.join(get_args(ReportSection))}, got {unknown[0]!r}"
            raise ConfigError(msg)
        measured = (*self.main_volumes, *self.volume_abbreviations, *self.axial_diameters, *self.without_line)
        measured += (
            *self.across_boundary,
            *self.measures_of_organs,
            *self.published_limits,
            *self.same_by_definition,
            *self.same_by_definition.values(),
        )
        missing = [measurement_id for measurement_id in measured if measurement_id not in self.definitions]
        if missing:
            msg = f"the task {self.name!r} has no definition of {missing[0]!r}; define it, or leave it out"
            raise ConfigError(msg)
        for key in (*self.label_of_region.values(), *(self.boundary.parts if self.boundary else ())):
            self.label_set.of_key(key)

    def __repr__(self) -> str:
        return f"Task({self.name!r})"

    @property
    def title(self) -> str:
        """The name with a capital letter."""
        return f"{self.name[:1].upper()}{self.name[1:]}"

    @property
    def default_policy(self) -> str:
        """The headline policy where nobody chose one."""
        return self.headline_policies[0]

    def chosen_policy(self, name: str | None) -> str:
        """Return a headline policy by its name; the default one where none is named.

        Raises:
            ConfigError: If there is none of this name.
        """
        if name is not None and name not in self.headline_policies:
            known = ", ".join(sorted(self.headline_policies, key=str.casefold))
            msg = f"a headline policy of a {self.name} must be one of {known}, got {name!r}"
            raise ConfigError(msg)
        return name or self.default_policy

    @property
    def whole_volume(self) -> str:
        """Id of the volume of the whole tumor."""
        return self.main_volumes[0]

    def label_values(self, text: str) -> LabelValues:
        """Return what the values of a labelmap mean, from `own`, a name of `label_maps`, or pairs such as `1=im,2=em`.

        Raises:
            UsageError: If it is none of these.
        """
        return parse_label_values(text, self.label_set, self.label_maps)

    def rows(self, measurements: Sequence[Named]) -> list[Named]:
        """Return the measurements that people see, in a row each: none that is another one by another name."""
        return [each for each in measurements if each.id not in self.same_by_definition]

    def row_name(self, measurement: Identified) -> str:
        """Return what people call a row: the name, and the other name where the measure has two."""
        others = [
            self.definitions[other].name.partition(",")[0].lower()
            for other, same in self.same_by_definition.items()
            if same == measurement.id
        ]
        return f"{measurement.name} ({', '.join(others)})" if others else measurement.name

    def entry_of_region(self, region: str) -> LabelEntry | None:
        """Return the label that has color and codes of a region of a measurement; None for the whole tumor."""
        key = self.label_of_region.get(region)
        return None if key is None else self.label_set.of_key(key)

    def of_tumor(self, measurements: Sequence[Measurement]) -> tuple[Measurement, ...]:
        """Return the measurements that are followed over time: those that no organ is needed for."""
        return tuple(each for each in measurements if each.id not in self.measures_of_organs)

    @property
    def organ_regions(self) -> frozenset[str]:
        """Regions of measurements that are organs and no part of the tumor."""
        regions = self.label_of_region.items()
        return frozenset(region for region, key in regions if not self.label_set.of_key(key).is_tumor)

    def check_marks(self, *, plane: MeatalPlane | None, points: Mapping[str, Triplet]) -> None:
        """See that what a person marked means something for this kind of tumor.

        Raises:
            UsageError: If it does not.
        """
        if plane is not None and self.boundary is None:
            msg = f"a plane was given, and a {self.name} is not divided by one; leave it out"
            raise UsageError(msg)
        foreign = sorted(set(points) - {*self.points, *self.landmarks})
        if foreign:
            known = ", ".join(self.points) or "none"
            msg = f"the point {foreign[0]!r} means nothing for a {self.name}; points that can be marked: {known}"
            raise UsageError(msg)

    def fitted_plane(self, labelmap: Volume) -> MeatalPlane | NoPlane:
        """Return the plane between the two parts of a labelmap, or why there is none."""
        return NoPlane(reason=NO_BOUNDARY) if self.boundary is None else self.boundary.fit(labelmap)
