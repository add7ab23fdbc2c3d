"""How a person who corrects masks is simulated: which errors, which clicks, and what the network is shown of them."""

from dataclasses import dataclass, field

from Training.recipes.masks import PerturbationRanges
from VSSegmentationLib.errors import ConfigError
from VSSegmentationLib.interaction import EncodingConfig, MergeRules

Range = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class UserRules:
    """How a simulated person clicks; all 0 is the ideal one, who clicks the middle of the largest error.

    Real readers put a quarter of their clicks outside of what they mean (Marinov et al. 2024, arXiv:2404.01816).
    """

    jitter_mm: float = 0.0
    """Standard deviation of a click along H and W."""
    slice_share: float = 0.0
    """Clicks that fall one slice above or below."""
    outside_share: float = 0.0
    """Clicks that fall just outside of the error."""
    outside_mm: float = 2.0
    """So far from it at most."""
    middle_share: float = 1.0
    """Clicks aimed at the middle of the error; the others at any place in it."""

    def __post_init__(self) -> None:
        for name in ("slice_share", "outside_share", "middle_share"):
            if not 0 <= getattr(self, name) <= 1:
                msg = f"{name} must lie in 0..1, got {getattr(self, name)}"
                raise ConfigError(msg)
        if self.jitter_mm < 0 or self.outside_mm <= 0:
            msg = f"jitter_mm must be >= 0 and outside_mm > 0, got {self.jitter_mm} and {self.outside_mm}"
            raise ConfigError(msg)


IDEAL_USER = UserRules()
SLOPPY_USER = UserRules(jitter_mm=1.5, slice_share=0.25, outside_share=0.25, middle_share=0.5)
"""As sloppy as readers are."""


@dataclass(frozen=True, kw_only=True)
class ErrorRanges:
    """Which gross errors a mask has beside an outline that wanders; shares of the masks, drawn each for itself."""

    lobe_share: float = 0.35
    """A lobe is missing."""
    lobe_mm: Range = (3.0, 9.0)
    """Its radius."""
    leak_share: float = 0.4
    """The mask goes on into what looks alike beside the tumor: CSF, vessel, brainstem."""
    leak_mm: Range = (3.0, 9.0)
    leak_tolerance: Range = (0.15, 0.5)
    """In standard deviations of the image: how alike."""
    island_share: float = 0.1
    """Something apart from the tumor is taken for tumor."""
    cap_share: float = 0.2
    """The tumor is cut off at one end, in any direction."""
    cap_part: Range = (0.1, 0.4)
    """Of its extent."""
    slices_share: float = 0.25
    """Slices too many or too few at one end."""
    slices: tuple[int, int] = (1, 3)
    missed_share: float = 0.08
    """The tumor was not found at all."""


@dataclass(frozen=True, kw_only=True)
class InteractionConfig:
    """What a correcting network is trained on."""

    window_dhw: tuple[int, int, int] = (24, 64, 64)
    """Shown round the interaction."""
    views: int = 4
    """Windows, each with errors and clicks of its own, made of one image: drawing an image costs more than they do."""
    most_clicks: int = 7
    """Up to this many, the last one included, which the network is to answer."""
    first_share: float = 0.4
    """Samples in which that is the first."""
    scribble_share: float = 0.2
    no_op_share: float = 0.08
    """Last clicks that ask for what is so already."""
    contradictory_share: float = 0.04
    """Last clicks that say the opposite of the truth."""
    dropped_share: float = 0.15
    """Samples that are not shown the mask, so that the network does not cling to it."""
    mirrored: bool = True
    """Mirror left to right at random."""
    predicted_share: float = 0.0
    """Masks that a model gives for the image."""
    model: str | None = None
    """Name or file of that model."""
    user: UserRules = SLOPPY_USER
    errors: ErrorRanges = field(default_factory=ErrorRanges)
    outline: PerturbationRanges = field(default_factory=PerturbationRanges)
    """How the outline wanders, of the first mask and of the answers to earlier clicks."""
    encoding: EncodingConfig = field(default_factory=EncodingConfig)
    merge: MergeRules = field(default_factory=MergeRules)
    """Runs in training, too: masks later in a session are its own composites."""

    def __post_init__(self) -> None:
        if self.predicted_share > 0 and self.model is None:
            msg = "predicted_share needs a model that predicts: give its name, file or run in `model`"
            raise ConfigError(msg)
        if self.views < 1 or self.most_clicks < 1:
            msg = f"views and most_clicks must be >= 1, got {self.views} and {self.most_clicks}"
            raise ConfigError(msg)
        shares = (self.no_op_share, self.contradictory_share, self.scribble_share)
        if min(shares) < 0 or sum(shares) > 1:
            msg = f"no_op_share, contradictory_share and scribble_share must add up to at most 1, got {shares}"
            raise ConfigError(msg)
