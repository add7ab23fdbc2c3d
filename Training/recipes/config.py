"""One recipe: everything that decides what a training run learns, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from Training.recipes.interaction import InteractionConfig
from Training.recipes.masks import MaskConfig
from VSSegmentationLib.errors import ConfigError
from VSSegmentationLib.losses import LossConfig
from VSSegmentationLib.networks import AnyNetworkConfig

Precision = Literal["32-true", "bf16-mixed", "16-mixed"]


def require(fits: bool, msg: str) -> None:
    """Raise a `ConfigError` that says `msg` unless something fits."""
    if not fits:
        raise ConfigError(msg)


@dataclass(frozen=True, kw_only=True)
class ScheduleConfig:
    """How the learning rate goes over a run."""

    kind: Literal["cosine", "halved", "constant", "linear", "plateau"] = "cosine"
    """cosine: from 1 to `final_fraction` over the run; halved: after every `halve_every` steps; constant; linear: to
    `final_fraction`, once `constant_fraction` of the run is over; plateau: times `factor` whenever more than `patience`
    validations in a row were no better by `validation.metric`."""
    warmup_steps: int = 0
    """The rate climbs linearly over this many steps first, and the schedule proper starts after them."""
    halve_every: int = 10_000
    """Wang et al., MICCAI 2019: halved every 10,000 iterations."""
    final_fraction: float = 0.0
    constant_fraction: float = 0.0
    """Of a linear schedule, e.g. 0.5: as long constant as falling (CUT, arXiv:2007.15651)."""
    patience: int = 4
    """Of validations, every `run.validate_every` steps after the warm-up."""
    factor: float = 0.5

    def __post_init__(self) -> None:
        if self.patience < 0:
            msg = f"patience must be >= 0, got {self.patience}"
            raise ConfigError(msg)
        if not 0.0 < self.factor < 1.0:
            msg = f"factor must lie between 0 and 1, got {self.factor}"
            raise ConfigError(msg)
        if self.warmup_steps < 0:
            msg = f"warmup_steps must be >= 0, got {self.warmup_steps}"
            raise ConfigError(msg)
        if self.halve_every < 1:
            msg = f"halve_every must be >= 1, got {self.halve_every}"
            raise ConfigError(msg)
        for name in ("final_fraction", "constant_fraction"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                msg = f"{name} must lie in 0..1, got {getattr(self, name)}"
                raise ConfigError(msg)


@dataclass(frozen=True, kw_only=True)
class OptimizerConfig:
    """Which optimizer, and how its learning rate goes."""

    kind: Literal["AdamW", "Adam"] = "AdamW"
    """AdamW: weight decay beside the gradient (decoupled); Adam: as a term of the loss (coupled L2; Wang et al. 2019,
    as PyTorch's and TensorFlow's Adam have it)."""
    learning_rate: float = 1e-3
    """Initial rate; the schedule multiplies it."""
    weight_decay: float = 1e-5
    """On convolution kernels only: a PReLU slope or a norm's scale drawn to 0 would change what the layer is."""
    gradient_clip: float | None = None
    """Largest Euclidean norm of the whole gradient; none by default."""
    schedule: ScheduleConfig = field(default_factory=ScheduleConfig)

    def __post_init__(self) -> None:
        require(self.learning_rate > 0, f"learning_rate must be > 0, got {self.learning_rate}")
        require(self.weight_decay >= 0, f"weight_decay must be >= 0, got {self.weight_decay}")
        clip = self.gradient_clip
        require(clip is None or clip > 0, f"gradient_clip must be > 0 (leave it out for none), got {clip}")


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """Where the samples come from; `options` is checked by that source's own configuration."""

    kind: Literal["synthetic", "whole_heads", "gliomas", "manifest"] = "synthetic"
    divided: bool = True
    """False makes one class, 1, of extrameatal and intrameatal tumor, for networks with two outputs."""
    options: Mapping[str, Any] = field(default_factory=dict)
    mask: MaskConfig | None = None
    """Shows the whole tumor as a second channel, for stage 2, which divides it."""
    interaction: InteractionConfig | None = None
    """Shows a mask with errors and what a simulated person says of it, for a network that corrects."""

    def __post_init__(self) -> None:
        require(
            self.mask is None or self.interaction is None,
            "data.mask is for a divider and data.interaction for a network that corrects; leave one of them out",
        )


@dataclass(frozen=True, kw_only=True)
class ValidationConfig:
    """What is measured while training, on samples that are never trained on."""

    samples: int = 16
    metric: str = "dice"
    """Which of the values the best weights are chosen by; larger is better."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Laid over `data.options`, e.g. to name anatomies that training leaves out."""
    mask: MaskConfig | None = None
    """In place of `data.mask`, e.g. to measure on predicted masks what was trained on true ones."""

    def __post_init__(self) -> None:
        require(self.samples >= 1, f"samples must be >= 1, got {self.samples}")


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """How long, how large, and how often what is written."""

    steps: int
    """Optimizer steps of the whole run."""
    batch_size: int = 2
    """Samples per device and forward pass."""
    accumulate: int = 1
    """Forward passes per optimizer step."""
    validate_every: int = 500
    patience: int | None = None
    """End the run after so many validations without a better value of `validation.metric`; None never does."""
    checkpoint_every: int = 250
    log_every: int = 20
    """Steps between two progress lines; the log file holds every step all the same."""
    precision: Precision = "32-true"
    channels_last: bool = False
    ema_decay: float | None = None
    """Decay of the exponential moving average of the weights, e.g. 0.999; then the average is validated and shipped."""
    num_workers: int = 1
    """Processes that make samples; 0 makes them in the training process."""

    def __post_init__(self) -> None:
        for name in ("steps", "batch_size", "accumulate", "validate_every", "checkpoint_every", "log_every"):
            require(getattr(self, name) >= 1, f"{name} must be >= 1, got {getattr(self, name)}")
        require(self.patience is None or self.patience >= 1, f"patience must be >= 1, got {self.patience}")
        require(self.num_workers >= 0, f"num_workers must be >= 0, got {self.num_workers}")
        decay = self.ema_decay
        require(
            decay is None or 0 < decay < 1, f"ema_decay must lie between 0 and 1 (leave it out for none), got {decay}"
        )


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A whole recipe; `read_recipe` makes one from a file."""

    name: str
    seed: int = 0
    """Decides the initial weights, the samples and the dropout."""
    network: AnyNetworkConfig
    loss: LossConfig
    optimizer: OptimizerConfig = field(default_factory=OptimizerConfig)
    data: DataConfig = field(default_factory=DataConfig)
    validation: ValidationConfig = field(default_factory=ValidationConfig)
    run: RunConfig

    def __post_init__(self) -> None:
        require(self.seed >= 0, f"seed must be >= 0, got {self.seed}")
