"""What a batch has done, one JSON line each, so that a run that is killed at any moment goes on where it was.

It names files, which may name patients, so that only this user may read it.
"""

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_type_hints

from VSSegmentationLib.atomic import note_finished
from VSSegmentationLib.codec import from_plain, parse_json
from VSSegmentationLib.errors import InputRefusedError, UsageError
from VSSegmentationLib.process_mark import maker_is_gone, own_mark
from VSSegmentationLib.worker.case_jobs import CaseResult, ComparedResult

FOLDER = ".batch"
_JOURNAL, _LOCK = "journal.jsonl", "running"
_ENDS = ("done", "refused", "set aside")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a case ended."""

    case: str
    """Its name; of a comparison, that of the patient."""
    status: str
    """`done`, `refused` for a reason in the input, or `set aside`, as it ended its process twice or took too much."""
    reason: str = ""
    exit_code: int = 0
    tries: int = 1
    seconds: float = 0.0
    look: str = field(default="", repr=False)
    """Of its files; see `fingerprints.look_of`."""
    content: str = field(default="", repr=False)
    """SHA-256 of its files."""
    asked: str = ""
    """SHA-256 of version and options: what else the result depends on."""
    result: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """As the worker told it."""


class Journal:
    """The outcomes of the cases and comparisons of one study folder, and the numbers of cases that nobody named."""

    def __init__(self, study: Path) -> None:
        """Read what is there, and keep other runs away from the folder until `close`.

        Raises:
            UsageError: If another run is at work on the folder.
            InputRefusedError: If the journal is no journal.
        """
        self._folder = study / FOLDER
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = self._take_lock()
        self.cases: dict[str, Outcome] = {}
        self.comparisons: dict[str, Outcome] = {}
        self._numbers: dict[str, int] = {}
        self.salt = secrets.token_hex(16)
        path = self._folder / _JOURNAL
        is_new = not path.exists()
        if not is_new:
            try:
                self._read(path)
            except InputRefusedError:
                self._lock.unlink(missing_ok=True)
                raise
        self._file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w", encoding="utf-8")
        if is_new:
            self._write({"salt": self.salt})

    def number_of(self, key: str) -> int:
        """Return the number of a case that nobody named, the next free one for a new key."""
        if key not in self._numbers:
            self._numbers[key] = len(self._numbers) + 1
            self._write({"number": self._numbers[key], "key": key})
        return self._numbers[key]

    def keep(self, kind: str, outcome: Outcome) -> None:
        """Write down an outcome: of a `case`, or of a `comparison`."""
        kept = self.cases if kind == "case" else self.comparisons
        kept[outcome.case] = outcome
        self._write({kind: vars(outcome)})
        note_finished()

    def close(self) -> None:
        """Let other runs have the folder."""
        self._file.close()
        self._lock.unlink(missing_ok=True)

    def _write(self, line: Mapping[str, Any]) -> None:
        self._file.write(json.dumps(line, ensure_ascii=True, allow_nan=False) + "\n")
        self._file.flush()

    def _read(self, path: Path) -> None:
        lines = path.read_bytes().splitlines(keepends=True)
        if lines and not lines[-1].endswith(b"\n"):  # a kill amid a line: that case is done again
            with path.open("r+b") as file:
                file.truncate(sum(map(len, lines[:-1])))
            lines.pop()
        try:
            for line in lines:
                self._take(from_plain(dict[str, Any], parse_json(line, any_name=True), "line"))
        except (ValueError, KeyError) as error:
            msg = "the journal of this study folder is damaged; choose another folder, or remove its folder .batch"
            raise InputRefusedError(msg) from error

    def _take(self, told: Mapping[str, Any]) -> None:
        if "salt" in told:
            self.salt = from_plain(str, told["salt"], "salt")
        elif "number" in told:
            self._numbers[from_plain(str, told["key"], "key")] = from_plain(int, told["number"], "number")
        elif "case" in told:
            outcome = _outcome(told["case"], CaseResult)
            self.cases[outcome.case] = outcome
        elif "comparison" in told:
            outcome = _outcome(told["comparison"], ComparedResult)
            self.comparisons[outcome.case] = outcome

    def _take_lock(self) -> Path:
        lock = self._folder / _LOCK
        for _ in range(2):
            try:
                descriptor = os.open(lock, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            except FileExistsError:
                if not maker_is_gone(lock.read_text(encoding="utf-8", errors="replace"), lock):
                    break
                lock.unlink(missing_ok=True)
                continue
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(own_mark())
            return lock
        msg = "another batch is at work on this study folder; wait for its end, or choose another folder"
        raise UsageError(msg)


def _outcome(told: object, kind: type[CaseResult | ComparedResult]) -> Outcome:
    """Return an outcome; what is read of its result again must be of the types in which the worker told it.

    Raises:
        InputRefusedError: If it is none.
    """
    outcome = from_plain(Outcome, told, "outcome")
    if outcome.status not in _ENDS:
        msg = f"the status of an outcome must be one of {', '.join(_ENDS)}"
        raise InputRefusedError(msg)
    for name, hint in get_type_hints(kind).items():
        if name in outcome.result:
            from_plain(hint, outcome.result[name], name)
    return outcome
