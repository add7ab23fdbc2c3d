"""numpy and torch meet in `VSSegmentationLib/tensors.py` only: torch 2.2, which Macs have, knows no numpy 2."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BRIDGE = ROOT / "VSSegmentationLib" / "tensors.py"
SOURCES = [
    path
    for folder in ("VSSegmentationLib", "Training")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if path != BRIDGE and "torch" in path.read_text(encoding="utf-8")
]
FORBIDDEN = {
    "numpy", "from_numpy", "from_dlpack", "to_dlpack", "__dlpack__", "__array__", "as_tensor", "asarray", "frombuffer",
    "FloatTensor", "LongTensor", "IntTensor", "DoubleTensor", "BoolTensor", "ByteTensor", "HalfTensor",
}  # fmt: skip
OF_NUMPY = {"asarray", "frombuffer"}
"""Names that numpy has as well."""
WRITTEN_OUT = (ast.List, ast.Tuple, ast.ListComp, ast.Constant, ast.UnaryOp)


def crossings(source: str) -> list[str]:
    """Every place in a file where torch would convert to or from numpy by itself."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("torch"):
            found += [f"line {node.lineno}: {name.name}" for name in node.names if name.name in FORBIDDEN | {"tensor"}]
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        name, owner = node.func.attr, node.func.value
        of_numpy = isinstance(owner, ast.Name) and owner.id == "np"
        bytes_alone = name == "frombuffer" and node.args and _called(node.args[0]) == "bytearray"
        if name in FORBIDDEN and not (of_numpy and name in OF_NUMPY) and not bytes_alone:
            found.append(f"line {node.lineno}: {name}")
        if name in {"tensor", "new_tensor"} and node.args and not _is_written_out(node.args[0]):
            found.append(f"line {node.lineno}: torch.{name} of what may be an array; write list(...), or tensor_of")
    return found


def _is_written_out(value: ast.expr) -> bool:
    return isinstance(value, WRITTEN_OUT) or _called(value) in {"list", "tuple", "float", "int"}


def _called(value: ast.expr) -> str:
    return value.func.id if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) else ""


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_file_but_the_bridge_converts_between_numpy_and_torch(path):
    assert crossings(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "line",
    [
        "torch.from_numpy(a)", "torch.as_tensor(a)", "torch.asarray(a)", "torch.tensor(a)", "x.new_tensor(a)",
        "torch.tensor(np.zeros(3))", "x.cpu().numpy()", "x.__array__()", "torch.from_dlpack(a)", "np.from_dlpack(x)",
        "torch.utils.dlpack.to_dlpack(x)", "torch.FloatTensor(a)", "torch.frombuffer(a, dtype=d)",
        "from torch import from_numpy, tensor",
    ],
)  # fmt: skip
def test_the_check_sees_every_way_across(line):
    assert crossings(line)


@pytest.mark.parametrize(
    "line",
    [
        "torch.tensor([1, 2])", "torch.tensor(-1.5)", "torch.tensor(list(a))", "np.asarray(a)", "np.frombuffer(b, d)",
        "torch.frombuffer(bytearray(data), dtype=d)", "torch.zeros(3)", "tensor_of(a)",
    ],
)  # fmt: skip
def test_the_check_lets_plain_numbers_pass(line):
    assert crossings(line) == []


def test_the_sources_looked_at_are_there():
    assert {"windows.py", "model_file.py", "validation.py"} <= {path.name for path in SOURCES}
