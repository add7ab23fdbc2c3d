"""One `SliceHeader` per slice of a DICOM series, whether the slice has its own file or is a frame of many."""

from dataclasses import dataclass
from pathlib import Path

from VSSegmentationLib.geometry import Triplet
from VSSegmentationLib.imageio.modality import AcquisitionTags


@dataclass(frozen=True, kw_only=True)
class SliceHeader:
    """What has to be known about one slice before its voxels are read."""

    path: Path
    frame: int
    """Index in the file; 0 for classic objects."""
    frames_in_file: int
    sop_class: str
    sop_uid: str
    modality: str
    series_uid: str
    frame_of_reference_uid: str
    """Empty when the file states none."""
    series_number: int
    description: str
    """Free of the patient's name, id and birth date, but written by people: for the list of candidates only."""
    instance_number: int
    """Of the slice: the frame number, counted from 1, in an enhanced object."""
    image_type: tuple[str, ...]
    complex_part: str
    """`magnitude`, `phase`, ... as `rules.complex_part` has it; empty where nothing tells it."""
    rows: int
    columns: int
    position_lps_mm: Triplet | None
    orientation_lps: tuple[float, ...] | None
    """Direction in which columns are counted, then the one in which rows are counted."""
    pixel_spacing_mm: tuple[float, float] | None
    """Between rows, then between columns."""
    thickness_mm: float | None
    slope: float
    intercept: float
    file_slope: float
    """Of the first frame of the file: what GDCM applies to every frame."""
    file_intercept: float
    photometric: str
    samples: int
    acquisition: AcquisitionTags
    compressed: bool
    voxel_bytes: int
    """Of all frames of the file, unpacked."""
    stored_bytes: int
    """Of the file from the pixel data on."""
    pixel_bytes: int | None
    """As long as the pixel data say that they are; None where they are in pieces."""

    @property
    def enhanced(self) -> bool:
        """Whether the slice is a frame of a multi-frame object."""
        return "Enhanced" in self.sop_class
