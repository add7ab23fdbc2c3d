"""The node as a whole: what listens, decides, works and sends, each in a thread of its own around one ledger."""

import shutil
import threading
import time
from collections.abc import Callable

from VSSegmentationLib import __version__
from VSSegmentationLib.errors import UsageError, VSSegmentationError
from VSSegmentationLib.formats import OutputFormat
from VSSegmentationLib.node.audit import Audit
from VSSegmentationLib.node.clerk import Clerk
from VSSegmentationLib.node.config import NodeConfig
from VSSegmentationLib.node.counting import Counts
from VSSegmentationLib.node.delivering import Courier
from VSSegmentationLib.node.health import HealthPage, State
from VSSegmentationLib.node.inbox import Inbox
from VSSegmentationLib.node.ledger import Ledger, Status
from VSSegmentationLib.node.names import Names
from VSSegmentationLib.node.parts import Parts
from VSSegmentationLib.node.receiving import Receiver, keep_quiet
from VSSegmentationLib.node.sending import sender_to
from VSSegmentationLib.node.setup import setup_of
from VSSegmentationLib.node.slot import RESULTS, Slot
from VSSegmentationLib.node.watching import Watcher
from VSSegmentationLib.reporting.page.pdf import check_weasyprint
from VSSegmentationLib.warm_child import Child, usable_cores, warm_child

_LOOK_SECONDS = 1.0
_TIDY_SECONDS = 600.0
_HOUR = 3600.0
_KNOWN_DAYS = 365
"""After which a series that is done with is forgotten: it would be segmented anew if it came again."""
_DONE: tuple[Status, ...] = ("sent", "passed over", "refused", "set aside")
_GIB = 1024**3


class Node:
    """Runs until it is stopped; whatever it said that it has, it has at the next start."""

    def __init__(
        self,
        config: NodeConfig,
        *,
        make_child: Callable[..., Child] = warm_child,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Open the folder and go on where the last run ended; nothing listens or works before `start`.

        Args:
            config: What its file says.
            make_child: What does the work of a slot.
            now: The time, in seconds since 1970.

        Raises:
            UsageError: If another node has the folder, or it cannot be written.
        """
        self._config, self._now = config, now
        folder = config.folder
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.chmod(0o700)
            (folder / RESULTS).mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            msg = f"the folder of the node cannot be written ({error.strerror}); choose another one"
            raise UsageError(msg) from error
        self._ledger = Ledger(folder / "ledger.sqlite")
        self._names, self._audit = Names(folder / "key"), Audit(folder / "audit.jsonl")
        resumed = self._ledger.resume()
        inbox = Inbox(folder, self._ledger, self._names, self._audit, setup=setup_of(config), now=now)
        self._parts = Parts(
            config=config, ledger=self._ledger, names=self._names, audit=self._audit, inbox=inbox, now=now
        )
        self._stopping, self._changed = threading.Event(), threading.Condition()
        self._broken: list[str] = []
        self._counts = Counts(config, self._wake)
        self._clerk = Clerk(self._parts, self._counts.of)
        self.notes = notes_on(config)
        """What a person should know at the start, such as that no PDF can be made."""
        self._slots = [self._slot(number, make_child) for number in range(config.work.slots)]
        destinations = {each.name: each for each in map(config.destination_of, _senders(config))}
        self._couriers = {
            name: Courier(self._parts, name, sender_to(config, each)) for name, each in destinations.items()
        }
        self._watchers = {
            each.name: Watcher(self._parts, each, self._counts.told, self._wake) for each in config.server if each.watch
        }
        self._receiver = None if config.receive is None else Receiver(self._parts, config.receive, self._wake)
        self._health: HealthPage | None = None
        self._threads: list[threading.Thread] = []
        self._begun = now()
        self._audit.note("node started", version=__version__, resumed=resumed)

    def start(self) -> None:
        """Listen, decide, work and send.

        Raises:
            UsageError: If an address cannot be had.
        """
        keep_quiet()
        health = self._config.health
        if health.port is not None:
            self._health = HealthPage(health.address, health.port, self.state)
        if self._receiver is not None:
            self._receiver.start()
        self._in_thread("clerk", self._decide)
        for number, slot in enumerate(self._slots):
            self._in_thread(f"slot-{number}", self._until_idle(slot.do_next))
        for name, courier in self._couriers.items():
            self._in_thread(f"to-{name}", self._every(_LOOK_SECONDS, courier.deliver_due))
        for name, watcher in self._watchers.items():
            seconds = next(each.poll_seconds for each in self._config.server if each.name == name)
            self._in_thread(f"watch-{name}", self._every(seconds, watcher.look))

    def wait(self, should_stop: Callable[[], bool]) -> None:
        """Return when a stop is asked for.

        Raises:
            VSSegmentationError: If a part of the node ended by itself: it has to be started again, and loses nothing.
        """
        while not should_stop() and not self._broken:
            self._stopping.wait(_LOOK_SECONDS)
        if self._broken:
            msg = f"a part of the node ended unexpectedly ({', '.join(self._broken)}); start it again, nothing is lost"
            raise VSSegmentationError(msg)

    def stop(self) -> None:
        """Stop at once; what was not finished goes on at the next start."""
        self._stopping.set()
        if self._receiver is not None:
            self._receiver.stop()
        for slot in self._slots:
            slot.stop()
        self._wake()
        for thread in self._threads:
            thread.join()
        self._counts.close()
        if self._health is not None:
            self._health.stop()
        self._audit.note("node stopped")
        self._audit.close()
        self._ledger.close()

    @property
    def port(self) -> int | None:
        """Of DICOM."""
        return None if self._receiver is None else self._receiver.port

    @property
    def health_port(self) -> int | None:
        """Of the health page."""
        return None if self._health is None else self._health.port

    def state(self) -> State:
        """Return how the node does, without anything of a patient."""
        counts, free = self._ledger.counts(), shutil.disk_usage(self._config.folder).free / _GIB
        failures = {
            **{f"to {name}": each.failure for name, each in self._couriers.items() if each.failure},
            **{f"from {name}": each.failure for name, each in self._watchers.items() if each.failure},
        }
        wrong = [f"{name}: {failure}" for name, failure in failures.items()]
        wrong += [f"ended: {each}" for each in self._broken]
        if free < self._config.keep.free_gib:
            wrong.append(f"only {free:.1f} GiB are free, and nothing more is taken")
        queued = self._ledger.of_status("queued")
        return {
            "well": not wrong,
            "wrong": wrong,
            "version": __version__,
            "up_seconds": round(self._now() - self._begun),
            "series": {each: counts.get(each, 0) for each in ("arriving", "queued", "running", "sending", *_DONE)},
            "oldest_in_queue_seconds": round(max((self._now() - row.changed for row in queued), default=0)),
            "free_gib": round(free, 1),
            "notes": list(self.notes),
        }

    def _slot(self, number: int, make_child: Callable[..., Child]) -> Slot:
        work = self._config.work
        threads = work.threads or max(1, usable_cores() // work.slots)
        child = make_child(threads=threads, slot=number)
        return Slot(self._parts, child, formats_of(self._config), self._wake)

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _rest(self, seconds: float) -> None:
        """Wait until something has changed, or for a while."""
        with self._changed:
            if not self._stopping.is_set():
                self._changed.wait(seconds)

    def _decide(self) -> None:
        tidied = float("-inf")
        while not self._stopping.is_set():
            now = self._now()
            if self._clerk.look(now):
                self._wake()
            if now - tidied >= _TIDY_SECONDS:
                self._tidy(now)
                tidied = now
            self._rest(_LOOK_SECONDS)

    def _tidy(self, now: float) -> None:
        """Remove images that are kept no longer, and what is known of series of long ago."""
        for row in self._ledger.of_status(*_DONE):
            if now - row.changed >= self._config.keep.hours * _HOUR and self._parts.inbox.forget(row):
                self._audit.note("images removed", series=row.series, study=row.study)
        self._ledger.forget_before(now - _KNOWN_DAYS * 24 * _HOUR, _DONE)

    def _until_idle(self, do_next: Callable[[], bool]) -> Callable[[], None]:
        def run() -> None:
            while not self._stopping.is_set():
                if not do_next():
                    self._rest(_LOOK_SECONDS)

        return run

    def _every(self, seconds: float, do: Callable[[Callable[[], bool]], int]) -> Callable[[], None]:
        def run() -> None:
            while not self._stopping.is_set():
                do(self._stopping.is_set)
                self._stopping.wait(seconds)

        return run

    def _in_thread(self, name: str, do: Callable[[], None]) -> None:
        def run() -> None:
            try:
                do()
            finally:
                if not self._stopping.is_set():  # it raised: the whole node ends, and its keeper starts it again
                    self._broken.append(name)
                    self._stopping.set()

        thread = threading.Thread(target=run, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()


def formats_of(config: NodeConfig) -> tuple[OutputFormat, ...]:
    """Return what is made: what is sent, and a plain report for receivers that do not know the one in space."""
    wanted = [OutputFormat(each) for each in config.send.objects]
    if not _can_print():
        wanted = [each for each in wanted if each is not OutputFormat.DICOM_PDF]
    if OutputFormat.DICOM_SR in wanted:
        wanted.append(OutputFormat.DICOM_SR_2D)
    return tuple(wanted)


def _can_print() -> bool:
    try:
        check_weasyprint()
    except UsageError:
        return False
    return True


def notes_on(config: NodeConfig) -> tuple[str, ...]:
    """Return what a person should know of a configuration before it is put to use."""
    notes = []
    if "dicom-pdf" in config.send.objects and not _can_print():
        notes.append("No PDF can be made here, and results go without it: WeasyPrint or Pango is missing.")
    receive = config.receive
    if receive is not None and not receive.tls and receive.address not in ("127.0.0.1", "::1", "localhost"):
        notes.append("Images come without encryption: receive.tls is off.")
    notes += [f"Results go to {peer.name} without encryption." for peer in config.peer if not peer.tls]
    return tuple(notes)


def _senders(config: NodeConfig) -> list[str]:
    peers = [each.name for each in config.peer if each.sends]
    return [*peers, *(each.name for each in config.server if each.watch)]
