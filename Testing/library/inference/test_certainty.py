"""Two limits of each figure: certain, uncertain, refused; and what files of before say."""

import pytest
import torch

from Testing.support.toy_models import toy_divider, toy_segmenter
from VSSegmentationLib.errors import ConfigError
from VSSegmentationLib.inference import AtLeast, AtMost, CertaintyConfig, load_model, save_model
from VSSegmentationLib.inference.certainty import Verdict
from VSSegmentationLib.models import find_model


def verdicts(limits, values):
    found: list[Verdict] = [limits.verdict(value) for value in values]
    return found


def test_a_figure_is_certain_up_to_its_first_limit_and_refused_beyond_its_second():
    assert verdicts(AtLeast(0.7, 0.5), (0.7, 0.69, 0.5, 0.49)) == ["certain", "uncertain", "uncertain", "refused"]
    assert verdicts(AtMost(6.0, 10.0), (6.0, 6.1, 10.0, 10.1)) == ["certain", "uncertain", "uncertain", "refused"]
    assert verdicts(AtLeast(0.7, 0.7), (0.7, 0.699)) == ["certain", "refused"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"mean_probability": AtLeast(0.5, 0.7)},
        {"mean_probability": AtLeast(1.2, 0.7)},
        {"mean_over_looks": AtLeast(0.5, -0.1)},
        {"porus_distance_mm": AtMost(10.0, 5.0)},
        {"boundary_spread_mm": AtMost(0.0, 5.0)},
    ],
)
def test_limits_out_of_order_are_refused(wrong):
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        CertaintyConfig(**wrong)


def test_limits_survive_in_a_model_file(tmp_path):
    mine = CertaintyConfig(mean_probability=AtLeast(0.8, 0.55), boundary_spread_mm=AtMost(0.4, 2.0))
    for number, bundle in enumerate((toy_segmenter(certainty=mine), toy_divider(certainty=mine))):
        save_model(tmp_path / f"{number}.pt", bundle)
        assert load_model(tmp_path / f"{number}.pt").settings.certainty == mine


def test_a_file_from_before_keeps_its_one_limit_and_has_nothing_uncertain(tmp_path):
    save_model(tmp_path / "new.pt", toy_segmenter())
    content = torch.load(tmp_path / "new.pt", weights_only=True)
    del content["certainty"]
    content["plausibility"] |= {"min_mean_probability": 0.65, "max_porus_distance_mm": 12.0}
    torch.save(content, tmp_path / "old.pt")
    certainty = load_model(tmp_path / "old.pt").settings.certainty
    assert certainty.mean_probability == (0.65, 0.65)
    assert certainty.porus_distance_mm == (12.0, 12.0)


def test_the_models_that_ship_keep_the_limits_that_they_were_released_with():
    names = ("spvpa_t2_synthetic", "spvpa_cet1_synthetic", "divider_synthetic")
    t2, cet1, divider = (load_model(find_model(name)) for name in names)
    assert t2.settings.certainty.mean_probability == (0.85, 0.65)  # all by the rules, on the stress set
    assert cet1.settings.certainty.mean_probability == (0.85, 0.5)
    assert t2.settings.certainty.porus_distance_mm == (7.0, 9.0)
    assert cet1.settings.certainty.porus_distance_mm == (11.0, 13.0)
    assert divider.settings.certainty.boundary_spread_mm == (0.2, 0.3)
