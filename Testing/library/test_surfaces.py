"""Closed surfaces of labelmaps: watertight, of the volume of the voxels, in the place that the file says."""

import numpy as np
import pytest
from vtkmodules.vtkFiltersCore import vtkFeatureEdges
from vtkmodules.vtkIOGeometry import vtkOBJReader, vtkSTLReader

from Testing.support.grids import turned_affine
from Testing.support.toy_run import fill_toy_folder, one_sentence, segment
from VSSegmentationLib import geometry, surfaces
from VSSegmentationLib.case_run import missing
from VSSegmentationLib.errors import EmptyMaskError, UsageError
from VSSegmentationLib.frames import lps_from_ras
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS as VS
from VSSegmentationLib.labels import Label
from VSSegmentationLib.surfaces import surface_of, write_obj, write_stl
from VSSegmentationLib.volume import Volume

AXIAL = np.array([[0, 0, 0.6, -18.1], [0, 0.6, 0, -21.3], [1.5, 0, 0, -29.77], [0, 0, 0, 1.0]])
LEFT_HANDED = AXIAL @ np.diag([1, 1, -1, 1.0])
OBLIQUE = turned_affine((25, -20, 35), (3.0, 0.5, 0.5))
SAGITTAL = np.array([[3.0, 0, 0, 4], [0, 0, -0.5, 9], [0, -0.5, 0, 7], [0, 0, 0, 1]])
GRIDS = {"axial": AXIAL, "left-handed": LEFT_HANDED, "oblique": OBLIQUE, "sagittal": SAGITTAL}
SHAPE = (24, 40, 44)


def distance_2(center):
    return ((np.indices(SHAPE) - np.array(center)[:, None, None, None]) ** 2).sum(axis=0)


def scattered():
    """Voxels that touch at edges and corners only, as nothing that is drawn does."""
    return np.random.default_rng(2).random(SHAPE) < 0.05


BODIES = {
    "ball": distance_2((12, 20, 22)) <= 81,
    "few voxels": distance_2((12, 20, 22)) <= 3,
    "one voxel": distance_2((5, 5, 5)) == 0,
    "at the border": distance_2((0, 0, 0)) <= 100,
    "hollow": (distance_2((12, 20, 22)) <= 81) & (distance_2((12, 20, 22)) >= 25),
    "whole grid": np.ones(SHAPE, bool),
    "diagonal": (distance_2((5, 5, 5)) == 0) | (distance_2((6, 6, 5)) == 0) | (distance_2((7, 7, 6)) == 0),
    "scattered": scattered(),
}


def labeled(mask, affine, value=Label.UNDIVIDED_TUMOR):
    return Volume(np.where(mask, np.uint8(value), np.uint8(0)), affine)


def open_edges(poly):
    """How many edges belong to one triangle, or to more than two."""
    edges = vtkFeatureEdges()
    edges.SetInputData(poly)
    edges.FeatureEdgesOff()
    edges.ManifoldEdgesOff()
    edges.BoundaryEdgesOn()
    edges.NonManifoldEdgesOn()
    edges.Update()
    return edges.GetOutput().GetNumberOfCells()


def stl(path):
    reader = vtkSTLReader()
    reader.SetFileName(str(path))
    reader.Update()
    return reader.GetOutput()


def voxels_mm3(mask, affine):
    return np.count_nonzero(mask) * geometry.voxel_volume_mm3(affine)


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("body", BODIES)
def test_a_surface_is_closed_and_has_the_volume_of_its_voxels(grid, body):
    affine = geometry.as_affine(GRIDS[grid])
    surface = surface_of(Volume(BODIES[body], affine))
    assert surface.volume_mm3 == pytest.approx(voxels_mm3(BODIES[body], affine), rel=0.02)  # > 0: not inside out
    edges = np.sort(np.concatenate([surface.triangles[:, [i, (i + 1) % 3]] for i in range(3)]), axis=1)
    assert set(np.unique(edges, axis=0, return_counts=True)[1].tolist()) == {2}


@pytest.mark.parametrize("body", ["ball", "at the border", "hollow", "few voxels"])
def test_another_program_reads_a_closed_surface(tmp_path, body):
    write_stl(tmp_path / "tumor.stl", labeled(BODIES[body], OBLIQUE), VS)
    poly = stl(tmp_path / "tumor.stl")
    assert poly.GetNumberOfCells() > 0
    assert open_edges(poly) == 0


@pytest.mark.parametrize("grid", GRIDS)
def test_the_file_is_in_lps_and_says_so(tmp_path, grid):
    affine = geometry.as_affine(GRIDS[grid])
    write_stl(tmp_path / "tumor.stl", labeled(BODIES["ball"], affine), VS)
    assert b"SPACE=LPS" in (tmp_path / "tumor.stl").read_bytes()[:80]
    x0, x1, y0, y1, z0, z1 = stl(tmp_path / "tumor.stl").GetBounds()
    middle = lps_from_ras(geometry.transform_points(affine, np.array([[12.0, 20.0, 22.0]])))[0]
    np.testing.assert_allclose([(x0 + x1) / 2, (y0 + y1) / 2, (z0 + z1) / 2], middle, atol=0.05)


def test_a_surface_follows_its_voxels_within_one():
    surface = surface_of(Volume(BODIES["ball"], np.eye(4)))
    radius = np.linalg.norm(surface.points_ras_mm - (12, 20, 22), axis=1)
    assert 8.0 < radius.min() < radius.max() < 10.0  # the ball has 9 voxels


def test_an_obj_file_holds_the_whole_and_every_part(tmp_path):
    labels = np.where(BODIES["ball"], np.uint8(Label.EXTRAMEATAL), np.uint8(0))
    labels[:10][labels[:10] != 0] = Label.INTRAMEATAL
    labels[20:22, 2:5, 2:5] = Label.COCHLEA
    write_obj(tmp_path / "tumor.obj", Volume(labels, OBLIQUE), VS)
    lines = (tmp_path / "tumor.obj").read_text().splitlines()
    assert "SPACE=LPS" in lines[0]
    names = [line.removeprefix("o ") for line in lines if line.startswith("o ")]
    assert names == ["Whole_tumor", "Extrameatal_tumor", "Intrameatal_tumor", "Cochlea"]
    reader = vtkOBJReader()
    reader.SetFileName(str(tmp_path / "tumor.obj"))
    reader.Update()
    assert open_edges(reader.GetOutput()) == 0


def test_a_mask_without_a_voxel_has_no_surface(tmp_path):
    with pytest.raises(EmptyMaskError, match="at least one voxel"):
        surface_of(Volume(np.zeros(SHAPE, bool), AXIAL))
    with pytest.raises(EmptyMaskError, match="at least one voxel"):
        write_obj(tmp_path / "none.obj", Volume(np.zeros(SHAPE, np.uint8), AXIAL), VS)


def test_segment_writes_surfaces_and_leaves_them_out_where_no_tumor_is(tmp_path):
    toy = tmp_path / "toy"
    toy.mkdir()
    fill_toy_folder(toy)
    done = segment(toy, tmp_path / "out", "--format", "stl,obj")
    assert done.code == 0, done.err
    assert {"tumor.stl", "tumor.obj"} <= {path.name for path in (tmp_path / "out").iterdir()}
    assert open_edges(stl(tmp_path / "out" / "tumor.stl")) == 0
    done = segment(toy, tmp_path / "none", "--format", "stl,json", scan="empty.nii.gz")
    assert done.code == 0, done.err
    assert "No surface was written: no tumor was found." in done.err
    assert not (tmp_path / "none" / "tumor.stl").exists()


def test_without_vtk_one_sentence_comes_before_anything_is_computed(tmp_path, monkeypatch):
    monkeypatch.setattr(surfaces, "find_spec", lambda _name: None)
    toy = tmp_path / "toy"
    toy.mkdir()
    fill_toy_folder(toy)
    assert "pip install 'vtk" in one_sentence(segment(toy, tmp_path / "out", "--format", "stl"), 2)
    assert not (tmp_path / "out").exists()
    with pytest.raises(UsageError, match="made by vtk"):
        surface_of(Volume(BODIES["ball"], AXIAL))
    assert any("No surface was written" in told for told in missing.without_missing(missing.OutputFormat)[1])
