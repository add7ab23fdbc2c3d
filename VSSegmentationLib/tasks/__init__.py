"""What a tumor kind is: its inputs, labels, measures, policies and grades; one file each, and one table of them."""

from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.tasks.task import ChooseHeadline, MeasureLabelmap, Task, TaskInput
from VSSegmentationLib.tasks.vestibular_schwannoma import VESTIBULAR_SCHWANNOMA

__all__ = [
    "DEFAULT_TASK",
    "ChooseHeadline",
    "MeasureLabelmap",
    "Task",
    "TaskInput",
    "register_task",
    "task_named",
]

DEFAULT_TASK = VESTIBULAR_SCHWANNOMA
"""Of models and files that name none: those from before there were several."""
_TASKS: dict[str, Task] = {VESTIBULAR_SCHWANNOMA.name: VESTIBULAR_SCHWANNOMA}


def task_named(name: str) -> Task:
    """Return a task.

    Raises:
        UsageError: If there is none of this name.
    """
    if name not in _TASKS:
        msg = f"there is no task named {name!r}; there are: {', '.join(sorted(_TASKS))}"
        raise UsageError(msg)
    return _TASKS[name]


def register_task(task: Task) -> None:
    """Make a task of one's own known to models and commands of this process.

    Raises:
        UsageError: If another task of this name is there.
    """
    if _TASKS.get(task.name, task) is not task:
        msg = f"there is another task named {task.name!r} already; choose another name"
        raise UsageError(msg)
    _TASKS[task.name] = task
