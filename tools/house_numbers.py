"""Count what a house is made of: files, rooms, arrows between rooms, long functions; of this tree or any other.

Usage: python tools/house_numbers.py [FOLDER]
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

PACKAGES = ("VSSegmentationLib", "VSSegmentation", "Training")
LONG_FUNCTION = 40
LONG_FILE = 350


def modules(root: Path, package: str) -> dict[str, Path]:
    """Return the files of a package by their dotted names."""
    named = {}
    for path in sorted((root / package).rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        named[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return named


def room_of(module: str, named: dict[str, Path]) -> str:
    """Return the folder that holds a module, or the module itself where it lies in the package's root."""
    folder = module if named[module].name == "__init__.py" else module.rpartition(".")[0]
    return module if folder.count(".") == 0 else folder


def imported(path: Path, named: dict[str, Path]) -> Iterator[str]:
    """Yield the modules of the same package that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            known = name
            while known and known not in named:
                known = known.rpartition(".")[0]
            if known:
                yield known


def long_functions(paths: list[Path]) -> int:
    """Return how many functions have more lines than fit a screen, docstring included."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in paths)
    functions = (node for tree in trees for node in ast.walk(tree) if isinstance(node, kinds))
    return sum((node.end_lineno or node.lineno) - node.lineno + 1 > LONG_FUNCTION for node in functions)


def row(root: Path, package: str) -> str:
    """Return the numbers of one package as a row of a Markdown table."""
    named = modules(root, package)
    rooms = {room_of(module, named) for module in named}
    arrows = {
        (room_of(module, named), room_of(target, named))
        for module, path in named.items()
        for target in imported(path, named)
    }
    lines = [len(path.read_text(encoding="utf-8").splitlines()) for path in named.values()]
    fullest = max(sum(room_of(module, named) == room for module in named) for room in rooms)
    return (
        f"| {package} | {len(named)} | {sum(lines)} | {len(rooms)} | {fullest} | "
        f"{sum(a != b for a, b in arrows)} | {long_functions(list(named.values()))} | "
        f"{sum(count > LONG_FILE for count in lines)} |"
    )


def main(root: Path) -> None:
    """Print the table."""
    print(
        "| package | files | lines | rooms | files in the fullest | arrows | functions over 40 lines | files over 350 |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for package in PACKAGES:
        print(row(root, package))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[1])
