"""A scene of another kind of tumor: its segments, colors, codes, lines and plots, and no plane."""

from dataclasses import replace

import numpy as np
import pytest
import vtk

from Testing.scene.test_segmentations import scan_node
from Testing.support.growth_cases import facts
from Testing.support.scenes import headless_scene, nodes_of
from Testing.support.toy_task import CORE, LABELS, RIM, TOY, install_toy_task, toy_labelmap
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.imageio.terminology import terminology_entry
from VSSegmentationLib.measurement.growth import Examination, compare
from VSSegmentationLib.scene import (
    SceneContent,
    add_growth,
    add_lines,
    add_segmentation,
    automatic_of,
    keep_automatic,
    labelmap_of,
    task_of,
    write_labelmap,
)
from VSSegmentationLib.scene.bundle import fill_scene


@pytest.fixture(autouse=True)
def toy_installed(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(install_toy_task(tmp_path)))


def test_the_node_remembers_its_task_and_has_the_segments_of_its_labels():
    labelmap = toy_labelmap()
    with headless_scene() as scene:
        scan = scan_node(scene, labelmap)
        node = add_segmentation(scene, labelmap, scan, side="right", task=TOY)
        assert (node.GetName(), task_of(node).name) == ("Toy tumor", "toy tumor")
        for entry in LABELS.entries:
            segment = node.GetSegmentation().GetSegment(f"TOY_{entry.key}")
            assert segment.GetName() == entry.name
            np.testing.assert_allclose(segment.GetColor(), np.array(entry.color_rgb) / 255)
            text = vtk.reference("")
            assert segment.GetTag(segment.GetTerminologyEntryTagName(), text)
            assert text.get() == terminology_entry(LABELS, entry, "right")
        np.testing.assert_array_equal(labelmap_of(node, scan).array, labelmap.array)
        kept = keep_automatic(node, labelmap, scan)
        assert automatic_of(node) is kept
        assert task_of(kept).name == "toy tumor"


def test_where_a_person_lets_nested_parts_overlap_the_inner_one_has_the_voxel():
    labelmap = toy_labelmap()
    with headless_scene() as scene:
        scan = scan_node(scene, labelmap)
        node = add_segmentation(scene, labelmap, scan, task=TOY)
        core_alone = labelmap.with_array(np.where(labelmap.array == CORE, CORE, 0).astype(np.uint8))
        rim_alone = labelmap.with_array(np.where(labelmap.array > 0, RIM, 0).astype(np.uint8))
        write_labelmap(node, rim_alone)
        other = add_segmentation(scene, core_alone, scan, task=TOY)
        segment = other.GetSegmentation().GetSegment("TOY_core")
        node.GetSegmentation().RemoveSegment("TOY_core")
        assert node.GetSegmentation().CopySegmentFromSegmentation(other.GetSegmentation(), "TOY_core")
        assert segment is not None
        found = labelmap_of(node, scan).array
        np.testing.assert_array_equal(found == CORE, labelmap.array == CORE)
        np.testing.assert_array_equal(found == RIM, (labelmap.array > 0) & (labelmap.array != CORE))


def test_a_node_of_a_task_that_is_not_installed_is_refused_with_its_name():
    with headless_scene() as scene:
        node = add_segmentation(scene, toy_labelmap(), task=TOY)
        node.SetAttribute("VSSegmentation.Task", "no such tumor")
        with pytest.raises(UsageError, match="no task named 'no such tumor'"):
            task_of(node)


def test_lines_and_plots_are_those_of_the_task():
    measured = TOY.measure(toy_labelmap())
    headline = TOY.choose_headline(measured, TOY.default_policy)
    growth = compare(
        [Examination(days=days, measurements=measured, headline=headline, facts=facts()) for days in (0, 90)]
    )
    with headless_scene() as scene:
        (line,) = add_lines(scene, measured, task=TOY)
        assert line.GetName().startswith("Greatest width, whole tumor: ")
        nodes = add_growth(scene, growth, TOY)
        volumes = [each for each in nodes.series if each.GetName().startswith("Volume")]
        assert [each.GetName() for each in volumes] == ["Volume of everything", "Volume of the core"]
        np.testing.assert_allclose(volumes[1].GetColor(), np.array(LABELS.of_key("core").color_rgb) / 255)


def test_a_finished_scene_has_everything_but_a_plane():
    labelmap = toy_labelmap()
    content = SceneContent(
        image=labelmap.with_array(labelmap.array.astype(np.float32)), labelmap=labelmap, automatic_labelmap=labelmap,
        measurements=TOY.measure(labelmap), headline_id="toy_width", plane=None, side="right", case="A", growth=None,
        task=TOY, notes=("For research use only.",),
    )  # fmt: skip
    with headless_scene() as scene:
        fill_scene(scene, replace(content))
        assert {task_of(node).name for node in nodes_of(scene, "vtkMRMLSegmentationNode")} == {"toy tumor"}
        assert len(nodes_of(scene, "vtkMRMLMarkupsLineNode")) == 1
        assert nodes_of(scene, "vtkMRMLMarkupsPlaneNode") == []
