"""A finished scene in one file, read back in this process, in a fresh one, and by a library of others."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import slicerio

from Testing.scene.test_tables import rows_of
from Testing.scene.test_volumes import GRIDS
from Testing.support.command import run_python
from Testing.support.phantoms import ice_cream
from Testing.support.real_data import REAL_DATA, needs_real_data
from Testing.support.reports import grown_report
from Testing.support.scenes import hierarchy_paths, nodes_of, opened_bundle
from VSSegmentationLib.errors import VSSegmentationError
from VSSegmentationLib.geometry import AxisOrder
from VSSegmentationLib.imageio import read_labelmap, read_scan, read_volume
from VSSegmentationLib.imageio.terminology import terminology_entry
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS, Label
from VSSegmentationLib.measurement import fit_meatal_plane, measure
from VSSegmentationLib.scene import (
    SceneContent,
    automatic_of,
    labelmap_of,
    meatal_plane_of,
    volume_of,
    write_scene_bundle,
)
from VSSegmentationLib.volume import Volume, reorder

WARNING = "The slices are 4.0 mm thick."

READ_IN_A_FRESH_PROCESS = """
import json, sys
from pathlib import Path
from Testing.support.scenes import nodes_of, opened_bundle
from VSSegmentationLib.scene import labelmap_of, volume_of
with opened_bundle(Path(sys.argv[1]), Path(sys.argv[2])) as scene:
    (scan,) = nodes_of(scene, "vtkMRMLScalarVolumeNode")
    found = labelmap_of(nodes_of(scene, "vtkMRMLSegmentationNode")[0], scan)
    image = volume_of(scan)
    print(json.dumps([found.array.tolist(), found.dhw_to_ras.tolist(), image.array.tolist()]))
"""


def content_of(labelmap: Volume, **changes) -> SceneContent:
    image = labelmap.with_array(np.random.default_rng(5).normal(100, 20, labelmap.shape).astype(np.float32))
    plane = fit_meatal_plane(labelmap)
    usual = {
        "image": image, "labelmap": labelmap, "automatic_labelmap": labelmap, "measurements": measure(labelmap),
        "headline_id": "whole_max_axial", "plane": plane, "side": "left", "case": "Case 7", "growth": None,
        "notes": ("For research use only.", WARNING),
    }  # fmt: skip
    return SceneContent(**{**usual, **changes})


def assert_same(found: Volume, expected: Volume) -> None:
    """Of a left-handed scan the slices are counted from the other end; every voxel stays in its place."""
    if np.linalg.det(expected.dhw_to_ras[:3, [2, 1, 0]]) < 0:
        expected = reorder(expected, AxisOrder((0, 1, 2), (True, False, False)))
    assert found.same_grid(expected)
    np.testing.assert_array_equal(found.array, expected.array)


def labelmap_in_file(node) -> Volume:
    """What our own reader finds in the segmentation file of the opened scene."""
    return read_labelmap(Path(node.GetStorageNode().GetFullNameFromFileName()))


@pytest.mark.parametrize("grid", list(GRIDS))
def test_scan_segments_and_plane_come_back_from_the_file_in_their_places(grid: str, tmp_path: Path):
    labelmap = GRIDS[grid](ice_cream((1.5, 0.7, 0.7)))
    content = content_of(labelmap)
    write_scene_bundle(tmp_path / "scene.mrb", content)
    with opened_bundle(tmp_path / "scene.mrb", tmp_path / "opened") as scene:
        (scan,) = nodes_of(scene, "vtkMRMLScalarVolumeNode")
        segmentation, kept = nodes_of(scene, "vtkMRMLSegmentationNode")
        assert automatic_of(segmentation) is kept
        assert_same(volume_of(scan), content.image)
        for node in (segmentation, kept):
            assert_same(labelmap_of(node, scan), labelmap)
            assert_same(labelmap_in_file(node), labelmap)
        assert segmentation.GetSegmentation().ContainsRepresentation("Closed surface")
        plane = meatal_plane_of(nodes_of(scene, "vtkMRMLMarkupsPlaneNode")[0])
        np.testing.assert_allclose(plane.origin_ras_mm, content.plane.origin_ras_mm, atol=1e-4)
        np.testing.assert_allclose(plane.normal_ras, content.plane.normal_ras, atol=1e-4)


def test_the_opened_scene_shows_the_patient_with_everything_under_the_study(tmp_path: Path):
    write_scene_bundle(tmp_path / "scene.mrb", content_of(ice_cream((1.5, 0.7, 0.7))))
    with opened_bundle(tmp_path / "scene.mrb", tmp_path / "opened") as scene:
        paths = hierarchy_paths(scene)
        for name in ("Scan", "Vestibular schwannoma", "Measurements", "Notes", "Porus plane", "Diameters"):
            assert paths[name] == "Case 7/Examination"
        lines = nodes_of(scene, "vtkMRMLMarkupsLineNode")
        assert {paths[line.GetName()] for line in lines} == {"Case 7/Examination/Diameters"}
        assert all(line.GetLocked() for line in lines)
        assert [line.GetName()[:32] for line in lines if line.GetDisplayVisibility()] == [
            "Largest axial diameter, whole tu"
        ]
        assert len(rows_of(nodes_of(scene, "vtkMRMLTableNode")[0])) == len(measure(ice_cream((1.5, 0.7, 0.7))))
        assert WARNING in nodes_of(scene, "vtkMRMLTextNode")[0].GetText()


def test_the_views_show_the_scan_in_its_own_planes_through_the_headline_line(tmp_path: Path):
    labelmap = GRIDS["oblique"](ice_cream((1.5, 0.7, 0.7)))
    content = content_of(labelmap)
    write_scene_bundle(tmp_path / "scene.mrb", content)
    headline = next(m for m in content.measurements if m.id == "whole_max_axial")
    with opened_bundle(tmp_path / "scene.mrb", tmp_path / "opened") as scene:
        (scan,) = nodes_of(scene, "vtkMRMLScalarVolumeNode")
        for composite in nodes_of(scene, "vtkMRMLSliceCompositeNode"):
            assert composite.GetBackgroundVolumeID() == scan.GetID()
        to_ras = scene.GetNodeByID("vtkMRMLSliceNodeRed").GetSliceToRAS()
        normal = np.array([to_ras.GetElement(row, 2) for row in range(3)])
        origin = np.array([to_ras.GetElement(row, 3) for row in range(3)])
    along_slices = labelmap.dhw_to_ras[:3, 0] / np.linalg.norm(labelmap.dhw_to_ras[:3, 0])
    assert abs(normal @ along_slices) == pytest.approx(1.0, abs=1e-4)
    for end in headline.end_points_ras_mm:
        assert (np.array(end) - origin) @ normal == pytest.approx(0.0, abs=0.02)


def test_a_fresh_process_reads_the_same_voxels(tmp_path: Path):
    labelmap = GRIDS["all"](ice_cream((2.0, 1.0, 1.0)))
    content = content_of(labelmap)
    write_scene_bundle(tmp_path / "scene.mrb", content)
    done = run_python(READ_IN_A_FRESH_PROCESS, tmp_path / "scene.mrb", tmp_path / "opened")
    assert done.code == 0, done.err
    voxels, affine, image = json.loads(done.out.splitlines()[-1])
    np.testing.assert_array_equal(voxels, labelmap.array)
    np.testing.assert_allclose(affine, labelmap.dhw_to_ras, atol=1e-6)
    np.testing.assert_array_equal(np.float32(image), content.image.array)


def test_slicerio_finds_the_segments_with_name_color_codes_and_every_voxel(tmp_path: Path):
    labelmap = GRIDS["oblique"](ice_cream((1.5, 0.7, 0.7)))
    write_scene_bundle(tmp_path / "scene.mrb", content_of(labelmap))
    with zipfile.ZipFile(tmp_path / "scene.mrb") as bundle:
        bundle.extract("scene/Data/Vestibular schwannoma.seg.nrrd", tmp_path)
    read = slicerio.read_segmentation(str(tmp_path / "scene/Data/Vestibular schwannoma.seg.nrrd"))
    segments = {segment["name"]: segment for segment in read["segments"]}
    ijk_to_lps = read["ijkToLPS"]
    found = {}
    for label in (Label.EXTRAMEATAL, Label.INTRAMEATAL):
        style = VESTIBULAR_SCHWANNOMA_LABELS.of_value(label)
        segment = segments[style.name]
        np.testing.assert_allclose(segment["color"], np.array(style.color_rgb) / 255, atol=1e-4)
        modifier = terminology_entry(VESTIBULAR_SCHWANNOMA_LABELS, style).split("~")[3].split("^")
        assert segment["terminology"]["typeModifier"] == modifier
        assert segment["terminology"]["anatomicRegionModifier"][2] == "Left"
        indices = np.argwhere(read["voxels"] == segment["labelValue"])
        points = (np.c_[indices, np.ones(len(indices))] @ ijk_to_lps.T)[:, :3] * (-1, -1, 1)
        found[label] = {tuple(point) for point in np.round(points, 2)}
    for label, points in found.items():
        indices = np.argwhere(labelmap.array == label)
        expected = (np.c_[indices, np.ones(len(indices))] @ labelmap.dhw_to_ras.T)[:, :3]
        assert points == {tuple(point) for point in np.round(expected, 2)}


def test_growth_comes_along_with_charts_that_find_their_tables(tmp_path: Path):
    content = content_of(ice_cream((2.0, 1.0, 1.0)), growth=grown_report().growth)
    write_scene_bundle(tmp_path / "scene.mrb", content)
    with opened_bundle(tmp_path / "scene.mrb", tmp_path / "opened") as scene:
        charts = nodes_of(scene, "vtkMRMLPlotChartNode")
        assert len(charts) == 2
        for chart in charts:
            for number in range(chart.GetNumberOfPlotSeriesNodes()):
                table = chart.GetNthPlotSeriesNode(number).GetTableNode().GetTable()
                assert table.GetNumberOfRows() > 0
                assert table.GetColumn(1).IsNumeric()
        assert hierarchy_paths(scene)["Growth: Volume"] == "Case 7/Examination/Growth"


def test_a_labelmap_alone_an_empty_one_and_one_without_a_plane_make_a_scene_too(tmp_path: Path):
    labelmap = ice_cream((2.0, 1.0, 1.0))
    empty = labelmap.with_array(np.zeros_like(labelmap.array))
    cases = {
        "alone": content_of(labelmap, image=None, automatic_labelmap=None),
        "empty": content_of(empty, plane=None, headline_id=None, side=None, case=""),
    }
    for name, content in cases.items():
        write_scene_bundle(tmp_path / f"{name}.mrb", content)
        with opened_bundle(tmp_path / f"{name}.mrb", tmp_path / name) as scene:
            assert nodes_of(scene, "vtkMRMLSegmentationNode")
            assert "Patient" in hierarchy_paths(scene) or name == "alone"


def test_a_file_that_cannot_be_written_is_an_error_and_leaves_nothing(tmp_path: Path):
    (tmp_path / "in the way").write_text("a file", encoding="utf-8")
    with pytest.raises(VSSegmentationError, match="could not be written"):
        write_scene_bundle(tmp_path / "in the way" / "scene.mrb", content_of(ice_cream((2.0, 1.0, 1.0))))
    assert [path.name for path in tmp_path.iterdir()] == ["in the way"]


@needs_real_data
@pytest.mark.parametrize("name", ["vs_gk_95_t2", "vs_gk_99_t1"])
def test_a_real_scan_with_its_tumor_comes_back_voxel_for_voxel(name: str, tmp_path: Path):
    image = read_scan(REAL_DATA / "vs_gk" / f"{name}.nii.gz").volume
    mask = read_volume(REAL_DATA / "vs_gk" / f"{name}_seg.nii.gz").array > 0
    labelmap = image.with_array(np.where(mask, np.uint8(Label.UNDIVIDED_TUMOR), np.uint8(0)))
    write_scene_bundle(tmp_path / "scene.mrb", content_of(labelmap, image=image, plane=None))
    with opened_bundle(tmp_path / "scene.mrb", tmp_path / "opened") as scene:
        (scan,) = nodes_of(scene, "vtkMRMLScalarVolumeNode")
        assert_same(volume_of(scan), image)
        assert_same(labelmap_of(nodes_of(scene, "vtkMRMLSegmentationNode")[0], scan), labelmap)
