"""`python -m tools.mutants`: change the code in small ways, one at a time, and see whether a test notices.

Changes are drawn by a seed from all that are possible in the modules named: comparisons, signs, numbers, conditions.
Each is made in a copy of the repository, where the tests of its module run until the first one fails. What survives is
printed with its line: either a test is missing, or the change means nothing.
"""

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

_ROOT = Path(__file__).resolve().parents[1]
_LIBRARY = _ROOT / "VSSegmentationLib"
_ROOMS = ("imageio", "measurement", "inference/division.py", "evaluation")
_COPIED = ("VSSegmentationLib", "Testing", "Training", "tools", "pyproject.toml")
_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_SIGNS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}  # fmt: skip


class Mutant(NamedTuple):
    """A change of one place."""

    path: Path
    line: int
    source: str
    """Of the whole module, changed."""
    change: str


def mutants_of(path: Path) -> Iterator[Mutant]:
    """Give every change of a module that is possible."""
    text = path.read_text(encoding="utf-8")
    places = [node for node in ast.walk(ast.parse(text)) if _changed(node) is not None]
    for index in range(len(places)):
        tree = ast.parse(text)
        node = [each for each in ast.walk(tree) if _changed(each) is not None][index]
        before = ast.unparse(node)
        after = _changed(node)
        assert after is not None
        source = ast.unparse(_Replaced(node, after).visit(tree))
        yield Mutant(path, getattr(node, "lineno", 0), source, f"{before}  ->  {ast.unparse(after)}")


class _Replaced(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self._old, self._new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return ast.copy_location(self._new, node) if node is self._old else self.generic_visit(node)


def _changed(node: ast.AST) -> ast.expr | None:
    """Return an expression in another form; None for what is not changed."""
    if isinstance(node, ast.Compare) and type(node.ops[0]) in _COMPARISONS:
        return ast.Compare(node.left, [_COMPARISONS[type(node.ops[0])](), *node.ops[1:]], node.comparators)
    if (
        isinstance(node, ast.BinOp)
        and type(node.op) in _SIGNS
        and not isinstance(node.right, ast.Constant | ast.JoinedStr)
    ):
        return ast.BinOp(node.left, _SIGNS[type(node.op)](), node.right)
    if isinstance(node, ast.BoolOp):
        return ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return node.operand
    if isinstance(node, ast.Constant) and type(node.value) in (int, float) and node.value not in (0, 1):
        return ast.Constant(node.value + 1 if type(node.value) is int else node.value * 2)
    return None


def _tests_of(path: Path) -> list[str]:
    """Return the tests of a module: its own first, then those that import it; without any, those of its room."""
    inside = path.relative_to(_LIBRARY)
    own = Path("Testing/library") / inside.parent / f"test_{inside.name}"
    named = inside.as_posix().removesuffix(".py").replace("/", ".")
    importing = sorted(
        each.relative_to(_ROOT)
        for each in (_ROOT / "Testing" / "library").rglob("test_*.py")
        if named in each.read_text(encoding="utf-8")
    )
    found = [own] if (_ROOT / own).is_file() else []
    room = Path("Testing/library") / inside.parts[0]
    return [str(each) for each in dict.fromkeys([*found, *importing] or [room])]


def _survives(mutant: Mutant, copy: Path, limit: float) -> bool | None:
    """Return whether no test noticed a change; None where the time was over before that was known."""
    target = copy / mutant.path.relative_to(_ROOT)
    sound = target.read_text(encoding="utf-8")
    target.write_text(mutant.source, encoding="utf-8")
    words = ["-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-m", "not slow", *_tests_of(mutant.path)]
    environment = {**os.environ, "PYTHONPATH": str(copy), "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            [sys.executable, *words], cwd=copy, env=environment, capture_output=True, timeout=limit, check=False
        )
    except subprocess.TimeoutExpired:
        return None
    finally:
        target.write_text(sound, encoding="utf-8")
    return done.returncode == 0


def _modules(places: Sequence[str]) -> list[Path]:
    found = [_LIBRARY / place for place in places]
    return sorted(path for place in found for path in ([place] if place.suffix == ".py" else place.rglob("*.py")))


def main() -> int:
    """Draw, change, test, tell; return 1 if fewer than the share asked for were noticed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "places", nargs="*", default=_ROOMS, help="modules or rooms of the library (default: %(default)s)"
    )
    parser.add_argument("--count", type=int, default=40, help="how many changes are drawn (default: 40)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--least", type=float, default=0.95, help="share that tests must notice (default: 0.95)")
    parser.add_argument("--limit", type=float, default=900.0, help="seconds that the tests of a change may take")
    parser.add_argument("--seconds", type=float, default=0.0, help="stop after this time (0: at the count alone)")
    options = parser.parse_args()
    every = [mutant for path in _modules(options.places) for mutant in mutants_of(path)]
    drawn = random.Random(options.seed).sample(every, min(options.count, len(every)))
    tried, survivors, undecided, begun = 0, 0, 0, time.monotonic()
    with tempfile.TemporaryDirectory(prefix="vs_mutants_") as folder:
        for name in _COPIED:
            source, target = _ROOT / name, Path(folder) / name
            shutil.copytree(source, target) if source.is_dir() else shutil.copyfile(source, target)
        for mutant in drawn:
            if options.seconds and time.monotonic() - begun > options.seconds:
                break
            survives = _survives(mutant, Path(folder), options.limit)
            undecided += survives is None
            tried += survives is not None
            if survives:
                survivors += 1
                print(f"{mutant.path.relative_to(_ROOT)}:{mutant.line}: {mutant.change}", flush=True)
    print(
        f"{tried - survivors} of {tried} changes were noticed, of {len(every)} possible ones; {undecided} took too long"
    )
    return 0 if tried and survivors <= (1 - options.least) * tried else 1


if __name__ == "__main__":
    sys.exit(main())
