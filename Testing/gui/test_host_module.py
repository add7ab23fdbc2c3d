"""A scripted module lives on the host as it does in Slicer, driven with a real mouse and a real keyboard."""

from pathlib import Path

import numpy as np
import pytest

EXAMPLE = Path(__file__).parent / "example_module" / "ExampleModule.py"


@pytest.fixture
def example(module_widget):
    return module_widget(EXAMPLE)


@pytest.fixture
def qt(slicer_host):
    import qt

    return qt


def add_volume(name: str, value: float = 150.0):
    """Add an anisotropic volume (40, 60, 50) with a bright box of 10 x 12 x 14 voxels."""
    import slicer

    voxels = np.zeros((40, 60, 50), np.float32)
    voxels[10:20, 20:32, 15:29] = value
    ijk_to_ras = np.array([[-0.8, 0, 0, 20], [0, -0.6, 0, 18], [0, 0, 1.5, -30], [0, 0, 0, 1.0]])
    volume = slicer.util.addVolumeFromArray(voxels, ijkToRAS=ijk_to_ras, name=name)
    volume.CreateDefaultDisplayNodes()
    return volume


def press(qtbot, qt, widget, *keys):
    for key in keys:
        qtbot.keyClick(widget, key)


def test_a_module_is_loaded_with_its_panel_in_the_main_window(example, slicer_host):
    import slicer

    module = slicer.util.getModule("ExampleModule")
    assert (module.title, module.categories) == ("Example", ("Segmentation",))
    assert slicer.util.getModuleWidget("ExampleModule") is example
    assert slicer.util.modulePath("ExampleModule") == str(EXAMPLE)
    assert example.parent.isEntered
    assert example.calls == ["enter"]
    assert slicer_host.window.isAncestorOf(example.ui.applyButton)
    assert example.ui.applyButton.isVisible()


def test_leaving_and_entering_and_unloading_are_told_to_the_module(example, slicer_host):
    import slicer

    slicer.util.mainWindow().moduleSelector().selectModule("")
    assert not example.parent.isEntered
    slicer.util.selectModule("ExampleModule")
    assert example.calls == ["enter", "exit", "enter"]


def test_unloading_leaves_and_cleans_up(slicer_host):
    widget = slicer_host.load_module(EXAMPLE)
    slicer_host.unload_module("ExampleModule")
    assert widget.calls == ["enter", "exit", "cleanup"]
    assert widget.Observations == []


def test_the_button_is_off_with_a_reason_until_a_volume_is_chosen_with_the_keyboard(example, qt, qtbot):
    button, selector = example.ui.applyButton, example.ui.inputSelector
    assert not button.enabled
    assert button.toolTip == "Choose a volume."
    first, second = add_volume("first"), add_volume("second")
    assert selector.currentNode() is None
    press(qtbot, qt, selector.children()[-1], qt.Qt.Key_Down, qt.Qt.Key_Down)
    assert selector.currentNode() is second
    assert example._parameterNode.inputVolume is second
    assert button.enabled
    press(qtbot, qt, selector.children()[-1], qt.Qt.Key_Up)
    assert example._parameterNode.inputVolume is first


def test_a_click_runs_the_logic_on_the_chosen_volume(example, qt, qtbot):
    example._parameterNode.inputVolume = add_volume("bright")
    qtbot.mouseClick(example.ui.applyButton, qt.Qt.LeftButton)
    assert example.ui.resultLabel.text == "1680 voxels"


def test_a_failing_click_shows_the_sentence_and_the_exception_goes_on(example, slicer_host, qt, qtbot, caplog):
    example._parameterNode.inputVolume = add_volume("empty", value=0.0)
    shown = []

    def close_message_box():
        box = qt.QApplication.activeModalWidget()
        shown.append((box.className(), box.text))
        box.accept()

    with slicer_host.message_boxes():
        qt.QTimer.singleShot(300, close_message_box)
        qtbot.mouseClick(example.ui.applyButton, qt.Qt.LeftButton)
    assert shown == [("ctkMessageBox", "Failed to count.\n\nthe volume is empty")]
    (failure,) = slicer_host.take_failures()
    assert failure.rstrip().endswith("ValueError: the volume is empty")


def test_widgets_and_parameters_follow_each_other_both_ways(example, qt, qtbot):
    ui, parameters = example.ui, example._parameterNode
    box = ui.invertCheckBox
    qtbot.mouseClick(box, qt.Qt.LeftButton, pos=qt.QPoint(8, box.height // 2))
    press(qtbot, qt, ui.sideComboBox, qt.Qt.Key_Down)
    qtbot.keyClicks(ui.noteLineEdit, "left ear")
    slider = ui.thresholdSlider.findChildren(qt.QSlider)[0]
    press(qtbot, qt, slider, qt.Qt.Key_Home)
    assert (parameters.invert, parameters.side.name, parameters.note) == (True, "RIGHT", "left ear")
    assert parameters.threshold == 0.0

    parameters.threshold, parameters.invert, parameters.side = 50.0, False, type(parameters.side).LEFT
    assert (ui.thresholdSlider.value, ui.invertCheckBox.checked, ui.sideComboBox.currentText) == (50.0, False, "LEFT")
    with pytest.raises(ValueError, match="within range"):
        parameters.threshold = 201.0
    with pytest.raises(TypeError, match="must be a bool"):
        parameters.invert = "yes"


def test_a_click_on_a_collapsed_header_opens_it(example, qt, qtbot):
    header = example.ui.advancedCollapsibleButton
    assert header.collapsed
    assert not example.ui.advancedLabel.isVisible()
    qtbot.mouseClick(header, qt.Qt.LeftButton, pos=qt.QPoint(20, 8))
    assert not header.collapsed
    assert example.ui.advancedLabel.isVisible()


def test_closing_the_scene_leaves_an_empty_panel_that_works(example, qt, qtbot):
    import slicer

    example._parameterNode.inputVolume = add_volume("gone")
    slicer.mrmlScene.Clear(0)
    assert example.ui.inputSelector.currentNode() is None
    assert not example.ui.applyButton.enabled
    example._parameterNode.inputVolume = add_volume("next")
    qtbot.mouseClick(example.ui.applyButton, qt.Qt.LeftButton)
    assert example.ui.resultLabel.text == "1680 voxels"


def test_parameters_come_back_with_a_saved_scene(example, tmp_path):
    import slicer

    example._parameterNode.inputVolume = add_volume("kept")
    example._parameterNode.note = "Koos 2"
    path = tmp_path / "scene.mrb"
    assert slicer.util.saveScene(str(path))
    slicer.mrmlScene.Clear(0)
    assert example._parameterNode.note == ""
    slicer.util.loadScene(str(path))
    example.initializeParameterNode()
    assert example.ui.noteLineEdit.text == "Koos 2"
    assert example.ui.inputSelector.currentNode().GetName() == "kept"


def test_the_modules_own_test_runs(example, monkeypatch):
    import slicer

    slicer.util.getModule("ExampleModule")
    import ExampleModule

    said = []
    monkeypatch.setattr(ExampleModule.ExampleModuleTest, "delayDisplay", lambda _self, text: said.append(text))
    ExampleModule.ExampleModuleTest().runTest()
    assert said == ["Nothing to test"]
