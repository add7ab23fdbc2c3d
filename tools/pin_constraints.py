"""Write requirements/constraints-3.x.txt: the version of everything that the demo and the tests install.

Run by `make constraints`, with each Python that is there. pip resolves what `pyproject.toml` asks for as if nothing
were installed, and installs nothing; what is pinned today is not looked at, so that a run renews all but PyTorch.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
EXTRAS = "training,test,docs"
FOLLOWS_TORCH = re.compile(r"(nvidia|cuda)-|triton$")
"""What a build of PyTorch with CUDA brings along, and names the versions of, itself; other builds go without."""


def main() -> None:
    """Resolve for the Python that runs this, and write its file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("torch", help="what to ask pip for as PyTorch, e.g. torch==2.13.0")
    version = "{}.{}".format(*sys.version_info)
    path = ROOT / "requirements" / f"constraints-{version}.txt"
    lines = pins(resolved(parser.parse_args().torch))
    header = f"# Made by `make constraints` with Python {version} on {sys.platform}; not edited by hand.\n"
    path.write_text(header + "\n".join(lines) + "\n", encoding="utf-8")
    print(f"{path.relative_to(ROOT)}: {len(lines)} packages")


def resolved(torch: str) -> list[Mapping[str, Any]]:
    """Return pip's report on each package that a fresh environment would get."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder) / ("Scripts" if sys.platform == "win32" else "bin") / "python"
        report = Path(folder) / "report.json"
        install = f"{python} -m pip install --quiet --disable-pip-version-check --dry-run --ignore-installed".split()
        subprocess.run([*install, "--report", report, torch, f"{ROOT}[{EXTRAS}]"], check=True)
        packages: list[Mapping[str, Any]] = json.loads(report.read_text(encoding="utf-8"))["install"]
    return packages


def pins(packages: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return a line `name==version` for each package but this one, by name.

    A local version such as the `+cpu` of 2.13.0+cpu is left out: `==2.13.0` takes that build too, and any other.
    """
    lines = []
    for package in packages:
        name = re.sub(r"[-_.]+", "-", package["metadata"]["name"]).lower()
        version = package["metadata"]["version"].partition("+")[0]
        if "dir_info" not in package["download_info"] and not FOLLOWS_TORCH.match(name):
            lines.append(f"{name}=={version}")
    return sorted(lines)


if __name__ == "__main__":
    main()
