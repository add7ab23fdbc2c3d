"""Tables as Markdown and LaTeX; whatever was typed comes out as text, never as markup."""

import re
from collections.abc import Sequence

from VSSegmentationLib.cohort.tables import Table

_LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": "$<$", ">": "$>$", "±": r"$\pm$", "–": "--",
}  # fmt: skip
_MARKDOWN_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~])")


def to_markdown(table: Table) -> str:
    """Return a table under its title."""
    lines = [_markdown_row(table.header), "|" + "---|" * len(table.header), *(_markdown_row(row) for row in table.rows)]
    return "\n".join([f"## {markdown_text(table.title)}", "", *lines, ""])


def to_latex(table: Table, notes: Sequence[str] = ()) -> str:
    """Return a `table` environment that needs no package; the notes go into its caption.

    A column per cell, the first two to the left (names), the others to the right.
    """
    columns = "ll" + "r" * (len(table.header) - 2)
    rows = [_latex_row(row) for row in table.rows]
    caption = " ".join(latex_text(text) for text in (f"{table.title}.", *notes))
    return "\n".join(
        [
            r"\begin{table}",
            rf"\caption{{{caption}}}",
            rf"\begin{{tabular}}{{{columns}}}",
            r"\hline",
            _latex_row(table.header),
            r"\hline",
            *rows,
            r"\hline",
            r"\end{tabular}",
            r"\end{table}",
            "",
        ]
    )


def markdown_text(text: str) -> str:
    """Return text whose every character is shown as it is."""
    return _MARKDOWN_SPECIAL.sub(r"\\\1", _one_line(text))


def latex_text(text: str) -> str:
    """Return text whose every character is set as it is."""
    return "".join(_LATEX.get(character, character) for character in _one_line(text))


def _markdown_row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(markdown_text(cell) for cell in cells) + " |"


def _latex_row(cells: Sequence[str]) -> str:
    return " & ".join(latex_text(cell) for cell in cells) + r" \\"


def _one_line(text: str) -> str:
    return " ".join(text.split())
