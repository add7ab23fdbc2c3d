"""What a model file says besides its weights, for each role: just the sections that a model of that role is run by."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, TypeAlias, get_type_hints

from VSSegmentationLib.inference.config import (
    DivisionConfig,
    LocatorConfig,
    PlausibilityConfig,
    PreprocessingConfig,
    RegionConfig,
    WindowConfig,
)

Role = Literal["segmenter", "locator", "divider"]


@dataclass(frozen=True, kw_only=True)
class SegmenterSettings:
    """How the tumor is found."""

    preprocessing: PreprocessingConfig = field(default_factory=PreprocessingConfig)
    window: WindowConfig = field(default_factory=WindowConfig)
    region: RegionConfig = field(default_factory=RegionConfig)
    plausibility: PlausibilityConfig = field(default_factory=PlausibilityConfig)


@dataclass(frozen=True, kw_only=True)
class LocatorSettings:
    """How the pori are found."""

    preprocessing: PreprocessingConfig = field(default_factory=PreprocessingConfig)
    window: WindowConfig = field(default_factory=WindowConfig)
    locator: LocatorConfig = field(default_factory=LocatorConfig)


@dataclass(frozen=True, kw_only=True)
class DividerSettings:
    """How a tumor is divided."""

    preprocessing: PreprocessingConfig = field(default_factory=PreprocessingConfig)
    window: WindowConfig = field(default_factory=WindowConfig)
    region: RegionConfig = field(default_factory=RegionConfig)
    division: DivisionConfig = field(default_factory=DivisionConfig)


Settings: TypeAlias = SegmenterSettings | LocatorSettings | DividerSettings

_OF_ROLE: dict[Role, type[Settings]] = {
    "segmenter": SegmenterSettings,
    "locator": LocatorSettings,
    "divider": DividerSettings,
}


def role_of(settings: type[object]) -> Role:
    """Return the role that settings of this kind are for."""
    return next(role for role, kind in _OF_ROLE.items() if kind is settings)


def settings_to_dict(settings: Settings) -> dict[str, dict[str, Any]]:
    """Return each section as plain data, by its name."""
    return {section.name: getattr(settings, section.name).to_dict() for section in fields(settings)}


def settings_from_dict(role: str, data: Mapping[str, Any]) -> Settings:
    """Build from what `settings_to_dict` gave; what else is there is not looked at.

    Raises:
        KeyError: If there is no such role, or a section of it is missing.
        ConfigError: If a section holds an unknown key or a value that is not allowed.
    """
    kind = {str(each): kind for each, kind in _OF_ROLE.items()}[role]
    return kind(**{name: section.from_dict(data[name]) for name, section in get_type_hints(kind).items()})
