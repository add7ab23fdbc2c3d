"""Two scans of one examination, each lying its own way: what the second shows comes out where it is."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from Testing.support.lying_scans import CENTER_RAS_MM, GRIDS, empty_scan, with_ball
from Testing.support.other_tumor import OTHER_TUMOR, TWO_INPUTS
from Testing.support.toy_models import STEEP, half_way, toy_divider, toy_locator, toy_segmenter, voxelwise_network
from VSSegmentationLib import geometry
from VSSegmentationLib.errors import InputRefusedError, ModelError, UsageError
from VSSegmentationLib.inference import Models, PreprocessingConfig, WindowConfig, segment
from VSSegmentationLib.inference.ears import EarWindow, probabilities_of_ears
from VSSegmentationLib.tensors import array_of
from VSSegmentationLib.volume import Volume

BRIGHT = 100.0
WHOLE_MM, CORE_MM = 10.0, 5.5
MEDIUM = PreprocessingConfig(spacing_dhw_mm=(1.5, 1.0, 1.0), intensity="scan")


def place(right=0.0, anterior=0.0, superior=0.0):
    return np.add(CENTER_RAS_MM, (right, anterior, superior))


def two_input_model(first, second, **changes):
    """Whole tumor is bright in the first scan, and in it the core is bright in the second; they exclude each other."""
    whole, core = half_way(first, BRIGHT), half_way(second, BRIGHT)
    network, config = voxelwise_network(
        [0.0, STEEP, STEEP], [0.0, -STEEP * whole, -STEEP * (whole + core)], in_channels=2,
        second_slopes=[0.0, 0.0, STEEP],
    )  # fmt: skip
    settings = {
        "network": network, "network_config": config, "task": "other tumor", "label_set": OTHER_TUMOR,
        "labels": (0, 10, 20), "inputs": TWO_INPUTS, "modality": "FLAIR", "preprocessing": MEDIUM,
    }  # fmt: skip
    return toy_segmenter(**{**settings, **changes})


def two_scans(first_grid, second_grid, *, second_extents=(50.0, 52.0, 54.0), spacing=(1.7, 1.1, 0.7)):
    first = with_ball(empty_scan(first_grid, (45.0, 48.0, 51.0)), place(4.0, -3.0, 2.0), WHOLE_MM, BRIGHT)
    second = empty_scan(second_grid, second_extents, spacing)
    return first, with_ball(second, place(7.0, -1.0, 0.0), CORE_MM, BRIGHT)


def volume_and_center(labelmap, values):
    mask = np.isin(labelmap.array, values)
    center = geometry.transform_points(labelmap.dhw_to_ras, np.argwhere(mask).mean(axis=0))
    return mask.sum() * geometry.voxel_volume_mm3(labelmap.dhw_to_ras), center


def assert_nested_in_place(labelmap, first):
    assert labelmap.same_grid(first)
    whole_mm3, whole_center = volume_and_center(labelmap, OTHER_TUMOR.region_values("whole"))
    core_mm3, core_center = volume_and_center(labelmap, OTHER_TUMOR.region_values("core"))
    assert whole_center == pytest.approx(place(4.0, -3.0, 2.0), abs=0.2)
    assert whole_mm3 == pytest.approx(4 / 3 * np.pi * WHOLE_MM**3, rel=0.06)
    assert core_center == pytest.approx(place(7.0, -1.0, 0.0), abs=0.3)
    assert core_mm3 == pytest.approx(4 / 3 * np.pi * CORE_MM**3, rel=0.15)


@pytest.mark.parametrize("second_grid", GRIDS)
@pytest.mark.parametrize("first_grid", ["as DICOM stores it", "oblique", "sagittal"])
def test_what_the_second_scan_shows_lands_where_it_is_however_both_lie(first_grid, second_grid):
    first, second = two_scans(first_grid, second_grid)
    result = segment([first, second], Models(segmenter=two_input_model(first, second)), modality=["FLAIR", "ceT1"])
    assert_nested_in_place(result.labelmap, first)
    assert (result.task, result.label_set) == ("other tumor", OTHER_TUMOR)
    assert set(np.unique(result.labelmap.array)) == {0, 10, 20}
    assert result.warnings == ()


def test_windows_native_voxels_and_mirror_images_give_the_same_place():
    first, second = two_scans("oblique", "coronal")
    native = PreprocessingConfig(spacing_dhw_mm=None, intensity="scan")
    windows = WindowConfig(size_dhw=(19, 30, 31), one_pass_voxels=1)
    for changes in ({"window": windows}, {"preprocessing": native}):
        model = two_input_model(first, second, **changes)
        assert_nested_in_place(segment([first, second], Models(segmenter=model), flips=True).labelmap, first)


def test_the_region_of_a_locator_holds_for_all_scans_and_each_is_normalized_by_itself():
    spacing = (2.4, 1.9, 1.9)
    first = empty_scan("as DICOM stores it", (190.0, 190.0, 190.0), spacing)
    first = with_ball(with_ball(first, place(26.0), WHOLE_MM, 2 * BRIGHT), place(-26.0), 8.0, -2 * BRIGHT)
    second = with_ball(empty_scan("sagittal", (150.0, 160.0, 170.0), (1.6, 1.3, 1.3)), place(28.0), 6.0, BRIGHT)
    locator = toy_locator(1.2 * BRIGHT / first.array.std())
    coarse = PreprocessingConfig(spacing_dhw_mm=(3.0, 2.0, 2.0), intensity="region")
    for _ in range(2):  # once as a dark second scan, once 7 times as bright: the same labelmap
        model = two_input_model(first, second, preprocessing=coarse)
        network, config = voxelwise_network(
            [0.0, STEEP, STEEP], [0.0, -3 * STEEP, -6 * STEEP], in_channels=2, second_slopes=[0.0, 0.0, STEEP]
        )
        model = replace(model, network=network, network_config=config)
        result = segment([first, second], Models(segmenter=model, locator=locator))
        assert not result.provenance["region"]["whole_scan"]
        assert volume_and_center(result.labelmap, 20)[1] == pytest.approx(place(28.0), abs=0.8)
        own = result.provenance["preprocessing"]
        assert own["other_inputs"][0]["mean"] != pytest.approx(own["mean"], rel=0.01)
        second = second.with_array(7 * second.array + 50)


def test_where_the_second_scan_ends_it_says_nothing_and_the_rest_is_segmented():
    first, _ = two_scans("axial", "axial")
    short = empty_scan("axial", (12.0, 45.0, 45.0), (1.5, 1.0, 1.0))
    short = with_ball(short, place(7.0, -1.0, 0.0), CORE_MM, BRIGHT)
    labelmap = segment([first, short], Models(segmenter=two_input_model(first, short))).labelmap
    assert volume_and_center(labelmap, (10, 20))[0] == pytest.approx(4 / 3 * np.pi * WHOLE_MM**3, rel=0.06)
    superior = geometry.transform_points(labelmap.dhw_to_ras, np.argwhere(labelmap.array == 20))[:, 2]
    assert np.abs(superior - CENTER_RAS_MM[2]).max() < CORE_MM + 1


def test_an_ear_is_mirrored_in_all_channels():
    image = np.random.default_rng(0).normal(size=(2, 8, 10, 12)).astype(np.float32)
    shown = []

    def predict(window):
        shown.append(array_of(window))
        return torch.stack([window[:, 0], window[:, 1]], dim=1)

    windows = [EarWindow((0, 0, 0), is_left=True), EarWindow((2, 2, 6), is_left=False)]
    slabs = probabilities_of_ears(
        predict, image, windows, (4, 5, 6), classes=2, device=torch.device("cpu"), on_step=lambda _share: None
    )
    found = np.concatenate([slab.array for slab in slabs], axis=1)
    np.testing.assert_array_equal(shown[0][0], image[:, :4, :5, :6][..., ::-1])
    np.testing.assert_array_equal(shown[1][0], image[:, 2:6, 2:7, 6:12])
    likelier = np.exp(image[0]) / np.exp(image).sum(axis=0)
    np.testing.assert_allclose(found[0, :4, :5, :6], likelier[:4, :5, :6], rtol=1e-5)
    np.testing.assert_allclose(found[0, 2:6, 2:7, 6:12], likelier[2:6, 2:7, 6:12], rtol=1e-5)


def test_too_few_and_too_many_scans_are_refused_with_the_names_of_the_inputs():
    first, second = two_scans("axial", "sagittal")
    models = Models(segmenter=two_input_model(first, second))
    with pytest.raises(InputRefusedError, match=r"'toy-segmenter' takes 2 scans \(flair, t1ce\), got 1"):
        segment(first, models)
    with pytest.raises(InputRefusedError, match=r"takes one scan, got 2"):
        segment([first, second], Models(segmenter=toy_segmenter()))
    with pytest.raises(InputRefusedError, match=r"takes one scan, got 0"):
        segment([], Models(segmenter=toy_segmenter()))
    with pytest.raises(UsageError, match="got 2 scans and 3 modalities"):
        segment([first, second], models, modality=["FLAIR", "ceT1", "T2"])


def test_scans_that_do_not_overlap_are_refused():
    first, second = two_scans("axial", "axial")
    affine = second.dhw_to_ras.copy()
    affine[:3, 3] += (0, 200, 0)
    models = Models(segmenter=two_input_model(first, second))
    with pytest.raises(InputRefusedError, match="the scan 't1ce' shows nothing of the part of 'flair'"):
        segment([first, Volume(second.array, affine)], models)


def test_a_scan_of_another_modality_is_told_by_the_name_of_its_input():
    first, second = two_scans("axial", "axial")
    models = Models(segmenter=two_input_model(first, second))
    (warning,) = segment([first, second], models, modality=["FLAIR", "T2"]).warnings
    assert "trained on ceT1 scans and the one given as 't1ce' is T2" in warning


def test_inputs_and_channels_have_to_agree_and_dividers_of_another_kind_are_refused():
    first, second = two_scans("axial", "axial")
    model = two_input_model(first, second)
    with pytest.raises(ModelError, match="takes 2 images, and its inputs are flair"):
        replace(model, inputs=TWO_INPUTS[:1])
    with pytest.raises(ModelError, match="divides vestibular schwannoma, and the model 'toy-segmenter' finds other"):
        Models(segmenter=model, divider=toy_divider())
