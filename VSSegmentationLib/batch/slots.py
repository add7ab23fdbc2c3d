"""What runs on the workers of the engine: one child for each slot."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from distributed import Worker, WorkerPlugin, get_worker

from VSSegmentationLib.batch.fingerprints import content_of
from VSSegmentationLib.warm_child import Answer, Bounds, Child, warm_child

MakeChild = Callable[..., Child]
_NAME = "vs-segmentation-slot"


@dataclass
class Slot(WorkerPlugin):
    """Holds the child of one worker of the engine, which has one thread."""

    threads: int
    """That a child may use."""
    make_child: MakeChild = warm_child
    name: str = _NAME
    child: Child | None = field(default=None, init=False)
    is_stopping: threading.Event | None = field(default=None, init=False)

    def setup(self, worker: Worker) -> None:
        """Make the child; its process starts with the first job."""
        own = worker.name
        self.child = self.make_child(threads=self.threads, slot=own if isinstance(own, int) else 0)
        self.is_stopping = threading.Event()

    def teardown(self, worker: Worker) -> None:  # noqa: ARG002 - as the engine calls it
        """End the child with its worker."""
        if self.child is not None:
            self.child.end()


def do_on_slot(order: str, job: Mapping[str, Any], bounds: Bounds, files: tuple[Path, ...] = ()) -> Answer:
    """Do a job on whichever slot runs this; raises nothing, since the engine's log would repeat names."""
    slot = get_worker().plugins[_NAME]
    assert isinstance(slot, Slot)
    assert slot.child is not None
    assert slot.is_stopping is not None
    if slot.is_stopping.is_set():
        return Answer(skipped=True)
    try:
        answer = slot.child.do(order, job, bounds)
        if "died" not in answer:
            answer["content"] = content_of(files)
    except Exception as error:  # noqa: BLE001 - see above: the kind alone is told
        return Answer(died=f"the batch itself failed at it ({type(error).__name__})")
    return answer


def begin_nothing_more(dask_worker: Worker) -> None:
    """Let a slot finish what it does, and begin nothing else."""
    slot = dask_worker.plugins.get(_NAME)
    if isinstance(slot, Slot) and slot.is_stopping is not None:
        slot.is_stopping.set()


def stop_at_once(dask_worker: Worker) -> None:
    """End the child of a slot."""
    begin_nothing_more(dask_worker)
    slot = dask_worker.plugins.get(_NAME)
    if isinstance(slot, Slot) and slot.child is not None:
        slot.child.end()
