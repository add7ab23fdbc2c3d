import numpy as np
import pytest

from Testing.support.toy_models import CENTER_RAS_MM, GRIDS, empty_scan, half_way, toy_segmenter, with_ball
from VSSegmentationLib import geometry
from VSSegmentationLib.inference import Models, segment
from VSSegmentationLib.labels import tumor_mask

BRIGHT = 100.0
RADIUS = 8.0
VOLUME = 4 / 3 * np.pi * RADIUS**3


def volume_and_center(labelmap):
    mask = tumor_mask(labelmap.array)
    center = geometry.transform_points(labelmap.dhw_to_ras, np.argwhere(mask).mean(axis=0))
    return mask.sum() * geometry.voxel_volume_mm3(labelmap.dhw_to_ras), center


@pytest.mark.parametrize("grid", GRIDS)
def test_ball_comes_back_in_its_place_with_its_volume_on_the_scans_own_grid(grid):
    place = np.add(CENTER_RAS_MM, (9.0, -6.0, 5.0))
    scan = with_ball(empty_scan(grid), place, RADIUS, BRIGHT)

    result = segment(scan, Models(segmenter=toy_segmenter(half_way(scan, BRIGHT))), device="cpu")

    assert result.labelmap.same_grid(scan)
    assert result.labelmap.array.dtype == np.uint8
    volume, center = volume_and_center(result.labelmap)
    assert center == pytest.approx(place, abs=0.15)
    assert volume == pytest.approx(VOLUME, rel=0.05)
    assert result.tumor is not None
    assert result.tumor.volume_mm3 == pytest.approx(volume, rel=1e-6)
    assert result.tumor.centroid_ras_mm == pytest.approx(center, abs=1e-6)
