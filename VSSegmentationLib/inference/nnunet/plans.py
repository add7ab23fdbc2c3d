"""What nnU-Net planned, as far as running a model needs it: strict about what this software cannot do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from VSSegmentationLib.errors import ConfigError, ModelError
from VSSegmentationLib.geometry import Shape, Triplet
from VSSegmentationLib.inference.nnunet.fields import list_of, number_of, table_of, text_of, whole_of
from VSSegmentationLib.inference.nnunet.meanings import Meanings
from VSSegmentationLib.networks import NnUNetConfig

Normalization = Literal["ZScoreNormalization", "CTNormalization", "NoNormalization", "RescaleTo01Normalization"]
_RESAMPLING = "resample_data_or_seg_to_shape"
_MOST_CHANNELS, _MOST_LEVELS, _MOST_BLOCKS, _MOST_FEATURES = 64, 12, 64, 4096
_LONGEST_PATCH, _LARGEST_STEP = 1024, 15
"""No network that was ever planned comes near these; what goes beyond is damage."""


@dataclass(frozen=True, kw_only=True)
class ChannelPlan:
    """How one channel is normalized."""

    normalization: Normalization
    inside_only: bool = False
    """Mean and deviation from the voxels inside the nonzero mask, which alone are changed."""
    statistics: Mapping[str, float] | None = None
    """Of the training set: `mean`, `std`, `percentile_00_5`, `percentile_99_5`; for CT normalization."""


@dataclass(frozen=True, kw_only=True)
class NnUNetPlans:
    """How a scan becomes input, and output becomes a segmentation; axes as nnU-Net counts them, after its transpose."""

    spacing_mm: Triplet
    patch_size: Shape
    transpose_forward: Shape
    channels: tuple[ChannelPlan, ...]
    meanings: tuple[int, ...]
    """The value of the label set that each output has; 0 for the background and what is not wanted."""
    orders: tuple[int, int]
    """Of interpolation: image, and logits on their way back; across slices of anisotropic scans always nearest."""
    separate_z: bool | None = None
    """Whether slices are resampled by themselves; None decides by the spacing, as nnU-Net does."""
    mirror_axes: tuple[int, ...] = ()
    folds: int = 1
    nested: bool = False
    """Whether outputs are regions, each the sigmoid of its own and inside the one before it; none is the background."""

    @property
    def outputs(self) -> int:
        """How many the network has: the background is no region."""
        return len(self.meanings) - self.nested


def read_plans(plans: Mapping[str, Any], configuration: str, meanings: Meanings) -> tuple[NnUNetPlans, NnUNetConfig]:
    """Return plans and network of one configuration of a model.

    Args:
        plans: Of its plans.json.
        configuration: Such as 3d_fullres.
        meanings: What its outputs mean.

    Raises:
        ModelError: If something is missing, or asks for what this software cannot do.
    """
    try:
        chosen = _inherited(table_of(plans, "configurations", "plans.json"), configuration)
        if chosen.get("previous_stage"):
            msg = f"the configuration {configuration} is the second of a cascade, which this software does not run"
            raise ModelError(msg)
        names = [chosen.get(f"resampling_fn_{what}", _RESAMPLING) for what in ("data", "probabilities")]
        patch = list_of(chosen["patch_size"], "patch_size", most=3)
        if len(patch) != 3:
            msg = (
                f"only three-dimensional models can be run, and the configuration {configuration} looks at single "
                "slices; train or get a 3d_fullres one"
            )
            raise ModelError(msg)
        if names != [_RESAMPLING, _RESAMPLING]:
            msg = f"only models with nnU-Net's usual resampling can be run; this one uses {', '.join(map(str, names))}"
            raise ModelError(msg)
        options = [table_of(chosen, f"resampling_fn_{what}_kwargs", "plans.json") for what in ("data", "probabilities")]
        orders = [
            whole_of(each.get("order", usual), "order", least=0, most=5)
            for each, usual in zip(options, (3, 1), strict=True)
        ]
        transpose = _three(plans["transpose_forward"], "transpose_forward", least=0, most=2)
        if sorted(transpose) != [0, 1, 2]:
            msg = f"transpose_forward must hold 0, 1 and 2, got {transpose}"
            raise ModelError(msg)
        separate_z = options[0].get("force_separate_z")
        if separate_z not in (None, True, False):
            msg = "force_separate_z must be true, false or null"
            raise ModelError(msg)
        spacing = list_of(chosen["spacing"], "spacing", most=3)
        depth, height, width = (number_of(each, "spacing", above=0.0, most=100.0) for each in spacing)
        own = NnUNetPlans(
            spacing_mm=(depth, height, width),
            patch_size=_three(patch, "patch_size", least=1, most=_LONGEST_PATCH),
            transpose_forward=transpose,
            channels=_channels(plans, chosen),
            meanings=meanings.values,
            orders=(orders[0], orders[1]),
            separate_z=separate_z,
            nested=meanings.nested,
        )
        return own, _network(chosen, len(own.channels), own.outputs)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, RecursionError, ConfigError) as error:
        if isinstance(error, ModelError):
            raise
        msg = f"the plans of the nnU-Net model are incomplete or of a kind not known here ({str(error)[:100]})"
        raise ModelError(msg) from error


def _inherited(configurations: Mapping[str, Any], name: str) -> dict[str, Any]:
    own = dict(table_of({name: configurations[name]}, name, "plans.json: configurations"))
    parent = own.pop("inherits_from", None)
    return own if parent is None else {**_inherited(configurations, text_of(parent, "inherits_from")), **own}


def _channels(plans: Mapping[str, Any], chosen: Mapping[str, Any]) -> tuple[ChannelPlan, ...]:
    known = get_args(Normalization)
    statistics = table_of(plans, "foreground_intensity_properties_per_channel", "plans.json")
    masked = list_of(chosen["use_mask_for_norm"], "use_mask_for_norm", most=_MOST_CHANNELS)
    channels = []
    for number, scheme in enumerate(
        list_of(chosen["normalization_schemes"], "normalization_schemes", most=_MOST_CHANNELS)
    ):
        if scheme not in known:
            msg = f"the model normalizes by {str(scheme)[:40]}; known are {', '.join(known)}"
            raise ModelError(msg)
        own = None
        if scheme == "CTNormalization":
            told = table_of(statistics, str(number), "foreground_intensity_properties_per_channel")
            own = {key: number_of(told[key], key) for key in ("mean", "std", "percentile_00_5", "percentile_99_5")}
        channels.append(ChannelPlan(normalization=scheme, inside_only=bool(masked[number]), statistics=own))
    return tuple(channels)


def _network(chosen: Mapping[str, Any], inputs: int, outputs: int) -> NnUNetConfig:
    """Return the network, from plans of nnU-Net 2.2 and newer (`architecture`) or older ones."""
    if "architecture" in chosen:
        architecture = table_of(chosen, "architecture", "plans.json")
        name = text_of(architecture["network_class_name"], "network_class_name").rpartition(".")[2]
        own = table_of(architecture, "arch_kwargs", "architecture")
        channels, kernels, strides = own["features_per_stage"], own["kernel_sizes"], own["strides"]
        blocks = own.get("n_blocks_per_stage", own.get("n_conv_per_stage"))
        decoder, bias = own["n_conv_per_stage_decoder"], bool(own.get("conv_bias", True))
    else:
        name = text_of(chosen["UNet_class_name"], "UNet_class_name")
        kernels, strides = chosen["conv_kernel_sizes"], chosen["pool_op_kernel_sizes"]
        base = whole_of(chosen["UNet_base_num_features"], "UNet_base_num_features", least=1, most=_MOST_FEATURES)
        most = whole_of(chosen["unet_max_num_features"], "unet_max_num_features", least=1, most=_MOST_FEATURES)
        levels = len(list_of(kernels, "conv_kernel_sizes", most=_MOST_LEVELS))
        channels = [min(base * 2**level, most) for level in range(levels)]
        blocks, decoder, bias = chosen["n_conv_per_stage_encoder"], chosen["n_conv_per_stage_decoder"], True
    encoders = {"PlainConvUNet": "plain", "ResidualEncoderUNet": "residual"}
    if name not in encoders:
        msg = f"the network {name[:40]} is not known; known are {', '.join(encoders)}"
        raise ModelError(msg)
    kernels = list_of(kernels, "kernel sizes", most=_MOST_LEVELS)
    levels = len(kernels)
    first, *steps = (
        _three(step, "strides", least=1, most=_LARGEST_STEP) for step in list_of(strides, "strides", most=_MOST_LEVELS)
    )
    if first != (1, 1, 1):
        msg = f"the network begins with a stride of {first}, which is not known here"
        raise ModelError(msg)
    return NnUNetConfig(
        channels=_each(channels, "features_per_stage", levels, most=_MOST_FEATURES),
        kernels_dhw=tuple(_three(kernel, "kernel sizes", least=1, most=_LARGEST_STEP) for kernel in kernels),
        strides_dhw=tuple(steps),
        encoder_blocks=_each(blocks, "n_blocks_per_stage", levels, most=_MOST_BLOCKS),
        decoder_convolutions=_each(decoder, "n_conv_per_stage_decoder", levels - 1, most=_MOST_BLOCKS),
        in_channels=inputs,
        out_channels=outputs,
        encoder="residual" if encoders[name] == "residual" else "plain",
        conv_bias=bias,
    )


def _each(value: Any, name: str, count: int, *, most: int) -> tuple[int, ...]:  # noqa: ANN401 - one for all, or one each
    values = [value] * count if isinstance(value, int) else list_of(value, name, most=_MOST_LEVELS)
    return tuple(whole_of(number, name, least=1, most=most) for number in values)


def _three(values: Any, name: str, *, least: int, most: int) -> Shape:  # noqa: ANN401 - one for all, or three
    values = [values] * 3 if isinstance(values, int | float) else list_of(values, name, most=3)
    if len(values) != 3:
        msg = f"the nnU-Net model is damaged: {name} must hold three numbers, got {len(values)}"
        raise ModelError(msg)
    depth, height, width = (whole_of(value, name, least=least, most=most) for value in values)
    return depth, height, width
