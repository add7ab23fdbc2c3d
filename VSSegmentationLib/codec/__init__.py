"""Frozen dataclasses to and from plain data (JSON, TOML, a weights-only file): the types say it all, and strictly."""

from VSSegmentationLib.codec.numbers import finite_or_none
from VSSegmentationLib.codec.plain import Plain, to_plain
from VSSegmentationLib.codec.reading import from_plain
from VSSegmentationLib.codec.schema import json_schema
from VSSegmentationLib.codec.strict_json import parse_json, read_json_file
from VSSegmentationLib.codec.strict_toml import read_toml_file
from VSSegmentationLib.codec.words import shortened

__all__ = [
    "Plain",
    "finite_or_none",
    "from_plain",
    "json_schema",
    "parse_json",
    "read_json_file",
    "read_toml_file",
    "shortened",
    "to_plain",
]
