"""Examinations side by side: each on its own slice, or the same anatomy at the same place once heads are aligned."""

import re

import numpy as np
import pytest

from Testing.support.growth_cases import examination
from Testing.support.phantoms import ice_cream, left_handed, oblique, rotation_about, sagittal
from VSSegmentationLib.labels import Label
from VSSegmentationLib.measurement import measure
from VSSegmentationLib.measurement.growth import compare
from VSSegmentationLib.reporting.growth.content import GrowthContent, ShownExamination
from VSSegmentationLib.reporting.growth.pictures import growth_pictures, parts_shown
from VSSegmentationLib.volume import Volume

BASELINE = ice_cream((1.5, 0.5, 0.5))


def motion() -> np.ndarray:
    matrix = rotation_about((1.0, 0.6, 0.4), 14.0)
    matrix[:3, 3] = (6.0, -4.0, 3.0)
    return matrix


def moved(volume: Volume, matrix: np.ndarray) -> Volume:
    return Volume(volume.array, matrix @ volume.dhw_to_ras)


def content(*shown: ShownExamination) -> GrowthContent:
    return GrowthContent(growth=compare([examination(365 * i) for i in range(len(shown))]), shown=shown)


def outline_box(svg: str) -> np.ndarray:
    """Smallest and largest x and y of all colored outlines, in mm on the page."""
    paths = re.findall(r'<path d="(M[^"]+Z)" fill="none" stroke="rgb', svg)
    points = np.array([list(map(float, pair)) for path in paths for pair in re.findall(r"([\d.]+) ([\d.]+)", path)])
    return np.concatenate([points.min(axis=0), points.max(axis=0)])


@pytest.mark.parametrize("stored", [lambda v: v, left_handed, sagittal])
def test_an_aligned_examination_lies_where_the_baseline_lies(stored):
    second = moved(stored(BASELINE), motion())
    first, later = growth_pictures(
        content(
            ShownExamination(labelmap=BASELINE, image=BASELINE, ras_to_baseline_ras=np.eye(4)),
            ShownExamination(labelmap=second, image=second, ras_to_baseline_ras=np.linalg.inv(motion())),
        )
    )
    assert outline_box(later.svg) == pytest.approx(outline_box(first.svg), abs=0.6)  # a pixel, after interpolation
    assert "Shown on the slice of examination 1" in later.text
    assert "Shown on the slice" not in first.text


def test_without_alignment_each_is_on_its_own_slice():
    second = oblique(BASELINE, 10.0)
    pictures = growth_pictures(content(ShownExamination(labelmap=BASELINE), ShownExamination(labelmap=second)))
    assert [each.title for each in pictures] == ["Examination 1, day 0", "Examination 2, day 365"]
    assert outline_box(pictures[0].svg) == pytest.approx(outline_box(pictures[1].svg), abs=1e-2)


def test_the_headline_diameter_is_drawn_on_its_own_slice_and_not_on_another_ones():
    whole = next(m for m in measure(BASELINE) if m.id == "whole_max_axial")
    measured = examination(0)
    object.__setattr__(measured, "measurements", tuple(whole if m.id == whole.id else m for m in measured.measurements))
    growth = compare([measured, examination(365)])
    own, _ = growth_pictures(GrowthContent(growth=growth, shown=(ShownExamination(labelmap=BASELINE),) * 2))
    assert f"{whole.value:.1f} mm" in own.svg
    aligned = ShownExamination(labelmap=BASELINE, ras_to_baseline_ras=np.eye(4))
    on_baseline, _ = growth_pictures(GrowthContent(growth=growth, shown=(aligned,) * 2))
    assert f"{whole.value:.1f} mm" not in on_baseline.svg


def test_a_tumor_that_is_gone_leaves_the_place_to_be_looked_at():
    empty = BASELINE.with_array(np.zeros_like(BASELINE.array))
    shown = [ShownExamination(labelmap=v, image=BASELINE, ras_to_baseline_ras=np.eye(4)) for v in (BASELINE, empty)]
    first, second = growth_pictures(content(*shown))
    assert "no tumor in this plane" in second.text
    assert re.search(r'viewBox="[^"]+"', first.svg)[0] == re.search(r'viewBox="[^"]+"', second.svg)[0]
    own = growth_pictures(content(ShownExamination(labelmap=BASELINE), ShownExamination(labelmap=empty)))
    assert own[1] is None


def test_a_baseline_without_a_tumor_lets_each_examination_show_its_own_slice():
    empty = BASELINE.with_array(np.zeros_like(BASELINE.array))
    shown = [ShownExamination(labelmap=v, ras_to_baseline_ras=np.eye(4)) for v in (empty, BASELINE)]
    first, second = growth_pictures(content(*shown))
    assert first is None
    assert "Shown on the slice of examination 1" not in second.text


def test_a_scan_that_is_tilted_too_much_is_shown_too():
    steep = oblique(BASELINE, 40.0, (1.0, 0.0, 0.0))
    pictures = growth_pictures(content(ShownExamination(labelmap=BASELINE), ShownExamination(labelmap=steep)))
    assert "resliced" in pictures[1].text or "without the scan" in pictures[1].text


def test_the_parts_that_occur_are_those_of_all_examinations():
    first = BASELINE.with_array(np.where(BASELINE.array == Label.EXTRAMEATAL, BASELINE.array, np.uint8(0)))
    second = BASELINE.with_array(np.where(BASELINE.array == Label.INTRAMEATAL, BASELINE.array, np.uint8(0)))
    both = content(ShownExamination(labelmap=first), ShownExamination(labelmap=second))
    assert [part.value for part in parts_shown(both)] == [Label.EXTRAMEATAL, Label.INTRAMEATAL]
