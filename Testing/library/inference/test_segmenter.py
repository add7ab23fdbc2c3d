from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from Testing.support.lying_scans import CENTER_RAS_MM, GRIDS, empty_scan, with_ball
from Testing.support.toy_models import half_way, threshold_network, toy_locator, toy_segmenter
from VSSegmentationLib import geometry
from VSSegmentationLib.errors import CancelledError, DeviceMemoryError, InputRefusedError, ModelError, UsageError
from VSSegmentationLib.inference import Models, PreprocessingConfig, WindowConfig, segment
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS
from VSSegmentationLib.volume import Volume

BRIGHT = 100.0
RADIUS = 8.0
BALL_MM3 = 4 / 3 * np.pi * RADIUS**3


def place(right=0.0, anterior=0.0, superior=0.0):
    return np.add(CENTER_RAS_MM, (right, anterior, superior))


def volume_and_center(labelmap):
    mask = VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(labelmap.array)
    center = geometry.transform_points(labelmap.dhw_to_ras, np.argwhere(mask).mean(axis=0))
    return mask.sum() * geometry.voxel_volume_mm3(labelmap.dhw_to_ras), center


FINE = PreprocessingConfig(spacing_dhw_mm=(1.5, 0.5, 0.5), intensity="scan")
MEDIUM = PreprocessingConfig(spacing_dhw_mm=(1.5, 1.0, 1.0), intensity="scan")
COARSE = PreprocessingConfig(spacing_dhw_mm=(3.0, 2.0, 2.0), intensity="scan")
OF_THE_CALL = {"modality", "flips", "on_progress", "should_cancel"}


def run(scan, threshold=None, locator=None, **changes):
    threshold = half_way(scan, BRIGHT) if threshold is None else threshold
    arguments = {key: changes.pop(key) for key in OF_THE_CALL & changes.keys()}
    models = Models(segmenter=toy_segmenter(threshold, **{"preprocessing": MEDIUM, **changes}), locator=locator)
    return segment(scan, models, device="cpu", **arguments)


@pytest.mark.parametrize("grid", GRIDS)
def test_ball_comes_back_in_its_place_with_its_volume_on_the_scans_own_grid(grid):
    scan = with_ball(empty_scan(grid, (45.0, 45.0, 45.0)), place(9.0, -6.0, 5.0), RADIUS, BRIGHT)
    result = run(scan, preprocessing=FINE)
    assert result.labelmap.same_grid(scan)
    assert result.labelmap.array.dtype == np.uint8
    volume, center = volume_and_center(result.labelmap)
    assert center == pytest.approx(place(9.0, -6.0, 5.0), abs=0.15)
    assert volume == pytest.approx(BALL_MM3, rel=0.05)
    assert result.tumor.volume_mm3 == pytest.approx(volume, rel=1e-6)
    assert result.tumor.centroid_ras_mm == pytest.approx(center, abs=1e-6)


def head(grid):
    """A wide scan with a bright ball at the right porus, a dark one at the left, and a larger, less bright one above.

    The locator sees the first two only; to the segmenter both bright ones are tumor.
    """
    scan = empty_scan(grid, (190.0, 190.0, 190.0), (2.4, 1.9, 1.9))
    scan = with_ball(scan, place(26.0), 8.0, 2 * BRIGHT)
    scan = with_ball(scan, place(-26.0), 8.0, -2 * BRIGHT)
    return with_ball(scan, place(20.0, 10.0, 60.0), 16.0, BRIGHT)


@pytest.mark.parametrize("grid", ["as DICOM stores it", "oblique", "sagittal"])
def test_locator_brings_the_segmenter_to_the_region_and_what_lies_outside_is_not_looked_at(grid):
    scan = head(grid)
    deviation = scan.array.std()
    result = run(scan, 0.5 * BRIGHT / deviation, toy_locator(1.2 * BRIGHT / deviation), preprocessing=COARSE)
    assert result.labelmap.same_grid(scan)
    assert volume_and_center(result.labelmap)[1] == pytest.approx(place(26.0), abs=0.4)
    assert result.candidates == ()
    assert result.tumor.side == "right"
    pori = result.provenance["pori"]
    assert pori["right_ras_mm"] == pytest.approx(place(26.0), abs=1.0)
    assert pori["left_ras_mm"] == pytest.approx(place(-26.0), abs=1.0)
    region = result.provenance["region"]
    assert not region["whole_scan"]
    assert region["shape_dhw"] == [22, 42, 62]
    assert region["center_ras_mm"] == pytest.approx(place(), abs=2.0)
    alone = run(scan, 0.5 * BRIGHT / deviation, preprocessing=COARSE)
    assert volume_and_center(alone.labelmap)[1] == pytest.approx(place(20.0, 10.0, 60.0), abs=0.4)


def test_where_the_locator_finds_nothing_the_whole_scan_is_searched_and_this_is_said():
    scan = head("oblique")
    deviation = scan.array.std()
    result = run(scan, 0.5 * BRIGHT / deviation, toy_locator(1e6), preprocessing=COARSE)
    assert volume_and_center(result.labelmap)[1] == pytest.approx(place(20.0, 10.0, 60.0), abs=0.4)
    assert result.provenance["region"]["whole_scan"]
    assert any("whole scan" in warning for warning in result.warnings)


def test_larger_of_two_balls_is_the_tumor_and_the_other_a_candidate():
    scan = with_ball(empty_scan("oblique", (60.0, 60.0, 90.0)), place(18.0), RADIUS, BRIGHT)
    scan = with_ball(scan, place(-18.0), 6.0, BRIGHT)
    result = run(scan)
    assert volume_and_center(result.labelmap)[1] == pytest.approx(place(18.0), abs=0.15)
    assert [candidate.plausible for candidate in result.candidates] == [True]
    assert result.candidates[0].centroid_ras_mm == pytest.approx(place(-18.0), abs=0.15)
    assert result.candidates[0].volume_mm3 == pytest.approx(4 / 3 * np.pi * 6**3, rel=0.07)


def test_scan_without_a_tumor_gives_an_empty_labelmap():
    scan = with_ball(empty_scan("sagittal"), place(), RADIUS, BRIGHT)
    result = run(scan, 1e6)
    assert result.tumor is None
    assert result.candidates == ()
    assert not result.labelmap.array.any()
    assert result.labelmap.same_grid(scan)


def test_network_with_two_parts_gives_both_labels_and_one_without_says_so():
    scan = with_ball(empty_scan("oblique"), place(), 10.0, BRIGHT)
    scan = with_ball(scan, place(), 5.0, BRIGHT)  # twice as bright inside
    inner, outer = ((level - scan.array.mean()) / scan.array.std() for level in (1.5 * BRIGHT, 0.5 * BRIGHT))
    network, config = threshold_network([outer, inner])
    divided = run(scan, network=network, network_config=config, labels=(0, 1, 2))
    voxel = geometry.voxel_volume_mm3(scan.dhw_to_ras)
    assert np.count_nonzero(divided.labelmap.array == 2) * voxel == pytest.approx(4 / 3 * np.pi * 5**3, rel=0.08)
    assert np.count_nonzero(divided.labelmap.array) * voxel == pytest.approx(4 / 3 * np.pi * 10**3, rel=0.05)
    assert not divided.warnings
    whole = run(scan, outer)
    assert set(np.unique(whole.labelmap.array)) == {0, 4}
    assert any("whole tumor only" in warning for warning in whole.warnings)


def test_windows_give_what_one_pass_gives_and_native_spacing_works():
    scan = with_ball(empty_scan("left-handed"), place(4.0, 3.0, -5.0), RADIUS, BRIGHT)
    windows = WindowConfig(size_dhw=(19, 30, 31), one_pass_voxels=1)
    assert np.array_equal(run(scan, window=windows).labelmap.array, run(scan).labelmap.array)
    native = run(scan, window=windows, preprocessing=PreprocessingConfig(spacing_dhw_mm=None, intensity="scan"))
    assert np.array_equal(native.labelmap.array > 0, scan.array > BRIGHT / 2)
    assert not native.provenance["region"]["one_pass"]


def test_flips_do_not_change_what_a_mirror_symmetric_network_finds():
    scan = with_ball(empty_scan("oblique"), place(9.0), RADIUS, BRIGHT)
    assert np.array_equal(run(scan, flips=True).labelmap.array, run(scan).labelmap.array)


def test_intensities_scaled_and_shifted_give_the_same_labelmap():
    scan = with_ball(empty_scan("oblique"), place(), RADIUS, BRIGHT)
    other = scan.with_array(scan.array * 7 - 300)
    threshold = half_way(scan, BRIGHT)
    for source in ("scan", "region"):
        preprocessing = replace(MEDIUM, intensity=source)
        first, second = (run(s, threshold, preprocessing=preprocessing).labelmap.array for s in (scan, other))
        assert np.count_nonzero(first != second) <= 0.001 * np.count_nonzero(first)


def test_z_score_is_taken_from_the_region_where_the_model_says_so():
    scan = head("axial")
    preprocessing = replace(COARSE, intensity="region")
    result = run(scan, 3.0, toy_locator(1.2 * BRIGHT / scan.array.std()), preprocessing=preprocessing)
    index = np.moveaxis(np.indices(scan.shape), 0, -1)
    offset = geometry.transform_points(scan.dhw_to_ras, index) - result.provenance["region"]["center_ras_mm"]
    inside = (np.abs(offset) <= (62.0, 42.0, 33.0)).all(axis=-1)
    assert result.provenance["preprocessing"]["mean"] == pytest.approx(scan.array[inside].mean(), abs=0.3)
    assert result.provenance["preprocessing"]["deviation"] == pytest.approx(scan.array[inside].std(), rel=0.1)
    assert scan.array.std() < 0.6 * scan.array[inside].std()  # the two are far apart


def test_air_round_a_head_stays_out_of_the_z_score_where_no_region_was_found():
    scan = empty_scan("oblique", (190.0, 190.0, 190.0), (4.0, 3.0, 3.0))
    scan = with_ball(with_ball(scan, place(), 70.0, 100.0), place(), 30.0, 50.0)
    share = (30 / 70) ** 3
    result = run(scan, 3.0, toy_locator(1e6), preprocessing=replace(COARSE, intensity="region"))
    assert result.provenance["preprocessing"]["mean"] == pytest.approx(100 + 50 * share, rel=0.05)


def test_progress_grows_to_one_and_names_the_stages():
    told = []
    scan = with_ball(empty_scan("oblique"), place(), RADIUS, BRIGHT)
    run(scan, locator=toy_locator(1e6), on_progress=lambda share, stage: told.append((share, stage)))
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    stages = list(dict.fromkeys(stage for _, stage in told))
    before = ["preparing the networks", "checking the scan", "finding the region"]
    assert stages == [*before, "segmenting", "choosing the tumor", "done"]


def test_cancel_is_heard_at_every_question():
    scan = with_ball(empty_scan("oblique", (30.0, 30.0, 30.0)), place(), RADIUS, BRIGHT)
    settings = {"preprocessing": COARSE, "window": WindowConfig(size_dhw=(6, 10, 10), one_pass_voxels=1)}
    asked = []

    def count():
        asked.append(1)
        return False

    run(scan, locator=toy_locator(1e6), **settings, should_cancel=count)
    questions = len(asked)
    assert questions > 10  # before every stage and window
    for number in range(1, questions + 1):
        answers = iter([False] * (number - 1) + [True])
        with pytest.raises(CancelledError):
            run(scan, locator=toy_locator(1e6), **settings, should_cancel=lambda answers=answers: next(answers))


class _Full(torch.nn.Module):
    def forward(self, _image):
        raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")  # noqa: EM101, TRY003


@pytest.mark.parametrize("role", ["segmenter", "locator"])
def test_memory_that_runs_out_in_the_network_is_told(role):
    scan = with_ball(empty_scan("axial"), place(), RADIUS, BRIGHT)
    changes = {"network": _Full()} if role == "segmenter" else {}
    locator = toy_locator(network=_Full()) if role == "locator" else None
    with pytest.raises(DeviceMemoryError, match="memory"):
        run(scan, locator=locator, **changes)


def test_scan_that_does_not_fit_the_model_gets_a_warning():
    scan = with_ball(empty_scan("sagittal"), place(), RADIUS, BRIGHT)
    fitting = PreprocessingConfig(intensity="scan", trained_spacing_mm=((0.8, 0.8, 1.0), (3.0, 1.0, 1.3)))
    too_fine = PreprocessingConfig(intensity="scan", trained_spacing_mm=((0.8, 0.3, 0.3), (3.0, 0.6, 0.6)))
    assert len(run(scan, modality="T2", preprocessing=fitting).warnings) == 1  # of the undivided tumor
    assert any("ceT1" in warning for warning in run(scan, modality="ceT1").warnings)
    assert not any("trained" in warning for warning in run(scan, modality="unknown").warnings)
    assert any("0.90 x 0.90 x 1.20 mm" in warning for warning in run(scan, preprocessing=too_fine).warnings)


def test_provenance_names_what_made_the_result():
    scan = with_ball(empty_scan("oblique"), place(), RADIUS, BRIGHT)
    provenance = run(scan, locator=toy_locator(1e6), sha256="ab" * 32).provenance
    assert provenance["model"]["name"] == "toy-segmenter"
    assert provenance["model"]["sha256"] == "ab" * 32
    assert provenance["locator"]["name"] == "toy-locator"
    assert provenance["preprocessing"]["spacing_dhw_mm"] == [1.5, 1.0, 1.0]
    assert provenance["device"] == "cpu"
    assert set(provenance["seconds"]) >= {"finding the region", "segmenting"}


def test_wrong_role_and_wrong_device_are_refused():
    with pytest.raises(ModelError, match="locator"):
        Models(segmenter=toy_locator())
    with pytest.raises(ModelError, match="segmenter"):
        Models(segmenter=toy_segmenter(), locator=toy_segmenter())
    with pytest.raises(UsageError):
        segment(empty_scan("axial"), Models(segmenter=toy_segmenter()), device="abacus")


@st.composite
def small_volumes(draw):
    shape = draw(st.tuples(*[st.integers(1, 12)] * 3))
    spacing = draw(st.tuples(*[st.floats(0.05, 9.0)] * 3))
    grid = draw(st.sampled_from(sorted(GRIDS)))
    scan = empty_scan(grid, np.multiply(shape, spacing) - 1e-6 * np.array(spacing), spacing)
    kind = draw(st.sampled_from(["noise", "constant", "spike", "nan", "huge"]))
    array = np.random.default_rng(draw(st.integers(0, 9))).normal(size=scan.shape)
    if kind == "constant":
        array = np.full(scan.shape, 3.0)
    elif kind == "spike":
        array = np.zeros(scan.shape)
        array.flat[array.size // 2] = 1000.0
    elif kind == "nan":
        array.flat[-1] = np.nan
    elif kind == "huge":
        array = array * 1e30
    return scan.with_array(array.astype(np.float32))


@settings(deadline=None, max_examples=40)
@given(scan=small_volumes(), located=st.booleans(), threshold=st.floats(-1.0, 3.0))
def test_any_small_volume_segments_on_its_grid_or_is_refused(scan, located, threshold):
    try:
        result = run(scan, threshold, toy_locator(1.0) if located else None)
    except InputRefusedError:
        return
    assert result.labelmap.same_grid(scan)
    assert set(np.unique(result.labelmap.array)) <= {0, 4}


def test_voxels_of_any_type_that_can_be_float32_are_taken():
    scan = with_ball(empty_scan("axial"), place(), RADIUS, BRIGHT)
    whole = Volume(scan.array.astype(np.int16), scan.dhw_to_ras)
    assert volume_and_center(run(whole).labelmap)[0] == pytest.approx(BALL_MM3, rel=0.07)


def test_a_model_for_whole_scans_is_shown_the_region_first_where_that_is_wanted():
    scan = with_ball(empty_scan("oblique", (190.0, 190.0, 190.0), (3.0, 2.0, 2.0)), place(20.0), 9.0, BRIGHT)
    threshold = half_way(scan, BRIGHT)
    models = Models(
        segmenter=toy_segmenter(threshold, preprocessing=PreprocessingConfig(spacing_dhw_mm=None, intensity="scan")),
        locator=toy_locator(threshold),
    )
    near, wider = (segment(scan, models, device="cpu", region_first=first) for first in (False, True))
    found = volume_and_center(wider.labelmap)
    assert found == (volume_and_center(near.labelmap)[0], pytest.approx(volume_and_center(near.labelmap)[1]))
    shapes = (each.provenance["region"]["shape_dhw"] for each in (wider, near))
    assert np.subtract(*shapes) == pytest.approx([28 / 3, 28 / 2, 28 / 2], abs=1.1)  # 14 mm on every side
    assert any("was made for whole scans" in sentence for sentence in wider.warnings)
