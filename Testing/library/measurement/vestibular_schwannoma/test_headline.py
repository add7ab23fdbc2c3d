import numpy as np
import pytest

from Testing.support.phantoms import ice_cream
from VSSegmentationLib.errors import ConfigError
from VSSegmentationLib.measurement import HeadlinePolicy, choose_headline, measure
from VSSegmentationLib.measurement.reasons import ONE_VOXEL
from VSSegmentationLib.measurement.vestibular_schwannoma import reasons
from VSSegmentationLib.measurement.vestibular_schwannoma.definitions import measured, unmeasured
from VSSegmentationLib.volume import Volume


def numbers(*, em_cm3=1.0, im_cm3=0.2, voxels=5000, para_em=12.0, para_im=5.0, perp_em=6.2):
    """What a policy looks at; a part of 0 cm3 is absent."""
    no_em = reasons.NO_EXTRAMEATAL if em_cm3 == 0 else None
    parts = no_em or (reasons.NO_INTRAMEATAL if im_cm3 == 0 else None)
    return [
        measured("vol_total", em_cm3 + im_cm3, extra={"voxel_count": voxels}),
        measured("vol_em", em_cm3),
        measured("vol_im", im_cm3),
        measured("whole_max_axial", 20.0),
        unmeasured("em_max_axial", no_em) if no_em else measured("em_max_axial", 14.0),
        *(
            unmeasured(name, parts) if parts else measured(name, value)
            for name, value in (("para_EM", para_em), ("para_IM", para_im), ("perp_EM", perp_em))
        ),
    ]


@pytest.mark.parametrize("policy", list(HeadlinePolicy))
@pytest.mark.parametrize(
    ("parts", "chosen", "words"),
    [
        ({"em_cm3": 0.0}, "whole_max_axial", "no extrameatal part"),
        ({"im_cm3": 0.0}, "em_max_axial", "no intrameatal part"),
        ({"em_cm3": 0.0, "im_cm3": 0.0}, None, "no tumor"),
    ],
)
def test_with_one_part_or_none_there_is_nothing_to_choose(policy, parts, chosen, words):
    headline = choose_headline(numbers(**parts), policy)
    assert headline.measurement_id == chosen
    assert words in headline.reason


@pytest.mark.parametrize(
    ("sizes", "chosen", "words"),
    [
        ({}, "em_max_axial", "reaches 6.2 mm from the porus and is wider than the canal part"),
        ({"para_im": 12.0}, "em_max_axial", "as wide as"),
        ({"para_im": 12.0 + 1e-7}, "em_max_axial", "as wide as"),
        ({"perp_em": 2.0 - 1e-7}, "em_max_axial", "reaches 2.0 mm"),
        ({"para_im": 12.1}, "whole_max_axial", "is wider than the part outside it"),
        ({"perp_em": 2.0}, "em_max_axial", "reaches 2.0 mm"),
        ({"perp_em": 1.9}, "whole_max_axial", "reaches only 1.9 mm"),
        ({"perp_em": 2.0 - 1e-3}, "em_max_axial", "reaches 2.0 mm"),
        ({"perp_em": 1.9985}, "whole_max_axial", "reaches only 2.0 mm"),  # a thousandth is rounding, more is not
        ({"para_im": 12.0015}, "whole_max_axial", "is wider than the part outside it"),
        ({"para_im": 11.9985}, "em_max_axial", "is wider than the canal part"),
        ({"para_im": 12.0 + 1e-3}, "em_max_axial", "as wide as"),
        ({"para_im": 12.0 - 1e-3}, "em_max_axial", "is wider than the canal part"),
    ],
)
def test_kcl_2023_leads_with_the_extrameatal_part_if_it_is_wider_and_reaches_2_mm(sizes, chosen, words):
    headline = choose_headline(numbers(**sizes), "KCL 2023")
    assert (headline.measurement_id, headline.policy, headline.policy_version) == (chosen, "KCL 2023", "1")
    assert headline.value_mm == {"em_max_axial": 14.0, "whole_max_axial": 20.0}[chosen]
    assert words in headline.reason


def test_kcl_2023_leads_with_the_whole_tumor_after_surgery():
    headline = choose_headline(numbers(), "KCL 2023", after_surgery=True)
    assert headline.measurement_id == "whole_max_axial"
    assert "after surgery" in headline.reason


def test_kcl_2023_gives_no_diameter_below_10_voxels():
    assert choose_headline(numbers(voxels=9), "KCL 2023").measurement_id is None
    assert choose_headline(numbers(voxels=10), "KCL 2023").measurement_id == "em_max_axial"


def test_kanzaki_always_leads_with_the_extrameatal_part():
    headline = choose_headline(numbers(para_im=30.0, perp_em=0.5), "Kanzaki", after_surgery=True)
    assert (headline.measurement_id, headline.value_mm) == ("em_max_axial", 14.0)


def test_undivided_tumor_is_led_by_its_whole_diameter():
    array = np.zeros((8, 20, 20), np.uint8)
    array[2:6, 4:14, 4:14] = 4
    headline = choose_headline(measure(Volume(array, np.eye(4)[:, [2, 1, 0, 3]])))
    assert headline.measurement_id == "whole_max_axial"
    assert "not divided" in headline.reason


@pytest.mark.parametrize("spacing", [(1.5, 0.4, 0.4), (0.5, 0.5, 0.5), (1.0, 1.0, 1.0)])
def test_ice_cream_phantom_is_led_by_its_extrameatal_diameter(spacing):
    found = measure(ice_cream(spacing))
    headline = choose_headline(found)
    assert headline.measurement_id == "em_max_axial"
    assert headline.value_mm == next(m.value for m in found if m.id == "em_max_axial")


def test_chosen_diameter_that_is_not_measurable_says_why():
    found = [m for m in numbers() if m.id != "em_max_axial"] + [unmeasured("em_max_axial", ONE_VOXEL)]
    headline = choose_headline(found, "Kanzaki")
    assert (headline.measurement_id, headline.value_mm) == ("em_max_axial", None)
    assert ONE_VOXEL in headline.reason


def test_baseline_keeps_region_and_policy_and_the_note_tells_what_would_now_be_chosen():
    baseline = choose_headline(numbers(perp_em=1.5), "KCL 2023")
    later = choose_headline(numbers(perp_em=4.0), "Kanzaki", locked=baseline)
    assert (later.measurement_id, later.policy) == ("whole_max_axial", "KCL 2023")
    assert later.value_mm == 20.0
    assert "would now choose: Largest axial diameter, extrameatal part" in later.note
    assert "baseline" in later.reason


def test_locked_choice_that_still_holds_has_no_note():
    baseline = choose_headline(numbers())
    assert choose_headline(numbers(para_em=13.0), locked=baseline).note == ""


def test_baseline_without_a_tumor_locks_nothing():
    baseline = choose_headline(numbers(em_cm3=0.0, im_cm3=0.0))
    assert choose_headline(numbers(), locked=baseline).measurement_id == "em_max_axial"


def test_unknown_policy_is_refused_with_the_known_ones():
    with pytest.raises(ConfigError, match="one of Kanzaki, KCL 2023, got 'Koos'"):
        choose_headline(numbers(), "Koos")


@pytest.mark.parametrize("name", ["para_EM", "para_IM", "perp_EM"])
def test_where_one_width_is_missing_the_whole_tumor_leads_with_the_reason(name):
    given = [unmeasured(name, "as it is") if each.id == name else each for each in numbers()]
    headline = choose_headline(given, "KCL 2023")
    assert headline.measurement_id == "whole_max_axial"
    assert headline.reason == "whole tumor, because the two parts could not be compared: as it is"
