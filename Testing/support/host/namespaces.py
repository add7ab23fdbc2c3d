"""`import qt`, `import ctk`, `slicer.qMRML...`, `slicer.i18n`, ...: the names under which modules find things."""

import sys
import types
from typing import Any

import slicer
from PySide6 import QtUiTools

from Testing.support.host import (
    application,
    attributes,
    ctk_widgets,
    layout,
    mrml_widgets,
    segment_editor,
    subject_hierarchy,
    views,
)
from Testing.support.host.loader import HostUiLoader

# In PySide's modules and in no Qt of Slicer's.
_PYSIDE_ONLY = frozenset(
    {"Signal", "SignalInstance", "Slot", "Property", "ClassInfo", "QEnum", "QFlag", "SIGNAL", "SLOT", "QT_TR_NOOP",
     "QT_TR_NOOP_UTF8", "QT_TRANSLATE_NOOP", "QT_TRANSLATE_NOOP3", "QT_TRANSLATE_NOOP_UTF8", "Shiboken", "annotations"}
)  # fmt: skip

SLICER_CLASSES = (
    application.qSlicerApplication,
    application.qSlicerExtensionsManagerModel,
    application.qSlicerMainWindow,
    application.qSlicerModuleManager,
    application.qSlicerModuleSelectorToolBar,
    application.qSlicerScriptedLoadableModule,
    application.qSlicerScriptedLoadableModuleWidget,
    layout.qMRMLSliceWidget,
    layout.qMRMLThreeDWidget,
    layout.qSlicerLayoutManager,
    mrml_widgets.qMRMLNodeComboBox,
    mrml_widgets.qMRMLWidget,
    segment_editor.qMRMLSegmentEditorWidget,
    segment_editor.qSlicerSegmentEditorAbstractEffect,
    segment_editor.qSlicerSegmentEditorEffectFactory,
    subject_hierarchy.qMRMLSubjectHierarchyTreeView,
    views.qMRMLSliceView,
    views.qMRMLThreeDView,
)


def install(parameter_node: types.ModuleType, scripted: types.ModuleType, translation: types.ModuleType) -> None:
    """Put the modules where `import` finds them, and the widgets into `slicer`."""
    sys.modules["qt"] = _module("qt", _qt_names())
    sys.modules["ctk"] = _module("ctk", {one.__name__: one for one in ctk_widgets.CTK_CLASSES})
    for one in SLICER_CLASSES:
        setattr(slicer, one.__name__, one)
    for name, module in (
        ("parameterNodeWrapper", parameter_node), ("ScriptedLoadableModule", scripted), ("i18n", translation)
    ):  # fmt: skip
        sys.modules[f"slicer.{name}"] = module
        setattr(slicer, name, module)
    # `import qSlicerSegmentationsModuleWidgetsPythonQt`, which modules do before they use these widgets
    for name, cls in (
        ("qSlicerSegmentationsModuleWidgetsPythonQt", segment_editor.qMRMLSegmentEditorWidget),
        ("qSlicerSubjectHierarchyModuleWidgetsPythonQt", subject_hierarchy.qMRMLSubjectHierarchyTreeView),
    ):
        sys.modules[name] = _module(name, {cls.__name__: cls})
    HostUiLoader.standins.update({one.__name__: one for one in (*ctk_widgets.CTK_CLASSES, *SLICER_CLASSES)})


def _qt_names() -> dict[str, Any]:
    names = {
        name: getattr(module, name)
        for module in (*attributes.QT_MODULES, QtUiTools)
        for name in dir(module)
        if not name.startswith("_") and name not in _PYSIDE_ONLY
    }
    return names | {"QUiLoader": HostUiLoader}


def _module(name: str, names: dict[str, Any]) -> types.ModuleType:
    made = types.ModuleType(name)
    vars(made).update(names)
    return made
