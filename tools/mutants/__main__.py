"""`python -m tools.mutants`: change the code in small ways, one at a time, and see whether a test notices.

Changes are drawn by a seed from all that are possible in the modules named: comparisons, signs, numbers, conditions.
Each is made in a copy of the repository, where the tests that run its line go on until the first one fails, those that
know it best first; coverage.py records once which those are. What survives is printed with its line: either a test is
missing, or the change means nothing, which `equivalent.toml` tells of some, with the reason; those do not count.
"""

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tools.mutants.changes import Place, changed_source, places_of
from tools.mutants.choosing import Judges, Record, record
from tools.mutants.equivalent import is_equivalent
from tools.mutants.running import TimeIsOverError, import_all_else, run_tests

_ROOT = Path(__file__).resolve().parents[2]
_LIBRARY = _ROOT / "VSSegmentationLib"
_ROOMS = ("imageio", "measurement", "inference/division.py", "evaluation")
_COPIED = ("VSSegmentationLib", "Testing", "Training", "tools", "pyproject.toml")
_NOTHING_RAN = 5
"""What pytest ends with where all tests were left out."""


def _survives(place: Place, copy: Path, judges: Judges, limit: float) -> bool | None:
    """Return whether no test noticed a change; None where the time was over before that was known.

    Raises:
        SystemExit: If pytest did not run the tests.
    """
    target = copy / place.path.relative_to(_ROOT)
    sound = target.read_text(encoding="utf-8")
    target.write_text(changed_source(place), encoding="utf-8")
    try:
        ended = run_tests(["-x", *judges.first], copy, limit=limit)
        if ended == 0 and judges.rest:
            ended = run_tests(["-x", *judges.rest], copy, limit=limit)
    except TimeIsOverError:
        return None
    finally:
        target.write_text(sound, encoding="utf-8")
    if ended == _NOTHING_RAN:
        sys.exit(f"no test of {place.path.name} could be run")
    return ended == 0


def _modules(places: Sequence[str]) -> list[Path]:
    found = [_LIBRARY / place for place in places]
    return sorted(path for place in found for path in ([place] if place.suffix == ".py" else place.rglob("*.py")))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "places", nargs="*", default=_ROOMS, help="modules or rooms of the library (default: %(default)s)"
    )
    parser.add_argument("--count", type=int, default=40, help="how many changes are drawn (default: 40)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--least", type=float, default=0.95, help="share that tests must notice (default: 0.95)")
    parser.add_argument("--limit", type=float, default=900.0, help="seconds that the tests of a change may take")
    parser.add_argument("--seconds", type=float, default=0.0, help="stop after this time (0: at the count alone)")
    parser.add_argument(
        "--tests", type=int, default=120, help="most tests of other modules that judge a change before all the rest do"
    )
    parser.add_argument(
        "--record", type=Path, help="file of which test runs which line; made if it is not there (default: made anew)"
    )
    return parser.parse_args()


def main() -> int:
    """Draw, change, test, tell; return 1 if fewer than the share asked for were noticed."""
    options = _options()
    every = [place for path in _modules(options.places) for place in places_of(path)]
    drawn = random.Random(options.seed).sample(every, min(options.count, len(every)))
    same = [place for place in drawn if is_equivalent(place, _ROOT)]
    tried, survivors, undecided, begun = 0, 0, 0, time.monotonic()
    with tempfile.TemporaryDirectory(prefix="vs_mutants_") as folder:
        import_all_else()
        data = (options.record or Path(folder) / "record").absolute()
        if not data.is_file():
            record(_ROOT, data)
        recorded = Record(_ROOT, data, options.tests)
        copy = Path(folder) / "copy"
        copy.mkdir()
        for name in _COPIED:
            source, target = _ROOT / name, copy / name
            shutil.copytree(source, target) if source.is_dir() else shutil.copyfile(source, target)
        for place in drawn:
            if options.seconds and time.monotonic() - begun > options.seconds:
                break
            if place in same:
                continue
            survives = _survives(place, copy, recorded.tests_of(place), options.limit)
            undecided += survives is None
            tried += survives is not None
            if survives:
                survivors += 1
                print(f"{place.path.relative_to(_ROOT)}:{place.line}: {place.change}", flush=True)
    print(
        f"{tried - survivors} of {tried} changes were noticed, of {len(every)} possible ones; {undecided} took too "
        f"long, {len(same)} drawn ones mean nothing"
    )
    return 0 if tried and survivors <= (1 - options.least) * tried else 1


if __name__ == "__main__":
    sys.exit(main())
