"""The same probabilities as nnU-Net's own predictor, to 1e-4, from the same model folder and the same scan."""

import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy import ndimage

from Testing.support.nnunet_models import CONFIGS, dataset_of, plans_of, regions_of, write_model
from VSSegmentationLib.inference.nnunet import predict_probabilities, read_model_folder
from VSSegmentationLib.networks import NnUNetConfig
from VSSegmentationLib.tasks.glioma import GLIOMA

pytest.importorskip("nnunetv2", reason="nnU-Net is not installed: pip install 'nnunetv2>=2.5,<3'")

SCANS = {
    "as planned": ((20, 60, 60), (1.5, 0.6, 0.6)),
    "smaller than a window": ((6, 20, 30), (1.5, 0.6, 0.6)),
    "isotropic": ((30, 40, 42), (1.0, 1.0, 1.0)),
    "thick slices": ((8, 70, 66), (3.5, 0.5, 0.5)),
    "with zeros round it": ((22, 64, 64), (1.4, 0.55, 0.55)),
}


def scan(name: str, channels: int) -> tuple[np.ndarray, tuple[float, float, float]]:
    shape, spacing = SCANS[name]
    rng = np.random.default_rng(len(name))
    data = np.stack([ndimage.gaussian_filter(rng.normal(size=shape), 1.5) * 800 + 120 for _ in range(channels)])
    if name == "with zeros round it":
        data[:, :3], data[:, :, :5], data[..., 58:] = 0, 0, 0
    return data.astype(np.float32), spacing


def theirs(
    folder: Path,
    config: NnUNetConfig,
    data: np.ndarray,
    spacing: tuple[float, ...],
    *,
    dataset: dict[str, Any] | None = None,
    **plans,
) -> tuple[np.ndarray, np.ndarray]:
    """nnU-Net's labels (D, H, W) and its probabilities (K, D, H, W)."""
    from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor  # noqa: PLC0415 - where it is installed
    from nnunetv2.utilities.get_network_from_plans import get_network_from_plans  # noqa: PLC0415
    from nnunetv2.utilities.plans_handling.plans_handler import PlansManager  # noqa: PLC0415

    manager = PlansManager(plans_of(config, **plans))
    chosen = manager.get_configuration("3d_fullres")
    network = get_network_from_plans(
        chosen.network_arch_class_name, chosen.network_arch_init_kwargs, chosen.network_arch_init_kwargs_req_import,
        config.in_channels, config.out_channels, allow_init=True, deep_supervision=False,
    )  # fmt: skip
    stored = [torch.load(file, weights_only=False) for file in sorted(folder.glob("fold_*/checkpoint_final.pth"))]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        predictor = nnUNetPredictor(
            tile_step_size=0.5, use_gaussian=True, use_mirroring=True, perform_everything_on_device=False,
            device=torch.device("cpu"), allow_tqdm=False,
        )  # fmt: skip
        # Looking the trainer's class up would import torchvision, which does not fit every build of torch.
        predictor.manual_initialization(
            network, manager, chosen, [each["network_weights"] for each in stored], dataset or dataset_of(config),
            "nnUNetTrainer", stored[0]["inference_allowed_mirroring_axes"],
        )  # fmt: skip
        properties = {"spacing": list(spacing), "sitk_stuff": {}}
        labels, probabilities = predictor.predict_single_npy_array(data, properties, None, None, True)  # noqa: FBT003 - its own signature
    return np.asarray(labels), np.asarray(probabilities)


@pytest.mark.parametrize("name", sorted(SCANS))
@pytest.mark.parametrize("encoder", sorted(CONFIGS))
def test_probabilities_are_theirs(encoder, name, tmp_path):
    config = CONFIGS[encoder]
    write_model(tmp_path, config, folds=2, mirror=(0, 1, 2) if name == "smaller than a window" else (2,))
    data, spacing = scan(name, 1)
    model = read_model_folder(tmp_path)
    with torch.inference_mode():
        ours = predict_probabilities(data, spacing, model.ensemble, model.plans, device=torch.device("cpu"))
    _, expected = theirs(tmp_path, config, data, spacing)
    assert ours.std() > 0.05  # the model does tell voxels apart
    np.testing.assert_allclose(ours, expected, atol=1e-4)


@pytest.mark.parametrize(
    "schemes", [["ZScoreNormalization", "NoNormalization"], ["CTNormalization", "RescaleTo01Normalization"]]
)
def test_two_channels_are_normalized_as_theirs(schemes, tmp_path):
    config = replace(CONFIGS["plain"], in_channels=2)
    write_model(tmp_path, config, mirror=None, normalization=schemes)
    data, spacing = scan("isotropic", 2)
    data[1] = data[1] > 200
    model = read_model_folder(tmp_path)
    with torch.inference_mode():
        ours = predict_probabilities(data, spacing, model.ensemble, model.plans, device=torch.device("cpu"))
    _, expected = theirs(tmp_path, config, data, spacing, normalization=schemes)
    np.testing.assert_allclose(ours, expected, atol=1e-4)


def test_nested_regions_are_theirs(tmp_path):
    """Their probabilities are of regions; ours of what lies in each and in none inside it. Labels are the same."""
    config = replace(CONFIGS["plain"], in_channels=4)
    dataset = regions_of(config)
    write_model(tmp_path, config, folds=2, mirror=(2,), dataset=dataset)
    data, spacing = scan("isotropic", 4)
    model = read_model_folder(tmp_path, GLIOMA.label_set)
    with torch.inference_mode():
        ours = predict_probabilities(data, spacing, model.ensemble, model.plans, device=torch.device("cpu"))
    labels, regions = theirs(tmp_path, config, data, spacing, dataset=dataset)
    assert (regions[1] > regions[0] + 0.1).any()  # random weights make inner regions likelier than those round them
    outer = np.maximum.accumulate(regions[::-1], axis=0)[::-1]
    np.testing.assert_allclose(ours[::-1].cumsum(axis=0)[::-1][1:], outer, atol=1e-4)
    depth = (ours[::-1].cumsum(axis=0)[::-1][1:] > 0.5).sum(axis=0)
    sure = np.abs(outer - 0.5).min(axis=0) > 1e-4
    assert set(np.unique(labels)) == {0, 1, 2, 3}
    np.testing.assert_array_equal(depth[sure], labels[sure])
