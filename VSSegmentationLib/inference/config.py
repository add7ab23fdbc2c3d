"""What a model file says besides its weights: how a scan is prepared, where it is looked at, what counts as tumor."""

from dataclasses import dataclass
from typing import Literal, get_args

from VSSegmentationLib.errors import ConfigError
from VSSegmentationLib.geometry import Shape, Triplet

IntensitySource = Literal["region", "scan", "nonzero"]


def _check_positive(**values: float) -> None:
    for name, value in values.items():
        if not value > 0:
            msg = f"{name} must be > 0, got {value}"
            raise ConfigError(msg)


def _check_triplet(name: str, values: tuple[float, ...]) -> None:
    if len(values) != 3 or not all(value > 0 for value in values):
        msg = f"{name} must be three numbers > 0 along D, H, W; got {values}"
        raise ConfigError(msg)


@dataclass(frozen=True, kw_only=True)
class PreprocessingConfig:
    """How voxels become the input of the network; the axes always run to superior, anterior, right."""

    spacing_dhw_mm: Triplet | None = (1.5, 0.5, 0.5)
    """Working voxel size, or None for the scan's own."""
    intensity: IntensitySource = "region"
    """z-score from the voxels of the region that is segmented, of the whole scan with its zeros, or of its voxels that
    are not 0, as where the skull was taken off; the others stay 0 then, the mean."""
    trained_spacing_mm: tuple[Triplet, Triplet] | None = None
    """Smallest and largest voxel size along D, H, W in training; scans beyond it get a warning."""

    def __post_init__(self) -> None:
        if self.intensity not in get_args(IntensitySource):
            msg = f"intensity must be one of {', '.join(get_args(IntensitySource))}, got {self.intensity!r}"
            raise ConfigError(msg)
        if self.spacing_dhw_mm is not None:
            _check_triplet("spacing_dhw_mm", self.spacing_dhw_mm)


@dataclass(frozen=True, kw_only=True)
class WindowConfig:
    """How a volume that is too large for one pass is cut into overlapping windows."""

    size_dhw: Shape = (32, 192, 192)
    overlap: float = 0.25
    """Share of a window that its neighbor covers as well."""
    one_pass_voxels: int = 2_000_000
    """Up to this many working voxels go through the network at once: the memory of a pass grows with them."""
    at_pori: bool = False
    """Look at each ear by itself: one window round each located porus, the left one mirrored, and nothing elsewhere."""
    medial_of_porus_mm: float = 6.0
    """How far medial of the porus the middle of such a window lies."""
    least_seen_share: float = 0.14
    """An ear whose window lies inside the scan by less than this is not judged, and this is said. In crops of tumors of
    the stress set Dice holds down to here, and false tumors begin (`docs/experiments/narrow_crops.md`)."""
    sure_seen_share: float = 0.2
    """One that is seen by less than this is judged, and a finding there reads "uncertain"."""

    def __post_init__(self) -> None:
        _check_triplet("size_dhw", self.size_dhw)
        _check_positive(one_pass_voxels=self.one_pass_voxels)
        if not 0 <= self.overlap < 1:
            msg = f"overlap must be at least 0 and below 1, got {self.overlap}"
            raise ConfigError(msg)


@dataclass(frozen=True, kw_only=True)
class RegionConfig:
    """The box, along the axes of the scan, that holds both cerebellopontine angles."""

    size_dhw_mm: Triplet = (66.0, 84.0, 124.0)
    whole_scan_factor: float = 1.3
    """A scan no larger than this many boxes in each direction is segmented whole."""

    def __post_init__(self) -> None:
        _check_triplet("size_dhw_mm", self.size_dhw_mm)
        _check_positive(whole_scan_factor=self.whole_scan_factor)


@dataclass(frozen=True, kw_only=True)
class LocatorConfig:
    """When the locator's output counts as a porus found."""

    probability: float = 0.5
    min_volume_mm3: float = 1500.0
    """Of the component above the probability; the trained ball of 12 mm radius has 7238 mm3."""
    canvas_dhw: Shape = (48, 64, 64)
    """A smaller scan is put into the middle of this many working voxels of 0, the mean, as in training: norms over the
    instance see the empty share too, and without it a small crop of a head gives hardly any probability."""
    porus_distance_mm: float = 52.0
    """Usual distance between the two, for the place of the side that was not found."""
    distance_range_mm: tuple[float, float] = (30.0, 85.0)
    """Two centers closer or farther apart than this cannot both be right: the surer one stays."""
    fundus_probability: float = 0.5
    fundus_min_volume_mm3: float = 30.0
    """Of the component of a tip of a fundus, where the locator looks for these."""
    canal_length_range_mm: tuple[float, float] = (4.0, 20.0)
    """A tip nearer to its porus or farther from it than this is none: canals are 7 to 15 mm long, and the porus is
    located to a few millimeters."""


@dataclass(frozen=True, kw_only=True)
class DivisionConfig:
    """How stage 2 looks at a tumor, and what it may answer."""

    margin_mm: float = 4.0
    """What is shown round the tumor at least; a small one is shown in a whole training patch."""
    least_part_mm3: float = 4.0
    """A part smaller than this beside one that is not is a speck: the tumor is all on one side."""
    side_tolerance_mm: float = 2.0
    """How far the boundary may leave its own plane, as far as the canal's cross-section goes."""

    def __post_init__(self) -> None:
        _check_positive(
            margin_mm=self.margin_mm,
            least_part_mm3=self.least_part_mm3,
            side_tolerance_mm=self.side_tolerance_mm,
        )


@dataclass(frozen=True, kw_only=True)
class LooksConfig:
    """How an ear is looked at again, in windows that are turned against the axes of the scan."""

    aligned: bool = False
    """The windows' axis from left to right runs through both pori, where both are known, so that a head that lies
    aslant in the scanner is shown straight."""
    turn_deg: float = 12.0
    """Seven windows: one straight and six turned by this about each axis, either way; of them the surest counts. 0
    looks once."""
    recentered: bool = False
    """The windows are centered on what was found first, not on the usual place by the porus."""
    every_ear: bool = False
    """Or only one in which the first look found anything."""

    def __post_init__(self) -> None:
        if not 0 <= self.turn_deg < 45:
            msg = f"turn_deg must be at least 0 and below 45, got {self.turn_deg}"
            raise ConfigError(msg)


THOROUGH = LooksConfig()
"""What `--thorough` does."""


@dataclass(frozen=True, kw_only=True)
class PlausibilityConfig:
    """How a connected set of tumor voxels comes about and is weighed; how sure it has to be says `CertaintyConfig`."""

    probability: float = 0.5
    """Voxels whose summed probability of all tumor classes reaches this are tumor."""
    min_volume_mm3: float = 5.0
    sure_porus_distance_mm: float = 5.0
    """Up to here from the nearest porus to the nearest voxel of the component, it counts in full; beyond, less and
    less, down to nothing where it is too far to be a tumor."""
    islet_mm3: float = 10.0
    """A smaller piece of one label, apart from the largest piece of it, takes the label round it."""

    def __post_init__(self) -> None:
        if self.sure_porus_distance_mm < 0:
            msg = f"sure_porus_distance_mm must be at least 0, got {self.sure_porus_distance_mm}"
            raise ConfigError(msg)
