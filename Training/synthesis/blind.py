"""A blind test: as many crops of real ears as of synthetic ones, mixed, for somebody to sort without knowing.

Who sorts three quarters of them right has a sign by which they differ, and that sign is what to mend first.
"""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from Training.pictures import Tile, write_sheet
from Training.synthesis.anatomy import SPACING_MM, AnatomyConfig, draw_anatomy
from Training.synthesis.contrast import ContrastRanges, draw_contrast
from Training.synthesis.head import Head
from Training.synthesis.render import AcquisitionRanges, draw_acquisition, render
from Training.synthesis.source import SLICE_STEP
from Training.synthesis.stress import centered_grid
from VSSegmentationLib import geometry
from VSSegmentationLib.atomic import write_text_atomically
from VSSegmentationLib.csv_rows import csv_text
from VSSegmentationLib.errors import InputRefusedError, UsageError
from VSSegmentationLib.geometry import Triplet
from VSSegmentationLib.inference import ModelBundle
from VSSegmentationLib.inference.locating import locate_pori
from VSSegmentationLib.preprocessing import Grid, resample
from VSSegmentationLib.volume import Volume, reorder

LEVELS_MM = (3.0, 0.0, -3.0)
"""Slices that are shown of an ear: at the porus, above it, and below it, where the cochlea lies."""
_SIDE_MM = 36.0
_PIXEL_MM = 0.4
_MOST_BEYOND_MM = 2.0
"""A crop that reaches farther beyond the field of view would be known by that."""
_SURE = 0.75
COLUMNS = ("number", "kind")


class Crop(NamedTuple):
    """One square of one slice, rows to anterior, columns to the patient's right."""

    image: NDArray[np.float32]
    """0 is as dark as the darkest hundredth, 1 as bright as the brightest two hundredths."""
    kind: str
    """`real` or `synthetic`."""


def crops_of(scan: Volume, locator: ModelBundle, kind: str) -> Iterator[Crop]:
    """Yield axial crops of both ears of a scan, round the pori as the locator finds them, on pixels of one size."""
    scan = reorder(scan, geometry.superior_anterior_right_order(scan.dhw_to_ras))
    pori = locate_pori(scan, locator, device="cpu").pori
    for side, porus in (("right", pori.right_ras_mm), ("left", pori.left_ras_mm)):
        for level in LEVELS_MM:
            shown = None if porus is None or pori.assumed == side else _slice_at(scan, porus, level)
            if shown is None:
                continue
            low, high = np.percentile(shown, (1, 99.5))
            if high > low:
                yield Crop(np.asarray((shown - low) / (high - low), np.float32), kind)


def _slice_at(scan: Volume, porus: Triplet, level_mm: float) -> NDArray[np.float32] | None:
    """Return a square of the scan's own slice nearest to a level, round a porus; None where it isn't seen."""
    axes, count = geometry.directions(scan.dhw_to_ras), round(_SIDE_MM / _PIXEL_MM)
    corner = np.asarray(np.array(porus) + axes @ [level_mm, *[-_PIXEL_MM * (count - 1) / 2] * 2], np.float64)
    index = geometry.transform_points(geometry.as_affine(np.linalg.inv(scan.dhw_to_ras)), corner)
    index[0] = round(index[0])
    most = np.array([0.0, *[_MOST_BEYOND_MM / mm for mm in scan.spacing_dhw_mm[1:]]])
    last = index + np.array([0.0, *[_PIXEL_MM * (count - 1) / mm for mm in scan.spacing_dhw_mm[1:]]])
    if (index < -most).any() or (last > np.array(scan.shape) - 1 + most).any():
        return None
    affine = np.eye(4)
    affine[:3, :3] = axes * (scan.spacing_dhw_mm[0], _PIXEL_MM, _PIXEL_MM)
    affine[:3, 3] = geometry.transform_points(scan.dhw_to_ras, index)
    return np.asarray(resample(scan, Grid((1, count, count), geometry.as_affine(affine))).array[0], np.float32)


def synthetic_scan(head: Head, seed: int, skull_base_share: float) -> Volume:
    """Return a T2 scan as training is shown them, slices of 1.5 mm, of a skull base drawn from a head.

    Args:
        head: What it is drawn from.
        seed: Another one draws another skull base, contrast and scanner.
        skull_base_share: How often bone away from the ears is streaked: 0 as in the frozen stress set.
    """
    rng = np.random.default_rng([seed, 3])
    tissues = draw_anatomy(rng, head, AnatomyConfig()).tissues
    contrast = draw_contrast(rng, "T2", ContrastRanges(skull_base_share=skull_base_share))
    acquisition = draw_acquisition(rng, AcquisitionRanges())
    tissues = tissues[: tissues.shape[0] // SLICE_STEP * SLICE_STEP]
    image = render(rng, tissues, SPACING_MM, contrast, acquisition, slice_step=SLICE_STEP)
    return Volume(image, centered_grid(image.shape, SLICE_STEP))


def mixed(real: Sequence[Crop], synthetic: Sequence[Crop], seed: int) -> list[Crop]:
    """Return as many crops of either kind as there are of the rarer one, in an order of chance.

    Raises:
        UsageError: If there is none of a kind.
    """
    count = min(len(real), len(synthetic))
    if count == 0:
        msg = f"a blind test needs crops of both kinds, got {len(real)} real and {len(synthetic)} synthetic ones"
        raise UsageError(msg)
    rng = np.random.default_rng(seed)
    crops = [kind[i] for kind in (real, synthetic) for i in rng.permutation(len(kind))[:count]]
    return [crops[i] for i in rng.permutation(2 * count)]


def write_test(crops: Sequence[Crop], folder: Path) -> None:
    """Write `blind.png`, with numbers from 1 on, and `key.csv`, which is not to be opened before the sorting."""
    folder.mkdir(parents=True, exist_ok=True)
    tiles = (
        Tile(crop.image, np.zeros(crop.image.shape, np.uint8), str(number), (0.0, 1.0))
        for number, crop in enumerate(crops, start=1)
    )
    write_sheet(tiles, folder / "blind.png", 6, (2.2, 2.2))
    rows = [{"number": number, "kind": crop.kind} for number, crop in enumerate(crops, start=1)]
    write_text_atomically(folder / "key.csv", csv_text(COLUMNS, rows))


def score(folder: Path, called_real: Sequence[int]) -> str:
    """Return how many crops were sorted right, and what that means.

    Args:
        folder: What `write_test` wrote.
        called_real: Numbers of the crops that were taken for real ones.

    Raises:
        InputRefusedError: If there is no key, or it is damaged.
        UsageError: If a number is none of the test's.
    """
    try:
        with (folder / "key.csv").open(encoding="utf-8", newline="") as file:
            key = {int(row["number"]): row["kind"] for row in csv.DictReader(file)}
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = f"{folder.name} holds no key.csv of a blind test; write the test anew"
        raise InputRefusedError(msg) from error
    unknown = sorted(set(called_real) - set(key))
    if unknown or not key:
        msg = f"crops are numbered 1 to {len(key)}, got {unknown[0] if unknown else 'an empty key'}"
        raise UsageError(msg)
    right = sum((number in called_real) == (kind == "real") for number, kind in key.items())
    verdict = "a sign tells them apart" if right > _SURE * len(key) else "nothing tells them apart for sure"
    return f"{right} of {len(key)} sorted right: {verdict} (the limit is {_SURE * len(key):.0f})"
