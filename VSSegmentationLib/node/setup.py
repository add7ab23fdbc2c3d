"""What a result depends on beside the images: rules, options, models and this software's version."""

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from VSSegmentationLib import __version__
from VSSegmentationLib.codec import to_plain
from VSSegmentationLib.node.config import NodeConfig, Rule


def options_of(rule: Rule, config: NodeConfig) -> dict[str, Any]:
    """Return what a rule says of how a series is segmented, as the job `case` takes it."""
    return {
        "modality": "unknown" if rule.take_as is None else rule.take_as.value,
        "model": rule.model,
        "device": config.work.device,
        "flips": rule.flips,
        "thorough": rule.thorough,
        "policy": rule.policy,
    }


def options_text(rule: Rule, config: NodeConfig) -> str:
    """Return the options as the UIDs are derived from them; the device changes no result."""
    told: Mapping[str, Any] = {**options_of(rule, config), "device": None, "version": __version__}
    return _digest({**told, "model": _content_of(rule.model)})


def setup_of(config: NodeConfig) -> str:
    """Return a hash of all that decides what is segmented and how."""
    return _digest([[to_plain(rule), options_text(rule, config)] for rule in config.rule])


def _digest(told: object) -> str:
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:32]


@cache
def _content_of(model: str | None) -> str:
    """Return the name of a model; of a file the hash of its content instead, since another one may take its place."""
    if model is None or not Path(model).is_file():
        return model or ""
    with Path(model).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
