"""What a network said and where it looked, of a network whose answer is known in closed form."""

from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
import torch

from Testing.support.lying_scans import GRIDS, empty_scan
from Testing.support.nnunet_models import CONFIGS, write_model
from Testing.support.toy_models import attending_network, toy_segmenter, voxelwise_network
from VSSegmentationLib import geometry, outputs
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.inference import Models, PreprocessingConfig, WindowConfig, import_models, load_model
from VSSegmentationLib.inference import segment as segment_anyhow
from VSSegmentationLib.inference.ears import EarWindow, probabilities_of_ears
from VSSegmentationLib.inference.engines import Compute
from VSSegmentationLib.inference.windows import predictor, probabilities_by_slice, to_probabilities
from VSSegmentationLib.networks import NetworkOutput, filled_maps
from VSSegmentationLib.tensors import array_of
from VSSegmentationLib.volume import reorder

SLOPE, OFFSET, SHARPNESS, BIAS = 0.5, -3.0, 0.25, -2.0
OWN_GRID = PreprocessingConfig(spacing_dhw_mm=None, intensity="scan")
CPU = torch.device("cpu")


def segment(*arguments, **options):
    """In float32, so that values can be compared with a formula on any machine."""
    return segment_anyhow(*arguments, compute=Compute(precision="float32", engine="torch"), **options)


def sigmoid(x):
    return 1 / (1 + np.exp(-np.asarray(x, np.float64)))


def attention(x):
    return sigmoid(SHARPNESS * np.maximum(x, 0) + BIAS)


def tumor(x):
    return sigmoid(SLOPE * x * (1 + attention(x)) + OFFSET)


def attending(**changes):
    network, config = attending_network(SLOPE, OFFSET, SHARPNESS, BIAS)
    return toy_segmenter(**{"network": network, "network_config": config, "preprocessing": OWN_GRID, **changes})


def spotted(grid, index):
    """A faint gradient with one bright voxel: no two voxels alike, so that a map in the wrong place shows."""
    scan = empty_scan(grid, (30.0, 26.0, 34.0))
    array = np.linspace(0, 1, scan.array.size, dtype=np.float32).reshape(scan.shape)
    array[index] = 12.0
    return scan.with_array(array)


def z_scored(scan):
    return (scan.array - scan.array.mean(dtype=np.float64)) / scan.array.std(dtype=np.float64)


@pytest.mark.parametrize("grid", GRIDS)
def test_each_voxel_has_its_own_value_on_the_scans_own_grid_however_it_lies(grid):
    index = (3, 9, 21)
    scan = spotted(grid, index)
    maps = segment(scan, Models(segmenter=attending()), device="cpu", maps=True).maps
    x = z_scored(scan)
    finest, coarser = maps.attention
    for volume, expected in ((maps.probability, tumor(x)), (finest, attention(x))):
        assert volume.same_grid(scan)
        assert volume.array.dtype == np.float32
        np.testing.assert_allclose(volume.array, expected, atol=6e-4)  # 16 bits hold 0.5 to 1 in steps of 1/2048
        assert np.unravel_index(volume.array.argmax(), volume.shape) == index
    assert coarser.same_grid(scan)
    assert coarser.array[index] == pytest.approx(attention(x[index]), abs=6e-4)
    bright = coarser.array > (attention(x[index]) + attention(1.0)) / 2
    assert bright.sum() == 4  # the block of 2 x 2 voxels in the plane that holds it
    assert bright[index]


def test_coarser_map_fills_blocks_in_the_axes_of_the_network():
    scan = spotted("sagittal", (3, 9, 21))
    maps = segment(scan, Models(segmenter=attending()), device="cpu", maps=True).maps
    order = geometry.superior_anterior_right_order(scan.dhw_to_ras)
    x = z_scored(reorder(scan, order))
    depth, height, width = (n // 2 * 2 for n in x.shape)
    blocks = x[:, :height, :width].reshape(x.shape[0], height // 2, 2, width // 2, 2).max(axis=(2, 4))
    shown = reorder(maps.attention[1], order).array[:, :height, :width]
    np.testing.assert_allclose(shown, attention(blocks).repeat(2, 1).repeat(2, 2), atol=6e-4)
    assert depth > 0


@pytest.mark.parametrize("grid", ["oblique", "left-handed", "sagittal", "isotropic"])
@pytest.mark.parametrize("spacing", [(1.5, 0.5, 0.5), (2.0, 1.0, 1.0)])
def test_peak_of_a_known_place_lands_there_through_a_working_grid_of_another_voxel_size(grid, spacing):
    scan = spotted(grid, (8, 14, 11))
    cube = np.zeros(scan.shape, np.float32)
    cube[7:10, 13:16, 10:13] = 12.0
    scan = scan.with_array(cube)
    preprocessing = PreprocessingConfig(spacing_dhw_mm=spacing, intensity="scan")
    maps = segment(scan, Models(segmenter=attending(preprocessing=preprocessing)), device="cpu", maps=True).maps
    center = geometry.transform_points(scan.dhw_to_ras, np.array((8, 14, 11)))
    for volume in (maps.probability, maps.attention[0]):
        weight = volume.array - np.median(volume.array)
        weight = np.where(weight > 0.3 * weight.max(), weight, 0)
        points = geometry.transform_points(volume.dhw_to_ras, np.argwhere(weight > 0))
        found = np.average(points, axis=0, weights=weight[weight > 0])
        assert found == pytest.approx(center, abs=0.5 * min(scan.spacing_dhw_mm))


def test_windows_blend_maps_as_they_are_and_give_the_values_of_one_pass():
    scan = spotted("oblique", (3, 9, 21))
    windows = WindowConfig(size_dhw=(8, 16, 16), overlap=0.5, one_pass_voxels=1)
    maps = segment(scan, Models(segmenter=attending(window=windows)), device="cpu", maps=True).maps
    np.testing.assert_allclose(maps.attention[0].array, attention(z_scored(scan)), atol=6e-4)


def test_maps_change_nothing_of_the_result_and_are_not_there_unless_asked_for():
    scan = spotted("oblique", (3, 9, 21))
    models = Models(segmenter=attending())
    with_maps, without = (segment(scan, models, device="cpu", maps=maps) for maps in (True, False))
    assert without.maps is None
    assert "maps" not in without.provenance
    assert np.array_equal(with_maps.labelmap.array, without.labelmap.array)
    told = with_maps.provenance["maps"]
    assert told["attention_levels"] == 2
    assert "not calibrated" in told["probability"]


def test_attention_is_not_computed_unless_asked_for(monkeypatch):
    asked = []
    real = predictor

    def watched(*arguments, **options):
        asked.append(options["maps"])
        return real(*arguments, **options)

    monkeypatch.setattr("VSSegmentationLib.inference.probabilities.predictor", watched)
    scan = spotted("axial", (3, 9, 21))
    for maps in (False, True):
        segment(scan, Models(segmenter=attending()), device="cpu", maps=maps)
    assert asked == [0, 2]


@pytest.mark.parametrize("kind", ["no attention", "nnU-Net"])
def test_model_without_attention_gives_its_probability_and_says_why_there_is_no_more(kind, tmp_path):
    network, config = voxelwise_network([0.0, SLOPE], [0.0, OFFSET])
    plain = toy_segmenter(network=network, network_config=config, preprocessing=OWN_GRID)
    segmenter = plain if kind == "no attention" else nnunet_model(tmp_path)
    scan = spotted("oblique", (3, 9, 21))
    result = segment(scan, Models(segmenter=segmenter), device="cpu", maps=True)
    assert result.maps.names == ("probability",)
    assert result.maps.probability.same_grid(scan)
    assert result.provenance["maps"]["no_attention"] == f"The model '{segmenter.name}' has no attention maps."
    with pytest.raises(UsageError, match="has no attention maps"):
        _ = result.maps.attention
    if kind == "no attention":
        np.testing.assert_allclose(result.maps.probability.array, sigmoid(SLOPE * z_scored(scan) + OFFSET), atol=6e-4)


def test_engine_that_gives_no_attention_is_not_taken_by_itself_and_refused_by_name(monkeypatch):
    monkeypatch.setattr("VSSegmentationLib.inference.engines.has_openvino", lambda: True)
    scan, models = spotted("axial", (3, 9, 21)), Models(segmenter=attending())
    compute = Compute(precision="float32", more_follow=True)  # by itself it would take OpenVINO
    assert len(segment_anyhow(scan, models, device="cpu", maps=True, compute=compute).maps.attention) == 2
    with pytest.raises(UsageError, match="gives no attention maps; take --engine torch"):
        segment_anyhow(scan, models, device="cpu", maps=True, compute=Compute(engine="openvino"))


def nnunet_model(folder):
    write_model(folder / "nnunet", CONFIGS["plain"])
    (entry,) = import_models(folder / "nnunet", folder / "models")
    return load_model(entry.path)


def test_each_ear_brings_its_maps_to_its_own_side_and_outside_of_all_windows_they_are_0():
    image = np.random.default_rng(3).uniform(0, 1, (6, 8, 40)).astype(np.float32)

    def coded(shown):  # of either class alike, and a map that is the image itself
        return torch.cat([torch.zeros(1, 2, *shown.shape[2:]), shown], dim=1)

    windows = [EarWindow((0, 0, 26), is_left=False), EarWindow((0, 0, 2), is_left=True)]
    slabs = probabilities_of_ears(
        coded, image, windows, (6, 8, 12), classes=2, device=CPU, on_step=lambda _share: None, maps=1
    )
    shown = np.concatenate([slab.array for slab in slabs], axis=1)
    seen = np.zeros(40, bool)
    seen[26:38] = seen[2:14] = True
    np.testing.assert_allclose(shown[2][..., seen], image[..., seen], atol=1e-6)
    assert not shown[2][..., ~seen].any()
    np.testing.assert_allclose(shown[0][..., seen], 0.5, atol=1e-6)


def test_flips_average_the_maps_of_the_image_and_its_mirror_image():
    def one_sided(image):
        size = image.shape[2:]
        ramp = torch.linspace(0, 1, size[2]).expand(1, 1, *size)
        return NetworkOutput(torch.zeros(1, 2, *size), [ramp])

    answer = predictor(one_sided, flips=True, maps=1)(torch.zeros(1, 1, 2, 4, 6))
    assert answer.shape == (1, 3, 2, 4, 6)
    np.testing.assert_allclose(array_of(to_probabilities(answer[0], 1)), 0.5, atol=1e-6)  # x and 1 - x, halved


def test_map_of_an_odd_size_is_filled_block_by_block_and_cropped_where_it_was_padded():
    coarse = torch.tensor([[1.0, 2.0, 3.0]]).reshape(1, 1, 1, 1, 3)
    fine = torch.arange(6.0).reshape(1, 1, 1, 1, 6)
    shown = filled_maps(NetworkOutput(torch.zeros(1, 2, 1, 1, 5), [coarse, fine]))
    assert [each.flatten().tolist() for each in shown] == [[0, 1, 2, 3, 4], [1, 1, 2, 2, 3]]


def test_what_was_not_looked_at_is_0():
    scan = spotted("axial", (3, 9, 21))
    maps = segment(scan, Models(segmenter=attending()), device="cpu", maps=True).maps
    half = replace(
        maps,
        box=replace_stop(maps.box),
        tumor_probability=maps.tumor_probability[:, :10],
        attention_levels=maps.attention_levels[:, :, :10],
    )
    order = geometry.superior_anterior_right_order(scan.dhw_to_ras)
    shown = reorder(half.probability, order).array
    assert shown[:, :10].min() > 0
    assert not shown[:, 10:].any()


def replace_stop(box):
    return box._replace(stop=(box.stop[0], 10, box.stop[2]))


@pytest.mark.parametrize("grid", ["oblique", "left-handed", "sagittal"])
def test_written_maps_are_read_by_another_program_with_the_peak_in_its_place(grid, tmp_path):
    index = (3, 9, 21)
    scan = spotted(grid, index)
    maps = segment(scan, Models(segmenter=attending()), device="cpu", maps=True).maps
    written = outputs.write_maps(tmp_path, maps.named())
    assert [path.name for path in written.values()] == ["probability.nrrd", "attention_1.nrrd", "attention_2.nrrd"]
    image = sitk.ReadImage(str(written["probability"]))
    peak = np.unravel_index(sitk.GetArrayFromImage(image).argmax(), scan.shape)
    lps = image.TransformIndexToPhysicalPoint([int(n) for n in peak[::-1]])
    expected = geometry.transform_points(scan.dhw_to_ras, np.array(index))
    assert np.array(lps) * (-1, -1, 1) == pytest.approx(expected, abs=1e-3)


def test_only_one_row_of_windows_is_held_with_its_maps():
    shapes = []

    def predict(window):
        shapes.append(tuple(window.shape))
        return torch.cat([torch.zeros(1, 2, *window.shape[2:]), window], dim=1)

    image = np.random.default_rng(0).uniform(size=(32, 16, 16)).astype(np.float32)
    config = WindowConfig(size_dhw=(8, 16, 16), overlap=0.5, one_pass_voxels=1)
    slabs = probabilities_by_slice(
        predict, lambda a, b: image[a:b], image.shape, config=config, device=CPU, on_step=lambda _share: None, maps=1
    )
    first = next(slabs)
    assert shapes == [(1, 1, 8, 16, 16)]  # nothing further is asked for before its slices are taken
    np.testing.assert_allclose(first.array[2, 0], image[0], atol=1e-6)
