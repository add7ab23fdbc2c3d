"""Write docs/reference/recipes.md: every key of a recipe with default, unit and source, from the code that reads it.

Usage: python -m tools.recipe_reference
"""

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields, is_dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

from Training.adaptation.config import TranslationRecipe
from Training.adaptation.recipe import RoundConfig
from Training.data.source import ManifestConfig
from Training.recipes import Recipe
from Training.recipes.model import ExportOptions, HeadMaps, Pool, Stage
from Training.synthesis import SynthesisConfig, WholeHeadConfig
from Training.synthesis.glioma import GliomaConfig
from VSSegmentationLib.networks import NAMED_NETWORKS

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reference" / "recipes.md"
_UNITS = {
    "mm": "mm", "cm3": "cm³", "deg": "degrees", "share": "share, 0 to 1", "fraction": "share, 0 to 1", "steps": "steps",
    "every": "steps", "gigabytes": "GB", "samples": "samples", "dhw": "voxels along D, H, W", "gamma": "exponent",
}  # fmt: skip
"""By the last word of a name; what a name does not say has no unit."""
_LITERATURE = re.compile(
    r"[A-Z][\w'’-]+(?: et al\.|, Wang, Zhang)[^;:()]*?\d{4}|arXiv:[\d.]+\d|doi:\S+\w|KCL-BMEIS/VS_Seg|nnU-Net"
)
_INTRO = """\
# Every key of a recipe

Made from the code that reads recipes, by `python -m tools.recipe_reference`; a test fails where it is not up to date.
Recipes are TOML files (`Training/recipes/*.toml`); an unknown key is refused. `required` has no default; `none` is a
key that is left out. *Source* is the publication that a key or its value is from; where it is empty, it is a choice of
this software. Values that come in threes run along D (slices), H, W. How recipes are used: `Training/README.md`.
"""


class Section(NamedTuple):
    """One table of recipes."""

    path: str
    """As it stands in brackets in a recipe."""
    about: str
    cls: type


SECTIONS = (
    Section("", "The recipe of a run.", Recipe),
    Section("data.options", 'With `data.kind = "synthetic"`.', SynthesisConfig),
    Section("data.options", 'With `data.kind = "manifest"`: scans of your own.', ManifestConfig),
    Section("data.options", 'With `data.kind = "whole_heads"`: for locators.', WholeHeadConfig),
    Section("data.options", 'With `data.kind = "gliomas"`.', GliomaConfig),
    Section("heads", "Of a model that ships: the public head label maps.", HeadMaps),
    Section("[pool]", "Of a model that ships, one for each pool of skull bases.", Pool),
    Section("[stage]", "Of a model that ships, one for each stage.", Stage),
    Section("export", "Of a model that ships: what its file says.", ExportOptions),
    Section("translation", "Of an adaptation: the translator. `segmentation` is a recipe of a run.", TranslationRecipe),
    Section("[rounds]", "Of an adaptation, one for each round of self-training.", RoundConfig),
)


def page_text() -> str:
    """Return the page."""
    parts = [_INTRO.rstrip()]
    for section in SECTIONS:
        parts += list(_sections(section.path, section.about, section.cls))
    names = ", ".join(f"`{name}`" for name in sorted(NAMED_NETWORKS))
    parts.append(
        f"## Named networks\n\n`network.base` takes all keys of one of these, which the other keys change: {names}."
    )
    return "\n\n".join(parts) + "\n"


def _sections(path: str, about: str, cls: type) -> Iterator[str]:
    """Yield the section of a table, then those of the tables in it."""
    docs, hints = field_docs(cls), get_type_hints(cls)
    rows, inner = [], []
    for each in fields(cls):
        tables = [kind for kind in _kinds(hints[each.name]) if is_dataclass(kind)]
        here = f"{path}.{each.name}" if path else each.name
        if tables:
            inner += [(here, _first_line(kind), kind) for kind in tables if isinstance(kind, type)]
            if each.name != "network":
                continue
        rows.append(_row(each, hints[each.name], docs.get(each.name, "")))
    title = f"`[{path}]`" if path else "The top of the file"
    table = ["| key | default | unit | what | source |", "|---|---|---|---|---|", *rows]
    if rows:
        file = Path(inspect.getfile(cls)).resolve().relative_to(ROOT).as_posix()
        yield "\n".join([f"## {title}", "", f"{about} Read by `{file}`.", "", *table])
    for name, line, kind in inner:
        yield from _sections(name, line, kind)


def _row(each: Field[Any], hint: Any, doc: str) -> str:  # noqa: ANN401 - what a hint may be
    found = list(dict.fromkeys(_LITERATURE.findall(doc)))
    choices = _choices(hint)
    words = " ".join(doc.split()) + (f" One of {choices}." if choices else "")
    cells = (f"`{each.name}`", _default(each), _unit(each.name, hint), words.strip(), "; ".join(found))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _default(each: Field[Any]) -> str:
    value = each.default
    if each.default_factory is not MISSING:
        value = each.default_factory()
    if value is MISSING:
        return "required"
    if value is None:
        return "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return f"`{list(value)}`".replace("(", "[").replace(")", "]").replace("'", '"')
    return f"`{value!r}`".replace("'", '"')


def _unit(name: str, hint: Any) -> str:  # noqa: ANN401 - what a hint may be
    if not {int, float} & set(_numbers(hint)):
        return ""
    words = name.split("_")
    if words[-1] == "mm" and "dhw" in words:
        return "mm along D, H, W"
    return next((_UNITS[word] for word in reversed(words) if word in _UNITS), "")


def _numbers(hint: Any) -> Iterator[Any]:  # noqa: ANN401 - what a hint may be
    for kind in _kinds(hint):
        yield from get_args(kind) or (kind,)


def _kinds(hint: Any) -> tuple[Any, ...]:  # noqa: ANN401 - what a hint may be
    """Return the alternatives of a type, without None; of `tuple[X, ...]` and its like X."""
    if get_origin(hint) in (Union, UnionType):
        return tuple(kind for part in get_args(hint) if part is not NoneType for kind in _kinds(part))
    return (hint,)


def _choices(hint: Any) -> str:  # noqa: ANN401 - what a hint may be
    literal = next((kind for kind in _kinds(hint) if get_origin(kind) is Literal), None)
    return "" if literal is None else ", ".join(f"`{choice}`" for choice in get_args(literal))


def _first_line(cls: type) -> str:
    return (inspect.getdoc(cls) or "").partition("\n")[0]


def field_docs(cls: type) -> dict[str, str]:
    """Return what stands below each field of a dataclass, its bases' fields first."""
    docs: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        if not is_dataclass(base):
            continue
        body = ast.parse(textwrap.dedent(inspect.getsource(base))).body[0]
        assert isinstance(body, ast.ClassDef), "a dataclass"
        for one, after in zip(body.body, [*body.body[1:], None], strict=True):
            if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name):
                told = after.value if isinstance(after, ast.Expr) else None
                docs[one.target.id] = str(told.value) if isinstance(told, ast.Constant) else ""
    return docs


if __name__ == "__main__":
    PAGE.write_text(page_text(), encoding="utf-8")
    print(f"wrote {PAGE.name}")
