import json
from dataclasses import replace

import pytest

from Testing.library.models.test_catalogue import make_model
from VSSegmentationLib.errors import ModelError
from VSSegmentationLib.models import (
    CheckedLimit,
    MeasuredLimit,
    MeasuredLimits,
    card_beside,
    card_path,
    embedded_models,
    read_card,
    write_card,
)
from VSSegmentationLib.tasks import DEFAULT_TASK

ROW = MeasuredLimit(
    measure="vol_total", from_cm3=0.5, to_cm3=2.0, half_width=14.0, unit="%", coverage=0.95, n=20
)  # fmt: skip
LIMITS = MeasuredLimits(
    data="twenty made-up scans", definitions="1", divider_sha256="a" * 64, scans=21, missed=1, rows=(ROW,),
    checked=(
        CheckedLimit(
            data="a real one", measure="vol_total", value=1.0, reference=1.1, half_width=14.0, unit="%", inside=True
        ),
    ),
)  # fmt: skip


def test_limits_come_back_from_a_card_as_they_were_written(tmp_path):
    path = make_model(tmp_path, limits_measured=LIMITS)
    assert read_card(card_path(path)).limits_measured == LIMITS


def test_a_card_from_before_there_were_limits_is_read_and_has_none(tmp_path):
    path = card_path(make_model(tmp_path))
    told = json.loads(path.read_text())
    del told["limits_measured"]
    path.write_text(json.dumps(told))
    assert read_card(path).limits_measured is None


@pytest.mark.parametrize(("whole", "found"), [(0.49, None), (0.5, ROW), (1.99, ROW), (2.0, None)])
def test_a_row_holds_from_its_lower_end_to_below_its_upper_one(whole, found):
    assert LIMITS.row("vol_total", whole) == found
    assert LIMITS.row("vol_em", whole) is None


def test_the_last_class_has_no_end():
    assert replace(ROW, to_cm3=None).holds_for(60.0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"unit": "cm"}, "in % or mm, got 'cm'"),
        ({"coverage": None}, "half-width and a coverage, or neither; got 14.0 and None"),
        ({"half_width": -1.0}, "must be 0 or more, got -1.0"),
    ],
)
def test_a_row_that_means_nothing_is_refused(change, said):
    with pytest.raises(ModelError, match=said):
        replace(ROW, **change)


def test_the_card_of_another_file_is_not_taken_for_this_one(tmp_path):
    path = make_model(tmp_path)
    sha256 = read_card(card_path(path)).sha256
    assert card_beside(path, sha256).name == "toy"
    assert card_beside(path, "0" * 64) is None
    assert card_beside(tmp_path / "without.pt", sha256) is None
    write_card(card_path(path), replace(read_card(card_path(path)), version="2"))
    assert card_beside(path, sha256).version == "2"


@pytest.mark.parametrize("modality", ["T2", "ceT1"])
def test_the_segmenters_that_ship_have_limits_for_every_size_of_tumor(modality):
    card = next(
        each.card for each in embedded_models() if each.card.modality == modality and each.card.role == "segmenter"
    )
    limits = card.limits_measured
    assert limits.scans >= 60
    assert limits.definitions == DEFAULT_TASK.definitions.version
    divider = next(each.card for each in embedded_models() if each.card.role == "divider")
    assert limits.divider_sha256 == divider.sha256
    for whole_cm3 in (0.01, 1.0, 30.0):
        row = limits.row("vol_total", whole_cm3)
        assert row.half_width is not None
        assert row.coverage >= 0.9


def test_real_scans_were_checked_by_the_limits_that_the_card_holds():
    for entry in embedded_models():
        limits = entry.card.limits_measured
        if limits is None:
            continue
        whole = {each.data: each.value for each in limits.checked if each.measure == "vol_total"}
        for each in limits.checked:
            row = limits.row(each.measure, whole[each.data])
            printed = row.half_width * (each.value / 100 if row.unit == "%" else 1)
            reach = each.half_width * (each.value / 100 if each.unit == "%" else 1)
            assert reach >= printed - 1e-3  # a coarse voxel can only widen it
            assert each.inside == (abs(each.reference - each.value) <= reach)
