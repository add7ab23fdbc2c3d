"""What a model of gliomas finds in heads is compared region by region, with all scans and without some."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.glioma_heads import ALL, Found, Head, card_values, choices, found_in, page, table
from Testing.library.tasks.test_glioma import EDEMA, ENHANCING, LABELS, NECROSIS, three_regions
from Testing.support.lying_scans import empty_scan, with_ball
from Testing.support.toy_models import toy_segmenter
from VSSegmentationLib.inference import ModelBundle, ModelInput, PreprocessingConfig
from VSSegmentationLib.networks import NestedRegions
from VSSegmentationLib.tasks.glioma import GLIOMA

CENTER, BRIGHT = (10.0, -7.0, 12.0), 100.0
RADII = {"whole": 18.0, "core": 13.0, "enhancing": 8.0}
NAMES = tuple(each.name for each in GLIOMA.inputs)
ROWS = {
    ALL: Found({"whole": [0.9, 0.7], "core": [0.8, 0.6], "enhancing": [0.5]}, [0.0, 2.5]),
    "without t1": Found({"whole": [0.4, 0.2], "core": [0.3, 0.1], "enhancing": [0.2]}, [0.0, 0.0]),
}


@pytest.fixture(scope="module")
def heads() -> list[Head]:
    """One with three balls inside each other, one that grows brighter to one side."""
    grid = empty_scan("axial", (75.0, 75.0, 75.0))
    shown = dict(zip(NAMES, (18.0, 18.0, 8.0, 13.0), strict=True))
    scans = [with_ball(grid, CENTER, radius, BRIGHT) for radius in shown.values()]
    inside = [with_ball(grid, CENTER, radius, 1.0).array > 0.5 for radius in RADII.values()]
    truth = np.select(inside[::-1], [ENHANCING, NECROSIS, EDEMA], 0).astype(np.uint8)
    even = grid.with_array(np.broadcast_to(np.linspace(0, 1, grid.array.shape[2], dtype=np.float32), grid.array.shape))
    return [Head(scans, truth), Head([even] * 4, np.zeros_like(truth))]


@pytest.fixture(scope="module")
def model(heads: list[Head]) -> ModelBundle:
    """T1 shows it the whole tumor, T2 the core, T1 with contrast agent what enhances; it does without FLAIR."""
    scans = dict(zip(NAMES, heads[0].scans, strict=True))
    network, config = three_regions([("t1", 1), ("t2", 3), ("t1ce", 2)], scans, BRIGHT)
    return toy_segmenter(
        name="toy_glioma", network=NestedRegions(network), network_config=config, nested=True, task="glioma",
        label_set=LABELS, labels=(0, EDEMA, NECROSIS, ENHANCING), modality="FLAIR",
        inputs=tuple(ModelInput(each.name, each.modalities[0], each.name == "flair") for each in GLIOMA.inputs),
        preprocessing=PreprocessingConfig(spacing_dhw_mm=(1.2, 1.0, 1.0), intensity="scan"),
    )  # fmt: skip


def test_a_model_is_shown_all_scans_and_all_but_each_that_it_does_without(model: ModelBundle):
    assert choices(model) == {ALL: NAMES, "without flair": NAMES[1:]}
    loose = replace(model, inputs=tuple(replace(each, optional=True) for each in model.inputs))
    assert choices(loose)["t1ce alone"] == ("t1ce",)
    assert len(choices(loose)) == 6


def test_regions_are_compared_where_the_truth_has_them_and_false_tumors_counted(heads: list[Head], model: ModelBundle):
    for names in choices(model).values():
        found = found_in(heads, model, names)
        assert found.dice.keys() == RADII.keys()
        assert all(value > 0.85 for values in found.dice.values() for value in values)
        assert [len(values) for values in found.dice.values()] == [1, 1, 1]
        assert found.false_cm3 == [0.0]


def test_table_card_and_page_say_what_was_measured(model: ModelBundle):
    row = table(ROWS).splitlines()[2]
    dice = "0.80, 0.80, 0.70 (2) | 0.70, 0.70, 0.60 (2) | 0.50, 0.50, 0.50 (1)"
    assert row == f"| all four scans | {dice} | 1 of 2, at most 2.5 cm³ |"
    values = card_values(ROWS, ["head_20"])
    assert [each.value for each in values] == [0.8, 0.7, 0.5, 2.5, 0.3, 0.2, 0.2, 0.0]
    assert all("held out; synthetic only" in each.note for each in values)
    assert all("without t1" in each.note for each in values[4:])
    text = page(model, ROWS, ["head_19", "head_20"], 4)
    assert row in text
    assert "4 with a tumor" in " ".join(text.split())
    assert "Nothing here is" in text
