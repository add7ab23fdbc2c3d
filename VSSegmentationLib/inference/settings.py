"""What a model file says besides its weights, for each role: just the sections that a model of that role is run by."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, TypeAlias

from VSSegmentationLib.codec import from_plain
from VSSegmentationLib.errors import ConfigError
from VSSegmentationLib.inference.config import (
    DivisionConfig,
    LocatorConfig,
    PlausibilityConfig,
    PreprocessingConfig,
    RegionConfig,
    WindowConfig,
)
from VSSegmentationLib.short_repr import short_repr

Role = Literal["segmenter", "locator", "divider"]


@dataclass(frozen=True, kw_only=True)
class SegmenterSettings:
    """How the tumor is found."""

    preprocessing: PreprocessingConfig = field(default_factory=PreprocessingConfig)
    window: WindowConfig = field(default_factory=WindowConfig)
    region: RegionConfig = field(default_factory=RegionConfig)
    plausibility: PlausibilityConfig = field(default_factory=PlausibilityConfig)

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

    __repr__ = short_repr


Settings: TypeAlias = SegmenterSettings | LocatorSettings | DividerSettings

_OF_ROLE: dict[Role, type[Settings]] = {
    "segmenter": SegmenterSettings,
    "locator": LocatorSettings,
    "divider": DividerSettings,
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
    sections = {section.name: data[section.name] for section in fields(kind)}
    return from_plain(kind, sections, "settings", error=ConfigError, quoting=True)
