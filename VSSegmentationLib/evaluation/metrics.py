"""What is measured when a labelmap is compared with a reference: structures, metrics, and who holds what."""

from dataclasses import dataclass
from enum import StrEnum

from VSSegmentationLib.labels import EXTRAMEATAL_PART, INTRAMEATAL_PART, PART_BOUNDARY, WHOLE_TUMOR

DEFAULT_STRUCTURES = (WHOLE_TUMOR, EXTRAMEATAL_PART, INTRAMEATAL_PART, PART_BOUNDARY)
"""Of labelmaps whose kind of tumor is not said."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One way of comparing two masks."""

    id: str
    name: str
    unit: str = ""
    is_distance: bool = False
    """Infinite when one of the two masks is empty; tables put a penalty in its place."""
    is_agreement: bool = True
    """Says how well two masks agree, so that two methods can be compared by it; a volume alone does not."""
    is_surface_only: bool = False
    """Also defined for a sheet without volume, the boundary."""


METRICS: tuple[Metric, ...] = (
    Metric(id="dice", name="Dice"),
    Metric(id="assd", name="ASSD", unit="mm", is_distance=True, is_surface_only=True),
    Metric(id="assd_pooled", name="ASSD (pooled)", unit="mm", is_distance=True, is_surface_only=True),
    Metric(id="hd95", name="HD95", unit="mm", is_distance=True, is_surface_only=True),
    Metric(id="hd", name="Hausdorff", unit="mm", is_distance=True, is_surface_only=True),
    Metric(id="rve", name="RVE"),
    Metric(id="sensitivity", name="Sensitivity"),
    Metric(id="precision", name="Precision"),
    Metric(id="specificity", name="Specificity"),
    Metric(id="volume_prediction", name="Volume, prediction", unit="cm3", is_agreement=False),
    Metric(id="volume_reference", name="Volume, reference", unit="cm3", is_agreement=False),
)
"""In the order of the tables. ASSD is the mean of the two directed means; the pooled one is named so."""


class Presence(StrEnum):
    """Which of the two labelmaps holds a structure."""

    BOTH = "both"
    MISSED = "missed"
    """Only the reference."""
    INVENTED = "invented"
    """Only the prediction."""
    ABSENT = "absent"
    """Neither."""


def presence_of(*, in_prediction: bool, in_reference: bool) -> Presence:
    """Return who holds a structure."""
    if in_reference:
        return Presence.BOTH if in_prediction else Presence.MISSED
    return Presence.INVENTED if in_prediction else Presence.ABSENT


@dataclass(frozen=True, kw_only=True)
class Score:
    """A value, or the reason why there is none; never NaN and never infinite."""

    metric: str
    """`Metric.id`."""
    value: float | None
    reason: str | None = None
    """Why it is not measurable; set exactly when `value` is None."""

    def __post_init__(self) -> None:
        if (self.value is None) != (self.reason is not None):
            msg = f"{self.metric} needs either a value or a reason, got {self.value} and {self.reason!r}"
            raise ValueError(msg)
