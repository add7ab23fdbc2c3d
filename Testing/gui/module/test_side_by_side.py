"""Both scans side by side: close to the tumor, aligned by the heads, each view following the other."""

import numpy as np
import pytest

from Testing.support.phantoms import rotation_about
from Testing.support.scripted_worker import SAMPLE, truth
from VSSegmentationLib.geometry import AxisOrder, transform_points
from VSSegmentationLib.imageio import read_volume
from VSSegmentationLib.volume import Volume, reorder


def views():
    import slicer

    manager = slicer.app.layoutManager()
    return tuple(manager.sliceWidget(name).mrmlSliceNode() for name in ("Red", "Yellow"))


def motion_between(earlier, this):
    """From the earlier world to this one, as the two views show them."""
    from VSSegmentationLib.scene.places import matrix_from_vtk

    return matrix_from_vtk(this.GetSliceToRAS()) @ np.linalg.inv(matrix_from_vtk(earlier.GetSliceToRAS()))


def tumor_points(labelmap):
    return transform_points(labelmap.dhw_to_ras, np.argwhere(labelmap.array > 0))


def test_side_by_side_shows_both_scans_close_to_the_tumor_and_gives_the_former_views_back(compared, hands):
    import slicer

    from VSSegmentationLib.scene.places import matrix_from_vtk

    manager, ui = slicer.app.layoutManager(), compared.followUpPanel.ui
    layout = manager.layout
    before = [(matrix_from_vtk(view.GetSliceToRAS()), view.GetFieldOfView()[0]) for view in views()]
    ui.growthTable.selectRow(0)
    hands.click(ui.linkButton)
    assert manager.layout == slicer.vtkMRMLLayoutNode.SlicerLayoutSideBySideView
    shown = [manager.sliceWidget(name).mrmlSliceCompositeNode() for name in ("Red", "Yellow")]
    scans = [node.GetID() for node in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")]
    assert [each.GetBackgroundVolumeID() for each in shown] == scans
    assert [view.GetFieldOfView()[0] for view in views()] == pytest.approx([50.0, 50.0])
    hands.click(ui.linkButton)
    assert manager.layout == layout
    for view, (matrix, width) in zip(views(), before, strict=True):
        np.testing.assert_allclose(matrix_from_vtk(view.GetSliceToRAS()), matrix, atol=1e-9)
        assert view.GetFieldOfView()[0] == pytest.approx(width)


def test_side_by_side_is_aligned_by_the_heads_and_each_view_follows_the_other(compared, hands):
    """Both examinations of the sample are drawn in one head's voxels, and lie in the scanner by their affines."""
    ui = compared.followUpPanel.ui
    ui.growthTable.selectRow(0)
    hands.click(ui.linkButton)
    assert ui.linkLabel.visible
    assert "aligned by the heads" in ui.linkLabel.text
    wanted = truth(2).dhw_to_ras @ np.linalg.inv(truth(1).dhw_to_ras)
    earlier, this = views()
    for _ in range(2):
        points = tumor_points(truth(1))
        apart = transform_points(motion_between(earlier, this), points) - transform_points(wanted, points)
        assert np.linalg.norm(apart, axis=1).max() < 0.5
        this.SetSliceOffset(this.GetSliceOffset() + 3.0)  # as the wheel does
    offset = this.GetSliceOffset()
    earlier.SetSliceOffset(earlier.GetSliceOffset() - 2.0)
    assert this.GetSliceOffset() != pytest.approx(offset)
    this.SetFieldOfView(80.0, 80.0, 1.0)
    assert earlier.GetFieldOfView()[0] == pytest.approx(80.0)
    hands.click(ui.linkButton)
    assert not ui.linkLabel.visible
    before = earlier.GetSliceOffset()
    this.SetSliceOffset(this.GetSliceOffset() + 3.0)
    assert earlier.GetSliceOffset() == pytest.approx(before)  # nothing follows any more


def test_the_wheel_in_one_view_moves_both(compared, hands):
    import slicer
    from PySide6.QtCore import QPoint, QPointF, Qt
    from PySide6.QtGui import QWheelEvent
    from PySide6.QtWidgets import QApplication

    ui = compared.followUpPanel.ui
    ui.growthTable.selectRow(0)
    hands.click(ui.linkButton)
    earlier, this = views()
    offsets = earlier.GetSliceOffset(), this.GetSliceOffset()
    view = slicer.app.layoutManager().sliceWidget("Yellow").sliceView()
    at = QPointF(view.width / 2, view.height / 2)
    none, up = Qt.MouseButton.NoButton, QPoint(0, 120)
    wheel = QWheelEvent(at, at, QPoint(), up, none, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False)
    QApplication.sendEvent(view, wheel)
    assert abs(this.GetSliceOffset() - offsets[1]) > 0.5
    assert abs(earlier.GetSliceOffset() - offsets[0]) > 0.5


@pytest.fixture
def stored_otherwise(widget, worker, hands, load_sample):
    """The earlier head was turned by 20 degrees and stored in sagittal slices, of every other voxel."""
    import slicer

    from VSSegmentationLib.scene import add_volume

    turn = rotation_about((0.3, 1.0, 0.2), 20.0)
    turn[:3, 3] = (12.0, -9.0, 6.0)

    def elsewhere(volume):
        coarser = turn @ volume.dhw_to_ras @ np.diag([1.0, 2.0, 2.0, 1.0])
        return reorder(Volume(volume.array[:, ::2, ::2], coarser), AxisOrder((2, 0, 1), (True, False, True)))

    def segment(labelmap, node):
        worker.labelmap = labelmap
        widget.casePanel.ui.inputSelector.setCurrentNode(node)
        hands.wait(lambda: not widget.client.isBusy)
        hands.click(widget.segmentPanel.ui.segmentButton)
        hands.wait(lambda: widget.session.examination is not None and not widget.client.isBusy)
        return widget.session.examination.segmentationNode

    scan = read_volume(SAMPLE / "exam1_t2.nii.gz")
    earlier = segment(elsewhere(truth(1)), add_volume(slicer.mrmlScene, elsewhere(scan), "Earlier"))
    segment(truth(2), load_sample(2))
    ui = widget.followUpPanel.ui
    ui.followUpSection.collapsed = False
    ui.priorSelector.setCurrentNode(earlier)
    hands.type(ui.daysEdit, "400")
    hands.click(ui.addPriorButton)
    ui.growthTable.selectRow(0)
    return widget, turn


def test_another_grid_orientation_and_voxel_size_are_aligned_as_well(stored_otherwise, hands):
    widget, turn = stored_otherwise
    hands.click(widget.followUpPanel.ui.linkButton)
    assert "aligned by the heads" in widget.followUpPanel.ui.linkLabel.text
    wanted = truth(2).dhw_to_ras @ np.linalg.inv(turn @ truth(1).dhw_to_ras)
    points = transform_points(turn, tumor_points(truth(1)))
    apart = transform_points(motion_between(*views()), points) - transform_points(wanted, points)
    assert np.linalg.norm(apart, axis=1).max() < 1.0  # of voxels of 1 x 1 x 1.5 mm


def test_heads_that_cannot_be_aligned_are_shown_each_at_its_own_tumor_and_this_is_said(compared, hands):
    import slicer

    first = slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")[0]
    noise = np.random.default_rng(0).normal(size=slicer.util.arrayFromVolume(first).shape).astype(np.float32)
    slicer.util.updateVolumeFromArray(first, noise)  # what another head would be: nothing in common
    ui = compared.followUpPanel.ui
    ui.growthTable.selectRow(0)
    hands.click(ui.linkButton)
    assert "Not aligned: the two scans could not be aligned, because" in ui.linkLabel.text
    assert "the views are not linked" in ui.linkLabel.text
    earlier, this = views()
    assert earlier.GetFieldOfView()[0] == this.GetFieldOfView()[0]
    before = earlier.GetSliceOffset()
    this.SetSliceOffset(this.GetSliceOffset() + 3.0)
    assert earlier.GetSliceOffset() == before


def test_an_overlay_of_this_scan_is_not_laid_over_the_earlier_one(compared, hands):
    import slicer

    from VSSegmentationLib.scene import add_map

    scan, segmentation = compared.session.examination.volumeNode, compared.session.examination.segmentationNode
    overlay = compared.mapsPanel.overlay
    overlay.show(add_map(truth(2), "probability", "x", scan), scan, segmentation, "x", 0.5)
    manager, ui = slicer.app.layoutManager(), compared.followUpPanel.ui
    red, yellow = (manager.sliceWidget(name).mrmlSliceCompositeNode() for name in ("Red", "Yellow"))
    shown = red.GetForegroundVolumeID()
    assert shown
    ui.growthTable.selectRow(0)
    hands.click(ui.linkButton)
    assert not red.GetForegroundVolumeID()
    assert yellow.GetForegroundVolumeID() == shown
    hands.click(ui.linkButton)
    assert red.GetForegroundVolumeID() == shown
    overlay.hide()


def test_side_by_side_each_view_shows_what_belongs_to_its_own_examination(compared, hands):
    import slicer

    def visible():
        kinds = ("vtkMRMLSegmentationNode", "vtkMRMLMarkupsLineNode")
        nodes = [node for kind in kinds for node in slicer.util.getNodesByClass(kind)]
        return {node for node in nodes if node.GetDisplayVisibility()}

    ui, own = compared.followUpPanel.ui, compared.session.examination.segmentationNode
    before = visible()
    ui.growthTable.selectRow(0)
    hands.click(ui.linkButton)
    views = {name: slicer.app.layoutManager().sliceWidget(name).mrmlSliceNode() for name in ("Red", "Yellow")}
    shown = {node: [name for name, view in views.items() if node.GetDisplayNode().IsDisplayableInView(view.GetID())]
             for node in visible()}  # fmt: skip
    assert len(shown) == 4  # mask and headline's line of each
    assert {node for node, where in shown.items() if where == ["Yellow"]} == before
    assert own in before
    assert all(where == ["Red"] for node, where in shown.items() if node not in before)
    hands.click(ui.linkButton)
    assert visible() == before
    assert all(node.GetDisplayNode().GetNumberOfViewNodeIDs() == 0 for node in shown)


def test_leaving_the_module_gives_the_layout_back_too(compared, hands, slicer_host):
    import slicer

    layout = slicer.app.layoutManager().layout
    compared.followUpPanel.ui.growthTable.selectRow(0)
    hands.click(compared.followUpPanel.ui.linkButton)
    slicer_host.window.moduleSelector().selectModule("")
    assert slicer.app.layoutManager().layout == layout
