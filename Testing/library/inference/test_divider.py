"""Stage 2 in space: whatever way a scan lies, the boundary is where the image says, and the mask is what it was."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from Testing.support.lying_scans import CENTER_RAS_MM, GRIDS, empty_scan, with_ball
from Testing.support.toy_models import toy_divider, toy_segmenter
from VSSegmentationLib import geometry
from VSSegmentationLib.errors import CancelledError, ModelError
from VSSegmentationLib.inference import Models, WindowConfig, divide_tumor, load_model, save_model, segment
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS, Label
from VSSegmentationLib.measurement import MeatalPlane, fit_meatal_plane
from VSSegmentationLib.networks import DIVIDER, build_network
from VSSegmentationLib.preprocessing import intensity_of
from VSSegmentationLib.volume import Volume, reorder

NORMAL = np.array([0.8, 0.6, 0.0])
"""From the dim half of the tumor to the bright one, in RAS."""


def heights(scan, along=NORMAL, through=CENTER_RAS_MM):
    index = np.indices(scan.shape).reshape(3, -1).T
    points = geometry.transform_points(scan.dhw_to_ras, index) - np.array(through)
    return (points @ along).reshape(scan.shape)


def two_halves(grid, radius_mm=9.0, extents_mm=(60.0, 60.0, 60.0), center=CENTER_RAS_MM):
    """A ball, twice as bright on the far side of a plane through its center."""
    scan = with_ball(empty_scan(grid, extents_mm), center, radius_mm, 100.0)
    bright = heights(scan, through=center) > 0
    return scan.with_array(np.where(bright, 2 * scan.array, scan.array).astype(np.float32))


def threshold(scan, value=150.0):
    return float((value - scan.array.mean()) / scan.array.std())


def divided(scan, divider, every_flip=False):
    """The ball as an undivided mask, given to stage 2 on the reordered scan as the pipeline does."""
    order = geometry.superior_anterior_right_order(scan.dhw_to_ras)
    sar = reorder(scan, order)
    mask = np.where(sar.array > 50, np.uint8(Label.UNDIVIDED_TUMOR), np.uint8(0))
    with torch.inference_mode():
        result = divide_tumor(
            sar, mask, divider, intensity_of(sar.array), device=torch.device("cpu"), every_flip=every_flip,
            on_step=lambda _share: None,
        )  # fmt: skip
    return sar, mask > 0, result


@pytest.mark.parametrize("every_flip", [False, True])
@pytest.mark.parametrize("grid", sorted(GRIDS))
def test_the_boundary_is_where_the_image_changes_however_the_scan_lies(grid, every_flip):
    scan = two_halves(grid)
    sar, mask, result = divided(scan, toy_divider(threshold(scan)), every_flip)
    np.testing.assert_array_equal(VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(result.labelmap), mask)
    assert set(np.unique(result.labelmap)) == {0, Label.EXTRAMEATAL, Label.INTRAMEATAL}
    plane = fit_meatal_plane(Volume(result.labelmap, sar.dhw_to_ras))
    assert isinstance(plane, MeatalPlane)
    assert np.degrees(np.arccos(min(1.0, -np.array(plane.normal_ras) @ NORMAL))) < 6  # toward the dim side
    assert abs(plane.height_mm(np.array(CENTER_RAS_MM))) < 0.75
    assert result.boundary.sure
    assert result.boundary.disagreeing == 0
    assert result.boundary.spread_mm < 0.1  # the network looks at single voxels: mirroring changes nothing


def test_a_tumor_at_the_edge_of_a_scan_and_one_larger_than_a_window_are_divided_in_the_same_place():
    edge = np.add(CENTER_RAS_MM, (24.0, 0, 0))
    scan = two_halves("oblique", 9.0, center=tuple(edge))
    sar, mask, result = divided(scan, toy_divider(threshold(scan)))
    np.testing.assert_array_equal(VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(result.labelmap), mask)
    assert np.mean((heights(sar, through=edge) > 0)[mask] == (result.labelmap == Label.INTRAMEATAL)[mask]) > 0.95

    scan = two_halves("left-handed", 26.0)
    windows = WindowConfig(size_dhw=(24, 48, 48), overlap=0.5, one_pass_voxels=24 * 48 * 48)
    small = toy_divider(threshold(scan), window=windows)
    sar, mask, in_windows = divided(scan, small)
    whole = toy_divider(threshold(scan), window=replace(windows, one_pass_voxels=10**8))
    np.testing.assert_array_equal(in_windows.labelmap, divided(scan, whole)[2].labelmap)
    assert np.mean((heights(sar) > 0)[mask] == (in_windows.labelmap == Label.INTRAMEATAL)[mask]) > 0.97


@pytest.mark.parametrize(("above", "part"), [(-50.0, Label.INTRAMEATAL), (50.0, Label.EXTRAMEATAL)])
def test_a_tumor_in_one_part_only_is_an_answer_and_a_sure_one(above, part):
    scan = two_halves("axial")
    _, mask, result = divided(scan, toy_divider(above))
    np.testing.assert_array_equal(result.labelmap, np.where(mask, np.uint8(part), np.uint8(0)))
    assert result.boundary == (None, 0, "certain")


class _ChangesItsMind(torch.nn.Module):
    """Puts the boundary beside the middle, always toward the end of the array along W, whichever way the image lies."""

    def __init__(self, inner, beside):
        super().__init__()
        self.inner, self.beside = inner, beside

    def forward(self, image):
        output = self.inner(image)
        place = torch.arange(image.shape[-1]) - (image.shape[-1] - 1) / 2
        toward_bright = torch.sign((image[:, 0] * place).sum())
        logits = output.logits.clone()
        logits[:, 2] = 0.5 * toward_bright * (place - self.beside) + 0 * logits[:, 2]
        logits[:, 1] = 0.0
        return output._replace(logits=logits)


def moving_divider():
    divider = toy_divider()
    return replace(divider, network=_ChangesItsMind(divider.network, beside=6.0))


@pytest.mark.parametrize("every_flip", [False, True])
def test_the_mirror_image_of_a_tumor_is_divided_as_the_tumor(every_flip):
    scan = two_halves("axial")
    mirrored = scan.with_array(np.ascontiguousarray(scan.array[:, :, ::-1]))
    _, mask, one = divided(scan, moving_divider(), every_flip)
    _, _, other = divided(mirrored, moving_divider(), every_flip)
    # A boundary that is off by 3 mm to one side would make a difference of 6 mm, a third of the ball.
    assert np.mean((one.labelmap == other.labelmap[:, :, ::-1])[mask]) > 0.95


def test_a_boundary_that_moves_between_mirror_images_is_to_be_checked():
    scan = two_halves("axial")
    moving = moving_divider()
    _, _, result = divided(scan, moving)
    # Each mirror image has it 3 mm away, one half of them to either side, so that the mean has it in the middle.
    assert not result.boundary.sure
    assert result.boundary.spread_mm == pytest.approx(3.0, abs=0.4)
    models = Models(segmenter=toy_segmenter(1.0), divider=moving)
    said = segment(scan, models, modality="T2")
    assert any(
        text.startswith("Check the boundary of the intrameatal and the extrameatal part") for text in said.warnings
    )
    assert said.provenance["boundary"]["sure"] is False
    assert said.provenance["divider"]["name"] == "toy-divider"


def test_the_pipeline_divides_what_a_whole_tumor_model_finds_and_keeps_its_mask():
    scan = two_halves("sagittal")
    whole = segment(scan, Models(segmenter=toy_segmenter(1.0)), modality="T2")
    both = segment(scan, Models(segmenter=toy_segmenter(1.0), divider=toy_divider(threshold(scan))), modality="T2")
    np.testing.assert_array_equal(
        VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(both.labelmap.array),
        VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(whole.labelmap.array),
    )
    assert set(np.unique(whole.labelmap.array)) == {0, Label.UNDIVIDED_TUMOR}
    assert set(np.unique(both.labelmap.array)) == {0, Label.EXTRAMEATAL, Label.INTRAMEATAL}
    assert any("whole tumor only" in text for text in whole.warnings)
    assert not any("whole tumor only" in text for text in both.warnings)
    assert whole.boundary is None
    assert both.boundary is not None
    assert "dividing the tumor" in both.provenance["seconds"]


def test_dividing_can_be_cancelled_and_nothing_is_divided_where_nothing_was_found():
    scan = two_halves("axial")
    models = Models(segmenter=toy_segmenter(1.0), divider=toy_divider(threshold(scan)))
    stages = []

    def stop():
        return bool(stages) and stages[-1] == "dividing the tumor"

    with pytest.raises(CancelledError, match="dividing the tumor"):
        segment(scan, models, on_progress=lambda _share, stage: stages.append(stage), should_cancel=stop)
    nothing = segment(scan, replace(models, segmenter=toy_segmenter(1e4)), modality="T2")
    assert nothing.tumor is None
    assert nothing.boundary is None


def test_a_divider_takes_two_channels_gives_three_classes_and_is_no_segmenter(tmp_path):
    bundle = toy_divider()
    with pytest.raises(ModelError, match="takes image and mask"):
        replace(bundle, network_config=replace(bundle.network_config, in_channels=1))
    with pytest.raises(ModelError, match="is a divider, and a segmenter is needed"):
        Models(segmenter=bundle)
    with pytest.raises(ModelError, match="is a segmenter, and a divider is needed"):
        Models(segmenter=toy_segmenter(), divider=toy_segmenter())
    real = replace(bundle, network=build_network(DIVIDER), network_config=DIVIDER)
    save_model(tmp_path / "real.pt", real)
    read = load_model(tmp_path / "real.pt")
    assert (read.role, read.network_config, read.settings) == ("divider", DIVIDER, real.settings)


def test_a_divider_normalizes_by_the_region_round_the_tumor_even_where_the_segmenter_takes_the_whole_scan():
    """Bright matter far away changes the whole scan's statistics, and must not move the boundary."""
    scan = two_halves("oblique", 9.0, (150.0, 150.0, 150.0))
    far = np.abs(heights(scan, np.array([0.0, 0.0, 1.0]))) > 60  # beyond the region, which is 66 mm high
    scan = scan.with_array(np.where(far, 80.0, scan.array).astype(np.float32))
    region = two_halves("oblique", 9.0, (66.0, 84.0, 124.0))
    divider, segmenter = toy_divider(threshold(region)), toy_segmenter(1.0)
    assert (divider.settings.preprocessing.intensity, segmenter.settings.preprocessing.intensity) == ("region", "scan")
    found = segment(scan, Models(segmenter=toy_segmenter(threshold(scan, 90.0)), divider=divider), modality="T2")
    tumor = VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(found.labelmap.array)
    ball = two_halves("oblique", 9.0, (150.0, 150.0, 150.0)).array > 0
    assert 0.3 < np.mean(heights(scan)[tumor] > 0) < 0.7  # both halves are tumor
    bright = heights(scan)[tumor & ball] > 0
    assert np.mean(bright == (found.labelmap.array[tumor & ball] == Label.INTRAMEATAL)) > 0.95
