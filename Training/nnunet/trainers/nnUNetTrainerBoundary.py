"""nnU-Net's trainer with the Boundary Distance Loss, for two channels of which the second is a mask.

nnU-Net finds this file through the variable nnUNet_extTrainer, by the name of its class; it is not imported otherwise.

Gamma and tau stand in `dataset.json` under `boundary_loss`, where `python -m Training nnunet write` puts them.

Source: Wijethilake et al., MLCN 2022, arXiv:2208.04680; gamma rises over the first tenth of the epochs.
"""

from typing import Any

import numpy as np
import torch
from batchgeneratorsv2.transforms.base.basic_transform import BasicTransform, ImageOnlyTransform
from batchgeneratorsv2.transforms.utils.random import RandomTransform
from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer
from torch import Tensor, nn

from VSSegmentationLib.losses import BoundaryDistanceLoss, boundary_distance_map
from VSSegmentationLib.tensors import array_of, tensor_of

RAMP = 0.1
USUAL = {"gamma": 0.5, "tau_mm": 2.0}
"""Of data sets that do not say it; nnU-Net's commands need not see the rest of this code."""


class MaskLeftAlone(BasicTransform):
    """Another transform of the image, kept away from all channels but the first."""

    def __init__(self, transform: BasicTransform) -> None:
        super().__init__()
        self.transform = transform

    def __call__(self, **data_dict: Any) -> dict[str, Any]:  # noqa: ANN401 - what batchgenerators passes
        """Change channel 0 of `image` (C, D, H, W)."""
        image = data_dict["image"]
        changed = self.transform(**{**data_dict, "image": image[:1].clone()})
        return {**changed, "image": torch.cat([changed["image"], image[1:]])}


class MaskStaysSharp(ImageOnlyTransform):
    """After rotation and scaling, which interpolate, a mask is 0 or 1 again."""

    def _apply_to_image(self, img: Tensor, **_params: Any) -> Tensor:  # noqa: ANN401 - what batchgenerators passes
        return torch.cat([img[:1], (img[1:] > 0.5).to(img.dtype)])


class WithBoundary(nn.Module):
    """nnU-Net's own loss over all its stages, plus the boundary's at the full resolution, in float32."""

    def __init__(self, usual: nn.Module, trainer: nnUNetTrainer) -> None:
        super().__init__()
        self.usual = usual
        told = {**USUAL, **trainer.dataset_json.get("boundary_loss", {})}
        self.gamma = told["gamma"]
        self.boundary = BoundaryDistanceLoss(tau_mm=told["tau_mm"])
        self._trainer = [trainer]  # in a list, so that it is no part of this module
        self.counted = 0
        """Samples of the last batch that the boundary loss speaks of."""

    def forward(self, output: Any, target: Any) -> Tensor:  # noqa: ANN401 - a tensor, or one for each stage
        """Return the loss of logits (B, K, D, H, W) and labels (B, 1, D, H, W), or lists of them, the finest first."""
        logits = output[0] if isinstance(output, list | tuple) else output
        labels = target[0] if isinstance(target, list | tuple) else target
        trainer = self._trainer[0]
        spacing = tuple(float(each) for each in trainer.configuration_manager.spacing)
        maps = [boundary_distance_map(array_of(each[0]).astype(np.uint8), spacing) for each in labels]
        distance = tensor_of(np.stack(maps)).to(logits.device)
        with torch.autocast(logits.device.type, enabled=False):
            term = self.boundary(logits.float(), distance)
        self.counted = term.counted
        risen = min(1.0, (trainer.current_epoch + 1) / max(1.0, RAMP * trainer.num_epochs))
        total: Tensor = self.usual(output, target) + self.gamma * risen * term.loss
        return total


class nnUNetTrainerBoundary(nnUNetTrainer):  # noqa: N801 - nnU-Net finds it by this name
    """See the file's own words."""

    def _build_loss(self) -> nn.Module:
        return WithBoundary(super()._build_loss(), self)

    @staticmethod
    def get_training_transforms(*args: Any, **kwargs: Any) -> BasicTransform:  # noqa: ANN401 - nnU-Net's own signature
        """Return nnU-Net's augmentation, its changes of intensity kept away from the mask."""
        composed = nnUNetTrainer.get_training_transforms(*args, **kwargs)
        own: list[BasicTransform] = []
        for transform in composed.transforms:
            inner = transform.transform if isinstance(transform, RandomTransform) else None
            own.append(MaskLeftAlone(transform) if isinstance(inner, ImageOnlyTransform) else transform)
        first_intensity = next(n for n, transform in enumerate(own) if isinstance(transform, MaskLeftAlone))
        own.insert(first_intensity, MaskStaysSharp())
        composed.transforms = own
        return composed
