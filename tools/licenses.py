"""`python -m tools.licenses [docs/licenses.md]`: the licenses of all that this project installs, by their metadata."""

import re
import sys
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

_OF_WHAT = {
    "": "the library", "dicom": "DICOM objects", "pdf": "reports as PDF", "figures": "figures of cohorts",
    "node": "the DICOM node",
    "training": "training", "test": "tests only", "docs": "documentation only",
}  # fmt: skip
_FREE_TO_COMBINE = re.compile(
    r"MIT|BSD|Apache|ISC|PSF|Python Software|Zope|HPND|MPL|Mozilla|CC0|Unlicense|Public Domain|LGPL|Lesser",
    re.IGNORECASE,
)
_HEAD = """\
# Licenses of what is installed

What this software is made with, and under which license each part is, as the parts themselves state it.
`python -m tools.licenses docs/licenses.md` writes this page anew from the environment that `make test` makes.

The software itself is under the Apache License 2.0 (`LICENSE.txt`). The embedded models learned from synthetic images
only; their cards name their license. Published models of others have their own: `vs-segmentation models list`. Nothing
below is part of the wheel or of the Slicer extension.

"""


def name_of(text: str) -> str:
    """Return the name of a package as indexes compare it."""
    return re.sub(r"[-_.]+", "-", text).lower()


def license_of(name: str) -> str:
    """Return what a package states as its license: the expression, else the classifiers, else the text."""
    told = metadata.metadata(name)
    if told.get("License-Expression"):
        return str(told["License-Expression"])
    classifiers = [each for each in told.get_all("Classifier") or [] if each.startswith("License ::")]
    named = [each.rpartition(" :: ")[2] for each in classifiers]
    free_text = (told.get("License") or "").strip().splitlines()
    return ", ".join(named) or (free_text[0][:60] if free_text else "not stated")


def needed_by(extra: str) -> dict[str, str]:
    """Return the license of every package that this project needs with an extra, and of all that these need."""
    found: dict[str, str] = {}
    waiting = [(each, extra) for each in metadata.requires("vs-segmentation") or []]
    while waiting:
        text, of_extra = waiting.pop()
        requirement = Requirement(text)
        name = name_of(requirement.name)
        marked = requirement.marker is None or requirement.marker.evaluate({"extra": of_extra})
        if name in found or not marked:
            continue
        try:
            found[name] = license_of(name)
        except metadata.PackageNotFoundError:
            continue
        waiting += [(each, one) for each in metadata.requires(name) or [] for one in requirement.extras or {""}]
    return found


def page() -> str:
    """Return the page."""
    seen: set[str] = set()
    lines = [_HEAD]
    others = []
    for extra, what in _OF_WHAT.items():
        packages = {name: told for name, told in sorted(needed_by(extra).items()) if name not in seen}
        seen |= packages.keys()
        others += [(name, told, what) for name, told in packages.items() if not _FREE_TO_COMBINE.search(told)]
        lines += [f"## {what[0].upper()}{what[1:]}\n", "| package | license |", "|---|---|"]
        lines += [f"| {name} | {told} |" for name, told in packages.items()] + [""]
    lines += ["## To be known\n"]
    lines += [f"- **{name}** ({told}): {what}." for name, told, what in others]
    lines += [
        "- `pylibjpeg-libjpeg` is under the GPL: tests compare with it how DICOM slices in JPEG are unpacked. The",
        "  software itself unpacks them with GDCM, through SimpleITK, and neither imports it nor asks for it.",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    if sys.argv[1:]:
        Path(sys.argv[1]).write_text(page(), encoding="utf-8")
    else:
        print(page())
