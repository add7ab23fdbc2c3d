"""Which models are at hand."""

import warnings
from dataclasses import dataclass

from VSSegmentationLib.models import ModelEntry, embedded_models, user_shelf
from VSSegmentationLib.reporting.html.template import fill, joined

_COLUMNS = ("name", "version", "role", "modality", "origin", "license")


@dataclass(frozen=True, kw_only=True)
class ModelSummary:
    """What tells one model from another."""

    name: str
    """What `segment(model=...)` or `segment(divider=...)` takes."""
    version: str
    role: str
    """`segmenter`, `divider`, or `locator`, which a segmenter calls itself."""
    modality: str
    origin: str
    """`embedded`, or `user` for one that was imported."""
    license: str


class ModelTable(tuple[ModelSummary, ...]):
    """Models, which print as a table."""

    __slots__ = ()

    def __repr__(self) -> str:
        rows = [tuple(map(str.capitalize, _COLUMNS[:4])), *((m.name, m.version, m.role, m.modality) for m in self)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)

    def _repr_html_(self) -> str:
        """Return the table with every column, for a notebook."""
        head = joined(fill("<th>${name}</th>", name=each.capitalize()) for each in _COLUMNS)
        body = joined(
            fill(
                "<tr>${cells}</tr>",
                cells=joined(fill("<td>${text}</td>", text=getattr(model, each)) for each in _COLUMNS),
            )
            for model in self
        )
        return fill("<table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>", head=head, body=body)


def list_models() -> ModelTable:
    """Return the embedded models, then those that the user imported; what can't be used is told as a warning.

    Examples:
        >>> import VSSegmentationLib as vs
        >>> {"divider", "locator", "segmenter"} <= {model.role for model in vs.list_models()}
        True
    """
    shelf = user_shelf()
    for each in shelf.unusable:
        warnings.warn(each.reason, stacklevel=2)
    return ModelTable(map(_summary, (*embedded_models(), *shelf.models)))


def _summary(entry: ModelEntry) -> ModelSummary:
    card = entry.card
    return ModelSummary(
        name=card.name,
        version=card.version,
        role=card.role,
        modality=card.modality,
        origin=entry.origin,
        license=card.license,
    )
