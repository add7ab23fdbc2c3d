"""What the files of a comparison are made from."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from VSSegmentationLib.geometry import Affine
from VSSegmentationLib.measurement.growth import Growth
from VSSegmentationLib.short_repr import short_repr
from VSSegmentationLib.tasks import DEFAULT_TASK, Task
from VSSegmentationLib.volume import Volume


@dataclass(frozen=True, kw_only=True, eq=False)
class ShownExamination:
    """What there is to look at of one examination."""

    labelmap: Volume
    """uint8 of values of the task's labels."""
    image: Volume | None = None
    """The scan on the grid of the labelmap; None draws the outlines alone."""
    ras_to_baseline_ras: Affine | None = None
    """(4, 4), where the heads were aligned: the examination is then shown on the slices of the baseline."""

    __repr__ = short_repr


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
