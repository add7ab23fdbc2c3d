from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from VSSegmentationLib.codec import to_plain
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.networks import (
    NAMED_NETWORKS,
    SPVPA,
    SPVPA_2D,
    SPVPA_3D,
    SPVPA_GATES,
    SPVPA_KCL,
    SPVPA_PLAIN,
    NetworkConfig,
    build_network,
    network_config_from_plain,
    pad_to_multiple,
)

SMALL = replace(SPVPA, channels=(4, 6, 8, 10, 12), out_channels=3)
SMALL_KCL = replace(SPVPA_KCL, channels=(4, 6, 8, 10, 12, 14), out_channels=3)
THREE_LEVELS = NetworkConfig(
    channels=(4, 6, 10),
    kernels_dhw=((1, 3, 3), (3, 3, 3), (3, 5, 5)),
    strides_dhw=((1, 2, 2), (2, 3, 2)),
    in_channels=2,
)


def _count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (SPVPA, 1_713_609),
        (SPVPA_PLAIN, 1_253_828),
        (replace(SPVPA_3D, attention=True), 1_870_409),
        (SPVPA_3D, 1_363_684),
        (replace(SPVPA_2D, attention=True), 639_001),
        (SPVPA_2D, 469_956),
        (replace(SPVPA, deconvolution_kernel="level"), 1_879_497),
        (replace(SPVPA, deconvolution_kernel="level", attention=False), 1_419_716),
        (replace(SPVPA, deepest_attention="bottom_input"), 1_682_281),
        (SPVPA_KCL, 3_453_012),
        (replace(SPVPA_KCL, attention=False), 2_645_390),
    ],
)
def test_parameter_count_of_network(config, expected):
    assert _count(build_network(config)) == expected


def test_a_gate_adds_three_convolutions_of_one_voxel_and_their_norms():
    gates = sum(2 * (c * (c // 2) + c // 2 + 2 * (c // 2)) + (c // 2 + 1 + 2) for c in SPVPA.channels[:-1])
    assert _count(build_network(SPVPA_GATES)) == 1_253_828 + gates


def test_gates_give_a_map_for_every_skip_connection():
    image = torch.randn(1, 1, 4, 32, 32)
    output = build_network(replace(SPVPA_GATES, channels=(4, 6, 8, 10, 12)))(image)
    sizes = [tuple(each.shape[2:]) for each in output.attention_maps]
    assert sizes == [(2, 4, 4), (4, 8, 8), (4, 16, 16), (4, 32, 32)]
    assert output.logits.shape == (1, 2, 4, 32, 32)


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("encoder", [2_578, 14_562, 105_554, 197_058, 316_722]),
        ("down", [2_353, 9_313, 62_353, 110_785, 173_041]),
        ("up", [4_657, 13_921, 83_089, 138_433, 207_601]),
        ("attention", [4_769, 18_753, 125_761, 222_977, 347_841, 87_521]),
        ("decoder", [644, 20_609, 129_217, 229_633, 358_721]),
    ],
)
def test_parameter_count_of_every_part_of_the_published_network(part, expected):
    assert [_count(module) for module in getattr(build_network(SPVPA_KCL), part)] == expected


def test_parameter_count_of_the_published_bottom_block():
    assert _count(build_network(SPVPA_KCL).bottom) == 464_546


@pytest.mark.parametrize("config", [SMALL, SMALL_KCL])
def test_maps_come_deepest_first_at_the_sizes_of_the_levels(config):
    output = build_network(config)(torch.randn(2, 1, 16, 64, 96))
    sizes = [(16, 64, 96)]
    for stride in config.strides_dhw:
        sizes.append(tuple(size // step for size, step in zip(sizes[-1], stride, strict=True)))
    assert [tuple(level.shape) for level in output.attention_maps] == [(2, 1, *size) for size in reversed(sizes)]
    assert output.logits.shape == (2, 3, 16, 64, 96)
    assert all(level.min() >= 0 and level.max() <= 1 for level in output.attention_maps)


@pytest.mark.parametrize("name", [name for name, config in NAMED_NETWORKS.items() if isinstance(config, NetworkConfig)])
def test_without_attention_there_are_no_maps(name):
    config = replace(NAMED_NETWORKS[name], attention=False, gates=False)
    network = build_network(config).eval()
    with torch.inference_mode():
        output = network(torch.randn(1, config.in_channels, 8, 32, 32))
    assert output.attention_maps == []
    assert output.logits.shape == (1, 2, 8, 32, 32)


torch.manual_seed(0)
_NETWORKS = {"plain": build_network(SMALL).eval(), "residual": build_network(SMALL_KCL).eval()}


@settings(max_examples=25, deadline=None)
@given(
    kind=st.sampled_from(sorted(_NETWORKS)), size=st.tuples(st.integers(1, 19), st.integers(1, 70), st.integers(1, 70))
)
def test_logits_have_the_size_of_any_input(kind, size):
    with torch.inference_mode():
        output = _NETWORKS[kind](torch.zeros(1, 1, *size))
    assert output.logits.shape == (1, 3, *size)
    multiple = _NETWORKS[kind].config.multiple_dhw
    padded = tuple(-(-length // step) * step for length, step in zip(size, multiple, strict=True))
    assert output.attention_maps[-1].shape == (1, 1, *padded)


def test_odd_input_gives_what_padding_with_the_mean_behind_each_end_gives():
    image = torch.randn(1, 1, 7, 33, 47)
    padded = torch.zeros(1, 1, 8, 48, 48)
    padded[:, :, :7, :33, :47] = image
    with torch.inference_mode():
        odd, even = _NETWORKS["plain"](image), _NETWORKS["plain"](padded)
    assert torch.equal(odd.logits, even.logits[:, :, :7, :33, :47])


def test_fitting_input_is_not_copied_by_padding():
    image = torch.randn(1, 1, 8, 32, 32)
    assert pad_to_multiple(image, (4, 16, 16)) is image


def test_other_widths_levels_kernels_strides_and_inputs_work():
    output = build_network(THREE_LEVELS)(torch.randn(1, 2, 5, 13, 9))
    assert output.logits.shape == (1, 2, 5, 13, 9)
    assert [tuple(level.shape[2:]) for level in output.attention_maps] == [(3, 3, 3), (6, 9, 6), (6, 18, 12)]


@pytest.mark.parametrize("config", [SMALL, SMALL_KCL, THREE_LEVELS, replace(SMALL, norm="instance")])
def test_gradient_reaches_every_parameter(config):
    torch.manual_seed(0)
    network = build_network(replace(config, dropout=0.0))
    network(torch.randn(2, config.in_channels, 16, 64, 64)).logits.square().mean().backward()
    # A norm takes away whatever a bias before it adds: that bias has gradient 0, but for rounding.
    before_norm = {f"{name}.conv.bias" for name, module in network.named_modules() if hasattr(module, "norm")}
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert name in before_norm or parameter.grad.abs().max() > 0, name


def test_every_map_has_a_gradient_of_its_own():
    network = build_network(SMALL)
    maps = network(torch.randn(2, 1, 8, 32, 32)).attention_maps
    for level, attention in zip(reversed(range(5)), maps, strict=True):
        (gradient,) = torch.autograd.grad(attention.mean(), network.attention[level].conv2.weight, retain_graph=True)
        assert gradient.abs().max() > 0


def test_evaluation_is_deterministic_and_training_drops():
    network = build_network(SMALL_KCL)
    image = torch.randn(2, 1, 8, 64, 64)
    with torch.inference_mode():
        assert not torch.equal(network.train()(image).logits, network(image).logits)
        assert torch.equal(network.eval()(image).logits, network(image).logits)


def test_result_in_evaluation_does_not_depend_on_the_rest_of_the_batch():
    images = torch.randn(2, 1, 8, 64, 64)
    with torch.inference_mode():
        both, one = _NETWORKS["residual"](images).logits, _NETWORKS["residual"](images[:1]).logits
    torch.testing.assert_close(both[:1], one, rtol=1e-4, atol=1e-5)


def test_forward_leaves_nothing_on_the_module():
    network = build_network(SMALL).eval()

    def left():
        return [(set(vars(module)), len(module._forward_hooks), len(module._buffers)) for module in network.modules()]

    before = left()
    for _ in range(2):
        assert len(network(torch.randn(1, 1, 8, 32, 32)).attention_maps) == 5
    assert left() == before


@pytest.mark.parametrize("kind", sorted(_NETWORKS))
def test_channels_last_gives_the_same_as_channels_first(kind):
    image = torch.randn(1, 1, 9, 40, 50)
    network = build_network(_NETWORKS[kind].config).eval()
    network.load_state_dict(_NETWORKS[kind].state_dict())
    last = torch.channels_last_3d
    with torch.inference_mode():
        expected = _NETWORKS[kind](image)
        output = network.to(memory_format=last)(image.to(memory_format=last))
    torch.testing.assert_close(output.logits, expected.logits, rtol=1e-4, atol=1e-4)
    for a, b in zip(output.attention_maps, expected.attention_maps, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-4)


def test_bfloat16_autocast_trains_and_stays_close():
    torch.manual_seed(0)
    network = build_network(SMALL)
    image = torch.randn(2, 1, 8, 32, 32)
    expected = network(image).logits.detach()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        output = network(image)
    output.logits.float().square().mean().backward()
    assert output.logits.dtype == torch.bfloat16
    assert (output.logits.float() - expected).abs().mean() < 0.05 * expected.std()  # 8 bits of mantissa
    assert all(parameter.grad.isfinite().all() for parameter in network.parameters())


def test_equal_configurations_build_equal_names_and_shapes():
    first, second = build_network(SMALL), build_network(network_config_from_plain(to_plain(SMALL)))
    second.load_state_dict(first.state_dict(), strict=True)
    image = torch.randn(1, 1, 8, 32, 32)
    with torch.inference_mode():
        assert torch.equal(first.eval()(image).logits, second.eval()(image).logits)


@pytest.mark.parametrize("shape", [(1, 2, 8, 32, 32), (1, 8, 32, 32)])
def test_input_with_other_channels_or_axes_is_refused(shape):
    with pytest.raises(UsageError, match=r"takes \(B, 1, D, H, W\); got"):
        _NETWORKS["plain"](torch.zeros(shape))


def test_nothing_but_the_background_is_answered_outside_of_the_channel_that_tells_where():
    torch.manual_seed(0)
    free = build_network(replace(SMALL, in_channels=2, norm="instance")).eval()
    held = build_network(replace(SMALL, in_channels=2, norm="instance", answer_within=1)).eval()
    held.load_state_dict(free.state_dict())
    image = torch.randn(1, 2, 8, 32, 32)
    image[:, 1] = 0
    image[:, 1, 2:6, 8:24] = 1
    inside = image[0, 1] > 0
    with torch.inference_mode():
        expected, answered = (torch.softmax(each(image).logits, 1)[0] for each in (free, held))
    torch.testing.assert_close(answered[:, inside], expected[:, inside], rtol=0, atol=0)
    assert float(answered[0, ~inside].min()) > 1 - 1e-6
    assert float(expected[0, ~inside].min()) < 0.9  # it was no background by itself
