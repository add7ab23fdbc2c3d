"""Counts against our reading of the text (width 16, four inputs, four outputs), and what each part does to a tensor."""

from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from VSSegmentationLib.codec import to_plain
from VSSegmentationLib.errors import ConfigError, UsageError
from VSSegmentationLib.losses import LossConfig, SegmentationLoss
from VSSegmentationLib.networks import (
    ATTENTION_RESUNET,
    ATTENTION_RESUNET_VS,
    RESIDUAL_UNET,
    AttentionResUNet,
    build_network,
    network_config_from_plain,
)
from VSSegmentationLib.networks.attention_resunet import ChannelAttention, MultiScale, ResidualUnit

ABLATION = {
    "base": {"attention": False, "multi_scale": False},
    "gate": {"multi_scale": False},
    "multi-scale": {"attention": False},
    "both": {},
    "plain gate": {"gate": "mean"},
    "branches C/2": {"branch_divisor": 2},
    "branches C": {"branch_divisor": 1},
}
COUNTS = {
    "pooled": (4_092_244, 4_103_424, 3_460_238, 3_471_418, 3_460_238, 4_091_944, 5_887_504),
    "stage": (2_600_532, 2_611_712, 2_441_744, 2_452_924, 2_441_744, 2_608_744, 3_052_432),
    "bottleneck": (10_451_540, 10_462_720, 9_819_534, 9_830_714, 9_819_534, 10_451_240, 12_246_800),
}
SMALL = replace(
    ATTENTION_RESUNET, channels=(4, 8), kernels_dhw=((1, 3, 3), (3, 3, 3)), strides_dhw=((1, 2, 2), (2, 2, 2)),
    in_channels=2, out_channels=3,
)  # fmt: skip


def count(module: torch.nn.Module) -> int:
    return sum(each.numel() for each in module.parameters())


@pytest.mark.parametrize("bottom", COUNTS)
@pytest.mark.parametrize("number", range(7), ids=list(ABLATION))
def test_parameters_are_those_of_the_reading(bottom, number):
    strides = ATTENTION_RESUNET.strides_dhw[: 3 if bottom == "stage" else 4]
    config = replace(ATTENTION_RESUNET, bottom=bottom, strides_dhw=strides, **list(ABLATION.values())[number])
    with torch.device("meta"):
        assert count(AttentionResUNet(config)) == COUNTS[bottom][number]


@pytest.mark.parametrize(("inputs", "outputs", "expected"), [(4, 3, 3_471_401), (1, 4, 3_470_074), (2, 4, 3_470_522)])
def test_other_inputs_and_outputs_change_the_ends_alone(inputs, outputs, expected):
    with torch.device("meta"):
        assert count(AttentionResUNet(replace(ATTENTION_RESUNET, in_channels=inputs, out_channels=outputs))) == expected


def test_named_ones_are_the_whole_network_and_what_the_ablation_begins_with():
    with torch.device("meta"):
        assert count(build_network(ATTENTION_RESUNET)) == 3_471_418
        assert count(build_network(RESIDUAL_UNET)) == 4_092_244


def multiplications(config, size: int) -> int:
    """Multiply-adds of one patch of `size` cubed: voxels of the output, by weights of one voxel, layer by layer."""
    total, widths = 0, config.channels
    for level, (before, after) in enumerate(pairwise((config.in_channels, *widths))):
        voxels = (size >> level) ** 3
        total += voxels * (27 * (before * after + 3 * after * after) + before * after)  # 2 blocks, 1 projection
        total += 2 * after * (after // 4)  # the gate's layers, once a volume
        below = widths[min(level + 1, len(widths) - 1)]
        total += voxels * below * after  # of 8 voxels of a transposed convolution each has one weight of its own
        total += voxels * (27 * 2 * after * 3 * (after // 3) + 3 * (after // 3) * after)
    return total + size**3 * widths[0] * config.out_channels


def test_flops_by_torchs_counter_are_those_of_the_formula():
    network = AttentionResUNet(ATTENTION_RESUNET).to("meta").eval()
    with FlopCounterMode(display=False) as counter:
        network(torch.empty(1, 4, 64, 64, 64, device="meta"))
    counted = counter.get_total_flops()
    assert counted == 2 * multiplications(ATTENTION_RESUNET, 64)
    assert counted == pytest.approx(36.6e9, rel=2e-3)  # the figure that the reading gives for such a patch


@pytest.mark.parametrize("norm", ["batch", "instance", "group"])
@pytest.mark.parametrize(
    "change", [{}, {"bottom": "stage", "strides_dhw": ((1, 2, 2),)}, {"bottom": "bottleneck"}, {"multi_scale": False}]
)
@pytest.mark.parametrize("size", [(4, 16, 16), (5, 17, 19)])
def test_logits_have_the_size_of_the_image(norm, change, size):
    network = AttentionResUNet(replace(SMALL, norm=norm, **change)).eval()
    with torch.inference_mode():
        output = network(torch.randn(2, 2, *size))
    assert output.logits.shape == (2, 3, *size)
    assert output.attention_maps == []
    assert list(output.coarser_logits) == []


def test_plain_gate_weighs_features_of_no_negative_value_by_a_half_to_one():
    x = torch.rand(2, 8, 3, 4, 5) * torch.arange(8).reshape(1, 8, 1, 1, 1)
    weighed = ChannelAttention(8, replace(SMALL, gate="mean"))(x)
    expected = x * torch.sigmoid(x.mean(dim=(2, 3, 4), keepdim=True))
    torch.testing.assert_close(weighed, expected)
    ratio = (weighed / x)[:, 1:]
    assert ratio.min() >= 0.5
    assert ratio.max() < 1


def test_learned_gate_gives_one_weight_to_each_channel_of_each_sample():
    gate = ChannelAttention(8, SMALL)
    x = torch.rand(2, 8, 3, 4, 5) + 0.1
    ratio = (gate(x) / x).flatten(2)
    torch.testing.assert_close(ratio, ratio[:, :, :1].expand_as(ratio))
    assert ((ratio > 0) & (ratio < 1)).all()


def test_the_gate_acts_on_the_skip_and_not_on_what_goes_down():
    network = AttentionResUNet(SMALL).eval()
    reached = []
    network.encoder[1].register_forward_pre_hook(lambda _module, inputs: reached.append(inputs[0]))
    image = torch.randn(1, 2, 4, 16, 16)
    with torch.inference_mode():
        network(image)
        expected = network.pools[0](network.encoder[0](image))
    torch.testing.assert_close(reached[0], expected)


def test_residual_unit_is_the_identity_where_its_second_convolution_gives_nothing():
    unit = ResidualUnit(4, 4, (3, 3, 3), SMALL).eval()
    torch.nn.init.zeros_(unit.conv2.weight)
    torch.nn.init.zeros_(unit.conv2.bias)
    x = torch.randn(1, 4, 3, 5, 5)
    assert torch.equal(unit(x), x)


def test_branches_see_as_far_as_their_dilation_and_not_across_flat_slices():
    for kernel, depth in (((3, 3, 3), 4), ((1, 3, 3), 0)):
        module = MultiScale(1, 3, kernel, replace(ATTENTION_RESUNET, branch_divisor=1))
        x = torch.zeros(1, 1, 11, 11, 11, requires_grad=True)
        for branch, dilation in zip(module.branches, (1, 2, 4), strict=True):
            (gradient,) = torch.autograd.grad(branch[0](x)[0, :, 5, 5, 5].sum(), x)
            far = (gradient[0, 0].nonzero() - 5).abs().amax(dim=0).tolist()
            assert far == [min(dilation, depth), dilation, dilation]


def test_gradients_reach_every_parameter():
    torch.manual_seed(1)
    config = replace(SMALL, channels=(16, 24), bottom="bottleneck", branch_norm=True)
    network = AttentionResUNet(config).eval()  # in training a batch norm takes the bias before it away again
    loss = SegmentationLoss(LossConfig(cross_entropy_weight=1.0, attention_weight=0.0))
    loss(network(torch.randn(2, 2, 4, 16, 16)), torch.randint(0, 3, (2, 4, 16, 16))).total.backward()
    assert [name for name, each in network.named_parameters() if each.grad is None or not each.grad.any()] == []


@pytest.mark.slow
def test_it_learns():
    torch.manual_seed(0)
    labels = torch.zeros(1, 4, 16, 16, dtype=torch.int64)
    labels[:, 1:3, 4:12, 2:8], labels[:, 1:3, 6:10, 8:14] = 1, 2
    image = torch.stack([torch.randn(1, 4, 16, 16) + labels, (labels > 0).float()], dim=1)
    network, loss = AttentionResUNet(SMALL), SegmentationLoss(LossConfig(cross_entropy_weight=1.0, attention_weight=0))
    optimizer = torch.optim.Adam(network.parameters(), 1e-2)
    losses = []
    for _ in range(40):
        optimizer.zero_grad()
        total = loss(network(image), labels).total
        total.backward()
        optimizer.step()
        losses.append(total.item())
    assert losses[-1] < 0.5 * losses[0]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"bottom": "deep"}, "bottom must be one of pooled, stage, bottleneck"),
        ({"bottom": "stage"}, "2 stages with the bottom 'stage' need 1 strides_dhw; got 2"),
        ({"strides_dhw": ((1, 2, 2),)}, "need 2 strides_dhw; got 1"),
        ({"strides_dhw": ((1, 2, 2), (0, 2, 2))}, "strides_dhw must be whole and at least 1; got 0"),
        ({"gate": "max"}, "gate must be one of squeeze, mean"),
        ({"reduction": 5}, "reduction must be at most the fewest channels, 4; got 5"),
        ({"branch_divisor": 0}, "branch_divisor must be whole and at least 1"),
        ({"dilations": ()}, "length of dilations"),
        ({"dilations": (1, 0)}, "dilations must be whole and at least 1; got 0"),
        ({"attention": 1}, "attention must be true or false"),
        ({"out_channels": 1}, "out_channels must be whole and at least 2"),
        ({"norm": "layer"}, "norm must be one of batch, instance, group"),
    ],
)
def test_what_does_not_fit_is_refused(changes, said):
    with pytest.raises(ConfigError, match=said):
        replace(SMALL, **changes)


def test_an_image_with_other_channels_is_refused():
    with pytest.raises(UsageError, match=r"takes \(B, 1, D, H, W\)"):
        build_network(ATTENTION_RESUNET_VS)(torch.zeros(1, 2, 4, 16, 16))


def test_a_kind_of_network_that_is_not_known_is_refused_by_those_that_are():
    expected = r"network\.kind must be one of nnunet, attention_resunet, resunet; got 'unet'"
    with pytest.raises(ConfigError, match=expected):
        network_config_from_plain({**to_plain(SMALL), "kind": "unet"})
