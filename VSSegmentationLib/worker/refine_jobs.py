"""The job that corrects a mask by clicks, for a parent in which a person waits."""

from dataclasses import dataclass

from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.interaction import Interaction
from VSSegmentationLib.reporting.report.provenance import Correction, ModelFacts
from VSSegmentationLib.tasks import DEFAULT_TASK


@dataclass(frozen=True, kw_only=True)
class RefineJob:
    """Correct a mask; the scan and the window looked at last stay ready for the next job."""

    id: str
    """Chosen by the parent; every answer to this job carries it."""
    input: str
    """Path of the scan, a NIfTI, NRRD or MetaImage file."""
    labelmap: str
    """Path of the mask as it is, from whatever source: with the voxels of the scan, or of a part of it."""
    output: str
    """Path for the corrected labelmap, cut to what it holds; it appears once it is complete."""
    interactions: tuple[Interaction, ...]
    """New ones, in the order in which they were made; those that came while a job ran go into the next together."""
    earlier: tuple[Interaction, ...] = ()
    """Those that led to the mask; they stay obeyed."""
    painted: str | None = None
    """Path of a labelmap that is not 0 where a person painted: these voxels stay as they are."""
    plane: tuple[float, ...] | None = None
    """Point (R, A, S in mm) and normal of the plane between the parts, if a person set it; None fits it."""
    task: str = DEFAULT_TASK.name
    refiner: str | None = None
    """Name or file; None takes the one that is installed."""
    divider: str | None = None
    """Of a tumor that was started; "none" leaves it whole."""
    device: str = "auto"
    precision: str = "auto"

    def __post_init__(self) -> None:
        if not self.interactions:
            msg = "a job 'refine' needs at least one interaction"
            raise UsageError(msg)
        if self.plane is not None and len(self.plane) != 6:
            msg = "the plane is six numbers: a point and a normal"
            raise UsageError(msg)
        if any("\0" in path for path in (self.input, self.labelmap, self.output, self.painted or "")):
            msg = "a path must not hold the character of number 0"
            raise UsageError(msg)


@dataclass(frozen=True, kw_only=True)
class RefineResult:
    """What the clicks came to; the voxels are in the file."""

    labelmap: str
    """The path that the job named as its output."""
    corrections: tuple[Correction, ...]
    """One for each interaction of the job."""
    model: ModelFacts
    """Which answered."""
    seconds: float
    warm: bool
    """Whether scan and models were in memory already."""
