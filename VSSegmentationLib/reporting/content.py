"""What a report is made from, and the sentence that stands on every one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from VSSegmentationLib.errors import GeometryError
from VSSegmentationLib.measurement import Measurement
from VSSegmentationLib.volume import Volume

NOTICE = (
    "For research use only. Not a medical device. Not for diagnosis or treatment decisions. "
    "Measurements must be checked by a qualified reader."
)


@dataclass(frozen=True, kw_only=True, eq=False)
class ReportContent:
    """Everything that the files beside a segmentation tell; the same for each of them."""

    image: Volume | None
    """The scan, on the grid of the labelmap; None when only a labelmap was measured."""
    labelmap: Volume
    """uint8 of `Label` values."""
    measurements: tuple[Measurement, ...]
    findings: str
    """One sentence: whether a tumor was found, and what of it."""
    candidates: tuple[Mapping[str, Any], ...] = ()
    """Other regions that were considered, as named values."""
    warnings: tuple[str, ...] = ()
    """Full sentences; they go into every output."""
    provenance: Mapping[str, Any]
    """Software, model, input and device; no patient identity."""
    reviewed: bool = False
    """Whether a person has checked mask, boundary and lines; until then every output says DRAFT."""

    def __post_init__(self) -> None:
        if self.image is not None and not self.image.same_grid(self.labelmap):
            msg = (
                f"image and labelmap of a report must share one grid, got shapes {self.image.shape} and "
                f"{self.labelmap.shape} or different places; bring the labelmap to the scan's grid first"
            )
            raise GeometryError(msg)

    @property
    def status(self) -> str:
        """`draft` or `reviewed`."""
        return "reviewed" if self.reviewed else "draft"
