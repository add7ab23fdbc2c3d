"""Results as lines of text."""

from collections.abc import Sequence

from VSSegmentationLib.measurement import Measurement
from VSSegmentationLib.reporting import display_value
from VSSegmentationLib.tasks import Task


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as columns: the first aligned to the left, the others to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        )
        for row in rows
    )


def measurement_lines(measurements: Sequence[Measurement], task: Task) -> str:
    """Return one line for each measurement, with the reason where there is no value."""
    rows = task.rows(measurements)
    reasons = {m.reason for m in rows if m.reason}
    lines = table([(task.row_name(m), display_value(m)) for m in rows])
    return "\n".join([lines, *(f"- {reason}" for reason in sorted(reasons))])


def grid_text(shape_dhw: Sequence[int], spacing_dhw_mm: Sequence[float]) -> str:
    """Return matrix and spacing as people read them: in-plane first, slices last."""
    matrix = " x ".join(str(n) for n in reversed(shape_dhw))
    return f"{matrix} voxels of {' x '.join(f'{mm:.3g}' for mm in reversed(spacing_dhw_mm))} mm"
