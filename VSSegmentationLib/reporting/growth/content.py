"""What the files of a comparison are made from."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from VSSegmentationLib.measurement.growth import Growth
from VSSegmentationLib.reporting.report.shown import ShownExamination
from VSSegmentationLib.short_repr import short_repr
from VSSegmentationLib.tasks import DEFAULT_TASK, Task

__all__ = ["GrowthContent", "ShownExamination"]


@dataclass(frozen=True, kw_only=True, eq=False)
class GrowthContent:
    """A comparison with its pictures."""

    growth: Growth
    shown: tuple[ShownExamination, ...]
    """One per examination, in the order of `growth.examinations`."""
    task: Task = DEFAULT_TASK
    """What kind of tumor was measured."""
    with_dates: bool = False
    """Whether dates are written beside the days from the baseline."""
    created_at_utc: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))

    __repr__ = short_repr

    @property
    def is_aligned(self) -> bool:
        """Whether the examinations are shown on the slices of the baseline, which has to show a tumor for that."""
        moved = any(each.ras_to_baseline_ras is not None for each in self.shown)
        return moved and bool(self.task.label_set.tumor_mask(self.shown[0].labelmap.array).any())
