"""TOML, of whose damage there is one kind of error."""

import tomllib
from pathlib import Path
from typing import Any


def read_toml_file(path: Path) -> dict[str, Any]:
    """Return what a TOML file holds.

    Raises:
        ValueError: If it is none, is not in UTF-8, or nests deeper than anybody writes.
        OSError: If it can't be read.
    """
    text = path.read_text(encoding="utf-8")
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        msg = "the text nests too deeply"
        raise ValueError(msg) from error
