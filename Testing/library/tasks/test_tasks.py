"""Tasks are found by name, those of other packages by their entry points, and a wrong declaration is refused."""

from dataclasses import replace

import pytest

from Testing.support.command import run_python
from Testing.support.phantoms import ice_cream
from Testing.support.toy_task import LABELS, TOY, toy_labelmap
from VSSegmentationLib.errors import ConfigError, UsageError
from VSSegmentationLib.imageio import write_image, write_segmentation
from VSSegmentationLib.measurement import MeatalPlane, NoPlane, measure
from VSSegmentationLib.tasks import DEFAULT_TASK, task_named, task_of_label_set, task_of_labelmap, tasks


def test_the_default_task_is_known_by_its_name_and_by_that_of_its_labels():
    assert task_named("vestibular schwannoma") is DEFAULT_TASK
    assert task_of_label_set(DEFAULT_TASK.label_set.name) is DEFAULT_TASK


def test_a_task_of_another_package_is_found_by_its_entry_point(toy_installed):
    assert task_named("toy tumor").name == "toy tumor"
    assert list(tasks()) == ["vestibular schwannoma", "glioma", "toy tumor"]
    done = run_python("from VSSegmentationLib.tasks import task_named; print(task_named('toy tumor').title)")
    assert done.out == "Toy tumor\n", done.err


def test_a_task_that_is_not_installed_is_refused_with_those_that_are():
    with pytest.raises(UsageError, match="no task named 'toy tumor'; there are: glioma, vestibular schwannoma"):
        task_named("toy tumor")
    with pytest.raises(UsageError, match="no task with the labels of 'toy tumor'"):
        task_of_label_set("toy tumor")


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("toy_tumor_package:NOTHING", "cannot be imported"),
        ("no_such_module_of_a_task:TOY", "cannot be imported"),
        ("toy_tumor_package:__name__", "must name a Task, got str"),
        ("VSSegmentationLib.tasks.vestibular_schwannoma:VESTIBULAR_SCHWANNOMA", ""),
    ],
)
def test_an_entry_point_that_is_no_task_is_told_of_in_one_sentence(toy_installed, value, sentence):
    (points,) = toy_installed.glob("*.dist-info/entry_points.txt")
    points.write_text(f"[vs_segmentation.tasks]\ntoy = {value}\n", encoding="utf-8")
    if sentence:
        with pytest.raises(UsageError, match=sentence):
            tasks()
    else:
        assert list(tasks()) == ["vestibular schwannoma", "glioma"]  # the same one again does no harm


def test_two_tasks_of_one_name_are_refused(toy_installed):
    (toy_installed / "toy_tumor_package.py").write_text(
        "from dataclasses import replace\nfrom Testing.support.toy_task import TOY\n"
        "OTHER = replace(TOY, name='vestibular schwannoma')\n",
        encoding="utf-8",
    )
    (points,) = toy_installed.glob("*.dist-info/entry_points.txt")
    points.write_text("[vs_segmentation.tasks]\ntoy = toy_tumor_package:OTHER\n", encoding="utf-8")
    done = run_python("from VSSegmentationLib.tasks import tasks\ntasks()")
    assert "there are two tasks named 'vestibular schwannoma'" in done.err


def test_a_labelmap_file_tells_its_task(toy_installed, tmp_path):
    write_segmentation(tmp_path / "toy.seg.nrrd", toy_labelmap(), LABELS)
    write_image(tmp_path / "toy.nii.gz", toy_labelmap())
    assert task_of_labelmap(tmp_path / "toy.seg.nrrd").name == "toy tumor"
    assert task_of_labelmap(tmp_path / "toy.nii.gz") is DEFAULT_TASK


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"report_sections": ("header", "poem")}, "got 'poem'"),
        ({"main_volumes": ("toy_volume", "vol_im")}, "no definition of 'vol_im'"),
        ({"label_of_region": {"core": "canal"}}, "'canal' is no label of 'toy tumor'"),
    ],
)
def test_a_declaration_that_contradicts_itself_is_refused(changes, sentence):
    with pytest.raises(ConfigError, match=sentence):
        replace(TOY, **changes)


def test_marks_and_policies_that_mean_nothing_for_a_kind_of_tumor_are_refused():
    plane = MeatalPlane(origin_ras_mm=(0, 0, 0), normal_ras=(0, 0, 1), rms_mm=0.0, source="user")
    with pytest.raises(UsageError, match="a toy tumor is not divided by one"):
        TOY.check_marks(plane=plane, points={})
    with pytest.raises(UsageError, match="'fundus' means nothing for a toy tumor"):
        TOY.check_marks(plane=None, points={"fundus": (0, 0, 0)})
    with pytest.raises(UsageError, match="must be one of Toy 2026, got 'Kanzaki'"):
        TOY.chosen_policy("Kanzaki")
    assert TOY.chosen_policy(None) == "Toy 2026"
    assert isinstance(TOY.fitted_plane(toy_labelmap()), NoPlane)


def test_people_see_a_measure_with_two_names_once_and_both_names_in_its_row():
    measured = measure(ice_cream((1.5, 0.5, 0.5)))
    by_id = {m.id: m for m in measured}
    assert by_id["whole_long"].value == by_id["whole_max_axial"].value
    assert [m.id for m in DEFAULT_TASK.rows(measured)] == [m.id for m in measured if m.id != "whole_long"]
    assert DEFAULT_TASK.row_name(by_id["whole_max_axial"]) == "Largest axial diameter, whole tumor (long axis)"
    assert DEFAULT_TASK.row_name(by_id["vol_total"]) == "Volume, whole tumor"


def test_a_measure_that_is_the_same_as_one_that_is_not_defined_is_refused():
    with pytest.raises(ConfigError, match="no definition of 'nothing'"):
        replace(DEFAULT_TASK, same_by_definition={"whole_long": "nothing"})
