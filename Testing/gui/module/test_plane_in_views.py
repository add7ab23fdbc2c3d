"""The porus plane in slice views: its line, the names of both sides, and handles that a real mouse drags."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from Testing.support.view_pixels import pixels


def volumes(widget):
    return {m.id: m.value for m in widget.session.numbers.measurements if m.id.startswith("vol_")}


def shown_in(view, plane, width_mm=60):
    """A slice view through the plane's origin, close enough to work in."""
    node = view.mrmlSliceNode()
    node.SetFieldOfView(width_mm, width_mm * view.height / view.width, 1)
    node.JumpSliceByCentering(*plane.origin_ras_mm)
    view.forceRender()
    return node


@pytest.mark.parametrize(("name", "across"), [("Red", 2), ("Yellow", 0), ("Green", 1)])
def test_the_plane_is_dragged_with_the_mouse_in_a_slice_view_and_one_undo_brings_it_back(
    segmented, hands, name, across
):
    import slicer

    from VSSegmentationLib.scene import meatal_plane_of

    examination = segmented.session.examination
    hands.tick(segmented.editPanel.ui.showPlaneBox)
    before, plane = volumes(segmented), meatal_plane_of(examination.planeNode)
    view = slicer.app.layoutManager().sliceWidget(name).sliceView()
    view.mrmlSliceNode().SetFieldOfView(60, 60 * view.height / view.width, 1)
    view.mrmlSliceNode().JumpSliceByCentering(*plane.origin_ras_mm)
    view.forceRender()
    wanted = 2.0 * np.array([1.0, 0.6, 0.6])
    wanted[across] = 0.0  # a mouse moves nothing out of its own slice
    hands.drag(view, plane.origin_ras_mm, plane.origin_ras_mm + wanted)
    hands.wait(lambda: not segmented.session.live.isOutdated)
    after = meatal_plane_of(examination.planeNode)
    assert np.subtract(after.origin_ras_mm, plane.origin_ras_mm) == pytest.approx(wanted, abs=0.4)
    assert after.normal_ras == pytest.approx(plane.normal_ras, abs=1e-6)
    outward = np.dot(wanted, plane.normal_ras)  # towards the cistern, which makes the part in the canal larger
    assert (volumes(segmented)["vol_im"] - before["vol_im"]) * outward > 0
    assert volumes(segmented)["vol_total"] == pytest.approx(before["vol_total"], rel=1e-12)
    assert len(examination.log.edits) == 1
    segmented.editPanel.editor.undo()
    hands.wait(lambda: volumes(segmented) == before)
    assert meatal_plane_of(examination.planeNode).origin_ras_mm == pytest.approx(plane.origin_ras_mm, abs=1e-6)


@pytest.mark.parametrize("name", ["Red", "Yellow", "Green"])
def test_an_end_of_the_line_is_dragged_with_the_mouse_and_turns_the_plane_in_its_slice(segmented, hands, name):
    import slicer

    from VSSegmentationLib.scene import meatal_plane_of
    from VSSegmentationLib.scene.places import matrix_from_vtk
    from VSSegmentationLib.scene.plane_cuts import cut_by_slice

    examination = segmented.session.examination
    hands.tick(segmented.editPanel.ui.showPlaneBox)
    before, plane = volumes(segmented), meatal_plane_of(examination.planeNode)
    view = slicer.app.layoutManager().sliceWidget(name).sliceView()
    matrix = matrix_from_vtk(shown_in(view, plane).GetSliceToRAS())
    cut = cut_by_slice(plane, matrix, 10.0)
    center, end = np.array(cut.center_ras_mm), np.array(cut.ends_ras_mm[0])
    turn = Rotation.from_rotvec(np.radians(20.0) * matrix[:3, 2]).as_matrix()
    hands.drag(view, end, center + turn @ (end - center))
    hands.wait(lambda: not segmented.session.live.isOutdated)
    after = meatal_plane_of(examination.planeNode)
    cosine = np.dot(after.normal_ras, turn @ np.array(plane.normal_ras))
    assert np.degrees(np.arccos(min(cosine, 1.0))) < 2.0  # a pixel at 10 mm
    assert after.height_mm(center) == pytest.approx(0.0, abs=1e-6)
    assert volumes(segmented)["vol_im"] != before["vol_im"]
    assert volumes(segmented)["vol_total"] == pytest.approx(before["vol_total"], rel=1e-12)
    assert len(examination.log.edits) == 1
    segmented.editPanel.editor.undo()
    hands.wait(lambda: volumes(segmented) == before)
    assert meatal_plane_of(examination.planeNode).normal_ras == pytest.approx(plane.normal_ras, abs=1e-6)


@pytest.mark.parametrize("name", ["Red", "Yellow", "Green", "oblique"])
def test_the_names_are_drawn_beside_the_line_each_on_its_own_side_and_inside_the_view(segmented, hands, name):
    import slicer

    from VSSegmentationLib.scene import meatal_plane_of
    from VSSegmentationLib.scene.places import matrix_from_vtk

    hands.tick(segmented.editPanel.ui.showPlaneBox)
    plane = meatal_plane_of(segmented.session.examination.planeNode)
    view = slicer.app.layoutManager().sliceWidget("Red" if name == "oblique" else name).sliceView()
    node = shown_in(view, plane)
    if name == "oblique":
        node.SetSliceToRASByNTP(0.3, 0.2, 0.9, 0.9, 0.1, -0.3, *plane.origin_ras_mm, 0)
    to_ras = matrix_from_vtk(node.GetXYToRAS())
    labels = {
        each.GetNthControlPointLabel(0): each
        for each in slicer.util.getNodesByClass("vtkMRMLMarkupsFiducialNode")
        if each.GetNthControlPointLabel(0) and each.GetDisplayNode().IsDisplayableInView(node.GetID())
    }
    assert sorted(labels) == ["extrameatal", "intrameatal"]
    whole = pixels(view)
    for text, side in (("extrameatal", 1), ("intrameatal", -1)):
        labels[text].SetDisplayVisibility(False)
        drawn = np.argwhere(np.abs(pixels(view) - whole).sum(axis=2) > 30)
        labels[text].SetDisplayVisibility(True)
        assert len(drawn) > 100  # letters of some size
        height, width = whole.shape[:2]
        assert drawn.min() > 0
        assert (drawn.max(axis=0) < (height - 1, width - 1)).all()
        xy = np.c_[drawn[:, ::-1], np.zeros(len(drawn)), np.ones(len(drawn))]
        assert (side * plane.height_mm((xy @ to_ras.T)[:, :3])).min() > 0


def test_handles_cover_little_of_the_slice(segmented, hands):
    """Slicer's rings and arrows covered a quarter of a view; line, names and three dots are less than a fiftieth."""
    import slicer

    from VSSegmentationLib.scene import meatal_plane_of

    plane = meatal_plane_of(segmented.session.examination.planeNode)
    view = slicer.app.layoutManager().sliceWidget("Red").sliceView()
    shown_in(view, plane)
    before = pixels(view)
    hands.tick(segmented.editPanel.ui.showPlaneBox)
    covered = (np.abs(pixels(view) - before).sum(axis=2) > 30).mean()
    assert 0.001 < covered < 0.02


def test_what_is_drawn_of_the_plane_goes_with_it_and_is_never_saved(segmented, hands, slicer_host):
    import slicer

    def drawn():
        every = slicer.util.getNodesByClass("vtkMRMLMarkupsNode")
        return [node for node in every if node.GetName() == "Porus plane in a view"]

    assert drawn() == []
    hands.tick(segmented.editPanel.ui.showPlaneBox)
    assert len(drawn()) == 12
    assert not any(node.GetSaveWithScene() for node in drawn())
    assert all(node.GetHideFromEditors() for node in drawn())
    hands.tick(segmented.editPanel.ui.showPlaneBox)
    assert drawn() == []
    hands.tick(segmented.editPanel.ui.showPlaneBox)
    slicer_host.window.moduleSelector().selectModule("")
    assert drawn() == []
    assert segmented.session.examination is None
    (plane,) = slicer.util.getNodesByClass("vtkMRMLMarkupsPlaneNode")
    assert plane.GetDisplayNode().GetVisibility2D()  # without the module it is Slicer's own plane again
