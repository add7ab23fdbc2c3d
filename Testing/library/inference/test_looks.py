"""Looking again in turned windows: everything comes back where it was, the surest counts, a single look is doubted."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from Testing.support.lying_scans import CENTER_RAS_MM, empty_scan, with_ball
from Testing.support.toy_models import STEEP, toy_locator, toy_segmenter
from VSSegmentationLib import geometry
from VSSegmentationLib.errors import CancelledError, ConfigError
from VSSegmentationLib.inference import LooksConfig, Models, PreprocessingConfig, WindowConfig, segment
from VSSegmentationLib.inference.locate import Pori
from VSSegmentationLib.inference.looks import axes_of_ears, frame_at, turns
from VSSegmentationLib.networks import NetworkOutput
from VSSegmentationLib.preprocessing import Grid
from VSSegmentationLib.tensors import array_of
from VSSegmentationLib.volume import Volume

GRIDS = ("axial", "oblique", "left-handed", "sagittal", "coronal")
HALF_AXES_MM = (11.0, 8.0, 6.0)


class Brighter(torch.nn.Module):
    """Tumor where a voxel is brighter than a threshold, or nowhere at all in calls that a list says are blind."""

    def __init__(self, threshold, sees=(True,)):
        super().__init__()
        self.threshold, self.sees, self.shown = torch.nn.Parameter(torch.tensor(threshold)), sees, []

    def forward(self, image):
        sees = self.sees[min(len(self.shown), len(self.sees) - 1)]
        self.shown.append(image.detach().clone())
        logit = torch.clamp(STEEP * (image - self.threshold), -9, 9) if sees else torch.full_like(image, -9.0)
        return NetworkOutput(torch.cat([torch.zeros_like(image), logit], 1), ())


def place(right=0.0, anterior=0.0, superior=0.0):
    return np.add(CENTER_RAS_MM, (right, anterior, superior))


def model(scan, brightness=100.0, **changes):
    threshold = float((brightness / 2 - scan.array.mean()) / scan.array.std())
    bundle = toy_segmenter(
        window=WindowConfig(size_dhw=(20, 40, 40), at_pori=True, medial_of_porus_mm=4.0),
        preprocessing=PreprocessingConfig(spacing_dhw_mm=(1.5, 1.0, 1.0), intensity="scan"),
    )
    return replace(bundle, network=Brighter(threshold, **changes).eval())


def ellipsoid(scan, center, half_axes_mm, turned):
    """A bright ellipsoid in general position, with the smooth rim of one voxel."""
    index = np.indices(scan.shape).reshape(3, -1).T
    points = (geometry.transform_points(scan.dhw_to_ras, index) - center) @ turned
    inside = np.linalg.norm(points / half_axes_mm, axis=1).reshape(scan.shape)
    rim = np.clip((1 - inside) * min(half_axes_mm) + 0.5, 0, 1)
    return scan.with_array((scan.array + 100 * rim).astype(np.float32)), inside <= 1


def pori():
    r, a, s = np.add(CENTER_RAS_MM, 0.04).tolist()  # so that each ear has one window, and not one on either side of it
    return Pori(right_ras_mm=(r + 24, a, s), left_ras_mm=(r - 24, a, s))


@pytest.mark.parametrize("looks", [LooksConfig(), LooksConfig(aligned=True), LooksConfig(recentered=True)])
@pytest.mark.parametrize("grid", GRIDS)
def test_what_is_found_in_a_turned_window_comes_back_on_the_scans_own_grid(grid, looks):
    turned = Rotation.from_euler("zxy", (40, 20, -10), degrees=True).as_matrix()
    scan, truth = ellipsoid(empty_scan(grid, (70.0, 70.0, 110.0)), place(19.0, 2.0, -1.0), HALF_AXES_MM, turned)
    bundle = model(scan)
    found = segment(scan, Models(segmenter=bundle, locator=toy_locator()), looks=looks, pori=pori(), device="cpu")
    once = segment(scan, Models(segmenter=bundle, locator=toy_locator()), pori=pori(), device="cpu")
    assert found.labelmap.same_grid(scan)
    volume_mm3 = 4 / 3 * np.pi * np.prod(HALF_AXES_MM)
    assert found.tumor.volume_mm3 == pytest.approx(volume_mm3, rel=0.08)
    assert found.tumor.centroid_ras_mm == pytest.approx(place(19.0, 2.0, -1.0), abs=0.25)
    mask = found.labelmap.array > 0
    assert 2 * (mask & truth).sum() / (mask.sum() + truth.sum()) > 0.93
    assert found.provenance["looks"]["windows_of_ears"] == {"right": 7}
    assert once.provenance["looks"] is None


def test_windows_are_turned_by_the_angle_about_each_axis_either_way_and_stay_at_right_angles():
    axes = axes_of_ears(Pori(), Grid((4, 5, 6), empty_scan("oblique").dhw_to_ras), aligned=False)
    found = list(turns(axes, 12.0))
    assert len(found) == 7
    assert np.array_equal(found[0], axes)
    for turned in found[1:]:
        assert turned.T @ turned == pytest.approx(np.eye(3), abs=1e-9)
        angle = np.degrees(np.arccos((np.trace(turned @ axes.T) - 1) / 2))
        assert angle == pytest.approx(12.0)
    assert len(list(turns(axes, 0.0))) == 1


def test_aligned_windows_run_from_porus_to_porus_unless_one_of_them_must_be_wrong():
    part = Grid((40, 80, 90), empty_scan("axial").dhw_to_ras)
    tilted = Pori(right_ras_mm=(24.0, 5.0, -7.0), left_ras_mm=(-24.0, -5.0, 7.0))
    axes = axes_of_ears(tilted, part, aligned=True)
    assert axes[:, 2] == pytest.approx(np.array([24.0, 5.0, -7.0]) / np.linalg.norm([24.0, 5.0, -7.0]))
    assert axes.T @ axes == pytest.approx(np.eye(3), abs=1e-9)
    assert axes[2, 0] > 0.95
    assert axes[1, 1] > 0.95
    for known in (
        replace(tilted, assumed="left"),
        Pori(right_ras_mm=(24.0, 0.0, 0.0)),
        Pori(right_ras_mm=(15.0, 5.0, -20.0), left_ras_mm=(-15.0, -5.0, 20.0)),  # 54 degrees aslant
    ):
        assert axes_of_ears(known, part, aligned=True) == pytest.approx(axes_of_ears(Pori(), part, aligned=False))
    assert axes_of_ears(tilted, part, aligned=False)[:, 2] == pytest.approx([1.0, 0.0, 0.0])


def test_a_frame_has_its_middle_at_the_point_and_the_spacing_of_the_working_grid():
    axes = list(turns(np.eye(3)[:, ::-1].copy(), 12.0))[3]
    frame = frame_at((3.0, -4.0, 5.0), axes, (1.5, 0.5, 0.5), (24, 88, 80), is_left=True)
    assert frame.grid.shape == (24, 88, 80)
    assert frame.grid.spacing_dhw_mm == pytest.approx((1.5, 0.5, 0.5))
    middle = geometry.transform_points(frame.grid.dhw_to_ras, (np.array(frame.grid.shape) - 1) / 2)
    assert middle == pytest.approx([3.0, -4.0, 5.0])
    assert (frame.window.start_dhw, frame.window.is_left) == ((0, 0, 0), True)


def two_ears():
    scan = with_ball(empty_scan("axial", (60.0, 60.0, 110.0)), place(20.0), 6.0, 100.0)
    return with_ball(scan, place(-20.0), 4.0, 100.0)


def test_only_an_ear_with_a_finding_is_looked_at_again_and_a_left_one_is_shown_as_a_right_one():
    scan = with_ball(empty_scan("axial", (60.0, 60.0, 110.0)), place(-23.0), 5.0, 100.0)  # lateral of the middle
    bundle = model(scan)
    found = segment(
        scan, Models(segmenter=bundle, locator=toy_locator()), looks=LooksConfig(), pori=pori(), device="cpu"
    )
    assert found.provenance["looks"]["windows_of_ears"] == {"left": 7}
    shown = bundle.network.shown[2:]  # after the first look of either ear
    assert len(shown) == 7
    for image in shown:
        bright = np.argwhere(array_of(image[0, 0]) > 1).mean(axis=0)
        assert bright[2] > 21  # right of the middle
    every = segment(
        scan,
        Models(segmenter=bundle, locator=toy_locator()),
        looks=LooksConfig(every_ear=True),
        pori=pori(),
        device="cpu",
    )
    assert every.provenance["looks"]["windows_of_ears"] == {"right": 7, "left": 7}


def test_the_other_ear_keeps_what_was_found_there():
    scan = two_ears()
    found = segment(
        scan, Models(segmenter=model(scan), locator=toy_locator()), looks=LooksConfig(), pori=pori(), device="cpu"
    )
    (other,) = found.candidates
    assert found.tumor.side == "right"
    assert other.side == "left"
    assert other.volume_mm3 == pytest.approx(4 / 3 * np.pi * 4**3, rel=0.1)


@pytest.mark.parametrize(("seen_in", "said"), [(7, "certain"), (3, "uncertain"), (1, "refused")])
def test_the_surest_look_counts_and_what_the_others_say_makes_it_uncertain_or_refutes_it(seen_in, said):
    scan = with_ball(empty_scan("axial", (60.0, 60.0, 110.0)), place(20.0), 6.0, 100.0)
    bundle = model(scan, sees=(*[True] * (2 + seen_in), False) if seen_in < 7 else (True,))  # two first looks
    found = segment(
        scan, Models(segmenter=bundle, locator=toy_locator()), looks=LooksConfig(), pori=pori(), device="cpu"
    )
    told = found.tumor or found.candidates[0]
    assert told.volume_mm3 == pytest.approx(4 / 3 * np.pi * 6**3, rel=0.08)
    assert told.mean_over_looks == pytest.approx(seen_in / 7, abs=0.12)  # of which the ball's soft rim takes a little
    assert (found.tumor is None) == (said == "refused")
    assert ("over the turned looks" in (told.reason if said == "refused" else told.uncertain)) == (said != "certain")


def test_the_first_of_equal_looks_is_the_straight_one_and_a_blind_one_loses():
    scan = with_ball(empty_scan("axial", (60.0, 60.0, 110.0)), place(20.0), 6.0, 100.0)
    bundle = model(scan, sees=(True, True, False, True))  # blind when straight
    found = segment(
        scan, Models(segmenter=bundle, locator=toy_locator()), looks=LooksConfig(), pori=pori(), device="cpu"
    )
    assert found.tumor.volume_mm3 == pytest.approx(4 / 3 * np.pi * 6**3, rel=0.08)
    assert found.tumor.mean_over_looks == pytest.approx(6 / 7, abs=0.12)


def test_a_tumor_larger_than_its_window_is_followed_beyond_it_in_every_turn():
    scan = with_ball(empty_scan("axial", (90.0, 90.0, 130.0)), place(14.0), 22.0, 100.0)
    bundle = model(scan)
    found = segment(
        scan, Models(segmenter=bundle, locator=toy_locator()), looks=LooksConfig(), pori=pori(), device="cpu"
    )
    assert found.tumor.volume_mm3 == pytest.approx(4 / 3 * np.pi * 22**3, rel=0.03)


def test_without_windows_at_the_pori_it_is_said_that_the_scan_was_looked_at_once():
    scan = two_ears()
    found = segment(
        scan, Models(segmenter=model(scan), locator=toy_locator()), looks=LooksConfig(), pori=Pori(), device="cpu"
    )
    assert any(warning.startswith("A thorough look was asked for") for warning in found.warnings)
    assert found.provenance["looks"]["windows_of_ears"] == {}


def test_looking_again_can_be_stopped():
    scan = two_ears()
    stages = []

    def stop():
        return "looking again" in stages

    with pytest.raises(CancelledError, match="looking again"):
        segment(
            scan, Models(segmenter=model(scan), locator=toy_locator()), looks=LooksConfig(), pori=pori(), device="cpu",
            on_progress=lambda _share, stage: stages.append(stage), should_cancel=stop,
        )  # fmt: skip


def test_an_impossible_turn_is_refused():
    with pytest.raises(ConfigError, match="turn_deg"):
        LooksConfig(turn_deg=50.0)


def test_voxels_without_a_scan_are_shown_as_the_mean():
    scan = with_ball(empty_scan("axial", (30.0, 40.0, 110.0)), place(20.0), 6.0, 100.0)  # lower than the window
    scan = Volume(scan.array + 500, scan.dhw_to_ras)
    bundle = model(scan, brightness=1100.0)
    segment(scan, Models(segmenter=bundle, locator=toy_locator()), looks=LooksConfig(), pori=pori(), device="cpu")
    for image in bundle.network.shown:
        assert array_of(image[0, 0, 0]).min() >= -1.0  # 500 above the air of 0 it would be far below
