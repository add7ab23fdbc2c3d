"""The curve shows every value where it belongs, says what it shows, and can be told apart without color."""

import re
import xml.etree.ElementTree as ET

import pytest

from Testing.support.growth_cases import examination
from VSSegmentationLib.measurement.growth import Treatment, TreatmentKind, compare
from VSSegmentationLib.reporting.growth.curve import growth_curve_svg

SVG = "{http://www.w3.org/2000/svg}"


def parsed(growth) -> ET.Element:
    return ET.fromstring(growth_curve_svg(growth))


def three(**options):
    return compare([examination(0, 1.0, 12.0), examination(365, 1.5, 13.0), examination(1460, 3.0, 16.0)], **options)


def circles(svg: ET.Element) -> list[tuple[float, float]]:
    return [(float(c.get("cx")), float(c.get("cy"))) for c in svg.iter(f"{SVG}circle")]


def words(svg: ET.Element) -> list[str]:
    return [t.text for t in svg.iter(f"{SVG}text") if t.get("aria-hidden") is None]


def value_marks(svg: ET.Element) -> list[tuple[float, float]]:
    legend = 1  # the first circle explains the mark
    return circles(svg)[legend:]


def test_marks_stand_in_proportion_to_time_and_value():
    marks = value_marks(parsed(three()))
    assert len(marks) == 6  # three of the whole volume, three of the diameter
    (x0, y0), (x1, y1), (x2, y2) = marks[:3]
    assert (x1 - x0) / (x2 - x0) == pytest.approx(0.25, abs=1e-3)
    assert (y0 - y1) / (y0 - y2) == pytest.approx(0.25, abs=1e-2)  # 0.5 of 2.0 cm3; written with 0.01 mm
    (_, d0), (_, d1), (_, d2) = marks[3:]
    assert (d0 - d1) / (d0 - d2) == pytest.approx(0.25, abs=1e-2)


def test_stacked_the_diameter_stands_below_the_volumes_at_the_same_scale():
    beside, stacked = parsed(three()), ET.fromstring(growth_curve_svg(three(), stacked=True, width_px=352))
    (_, _, wide, low), (_, _, narrow, high) = (map(float, svg.get("viewBox").split()) for svg in (beside, stacked))
    assert high == 2 * low
    assert int(stacked.get("width")) / int(stacked.get("height")) == pytest.approx(narrow / high, rel=0.01)
    assert narrow < wide / 1.9
    (moved,) = stacked.iter(f"{SVG}g")
    right, down = map(float, re.findall(r"-?[\d.]+", moved.get("transform")))
    assert down == low
    diameters = [(x + right, y) for x, y in value_marks(beside)[3:]]
    assert [x for x, _ in diameters] == pytest.approx([x for x, _ in value_marks(stacked)[:3]], abs=0.02)
    assert circles(moved) == value_marks(beside)[3:]


def test_the_bar_of_a_value_has_the_length_of_its_uncertainty():
    svg = growth_curve_svg(compare([examination(0, 1.0), examination(365, 2.0)]))
    bars = [tuple(map(float, m)) for m in re.findall(r'<path d="M[\d.]+ ([\d.]+)V([\d.]+)M', svg)]
    first, second = bars[:2]
    assert (second[0] - second[1]) / (first[0] - first[1]) == pytest.approx(2.0, abs=0.02)  # 20 % of each
    middle = [sum(bar) / 2 for bar in bars]
    assert middle[0] == pytest.approx(value_marks(ET.fromstring(svg))[0][1], abs=0.02)


def test_the_values_are_written_as_reports_write_them():
    assert {"1.000", "3.000", "12.0", "16.0"} <= set(words(parsed(three())))


def test_values_that_would_lie_on_each_other_are_left_out_but_never_first_and_last():
    growth = compare([examination(day, 1.0 + day / 1000) for day in (0, 10, 20, 990, 1000)])
    shown = {each for each in words(parsed(growth)) if re.fullmatch(r"\d\.\d{3}", each)}
    assert shown == {"1.000", "2.000"}


def test_what_was_not_measurable_leaves_a_gap():
    growth = compare([examination(365 * i, mm=mm) for i, mm in enumerate((12.0, None, 13.0, 14.0))])
    svg = parsed(growth)
    assert len(value_marks(svg)) == 4 + 3
    assert "day 365: not measurable" in svg.find(f"{SVG}desc").text


def test_measures_differ_in_mark_and_dash_so_that_gray_print_can_be_read():
    growth = compare([examination(0, em_cm3=0.5), examination(365, em_cm3=0.7)])
    lines = [p for p in parsed(growth).iter(f"{SVG}path") if p.get("stroke-width") == "0.5"]
    assert len({p.get("stroke-dasharray") for p in lines}) == 3
    assert list(parsed(growth).iter(f"{SVG}rect"))  # squares are the extrameatal part
    assert {"whole", "extrameatal", "intrameatal"} <= set(words(parsed(growth)))


def test_a_treatment_is_named_where_it_was():
    svg = parsed(three(treatments=[Treatment(TreatmentKind.RADIOSURGERY, 730)]))
    (first, second) = [t for t in svg.iter(f"{SVG}text") if t.text == "radiosurgery" and t.get("aria-hidden") is None]
    marks = value_marks(svg)
    assert float(first.get("x")) == pytest.approx((marks[0][0] + marks[2][0]) / 2, abs=0.02)
    assert float(second.get("x")) == pytest.approx((marks[3][0] + marks[5][0]) / 2, abs=0.02)


def test_a_treatment_before_the_baseline_is_not_drawn():
    assert "radiosurgery" not in words(parsed(three(treatments=[Treatment(TreatmentKind.RADIOSURGERY, -30)])))


@pytest.mark.parametrize(("days", "unit"), [(20, "days"), (400, "months"), (1500, "years")])
def test_time_is_counted_in_what_suits_it(days: int, unit: str):
    assert f"{unit} since the baseline" in words(parsed(compare([examination(0), examination(days)])))


@pytest.mark.parametrize("days", [(0, 0), (0, 1), (0, 20000)])
@pytest.mark.parametrize("cm3", [(0.0, 0.0), (0.0, 0.004), (60.0, 59.0), (None, None)])
def test_odd_times_and_values_stay_on_the_page(days: tuple[int, int], cm3: tuple[float | None, float | None]):
    growth = compare([examination(d, v, em_cm3=None) for d, v in zip(days, cm3, strict=True)])
    svg = parsed(growth)
    _, _, width, height = map(float, svg.get("viewBox").split())
    places = [(float(t.get("x")), float(t.get("y"))) for t in svg.iter(f"{SVG}text")] + circles(svg)
    assert all(0 <= x <= width and 0 <= y <= height for x, y in places)
    assert "nan" not in growth_curve_svg(growth)


def test_without_a_headline_only_volumes_are_drawn():
    no_headline = {"measurement_id": None}
    growth = compare([examination(0, headline_change=no_headline), examination(365, headline_change=no_headline)])
    svg = parsed(growth)
    assert float(svg.get("viewBox").split()[2]) < 100
    assert len(value_marks(svg)) == 2


def test_names_are_escaped():
    growth = three()
    for each in growth.of("whole_max_axial").measurements:
        object.__setattr__(each, "name", "<script>&")
    assert "<script>" not in growth_curve_svg(growth)
    assert any("<script>&" in each for each in words(parsed(growth)))


def boxes_of_numbers(svg: ET.Element) -> list[tuple[float, float, float, float]]:
    """What the values in numbers take up: left, top, right, bottom."""
    shown = [t for t in svg.iter(f"{SVG}text") if t.get("aria-hidden") is None and t.get("font-weight") == "bold"]
    numbers = [t for t in shown if re.fullmatch(r"\d+\.\d+", t.text)]
    return [
        (float(t.get("x")) - len(t.text) * 0.8, float(t.get("y")) - 2.1, float(t.get("x")) + len(t.text) * 0.8,
         float(t.get("y"))) for t in numbers
    ]  # fmt: skip


@pytest.mark.parametrize("days", [(0, 380, 700), (0, 20, 400), (0, 60, 120, 800), (0, 350, 700)])
@pytest.mark.parametrize("treated", [20, 300])
def test_no_number_lies_on_an_error_bar_or_another_number(days: tuple[int, ...], treated: int):
    growth = compare(
        [examination(day, 0.738 + 0.367 * (i > 0), 12.6 + 3 * (i > 0)) for i, day in enumerate(days)],
        treatments=[Treatment(TreatmentKind.RADIOSURGERY, treated)],
    )
    text = growth_curve_svg(growth)
    numbers = boxes_of_numbers(ET.fromstring(text))
    assert len(numbers) >= 4  # first and last of both panels
    bars = [tuple(map(float, m)) for m in re.findall(r'<path d="M([\d.]+) ([\d.]+)V([\d.]+)M', text)]
    for left, top, right, bottom in numbers:
        for x, low, high in bars:
            assert right < x - 0.8 or left > x + 0.8 or bottom < high or top > low
    for i, one in enumerate(numbers):
        for other in numbers[:i]:
            assert one[2] < other[0] or other[2] < one[0] or one[3] < other[1] or other[3] < one[1]


@pytest.mark.parametrize(
    "values", [((4.386, 20.2), (2.245, 16.2), (1.150, 12.9)), ((4.0, 20.0), (4.0, 20.0), (4.0, 20.0))]
)
@pytest.mark.parametrize("treated", [20, 100])
def test_no_number_lies_on_a_number_of_its_axis(values, treated):
    examinations = [examination(day, *pair) for day, pair in zip((0, 200, 500), values, strict=True)]
    growth = compare(examinations, treatments=[Treatment(TreatmentKind.RADIOSURGERY, treated)])
    svg = parsed(growth)
    ends = [t for t in svg.iter(f"{SVG}text") if t.get("text-anchor") == "end"]
    assert len(ends) >= 8
    for left, top, right, bottom in boxes_of_numbers(svg):
        for tick in ends:
            x, y = float(tick.get("x")), float(tick.get("y"))
            assert left > x or right < x - len(tick.text) * 1.6 or bottom < y - 2.1 or top > y
