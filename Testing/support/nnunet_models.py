"""Small models as nnU-Net v2 leaves them: plans.json, dataset.json, fold_N/checkpoint_final.pth."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from VSSegmentationLib.networks import NnUNet, NnUNetConfig

CONFIGS = {
    "plain": NnUNetConfig(
        channels=(4, 6, 8), kernels_dhw=((1, 3, 3), (3, 3, 3), (3, 3, 3)), strides_dhw=((1, 2, 2), (2, 2, 2)),
        encoder_blocks=(2, 2, 2), decoder_convolutions=(2, 2), out_channels=3,
    ),
    "residual": NnUNetConfig(
        channels=(4, 6, 6), kernels_dhw=((1, 3, 3), (3, 3, 3), (3, 3, 3)), strides_dhw=((1, 2, 2), (2, 2, 2)),
        encoder_blocks=(1, 2, 2), decoder_convolutions=(1, 1), out_channels=3, encoder="residual",
    ),
}  # fmt: skip
_CLASSES = {"plain": "PlainConvUNet", "residual": "ResidualEncoderUNet"}
SPACING = [1.5, 0.6, 0.6]
PATCH = [8, 24, 24]


def plans_of(config: NnUNetConfig, *, normalization: list[str] | None = None, old: bool = False) -> dict[str, Any]:
    """The plans of a model of this network; `old` as nnU-Net 2.0 wrote them, without `architecture`."""
    schemes = normalization or ["ZScoreNormalization"] * config.in_channels
    own: dict[str, Any] = {
        "data_identifier": "nnUNetPlans_3d_fullres", "preprocessor_name": "DefaultPreprocessor", "batch_size": 2,
        "patch_size": PATCH, "median_image_size_in_voxels": [20.0, 60.0, 60.0], "spacing": SPACING,
        "normalization_schemes": schemes, "use_mask_for_norm": [False] * len(schemes), "batch_dice": True,
        "resampling_fn_data": "resample_data_or_seg_to_shape", "resampling_fn_seg": "resample_data_or_seg_to_shape",
        "resampling_fn_probabilities": "resample_data_or_seg_to_shape",
        "resampling_fn_data_kwargs": {"is_seg": False, "order": 3, "order_z": 0, "force_separate_z": None},
        "resampling_fn_seg_kwargs": {"is_seg": True, "order": 1, "order_z": 0, "force_separate_z": None},
        "resampling_fn_probabilities_kwargs": {"is_seg": False, "order": 1, "order_z": 0, "force_separate_z": None},
    }  # fmt: skip
    kernels = [list(kernel) for kernel in config.kernels_dhw]
    strides = [[1, 1, 1], *(list(stride) for stride in config.strides_dhw)]
    if old:
        own |= {
            "UNet_class_name": _CLASSES[config.encoder], "UNet_base_num_features": config.channels[0],
            "unet_max_num_features": max(config.channels), "n_conv_per_stage_encoder": list(config.encoder_blocks),
            "n_conv_per_stage_decoder": list(config.decoder_convolutions), "conv_kernel_sizes": kernels,
            "pool_op_kernel_sizes": strides, "num_pool_per_axis": [1, 2, 2],
        }  # fmt: skip
    else:
        blocks = "n_blocks_per_stage" if config.encoder == "residual" else "n_conv_per_stage"
        package = "dynamic_network_architectures.architectures.unet"
        own["architecture"] = {
            "network_class_name": f"{package}.{_CLASSES[config.encoder]}",
            "arch_kwargs": {
                "n_stages": len(config.channels), "features_per_stage": list(config.channels),
                "conv_op": "torch.nn.modules.conv.Conv3d", "kernel_sizes": kernels, "strides": strides,
                blocks: list(config.encoder_blocks), "n_conv_per_stage_decoder": list(config.decoder_convolutions),
                "conv_bias": True, "norm_op": "torch.nn.modules.instancenorm.InstanceNorm3d",
                "norm_op_kwargs": {"eps": 1e-05, "affine": True}, "dropout_op": None, "dropout_op_kwargs": None,
                "nonlin": "torch.nn.LeakyReLU", "nonlin_kwargs": {"inplace": True},
            },
            "_kw_requires_import": ["conv_op", "norm_op", "dropout_op", "nonlin"],
        }  # fmt: skip
    statistics = {
        "max": 900.0, "mean": 120.0, "median": 100.0, "min": -50.0, "percentile_00_5": 5.0, "percentile_99_5": 300.0,
        "std": 60.0,
    }  # fmt: skip
    return {
        "dataset_name": "Dataset801_Toy", "plans_name": "nnUNetPlans", "original_median_spacing_after_transp": SPACING,
        "original_median_shape_after_transp": [20, 60, 60], "image_reader_writer": "SimpleITKIO",
        "transpose_forward": [0, 1, 2], "transpose_backward": [0, 1, 2],
        "configurations": {"3d_fullres": own}, "experiment_planner_used": "ExperimentPlanner",
        "label_manager": "LabelManager",
        "foreground_intensity_properties_per_channel": {str(n): statistics for n in range(len(schemes))},
    }  # fmt: skip


def dataset_of(
    config: NnUNetConfig, names: tuple[str, ...] = ("background", "extrameatal", "intrameatal")
) -> dict[str, Any]:
    """The dataset.json of a model with labels of these names."""
    channels = {str(n): "T2" for n in range(config.in_channels)}
    return {
        "channel_names": channels, "labels": {name: value for value, name in enumerate(names)}, "numTraining": 10,
        "file_ending": ".nii.gz",
    }  # fmt: skip


GLIOMA_REGIONS = {"background": 0, "whole tumor": [1, 2, 3], "tumor core": [2, 3], "enhancing tumor": 3}
"""As nnU-Net's converter of BraTS writes them: 1 edema, 2 necrotic core, 3 enhancing tumor."""


def regions_of(config: NnUNetConfig, labels: dict[str, Any] | None = None) -> dict[str, Any]:
    """The dataset.json of a model of nested regions, by default those of BraTS, of four scans."""
    channels = dict(zip("0123", ("T1", "T1ce", "T2", "FLAIR"), strict=True))
    labels = labels or GLIOMA_REGIONS
    return {
        **dataset_of(config), "labels": labels, "regions_class_order": list(range(1, len(labels))),
        "channel_names": channels if config.in_channels == 4 else dataset_of(config)["channel_names"],
    }  # fmt: skip


def write_model(
    folder: Path,
    config: NnUNetConfig,
    *,
    folds: int = 1,
    mirror: tuple[int, ...] | None = (0, 1, 2),
    dataset: dict[str, Any] | None = None,
    **plans: Any,
) -> list[NnUNet]:
    """Write a model with random weights, and return the networks of its folds."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "plans.json").write_text(json.dumps(plans_of(config, **plans)), encoding="utf-8")
    (folder / "dataset.json").write_text(json.dumps(dataset or dataset_of(config)), encoding="utf-8")
    networks = []
    for fold in range(folds):
        torch.manual_seed(fold)
        network = NnUNet(config).eval()
        with torch.no_grad():
            network.decoder.seg_layers[-1].weight.mul_(6)  # so that the classes differ
        place = folder / f"fold_{fold}"
        place.mkdir(exist_ok=True)
        torch.save(checkpoint_of(network, mirror), place / "checkpoint_final.pth")
        networks.append(network)
    return networks


def checkpoint_of(network: NnUNet, mirror: tuple[int, ...] | None) -> dict[str, Any]:
    """What nnU-Net's trainer stores: the weights, and more than them."""
    return {
        "network_weights": as_nnunet_names_them(network.state_dict()), "optimizer_state": {}, "grad_scaler_state": None,
        "logging": {"mean_fg_dice": [np.float64(0.7)]}, "_best_ema": np.float64(0.71), "current_epoch": 3,
        "init_args": {
            "plans": {}, "configuration": "3d_fullres", "fold": 0, "dataset_json": {}, "device": torch.device("cuda"),
        },
        "trainer_name": "nnUNetTrainer", "inference_allowed_mirroring_axes": mirror,
    }  # fmt: skip


def as_nnunet_names_them(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Every tensor as often, and under the names, that nnU-Net's modules list it: units twice, the encoder twice."""
    own: dict[str, Tensor] = {}
    for name, tensor in state.items():
        own[name] = tensor
        for part, index in ((".conv.", 0), (".norm.", 1)):
            if part in name:
                own[name.replace(part, f".all_modules.{index}.")] = tensor
    return own | {f"decoder.{name}": tensor for name, tensor in own.items() if name.startswith("encoder.")}
