from dataclasses import replace

import pytest
import torch
from monai.networks.nets.attentionunet import AttentionBlock

from VSSegmentationLib.networks import SPVPA, SPVPA_2D, SPVPA_KCL, build_network
from VSSegmentationLib.networks.blocks import AttentionGate, Block, SpatialAttention, Unit, norm_layer, up_step


def test_attention_of_one_half_gives_one_and_a_half_times_the_features():
    attention = SpatialAttention(6, (1, 3, 3))
    torch.nn.init.zeros_(attention.conv2.weight)
    torch.nn.init.zeros_(attention.conv2.bias)  # sigmoid(0) = 1/2, so x + A x = 3/2 x
    x = torch.randn(2, 6, 3, 8, 8)
    gated = attention(x)
    assert torch.equal(gated.attention, torch.full((2, 1, 3, 8, 8), 0.5))
    torch.testing.assert_close(gated.features, 1.5 * x)


def test_attention_weighs_all_channels_of_a_voxel_alike_and_by_its_map():
    attention = SpatialAttention(4, (3, 3, 3))
    x = torch.rand(1, 4, 4, 6, 6) + 0.1
    gated = attention(x)
    assert gated.attention.shape == (1, 1, 4, 6, 6)
    torch.testing.assert_close(gated.features / x - 1, gated.attention.expand_as(x))


def test_an_attention_gate_is_that_of_monai_number_for_number():
    ours, theirs = AttentionGate(6, SPVPA), AttentionBlock(3, f_int=3, f_g=6, f_l=6)
    pairs = [
        (theirs.W_g[0].conv, ours.from_below[0]), (theirs.W_g[1], ours.from_below[1]),
        (theirs.W_x[0].conv, ours.from_skip[0]), (theirs.W_x[1], ours.from_skip[1]),
        (theirs.psi[0].conv, ours.psi[0]), (theirs.psi[1], ours.psi[1]),
    ]  # fmt: skip
    for their_part, our_part in pairs:
        our_part.load_state_dict(their_part.state_dict())
    below, skip = torch.randn(2, 6, 3, 8, 8), torch.randn(2, 6, 3, 8, 8)
    torch.testing.assert_close(ours(below, skip).features, theirs(below, skip))


def test_residual_block_with_silent_units_is_its_shortcut():
    block = Block(3, 0, 2, SPVPA_KCL).eval()
    last = block.units[-1]
    torch.nn.init.zeros_(last.norm.weight)
    torch.nn.init.zeros_(last.norm.bias)
    x = torch.randn(1, 3, 2, 5, 5)
    torch.testing.assert_close(block(x), block.shortcut(x))


def test_plain_block_has_no_shortcut():
    assert Block(3, 0, 2, SPVPA).shortcut is None


def test_dropout_acts_element_by_element_not_channel_by_channel():
    unit = Unit(torch.nn.Conv3d(1, 1, 1), replace(SPVPA, dropout=0.5))
    torch.nn.init.zeros_(unit.norm.weight)
    torch.nn.init.constant_(unit.norm.bias, -1.0)
    torch.manual_seed(0)
    values = unit(torch.randn(1, 1, 4, 16, 16)).unique()
    torch.testing.assert_close(values, torch.tensor([-0.5, 0.0]))  # one channel holds kept (-1 x 2 x 0.25) and dropped


@pytest.mark.parametrize("config", [SPVPA, SPVPA_KCL, replace(SPVPA, deconvolution_kernel="level")])
@pytest.mark.parametrize("level", [0, 2])
def test_step_up_multiplies_the_size_by_the_stride_exactly(config, level):
    x = torch.randn(1, config.channels[level + 1], 3, 5, 4)
    expected = tuple(size * stride for size, stride in zip((3, 5, 4), config.strides_dhw[level], strict=True))
    assert up_step(level, config)(x).shape == (1, config.channels[level], *expected)


def test_two_dimensional_network_treats_every_slice_alone():
    network = build_network(replace(SPVPA_2D, channels=(4, 6, 8, 10, 12))).eval()
    image = torch.randn(1, 1, 3, 32, 32)
    with torch.inference_mode():
        together = network(image).logits
        alone = torch.cat([network(image[:, :, [index]]).logits for index in range(3)], dim=2)
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("config", [SPVPA, SPVPA_KCL])
def test_only_the_two_upper_levels_are_two_dimensional(config):
    network = build_network(config)
    kernels = [block.units[0].conv.kernel_size for block in (*network.encoder, network.bottom)]
    assert kernels == [(1, 3, 3)] * 2 + [(3, 3, 3)] * (len(config.channels) - 2)
    assert [attention.conv2.kernel_size for attention in network.attention] == kernels


def test_a_norm_of_channels_sees_one_voxel_and_gives_it_mean_0_and_variance_1():
    x = 3 + 2 * torch.randn(2, 8, 3, 4, 5, generator=torch.Generator().manual_seed(1))
    norm = norm_layer(8, replace(SPVPA, norm="channels"))
    found = norm(x)
    torch.testing.assert_close(found.mean(dim=1), torch.zeros(2, 3, 4, 5), atol=1e-5, rtol=0)
    torch.testing.assert_close(found.var(dim=1, correction=0), torch.ones(2, 3, 4, 5), atol=1e-4, rtol=0)
    torch.testing.assert_close(norm(x[:, :, 1:2, 2:3, 3:4]), found[:, :, 1:2, 2:3, 3:4])
    torch.nn.init.constant_(norm.weight, 2.0)
    torch.nn.init.constant_(norm.bias, 5.0)
    torch.testing.assert_close(norm(x), 2 * found + 5)
    other = norm_layer(8, replace(SPVPA, norm="instance"))
    assert not torch.allclose(other(x[:, :, 1:]), other(x)[:, :, 1:], atol=0.01)
