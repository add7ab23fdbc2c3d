"""The U-Net in nnU-Net's manner: its names, its sizes, its counts, and how it learns."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from VSSegmentationLib.errors import ConfigError, UsageError
from VSSegmentationLib.losses import LossConfig, SegmentationLoss
from VSSegmentationLib.networks import DIVIDER, NnUNet, NnUNetConfig, build_network

SMALL = NnUNetConfig(
    channels=(4, 6, 8), kernels_dhw=((1, 3, 3), (3, 3, 3), (3, 3, 3)), strides_dhw=((1, 2, 2), (2, 2, 2)),
    encoder_blocks=(2, 1, 2), decoder_convolutions=(1, 2), in_channels=2, out_channels=3,
)  # fmt: skip
RESIDUAL = replace(SMALL, encoder="residual")


def test_plain_parts_have_the_names_of_nnunets_plainconvunet():
    names = {name for name in NnUNet(SMALL).state_dict() if "norm" not in name and name.endswith("weight")}
    assert names == {
        "encoder.stages.0.0.convs.0.conv.weight", "encoder.stages.0.0.convs.1.conv.weight",
        "encoder.stages.1.0.convs.0.conv.weight",
        "encoder.stages.2.0.convs.0.conv.weight", "encoder.stages.2.0.convs.1.conv.weight",
        "decoder.transpconvs.0.weight", "decoder.transpconvs.1.weight",
        "decoder.stages.0.convs.0.conv.weight",
        "decoder.stages.1.convs.0.conv.weight", "decoder.stages.1.convs.1.conv.weight",
        "decoder.seg_layers.0.weight", "decoder.seg_layers.1.weight",
    }  # fmt: skip


def test_residual_parts_have_the_names_of_nnunets_residualencoderunet():
    names = {name for name in NnUNet(RESIDUAL).state_dict() if name.startswith("encoder") and "conv.weight" in name}
    assert names == {
        "encoder.stem.convs.0.conv.weight",
        "encoder.stages.0.blocks.0.conv1.conv.weight", "encoder.stages.0.blocks.0.conv2.conv.weight",
        "encoder.stages.0.blocks.1.conv1.conv.weight", "encoder.stages.0.blocks.1.conv2.conv.weight",
        "encoder.stages.1.blocks.0.conv1.conv.weight", "encoder.stages.1.blocks.0.conv2.conv.weight",
        "encoder.stages.1.blocks.0.skip.1.conv.weight",  # after the pooling of the skip
        "encoder.stages.2.blocks.0.conv1.conv.weight", "encoder.stages.2.blocks.0.conv2.conv.weight",
        "encoder.stages.2.blocks.0.skip.1.conv.weight",
        "encoder.stages.2.blocks.1.conv1.conv.weight", "encoder.stages.2.blocks.1.conv2.conv.weight",
    }  # fmt: skip
    assert not any("bias" in name and "skip" in name and "conv" in name for name in NnUNet(RESIDUAL).state_dict())


def test_parameters_are_as_many_as_the_formula_says():
    """Convolution k * c * c' + c', norm 2 c', transposed convolution stride * c * c' + c', head c * 3 + 3."""

    def unit(before, after, kernel):
        return kernel * before * after + after + 2 * after

    encoder = unit(2, 4, 9) + unit(4, 4, 9) + unit(4, 6, 27) + unit(6, 8, 27) + unit(8, 8, 27)
    decoder = (8 * 8 * 6 + 6) + unit(12, 6, 27) + (4 * 6 * 4 + 4) + unit(8, 4, 9) + unit(4, 4, 9)
    heads = (6 * 3 + 3) + (4 * 3 + 3)
    assert sum(each.numel() for each in NnUNet(SMALL).parameters()) == encoder + decoder + heads


@pytest.mark.parametrize("config", [SMALL, RESIDUAL], ids=["plain", "residual"])
@pytest.mark.parametrize("size", [(4, 16, 16), (5, 17, 19), (1, 7, 9)])
def test_logits_have_the_size_of_the_image(config, size):
    network = NnUNet(config).eval()
    with torch.inference_mode():
        output = network(torch.randn(1, 2, *size))
    assert output.logits.shape == (1, 3, *size)
    assert output.attention_maps == []
    assert list(output.coarser_logits) == []


def test_deep_supervision_gives_all_stages_but_the_deepest_and_only_in_training():
    config = replace(DIVIDER, channels=(4, 4, 6, 6, 8), deep_supervision=True)
    network = build_network(config)
    image = torch.randn(1, 2, 8, 32, 32)
    coarser = [tuple(each.shape[2:]) for each in network(image).coarser_logits]
    assert coarser == [(8, 16, 16), (4, 8, 8)]
    assert not list(network.eval()(image).coarser_logits)


@pytest.mark.parametrize("config", [SMALL, replace(RESIDUAL, deep_supervision=True)], ids=["plain", "residual, deep"])
def test_it_learns(config):
    torch.manual_seed(0)
    labels = torch.zeros(1, 4, 16, 16, dtype=torch.int64)
    labels[:, 1:3, 4:12, 2:8], labels[:, 1:3, 6:10, 8:14] = 1, 2
    image = torch.stack([torch.randn(1, 4, 16, 16) + labels, (labels > 0).float()], dim=1)
    network, loss = NnUNet(config), SegmentationLoss(LossConfig(cross_entropy_weight=1.0, attention_weight=0.0))
    optimizer = torch.optim.Adam(network.parameters(), 1e-2)
    first = last = 0.0
    for step in range(30):
        optimizer.zero_grad()
        total = loss(network(image), labels).total
        total.backward()
        optimizer.step()
        first, last = (total.item() if step == 0 else first), total.item()
    assert last < 0.5 * first


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"encoder": "dense"}, "encoder must be one of plain, residual"),
        ({"encoder_blocks": (2, 2)}, "length of encoder_blocks"),
        ({"decoder_convolutions": (2, 0)}, "decoder_convolutions must be whole and at least 1"),
        ({"strides_dhw": ((1, 2, 2),)}, "one stride fewer"),
        ({"conv_bias": 1}, "conv_bias must be true or false"),
    ],
)
def test_what_does_not_fit_is_refused(changes, said):
    with pytest.raises(ConfigError, match=said):
        replace(SMALL, **changes)


def test_an_image_with_other_channels_is_refused():
    with pytest.raises(UsageError, match=r"takes \(B, 2, D, H, W\)"):
        NnUNet(SMALL)(torch.zeros(1, 1, 4, 16, 16))
    assert isinstance(NnUNet(SMALL), nn.Module)
