from dataclasses import replace

import numpy as np
import pytest
import torch

from Testing.support.lying_scans import CENTER_RAS_MM, empty_scan, with_ball
from Testing.support.toy_models import toy_locator, toy_segmenter
from VSSegmentationLib import geometry
from VSSegmentationLib.errors import CancelledError
from VSSegmentationLib.inference import Models, PreprocessingConfig, WindowConfig, segment
from VSSegmentationLib.inference.ears import (
    MOST_ADDED_WINDOWS,
    SHIFTS_DHW,
    EarWindow,
    ear_windows,
    hardly_seen_sides,
    probabilities_of_ears,
    seen_windows,
    unseen_sides,
    weighed_starts,
    windows_beyond,
)
from VSSegmentationLib.inference.locate import Pori
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS
from VSSegmentationLib.preprocessing import Grid
from VSSegmentationLib.tensors import array_of
from VSSegmentationLib.volume import crop

CPU = torch.device("cpu")


def right_anterior_superior(spacing_dhw_mm, origin_ras_mm):
    """An affine whose axes D, H, W grow to superior, anterior, right."""
    affine = np.zeros((4, 4))
    affine[(2, 1, 0), (0, 1, 2)] = spacing_dhw_mm
    affine[:3, 3] = origin_ras_mm
    affine[3, 3] = 1
    return affine


def voxelwise(image):
    return torch.cat([torch.zeros_like(image), 4 * image], dim=1)


def lateral_half(image):
    """Class 1 in the half of a right ear's window that lies lateral: at larger W."""
    ramp = torch.linspace(-1, 1, image.shape[-1]).expand_as(image)
    return torch.cat([torch.zeros_like(image), 100 * ramp], dim=1)


def probability_of_class_1(predict, image, windows, size, on_step=lambda _share: None):
    slabs = list(probabilities_of_ears(predict, image, windows, size, classes=2, device=CPU, on_step=on_step))
    assert [slab.start for slab in slabs] == list(range(image.shape[0]))
    both = np.concatenate([slab.array for slab in slabs], axis=1)
    assert both.sum(axis=0) == pytest.approx(1.0, abs=1e-5)
    return both[1]


def test_windows_lie_medial_of_their_pori_in_voxels_of_the_grid():
    affine = right_anterior_superior((1.5, 0.5, 0.5), (-40.0, -30.0, -20.0))
    pori = Pori(right_ras_mm=(26.0, 2.0, 1.0), left_ras_mm=(-26.0, 4.0, -2.0))
    right, left = ear_windows(pori, affine, (24, 88, 80), medial_mm=6.0)
    assert (right.is_left, left.is_left) == (False, True)
    assert right.start_dhw == (14 - 12, 64 - 44, 120 - 40)  # middle at 20 mm right, 2 anterior, 1 superior
    assert left.start_dhw == (12 - 12, 68 - 44, 40 - 40)  # middle at 20 mm left, 4 anterior, 2 inferior


def test_a_porus_that_is_not_known_gets_no_window_and_shifts_add_windows_round_the_first():
    affine = right_anterior_superior((1.5, 0.5, 0.5), (0.0, 0.0, 0.0))
    pori = Pori(left_ras_mm=(30.0, 30.0, 30.0))
    (only,) = ear_windows(pori, affine, (8, 16, 16), medial_mm=6.0)
    assert only.is_left
    shifted = ear_windows(pori, affine, (8, 16, 16), medial_mm=6.0, shifted=True)
    assert [np.subtract(w.start_dhw, only.start_dhw).tolist() for w in shifted] == [list(s) for s in SHIFTS_DHW]


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_window_starts_go_over_into_each_other_where_they_would_jump_by_a_voxel(axis):
    def mean_start(place):
        at = np.array([7.1, -3.2, 12.0])
        at[axis] = place
        starts = weighed_starts(at)
        assert sum(weight for _start, weight in starts) == pytest.approx(1.0)
        return sum(weight * np.array(start) for start, weight in starts)

    places = np.linspace(4.4, 4.6, 2001)  # steps of 0.0001 voxels
    means = np.array([mean_start(place)[axis] for place in places])
    assert (means[0], means[-1]) == (4.0, 5.0)
    assert np.abs(np.diff(means)).max() < 0.01
    assert weighed_starts(np.array([7.1, -3.2, 12.0])) == [((7, -3, 12), 1.0)]


def test_a_porus_that_moves_by_next_to_nothing_moves_the_answer_by_next_to_nothing():
    image = np.zeros((3, 8, 60), np.float32)
    found = [
        probability_of_class_1(
            lateral_half,
            image,
            [EarWindow(start, is_left=False, weight=weight) for start, weight in weighed_starts(np.array(place))],
            (3, 8, 20),
        )
        for place in ((0, 0, 20.49999), (0, 0, 20.50001))
    ]
    assert found[0] == pytest.approx(found[1], abs=1e-3)
    inside = found[0][0, 0] > 0.01
    assert np.flatnonzero(inside)[0] in (30, 31)  # the lateral half of windows that begin at 20 and 21


def test_an_ear_mostly_outside_the_scan_is_not_judged():
    affine = right_anterior_superior((1.5, 0.5, 0.5), (0.0, 0.0, 0.0))
    grid = Grid((30, 120, 200), affine)  # 45 x 60 x 100 mm
    config = WindowConfig(size_dhw=(20, 80, 80), at_pori=True, least_seen_share=0.5)
    inside = Pori(right_ras_mm=(70.0, 30.0, 20.0), left_ras_mm=(30.0, 30.0, 20.0))
    assert unseen_sides(inside, grid, config) == ()
    assert len(seen_windows(inside, grid, config, shifted=False)) == 2
    # The left window's middle lies 2 mm outside of the first column, so less than half of it is inside.
    beside = Pori(right_ras_mm=(50.0, 30.0, 20.0), left_ras_mm=(-8.0, 30.0, 20.0))
    assert unseen_sides(beside, grid, config) == ("left",)
    assert [w.is_left for w in seen_windows(beside, grid, config, shifted=True)] == [False] * len(SHIFTS_DHW)


def test_an_ear_of_which_little_is_seen_is_judged_with_a_doubt():
    grid = Grid((30, 120, 200), right_anterior_superior((1.5, 0.5, 0.5), (0.0, 0.0, 0.0)))
    beside = Pori(right_ras_mm=(50.0, 30.0, 20.0), left_ras_mm=(-8.0, 30.0, 20.0))  # less than half of the left one
    config = WindowConfig(size_dhw=(20, 80, 80), at_pori=True, least_seen_share=0.2, sure_seen_share=0.6)
    assert hardly_seen_sides(beside, grid, config) == ("left",)
    assert unseen_sides(beside, grid, config) == ()
    for least, sure in ((0.5, 0.6), (0.2, 0.3)):  # not judged at all; seen well enough
        assert hardly_seen_sides(beside, grid, replace(config, least_seen_share=least, sure_seen_share=sure)) == ()


def test_inside_windows_the_answer_is_the_networks_and_outside_all_is_background():
    image = np.random.default_rng(1).normal(-1, 0.4, (10, 30, 40)).astype(np.float32)  # nothing goes on beyond one
    windows = [EarWindow((2, 5, 22), is_left=False), EarWindow((3, 6, 1), is_left=True)]
    found = probability_of_class_1(voxelwise, image, windows, (6, 12, 14))
    expected = 1 / (1 + np.exp(-4 * image))
    seen = np.zeros(image.shape, bool)
    seen[2:8, 5:17, 22:36] = seen[3:9, 6:18, 1:15] = True
    assert found[seen] == pytest.approx(expected[seen], abs=1e-5)
    assert (found[~seen] == 0).all()


def test_every_ear_is_shown_as_a_right_one():
    image = np.zeros((3, 8, 60), np.float32)  # with faces too small to look beyond them
    windows = [EarWindow((0, 0, 36), is_left=False), EarWindow((0, 0, 4), is_left=True)]
    found = probability_of_class_1(lateral_half, image, windows, (3, 8, 20)) > 0.5
    assert found[0, 0].nonzero()[0].tolist() == [*range(4, 14), *range(46, 56)]  # the lateral half of either


def test_a_window_beyond_the_image_sees_the_mean_there():
    image = np.arange(1, 1 + 5 * 6 * 8, dtype=np.float32).reshape(5, 6, 8)
    seen = []

    def remember(shown):
        seen.append(array_of(shown[0, 0]).copy())
        return voxelwise(shown)

    probability_of_class_1(remember, image, [EarWindow((-2, -1, 5), is_left=False)], (4, 4, 6))
    expected = np.zeros((4, 4, 6), np.float32)
    expected[2:, 1:, :3] = image[:2, :3, 5:]
    assert np.array_equal(seen[0], expected)


def test_a_window_wholly_outside_the_image_is_passed_over():
    image = np.zeros((5, 6, 8), np.float32)
    windows = [EarWindow((0, 0, 50), is_left=False), EarWindow((0, 0, 0), is_left=True)]
    assert probability_of_class_1(lateral_half, image, windows, (5, 6, 8)).any()


def test_where_windows_overlap_answers_are_blended_most_from_the_nearer_middle():
    image = np.zeros((2, 2, 30), np.float32)
    windows = [EarWindow((0, 0, 0), is_left=False), EarWindow((0, 0, 5), is_left=False)]
    answers = iter([0.0, 50.0])

    def constant(shown):
        value = next(answers)
        return torch.cat([torch.zeros_like(shown), torch.full_like(shown, value - 25.0)], dim=1)

    found = probability_of_class_1(constant, image, windows, (2, 2, 20))[0, 0]
    assert (found[:5], found[20:25]) == (pytest.approx(0.0, abs=1e-4), pytest.approx(1.0, abs=1e-4))
    assert (np.diff(found[5:20]) > -1e-6).all()
    assert found[12] == pytest.approx(0.5, abs=1e-3)  # as far from the middle of either


def tumor_in(window_shape, box):
    found = np.zeros(window_shape, np.float32)
    found[box] = 0.9
    return found


@pytest.mark.parametrize(
    ("box", "moved"),
    [
        (np.s_[4:8, 10:20, 10:20], []),  # ends inside
        (np.s_[:, 10:20, 10:20], [(-4, 0, 0), (4, 0, 0)]),
        (np.s_[4:8, :20, 10:20], [(0, -10, 0)]),
        (np.s_[4:8, 10:20, 10:], [(0, 0, 12)]),
        (np.s_[5:6, 10:20, :], []),  # reaches through by 10 voxels: too few to say that it goes on
    ],
)
def test_where_a_tumor_goes_on_beyond_a_window_the_next_lies_a_third_of_it_further(box, moved):
    window = EarWindow((20, 40, 60), is_left=True)
    further = windows_beyond(tumor_in((12, 30, 36), box), window, (100, 200, 200))
    assert [np.subtract(each.start_dhw, window.start_dhw).tolist() for each in further] == [list(m) for m in moved]
    assert all(each.is_left for each in further)


def test_nothing_goes_on_beyond_the_image_and_a_smaller_finding_at_the_border_does_not_count():
    window = EarWindow((0, 3, -4), is_left=False)
    everywhere = tumor_in((12, 30, 36), np.s_[:])
    assert windows_beyond(everywhere, window, (12, 33, 32)) == [EarWindow((0, -7, -4), is_left=False)]
    two = tumor_in((12, 30, 36), np.s_[3:9, 5:25, 5:25])
    two[:, 27:, :] = 0.9  # smaller, and cut by the border
    assert windows_beyond(two, EarWindow((5, 5, 5), is_left=False), (100, 100, 100)) == []


@pytest.mark.parametrize("is_left", [False, True])
def test_a_tumor_larger_than_its_window_is_seen_to_its_ends(is_left):
    image = np.full((10, 40, 100), -2.0, np.float32)
    image[2:8, 10:30, 10:80] = 2.0
    shares = []
    window = EarWindow((0, 5, 60), is_left)
    found = probability_of_class_1(voxelwise, image, [window], (10, 30, 30), shares.append)
    assert ((found > 0.5) == (image > 0)).all()
    assert shares == sorted(shares)
    assert max(shares) < 1


def test_windows_for_large_tumors_come_to_an_end():
    image = np.full((4, 30, 600), 2.0, np.float32)
    shown = []

    def count(window):
        shown.append(1)
        return voxelwise(window)

    probability_of_class_1(count, image, [EarWindow((0, 0, 300), is_left=False)], (4, 30, 30))
    assert len(shown) == 1 + MOST_ADDED_WINDOWS


def test_a_request_to_stop_is_met_before_the_next_window():
    def stop(share):
        if share > 0:
            raise CancelledError

    windows = [EarWindow((0, 0, 0), is_left=False)] * 2
    with pytest.raises(CancelledError):
        probability_of_class_1(voxelwise, np.zeros((4, 4, 4), np.float32), windows, (4, 4, 4), stop)


BRIGHT = 100.0
EARS = WindowConfig(size_dhw=(24, 36, 40), at_pori=True)


def place(right, anterior=0.0, superior=0.0):
    return np.add(CENTER_RAS_MM, (right, anterior, superior))


def head(grid):
    """A bright ball at the right porus, a dark one at the left, and far from both one that the locator does not see."""
    scan = empty_scan(grid, (190.0, 190.0, 190.0), (2.4, 1.9, 1.9))
    scan = with_ball(scan, place(26.0), 8.0, 2 * BRIGHT)
    scan = with_ball(scan, place(-26.0), 8.0, -2 * BRIGHT)
    return with_ball(scan, place(0.0, 38.0), 8.0, BRIGHT)


@pytest.mark.parametrize("flips", [False, True])
@pytest.mark.parametrize("grid", ["as DICOM stores it", "oblique", "left-handed", "sagittal"])
def test_a_tumor_at_a_porus_comes_back_in_its_place_and_what_lies_elsewhere_is_not_looked_at(grid, flips):
    scan = head(grid)
    deviation = scan.array.std()
    medium = PreprocessingConfig(spacing_dhw_mm=(1.5, 1.0, 1.0), intensity="scan")
    models = Models(
        segmenter=toy_segmenter(0.5 * BRIGHT / deviation, preprocessing=medium, window=EARS),
        locator=toy_locator(1.2 * BRIGHT / deviation),
    )
    result = segment(scan, models, device="cpu", flips=flips)
    mask = VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(result.labelmap.array)
    center = geometry.transform_points(scan.dhw_to_ras, np.argwhere(mask).mean(axis=0))
    assert center == pytest.approx(place(26.0), abs=1.0)
    volume = mask.sum() * geometry.voxel_volume_mm3(scan.dhw_to_ras)
    assert volume == pytest.approx(4 / 3 * np.pi * 8.0**3, rel=0.3)  # the threshold lies at a quarter of its brightness
    assert result.tumor.side == "right"
    assert result.candidates == ()
    assert result.provenance["region"]["each_ear_by_itself"] is True
    assert not any("not judged" in sentence for sentence in result.warnings)
    assert result.provenance["ears_not_judged"] == []


def test_without_a_located_porus_the_whole_scan_is_searched_in_windows():
    scan = with_ball(empty_scan("axial", (60.0, 60.0, 60.0)), place(9.0), 8.0, BRIGHT)
    threshold = float((BRIGHT / 2 - scan.array.mean()) / scan.array.std())
    models = Models(segmenter=toy_segmenter(threshold, window=EARS), locator=toy_locator(1000.0))
    result = segment(scan, models, device="cpu")
    assert VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(result.labelmap.array).any()
    assert any("No internal auditory canal was located" in sentence for sentence in result.warnings)
    assert result.provenance["region"]["each_ear_by_itself"] is False


def test_an_ear_outside_the_scan_is_named_among_those_not_judged():
    scan = head("axial")
    axis = int(np.argmax(np.abs(scan.dhw_to_ras[0, :3])))  # along left-right
    centers = (np.arange(scan.shape[axis]) - (scan.shape[axis] - 1) / 2) * scan.dhw_to_ras[0, axis]
    kept = np.flatnonzero(centers > -8.0)  # the left porus, 26 mm to the left, is cut off
    start, stop = [0, 0, 0], list(scan.shape)
    start[axis], stop[axis] = int(kept[0]), int(kept[-1]) + 1
    half = crop(scan, tuple(start), tuple(stop))
    deviation = half.array.std()
    medium = PreprocessingConfig(spacing_dhw_mm=(1.5, 1.0, 1.0), intensity="scan")
    models = Models(
        segmenter=toy_segmenter(
            0.5 * BRIGHT / deviation, preprocessing=medium, window=replace(EARS, least_seen_share=0.2)
        ),
        locator=toy_locator(1.2 * BRIGHT / deviation),
    )
    result = segment(half, models, device="cpu")
    assert result.provenance["ears_not_judged"] == ["left"]
    assert "The left ear lies mostly outside the scan and was not judged." in result.warnings


def test_a_finding_in_an_ear_of_which_little_is_seen_is_uncertain():
    scan = head("oblique")
    deviation = scan.array.std()
    medium = PreprocessingConfig(spacing_dhw_mm=(1.5, 1.0, 1.0), intensity="scan")
    for sure, doubts in ((0.0, ""), (1.1, "this ear lies mostly outside the scan")):
        window = replace(EARS, least_seen_share=0.0, sure_seen_share=sure)
        models = Models(
            segmenter=toy_segmenter(0.5 * BRIGHT / deviation, preprocessing=medium, window=window),
            locator=toy_locator(1.2 * BRIGHT / deviation),
        )
        result = segment(scan, models, device="cpu")
        assert result.tumor is not None
        assert result.tumor.uncertain == doubts
        said = [each for each in result.warnings if each.endswith("what is said of it is uncertain.")]
        assert len(said) == (2 if doubts else 0)
