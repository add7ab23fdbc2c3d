"""Speed and agreement of all measurements of one tumor: this library, brute force, and SimpleITK's shape statistics.

    python benchmarks/measurement_speed.py [--repeats N] [--out FILE.md]

All three look at the same labelmap of a whole head, 512 x 512 x 80 voxels of 0.41 x 0.41 x 1.5 mm, with a tumor of
20 mm that is divided at a meatal plane. One thread, in a process of its own; medians of wall clock and processor time,
and the best processor time, since other work on the machine, by sharing its caches, adds to both. Brute force follows
the definitions word by word: all pairs of points, and chords on a rotated grid with steps of an eighth of a pixel.
SimpleITK computes volume, largest Feret diameter and the oriented box. The run fails where values differ whose
definitions agree, and where this library takes too long.
"""

import argparse
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np
import scipy
import SimpleITK as sitk
from scipy.ndimage import map_coordinates
from scipy.spatial.distance import pdist

from VSSegmentationLib.geometry import transform_points
from VSSegmentationLib.labels import Label
from VSSegmentationLib.measurement import Measurement, MeatalPlane, fit_meatal_plane, measure, split_by_plane
from VSSegmentationLib.measurement.extent import crack_points
from VSSegmentationLib.volume import Volume

SHAPE = (80, 512, 512)
SPACING_DHW_MM = (1.5, 0.41, 0.41)
NORMAL_RAS = np.array((1.0, -1.0, 0.0)) / np.sqrt(2)
WANTED_MS = 50
PAGE = Path(__file__).parents[1] / "docs" / "experiments" / "measurement_speed.md"
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def whole_head_with_tumor(radius_mm: float = 10.0) -> Volume:
    """A ball in the middle of an axial scan; what lies beyond a plane at a quarter of it is intrameatal."""
    affine = np.zeros((4, 4))
    affine[(2, 1, 0), (0, 1, 2)] = SPACING_DHW_MM
    affine[3, 3] = 1
    center = np.array((270.2, 250.7, 40.3)) * SPACING_DHW_MM[::-1]
    grid = np.ogrid[tuple(slice(n) for n in SHAPE)]
    squares_mm2 = sum((x * s - c) ** 2 for x, s, c in zip(grid, SPACING_DHW_MM, center[::-1], strict=True))
    inside = squares_mm2 <= radius_mm**2
    whole = Volume(np.where(inside, np.uint8(Label.UNDIVIDED_TUMOR), np.uint8(0)), affine)
    origin = center - radius_mm / 2 * NORMAL_RAS
    plane = MeatalPlane(
        origin_ras_mm=tuple(origin.tolist()), normal_ras=tuple(NORMAL_RAS.tolist()), rms_mm=0.0, source="user"
    )
    return split_by_plane(whole, plane)


def golden_box() -> tuple[Volume, MeatalPlane]:
    """30 x 20 x 10 voxels of 0.4 x 0.4 x 1.5 mm: sides of 12, 8 and 15 mm."""
    array = np.zeros((20, 40, 50), np.uint8)
    array[5:15, 10:30, 10:40] = Label.EXTRAMEATAL
    affine = np.zeros((4, 4))
    affine[(2, 1, 0), (0, 1, 2)] = (1.5, 0.4, 0.4)
    affine[3, 3] = 1
    plane = MeatalPlane(origin_ras_mm=(4.0, 0.0, 0.0), normal_ras=(1.0, 0.0, 0.0), rms_mm=0.0, source="user")
    return Volume(array, affine), plane


def ours(labelmap: Volume) -> dict[str, Measurement]:
    return {m.id: m for m in measure(labelmap)}


def by_brute_force(labelmap: Volume) -> dict[str, float]:
    """The definitions word by word, on the tumor's box, given the fitted plane."""
    plane = fit_meatal_plane(labelmap)
    assert isinstance(plane, MeatalPlane)
    normal = np.array(plane.normal_ras)
    along_petrous = np.cross(normal, (0, 0, 1))
    index = np.argwhere(labelmap.array > 0)
    low = index.min(axis=0) - 2
    box = labelmap.array[tuple(slice(a, b) for a, b in zip(low, index.max(axis=0) + 3, strict=True))]
    affine = labelmap.dhw_to_ras.copy()
    affine[:3, 3] = transform_points(affine, low)
    whole, em, im = box > 0, box == Label.EXTRAMEATAL, box == Label.INTRAMEATAL
    pixel = SPACING_DHW_MM[1]
    em_slice, em_feret = longest_by_pairs(em, pixel)
    _, whole_feret = longest_by_pairs(whole, pixel)
    depths = -plane.height_mm(transform_points(affine, crack_points(im)))
    return {
        "vol_total": len(index) * float(np.prod(SPACING_DHW_MM)) / 1000,
        "whole_max_axial": whole_feret + pixel / 2,
        "em_max_axial": em_feret + pixel / 2,
        "whole_max_3d": float(pdist(transform_points(affine, crack_points(whole))).max()),
        "em_max_3d": float(pdist(transform_points(affine, crack_points(em))).max()),
        "em_ap": chord_by_sampling(em[em_slice], pixel, along_petrous),
        "em_ml": chord_by_sampling(em[em_slice], pixel, normal),
        "im_length": float(depths.max()),
    }


def longest_by_pairs(mask: np.ndarray, pixel_mm: float) -> tuple[int, float]:
    lengths = [pdist(np.argwhere(section)).max() * pixel_mm if section.sum() > 1 else 0.0 for section in mask]
    return int(np.argmax(lengths)), float(np.max(lengths))


def chord_by_sampling(section: np.ndarray, pixel_mm: float, along_ras: np.ndarray) -> float:
    step = 1 / 8
    along = np.array((along_ras[1], along_ras[0])) / np.linalg.norm(along_ras[:2])  # row, column
    reach = np.arange(-np.hypot(*section.shape), np.hypot(*section.shape), step)
    middle = (np.array(section.shape) - 1) / 2
    points = middle + reach[:, None, None] * (-along[1], along[0]) + reach[None, :, None] * along
    inside = map_coordinates(section.astype(float), np.moveaxis(points, -1, 0), order=1) >= 0.5
    runs = [np.diff(np.flatnonzero(np.diff(np.concatenate(([0], line, [0])))))[::2] for line in inside]
    return float(max(run.max() for run in runs if run.size)) * step * pixel_mm


def by_itk(labelmap: Volume) -> sitk.LabelShapeStatisticsImageFilter:
    image = sitk.GetImageFromArray((labelmap.array > 0).astype(np.uint8))
    image.SetSpacing([float(mm) for mm in reversed(np.linalg.norm(labelmap.dhw_to_ras[:3, :3], axis=0))])
    statistics = sitk.LabelShapeStatisticsImageFilter()
    statistics.ComputeFeretDiameterOn()
    statistics.ComputeOrientedBoundingBoxOn()
    statistics.Execute(image)
    return statistics


class Times(NamedTuple):
    wall_ms: float
    processor_ms: float
    best_processor_ms: float


def timed(way: Callable[[], object], repeats: int) -> Times:
    way()
    wall, processor = [], []
    for _ in range(repeats):
        started = time.perf_counter(), time.process_time()
        way()
        wall.append((time.perf_counter() - started[0]) * 1000)
        processor.append((time.process_time() - started[1]) * 1000)
    return Times(median(wall), median(processor), min(processor))


class Pair(NamedTuple):
    """One value by two programs."""

    name: str
    ours: float
    theirs: float
    whose: str
    tolerance: float

    @property
    def agrees(self) -> bool:
        return abs(self.ours - self.theirs) <= self.tolerance


def compared(labelmap: Volume) -> list[Pair]:
    found, brute, itk = ours(labelmap), by_brute_force(labelmap), by_itk(labelmap)
    two_steps = 2 * SPACING_DHW_MM[1] / 8  # a sampled run is right to one step at each end
    sampled = ("em_ap", "em_ml")
    box, plane = golden_box()
    sides = {m.id: m.value for m in measure(box, plane=plane)}
    short, middle, long = sorted(by_itk(box).GetOrientedBoundingBoxSize(1))
    feret_mm = found["whole_max_3d"].extra["feret_center_mm"]
    return [
        *(Pair(n, found[n].value, v, "brute force", two_steps if n in sampled else 1e-6) for n, v in brute.items()),
        Pair("vol_total", found["vol_total"].value, itk.GetPhysicalSize(1) / 1000, "SimpleITK", 1e-9),
        Pair("whole_max_3d, between voxel centers", feret_mm, itk.GetFeretDiameter(1), "SimpleITK", 1e-6),
        Pair("box: em_ap, short side of the oriented box", sides["em_ap"], short, "SimpleITK", 1e-3),
        Pair("box: em_ml, middle side", sides["em_ml"], middle, "SimpleITK", 1e-3),
        Pair("box: whole_height, long side", sides["whole_height"], long, "SimpleITK", 1e-3),
    ]


def page(labelmap: Volume, pairs: list[Pair], repeats: int) -> tuple[str, float]:
    """The page, and the best processor time of this library in ms."""
    times = {
        "this library: 20 measures with end points": timed(lambda: ours(labelmap), repeats),
        "brute force: 8 of them": timed(lambda: by_brute_force(labelmap), 3),
        "SimpleITK: volume, Feret diameter, oriented box": timed(lambda: by_itk(labelmap), max(repeats // 5, 3)),
    }
    versions = f"numpy {np.__version__}, scipy {scipy.__version__}, SimpleITK {sitk.Version_VersionString()}"
    time_rows = "\n".join(
        f"| {name} | {t.wall_ms:.0f} | {t.processor_ms:.0f} | {t.best_processor_ms:.0f} |" for name, t in times.items()
    )
    value_rows = "\n".join(
        f"| {p.name} | {p.ours:.4f} | {p.theirs:.4f} | {p.whose} | {p.tolerance:.2g} | {'yes' if p.agrees else 'NO'} |"
        for p in pairs
    )
    best_ms = next(iter(times.values())).best_processor_ms
    text = f"""# All measurements of a tumor: this library, brute force and SimpleITK

Written by `python benchmarks/measurement_speed.py`. A tumor of 20 mm (a ball, the slowest shape), divided at a meatal
plane, in a labelmap of 512 x 512 x 80 voxels of 0.41 x 0.41 x 1.5 mm; one thread of one machine that does other work as
well, so the best of {repeats} runs tells more than their median. Wanted: at most {WANTED_MS} ms on one core;
{"kept" if best_ms <= WANTED_MS else "missed"} in the best run, in processor time.

Machine: {platform.system()} {platform.machine()}, Python {platform.python_version()}. {versions}.

| program | wall ms, median | CPU ms, median | CPU ms, best |
|---|---|---|---|
{time_rows}

Where definitions agree, values have to (mm and cm3):

| value | this library | other | whose | tolerance | agrees |
|---|---|---|---|---|---|
{value_rows}

Chords are compared within two steps of the sampled grid: this library solves them exactly on the outline where the
bilinear interpolation of the mask is one half. SimpleITK's Feret diameter is between voxel centers in space;
`whole_max_3d` itself is between boundary points and longer by up to a voxel. SimpleITK has no counterpart to in-slice
diameters, parts, plane and chords. Its oriented box follows the principal axes, so its sides are those of the tumor
only where these are as plain as in a box.
"""
    return text, best_ms


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=30)
    parser.add_argument("--out", type=Path, default=PAGE)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if not arguments.child:
        # The number of threads is read when numpy is loaded.
        command = [sys.executable, __file__, "--child", "--repeats", str(arguments.repeats), "--out", arguments.out]
        return subprocess.run(command, env={**os.environ, **ONE_THREAD}, check=False).returncode
    labelmap = whole_head_with_tumor()
    pairs = compared(labelmap)
    text, best_ms = page(labelmap, pairs, arguments.repeats)
    arguments.out.write_text(text, encoding="utf-8")
    print(text)
    return 0 if all(pair.agrees for pair in pairs) and best_ms <= WANTED_MS else 1


if __name__ == "__main__":
    raise SystemExit(main())
