"""What a user may choose about a run of the pipeline."""

from dataclasses import dataclass, field

from VSSegmentationLib.reporting import ReportChoices

NO_DIVIDER = "none"


@dataclass(frozen=True, kw_only=True)
class PipelineOptions:
    """What a user may choose."""

    model: str | None = None
    """Name or file of the model; None takes the embedded one that fits the modality of the scan."""
    divider: str | None = None
    """Name or file of the model that divides the tumor; None takes the embedded one, `NO_DIVIDER` leaves the parts, if
    there are any, as the model gives them."""
    device: str = "auto"
    precision: str = "auto"
    """In which numbers networks are run: auto, float32, bfloat16 or float16."""
    engine: str = "auto"
    """By what: auto, torch or openvino."""
    more_follow: bool = False
    """Whether this process has more scans to come and never forks: `auto` then takes OpenVINO where it is installed."""
    flips: bool = False
    """Average the network's answer over mirrored copies of the scan."""
    maps: bool = False
    """Keep the network's output for tumor and its attention maps, voxel by voxel."""
    thorough: bool = False
    """Look again at an ear in which something was found, in seven turned windows, of which the surest counts."""
    region_first: bool = False
    """Show a model without a locator of its own, as imported ones are, the region that the embedded locator finds."""
    accept_other_contrast: bool = False
    """Segment a T1 without contrast agent and other weightings, too, with results that cannot be relied on."""
    align: bool = False
    """Of a model that takes several scans: move those that do not lie on the first; else they are refused."""
    report: ReportChoices = field(default_factory=ReportChoices)
