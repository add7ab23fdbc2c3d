import numpy as np
import pytest

from Testing.support.cohorts import NOTHING, cohort, divided, slab
from Testing.support.command import run_python
from VSSegmentationLib.cohort.figures import check_can_draw, draw_box_plots
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.labels import EXTRAMEATAL_PART, INTRAMEATAL_PART, PART_BOUNDARY, WHOLE_TUMOR
from VSSegmentationLib.tasks.vestibular_schwannoma import VESTIBULAR_SCHWANNOMA

image = pytest.importorskip("matplotlib.image", reason="matplotlib comes with the extras 'figures' and 'training'")

FIRST = cohort(divided(7), divided(8), divided(9), NOTHING, references=[divided(8)] * 4, method="First method")
SECOND = cohort(divided(6), divided(8), divided(8), divided(7), references=[divided(8)] * 4, method="Second method")
STRUCTURES = (WHOLE_TUMOR, EXTRAMEATAL_PART, INTRAMEATAL_PART, PART_BOUNDARY)


def svg_of(folder, *cohorts, structures=STRUCTURES) -> str:
    draw_box_plots([folder / "plots.svg"], cohorts, structures)
    return (folder / "plots.svg").read_text(encoding="utf-8")


def test_methods_structures_and_metrics_are_named(tmp_path):
    text = svg_of(tmp_path, FIRST, SECOND)
    for word in (
        "First method",
        "Second method",
        "Dice",
        "ASSD (mm)",
        "HD95 (mm)",
        "RVE (%)",
        "Extrameatal",
        "Boundary",
    ):
        assert word in text


def test_failures_are_counted_above_their_boxes(tmp_path):
    # One missed tumor of the first method: four structures in each of the two distance panels.
    assert svg_of(tmp_path, FIRST, SECOND).count(">+1<") == 2 * 4
    assert ">+1<" not in svg_of(tmp_path, SECOND)


def test_a_volume_error_beyond_the_axis_is_counted(tmp_path):
    assert svg_of(tmp_path, cohort(slab(2, 25), references=[slab(5, 4)])).count(">+1<") == 1


def test_the_same_cases_give_the_same_file_without_a_date(tmp_path):
    first, second = svg_of(tmp_path, FIRST), svg_of(tmp_path, FIRST)
    assert first == second
    assert "<dc:date>" not in first


def test_no_name_of_a_case_is_drawn(tmp_path):
    assert "DOE" not in svg_of(tmp_path, FIRST, SECOND)


def test_the_picture_is_in_the_colors_of_both_methods(tmp_path):
    draw_box_plots([tmp_path / "plots.png"], (FIRST, SECOND), STRUCTURES)
    pixels = image.imread(tmp_path / "plots.png")[..., :3]
    assert pixels.shape == (1050, 1350, 3)
    for red_green_blue in ((0, 114, 178), (230, 159, 0)):
        # Boxes are drawn at an opacity of 0.35 on white.
        box = 1 - 0.35 * (1 - np.array(red_green_blue) / 255)
        assert np.count_nonzero(np.abs(pixels - box).max(axis=-1) < 0.01) > 1000


def test_structures_without_any_value_are_left_out(tmp_path):
    assert "Cochlea" not in svg_of(tmp_path, FIRST, structures=VESTIBULAR_SCHWANNOMA.structures)
    assert "Dice" in svg_of(tmp_path, cohort(NOTHING, references=[NOTHING]))


def test_without_matplotlib_the_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setattr("VSSegmentationLib.cohort.figures.find_spec", lambda _: None)
    with pytest.raises(UsageError, match="pip install matplotlib, or say --no-figures"):
        check_can_draw()


def test_the_command_is_imported_without_matplotlib_and_without_torch():
    done = run_python(
        "import sys, VSSegmentationLib.cli.commands.evaluate\n"
        "print({'matplotlib', 'torch', 'monai'} & set(sys.modules))"
    )
    assert done.out.strip() == "set()", done.err
