"""What a translation from one kind of scan to another is made of, as data."""

from dataclasses import dataclass, field

from Training.recipes import RunConfig
from Training.recipes.config import ScheduleConfig, require

CROP = (3 / 16, 13 / 16)
"""The central 10/16 of rows and columns, where the skull base is in a head that fills the field of view. Source: Dong
et al. (PAST), crossMoDA 2021; taken over by Chen, Wang, Zhang, crossMoDA 2023."""
LEAST_BLOCKS = 5
"""The fifth residual block is the deepest layer whose patches are contrasted."""


@dataclass(frozen=True, kw_only=True)
class TranslatorConfig:
    """The networks of contrastive unpaired translation (CUT), on slices of one channel.

    Source: Park et al., ECCV 2020, arXiv:2007.15651, and its public code (taesungp/contrastive-unpaired-translation).
    """

    width: int = 64
    """Channels of the generator's first layer; the second and third have two and four times as many."""
    blocks: int = 9
    """Residual blocks of the generator: 9, or 6 for small images."""
    discriminator_width: int = 64
    discriminator_bias: bool = False
    """Biases before norms, which cancel them: CUT's own discriminator has them, MONAI's has not."""
    embedding: int = 256
    """Numbers that stand for a patch."""
    depth: int = 1
    """Neighboring slices that the generator takes as one slab; 1: slices by themselves, as CUT. From 2 on its residual
    blocks convolve through slices, too, and its norms are those of a slab. The first of 2023 took 8 slices (Liu et al.
    (Vandy365), arXiv:2311.12437) and halved them, too; here all stay. A slab is a number of slices, whatever mm."""
    segments: bool = False
    """A head on the generator's last features tells the labels of what it is given: extrameatal, intrameatal, cochlea
    (COSMOS, first of crossMoDA 2021; Vandy365, first of 2023). It is trained, and takes no part in translating."""

    def __post_init__(self) -> None:
        for name, least in (
            ("width", 1),
            ("blocks", LEAST_BLOCKS),
            ("depth", 1),
            ("discriminator_width", 1),
            ("embedding", 1),
        ):
            require(getattr(self, name) >= least, f"{name} must be >= {least}, got {getattr(self, name)}")


@dataclass(frozen=True, kw_only=True)
class TranslationLossConfig:
    """Weights of the terms, as CUT has them; FastCUT is `contrast_weight = 10, identity = false, flips = true`."""

    adversarial_weight: float = 1.0
    contrast_weight: float = 1.0
    identity: bool = True
    """Contrast also what the generator makes of the target's own images, which should stay as they are."""
    flips: bool = False
    """Translate half of the batches mirrored left to right: what is found mirrored back should be the same."""
    segmentation_weight: float = 0.5
    """Of what the head says of the labels, cross-entropy plus Dice, where the translator segments; 0.5 as Vandy365."""
    edge_weight: float = 0.0
    """Of the mean distance between the edges (Sobel) of a slice and of its translation; Vandy365 has 1."""
    patches: int = 256
    """Positions of each layer; where a layer has fewer, all of them."""
    temperature: float = 0.07

    def __post_init__(self) -> None:
        for name in ("adversarial_weight", "contrast_weight", "segmentation_weight", "edge_weight"):
            require(getattr(self, name) >= 0, f"{name} must be >= 0, got {getattr(self, name)}")
        require(self.patches >= 2, f"patches must be >= 2, one of them the match, got {self.patches}")
        require(self.temperature > 0, f"temperature must be > 0, got {self.temperature}")


FAST_CUT = TranslationLossConfig(contrast_weight=10.0, identity=False, flips=True)
"""Half the memory, about twice as fast."""


@dataclass(frozen=True, kw_only=True)
class TranslationOptimizerConfig:
    """Adam with the momenta of CUT; one schedule for all networks."""

    learning_rate: float = 2e-4
    """Of the generator and the heads of the patches."""
    discriminator_share: float = 0.1
    """The discriminator's rate in parts of the generator's: Chen, Wang, Zhang, crossMoDA 2023 (CUT has 1)."""
    betas: tuple[float, float] = (0.5, 0.999)
    schedule: ScheduleConfig = field(default_factory=lambda: ScheduleConfig(kind="linear", constant_fraction=0.5))
    """Constant, then linear to 0: never the "plateau" of that code, which watches a constant."""

    def __post_init__(self) -> None:
        require(self.learning_rate > 0, f"learning_rate must be > 0, got {self.learning_rate}")
        require(self.discriminator_share > 0, f"discriminator_share must be > 0, got {self.discriminator_share}")
        require(all(0 <= each < 1 for each in self.betas), f"betas must lie in 0..1, got {self.betas}")


@dataclass(frozen=True, kw_only=True)
class TranslationDataConfig:
    """Which scans are translated, into the look of which, and how their slices are prepared."""

    source: str
    """Path of the manifest with the labeled scans."""
    target: str
    """Path of the manifest with scans as they are wanted, of other patients; their labels are not looked at."""
    source_modality: str = "ceT1"
    target_modality: str = "T2"
    split: str = "training"
    validation_split: str = "validation"
    """Of the labeled scans, whose translations are measured while training."""
    crop: tuple[float, float] = CROP
    """The part of rows and columns that is kept; (0, 1) keeps all."""
    size: int = 256
    """Rows and columns of a slice after the crop, a multiple of 4."""
    slab: int = 8
    """Slices that share their norms when a whole scan is translated; 1 translates each by itself. With
    `translator.depth` from 2 on it must be that."""
    segmenter: str | None = None
    """Name or file of the model, or a run's `best.pt`, that measures translations by the tumors it finds in them. It
    must have learned from other scans than these; without one the last generator is taken."""
    measured_scans: int = 12
    """Of the validation split, at most."""

    def __post_init__(self) -> None:
        low, high = self.crop
        require(0 <= low < high <= 1, f"crop must be two shares of 0..1, the smaller first, got {low}, {high}")
        require(self.size >= 16 and self.size % 4 == 0, f"size must be a multiple of 4 from 16 on, got {self.size}")
        require(self.slab >= 1, f"slab must be >= 1, got {self.slab}")
        require(self.measured_scans >= 1, f"measured_scans must be >= 1, got {self.measured_scans}")
        require(
            self.source_modality != self.target_modality,
            f"source_modality and target_modality are both {self.target_modality}: there is nothing to translate",
        )


@dataclass(frozen=True, kw_only=True)
class TranslationRecipe:
    """Everything that decides what a translator learns."""

    name: str
    seed: int = 0
    translator: TranslatorConfig = field(default_factory=TranslatorConfig)
    loss: TranslationLossConfig = field(default_factory=TranslationLossConfig)
    optimizer: TranslationOptimizerConfig = field(default_factory=TranslationOptimizerConfig)
    data: TranslationDataConfig | None = None
    """Scans of manifests; None where the slices are handed in."""
    metric: str = "dice"
    """Of what is measured on translations while training, which value the best generator is chosen by."""
    run: RunConfig

    def __post_init__(self) -> None:
        require(self.seed >= 0, f"seed must be >= 0, got {self.seed}")
        require(self.run.precision != "16-mixed", "run.precision must be 32-true or bf16-mixed for translations")
        depth = self.translator.depth
        if self.data is not None and depth > 1:
            require(self.data.slab == depth, f"data.slab must be translator.depth ({depth}), got {self.data.slab}")
        unused = {"accumulate": 1, "patience": None, "channels_last": False, "ema_decay": None}
        for name, nothing in unused.items():
            require(getattr(self.run, name) == nothing, f"run.{name} is not for translations; leave it out")
