"""The tools of others that read DICOM objects back: dcmqi's readers and the validator of dicom3tools."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import SimpleITK as sitk

from VSSegmentationLib.volume import Volume

needs_validator = pytest.mark.skipif(
    shutil.which("dciodvfy") is None,
    reason="dciodvfy is not here; it comes with dicom3tools, which Debian and Ubuntu have as a package",
)


def validator_errors(path: Path) -> list[str]:
    """What dciodvfy calls an error of the object; private codes and short names give warnings only."""
    return [line for line in validator_lines(path) if line.startswith("Error")]


def validator_lines(path: Path) -> list[str]:
    done = subprocess.run(["dciodvfy", path], capture_output=True, text=True, check=False)
    lines = (done.stderr + done.stdout).splitlines()
    assert lines, "the validator says at least what kind of object it is"
    return lines


def read_segments(path: Path, folder: Path) -> list[tuple[dict, Volume]]:
    """Each segment as dcmqi's segimage2itkimage sees it: its attributes, and its voxels in their place."""
    folder.mkdir()
    _dcmqi("segimage2itkimage", "--inputDICOM", path, "--outputDirectory", folder, "--outputType", "nrrd")
    described = json.loads((folder / "meta.json").read_text())["segmentAttributes"]
    segments = [segment for group in described for segment in group]
    return [
        (segment, Volume.from_sitk(sitk.ReadImage(str(folder / f"{segment['labelID']}.nrrd")))) for segment in segments
    ]


def read_measurement_groups(path: Path, folder: Path) -> list[dict]:
    """The measurement groups as dcmqi's tid1500reader sees them."""
    folder.mkdir()
    _dcmqi("tid1500reader", "--inputDICOM", path, "--outputMetadata", folder / "report.json")
    return json.loads((folder / "report.json").read_text())["Measurements"]


def _dcmqi(tool: str, *words: str | Path) -> None:
    beside_python = Path(sys.executable).with_name(tool)
    command = str(beside_python) if beside_python.exists() else tool
    done = subprocess.run([command, *map(str, words)], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
