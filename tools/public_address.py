"""The public address of this software: told once, as `Homepage` in pyproject.toml, and from there in every other file.

Usage: python tools/public_address.py              write it into all of these files
       python tools/public_address.py ADDRESS      the same, with another one: https://github.com/OWNER/SlicerNAME
       python tools/public_address.py --check      end with 1 if a file tells another one
       python tools/public_address.py --release    end with 1 if it still is the placeholder, which no release may hold
"""

import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PLACEHOLDER_OWNER = "ORGANIZATION"
ICON = "VSSegmentation.png"
SCREENSHOTS = (
    "docs/user_guide/images/module_segmented.png", "docs/user_guide/images/report_page_1.png",
    "docs/user_guide/images/two_examinations.png",
)  # fmt: skip
"""What the Extensions Manager shows; the first one largest."""

_FORM = re.compile(r"https://github\.com/(?P<owner>[A-Za-z0-9-]+)/(?P<name>Slicer[A-Za-z0-9_-]+)")


class Place(NamedTuple):
    """Where a file tells an address."""

    path: str
    pattern: str
    """Its one group is the address."""
    ending: str = ""
    """What follows the public address there; several pictures are divided by spaces."""
    raw: bool = False
    """Whether it is the address of a file itself and not of the page that shows it."""


PLACES = (
    Place("pyproject.toml", r'^Homepage = "(.*)"$'),
    Place("pyproject.toml", r'^Documentation = "(.*)"$', "/tree/main/docs"),
    Place("pyproject.toml", r'^Changelog = "(.*)"$', "/blob/main/CHANGELOG.md"),
    Place("pyproject.toml", r'^Issues = "(.*)"$', "/issues"),
    Place("CITATION.cff", r"^repository-code: (.*)$"),
    Place("VestibularSchwannoma.json", r'"scm_url": "(.*)"'),
    Place("CMakeLists.txt", r'set\(EXTENSION_HOMEPAGE "(.*)"\)'),
    Place("CMakeLists.txt", r'set\(EXTENSION_ICONURL "(.*)"\)', f"/main/{ICON}", raw=True),
    Place(
        "CMakeLists.txt", r'set\(EXTENSION_SCREENSHOTURLS "(.*)"\)',
        " ".join(f"/main/{path}" for path in SCREENSHOTS), raw=True,
    ),
    Place(
        "VSSegmentation/VSSegmentation.py", r'^DOCUMENTATION = "(.*)"$', "/blob/main/docs/user_guide/installation.md"
    ),
)  # fmt: skip


def address_of(root: Path = ROOT) -> str:
    """Return the one that pyproject.toml tells."""
    return _told(PLACES[0], root)


def differing(root: Path = ROOT) -> list[str]:
    """Return a line for each place that does not tell what follows from pyproject.toml."""
    address = address_of(root)
    wanted = [(place, _address_there(place, address)) for place in PLACES]
    return [
        f"{place.path} tells {_told(place, root)}, and {told} follows from pyproject.toml"
        for place, told in wanted
        if _told(place, root) != told
    ]


def write(address: str, root: Path = ROOT) -> None:
    """Tell this address everywhere.

    Raises:
        ValueError: If it is not of a form that the Extensions Index takes.
    """
    if not _FORM.fullmatch(address):
        msg = f"the address must be https://github.com/OWNER/SlicerNAME, without .git at the end; got {address}"
        raise ValueError(msg)
    for place in PLACES:
        path, told = root / place.path, _address_there(place, address)
        before, start, end = _found(place, root)
        path.write_bytes((before[:start] + told + before[end:]).encode())


def is_placeholder(address: str) -> bool:
    """Return whether the owner has still to be filled in."""
    form = _FORM.fullmatch(address)
    return form is None or form["owner"] == PLACEHOLDER_OWNER


def release_tag(root: Path = ROOT) -> str:
    """Return the version tag of what is checked out; empty in a working copy, or where git does not know."""
    asked = ["git", "-C", str(root), "describe", "--exact-match", "--tags", "--match", "v[0-9]*", "HEAD"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def _address_there(place: Place, address: str) -> str:
    base = address.replace("https://github.com/", "https://raw.githubusercontent.com/") if place.raw else address
    return " ".join(base + ending for ending in place.ending.split(" "))


def _told(place: Place, root: Path) -> str:
    text, start, end = _found(place, root)
    return text[start:end]


def _found(place: Place, root: Path) -> tuple[str, int, int]:
    text = (root / place.path).read_bytes().decode()
    hits = list(re.finditer(place.pattern, text, re.MULTILINE))
    if len(hits) != 1:
        msg = f"{place.path} has {len(hits)} lines that fit {place.pattern}, and one is needed"
        raise ValueError(msg)
    return text, *hits[0].span(1)


def main(words: list[str]) -> str:
    """Do what the words ask for and return what was wrong; empty where nothing was."""
    if words == ["--check"]:
        return "\n".join(differing())
    if words == ["--release"]:
        told = f"pyproject.toml still tells the placeholder {address_of()}: python tools/public_address.py ADDRESS"
        return told if is_placeholder(address_of()) else "\n".join(differing())
    if len(words) > 1 or (words and words[0].startswith("-")):
        return str(__doc__)
    write(words[0] if words else address_of())
    return ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]) or 0)
