"""Make a folder of wheels with hashes, from which the software is installed without a network: `cpu` or `cuda`.

Run by a Python of the version and system that it is for. Versions are those of requirements/constraints-3.x.txt; what a
build of PyTorch with CUDA brings along follows from PyTorch itself. Where wheels come from is pip's own configuration;
PyTorch without CUDA is in an index of its own: `--index https://download.pytorch.org/whl/cpu`.

    python tools/wheelhouse.py cpu wheelhouse --index https://download.pytorch.org/whl/cpu
    python -m venv there
    there/bin/pip install --no-index --find-links wheelhouse --require-hashes -r wheelhouse/requirements.txt
"""

import argparse
import hashlib
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REQUIREMENTS = "requirements.txt"
EXTRAS = "node,batch"
"""What a hospital's machine needs beyond the library; a scene needs Slicer, and training is not for it."""
FLAVORS = ("cpu", "cuda")
_CUDA = re.compile(r"(nvidia|cuda)[-_]")


def main() -> None:
    """Build or fetch the wheels, look whether they are of the flavor, and write their hashes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("flavor", choices=FLAVORS)
    parser.add_argument("out", type=Path, help="folder, made if absent; has to be empty")
    parser.add_argument("--index", help="of PyTorch, looked into beside that of pip's configuration")
    parser.add_argument("--extras", default=EXTRAS, help="of the project (default: %(default)s)")
    arguments = parser.parse_args()
    out: Path = arguments.out
    if out.exists() and any(out.iterdir()):
        sys.exit("the folder is not empty; name a new one")
    out.mkdir(parents=True, exist_ok=True)
    build(out, arguments.flavor, arguments.extras, arguments.index)
    wheels = sorted(out.glob("*.whl"))
    check_flavor([wheel.name for wheel in wheels], arguments.flavor)
    (out / REQUIREMENTS).write_text(requirements(wheels), encoding="utf-8")
    size = sum(wheel.stat().st_size for wheel in wheels)
    print(f"{len(wheels)} wheels, {size / 1e6:.0f} MB, with their SHA-256 in {out / REQUIREMENTS}")


def build(out: Path, flavor: str, extras: str, index: str | None) -> None:
    """Fetch all wheels, and build this project's own."""
    version = "{}.{}".format(*sys.version_info)
    pins = (ROOT / "requirements" / f"constraints-{version}.txt").read_text(encoding="utf-8").splitlines()
    with tempfile.TemporaryDirectory() as folder:
        constraints = Path(folder) / "constraints.txt"
        constraints.write_text("\n".join(constraints_of(pins, flavor)) + "\n", encoding="utf-8")
        wheel = [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "--quiet",
            "--wheel-dir",
            str(out),
            "--constraint",
            str(constraints),
        ]
        subprocess.run([*wheel, *(["--extra-index-url", index] if index else []), f"{ROOT}[{extras}]"], check=True)


def constraints_of(pins: Sequence[str], flavor: str) -> list[str]:
    """Return the pinned versions; of PyTorch without CUDA the build that names it, since no other goes by that."""
    return [f"{pin}+cpu" if flavor == "cpu" and pin.startswith("torch==") else pin for pin in pins]


def check_flavor(names: Sequence[str], flavor: str) -> None:
    """See that the wheels are for CPUs or for CUDA, as was asked for.

    Raises:
        SystemExit: If they are of the other kind; a wheelhouse would fail on the machine it was taken to.
    """
    (torch,) = [name for name in names if name.startswith("torch-")]
    has_cuda = any(_CUDA.match(name) for name in names)
    if has_cuda != (flavor == "cuda"):
        came = "with CUDA" if has_cuda else "without CUDA"
        sys.exit(f"asked for {flavor}, and {torch} came {came}; give the --index of the other build")


def requirements(wheels: Sequence[Path]) -> str:
    """Return one line for each wheel, with its version and hash, as `pip install --require-hashes` takes it."""
    return "".join(f"{_requirement(wheel)} --hash=sha256:{digest(wheel)}\n" for wheel in wheels)


def _requirement(wheel: Path) -> str:
    name, version = wheel.name.split("-")[:2]
    return f"{re.sub(r'[-_.]+', '-', name).lower()}=={version}"


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    main()
