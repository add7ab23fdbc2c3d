"""The discriminator of CUT: does each patch of 70 x 70 pixels come from a real scan?"""

from typing import cast

from monai.networks.nets.patchgan_discriminator import PatchDiscriminator
from torch import Tensor, nn
from torch.nn import functional as F

from Training.adaptation.config import TranslatorConfig


class Discriminator(nn.Module):
    """MONAI's PatchGAN with instance norm: 64, 128, 256, 512 channels; 2,761,793 parameters, with biases 2,762,689.

    Source: Isola et al., CVPR 2017, arXiv:1611.07004. CUT's own halves by a blur instead of strides.
    """

    def __init__(self, config: TranslatorConfig) -> None:
        super().__init__()
        self.patches = PatchDiscriminator(
            spatial_dims=2,
            channels=config.discriminator_width,
            in_channels=1,
            norm="INSTANCE",
            bias=config.discriminator_bias,
        )

    def forward(self, image: Tensor) -> Tensor:
        """Map slices (B, 1, H, W) to (B, 1, H / 8 - 2, W / 8 - 2): near 1 where real, near 0 where made.

        Of slabs (B, 1, D, H, W) it judges each slice by itself and gives (B D, 1, ...): scans of the two kinds have
        other distances of slices, by which slabs could be told apart, whatever they show.
        """
        return cast("Tensor", self.patches(image.reshape(-1, 1, *image.shape[-2:]))[-1])


def squares_to(answers: Tensor, goal: float) -> Tensor:
    """Return the mean squared distance of a discriminator's answers from 1 (real) or 0 (made).

    Source: Mao et al., "Least squares generative adversarial networks", ICCV 2017, arXiv:1611.04076.
    """
    return F.mse_loss(answers, answers.new_full((), goal).expand_as(answers))
