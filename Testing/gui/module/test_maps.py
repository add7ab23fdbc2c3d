"""Seeing why: the network's maps as colors over the scan, off unless asked for, with real clicks on real views."""

import numpy as np
import pytest

from Testing.support.scripted_worker import truth
from Testing.support.view_pixels import pixels


def segment_with_maps(widget, hands, load_sample):
    hands.tick(widget.mapsPanel.ui.keepBox)
    load_sample(1)
    hands.click(widget.segmentPanel.ui.segmentButton)
    hands.wait(lambda: widget.session.examination is not None)


@pytest.fixture
def kept(widget, hands, load_sample):
    """The module after a segmentation whose maps were kept."""
    segment_with_maps(widget, hands, load_sample)
    return widget


def composites():
    import slicer

    return slicer.util.getNodesByClass("vtkMRMLSliceCompositeNode")


def red():
    import slicer

    return slicer.app.layoutManager().sliceWidget("Red").sliceView()


def test_nothing_is_asked_for_kept_or_shown_unless_a_person_wants_it(segmented, worker):
    ui = segmented.mapsPanel.ui
    assert not ui.keepBox.checked
    assert "maps" not in next(request for request in worker.requests if request["do"] == "segment")
    assert not ui.showMapBox.enabled
    assert "No map was kept" in ui.showMapBox.toolTip
    assert "Tick the box above" in ui.whyLabel.text
    assert ui.mapBox.count == 0


def test_before_a_segmentation_the_panel_says_what_is_missing(widget):
    assert not widget.mapsPanel.ui.showMapBox.enabled
    assert widget.mapsPanel.ui.showMapBox.toolTip == "Segment a scan first."


def test_maps_that_were_kept_are_offered_by_name_and_not_shown_unasked(kept, worker):
    ui = kept.mapsPanel.ui
    assert next(request for request in worker.requests if request["do"] == "segment")["maps"].endswith("maps")
    names = [ui.mapBox.itemText(n) for n in range(ui.mapBox.count)]
    assert names == ["Probability of tumor", "Attention, level 1 (finest)", "Attention, level 2"]
    assert not ui.showMapBox.checked
    assert not any(each.GetForegroundVolumeID() for each in composites())
    assert "not calibrated" in ui.meaningLabel.text
    assert "certain" not in ui.meaningLabel.text
    assert not ui.lackingLabel.visible


def test_a_click_lays_the_map_over_the_tumor_and_another_takes_it_away(kept, hands):
    import slicer

    from VSSegmentationLib.geometry import transform_points

    view, ui = red(), kept.mapsPanel.ui
    labelmap = truth(1)
    inside = np.argwhere(labelmap.array > 0)
    middle = transform_points(
        labelmap.dhw_to_ras, inside[np.linalg.norm(inside - inside.mean(axis=0), axis=1).argmin()]
    )
    kept.session.examination.segmentationNode.SetDisplayVisibility(False)
    for line in kept.session.live.lines.nodes():
        line.SetDisplayVisibility(False)
    view.mrmlSliceNode().JumpSliceByCentering(*middle)
    before = pixels(view)
    hands.tick(ui.showMapBox)
    ui.opacitySlider.value = 100
    shown = pixels(view)
    x, y, _ = (round(each) for each in view.convertRASToXYZ(tuple(middle)))
    from VSSegmentationLib.scene.maps import map_colors

    assert shown[y, x] == pytest.approx(map_colors()[round(0.9 * 255)].astype(int), abs=6)  # 0.9 in the tumor
    changed = np.abs(shown - before).sum(axis=2) > 60
    far = np.zeros(changed.shape, bool)
    far[:, : changed.shape[1] // 8] = True
    assert not changed[far].any()  # the scan is seen where the network said nothing
    ui.opacitySlider.value = 0
    bare = np.abs(pixels(view) - before).sum(axis=2)
    assert bare[y, x] < 6
    hands.tick(ui.showMapBox)
    assert np.array_equal(pixels(view), before)
    assert not any(each.GetForegroundVolumeID() for each in composites())
    assert slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")


def test_another_map_is_chosen_from_the_list_and_its_words_change(kept, hands):
    ui = kept.mapsPanel.ui
    fill = kept.session.examination.segmentationNode.GetDisplayNode()
    assert fill.GetVisibility2DFill()
    hands.tick(ui.showMapBox)
    assert not fill.GetVisibility2DFill()  # its colors would mix with those of the map
    assert fill.GetVisibility2DOutline()
    ids = {each.GetForegroundVolumeID() for each in composites()}
    ui.mapBox.currentIndex = 2
    assert {each.GetForegroundVolumeID() for each in composites()} != ids
    assert "not where tumor is" in ui.meaningLabel.text
    import slicer

    node = slicer.mrmlScene.GetNodeByID(composites()[0].GetForegroundVolumeID())
    assert node.GetName() == "Attention, level 2"
    legend = slicer.vtkSlicerColorLogic.GetColorLegendDisplayNode(node)
    assert legend.GetVisibility()
    assert legend.GetTitleText() == "Network\nattention"
    hands.tick(ui.showMapBox)
    assert fill.GetVisibility2DFill()


def test_what_a_person_had_in_the_foreground_comes_back(kept, hands):
    import slicer

    from VSSegmentationLib.scene import add_volume

    other = add_volume(slicer.mrmlScene, truth(1), "Other")
    first = composites()[0]
    first.SetForegroundVolumeID(other.GetID())
    first.SetForegroundOpacity(0.3)
    hands.tick(kept.mapsPanel.ui.showMapBox)
    assert first.GetForegroundVolumeID() != other.GetID()
    hands.tick(kept.mapsPanel.ui.showMapBox)
    assert first.GetForegroundVolumeID() == other.GetID()
    assert first.GetForegroundOpacity() == pytest.approx(0.3)


def test_a_map_is_never_laid_over_another_scan(kept, hands, load_sample, slicer_host):
    ui = kept.mapsPanel.ui
    hands.tick(ui.showMapBox)
    load_sample(2)
    assert not ui.showMapBox.checked
    assert not ui.showMapBox.enabled
    assert not any(each.GetForegroundVolumeID() for each in composites())


def test_leaving_the_module_takes_the_colors_away(kept, hands, slicer_host):
    hands.tick(kept.mapsPanel.ui.showMapBox)
    slicer_host.window.moduleSelector().selectModule("")
    assert not any(each.GetForegroundVolumeID() for each in composites())


def test_a_model_without_attention_says_so(widget, worker, hands, load_sample):
    worker.attention_levels = 0
    segment_with_maps(widget, hands, load_sample)
    ui = widget.mapsPanel.ui
    assert [ui.mapBox.itemText(n) for n in range(ui.mapBox.count)] == ["Probability of tumor"]
    assert ui.lackingLabel.visible
    assert ui.lackingLabel.text == "The model 'toy' has no attention maps."


def test_segmenting_again_replaces_the_maps_and_removing_the_choice_keeps_none(kept, hands):
    import slicer

    from VSSegmentationLib.scene.maps import MAP_ATTRIBUTE

    def maps():
        every = slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
        return [node for node in every if node.GetAttribute(MAP_ATTRIBUTE)]

    assert len(maps()) == 3
    hands.tick(kept.mapsPanel.ui.keepBox)
    hands.wait(lambda: not kept.client.isBusy)
    former = kept.session.examination
    hands.click(kept.segmentPanel.ui.segmentButton)
    hands.wait(lambda: kept.session.examination is not former)
    assert maps() == []
    assert kept.mapsPanel.ui.mapBox.count == 0
