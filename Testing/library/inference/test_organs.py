"""Organs beside the tumor: a cochlea comes out of a model, and is never taken for tumor."""

import numpy as np
import pytest
import torch

from Testing.support.lying_scans import CENTER_RAS_MM, empty_scan, with_ball
from Testing.support.toy_models import threshold_network, toy_divider, toy_segmenter
from VSSegmentationLib import geometry
from VSSegmentationLib.inference import Models, PreprocessingConfig, load_model, save_model, segment
from VSSegmentationLib.inference.locate import Pori
from VSSegmentationLib.inference.organs import with_organs
from VSSegmentationLib.inference.postprocessing import FoundVoxels, choose_tumor, found_voxels
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS as VS
from VSSegmentationLib.preprocessing import Grid, Slab

AFFINE = np.array([[0, 0, 0.5, -30], [0, 0.5, 0, -20], [1.5, 0, 0, -15], [0, 0, 0, 1]])
GRID = Grid((20, 80, 120), geometry.as_affine(AFFINE))
PORI = Pori(right_ras_mm=(25.0, 0.0, 0.0), left_ras_mm=(-25.0, 0.0, 0.0))


def place(right=0.0, anterior=0.0, superior=0.0):
    return np.add(CENTER_RAS_MM, (right, anterior, superior))


@pytest.fixture
def scan():
    """A tumor on the right, a cochlea on either side, brighter than it."""
    scan = with_ball(empty_scan("oblique", (60.0, 60.0, 90.0)), place(18.0), 8.0, 100.0)
    for side in (32.0, -30.0):
        scan = with_ball(scan, place(side, 5.0), 5.0, 400.0)
    return scan


def cochlea_model(scan, **changes):
    levels = [(value - scan.array.mean()) / scan.array.std() for value in (50.0, 150.0, 200.0)]
    network, config = threshold_network(levels)
    return toy_segmenter(
        network=network, network_config=config, labels=(0, 1, 2, 3),
        preprocessing=PreprocessingConfig(spacing_dhw_mm=(1.5, 1.0, 1.0), intensity="scan"), **changes,
    )  # fmt: skip


def test_the_cochleae_come_out_in_their_places_and_only_the_tumor_is_tumor(scan, tmp_path):
    save_model(tmp_path / "model.pt", cochlea_model(scan))
    result = segment(scan, Models(segmenter=load_model(tmp_path / "model.pt")), device="cpu")
    labels, voxel = result.labelmap, geometry.voxel_volume_mm3(scan.dhw_to_ras)
    points = geometry.transform_points(labels.dhw_to_ras, np.argwhere(labels.array == 3))
    right = points[:, 0] > CENTER_RAS_MM[0]
    assert points[right].mean(axis=0) == pytest.approx(place(32.0, 5.0), abs=0.4)
    assert points[~right].mean(axis=0) == pytest.approx(place(-30.0, 5.0), abs=0.4)
    assert len(points) * voxel == pytest.approx(2 * 4 / 3 * np.pi * 5**3, rel=0.1)
    assert result.tumor.centroid_ras_mm == pytest.approx(place(18.0), abs=0.3)
    tumor_mm3 = VS.tumor_mask(labels.array).sum() * voxel
    assert tumor_mm3 == pytest.approx(4 / 3 * np.pi * 8**3, rel=0.06)
    assert result.tumor.volume_mm3 == pytest.approx(tumor_mm3, rel=1e-6)


def test_a_divider_leaves_organs_where_they_are(scan):
    whole = segment(scan, Models(segmenter=cochlea_model(scan)), device="cpu")
    both = segment(scan, Models(segmenter=cochlea_model(scan), divider=toy_divider()), device="cpu")
    np.testing.assert_array_equal(both.labelmap.array == 3, whole.labelmap.array == 3)
    np.testing.assert_array_equal(VS.tumor_mask(both.labelmap.array), VS.tumor_mask(whole.labelmap.array))
    assert both.boundary is not None


def test_organs_are_shown_where_there_is_no_tumor():
    scan = with_ball(empty_scan("axial", (60.0, 60.0, 60.0)), place(18.0), 6.0, 400.0)
    network, config = threshold_network([1e3, 2e3])
    with torch.no_grad():
        network.decoder[0].shortcut.weight[2, 0, 0, 0, 0] = 200.0
        network.decoder[0].shortcut.bias[2] = -600.0
    segmenter = toy_segmenter(network=network, network_config=config, labels=(0, 4, 3))
    result = segment(scan, Models(segmenter=segmenter), device="cpu")
    assert result.tumor is None
    assert set(np.unique(result.labelmap.array)) == {0, 3}


def test_the_tumor_is_the_sum_of_its_parts_and_organs_are_no_part_of_it():
    shape = (1, 1, 4)
    classes = np.array(
        [  # background, extrameatal, intrameatal, cochlea
            [0.1, 0.3, 0.25, 0.35],  # tumor 0.55, though the cochlea is the likeliest class
            [0.1, 0.1, 0.2, 0.6],
            [0.6, 0.1, 0.2, 0.1],
            [0.1, 0.2, 0.6, 0.1],
        ],
        np.float32,
    ).T.reshape(4, 1, 1, 4)
    grid = Grid(shape, geometry.as_affine(np.eye(4)))
    found = found_voxels([Slab(0, classes)], grid, (0, 1, 2, 3), (1, 2), (3,))
    assert found.tumor_probability.ravel() == pytest.approx([0.55, 0.3, 0.3, 0.8], abs=1e-3)
    assert found.likeliest_label.ravel().tolist() == [1, 2, 2, 2]
    assert found.organ.ravel().tolist() == [3, 3, 0, 0]
    labelmap = np.array([[[1, 0, 0, 2]]], np.uint8)
    assert with_organs(labelmap, found, VS, Pori(), grid).ravel().tolist() == [1, 3, 0, 2]


def test_what_is_looked_at_is_where_anything_but_background_may_be_holes_of_a_tumor_included():
    rng = np.random.default_rng(3)
    background = np.ones((3, 20, 30), np.float32)
    background[:, 4:15, 6:22] = rng.uniform(0.0, 0.94, (3, 11, 16))
    background[1, 9, 12] = 1.0  # a hole
    parts = rng.dirichlet((1, 1, 1), background.shape).transpose(3, 0, 1, 2) * (1 - background)
    classes = np.concatenate([background[None], parts]).astype(np.float32)
    grid = Grid(background.shape, geometry.as_affine(np.eye(4)))
    slabs = [Slab(d, classes[:, d : d + 1]) for d in range(3)]
    found = found_voxels(slabs, grid, (0, 1, 2, 3), (1, 2), (3,))
    inside = (slice(None), slice(4, 15), slice(6, 22))
    likeliest, organ_there = 1 + classes[1:3].argmax(axis=0), np.where(classes.argmax(axis=0) == 3, 3, 0)
    np.testing.assert_array_equal(found.likeliest_label[inside], likeliest[inside])
    np.testing.assert_array_equal(found.organ, organ_there)


def organ(*boxes):
    found = np.zeros(GRID.shape, np.uint8)
    for (d, h, w), (a, b, c) in boxes:
        found[d : d + a, h : h + b, w : w + c] = 3
    nothing = np.zeros(GRID.shape, np.float16)
    return FoundVoxels(nothing, np.ones(GRID.shape, np.uint8), GRID, found)


def test_of_a_paired_organ_the_largest_piece_on_each_side_stays():
    right, left = ((8, 40, 100), (4, 6, 6)), ((8, 40, 10), (3, 6, 6))
    strays = ((2, 10, 80), (2, 3, 3)), ((2, 70, 40), (2, 3, 3))
    found = organ(right, left, *strays)
    settings = cochlea_model(empty_with_a_voxel()).settings
    empty = choose_tumor(found, PORI, GRID, settings.plausibility, settings.certainty).labelmap
    assert np.array_equal(with_organs(empty, found, VS, PORI, GRID), organ(right, left).organ)
    assert np.array_equal(with_organs(empty, found, VS, Pori(), GRID), found.organ)  # no side is known


def empty_with_a_voxel():
    scan = empty_scan("axial")
    array = scan.array.copy()
    array[0, 0, 0] = 1
    return scan.with_array(array)
