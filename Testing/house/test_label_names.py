"""What a label means is data of a label set, and what is measured data of a task: no other code names one."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS
from VSSegmentationLib.measurement.glioma.definitions import DEFINITIONS as OF_GLIOMAS
from VSSegmentationLib.measurement.glioma.labels import GLIOMA_LABELS
from VSSegmentationLib.measurement.vestibular_schwannoma.definitions import DEFINITIONS

ROOT = Path(__file__).parents[2]
FOLDERS = ("VSSegmentationLib", "VSSegmentation")
OWN = (
    "VSSegmentationLib/labels.py",
    "VSSegmentationLib/tasks/vestibular_schwannoma/",
    "VSSegmentationLib/measurement/vestibular_schwannoma/",
    "VSSegmentationLib/tasks/glioma/",
    "VSSegmentationLib/measurement/glioma/",
)
ALLOWED = {
    "VSSegmentationLib/evaluation/metrics.py": {"WHOLE_TUMOR", "EXTRAMEATAL_PART", "INTRAMEATAL_PART", "PART_BOUNDARY"},
    "VSSegmentationLib/evaluation/boundary.py": {"PART_BORDER"},
    "VSSegmentationLib/__init__.py": {"Label"},
    "VSSegmentationLib/api/__init__.py": {"Label"},
}
"""Doors below the tasks, whose defaults stand in labels.py; and the Python door, which hands `Label` on."""
_EVERYWHERE = {"VESTIBULAR_SCHWANNOMA_LABELS"}
"""What any door may fall back on."""
_KEYS = (
    entry.key for each in (VESTIBULAR_SCHWANNOMA_LABELS, GLIOMA_LABELS) for entry in each.entries if entry.is_tumor
)
_IDS = {*DEFINITIONS, *OF_GLIOMAS, *_KEYS}


def names_in(code: str, path: str = "") -> Iterator[str]:
    """Tell where code names a label or a measure of vestibular schwannoma; words of docstrings and comments do not."""
    allowed = _EVERYWHERE | ALLOWED.get(path, set())
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and node.module == "VSSegmentationLib.labels":
            yield from (f"{path}:{node.lineno} {each.name}" for each in node.names if each.name not in allowed)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Label":
            yield f"{path}:{node.lineno} Label.{node.attr}"
        elif isinstance(node, ast.Constant) and node.value in _IDS:
            yield f"{path}:{node.lineno} {node.value!r}"


def test_no_label_and_no_measure_is_named_outside_its_task():
    paths = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
    by_name = {path.relative_to(ROOT).as_posix(): path for path in paths}
    found = [
        each
        for name, path in by_name.items()
        if not name.startswith(OWN)
        for each in names_in(path.read_text(encoding="utf-8"), name)
    ]
    assert found == []


@pytest.mark.parametrize("room", ["inference", "models", "networks", "losses", "preprocessing"])
def test_rooms_that_serve_every_kind_of_tumor_know_no_default(room):
    texts = {path: path.read_text(encoding="utf-8") for path in (ROOT / "VSSegmentationLib" / room).rglob("*.py")}
    assert [path.name for path, text in texts.items() if "VSSegmentationLib.labels" in text] == []


@pytest.mark.parametrize(
    "line",
    [
        "x == Label.COCHLEA",
        "from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS, Label",
        'report.measurement("vol_em")',
        "parts['intrameatal']",
    ],
)
def test_what_names_one_is_found(line):
    assert list(names_in(line))


def test_a_default_and_words_for_people_name_none():
    assert not list(names_in("from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS"))
    assert not list(names_in('"""As in `growth.of("vol_total")`, the extrameatal part."""'))
