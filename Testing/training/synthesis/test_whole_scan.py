"""A whole skull base as one scan with its truth: the same again for the same number, and only what was asked for."""

from pathlib import Path

import numpy as np
import pytest

from Training.synthesis.tissues import Tissue, target_labels
from Training.synthesis.whole_scan import (
    SkullBase,
    holds_one_tumor,
    holds_one_tumor_in_two_parts,
    render_whole,
    skull_bases,
    turned_base,
)
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.labels import Label
from VSSegmentationLib.volume import Volume


def labels(*places: tuple[int, Label]) -> np.ndarray:
    made = np.zeros((4, 6, 40), np.uint8)
    for where, label in places:
        made[1:3, 2:4, where] = label
    return made


def test_a_tumor_in_one_ear_is_no_wider_than_half_the_head():
    assert holds_one_tumor(labels((3, Label.EXTRAMEATAL), (12, Label.INTRAMEATAL)))
    assert not holds_one_tumor(labels((3, Label.EXTRAMEATAL), (35, Label.EXTRAMEATAL)))
    assert not holds_one_tumor(labels())


def test_two_parts_are_asked_for_where_the_boundary_is_measured():
    assert holds_one_tumor_in_two_parts(labels((3, Label.EXTRAMEATAL), (4, Label.INTRAMEATAL)))
    assert not holds_one_tumor_in_two_parts(labels((3, Label.EXTRAMEATAL)))


def test_a_scan_lies_on_the_grid_of_its_truth_and_is_made_again_from_its_number(pool: Path):
    first, second = skull_bases(pool, 2, lambda _labels: True)
    image = render_whole(first, "T2")
    assert image.same_grid(first.truth)
    np.testing.assert_allclose(first.truth.spacing_dhw_mm, (1.5, 0.5, 0.5))
    again = next(skull_bases(pool, 1, lambda _labels: True))
    np.testing.assert_array_equal(render_whole(again, "T2").array, image.array)
    assert not np.array_equal(render_whole(second, "T2").array, image.array)
    assert not np.array_equal(render_whole(first, "ceT1").array, image.array)


def test_a_pool_that_ends_is_looked_at_again_with_another_number(pool: Path):
    bases = list(skull_bases(pool, 4, lambda _labels: True))  # the pool holds three
    assert [base.number for base in bases] == [0, 1, 2, 3]
    np.testing.assert_array_equal(bases[0].truth.array, bases[3].truth.array)
    assert not np.array_equal(render_whole(bases[0], "T2").array, render_whole(bases[3], "T2").array)


def test_truth_turns_with_the_tissue_by_the_angle_asked_for():
    tissues = np.full((96, 120, 60), Tissue.CSF, np.uint8)
    tissues[44:53, 96:105, 26:35] = Tissue.EXTRAMEATAL_TUMOR  # 20 mm in front of the middle, at its height
    truth = Volume(target_labels(tissues[1::3]), np.diag([1.5, 0.5, 0.5, 1.0]))
    base = turned_base(SkullBase(1, tissues, truth), (0.0, 0.0, 20.0))
    d, h, w = np.argwhere(base.truth.array == Label.EXTRAMEATAL).mean(axis=0) * (1.5, 0.5, 0.5) + (0.5, 0, 0)
    assert abs(d - 23.75) == pytest.approx(20.25 * np.sin(np.radians(20)), abs=0.8)
    assert h - 29.75 == pytest.approx(20.25 * np.cos(np.radians(20)), abs=0.4)
    assert w == pytest.approx(15, abs=0.4)


def test_the_truth_holds_no_cochlea(pool: Path):
    for base in skull_bases(pool, 3, lambda _labels: True):
        assert set(np.unique(base.truth.array)) <= {Label.BACKGROUND, Label.EXTRAMEATAL, Label.INTRAMEATAL}


def test_where_no_skull_base_will_do_there_is_none_and_an_empty_folder_is_refused(pool: Path, tmp_path: Path):
    assert list(skull_bases(pool, 1, lambda _labels: False)) == []
    with pytest.raises(UsageError, match="the pool of skull bases is empty"):
        next(skull_bases(tmp_path, 1, lambda _labels: True))
