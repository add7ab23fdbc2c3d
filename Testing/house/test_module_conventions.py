"""What Slicer's conventions ask of the module's source, read without Slicer."""

import ast
import hashlib
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULE = ROOT / "VSSegmentation"
SOURCES = sorted(MODULE.rglob("*.py"))
UI_FILES = sorted((MODULE / "Resources" / "UI").glob("*.ui"))
LIBRARY = sorted((ROOT / "VSSegmentationLib").rglob("*.py"))
SHOWN = {"text", "toolTip", "title", "windowTitle", "placeholderText"}


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(tree: ast.AST) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").partition(".")[0])
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_the_module_never_imports_torch_and_never_calls_pip(path: Path):
    assert not imported(tree_of(path)) & {"torch", "torchvision", "pip"}
    assert "pip_install" not in path.read_text(encoding="utf-8")


def test_no_library_file_sees_qt():
    assert [path.name for path in LIBRARY if imported(tree_of(path)) & {"qt", "ctk"}] == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_translated_texts_are_literals_with_named_placeholders(path: Path):
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_":
            (text,) = node.args
            assert isinstance(text, ast.Constant), f"line {node.lineno}"
            placeholders = re.findall(r"\{([^{}:]*)(?::[^{}]*)?\}", text.value)
            assert all(each.isidentifier() for each in placeholders), f"line {node.lineno}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_what_a_user_reads_is_translated(path: Path):
    for node in ast.walk(tree_of(path)):
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Attribute)
            and node.targets[0].attr in SHOWN
        ):
            raw = isinstance(node.value, ast.Constant) and bool(node.value.value)
            assert not raw, f"line {node.lineno}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_nothing_asks_for_the_class_of_a_widget_which_fails_in_pythonqt(path: Path):
    assert not re.search(r"isinstance\([^)]*\b(qt|ctk)\.", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_every_file_is_short(path: Path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 350


@pytest.mark.parametrize("path", UI_FILES, ids=lambda path: path.stem)
def test_a_panel_hands_the_scene_to_its_selectors_and_explains_its_buttons(path: Path):
    tree = ET.parse(path)
    root = tree.find("widget")
    assert root.get("class") == "qMRMLWidget"
    receivers = {each.findtext("receiver") for each in tree.iterfind("connections/connection")}
    selectors = {each.get("name") for each in tree.iter("widget") if each.get("class") == "qMRMLNodeComboBox"}
    assert receivers == selectors
    for button in tree.iter("widget"):
        if button.get("class") == "QPushButton" and button.get("name") != "segmentButton":  # which the code explains
            assert any(each.get("name") == "toolTip" for each in button.iterfind("property")), button.get("name")


def test_every_parameter_that_a_widget_names_is_there():
    named = {
        each.findtext("string")
        for path in UI_FILES
        for each in ET.parse(path).iter("property")
        if each.get("name") == "SlicerParameterName"
    }
    (wrapped,) = [
        node
        for node in tree_of(MODULE / "VSSegmentation.py").body
        if isinstance(node, ast.ClassDef) and node.name == "VSSegmentationParameterNode"
    ]
    parameters = {each.target.id for each in wrapped.body if isinstance(each, ast.AnnAssign)}
    assert named <= parameters


def test_the_sample_is_what_its_checksum_says():
    text = (MODULE / "VSSegmentationPanels" / "Samples.py").read_text(encoding="utf-8")
    told = re.findall(r'"SHA256:([0-9a-f]{64})"', text)
    folder = ROOT / "VSSegmentationLib" / "models" / "sample"
    found = [hashlib.sha256((folder / f"exam{n}_t2.nii.gz").read_bytes()).hexdigest() for n in (1, 2)]
    assert told == found
