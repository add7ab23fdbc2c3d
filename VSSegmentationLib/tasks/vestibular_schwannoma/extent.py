"""How far a vestibular schwannoma reaches into the canal, in words."""

from collections.abc import Mapping

from VSSegmentationLib.measurement import Measurement
from VSSegmentationLib.measurement.value import shown_number


def lateral_extent(by_id: Mapping[str, Measurement]) -> str:
    """Return `8.7 mm from the porus; ends 2.1 mm short of the fundus`, or why that is not known.

    Args:
        by_id: Measurements of the task, each by its id.
    """
    depth = by_id["im_length"]
    if depth.value is None:
        return f"not measurable: {depth.reason}"
    return f"{shown_number(depth.value, 'mm')} mm from the porus plane; {_at_the_fundus(by_id['fundus_gap'])}"


def _at_the_fundus(gap: Measurement) -> str:
    if gap.value is None:
        return "the gap to the fundus is not known"
    beyond_mm = gap.extra.get("beyond_fundus_mm", 0.0)
    if round(beyond_mm, 1) > 0:
        return f"reaches {shown_number(beyond_mm, 'mm')} mm beyond the fundus"
    if round(gap.value, 1) > 0:
        return f"ends {shown_number(gap.value, 'mm')} mm short of the fundus"
    return "reaches the fundus"
