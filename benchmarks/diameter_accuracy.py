"""How exact diameters are: bodies of known size in random poses, against lines between voxel centers and between faces.

Usage: python -m benchmarks.diameter_accuracy [--poses 200] [--out docs/experiments/diameter_accuracy.md]
"""

import argparse
from pathlib import Path

import numpy as np

from Testing.support.random_bodies import KINDS, random_body, voxelized
from VSSegmentationLib.measurement import measure
from VSSegmentationLib.measurement.extent import longest_in_space
from VSSegmentationLib.volume import Volume

SPACINGS = ((0.5, 0.5, 0.5), (1.5, 0.4, 0.4), (1.5, 0.55, 0.55), (1.0, 1.0, 1.0), (3.0, 0.5, 0.5))
TEXT = """# How exact diameters are

Balls (5 to 30 mm), ellipsoids (axes of 5 to 30 mm) and ice-cream cones (a ball of 8 to 24 mm with a canal of 3 to 5.6
mm width), each on a grid turned and shifted at random; {poses} of each, error in mm against the true longest line. Made
by `python -m benchmarks.diameter_accuracy --poses {poses}`.

## In space

"Bias" is the mean error, "95 %" what 95 of 100 errors do not exceed. Lines between face mid-points were what versions
before this one gave; lines between centers are what many programs give.

| body | voxels, mm | bias | 95 % | within 0.2 mm | between faces: bias | between centers: bias |
|---|---|---|---|---|---|---|
{in_space}

## Axial, on scans tilted by more than 30 degrees

| body | voxels, mm | bias | 95 % | within 0.2 mm |
|---|---|---|---|---|
{tilted}

Goal: a bias within 0.05 mm and 95 % within 0.2 mm at pixels up to 0.55 mm and slices up to 1.5 mm. A class beyond it
has the 95 % of its row as its limit.
"""


def _numbers(errors: np.ndarray) -> str:
    size = np.abs(errors)
    return f"{errors.mean():+.2f} | {np.quantile(size, 0.95):.2f} | {np.mean(size <= 0.2):.0%}"


def in_space(kind: str, spacing, poses: int) -> str:
    rng = np.random.default_rng(11)
    found = []
    for _ in range(poses):
        body = random_body(kind, rng)
        mask = voxelized(body, spacing, rng)
        each = longest_in_space(mask.array, mask.dhw_to_ras)
        found.append(np.array((each.width_mm, each.cracks_mm, each.centers_mm)) - body.diameter_mm)
    own, faces, centers = np.array(found).T
    size = " x ".join(f"{mm:g}" for mm in reversed(spacing))
    return f"| {kind} | {size} | {_numbers(own)} | {faces.mean():+.2f} | {centers.mean():+.2f} |"


def tilted(spacing, poses: int) -> str:
    rng = np.random.default_rng(12)
    errors = []
    for _ in range(poses):
        body = random_body("ball", rng)
        mask = voxelized(body, spacing, rng, at_least_tilted_deg=31.0)
        by_id = {m.id: m for m in measure(Volume(mask.array.astype(np.uint8), mask.dhw_to_ras))}
        errors.append(by_id["whole_max_axial"].value - body.diameter_mm)
    size = " x ".join(f"{mm:g}" for mm in reversed(spacing))
    return f"| ball | {size} | {_numbers(np.array(errors))} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--poses", type=int, default=200)
    parser.add_argument("--out", type=Path, default=Path("docs/experiments/diameter_accuracy.md"))
    options = parser.parse_args()
    rows = [in_space(kind, spacing, options.poses) for spacing in SPACINGS for kind in KINDS]
    axial = [tilted(spacing, options.poses // 4) for spacing in SPACINGS[:4]]
    text = TEXT.format(poses=options.poses, in_space="\n".join(rows), tilted="\n".join(axial))
    options.out.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
