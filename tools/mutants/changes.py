"""Which small changes of a module there are: comparisons, signs, numbers, conditions."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_SIGNS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}  # fmt: skip


class Place(NamedTuple):
    """Where a module can be changed."""

    path: Path
    index: int
    """Among the places of the module, in the order in which its tree is walked."""
    line: int
    lines: frozenset[int]
    """Those of the statement, without what it encloses: where one of them is run, the change is."""
    is_inside: bool
    """Whether a function is around it, so that importing the module does not run it."""
    within: str
    """Name of the innermost function or class; empty at the top."""
    change: str
    """Before and after, as Python writes them."""


def places_of(path: Path) -> Iterator[Place]:
    """Give every place of a module that can be changed."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    around = _surroundings(tree)
    for index, node in enumerate(each for each in ast.walk(tree) if _changed(each) is not None):
        after = _changed(node)
        assert after is not None
        statement, within, is_inside = around[node]
        change = f"{ast.unparse(node)}  ->  {ast.unparse(after)}"
        yield Place(path, index, getattr(node, "lineno", 0), _own_lines(statement), is_inside, within, change)


def changed_source(place: Place) -> str:
    """Return the whole module with one place of it changed."""
    tree = ast.parse(place.path.read_text(encoding="utf-8"))
    node = [each for each in ast.walk(tree) if _changed(each) is not None][place.index]
    after = _changed(node)
    assert after is not None
    return ast.unparse(_Replaced(node, after).visit(tree))


def _surroundings(tree: ast.Module) -> dict[ast.AST, tuple[ast.stmt, str, bool]]:
    """Return, for each node, its statement, the name of what is around it, and whether that is a function."""
    found: dict[ast.AST, tuple[ast.stmt, str, bool]] = {}

    def look(node: ast.AST, statement: ast.stmt | None, within: str, *, is_inside: bool) -> None:
        statement = node if isinstance(node, ast.stmt) else statement
        if statement is not None:
            found[node] = (statement, within, is_inside)
        body = getattr(node, "body", None)
        is_function = isinstance(node, ast.FunctionDef | ast.Lambda)
        name = node.name if isinstance(node, ast.FunctionDef | ast.ClassDef) else within
        for child in ast.iter_child_nodes(node):
            is_body = child is body or (isinstance(body, list) and child in body)
            look(child, statement, name if is_body else within, is_inside=is_inside or (is_function and is_body))

    look(tree, None, "", is_inside=False)
    return found


def _own_lines(statement: ast.stmt) -> frozenset[int]:
    body = getattr(statement, "body", None)
    end = body[0].lineno if body else (statement.end_lineno or statement.lineno) + 1
    return frozenset(range(statement.lineno, max(end, statement.lineno + 1)))


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
