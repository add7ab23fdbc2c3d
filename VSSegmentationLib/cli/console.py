"""What the person, or the program, at the other end sees: results on stdout, everything else on stderr."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TextIO

_BAR_WIDTH = 30


class Console(Protocol):
    """Where a command says how far it is, how it ended, and what is worth reading."""

    def begins(self, pid: int) -> None:
        """Tell a program which process group to end to stop the work with everything it started."""

    def progress(self, fraction: float, stage: str) -> None:
        """Show how far the work is, 0 to 1, and what is being done."""

    def warning(self, sentence: str) -> None:
        """Show something that the reader of the results has to know."""

    def result(self, text: str, data: Mapping[str, Any] | None = None, warnings: Sequence[str] = ()) -> None:
        """Show the outcome: `text` to a person, then the warnings; the warnings to a program, then `data`."""

    def error(self, sentence: str, exit_code: int) -> None:
        """Show why the command ends without a result."""


def make_console(progress: str | None, out: TextIO, err: TextIO) -> Console:
    """Return the console for `--progress`: JSON lines, a bar on a terminal, or plain lines."""
    if progress == "json":
        return JsonConsole(out, err)
    return BarConsole(out, err) if err.isatty() else PlainConsole(out, err)


class PlainConsole:
    """For a log file: one line for each stage."""

    def __init__(self, out: TextIO, err: TextIO) -> None:
        self._out = out
        self._err = err
        self._stage = ""

    def begins(self, pid: int) -> None:
        pass

    def progress(self, fraction: float, stage: str) -> None:
        if stage != self._stage:
            self._stage = stage
            print(f"{fraction:4.0%} {stage}", file=self._err, flush=True)

    def warning(self, sentence: str) -> None:
        print(f"Warning: {sentence}", file=self._err, flush=True)

    def result(
        self,
        text: str,
        data: Mapping[str, Any] | None = None,  # noqa: ARG002 -- for programs
        warnings: Sequence[str] = (),
    ) -> None:
        print(text, file=self._out, flush=True)
        for sentence in warnings:
            self.warning(sentence)

    def error(self, sentence: str, exit_code: int) -> None:  # noqa: ARG002 -- the shell has the code
        print(f"Error: {sentence}", file=self._err, flush=True)


class BarConsole(PlainConsole):
    """For a terminal: one line that fills, and makes room for whatever else is said."""

    def progress(self, fraction: float, stage: str) -> None:
        self._stage = stage
        filled = round(_BAR_WIDTH * min(max(fraction, 0.0), 1.0))
        bar = "#" * filled + "." * (_BAR_WIDTH - filled)
        print(f"\r\x1b[K[{bar}] {fraction:4.0%} {stage}", end="", file=self._err, flush=True)

    def warning(self, sentence: str) -> None:
        self._clear_line()
        super().warning(sentence)

    def result(self, text: str, data: Mapping[str, Any] | None = None, warnings: Sequence[str] = ()) -> None:
        self._clear_line()
        super().result(text, data, warnings)

    def error(self, sentence: str, exit_code: int) -> None:
        self._clear_line()
        super().error(sentence, exit_code)

    def _clear_line(self) -> None:
        if self._stage:
            self._stage = ""
            print("\r\x1b[K", end="", file=self._err, flush=True)


class JsonConsole:
    """For a program: one JSON object per line on stdout; an error also as a sentence on stderr."""

    def __init__(self, out: TextIO, err: TextIO) -> None:
        self._out = out
        self._err = err

    def begins(self, pid: int) -> None:
        self._line({"pid": pid})

    def progress(self, fraction: float, stage: str) -> None:
        self._line({"progress": round(fraction, 4), "stage": stage})

    def warning(self, sentence: str) -> None:
        self._line({"warning": sentence})

    def result(
        self,
        text: str,  # noqa: ARG002 -- for people
        data: Mapping[str, Any] | None = None,
        warnings: Sequence[str] = (),
    ) -> None:
        for sentence in warnings:
            self.warning(sentence)
        self._line({"result": data or {}})

    def error(self, sentence: str, exit_code: int) -> None:
        self._line({"error": sentence, "exit_code": exit_code})
        print(f"Error: {sentence}", file=self._err, flush=True)

    def _line(self, message: Mapping[str, Any]) -> None:
        print(json.dumps(message, ensure_ascii=True, allow_nan=False), file=self._out, flush=True)
