"""The networks of CUT: published sizes and counts, and the filters that halve and double."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from Training.adaptation.config import TranslatorConfig
from Training.adaptation.discriminator import Discriminator
from Training.adaptation.generator import BlurredHalving, Doubling, Generator, xavier_initialized
from Training.adaptation.patch_contrast import PatchHeads
from VSSegmentationLib.errors import ConfigError, UsageError


def count(module):
    return sum(each.numel() for each in module.parameters())


def test_the_published_generator_has_11_365_633_parameters_and_its_heads_559_872():
    generator = Generator(TranslatorConfig())
    assert count(generator) == 11_365_633
    assert count(PatchHeads(generator.tapped_channels, 256)) == 559_872


@pytest.mark.parametrize(("blocks", "width"), [(6, 64), (6, 16), (9, 8)])
def test_fewer_blocks_and_channels_have_the_parameters_of_the_formula(blocks, width):
    w = width
    ends = (49 * w + w) + (49 * w + 1)
    halvings = (9 * w * 2 * w + 2 * w) + (9 * 2 * w * 4 * w + 4 * w)
    doublings = (9 * 4 * w * 2 * w + 2 * w) + (9 * 2 * w * w + w)
    residual = 2 * blocks * (9 * (4 * w) ** 2 + 4 * w)
    assert count(Generator(TranslatorConfig(width=width, blocks=blocks))) == ends + halvings + doublings + residual


def test_features_have_the_published_sizes_and_channels():
    generator = Generator(TranslatorConfig(width=4))
    with torch.no_grad():
        shapes = [tuple(each.shape[1:]) for each in generator.features(torch.zeros(1, 1, 256, 256))]
    assert shapes == [(1, 262, 262), (8, 256, 256), (16, 128, 128), (16, 64, 64), (16, 64, 64)]
    assert tuple(channels for channels, *_ in shapes) == generator.tapped_channels


def test_features_are_what_the_layers_give_on_the_way_to_the_translation():
    generator = Generator(TranslatorConfig(width=4, blocks=6))
    image = torch.rand(2, 1, 32, 40) * 2 - 1
    seen = []
    generator.layers[16].register_forward_hook(lambda _m, _i, out: seen.append(out))
    with torch.no_grad():
        made = generator(image)
        features = generator.features(image)
    assert made.shape == image.shape
    assert made.abs().max() <= 1
    assert torch.equal(features[-1], seen[0])
    assert torch.equal(features[0], F.pad(image, (3, 3, 3, 3), mode="reflect"))


@pytest.mark.parametrize(("bias", "parameters"), [(False, 2_761_793), (True, 2_762_689)])
def test_the_discriminator_has_the_published_parameters_and_answers_30_x_30_patches(bias, parameters):
    discriminator = Discriminator(TranslatorConfig(discriminator_bias=bias))
    assert count(discriminator) == parameters
    with torch.no_grad():
        assert discriminator(torch.zeros(1, 1, 256, 256)).shape == (1, 1, 30, 30)


def test_a_patch_of_the_discriminator_is_70_pixels_wide():
    discriminator = Discriminator(TranslatorConfig(discriminator_width=8))
    for module in discriminator.modules():
        if isinstance(module, nn.InstanceNorm2d):
            module.forward = lambda x: x  # its mean sees the whole image
    image = torch.randn(1, 1, 256, 256, requires_grad=True)
    discriminator(image)[0, 0, 15, 15].backward()
    rows = image.grad[0, 0].abs().sum(dim=1).nonzero().flatten()
    assert (rows[-1] - rows[0] + 1).item() == 70


@pytest.mark.parametrize("size", [(8, 8), (7, 10)])
def test_halving_is_a_binomial_blur_of_mirrored_pixels(size):
    x = torch.randn(2, 3, *size)
    kernel = torch.tensor([1.0, 2.0, 1.0]) / 4
    kernel = (kernel[:, None] * kernel[None, :]).expand(3, 1, 3, 3)
    expected = F.conv2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), kernel, stride=2, groups=3)
    torch.testing.assert_close(BlurredHalving()(x), expected)


def test_doubling_is_the_filter_1_3_3_1():
    """Between two pixels lie a quarter and three quarters of the way; the rim keeps its own value."""
    row = torch.tensor([0.0, 4.0, 8.0]).expand(1, 1, 3, 3)
    assert Doubling()(row)[0, 0, 0].tolist() == [0.0, 1.0, 3.0, 5.0, 7.0, 8.0]


def test_initial_kernels_are_xaviers_with_a_gain_of_a_fiftieth():
    torch.manual_seed(0)
    conv = nn.Conv2d(64, 128, 3)
    xavier_initialized(conv)
    assert conv.weight.std().item() == pytest.approx(0.02 * (2 / (9 * (64 + 128))) ** 0.5, rel=0.02)
    assert not conv.bias.any()


@pytest.mark.parametrize("shape", [(1, 2, 32, 32), (1, 1, 30, 32), (1, 1, 4, 32, 32)])
def test_what_is_no_slice_of_multiples_of_four_is_refused(shape):
    with pytest.raises(UsageError, match="multiples of 4"):
        Generator(TranslatorConfig(width=2, blocks=5))(torch.zeros(shape))


def test_a_generator_without_the_fifth_block_is_refused():
    with pytest.raises(ConfigError, match="blocks must be >= 5, got 4"):
        TranslatorConfig(blocks=4)
