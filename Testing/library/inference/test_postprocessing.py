import numpy as np
import pytest

from VSSegmentationLib import geometry
from VSSegmentationLib.codec import to_plain
from VSSegmentationLib.errors import ConfigError
from VSSegmentationLib.inference import AtLeast, AtMost, CertaintyConfig, SegmenterSettings
from VSSegmentationLib.inference.config import PlausibilityConfig
from VSSegmentationLib.inference.locate import Pori
from VSSegmentationLib.inference.postprocessing import FoundVoxels, choose_tumor, tidy_labels
from VSSegmentationLib.labels import Label
from VSSegmentationLib.preprocessing import Grid

AFFINE = np.array([[0, 0, 0.5, -30], [0, 0.5, 0, -20], [1.5, 0, 0, -15], [0, 0, 0, 1]])
GRID = Grid((20, 80, 120), geometry.as_affine(AFFINE))
VOXEL_MM3 = 0.375
PORI = Pori(right_ras_mm=(25.0, 0.0, 0.0), left_ras_mm=(-25.0, 0.0, 0.0))
CONFIG, CERTAINTY = PlausibilityConfig(), CertaintyConfig()


def found(*boxes, label=Label.EXTRAMEATAL):
    """Boxes ((d, h, w), size, probability) in an otherwise empty field."""
    probability = np.zeros(GRID.shape, np.float16)
    for (d, h, w), (a, b, c), value in boxes:
        probability[d : d + a, h : h + b, w : w + c] = value
    return FoundVoxels(probability, np.full(GRID.shape, label, np.uint8), GRID)


def test_largest_plausible_component_is_the_tumor_and_the_other_side_a_candidate():
    voxels = found(((8, 40, 100), (4, 10, 10), 0.9), ((8, 40, 10), (4, 8, 8), 0.9))
    choice = choose_tumor(voxels, PORI, GRID, CONFIG, CERTAINTY)
    assert choice.tumor.volume_mm3 == pytest.approx(400 * VOXEL_MM3)
    assert (choice.tumor.side, choice.tumor.reason) == ("right", "")
    assert choice.tumor.centroid_ras_mm == pytest.approx((-30 + 104.5 / 2, -20 + 44.5 / 2, -15 + 9.5 * 1.5))
    assert [(c.side, c.plausible) for c in choice.candidates] == [("left", True)]
    assert choice.candidates[0].volume_mm3 == pytest.approx(256 * VOXEL_MM3)
    assert np.array_equal(choice.labelmap == 1, (voxels.tumor_probability > 0) & (np.arange(120) > 60))


def test_surer_component_wins_over_a_slightly_larger_one():
    choice = choose_tumor(
        found(((8, 40, 100), (4, 10, 10), 0.7), ((8, 40, 10), (4, 10, 9), 0.95)), PORI, GRID, CONFIG, CERTAINTY
    )
    assert choice.tumor.side == "left"


def test_largest_component_far_from_both_pori_is_only_a_candidate():
    pori = Pori(right_ras_mm=(29.0, 19.0, 14.0), left_ras_mm=(29.0, 19.0, -15.0))
    choice = choose_tumor(
        found(((8, 2, 2), (6, 10, 10), 0.9), ((14, 64, 104), (3, 5, 5), 0.9)), pori, GRID, CONFIG, CERTAINTY
    )
    assert choice.tumor.volume_mm3 == pytest.approx(75 * VOXEL_MM3)
    assert not choice.candidates[0].plausible
    assert "mm from the nearest porus" in choice.candidates[0].reason


def test_component_at_the_porus_wins_over_a_larger_one_that_ends_far_from_it():
    # The right porus is at R 25: one box ends at R 16, (10 - 9) / 5 of its 300 voxels count; one lies on it.
    far, near = ((9, 36, 83), (3, 10, 10), 0.9), ((9, 38, 108), (3, 5, 5), 0.9)
    choice = choose_tumor(found(far, near), PORI, GRID, CONFIG, CERTAINTY)
    assert choice.tumor.volume_mm3 == pytest.approx(75 * VOXEL_MM3)
    assert choice.candidates[0].volume_mm3 == pytest.approx(300 * VOXEL_MM3)
    assert choice.candidates[0].plausible


@pytest.mark.parametrize("sure", [-1.0, 12.0, 20.0])
def test_distances_out_of_order_are_refused(sure):
    with pytest.raises(ConfigError, match="sure_porus_distance_mm"):
        SegmenterSettings(plausibility=PlausibilityConfig(sure_porus_distance_mm=sure))


def test_distance_is_measured_from_the_nearest_voxel():
    choice = choose_tumor(found(((10, 40, 20), (1, 1, 41), 0.9)), PORI, GRID, CONFIG, CERTAINTY)
    # voxels at R from -20 to 0 mm, A 0, S 0; the left porus is at R -25
    assert choice.tumor.porus_distance_mm == pytest.approx(5.0)


def test_without_a_porus_place_is_no_ground_for_doubt():
    choice = choose_tumor(found(((8, 2, 2), (4, 10, 10), 0.9)), Pori(), GRID, CONFIG, CERTAINTY)
    assert choice.tumor is not None
    assert choice.tumor.porus_distance_mm is None


def test_faint_component_is_doubted():
    choice = choose_tumor(found(((8, 40, 100), (4, 10, 10), 0.55)), PORI, GRID, CONFIG, CERTAINTY)
    assert choice.tumor is None
    assert "mean probability 0.55" in choice.candidates[0].reason
    assert not choice.labelmap.any()


def test_between_two_limits_a_tumor_is_uncertain_and_says_why():
    certainty = CertaintyConfig(mean_probability=AtLeast(0.8, 0.6), porus_distance_mm=AtMost(4.0, 10.0))
    choice = choose_tumor(found(((10, 40, 20), (3, 5, 40), 0.7)), PORI, GRID, CONFIG, certainty)  # 5.5 mm from the left
    assert choice.tumor.uncertain == "5 mm from the nearest porus, more than 4 mm; mean probability 0.70, below 0.80"
    assert choice.labelmap.any()
    sure = choose_tumor(found(((8, 40, 100), (4, 10, 10), 0.9)), PORI, GRID, CONFIG, certainty).tumor
    assert (sure.uncertain, sure.mean_over_looks) == ("", None)


@pytest.mark.parametrize("mean", [0.84, 0.8496])
def test_a_figure_beyond_its_limit_never_reads_like_the_limit(mean):
    certainty = CertaintyConfig(mean_probability=AtLeast(0.85, 0.6))
    choice = choose_tumor(found(((8, 40, 100), (4, 10, 10), mean)), PORI, GRID, CONFIG, certainty)
    told, limit = choice.tumor.uncertain.removeprefix("mean probability ").split(", below ")
    assert float(told) < float(limit)
    near = CertaintyConfig(porus_distance_mm=AtMost(4.8, 10.0))
    choice = choose_tumor(found(((10, 40, 20), (1, 1, 41), 0.9)), PORI, GRID, CONFIG, near)  # 5 mm from the left
    assert choice.tumor.uncertain == "5.0 mm from the nearest porus, more than 4.8 mm"


@pytest.mark.parametrize(
    ("said", "uncertain", "refused"), [(0.8, False, False), (0.4, True, False), (0.1, False, True)]
)
def test_what_only_one_of_several_looks_shows_is_doubted(said, uncertain, refused):
    voxels = found(((8, 40, 100), (4, 10, 10), 0.9))
    steady = np.full(GRID.shape, np.nan, np.float16)
    steady[:, :, 60:] = np.where(voxels.tumor_probability[:, :, 60:] > 0.5, said, 0)
    choice = choose_tumor(voxels._replace(mean_over_looks=steady), PORI, GRID, CONFIG, CERTAINTY)
    told = (choice.tumor or choice.candidates[0]).mean_over_looks
    assert told == pytest.approx(said, abs=1e-3)
    assert (choice.tumor is None) == refused
    assert bool(choice.tumor and choice.tumor.uncertain) == uncertain


def test_nothing_and_specks_are_no_tumor():
    assert choose_tumor(found(), PORI, GRID, CONFIG, CERTAINTY).tumor is None
    speck = choose_tumor(found(((8, 40, 100), (1, 3, 4), 0.9)), PORI, GRID, CONFIG, CERTAINTY)  # 4.5 mm3 of 5
    assert (speck.tumor, speck.candidates) == (None, ())


def test_voxels_that_touch_at_a_corner_are_one_component():
    choice = choose_tumor(
        found(((8, 40, 100), (2, 5, 5), 0.9), ((10, 45, 105), (2, 5, 5), 0.9)), PORI, GRID, CONFIG, CERTAINTY
    )
    assert choice.tumor.volume_mm3 == pytest.approx(100 * VOXEL_MM3)


def test_at_most_ten_candidates_are_listed_the_most_tumor_like_first():
    boxes = [((8, 3 * i, 4 * i), (2, 2, 2 + i % 3 + 2), 0.9) for i in range(25)]
    choice = choose_tumor(found(*boxes), Pori(), GRID, PlausibilityConfig(min_volume_mm3=1.0), CERTAINTY)
    volumes = [candidate.volume_mm3 for candidate in choice.candidates]
    assert len(volumes) == 10
    assert volumes == sorted(volumes, reverse=True)


def test_cyst_inside_the_tumor_belongs_to_it_and_one_open_to_the_outside_does_not():
    voxels = found(((5, 40, 90), (7, 14, 14), 0.9))
    voxels.tumor_probability[7:10, 45:49, 95:99] = 0.1
    choice = choose_tumor(voxels, PORI, GRID, CONFIG, CERTAINTY)
    assert np.count_nonzero(choice.labelmap) == 7 * 14 * 14
    voxels.tumor_probability[7:10, 45:49, 95:] = 0.1
    choice = choose_tumor(voxels, PORI, GRID, CONFIG, CERTAINTY)
    assert np.count_nonzero(choice.labelmap) == 7 * 14 * 14 - 3 * 4 * 9


def test_each_voxel_of_the_tumor_has_its_likelier_part():
    voxels = found(((5, 40, 90), (7, 14, 14), 0.9))
    voxels.likeliest_label[:, :, 100:] = Label.INTRAMEATAL
    labelmap = choose_tumor(voxels, PORI, GRID, CONFIG, CERTAINTY).labelmap
    assert np.count_nonzero(labelmap == 1) == 7 * 14 * 10
    assert np.count_nonzero(labelmap == 2) == 7 * 14 * 4


def test_stray_islets_of_one_part_join_the_part_round_them_and_the_largest_pieces_stay():
    labelmap = np.ones((6, 10, 20), np.uint8)
    labelmap[:, :, 15:] = 2
    labelmap[2:4, 2:4, 2:4] = 2  # 8 voxels in the extrameatal part
    labelmap[2, 5, 17] = 1  # 1 voxel in the intrameatal part
    expected = np.ones_like(labelmap)
    expected[:, :, 15:] = 2
    assert np.array_equal(tidy_labels(labelmap, 1.0, 10.0), expected)
    assert np.array_equal(tidy_labels(labelmap, 2.0, 10.0)[2:4, 2:4, 2:4], np.full((2, 2, 2), 2))  # 16 mm3 are no islet


def test_an_islet_of_three_parts_joins_the_part_that_most_of_the_voxels_round_it_have():
    labelmap = np.full((6, 12, 12), 10, np.uint8)
    labelmap[:, :, 6:] = 30
    labelmap[2:4, 2:4, 5:7] = 20  # astride the border: 8 voxels
    labelmap[2, 8, 2] = 20  # in the first part
    labelmap[:, 9:, 9:] = 20  # the largest piece
    labelmap[2:4, 2:4, 6] = 30
    tidy = tidy_labels(labelmap, 1.0, 10.0)
    expected = labelmap.copy()
    expected[2:4, 2:4, 5] = 10
    expected[2, 8, 2] = 10
    assert np.array_equal(tidy, expected)


def test_small_tumor_keeps_its_small_parts():
    labelmap = np.zeros((4, 4, 6), np.uint8)
    labelmap[1, 1, 1:3] = 1
    labelmap[1, 1, 3:5] = 2
    assert np.array_equal(tidy_labels(labelmap, 0.375, 10.0), labelmap)


def test_candidate_as_plain_data_holds_every_field():
    candidate = choose_tumor(found(((8, 40, 100), (4, 10, 10), 0.9)), PORI, GRID, CONFIG, CERTAINTY).tumor
    assert to_plain(candidate)["volume_mm3"] == candidate.volume_mm3
    assert set(to_plain(candidate)) >= {"centroid_ras_mm", "side", "mean_probability", "reason", "plausible"}
