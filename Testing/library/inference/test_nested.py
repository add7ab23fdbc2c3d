"""A model of nested regions runs the whole way, and its file says what it is."""

from dataclasses import replace

import numpy as np
import pytest

from Testing.support.lying_scans import empty_scan, with_ball
from Testing.support.toy_models import STEEP, half_way, voxelwise_network
from Testing.support.toy_task import BRIGHT, CENTER_RAS_MM, CORE, CORE_CM3, LABELS, RIM, WHOLE_CM3, toy_model, toy_scans
from VSSegmentationLib import geometry
from VSSegmentationLib.errors import ModelError
from VSSegmentationLib.inference import Models, PreprocessingConfig, load_model, save_model, segment
from VSSegmentationLib.networks import NestedRegions


def region_model(first, second, **changes):
    """Region 1 is what is bright in the first scan, region 2 what is bright in the second, wherever that is."""
    whole, core = half_way(first, BRIGHT), half_way(second, BRIGHT)
    network, config = voxelwise_network(
        [STEEP, 0.0], [-STEEP * whole, -STEEP * core], in_channels=2, second_slopes=[0.0, STEEP]
    )
    model = replace(toy_model(first, second), network=NestedRegions(network), network_config=config, nested=True)
    return replace(model, **changes)


def cm3(labelmap, *values):
    return np.isin(labelmap.array, values).sum() * geometry.voxel_volume_mm3(labelmap.dhw_to_ras) / 1000


def test_regions_come_back_from_the_file_and_lie_where_they_are(tmp_path):
    first, second = toy_scans()
    second = with_ball(second, np.add(CENTER_RAS_MM, (-15.0, 0.0, 0.0)), 4.0, BRIGHT)  # bright outside the whole tumor
    save_model(tmp_path / "toy_regions.pt", region_model(first, second))
    model = load_model(tmp_path / "toy_regions.pt")
    assert model.nested
    assert not any(name.startswith("network.network") for name in model.network.network.state_dict())
    for flips in (False, True):
        labelmap = segment([first, second], Models(segmenter=model), flips=flips).labelmap
        assert set(np.unique(labelmap.array)) == {0, RIM, CORE}
        assert cm3(labelmap, RIM, CORE) == pytest.approx(WHOLE_CM3, rel=0.06)
        assert cm3(labelmap, CORE) == pytest.approx(CORE_CM3, rel=0.15)


def test_labels_that_are_not_nested_in_their_order_are_refused():
    first, second = toy_scans()
    with pytest.raises(ModelError, match="must each lie inside the one before it, got core, rim"):
        region_model(first, second, labels=(0, CORE, RIM))
    with pytest.raises(ModelError, match="gives 3 classes where its labels ask for 2"):
        region_model(first, second, labels=(0, LABELS.of_key("rim").value))


def test_a_scan_without_skull_is_scored_by_what_is_left_of_the_head():
    first, second = toy_scans()
    inside = with_ball(empty_scan("oblique", (50.0, 50.0, 50.0)), CENTER_RAS_MM, 18.0, 1.0).array >= 0.5
    stripped = first.with_array(np.where(inside, first.array + 40, 0).astype(np.float32))
    model = region_model(first, second)
    own = PreprocessingConfig(spacing_dhw_mm=None, intensity="nonzero")
    model = replace(model, settings=replace(model.settings, preprocessing=own))
    told = segment([stripped, second.with_array(second.array + 5)], Models(segmenter=model)).provenance["preprocessing"]
    values = stripped.array[stripped.array != 0].astype(np.float64)
    assert told["mean"] == pytest.approx(values.mean(), rel=1e-6)
    assert told["deviation"] == pytest.approx(values.std(), rel=1e-6)
