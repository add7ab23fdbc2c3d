"""Jobs that leave folders of results: what the commands `segment`, `measure` and `compare` do, in a warm process."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.formats import DEFAULT_FORMATS, OutputFormat
from VSSegmentationLib.imageio.scan import Modality
from VSSegmentationLib.reporting.report.dicom_link import Edition


@dataclass(frozen=True, kw_only=True)
class CaseJob:
    """Make a folder of results of one examination, as `segment` does, or `measure` where there is a mask."""

    id: str
    """Chosen by the parent; every answer to this job carries it."""
    input: str
    """Path of a NIfTI, NRRD or MetaImage file, of a DICOM folder, or of one DICOM file of a series."""
    folder: str
    """For the results. It appears once all of them are there, in the place of former results."""
    formats: tuple[OutputFormat, ...] = DEFAULT_FORMATS
    thumbnail: str | None = None
    """Path for a small JPEG of the key image; there is none where no tumor is."""
    further_inputs: Mapping[str, str] = field(default_factory=dict)
    """Of a model that takes several scans: the others, path by name."""
    series: int | None = None
    """Which series of a folder, by its number."""
    modality: Modality = Modality.UNKNOWN
    """What a person says of the weighting."""
    mask: str | None = None
    """A labelmap, DICOM SEG or RTSTRUCT that is measured; nothing is segmented then."""
    side: Literal["left", "right"] | None = None
    """Of the tumor of that mask, as a person says."""
    model: str | None = None
    divider: str | None = None
    device: str = "auto"
    precision: str = "auto"
    engine: str = "auto"
    flips: bool = False
    thorough: bool = False
    maps: bool = False
    accept_resampling: bool = False
    accept_other_contrast: bool = False
    policy: str | None = None
    case: str = ""
    """What the reports call the patient: a pseudonym."""
    salt: str | None = None
    identify: bool = False
    edition: Edition | None = None
    """Gives the DICOM objects UIDs that the same job gives again; None gives them new ones each time."""
    days: int | None = None
    """Of this examination, counted from the baseline or the previous one."""
    previous: str | None = None
    """Results, or a labelmap, of the examination before; needs `days`."""

    def __post_init__(self) -> None:
        paths = (self.input, self.folder, self.thumbnail, self.mask, self.previous, *self.further_inputs.values())
        if any("\0" in path for path in paths if path is not None):
            msg = "a path must not hold the character of number 0"
            raise UsageError(msg)


@dataclass(frozen=True, kw_only=True)
class CaseResult:
    """What one case came to; the folder holds all of it."""

    formats: tuple[OutputFormat, ...]
    """Which were written: those asked for, as far as the input allows."""
    task: str
    findings: str
    side: str | None
    side_reason: str | None
    """Why the side is not determined."""
    headline: str | None
    """Id of the measure that leads; None where none may."""
    headline_name: str
    headline_unit: str
    values: Mapping[str, float | None]
    """Each measure by its id."""
    limits_percent: Mapping[str, float | None]
    """How far each may be off, in percent of it; None where no limit is known."""
    volume: str
    """Id of the volume of the whole tumor."""
    warnings: tuple[str, ...]
    doubts: tuple[str, ...]
    modality: str
    model: str | None
    """Name and version."""
    has_thumbnail: bool
    seconds: float
    warm: bool


@dataclass(frozen=True, kw_only=True)
class CompareJob:
    """Compare examinations of one patient, as `compare` does."""

    id: str
    examinations: tuple[str, ...]
    """Folders of results."""
    days: tuple[int, ...]
    folder: str
    """For the comparison, in the place of a former one."""
    policy: str | None = None


@dataclass(frozen=True, kw_only=True)
class ComparedResult:
    """What changed, by the volume of the whole tumor."""

    days: tuple[int, ...]
    """From the first examination, in the order of time."""
    volumes_cm3: tuple[float | None, ...]
    """At each of them."""
    percent_since_first: float | None
    percent_since_previous: float | None
    wording: str
    """What the change of the volume since the first examination may be called."""
    is_one_tumor: bool
    """Whether nothing says that these are several tumors, or patients: the sides, or the names of the cases."""
    warnings: tuple[str, ...]
    """What speaks against comparing these examinations."""
    seconds: float
