"""The host offers no name that Slicer lacks: each one stands in the table with the source file in which it was read."""

import tomllib
from pathlib import Path

import pytest
from PySide6 import QtWidgets

from Testing.support.host import ctk_widgets, namespaces, views
from Testing.support.host.files import qSlicerCoreIOManager

TABLE = tomllib.loads((Path(views.__file__).parent / "names.toml").read_text(encoding="utf-8"))
STANDINS = (*ctk_widgets.CTK_CLASSES, *namespaces.SLICER_CLASSES, qSlicerCoreIOManager)
OURS = {"cxx_file", "cxx_signals", "staticMetaObject"}
QT_VIRTUAL = {"eventFilter", "hitButton", "minimumSizeHint", "sizeHint"}
INHERITED = {"qMRMLSegmentEditorWidget": "qMRMLWidget", "qMRMLSliceView": "ctkVTKAbstractView",
             "qMRMLThreeDView": "ctkVTKAbstractView"}  # fmt: skip


def own_names(cls: type) -> set[str]:
    """Return the public names that our code adds to Qt's, without Qt's virtual methods."""
    ours = [one for one in cls.__mro__ if one.__module__.startswith("Testing.")]
    names = {name for one in ours for name in vars(one) if not name.startswith("_")} - OURS - QT_VIRTUAL
    return {name for name in names if not name.endswith("Event")}


def listed_names(name: str) -> set[str]:
    inherited = listed_names(INHERITED[name]) if name in INHERITED else set()
    return set(TABLE[name]["names"].split()) | inherited


@pytest.mark.parametrize("cls", STANDINS, ids=lambda cls: cls.__name__)
def test_a_standin_has_exactly_the_names_of_the_table(cls: type):
    assert own_names(cls) == listed_names(cls.__name__)


@pytest.mark.parametrize("cls", STANDINS, ids=lambda cls: cls.__name__)
def test_a_static_method_is_there_only_where_slicer_decorates_it_for_pythonqt(cls: type):
    static = {name for name, what in vars(cls).items() if isinstance(what, staticmethod)}
    named = TABLE[cls.__name__].get("static", {})
    assert static == set(named)
    assert all(header.endswith("PythonQtDecorators.h") for header in named.values())


def test_the_table_lists_no_class_that_is_not_there():
    assert set(TABLE) - {"ctkVTKAbstractView"} == {cls.__name__ for cls in STANDINS}


@pytest.mark.parametrize("cls", STANDINS, ids=lambda cls: cls.__name__)
def test_a_standin_says_which_header_it_was_read_from(cls: type):
    assert cls.cxx_file.endswith(".h")
    assert cls.cxx_file.rpartition("/")[2] in TABLE[cls.__name__]["read_in"]


def test_no_widget_class_poses_as_slicers_without_being_listed():
    named = {
        one.__name__
        for module in (ctk_widgets, views, namespaces.layout, namespaces.mrml_widgets, namespaces.segment_editor)
        for one in vars(module).values()
        if isinstance(one, type) and issubclass(one, QtWidgets.QWidget) and one.__name__.startswith(("ctk", "qMRML"))
    }
    assert named - {"ctkVTKAbstractView"} <= set(TABLE)
