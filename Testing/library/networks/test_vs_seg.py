import re
from dataclasses import replace

import pytest
import torch

from Testing.library.networks.published_tree import PublishedTree, published_shapes, without_attention
from VSSegmentationLib.errors import ModelError
from VSSegmentationLib.networks import SPVPA_KCL, build_network, read_vs_seg_state, to_vs_seg_state


def _random_published_state(seed=0):
    generator = torch.Generator().manual_seed(seed)
    state = {}
    for name, (dtype, shape) in published_shapes().items():
        drawn = torch.randint(0, 9999, shape, generator=generator)
        state[name] = drawn if dtype == torch.int64 else torch.rand(shape, generator=generator)
    return state


def _assert_equal(state, expected):
    assert set(state) == set(expected)
    for name, tensor in expected.items():
        assert state[name].dtype == tensor.dtype
        assert torch.equal(state[name], tensor), name


def test_list_of_published_names_counts_as_its_source_says():
    shapes = published_shapes()
    assert len(shapes) == 256
    assert sum(dtype == torch.int64 for dtype, _ in shapes.values()) == 26
    assert sum(torch.Size(shape).numel() for _, shape in shapes.values()) == 3_455_790


def test_all_256_published_tensors_load_strictly_into_the_named_network():
    network = build_network(SPVPA_KCL)
    state = read_vs_seg_state(_random_published_state())
    network.load_state_dict(state, strict=True)
    assert len(state) == 256
    assert all(torch.equal(tensor, state[name]) for name, tensor in network.state_dict().items())


def test_every_published_tensor_comes_back_as_it_was():
    state = _random_published_state()
    _assert_equal(to_vs_seg_state(read_vs_seg_state(state)), state)


def test_weights_written_from_our_network_have_published_names_shapes_and_types():
    written = to_vs_seg_state(build_network(SPVPA_KCL).state_dict())
    assert {name: (tensor.dtype, tuple(tensor.shape)) for name, tensor in written.items()} == published_shapes()


def test_kernels_are_turned_so_that_the_slice_axis_comes_first():
    state = _random_published_state()
    ours = read_vs_seg_state(state)
    kernel = "model.1.submodule.1.1.submodule.1.0.conv.unit0.conv.weight"  # first 3D kernel, all axes of length 3
    assert ours["encoder.2.units.0.conv.weight"][5, 7, 0, 1, 2] == state[kernel][5, 7, 2, 1, 0]
    assert ours["encoder.0.units.0.conv.weight"].shape == (16, 1, 1, 3, 3)
    assert ours["up.4.conv.weight"].shape == (96, 80, 3, 3, 3)


def test_loaded_network_gives_the_transposed_output_of_the_published_tree():
    torch.manual_seed(1)
    tree = PublishedTree()
    for module in tree.modules():
        if isinstance(module, torch.nn.BatchNorm3d):  # as after training: nothing at its initial value
            torch.nn.init.uniform_(module.running_mean, -0.2, 0.2)
            torch.nn.init.uniform_(module.running_var, 0.05, 0.2)
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.uniform_(module.bias, -0.2, 0.2)
        if isinstance(module, torch.nn.PReLU):
            torch.nn.init.uniform_(module.weight, 0.1, 0.4)
    ours = build_network(SPVPA_KCL)
    ours.load_state_dict(read_vs_seg_state(tree.state_dict()))
    ours, tree = ours.double().eval(), tree.double().eval()
    image_xyz = torch.randn(1, 1, 64, 32, 8, dtype=torch.float64)
    with torch.inference_mode():
        expected = tree(image_xyz)
        logits, maps, _ = ours(image_xyz.permute(0, 1, 4, 3, 2))
    assert expected.std() > 0.1  # an output worth comparing
    assert len(maps) == 6
    torch.testing.assert_close(logits.permute(0, 1, 4, 3, 2), expected, rtol=1e-9, atol=1e-9)


def test_form_without_attention_has_232_tensors_and_goes_both_ways():
    network = build_network(replace(SPVPA_KCL, attention=False))
    written = to_vs_seg_state(network.state_dict())
    assert set(written) == without_attention(published_shapes())
    assert len(written) == 232
    assert sum(tensor.numel() for tensor in written.values()) == 2_648_168
    _assert_equal(read_vs_seg_state(written), network.state_dict())


def test_prefix_of_data_parallel_training_is_dropped():
    state = _random_published_state()
    _assert_equal(
        read_vs_seg_state({f"module.{name}": tensor for name, tensor in state.items()}), read_vs_seg_state(state)
    )


def test_missing_and_unknown_names_are_refused_by_name():
    state = _random_published_state()
    del state["model.2.1.residual.bias"]
    state["optimizer.step"] = torch.zeros(())
    with pytest.raises(ModelError, match=r"256.*missing: model\.2\.1\.residual\.bias; not known: optimizer\.step"):
        read_vs_seg_state(state)


def test_long_lists_of_names_are_cut():
    with pytest.raises(ModelError, match=r"missing: .* and 229 more; not known: none"):
        read_vs_seg_state({})


@pytest.mark.parametrize(
    ("tensor", "came"),
    [
        (torch.zeros(3, 32, 1, 1, 1), "torch.float32 (3, 32, 1, 1, 1)"),
        (torch.zeros(2, 32, 1, 1, 1, dtype=torch.float64), "torch.float64 (2, 32, 1, 1, 1)"),
        ([1.0], "list"),
    ],
)
def test_wrong_shape_type_or_thing_is_refused_with_what_came(tensor, came):
    state = _random_published_state()
    state["model.2.1.residual.weight"] = tensor
    with pytest.raises(ModelError, match=r"model\.2\.1\.residual\.weight must be .*, got " + re.escape(came)):
        read_vs_seg_state(state)


def test_weights_of_another_network_are_not_written_as_vs_seg():
    with pytest.raises(ModelError, match="spvpa_kcl"):
        to_vs_seg_state(build_network(replace(SPVPA_KCL, out_channels=3)).state_dict())
