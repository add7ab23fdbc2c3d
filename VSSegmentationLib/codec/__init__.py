"""Frozen dataclasses to and from plain data (JSON, TOML, a weights-only file): the types say it all, and strictly."""

from VSSegmentationLib.codec.plain import Plain, to_plain
from VSSegmentationLib.codec.reading import from_plain
from VSSegmentationLib.codec.schema import json_schema

__all__ = ["Plain", "from_plain", "json_schema", "to_plain"]
