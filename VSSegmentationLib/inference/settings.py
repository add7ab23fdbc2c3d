"""What a model file says besides its weights, for each role: just the sections that a model of that role is run by."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, TypeAlias

from VSSegmentationLib.codec import from_plain, to_plain
from VSSegmentationLib.errors import ConfigError
from VSSegmentationLib.inference.certainty import AtLeast, AtMost, CertaintyConfig
from VSSegmentationLib.inference.config import (
    DivisionConfig,
    LocatorConfig,
    PlausibilityConfig,
    PreprocessingConfig,
    RegionConfig,
    WindowConfig,
)
from VSSegmentationLib.interaction import EncodingConfig, MergeRules
from VSSegmentationLib.short_repr import short_repr

Role = Literal["segmenter", "locator", "divider", "refiner"]


@dataclass(frozen=True, kw_only=True)
class SegmenterSettings:
    """How the tumor is found."""

    preprocessing: PreprocessingConfig = field(default_factory=PreprocessingConfig)
    window: WindowConfig = field(default_factory=WindowConfig)
    region: RegionConfig = field(default_factory=RegionConfig)
    plausibility: PlausibilityConfig = field(default_factory=PlausibilityConfig)
    certainty: CertaintyConfig = field(default_factory=CertaintyConfig)

    def __post_init__(self) -> None:
        if self.plausibility.sure_porus_distance_mm >= self.certainty.porus_distance_mm.accepted:
            msg = (
                "sure_porus_distance_mm must be below the distance up to which a tumor is accepted "
                f"({self.certainty.porus_distance_mm.accepted}), got {self.plausibility.sure_porus_distance_mm}"
            )
            raise ConfigError(msg)

    __repr__ = short_repr


@dataclass(frozen=True, kw_only=True)
class LocatorSettings:
    """How the pori are found."""

    preprocessing: PreprocessingConfig = field(default_factory=PreprocessingConfig)
    window: WindowConfig = field(default_factory=WindowConfig)
    locator: LocatorConfig = field(default_factory=LocatorConfig)

    __repr__ = short_repr


@dataclass(frozen=True, kw_only=True)
class DividerSettings:
    """How a tumor is divided."""

    preprocessing: PreprocessingConfig = field(default_factory=PreprocessingConfig)
    window: WindowConfig = field(default_factory=WindowConfig)
    region: RegionConfig = field(default_factory=RegionConfig)
    division: DivisionConfig = field(default_factory=DivisionConfig)
    certainty: CertaintyConfig = field(default_factory=CertaintyConfig)

    __repr__ = short_repr


@dataclass(frozen=True, kw_only=True)
class RefinerSettings:
    """How a mask is corrected by a click."""

    preprocessing: PreprocessingConfig = field(default_factory=PreprocessingConfig)
    """Its working grid; intensities are those of the window itself."""
    window: WindowConfig = field(default_factory=lambda: WindowConfig(size_dhw=(24, 64, 64)))
    """Its size is what is shown round an interaction, at least."""
    encoding: EncodingConfig = field(default_factory=EncodingConfig)
    merge: MergeRules = field(default_factory=MergeRules)

    __repr__ = short_repr


Settings: TypeAlias = SegmenterSettings | LocatorSettings | DividerSettings | RefinerSettings

_OF_ROLE: dict[Role, type[Settings]] = {
    "segmenter": SegmenterSettings,
    "locator": LocatorSettings,
    "divider": DividerSettings,
    "refiner": RefinerSettings,
}


def role_of(settings: type[object]) -> Role:
    """Return the role that settings of this kind are for."""
    return next(role for role, kind in _OF_ROLE.items() if kind is settings)


def settings_from_plain(role: str, data: Mapping[str, Any]) -> Settings:
    """Build from the sections of a role; what else is there is not looked at.

    Raises:
        KeyError: If there is no such role, or a section of it is missing.
        ConfigError: If a section holds an unknown key or a value that is not allowed.
    """
    kind = {str(each): kind for each, kind in _OF_ROLE.items()}[role]
    data = data if "certainty" in data else _with_certainty(data)
    sections = {section.name: data[section.name] for section in fields(kind)}
    return from_plain(kind, sections, "settings", error=ConfigError, quoting=True)


def _with_certainty(data: Mapping[str, Any]) -> dict[str, Any]:
    """Gather the limits of a file from before they had a section of their own: one for each figure."""
    usual = CertaintyConfig()
    plausibility, division = dict(data.get("plausibility") or {}), dict(data.get("division") or {})
    probability = plausibility.pop("min_mean_probability", usual.mean_probability.accepted)
    distance = plausibility.pop("max_porus_distance_mm", usual.porus_distance_mm.accepted)
    spread = division.pop("sure_spread_mm", usual.boundary_spread_mm.certain)
    certainty = replace(
        usual,
        mean_probability=AtLeast(probability, probability),
        porus_distance_mm=AtMost(distance, distance),
        boundary_spread_mm=AtMost(spread, usual.boundary_spread_mm.accepted),
    )
    return {**data, "plausibility": plausibility, "division": division, "certainty": to_plain(certainty)}
