"""Run the tests with the oldest versions that are supported, and with those that Slicer bundles beside PyTorch 2.2.

Usage: make test-lowest            all sets, in .venv-lowest (some 5 GB: PyTorch 2.2.2 brings CUDA along on Linux)
       python tools/test_lowest.py FOLDER [SET]

PyTorch 2.2.2 is the last one for Macs with Intel processors, for which Slicer's packages are built. For each set the
sample is segmented and measured, too: the answers have to agree with each other.
"""

import json
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
TORCH = "torch==2.2.2"
TOOLS = ("pytest", "hypothesis", "jsonschema", "nibabel", "packaging", "pynrrd")


class VersionSet(NamedTuple):
    """Versions that run together."""

    name: str
    packages: tuple[str, ...]


SETS = (
    VersionSet("lowest", ("numpy==1.26.4", "scipy==1.13.1", "SimpleITK==2.5.0", "pydicom==2.4.4", "Pillow==10.3.0")),
    VersionSet(
        "Slicer-5.10", ("numpy==2.0.2", "scipy==1.13.1", "SimpleITK==2.5.2", "pydicom==2.4.4", "Pillow==11.2.1")
    ),
    VersionSet(
        "Slicer-5.12", ("numpy==2.4.6", "scipy==1.17.1", "SimpleITK==2.5.5", "pydicom==3.0.2", "Pillow==12.2.0")
    ),
)
"""The first is the least that pyproject.toml asks for; what Slicer bundles stands in the SuperBuild of its releases."""

TESTS = (
    "Testing/library/test_tensors.py", "Testing/library/inference", "Testing/library/networks",
    "Testing/library/losses", "Testing/library/preprocessing", "Testing/library/imageio", "Testing/library/pipeline",
    "Testing/library/worker", "Testing/library/models", "Testing/library/measurement/test_regions.py",
)  # fmt: skip
"""What meets torch, numpy, scipy, SimpleITK or pydicom itself."""

LEFT_OUT = {
    "Testing/library/networks/test_blocks.py": "compares with MONAI, which needs PyTorch 2.4 or newer",
    "Testing/library/inference/test_engines.py": "runs OpenVINO, which Slicer never has",
}


def run(folder: Path, wanted: str | None) -> int:
    """Return 0 if all tests of all sets passed and the sample's volumes agree."""
    if not (folder / "pyvenv.cfg").exists():
        venv.create(folder, with_pip=True)
    python = str(folder / ("Scripts" if sys.platform == "win32" else "bin") / "python")
    _pip(python, TORCH, *SETS[0].packages, *TOOLS)
    failed, volumes = [], {}
    for versions in SETS:
        if wanted in (None, versions.name):
            _pip(python, *versions.packages)
            if _tests(python) != 0:
                failed.append(versions.name)
            volumes[versions.name] = sample_volumes_cm3(python)
            print(f"{versions.name} ({', '.join((TORCH, *versions.packages))}): sample {volumes[versions.name]} cm3")
    print("failed: " + ", ".join(failed) if failed else "all tests passed")
    agree = len(set(volumes.values())) == 1
    if not agree:
        print(f"the volumes of the sample differ: {volumes}")
    return 0 if agree and not failed else 1


def sample_volumes_cm3(python: str) -> tuple[float, ...]:
    """Return the volume of the tumor in each examination of the sample, as `vs-segmentation demo` finds it."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "demo"
        words = [python, "-m", "VSSegmentationLib", "demo", "--out", str(out)]
        subprocess.run(words, check=True, cwd=ROOT, env=_environment(), stdout=subprocess.DEVNULL)
        return tuple(_volume(path) for path in sorted(out.rglob("measurements.json")))


def _volume(path: Path) -> float:
    measured = {each["id"]: each["value"] for each in json.loads(path.read_text(encoding="utf-8"))}
    return round(float(measured["vol_total"]), 3)


def _tests(python: str) -> int:
    ignored = [f"--ignore={path}" for path in LEFT_OUT]
    quiet = ["-q", "-p", "no:cacheprovider", "-m", "not slow", "-o", "filterwarnings="]
    words = [python, "-m", "pytest", *quiet, *ignored, *TESTS]
    return subprocess.run(words, check=False, cwd=ROOT, env=_environment()).returncode


def _pip(python: str, *packages: str) -> None:
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages]
    subprocess.run(install, check=True)


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1")}


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None))
