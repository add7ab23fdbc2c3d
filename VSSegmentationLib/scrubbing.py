"""Texts of other programs without paths: folders and file names may name a patient or a person."""

import re

HIDDEN = "<path>"
_SHARE = r"(?<![\\\w])\\\\"
_DRIVE = r"(?<![A-Za-z])[A-Za-z]:[\\/]"
_ROOT = r"(?<![\w.<>/\\])~?/(?=[^\s/])"
_START = f"(?:file:/+|{_SHARE}|{_DRIVE}|{_ROOT})"
_QUOTED = re.compile(rf"(?P<quote>[\"']){_START}(?P<rest>[^\"']*)(?P=quote)")
_BARE = re.compile(rf"{_START}(?P<rest>.*)")
_CODE = re.compile(r"(?:.*[\\/])?(?P<name>[\w+-]+(?:\.[\w+-]+)*\.(?:pyd|py|dll|dylib|so(?:\.\d+)*))(?P<after>\b.*)?$")
"""The last name of a path is kept where it is one of a program: it says what failed and names nobody."""


def without_paths(text: str) -> str:
    """Return a text in which every path is hidden; of a file of code or a shared library the name stays.

    A path without quotes may hold spaces, and nothing tells where it ends: all that follows on its line goes, too.
    """
    return "\n".join(_line(line) for line in text.splitlines())


def _line(line: str) -> str:
    hidden = _QUOTED.sub(lambda found: found["quote"] + _last_name(found["rest"]) + found["quote"], line)
    bare = _BARE.search(hidden)
    return hidden if bare is None else hidden[: bare.start()] + _last_name(bare["rest"])


def _last_name(rest: str) -> str:
    code = _CODE.match(rest)
    if code is None:
        return HIDDEN
    return f"{HIDDEN}/{code['name']}{code['after'] or ''}"
