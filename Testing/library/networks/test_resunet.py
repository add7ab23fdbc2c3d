"""The 2.5D residual U-Net: its published sizes and counts, its name in files and recipes, and how it learns."""

import json
from dataclasses import replace

import pytest
import torch
from torch.nn import functional as F

from Testing.support.toy_models import toy_segmenter
from VSSegmentationLib.codec import to_plain
from VSSegmentationLib.errors import ConfigError, UsageError
from VSSegmentationLib.inference import load_model, save_model
from VSSegmentationLib.losses import LossConfig, SegmentationLoss
from VSSegmentationLib.networks import (
    NAMED_NETWORKS,
    RESUNET,
    RESUNET_16,
    NnUNetConfig,
    ResUNet,
    ResUNetConfig,
    build_network,
    network_config_from_plain,
)

SMALL = ResUNetConfig(channels=(4, 6, 8), blocks=1, out_channels=3)
HEADS = 32 * 4 + 4 + (32 + 64 + 128) * 4 + 3 * 4
"""The full-size head and one for each decoder stage: 1,040 in the source's table."""


def count(module):
    return sum(each.numel() for each in module.parameters())


def test_parameters_are_as_many_as_the_published_table_says_stage_by_stage():
    network = ResUNet(RESUNET)
    assert HEADS == 1040
    assert count(network.stem) == 28_000
    assert [count(stage) for stage in network.stages] == [573_888, 2_294_656, 9_176_832]
    assert [count(stage) for stage in network.up] == [110_656, 442_496, 1_769_728]
    assert count(network) - HEADS == 14_396_256
    assert count(network) == 14_397_296


def test_at_half_the_width_the_backbone_has_3_600_048():
    network = ResUNet(replace(RESUNET_16, deep_supervision=False))
    assert count(network) - count(network.head) == 3_600_048


def test_shapes_are_those_of_the_table_in_a_quarter_of_its_plane():
    """40 x 96 x 96: slices are kept, the plane is halved by the stem and by each of three stages."""
    network = ResUNet(replace(RESUNET, channels=(4, 8, 16, 32), blocks=1))
    seen = {}
    for name, module in network.named_children():
        if name != "coarser_heads":
            for part in module if isinstance(module, torch.nn.ModuleList) else [module]:
                part.register_forward_hook(lambda _m, _i, out, name=name: seen.setdefault(name, []).append(out.shape))
    with torch.no_grad():
        output = network(torch.randn(1, 1, 40, 96, 96))
    assert seen["stem"] == [(1, 4, 40, 48, 48)]
    assert seen["stages"] == [(1, 8, 40, 24, 24), (1, 16, 40, 12, 12), (1, 32, 40, 6, 6)]
    assert seen["up"] == [(1, 16, 40, 12, 12), (1, 8, 40, 24, 24), (1, 4, 40, 48, 48)]
    assert output.logits.shape == (1, 4, 40, 96, 96)
    assert [tuple(each.shape) for each in output.coarser_logits] == [
        (1, 4, 40, 48, 48), (1, 4, 40, 24, 24), (1, 4, 40, 12, 12),
    ]  # fmt: skip
    assert RESUNET.multiple_dhw == (1, 16, 16)


def test_slices_see_their_neighbors_only_through_convolutions_of_three():
    """A stage has 3x3x3 convolutions but no stride along D: what happens far away leaves a slice as it is."""
    torch.manual_seed(0)
    network = ResUNet(replace(SMALL, channels=(8, 8))).eval()
    for module in network.modules():
        if isinstance(module, torch.nn.InstanceNorm3d):
            module.forward = lambda x: x  # the norm's mean sees every slice
    image = torch.randn(1, 1, 24, 16, 16)
    changed = image.clone()
    changed[:, :, 0] *= -10
    with torch.inference_mode():
        moved = (network(image).logits != network(changed).logits).any(dim=(0, 1, 3, 4))
    assert moved.tolist() == [True] * 5 + [False] * 19  # stem 1, stage 1, decoder 2: four slices beyond the first


def test_the_head_before_interpolation_equals_interpolation_before_the_head():
    network = ResUNet(SMALL).eval()
    features = []
    network.up[0].register_forward_hook(lambda _m, _i, out: features.append(out))
    with torch.inference_mode():
        logits = network(torch.randn(2, 1, 3, 16, 24)).logits
        doubled = F.interpolate(features[0], scale_factor=(1.0, 2.0, 2.0), mode="trilinear")
        torch.testing.assert_close(logits, network.head(doubled), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("size", [(4, 16, 16), (5, 17, 19), (1, 9, 7)])
def test_logits_have_the_size_of_the_image_and_coarser_ones_come_in_training_only(size):
    network = ResUNet(SMALL).eval()
    with torch.inference_mode():
        output = network(torch.randn(1, 1, *size))
    assert output.logits.shape == (1, 3, *size)
    assert (output.attention_maps, list(output.coarser_logits)) == ([], [])


def test_a_slice_that_ends_as_one_voxel_is_refused():
    with pytest.raises(UsageError, match="larger than 8 x 8"):
        ResUNet(SMALL)(torch.zeros(1, 1, 1, 5, 8))


def test_it_learns():
    torch.manual_seed(0)
    labels = torch.zeros(1, 4, 16, 16, dtype=torch.int64)
    labels[:, 1:3, 4:12, 2:8], labels[:, 1:3, 6:10, 8:14] = 1, 2
    image = torch.randn(1, 1, 4, 16, 16) * 0.1 + labels[:, None]
    network, loss = ResUNet(SMALL), SegmentationLoss(LossConfig(cross_entropy_weight=1.0, attention_weight=0.0))
    optimizer = torch.optim.Adam(network.parameters(), 1e-2)
    totals = []
    for _ in range(40):
        optimizer.zero_grad()
        totals.append(loss(network(image), labels).total)
        totals[-1].backward()
        optimizer.step()
    assert totals[-1].item() < 0.5 * totals[0].item()


def test_a_model_file_names_it_and_gives_it_back(tmp_path):
    network = build_network(SMALL).eval()
    bundle = toy_segmenter(network=network, network_config=SMALL, labels=(0, 1, 2))
    save_model(tmp_path / "mine.pt", bundle)
    loaded = load_model(tmp_path / "mine.pt")
    image = torch.randn(1, 1, 4, 16, 16)
    assert loaded.network_config == SMALL
    with torch.inference_mode():
        assert torch.equal(loaded.network(image).logits, network(image).logits)


def test_its_kind_is_enough_to_tell_it_from_the_others():
    assert network_config_from_plain({"kind": "resunet"}) == RESUNET == NAMED_NETWORKS["resunet"]
    plain = json.loads(json.dumps(to_plain(SMALL)))
    assert network_config_from_plain(plain) == SMALL
    nnunet = to_plain(NAMED_NETWORKS["divider"])
    assert isinstance(network_config_from_plain(nnunet), NnUNetConfig)


@pytest.mark.parametrize(
    ("plain", "said"),
    [
        ({"kind": "dense"}, "kind must be one of nnunet, attention_resunet, resunet; got 'dense'"),
        ({"kind": "resunet", "blocks": 0}, "blocks must be whole and at least 1"),
        ({"kind": "resunet", "channels": [8]}, "length of channels"),
        ({"kind": "resunet", "strides_dhw": [[1, 2, 2]]}, "unknown key 'strides_dhw'"),
    ],
)
def test_what_does_not_fit_is_refused(plain, said):
    with pytest.raises(ConfigError, match=said):
        network_config_from_plain(plain)
