"""Which tests judge a change: all that run its line, as coverage.py has recorded it once, its module's own first."""

import os
import sys
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from coverage import CoverageData

from tools.mutants.changes import Place
from tools.mutants.running import run_tests

_RECORDED = (
    "imageio", "measurement", "evaluation", "tasks", "follow_up", "pipeline", "reporting", "api", "cohort", "cli",
    "inference/test_division.py", "inference/test_divider.py",
)  # fmt: skip
"""Tests that are recorded, from `Testing/library`: of the rooms that are changed, and of those above that use them."""


class Judges(NamedTuple):
    """Tests by file or by node id, the ones that know a change best first."""

    first: list[str]
    rest: list[str]
    """Those that are asked where the first ones notice nothing."""


class Record:
    """Which test runs which line."""

    def __init__(self, root: Path, data: Path, most: int) -> None:
        """Read what `record` wrote.

        Args:
            root: Of the repository.
            data: The file of coverage.py.
            most: So many tests judge a change first, beside the files of tests of its module.
        """
        self._root, self._written, self._most = root, data.stat().st_mtime, most
        self._data = CoverageData(str(data))
        self._data.read()

    def tests_of(self, place: Place) -> Judges:
        """Return the tests that judge a change.

        Of a line that is run when the module is imported, and of a module that was changed since the record was made,
        these are all tests that import the module or run any line of it. Where there are none, they are those of its
        room.
        """
        inside = place.path.relative_to(self._root / "VSSegmentationLib")
        own = Path("Testing/library") / inside.parent / f"test_{inside.name}"
        by_line = self._data.contexts_by_lineno(str(place.path))
        exact = place.is_inside and place.path.stat().st_mtime <= self._written
        lines = place.lines if exact else by_line.keys()
        lines_of = _lines_of_each(by_line)
        running = {test for test, run in lines_of.items() if not run.isdisjoint(lines)}
        near = [own.as_posix()] if (self._root / own).is_file() else []
        near += [] if exact and running else self._importing(inside, but=own)
        others = sorted(test for test in running if test.split("::")[0] not in near and self._is_there(test))
        others.sort(key=lambda test: _distance(test, inside))
        others = _of_each_kind_in_turn(others, lambda test: lines_of[test])
        first = [*near, *others[: self._most]] or [(Path("Testing/library") / inside.parts[0]).as_posix()]
        return Judges(first, others[self._most :])

    def _is_there(self, test: str) -> bool:
        """Return whether a test that was recorded still has its name."""
        path, _, name = test.partition("::")
        return (self._root / path).is_file() and f"def {name}(" in (self._root / path).read_text(encoding="utf-8")

    def _importing(self, inside: Path, *, but: Path) -> list[str]:
        named = inside.as_posix().removesuffix(".py").replace("/", ".")
        files = sorted((self._root / "Testing" / "library").rglob("test_*.py"))
        importing = [path.relative_to(self._root) for path in files if named in path.read_text(encoding="utf-8")]
        return [path.as_posix() for path in importing if path != but]


def _lines_of_each(by_line: Mapping[int, Sequence[str]]) -> dict[str, frozenset[int]]:
    """Return which lines of a module each test runs; contexts of coverage.py are FILE::TEST[CASE]|PHASE."""
    lines: dict[str, set[int]] = {}
    for line, contexts in by_line.items():
        for context in contexts:
            if context:
                lines.setdefault(context.rpartition("|")[0].partition("[")[0], set()).add(line)
    return {test: frozenset(each) for test, each in lines.items()}


def _of_each_kind_in_turn(tests: list[str], kind: Callable[[str], Hashable]) -> list[str]:
    """Return the first test of every kind, then the second ones, and so on.

    Tests that run other lines of a module see another side of it; many that run the same ones mostly see the same.
    """
    of_kind: Counter[Hashable] = Counter()
    turns = []
    for test in tests:
        turns.append(of_kind[kind(test)])
        of_kind[kind(test)] += 1
    return [test for _, test in sorted(zip(turns, tests, strict=True), key=lambda each: each[0])]


def _distance(test: str, inside: Path) -> int:
    """Return how far apart a test and a module are among the rooms: the nearest one is the likeliest to notice."""
    rooms, own = Path(test.partition("::")[0]).relative_to("Testing/library").parts[:-1], inside.parts[:-1]
    shared = next((n for n, (one, other) in enumerate(zip(rooms, own, strict=False)) if one != other), None)
    return len(rooms) + len(own) - 2 * (min(len(rooms), len(own)) if shared is None else shared)


def record(root: Path, data: Path) -> None:
    """Run the tests of the rooms once, and write which of them runs which line.

    Raises:
        SystemExit: If a test fails: of code that is not sound, changes show nothing.
    """
    print(f"recording which test runs which line, into {data}", flush=True)
    covered = ("--cov=VSSegmentationLib", "--cov-context=test", "--cov-report=")
    tests = [f"Testing/library/{name}" for name in _RECORDED]
    os.environ["COVERAGE_FILE"] = str(data)
    if run_tests([*covered, *tests], root, limit=None, heard=True):
        data.unlink(missing_ok=True)
        sys.exit("the tests fail without a change")
