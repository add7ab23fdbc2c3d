"""A labelmap as closed surfaces in STL and OBJ files, for printing, planning and viewers of meshes.

The mask is padded by a voxel, so that a tumor at the border of the scan is closed, too; its outline is smoothed without
shrinking (windowed sinc; Taubin, Zhang and Golub 1996), and then moved along its normals until it encloses the volume
of its voxels. Coordinates are millimeters in LPS, which the header says, as files of Slicer do.
"""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib import geometry
from VSSegmentationLib.errors import EmptyMaskError, UsageError
from VSSegmentationLib.frames import lps_from_ras
from VSSegmentationLib.label_set import LabelSet
from VSSegmentationLib.volume import Volume

if TYPE_CHECKING:
    from vtkmodules.vtkCommonDataModel import vtkPolyData

SPACE = "SPACE=LPS"
_HEADER = f"VSSegmentation output, research use only. {SPACE}"
_STL_HEADER_BYTES = 80
_STL_TRIANGLE = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
_ROUNDS, _PASS_BAND = 20, 0.1
"""Of smoothing: takes off the steps of voxels and leaves what is several of them wide."""
_MOST_LOST = 0.5
"""Where less than this share of the outline is left, the body is a few voxels, and its outline stays as it is."""
_FIT_ROUNDS, _FIT_SHARE = 20, 1e-3
_WHOLE = "Whole tumor"


class Surface(NamedTuple):
    """A closed surface."""

    points_ras_mm: NDArray[np.float64]
    """(N, 3)."""
    triangles: NDArray[np.intp]
    """(M, 3) of points, counted so that normals point outward in right-handed coordinates."""

    @property
    def volume_mm3(self) -> float:
        """What it encloses, by the divergence theorem; negative where it is inside out."""
        a, b, c = (self.points_ras_mm[self.triangles[:, i]] for i in range(3))
        return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6)


def surface_of(mask: Volume) -> Surface:
    """Return the surface of a mask.

    Args:
        mask: bool (D, H, W).

    Raises:
        EmptyMaskError: If it holds no voxel.
    """
    check_vtk()
    if not mask.array.any():
        msg = "a surface needs at least one voxel, and the mask is empty; leave the formats stl and obj out"
        raise EmptyMaskError(msg)
    outline = _outline(mask)
    wanted = np.count_nonzero(mask.array) * geometry.voxel_volume_mm3(mask.dhw_to_ras)
    smooth = _smoothed(outline)
    rough = _as_surface(outline)
    return _fitted(smooth if smooth.volume_mm3 > _MOST_LOST * rough.volume_mm3 else rough, wanted)


def check_vtk() -> None:
    """See that surfaces can be made here.

    Raises:
        UsageError: If vtk is not installed.
    """
    if find_spec("vtkmodules") is None:
        msg = (
            "surfaces (stl, obj) are made by vtk, which is not installed here: pip install 'vtk>=9.3', or leave these "
            "formats out; Slicer and slicer-core bring it along"
        )
        raise UsageError(msg)


def write_stl(path: Path, labelmap: Volume, label_set: LabelSet) -> None:
    """Write the whole tumor as a binary STL file.

    Raises:
        EmptyMaskError: If there is no tumor.
    """
    surface = surface_of(labelmap.with_array(label_set.tumor_mask(labelmap.array)))
    corners = lps_from_ras(surface.points_ras_mm)[surface.triangles]
    triangles = np.zeros(len(corners), _STL_TRIANGLE)
    triangles["corners"] = corners
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    triangles["normal"] = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), np.finfo(float).tiny)
    header = _HEADER.encode().ljust(_STL_HEADER_BYTES, b"\0")
    path.write_bytes(header + np.uint32(len(triangles)).astype("<u4").tobytes() + triangles.tobytes())


def write_obj(path: Path, labelmap: Volume, label_set: LabelSet) -> None:
    """Write the whole tumor and each part and organ that is there, each a closed object of one OBJ file.

    Raises:
        EmptyMaskError: If there is nothing.
    """
    lines, first = [f"# {_HEADER}"], 1
    for name, mask in _objects(labelmap, label_set):
        surface = surface_of(mask)
        lines.append(f"o {name.replace(' ', '_')}")
        lines += [f"v {x:.4f} {y:.4f} {z:.4f}" for x, y, z in lps_from_ras(surface.points_ras_mm).tolist()]
        lines += [f"f {a} {b} {c}" for a, b, c in (surface.triangles + first).tolist()]
        first += len(surface.points_ras_mm)
    if first == 1:
        msg = "a surface needs at least one voxel, and the labelmap is empty; leave the formats stl and obj out"
        raise EmptyMaskError(msg)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _objects(labelmap: Volume, label_set: LabelSet) -> Iterator[tuple[str, Volume]]:
    there = [entry for entry in label_set.entries if (labelmap.array == entry.value).any()]
    if sum(entry.is_tumor for entry in there) > 1:
        yield _WHOLE, labelmap.with_array(label_set.tumor_mask(labelmap.array))
    for entry in there:
        yield entry.name, labelmap.with_array(labelmap.array == entry.value)


def _outline(mask: Volume) -> "vtkPolyData":
    """Return the outline in RAS mm: halfway between voxels inside and outside, each edge in two triangles."""
    from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy  # noqa: PLC0415
    from vtkmodules.vtkCommonDataModel import vtkImageData  # noqa: PLC0415
    from vtkmodules.vtkFiltersCore import vtkFlyingEdges3D  # noqa: PLC0415 - all of these when a surface is made

    index = np.argwhere(mask.array)
    first, last = index.min(axis=0), index.max(axis=0)
    inside = np.pad(mask.array[tuple(slice(a, b + 1) for a, b in zip(first, last, strict=True))], 1)
    image = vtkImageData()
    image.SetDimensions(*inside.shape[::-1])
    image.GetPointData().SetScalars(numpy_to_vtk(inside.astype(np.float32).ravel(), deep=True))
    edges = vtkFlyingEdges3D()
    edges.SetInputData(image)
    edges.SetValue(0, 0.5)
    edges.ComputeNormalsOff()
    edges.ComputeGradientsOff()
    edges.ComputeScalarsOff()
    edges.Update()
    outline: vtkPolyData = edges.GetOutput()
    whd = vtk_to_numpy(outline.GetPoints().GetData()).astype(np.float64)
    dhw = whd[:, ::-1] - 1 + first
    outline.GetPoints().SetData(numpy_to_vtk(geometry.transform_points(mask.dhw_to_ras, dhw), deep=True))
    return outline


def _smoothed(outline: "vtkPolyData") -> Surface:
    from vtkmodules.vtkFiltersCore import vtkWindowedSincPolyDataFilter  # noqa: PLC0415

    smooth = vtkWindowedSincPolyDataFilter()
    smooth.SetInputData(outline)
    smooth.SetNumberOfIterations(_ROUNDS)
    smooth.SetPassBand(_PASS_BAND)
    smooth.NormalizeCoordinatesOn()
    smooth.BoundarySmoothingOff()
    smooth.Update()
    return _as_surface(smooth.GetOutput())


def _as_surface(result: "vtkPolyData") -> Surface:
    from vtkmodules.util.numpy_support import vtk_to_numpy  # noqa: PLC0415

    points = vtk_to_numpy(result.GetPoints().GetData()).astype(np.float64)
    triangles = vtk_to_numpy(result.GetPolys().GetConnectivityArray()).reshape(-1, 3).astype(np.intp)
    surface = Surface(points, triangles)
    return surface if surface.volume_mm3 >= 0 else Surface(points, triangles[:, ::-1])


def _fitted(surface: Surface, volume_mm3: float) -> Surface:
    """Return the surface moved along its normals until it encloses a volume: small bodies lose some by smoothing."""
    for _ in range(_FIT_ROUNDS):
        lacks = volume_mm3 - surface.volume_mm3
        if abs(lacks) <= _FIT_SHARE * volume_mm3:
            break
        normals = np.zeros_like(surface.points_ras_mm)
        a, b, c = (surface.points_ras_mm[surface.triangles[:, i]] for i in range(3))
        areas = np.cross(b - a, c - a) / 2
        for i in range(3):
            np.add.at(normals, surface.triangles[:, i], areas / 3)  # how the volume grows with each point
        length = np.linalg.norm(normals, axis=1, keepdims=True)
        outward = normals / np.maximum(length, np.finfo(float).tiny)
        surface = surface._replace(points_ras_mm=surface.points_ras_mm + outward * lacks / float(length.sum()))
    return surface
