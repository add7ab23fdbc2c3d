"""The fields of the report that a person fills in: parameters and form, made from the declarations of the library.

The words are those of the declarations, which stand on the report in English, too.
"""

from collections.abc import Collection
from typing import Annotated, Any

import qt
from slicer.parameterNodeWrapper import Choice

from VSSegmentationLib.reporting import PriorTreatment, Question, UserFields, questions

NOT_GIVEN = "not given"
_FORMER_NAMES = {"cystic": "cystic_component", "lateralExtent": "lateral_extent"}
"""Of parameters, in scenes that were saved before the names were those of the report."""


def withReportFields(kind: type) -> type:
    """Add a parameter for each field to the class of a parameter node, before it is wrapped."""
    for question in questions():
        kind.__annotations__[question.id] = (
            Annotated[str, Choice([NOT_GIVEN, *question.choices])] if question.choices else str
        )
        setattr(kind, question.id, NOT_GIVEN if question.choices else "")
    return kind


def presentName(name: str) -> str:
    """Return what a parameter is called now that an earlier version may have called otherwise."""
    return _FORMER_NAMES.get(name, name)


def takeUpFormerNames(node: Any) -> None:
    """Give the parameters of an opened scene the names that they have now."""
    for former, present in _FORMER_NAMES.items():
        if node.HasParameter(former):
            node.SetParameter(present, node.GetParameter(former))
            node.UnsetParameter(former)


def addFields(ui: Any) -> None:
    """Add a row for each field to the forms of the report panel, bound to its parameter."""
    first, more = ui.fieldsBox.layout(), ui.moreBox.layout()
    grades = 0
    lastGrade, lastField, lastMore = ui.reportSection, ui.treatmentDaysBox, ui.moreBox  # the Tab key goes on from these
    for question in questions():
        box, form = _box(question), first if question.at_once else more
        label = qt.QLabel(f"{question.short}:")
        label.objectName = f"{box.objectName}Label"
        label.setBuddy(box)  # a screen reader reads it
        for widget in (box, label):
            setattr(ui, str(widget.objectName), widget)
        if question.choices and form is first:  # grades before the treatment, free text after it
            form.insertRow(grades, label, box)
            qt.QWidget.setTabOrder(lastGrade, box)
            grades, lastGrade = grades + 1, box
        else:
            form.addRow(label, box)
            qt.QWidget.setTabOrder(lastField if form is first else lastMore, box)
            lastField, lastMore = (box, lastMore) if form is first else (lastField, box)
    ui.moreBox.collapsed = True


def showFields(ui: Any, names: Collection[str]) -> None:
    """Show the rows of some fields alone: those that a person is asked for."""
    for question in questions():
        name = _boxName(question)
        for widget in (getattr(ui, name), getattr(ui, f"{name}Label")):
            widget.visible = question.id in names


def userFields(node: Any) -> UserFields:
    """Return what was entered."""
    prior = ()
    if node.treatment != "none":
        prior = (PriorTreatment(kind=node.treatment, days_before=node.treatmentDays or None),)
    entered = {question.id: node.getValue(question.id) for question in questions()}
    given = {name: "" if value == NOT_GIVEN else value for name, value in entered.items()}
    return UserFields(prior_treatment=prior, **given)


def _box(question: Question) -> Any:
    if question.choices:
        box = qt.QComboBox()
        box.setSizePolicy(qt.QSizePolicy.Expanding, qt.QSizePolicy.Fixed)
    else:
        box = qt.QLineEdit()
    box.objectName = _boxName(question)
    box.toolTip = question.help
    box.setProperty("SlicerParameterName", question.id)
    return box


def _boxName(question: Question) -> str:
    return f"{question.id}{'Box' if question.choices else 'Edit'}"
