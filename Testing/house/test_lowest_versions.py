"""The lowest versions that pyproject.toml allows are the ones that `make test-lowest` runs with."""

import ast
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from tools.test_lowest import LEFT_OUT, ROOT, SETS, TESTS, TORCH

LOWEST = dict(each.split("==") for each in (TORCH, *SETS[0].packages))


def allowed() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [Requirement(line) for line in project["dependencies"]]


@pytest.mark.parametrize("requirement", allowed(), ids=lambda each: each.name)
def test_the_floor_is_tested(requirement: Requirement):
    (floor,) = requirement.specifier
    assert floor.operator == ">="
    tested = Version(LOWEST[requirement.name])
    assert tested.release[: len(Version(floor.version).release)] == Version(floor.version).release


def test_every_set_has_the_same_packages_and_none_is_below_the_floor():
    floors = {each.name: each for each in allowed()}
    for versions in SETS:
        pinned = dict(each.split("==") for each in versions.packages)
        assert pinned.keys() | {"torch"} == floors.keys()
        assert all(floors[name].specifier.contains(version) for name, version in pinned.items())


def test_all_three_lines_of_numpy_are_tried():
    numpy = [dict(each.split("==") for each in versions.packages)["numpy"] for versions in SETS]
    assert [each.rpartition(".")[0] for each in numpy] == ["1.26", "2.0", "2.4"]


def test_the_module_asks_for_the_same_floor_of_torch():
    tree = ast.parse((ROOT / "VSSegmentation" / "VSSegmentationPanels" / "PyTorchSetup.py").read_text(encoding="utf-8"))
    told = [
        node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and node.targets[0].id == "REQUIREMENT" and isinstance(node.value, ast.Constant)
    ]
    assert told == [str(next(each.specifier for each in allowed() if each.name == "torch"))]


def test_what_is_run_and_left_out_is_there():
    assert [path for path in (*TESTS, *LEFT_OUT) if not (ROOT / path).exists()] == []
    assert all(any(Path(path).is_relative_to(each) for each in TESTS) for path in LEFT_OUT)


def test_no_word_of_pydicom_3_alone_is_used_where_slicer_5_10_reads_with_pydicom_2():
    """What writes DICOM needs highdicom, and that pydicom 3; so does the node; all else has to do with both."""
    with_pydicom_3 = [ROOT / "VSSegmentationLib" / room for room in ("node", "reporting/dicom")]
    words = {"original_encoding", "set_original_encoding", "enforce_file_format", "pixels"}
    found = [
        f"{path.relative_to(ROOT)}: {word}"
        for folder in ("VSSegmentationLib", "VSSegmentation")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "pydicom" in (text := path.read_text(encoding="utf-8"))
        for node in ast.walk(ast.parse(text))
        for word in [getattr(node, "attr", None) or getattr(node, "arg", None)]
        if word in words and not any(path.is_relative_to(room) for room in with_pydicom_3)
    ]
    assert found == []
