"""What one examination needs to become a folder of results."""

from dataclasses import dataclass, field
from pathlib import Path

from VSSegmentationLib.follow_up.previous import Interval
from VSSegmentationLib.formats import DEFAULT_FORMATS, OutputFormat
from VSSegmentationLib.imageio import Modality
from VSSegmentationLib.pipeline import MaskSource, PipelineOptions


@dataclass(frozen=True, kw_only=True)
class CaseRequest:
    """A scan, what is to be done with it, and where the results go."""

    input: Path | None
    """NIfTI, NRRD or MetaImage file, DICOM folder, or one DICOM file of a series; None if `further_inputs` names it."""
    out: Path
    """Folder for the results, made if absent."""
    options: PipelineOptions = field(default_factory=PipelineOptions)
    formats: tuple[OutputFormat, ...] = DEFAULT_FORMATS
    further_inputs: tuple[tuple[str, Path], ...] = ()
    """Of a model that takes several scans: the others, each with its name."""
    series: int | None = None
    """Which series of a folder."""
    modality: Modality | None = None
    """What a person says of the weighting; None goes by the files."""
    accept_resampling: bool = False
    mask: MaskSource | None = None
    """A mask that is there already and is measured; nothing is segmented then."""
    previous: Path | None = None
    """The examination before: results, or a labelmap."""
    interval: Interval = field(default_factory=Interval)
    """When the two were."""
    different_cases: bool = False
    force: bool = False
    """Replace the results of a former run."""
