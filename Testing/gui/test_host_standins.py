"""The stand-ins for Slicer's larger widgets and services work on the real scene."""

import enum
from pathlib import Path
from typing import Annotated

import numpy as np
import pytest

from Testing.gui.test_host_module import add_volume


@pytest.fixture
def segmentation(slicer_host):
    import slicer

    volume = add_volume("scan")
    made = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Tumor")
    made.CreateDefaultDisplayNodes()
    made.SetReferenceImageGeometryParameterFromVolumeNode(volume)
    made.GetSegmentation().AddEmptySegment("tumor", "Tumor", [1.0, 0.0, 0.0])
    mask = (slicer.util.arrayFromVolume(volume) > 0).astype(np.uint8)
    slicer.util.updateSegmentBinaryLabelmapFromArray(mask, made, "tumor", volume)
    return made, volume


@pytest.fixture
def editor(segmentation):
    """A Segment Editor widget, set up in the order that works in Slicer."""
    import slicer

    widget = slicer.qMRMLSegmentEditorWidget()
    widget.setMaximumNumberOfUndoStates(10)
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentEditorNode")
    widget.setMRMLSegmentEditorNode(node)
    widget.setMRMLScene(slicer.mrmlScene)
    widget.setSegmentationNode(segmentation[0])
    widget.setSourceVolumeNode(segmentation[1])
    yield widget
    widget.uninstallKeyboardShortcuts()
    widget.setMRMLSegmentEditorNode(None)
    widget.setMRMLScene(None)


def count(segmentation) -> int:
    import slicer

    return int(slicer.util.arrayFromSegmentBinaryLabelmap(segmentation[0], "tumor", segmentation[1]).sum())


def test_undo_of_the_editor_takes_back_a_change_of_the_real_segmentation(editor, segmentation):
    import slicer

    assert count(segmentation) == 10 * 12 * 14
    editor.saveStateForUndo()
    empty = np.zeros((40, 60, 50), np.uint8)
    empty[0, 0, 0] = 1
    slicer.util.updateSegmentBinaryLabelmapFromArray(empty, segmentation[0], "tumor", segmentation[1])
    assert count(segmentation) == 1
    editor.undo()
    assert count(segmentation) == 10 * 12 * 14
    editor.redo()
    assert count(segmentation) == 1


def test_the_editor_keeps_its_choices_in_the_editor_node(editor, segmentation):
    heard = []
    editor.connect("currentSegmentIDChanged(QString)", heard.append)
    editor.setCurrentSegmentID("tumor")
    editor.setActiveEffectByName("Paint")
    node = editor.mrmlSegmentEditorNode()
    assert (node.GetSelectedSegmentID(), node.GetActiveEffectName()) == ("tumor", "Paint")
    assert node.GetSegmentationNode() is segmentation[0]
    assert editor.activeEffect().name == "Paint"
    assert heard == ["tumor"]
    editor.setActiveEffect(None)
    assert editor.activeEffect() is None


def test_the_volume_before_the_segmentation_is_refused_as_in_slicer(slicer_host):
    import slicer

    with pytest.raises(RuntimeError, match="need to set segment editor and segmentation nodes first"):
        slicer.qMRMLSegmentEditorWidget().setSourceVolumeNode(add_volume("scan"))


def test_an_effect_that_slicer_lacks_is_refused(editor):
    editor.setEffectNameOrder(["Paint", "Erase"])
    editor.unorderedEffectsVisible = False
    with pytest.raises(ValueError, match="Magic"):
        editor.setEffectNameOrder(["Magic"])


def test_the_editors_shortcuts_work_until_they_are_taken_away(editor, slicer_host, qtbot):
    import qt

    window = slicer_host.window
    editor.setEffectNameOrder(["Paint", "Erase"])
    editor.installKeyboardShortcuts(window)
    window.activateWindow()
    qtbot.waitUntil(lambda: window.isActiveWindow)
    window.setFocus()
    qtbot.keyClick(window, qt.Qt.Key_2)
    assert editor.activeEffect().name == "Erase"
    editor.setActiveEffect(None)
    editor.uninstallKeyboardShortcuts()
    qtbot.keyClick(window, qt.Qt.Key_2)
    assert editor.activeEffect() is None


def test_the_tree_shows_the_subject_hierarchy(segmentation):
    import slicer
    import vtk

    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    study = hierarchy.CreateStudyItem(hierarchy.GetSceneItemID(), "First examination")
    item = hierarchy.GetItemByDataNode(segmentation[0])
    assert item
    hierarchy.SetItemParent(item, study)
    tree, heard = slicer.qMRMLSubjectHierarchyTreeView(), []
    tree.connect("currentItemChanged(vtkIdType)", heard.append)
    tree.setMRMLScene(slicer.mrmlScene)
    tree.setCurrentNode(segmentation[0])
    assert tree.currentItem() == item
    assert heard[-1] == item
    children = vtk.vtkIdList()
    hierarchy.GetItemChildren(study, children)
    assert children.GetId(0) == item
    tree.setMRMLScene(None)


def test_a_node_selector_shows_what_fits_and_follows_the_scene(slicer_host):
    import slicer

    selector, heard = slicer.qMRMLNodeComboBox(), []
    selector.nodeTypes = ["vtkMRMLScalarVolumeNode"]
    selector.showChildNodeTypes = False
    selector.setMRMLScene(slicer.mrmlScene)
    selector.connect("currentNodeChanged(vtkMRMLNode*)", heard.append)
    assert selector.currentNode() is None
    scan = add_volume("scan")
    slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode")  # a child of the type
    hidden = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode")
    hidden.HideFromEditorsOn()
    slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTextNode")
    assert heard == [scan]  # without "None" the first that comes is chosen
    assert selector.nodeFromIndex(0) is scan
    slicer.mrmlScene.RemoveNode(scan)
    assert heard[-1] is not scan
    selector.setMRMLScene(None)


@pytest.mark.parametrize("name", ["scan.nrrd", "scan.nii.gz"])
def test_a_volume_is_exported_and_loaded_with_its_oblique_geometry(slicer_host, tmp_path: Path, name):
    import slicer
    import vtk

    angle = np.deg2rad(20)
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    ijk_to_ras = np.eye(4)
    ijk_to_ras[:3, :3] = turn @ np.diag([-0.5, -0.4, 1.5])
    ijk_to_ras[:3, 3] = (10, 20, -30)
    voxels = np.arange(4 * 5 * 6, dtype=np.int16).reshape(4, 5, 6)
    volume = slicer.util.addVolumeFromArray(voxels, ijkToRAS=ijk_to_ras, name="scan")
    assert slicer.util.exportNode(volume, str(tmp_path / name), properties={})
    assert volume.GetStorageNode() is None
    loaded = slicer.util.loadVolume(str(tmp_path / name), properties={})
    assert slicer.util.arrayFromVolume(loaded).tolist() == voxels.tolist()
    matrix = vtk.vtkMatrix4x4()
    loaded.GetIJKToRASMatrix(matrix)
    assert slicer.util.arrayFromVTKMatrix(matrix) == pytest.approx(ijk_to_ras, abs=1e-5)


def test_a_segmentation_is_saved_and_loaded(segmentation, tmp_path: Path):
    import slicer

    before = count(segmentation)
    path = tmp_path / "tumor.seg.nrrd"
    assert slicer.util.saveNode(segmentation[0], str(path), properties={})
    loaded = slicer.util.loadSegmentation(str(path), properties={})
    assert count((loaded, segmentation[1])) == before


def test_a_parameter_type_without_serializer_is_refused(slicer_host):
    from slicer.parameterNodeWrapper import parameterNodeWrapper

    with pytest.raises(TypeError, match="no serializer"):

        @parameterNodeWrapper
        class Parameters:
            values: list[int]


def test_parameters_have_defaults_rules_and_types(slicer_host):
    import slicer
    from slicer.parameterNodeWrapper import Choice, Default, Maximum, Minimum, parameterNodeWrapper

    class Policy(enum.Enum):
        KANZAKI = 1
        KCL = 2

    @parameterNodeWrapper
    class Parameters:
        device: Annotated[str, Choice(["auto", "cpu"]), Default("auto")]
        count: Annotated[int, Minimum(1), Maximum(5)] = 2
        policy: Policy
        folder: Path = Path("models")
        priorVolume: slicer.vtkMRMLScalarVolumeNode | None

    parameters = Parameters(slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScriptedModuleNode"))
    assert (parameters.device, parameters.count, parameters.policy) == ("auto", 2, Policy.KANZAKI)
    assert (parameters.folder, parameters.priorVolume) == (Path("models"), None)
    for name, value in (("device", "gpu"), ("count", 0), ("count", 6)):
        with pytest.raises(ValueError, match="Value"):
            setattr(parameters, name, value)
    parameters.policy = Policy.KCL
    assert parameters.parameterNode.GetParameter("policy") == "KCL"  # by name, as Slicer stores it
    with pytest.raises(ValueError, match="Cannot find a param"):
        parameters.getValue("folders")


def test_a_widget_that_slicer_does_not_bind_to_a_type_is_refused(slicer_host):
    import ctk
    import slicer
    from slicer.parameterNodeWrapper import parameterNodeWrapper

    @parameterNodeWrapper
    class Parameters:
        name: str = ""
        size: float = 1.0

    parameters = Parameters(slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScriptedModuleNode"))
    with pytest.raises(RuntimeError, match="Unable to create GUI connector"):
        parameters.connectParametersToGui({"name": ctk.ctkSliderWidget()})
    with pytest.raises(RuntimeError, match="unbounded"):
        parameters.connectParametersToGui({"size": ctk.ctkSliderWidget()})


def test_a_placeholder_without_a_name_is_refused(slicer_host):
    from slicer.i18n import tr

    assert tr("{count} cases").format(count=3) == "3 cases"
    assert tr("{volume:.1f} mm") == "{volume:.1f} mm"
    with pytest.raises(ValueError, match="need names"):
        tr("{} cases")


def test_a_console_process_gives_its_lines_to_the_main_thread(slicer_host, qtbot):
    import sys

    import slicer

    lines, codes = [], []
    slicer.util.launchConsoleProcess(
        [sys.executable, "-c", "print('hello')"],
        blocking=False,
        logCallback=lines.append,
        completedCallback=codes.append,
    )
    qtbot.waitUntil(lambda: codes == [0], timeout=20_000)
    assert lines == ["hello"]


def test_a_qprocess_runs_and_its_signals_arrive(slicer_host, qtbot):
    import sys

    import qt

    process, finished = qt.QProcess(), []
    process.connect("finished(int,QProcess::ExitStatus)", lambda code, status: finished.append(code))
    process.start(sys.executable, ["-c", "import sys; print(sys.stdin.readline().strip()); sys.exit(3)"])
    process.write(b"job\n")
    qtbot.waitUntil(lambda: finished == [3], timeout=20_000)
    assert process.readAllStandardOutput().data() == b"job\n"


def test_settings_begin_empty_and_a_document_becomes_a_pdf(slicer_host, tmp_path: Path):
    import qt
    import slicer

    settings = slicer.app.userSettings()
    assert settings.value("VSSegmentation/model") is None
    settings.setValue("VSSegmentation/model", "embedded")
    assert slicer.util.settingsValue("VSSegmentation/model", "") == "embedded"
    settings.remove("VSSegmentation/model")

    printer = qt.QPrinter(qt.QPrinter.PrinterResolution)
    printer.setOutputFormat(qt.QPrinter.PdfFormat)
    printer.setOutputFileName(str(tmp_path / "report.pdf"))
    document = qt.QTextDocument()
    document.setHtml("<h1>Report</h1>")
    document.print_(printer)
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")


def test_a_folded_box_brings_back_what_a_program_wants_to_be_seen(slicer_host):
    import ctk
    import qt

    box = ctk.ctkCollapsibleButton("section")
    column = qt.QVBoxLayout(box)
    labels = [qt.QLabel(text) for text in ("hidden while open", "hidden while folded", "shown while folded", "left")]
    for label in labels:
        column.addWidget(label)
    box.show()
    labels[0].visible = False
    labels[2].visible = False
    box.collapsed = True
    labels[1].visible = False
    labels[2].visible = True
    assert [label.visible for label in labels] == [False] * 4
    box.collapsed = False
    assert [label.visible for label in labels] == [False, False, True, True]
    box.close()


def test_a_parameter_is_cached_and_read_again_when_the_node_tells_of_a_change(slicer_host):
    import slicer
    from slicer.parameterNodeWrapper import parameterNodeWrapper

    @parameterNodeWrapper
    class Parameters:
        word: str = "first"

    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScriptedModuleNode")
    one, other = Parameters(node), Parameters(node)
    before = node.StartModify()
    one.word = "second"
    assert (one.word, other.word) == ("second", "first"), "the other has not been told yet"
    node.EndModify(before)
    assert other.word == "second"
    node.UnsetParameter("word")
    assert one.word == "first", "a value that is missing is written anew"
