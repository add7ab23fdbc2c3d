"""The host behaves as PythonQt does, row by row of the table in docs/testing_the_module.md."""

import functools
import inspect

import pytest

pytestmark = pytest.mark.usefixtures("slicer_host")


@pytest.fixture
def qt(slicer_host):
    import qt

    return qt


def test_properties_are_attributes_and_calling_them_fails(qt):
    label = qt.QLabel("porus")
    assert label.text == "porus"
    assert label.enabled is True
    with pytest.raises(TypeError, match="not callable"):
        label.text()


@pytest.mark.parametrize("signature", ["clicked(bool)", "clicked( bool )", "clicked()", "toggled(bool)"])
def test_a_signal_connects_by_its_signature(qt, signature):
    box, heard = qt.QCheckBox(), []
    box.connect(signature, lambda *arguments: heard.append(arguments))
    box.click()
    assert heard == [() if signature == "clicked()" else (True,)]


def test_a_signal_connects_as_an_attribute_and_to_a_named_slot(qt):
    box, other, heard = qt.QCheckBox(), qt.QCheckBox(), []
    box.toggled.connect(heard.append)
    box.connect("toggled(bool)", other, "setChecked(bool)")
    box.click()
    assert heard == [True]
    assert other.checked


@pytest.mark.parametrize("signature", ["clickd()", "clicked(int)", "currentNodeChanged(vtkMRMLNode*)"])
def test_an_unknown_signal_raises_where_slicer_only_prints(qt, signature):
    with pytest.raises(ValueError, match="has no signal"):
        qt.QPushButton().connect(signature, print)
    with pytest.raises(AttributeError):
        qt.QPushButton().clickd.connect(print)


def test_a_named_slot_that_is_not_there_raises(qt):
    with pytest.raises(ValueError, match="has no slot"):
        qt.QCheckBox().connect("toggled(bool)", qt.QCheckBox(), "setChekked(bool)")


def test_disconnecting_takes_one_slot_or_all(qt):
    box, heard = qt.QCheckBox(), []

    def first(on):
        heard.append("first")

    def second(on):
        heard.append("second")

    box.connect("toggled(bool)", first)
    box.toggled.connect(second)
    assert box.disconnect("toggled(bool)", first)
    box.click()
    assert heard == ["second"]
    assert box.toggled.disconnect()
    assert not box.toggled.disconnect()
    box.click()
    assert heard == ["second"]


def test_an_exception_in_a_slot_is_printed_and_collected_and_the_program_goes_on(qt, slicer_host, capsys):
    button = qt.QPushButton()
    button.connect("clicked()", lambda: {}["nothing"])
    button.click()
    (failure,) = slicer_host.take_failures()
    assert "KeyError: 'nothing'" in failure
    assert "KeyError: 'nothing'" in capsys.readouterr().err


def test_an_exception_in_a_timer_and_in_a_vtk_observer_is_collected_too(qt, slicer_host):
    import slicer

    qt.QTimer.singleShot(0, lambda: 1 / 0)
    slicer_host.process_events()
    assert "ZeroDivisionError" in slicer_host.take_failures()[0]

    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTextNode")
    node.AddObserver("ModifiedEvent", lambda caller, event: 1 / 0)
    node.SetText("x")
    assert any("ZeroDivisionError" in one for one in slicer_host.take_failures())


def test_an_error_of_vtk_is_collected(slicer_host):
    import slicer

    slicer.mrmlScene.CreateNodeByClass("vtkMRMLNoSuchNode")
    slicer.mrmlScene.AddNode(None)
    reader = slicer.vtkMRMLVolumeArchetypeStorageNode()
    slicer.mrmlScene.AddNode(reader)
    reader.SetFileName("/no/such/file.nrrd")
    reader.ReadData(slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode"))
    assert any("no/such/file" in one or "not" in one for one in slicer_host.take_failures())


def test_a_slot_gets_at_most_as_many_arguments_as_it_takes(qt, slicer_host):
    class Panel:
        def __init__(self):
            self.heard = []

        def nothing(self):
            self.heard.append(())

        def one(self, on):
            self.heard.append((on,))

        def optional(self, on=None, more="none"):
            self.heard.append((on, more))

    panel, box = Panel(), qt.QCheckBox()
    for slot in (panel.nothing, panel.one, panel.optional, lambda: panel.heard.append("lambda")):
        box.toggled.connect(slot)
    box.click()
    assert panel.heard == [(), (True,), (True, "none"), "lambda"]

    partial = qt.QCheckBox()
    partial.toggled.connect(functools.partial(panel.one, False))
    partial.click()
    assert "TypeError" in slicer_host.take_failures()[0]  # a partial gets all arguments, one too many here


def test_cpp_objects_take_no_new_attributes_and_methods_cannot_be_replaced(qt):
    button = qt.QPushButton()
    for name in ("volumeNode", "_volumeNode", "click"):
        with pytest.raises(AttributeError, match="takes no new attribute"):
            setattr(button, name, 1)
    with pytest.raises(AttributeError, match="has no attribute"):
        _ = button.volumeNode


def test_a_class_made_in_python_takes_new_attributes(qt):
    class Dialog(qt.QDialog):
        def __init__(self):
            super().__init__()
            self.answer = 42

    dialog = Dialog()
    dialog.windowTitle = "Koos"
    assert (dialog.answer, dialog.windowTitle) == (42, "Koos")


def test_dynamic_properties_are_attributes(qt):
    box = qt.QCheckBox()
    box.setProperty("SlicerParameterName", "side")
    assert box.SlicerParameterName == "side"
    box.SlicerParameterName = "model"
    assert box.property("SlicerParameterName") == "model"


def test_lists_come_back_as_tuples(qt):
    import slicer

    parent = qt.QWidget()
    layout = qt.QVBoxLayout(parent)
    button = qt.QPushButton()
    layout.addWidget(button)
    assert parent.children() == (layout, button)
    assert parent.findChildren(qt.QPushButton) == (button,)
    selector = slicer.qMRMLNodeComboBox()
    selector.nodeTypes = ["vtkMRMLScalarVolumeNode"]
    assert selector.nodeTypes == ("vtkMRMLScalarVolumeNode",)


@pytest.mark.parametrize(
    ("widget", "name", "given", "kept"),
    [
        ("QLabel", "text", None, "None"),
        ("QLabel", "text", 5, "5"),
        ("QSpinBox", "value", 7.9, 7),
        ("QSpinBox", "value", "7", 7),
        ("QDoubleSpinBox", "value", 3, 3.0),
        ("QCheckBox", "checked", 1, True),
    ],
)
def test_assignment_coerces(qt, widget, name, given, kept):
    made = getattr(qt, widget)()
    if widget == "QCheckBox":
        made.checkable = True
    setattr(made, name, given)
    assert getattr(made, name) == kept


@pytest.mark.parametrize(("widget", "name", "given"), [("QSpinBox", "value", "seven"), ("QCheckBox", "checked", None)])
def test_what_cannot_be_coerced_raises(qt, widget, name, given):
    with pytest.raises(AttributeError, match="does not take"):
        setattr(getattr(qt, widget)(), name, given)


def test_a_property_without_a_setter_cannot_be_set(qt):
    with pytest.raises(AttributeError, match="cannot be set"):
        qt.QComboBox().count = 3


def test_name_is_the_object_name_and_class_name_is_that_of_qt(qt):
    label = qt.QLabel()
    label.name = "volumeLabel"
    assert (label.objectName, label.name, label.className()) == ("volumeLabel", "volumeLabel", "QLabel")


@pytest.mark.parametrize("name", ["Signal", "Slot", "Property", "QNoSuchWidget"])
def test_what_slicers_qt_does_not_have_is_not_there(qt, name):
    with pytest.raises(AttributeError):
        getattr(qt, name)


def test_enumerations_are_found_on_their_class(qt):
    assert qt.QMessageBox.Ok == qt.QMessageBox.StandardButton.Ok
    label = qt.QLabel()
    label.setAlignment(qt.Qt.AlignRight)
    assert int(label.alignment) & int(qt.Qt.AlignRight.value)


def test_a_widget_whose_python_class_overrides_an_event_is_still_drawn(qt, slicer_host):
    class Painted(qt.QProgressBar):
        def paintEvent(self, event):
            painted.append(event)

    painted: list[object] = []
    bar = Painted()
    bar.value = 30
    bar.show()
    slicer_host.process_events()
    assert painted
    assert inspect.ismethod(bar.paintEvent)
