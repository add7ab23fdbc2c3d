import pytest
import torch

from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.losses import attention_targets, supervised_attention_loss

SPVPA_KCL_SIZES = [(1, 1, 2), (2, 2, 4), (4, 4, 8), (8, 8, 16), (8, 16, 32), (8, 32, 64)]  # strides 8, 32, 32 in all


def _one_voxel(shape=(1, 8, 32, 64)):
    labels = torch.zeros(shape, dtype=torch.int64)
    labels[0, 5, 17, 40] = 1
    return labels


def test_max_target_keeps_one_voxel_whole_at_every_level():
    for target in attention_targets(_one_voxel(), SPVPA_KCL_SIZES, pooling="max"):
        assert target.sum() == 1
        assert target.max() == 1


def test_average_target_of_one_voxel_is_its_share_of_the_cell():
    targets = attention_targets(_one_voxel(), SPVPA_KCL_SIZES, pooling="average")
    shares = [target.max().item() for target in targets]
    assert shares == pytest.approx([1 / 8192, 1 / 1024, 1 / 128, 1 / 16, 1 / 4, 1])


def test_targets_have_the_place_and_size_of_the_maps():
    targets = attention_targets(_one_voxel(), SPVPA_KCL_SIZES, pooling="max")
    assert [tuple(target.shape) for target in targets] == [(1, 1, *size) for size in SPVPA_KCL_SIZES]
    assert targets[3][0, 0, 5, 4, 10] == 1  # (5, 17, 40) over (1, 4, 4)
    assert targets[0][0, 0, 0, 0, 1] == 1  # over (8, 32, 32)


def test_target_is_the_union_of_all_labels_but_the_background():
    labels = torch.tensor([0, 1, 2, 3, 4, 0]).reshape(1, 1, 2, 3)
    (target,) = attention_targets(labels, [(1, 2, 3)], pooling="average")
    assert target.flatten().tolist() == [0, 1, 1, 1, 1, 0]


def test_target_of_a_padded_input_is_padded_behind_each_end():
    labels = torch.ones(1, 7, 31, 60, dtype=torch.int64)
    deep, full = attention_targets(labels, [(4, 16, 32), (8, 32, 64)], pooling="average")
    assert full.sum() == 7 * 31 * 60
    assert full[0, 0, :7, :31, :60].min() == 1
    assert deep[0, 0, -1, 0, 0] == 0.5  # one of two slices is padding
    assert deep[0, 0, 0, 0, -1] == 0


@pytest.mark.parametrize("size", [(3, 16, 32), (8, 5, 32), (16, 32, 64)])
def test_sizes_that_do_not_divide_are_refused(size):
    with pytest.raises(UsageError, match="does not divide the next larger size"):
        attention_targets(_one_voxel(), [size, (8, 32, 64)], pooling="max")


def test_maps_smaller_than_the_labels_but_not_dividing_them_are_refused():
    with pytest.raises(UsageError, match="does not divide"):
        attention_targets(_one_voxel(), [(8, 32, 48)], pooling="max")


def test_maps_equal_to_their_targets_cost_nothing():
    maps = attention_targets(_one_voxel(), SPVPA_KCL_SIZES, pooling="max")
    assert supervised_attention_loss(maps, _one_voxel(), pooling="max").item() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("hardness", [0.0, 0.6])
def test_constant_map_has_the_closed_form(hardness):
    labels = torch.zeros(1, 4, 10, 10, dtype=torch.int64)
    labels[:, 0, :4] = 1  # a tenth of the volume
    a, f = 0.3, 0.1
    inside, outside = (hardness * miss + 1 - hardness for miss in (1 - a, a))  # weights of equation 2
    dice = 2 * inside * a * f / (inside * f * (a + 1) + outside * (1 - f) * a)
    maps = [torch.full((1, 1, 4, 10, 10), a)]
    loss = supervised_attention_loss(maps, labels, pooling="max", hardness=hardness)
    assert loss.item() == pytest.approx(1 - dice, abs=1e-6)


def test_loss_is_the_mean_over_the_maps():
    labels = _one_voxel()
    right = attention_targets(labels, SPVPA_KCL_SIZES, pooling="max")
    maps = [torch.zeros_like(given) if index < 2 else given for index, given in enumerate(right)]
    loss = supervised_attention_loss(maps, labels, pooling="max").item()
    assert loss == pytest.approx(2 / 6, abs=1e-4)  # two of six maps see nothing: 1 - eps / (1 + eps) each


def test_worked_example_of_the_hardness_weighted_loss_with_one_class():
    q = torch.tensor([0.9, 0.6, 0.3, 0.1]).reshape(1, 1, 1, 2, 2)
    labels = torch.tensor([1, 1, 0, 0]).reshape(1, 1, 2, 2)
    loss = supervised_attention_loss([q], labels, pooling="max", hardness=0.6)
    assert loss.item() == pytest.approx(0.246458, abs=1e-6)


def test_bfloat16_maps_give_a_float32_loss():
    maps = [torch.full((1, 1, 8, 32, 64), 0.5, dtype=torch.bfloat16)]
    loss = supervised_attention_loss(maps, torch.ones(1, 8, 32, 64, dtype=torch.int64), pooling="max")
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx(1 - 2 * 0.5 / 1.5)


def test_no_maps_are_refused_with_what_would_do():
    with pytest.raises(UsageError, match="set attention_weight to 0"):
        supervised_attention_loss([], _one_voxel(), pooling="max")
