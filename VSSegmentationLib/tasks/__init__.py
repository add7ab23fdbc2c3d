"""What a tumor kind is: its inputs, labels, measures, policies and grades; one declaration each, found by name.

The tasks of this library stand in a table here. Those of other packages are entry points of the group
`vs_segmentation.tasks`, each of which names a `Task`; they are imported when a task of another name is asked for.
"""

from importlib.metadata import entry_points
from pathlib import Path

from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.imageio import named_label_set
from VSSegmentationLib.imageio.dicom.segmentation import segmentation_told
from VSSegmentationLib.imageio.files.reading import existing_file, file_kind
from VSSegmentationLib.tasks.glioma import GLIOMA
from VSSegmentationLib.tasks.task import (
    Boundary,
    ChooseHeadline,
    MeasureLabelmap,
    ReportSection,
    Suspicion,
    Task,
    TaskInput,
)
from VSSegmentationLib.tasks.vestibular_schwannoma import VESTIBULAR_SCHWANNOMA

__all__ = [
    "DEFAULT_TASK",
    "ENTRY_POINTS",
    "Boundary",
    "ChooseHeadline",
    "MeasureLabelmap",
    "ReportSection",
    "Suspicion",
    "Task",
    "TaskInput",
    "task_named",
    "task_of_label_set",
    "task_of_labelmap",
    "tasks",
]

DEFAULT_TASK = VESTIBULAR_SCHWANNOMA
"""Of models and files that name none: those from before there were several."""
ENTRY_POINTS = "vs_segmentation.tasks"
"""Group of the entry points by which other packages make their tasks known."""
_OWN: dict[str, Task] = {task.name: task for task in (VESTIBULAR_SCHWANNOMA, GLIOMA)}


def tasks() -> dict[str, Task]:
    """Return all tasks by name, those of this library first.

    Raises:
        UsageError: If an entry point cannot be imported, names no task, or one of a name that is taken.
    """
    found = dict(_OWN)
    for point in entry_points(group=ENTRY_POINTS):
        try:
            task = point.load()
        except (ImportError, AttributeError) as error:
            msg = f"the task of the entry point {point.value!r} cannot be imported; install its package anew"
            raise UsageError(msg) from error
        if not isinstance(task, Task):
            msg = f"the entry point {point.value!r} must name a Task, got {type(task).__name__}"
            raise UsageError(msg)
        if found.setdefault(task.name, task) is not task:
            msg = f"there are two tasks named {task.name!r}; remove the package of one of them"
            raise UsageError(msg)
    return found


def task_named(name: str) -> Task:
    """Return a task.

    Raises:
        UsageError: If there is none of this name, or as for `tasks`.
    """
    if name in _OWN:
        return _OWN[name]
    known = tasks()
    if name not in known:
        msg = f"there is no task named {name!r}; there are: {', '.join(sorted(known))}"
        raise UsageError(msg)
    return known[name]


def task_of_label_set(name: str) -> Task:
    """Return the task whose labelmaps hold the labels of a set.

    Raises:
        UsageError: If there is none, or as for `tasks`.
    """
    for known in (_OWN, tasks):
        for task in (known if isinstance(known, dict) else known()).values():
            if task.label_set.name == name:
                return task
    msg = f"there is no task with the labels of {name!r}; install the package that brings it"
    raise UsageError(msg)


def task_of_labelmap(path: Path) -> Task:
    """Return the task whose labels a labelmap file says that it holds; the default one where it says nothing.

    Raises:
        UsageError: If there is no such file, or no such task is installed.
    """
    if file_kind(existing_file(path)) == "DICOM":
        told = segmentation_told(path)
        own = (task for known in (_OWN, tasks()) for task in known.values() if task.dicom_label == told.content_label)
        return next(own, DEFAULT_TASK) if told.is_own else DEFAULT_TASK
    name = named_label_set(path)
    return DEFAULT_TASK if name is None else task_of_label_set(name)
