"""Where cases run: Dask `distributed`, on this machine through loopback alone, or on a cluster that is named.

It decides what runs where and what is next. It can't end a task that runs, and blames by association; that is the
business of the slots, each of which has a process of its own for its cases (`child`).
"""

import logging
import queue
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import dask
from distributed import Client, Future, LocalCluster
from distributed.security import Security

from VSSegmentationLib.batch.slots import MakeChild, Slot, begin_nothing_more, do_on_slot, stop_at_once
from VSSegmentationLib.errors import UsageError, VSSegmentationError
from VSSegmentationLib.warm_child import Answer, Bounds, warm_child

LOOPBACK = "127.0.0.1:0"
"""Any free port, on this machine alone; by default scheduler and workers listen on all addresses."""
_LOOK_EVERY_SECONDS = 1.0
_PATIENCE_SECONDS = 600.0
"""How long there may be no worker at all, as where queues are long, and how long an answer may be overdue."""
_SETTINGS = {
    "distributed.scheduler.worker-saturation": 1.0,
    "distributed.scheduler.allowed-failures": 0,
    "distributed.admin.tick.limit": "1h",
    "distributed.worker.profile.enabled": False,
}


class EngineError(VSSegmentationError):
    """The engine doesn't get on; what is done is kept."""


class Tls(NamedTuple):
    """What a scheduler is spoken to with: PEM files."""

    authority: Path
    certificate: Path
    key: Path

    def security(self) -> Security:
        """Return it as the engine takes it; nothing is said in the clear then."""
        return Security(
            tls_ca_file=str(self.authority),
            tls_client_cert=str(self.certificate),
            tls_client_key=str(self.key),
            require_encryption=True,
        )


@dataclass(frozen=True, kw_only=True)
class Work:
    """One job for a slot."""

    number: int
    """Names it within the engine, whose logs nobody needs to hide."""
    order: str
    job: Mapping[str, Any] = field(repr=False)
    files: tuple[Path, ...] = field(default=(), repr=False)
    """Whose content is to be told with the answer."""


@dataclass
class Engine:
    """Runs work on the slots that there are."""

    client: Client
    bounds: Bounds
    patience_seconds: float = _PATIENCE_SECONDS

    def slots(self) -> int:
        """Return how many there are now."""
        return len(self.client.scheduler_info(n_workers=-1)["workers"])

    def run(
        self,
        work: Iterator[Work],
        on_answer: Callable[[Work, Answer], None],
        *,
        should_stop: Callable[[], bool],
        alone: bool = False,
    ) -> None:
        """Do all work, at most two jobs for each slot being handed out at a time.

        Args:
            work: In the order in which it is begun.
            on_answer: Called in this thread with each answer, in the order in which they come.
            should_stop: Once True, what runs is finished and nothing more is begun.
            alone: Do one job at a time.

        Raises:
            EngineError: If there are no slots for too long, or an answer is overdue.
        """
        answered: queue.SimpleQueue[Future] = queue.SimpleQueue()
        running: dict[str, Work] = {}
        token, told_to_stop, last = secrets.token_hex(4), False, time.monotonic()
        window = self._window(alone=alone)
        while True:
            if should_stop() and not told_to_stop:
                told_to_stop = True
                self.client.run(begin_nothing_more)
            while not told_to_stop and len(running) < window and (each := next(work, None)) is not None:
                future = self.client.submit(
                    do_on_slot,
                    each.order,
                    each.job,
                    self.bounds,
                    each.files,
                    key=f"case-{token}-{each.number}",
                    pure=False,
                )
                running[future.key] = each
                future.add_done_callback(answered.put)
                del future
            if not running:
                return
            try:
                done = answered.get(timeout=_LOOK_EVERY_SECONDS)
            except queue.Empty:
                self._watch(last)
                window = self._window(alone=alone)  # machines of a cluster come and go
                continue
            last = time.monotonic()
            on_answer(running.pop(done.key), _answer_of(done))
            done.release()
            del done

    def _window(self, *, alone: bool) -> int:
        return 1 if alone else max(1, 2 * self.slots())

    def _watch(self, last: float) -> None:
        waited = time.monotonic() - last
        if waited > self.patience_seconds and self.slots() == 0:
            msg = f"there has been nothing to run cases on for {waited:.0f} seconds; start workers and run it again"
            raise EngineError(msg)
        if waited > self.bounds.seconds + self.patience_seconds:
            msg = f"the engine gave no answer for {waited:.0f} seconds; run it again: what is done is kept"
            raise EngineError(msg)

    def stop_at_once(self) -> None:
        """End what runs."""
        with suppress(OSError, TimeoutError):
            self.client.run(stop_at_once)


def _answer_of(done: Future) -> Answer:
    if done.status != "finished":  # a worker was lost with its machine
        return Answer(died="the machine that it ran on was lost")
    answer: Answer = done.result(timeout=60)
    return answer


@contextmanager
def local_engine(slots: int, threads: int, bounds: Bounds, make_child: MakeChild = warm_child) -> Iterator[Engine]:
    """Give an engine with that many slots in this process, which nothing but loopback reaches."""
    with (
        dask.config.set(_SETTINGS),
        LocalCluster(
            n_workers=slots,
            threads_per_worker=1,
            processes=False,
            dashboard_address=LOOPBACK,
            worker_dashboard_address=LOOPBACK,
            memory_limit=0,
            silence_logs=logging.CRITICAL,
        ) as cluster,
        using(cluster, threads, bounds, None, make_child) as engine,
    ):
        yield engine


@contextmanager
def remote_engine(address: str, threads: int, bounds: Bounds, *, tls: Tls | None, trusted: bool) -> Iterator[Engine]:
    """Give the engine of a scheduler that is there already.

    Raises:
        UsageError: If what is said to it could be read or changed on the way, and nobody said that this is all right.
        EngineError: If it does not answer.
    """
    if tls is None and not trusted:
        msg = (
            "whoever reaches a Dask scheduler can run programs through it; give --tls-ca, --tls-cert and --tls-key, or "
            "say --trust-network where only your own machines reach it"
        )
        raise UsageError(msg)
    with using(address, threads, bounds, None if tls is None else tls.security()) as engine:
        yield engine


@contextmanager
def using(
    cluster: object, threads: int, bounds: Bounds, security: Security | None, make_child: MakeChild = warm_child
) -> Iterator[Engine]:
    """Give the engine of a cluster, or of the scheduler at an address.

    Raises:
        EngineError: If it does not answer.
    """
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    with dask.config.set(_SETTINGS):
        try:
            client = Client(cluster, security=security, set_as_default=False, timeout=30)
        except (OSError, ValueError, TimeoutError) as error:
            msg = "the scheduler does not answer at this address; check the address, and that it runs"
            raise EngineError(msg) from error
        with client:
            client.register_plugin(Slot(threads=threads, make_child=make_child))
            yield Engine(client, bounds)
