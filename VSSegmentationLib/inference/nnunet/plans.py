"""What nnU-Net planned, as far as running a model needs it: strict about what this software cannot do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from VSSegmentationLib.errors import ConfigError, ModelError
from VSSegmentationLib.geometry import Shape, Triplet
from VSSegmentationLib.networks import NnUNetConfig

Normalization = Literal["ZScoreNormalization", "CTNormalization", "NoNormalization", "RescaleTo01Normalization"]
_RESAMPLING = "resample_data_or_seg_to_shape"


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


def read_plans(
    plans: Mapping[str, Any], configuration: str, meanings: Sequence[int]
) -> tuple[NnUNetPlans, NnUNetConfig]:
    """Return plans and network of one configuration of a model.

    Args:
        plans: Of its plans.json.
        configuration: Such as 3d_fullres.
        meanings: The value of the label set that each output has.

    Raises:
        ModelError: If something is missing, or asks for what this software cannot do.
    """
    try:
        chosen = _inherited(plans["configurations"], configuration)
        if chosen.get("previous_stage"):
            msg = f"the configuration {configuration} is the second of a cascade, which this software does not run"
            raise ModelError(msg)
        names = [chosen.get(f"resampling_fn_{what}", _RESAMPLING) for what in ("data", "probabilities")]
        if len(chosen["patch_size"]) != 3 or set(names) != {_RESAMPLING}:
            msg = f"only three-dimensional models with nnU-Net's usual resampling can be run; this one uses {names}"
            raise ModelError(msg)
        options = [chosen.get(f"resampling_fn_{what}_kwargs", {}) for what in ("data", "probabilities")]
        own = NnUNetPlans(
            spacing_mm=_three(chosen["spacing"], float),
            patch_size=_three(chosen["patch_size"], int),
            transpose_forward=_three(plans["transpose_forward"], int),
            channels=_channels(plans, chosen),
            meanings=tuple(meanings),
            orders=(int(options[0].get("order", 3)), int(options[1].get("order", 1))),
            separate_z=options[0].get("force_separate_z"),
        )
        return own, _network(chosen, len(own.channels), len(meanings))
    except (KeyError, TypeError, ValueError, IndexError, ConfigError) as error:
        msg = f"the plans of the nnU-Net model are incomplete or of a kind not known here ({error})"
        raise ModelError(msg) from error


def _inherited(configurations: Mapping[str, Any], name: str) -> dict[str, Any]:
    own = dict(configurations[name])
    parent = own.pop("inherits_from", None)
    return own if parent is None else {**_inherited(configurations, parent), **own}


def _channels(plans: Mapping[str, Any], chosen: Mapping[str, Any]) -> tuple[ChannelPlan, ...]:
    known = get_args(Normalization)
    statistics = plans.get("foreground_intensity_properties_per_channel", {})
    channels = []
    for number, scheme in enumerate(chosen["normalization_schemes"]):
        if scheme not in known:
            msg = f"the model normalizes by {scheme}; known are {', '.join(known)}"
            raise ModelError(msg)
        own = None
        if scheme == "CTNormalization":
            own = {
                key: float(statistics[str(number)][key])
                for key in ("mean", "std", "percentile_00_5", "percentile_99_5")
            }
        inside = bool(chosen["use_mask_for_norm"][number])
        channels.append(ChannelPlan(normalization=scheme, inside_only=inside, statistics=own))
    return tuple(channels)


def _network(chosen: Mapping[str, Any], inputs: int, outputs: int) -> NnUNetConfig:
    """Return the network, from plans of nnU-Net 2.2 and newer (`architecture`) or older ones."""
    if "architecture" in chosen:
        name = chosen["architecture"]["network_class_name"].rpartition(".")[2]
        own = chosen["architecture"]["arch_kwargs"]
        channels, kernels, strides = own["features_per_stage"], own["kernel_sizes"], own["strides"]
        blocks = own.get("n_blocks_per_stage", own.get("n_conv_per_stage"))
        decoder, bias = own["n_conv_per_stage_decoder"], bool(own.get("conv_bias", True))
    else:
        name = chosen["UNet_class_name"]
        kernels, strides = chosen["conv_kernel_sizes"], chosen["pool_op_kernel_sizes"]
        base, most = chosen["UNet_base_num_features"], chosen["unet_max_num_features"]
        channels = [min(base * 2**level, most) for level in range(len(kernels))]
        blocks, decoder, bias = chosen["n_conv_per_stage_encoder"], chosen["n_conv_per_stage_decoder"], True
    encoders = {"PlainConvUNet": "plain", "ResidualEncoderUNet": "residual"}
    if name not in encoders:
        msg = f"the network {name} is not known; known are {', '.join(encoders)}"
        raise ModelError(msg)
    levels = len(kernels)
    first, *steps = (_three(step, int) for step in strides)
    if first != (1, 1, 1):
        msg = f"the network begins with a stride of {first}, which is not known here"
        raise ModelError(msg)
    return NnUNetConfig(
        channels=tuple(int(count) for count in _each(channels, levels)),
        kernels_dhw=tuple(_three(kernel, int) for kernel in kernels),
        strides_dhw=tuple(steps),
        encoder_blocks=tuple(int(count) for count in _each(blocks, levels)),
        decoder_convolutions=tuple(int(count) for count in _each(decoder, levels - 1)),
        in_channels=inputs,
        out_channels=outputs,
        encoder="residual" if encoders[name] == "residual" else "plain",
        conv_bias=bias,
    )


def _each(value: Any, count: int) -> Sequence[Any]:  # noqa: ANN401 - one number for all, or one each
    return [value] * count if isinstance(value, int) else list(value)


def _three(values: Any, kind: Any) -> Any:  # noqa: ANN401 - a triplet of this kind
    values = [values] * 3 if isinstance(values, int | float) else list(values)
    if len(values) != 3:
        msg = f"three numbers are needed, got {values}"
        raise ModelError(msg)
    return tuple(kind(value) for value in values)
