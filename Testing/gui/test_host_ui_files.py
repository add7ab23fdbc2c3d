"""A .ui file is loaded with the stand-ins, and what Slicer would pass over in silence is an error."""

from pathlib import Path

import pytest

from Testing.gui.test_host_module import EXAMPLE
from Testing.support.host.loader import UiFileError

UI = (EXAMPLE.parent / "Resources" / "UI" / "ExampleModule.ui").read_text(encoding="utf-8")


@pytest.fixture
def load(slicer_host, tmp_path: Path):
    import slicer

    def write_and_load(text: str):
        path = tmp_path / "panel.ui"
        path.write_text(text, encoding="utf-8")
        return slicer.util.loadUI(str(path))

    return write_and_load


def test_the_file_makes_standins_with_their_properties(load):
    import ctk
    import slicer

    panel = load(UI)
    assert type(panel) is slicer.qMRMLWidget
    ui = slicer.util.childWidgetVariables(panel)
    assert type(ui.inputSelector) is slicer.qMRMLNodeComboBox
    assert type(ui.thresholdSlider) is ctk.ctkSliderWidget
    assert ui.inputSelector.nodeTypes == ("vtkMRMLScalarVolumeNode",)
    assert ui.inputSelector.noneEnabled
    assert ui.thresholdSlider.maximum == 200.0
    assert ui.inputSelector.SlicerParameterName == "inputVolume"


def test_the_scene_reaches_the_selectors_through_the_files_connections(load):
    import slicer

    panel = load(UI)
    selector = slicer.util.childWidgetVariables(panel).inputSelector
    assert not selector.enabled
    panel.setMRMLScene(slicer.mrmlScene)
    assert selector.mrmlScene() is slicer.mrmlScene
    assert selector.enabled


def test_children_do_not_become_attributes_of_the_outermost_widget(load):
    with pytest.raises(AttributeError):
        _ = load(UI).inputSelector


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("qMRMLNodeComboBox", "qMRMLMagicComboBox", "no stand-in for qMRMLMagicComboBox"),
        ("<class>ctkSliderWidget</class>", "<class>ctkOther</class>", "ctkSliderWidget is not declared"),
        ('"noneEnabled"', '"noneEnabeld"', "no property noneEnabeld"),
        ("<receiver>inputSelector<", "<receiver>inputSelektor<", "names inputSelektor"),
        ("setMRMLScene(vtkMRMLScene*)</slot>", "setScene(vtkMRMLScene*)</slot>", "no slot setScene"),
        ("mrmlSceneChanged(vtkMRMLScene*)", "mrmlSceneChange(vtkMRMLScene*)", "no signal mrmlSceneChange"),
    ],
)
def test_a_fault_in_the_file_is_an_error(load, old, new, message):
    assert old in UI
    with pytest.raises((UiFileError, ValueError), match=message):
        load(UI.replace(old, new))


def test_a_missing_file_is_an_error(slicer_host):
    import slicer

    with pytest.raises(RuntimeError, match="file not found"):
        slicer.util.loadUI("nowhere.ui")
