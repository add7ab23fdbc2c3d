"""What a label means is data of a label set, and what is measured data of a task: no other code names one."""

import re
from pathlib import Path

import pytest

from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS, Label
from VSSegmentationLib.measurement.vestibular_schwannoma.definitions import DEFINITIONS

ROOT = Path(__file__).parents[2]
FOLDERS = ("VSSegmentationLib", "VSSegmentation")
OWN = (
    "VSSegmentationLib/labels.py",
    "VSSegmentationLib/tasks/vestibular_schwannoma/",
    "VSSegmentationLib/measurement/vestibular_schwannoma/",
)
DEFAULTS = frozenset({"VESTIBULAR_SCHWANNOMA_LABELS", "DEFAULT_TASK"})
"""What doors may fall back on; every other name of labels.py is one label's, or a part's."""
BORDER = ("VSSegmentationLib/evaluation/metrics.py", "VSSegmentationLib/evaluation/boundary.py")
"""Doors of `evaluation`, which stands below the tasks: their default structures and border are those of labels.py."""

_LABEL = re.compile(r"\bLabel\.[A-Z]|\bTUMOR_LABELS\b|\bLABEL_STYLES\b|\blabels import\b(?P<names>.*)")
_KEYS = tuple(entry.key for entry in VESTIBULAR_SCHWANNOMA_LABELS.entries if entry.is_tumor)
_QUOTED = re.compile(rf"""["'](?:{"|".join(map(re.escape, (*DEFINITIONS, *_KEYS)))})["']""")


def is_named(line: str, path: str = "") -> bool:
    """Whether a line of code names a label or a measure of vestibular schwannoma."""
    label = _LABEL.search(line)
    if label is not None and not (label["names"] and _are_defaults(label["names"], path)):
        return True
    return _QUOTED.search(line) is not None


def _are_defaults(names: str, path: str) -> bool:
    found = {name.strip(" ()") for name in names.split(",")}
    return found <= DEFAULTS or path in BORDER


def files() -> list[Path]:
    found = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    return [path for path in found if not path.relative_to(ROOT).as_posix().startswith(OWN)]


def test_no_label_and_no_measure_is_named_outside_its_task():
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in files()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if is_named(line, path.relative_to(ROOT).as_posix())
    ]
    assert found == []


@pytest.mark.parametrize("room", ["inference", "models", "networks", "losses", "preprocessing"])
def test_rooms_below_the_doors_do_not_even_know_a_default(room):
    found = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "VSSegmentationLib" / room).rglob("*.py")
        if re.search(r"\blabels import\b", path.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "x == Label.COCHLEA",
        "from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS, Label",
        "in TUMOR_LABELS",
        'report.measurement("vol_em")',
        "parts['intrameatal']",
    ],
)
def test_what_names_one_is_found(line):
    assert is_named(line)


def test_a_default_of_a_door_is_no_name_of_a_label():
    assert not is_named("from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS")
    assert is_named(f"{Label.__name__}.EXTRAMEATAL")
