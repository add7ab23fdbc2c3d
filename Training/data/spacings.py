"""Spacing and size of the scans of a manifest, by center and modality: grid and patches are chosen by them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from Training.data.manifest import Entry
from VSSegmentationLib import geometry
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.geometry import Triplet
from VSSegmentationLib.volume import Volume, reorder

AXES = ("superior", "anterior", "right")
ALL = "all"
CENTER_PATTERN = r"crossmoda\d{4}_([a-z]+)_"
"""The center in the cases of crossMoDA since 2022; no other collection's names tell it."""
COLUMNS = (
    "center", "modality", "images", "axis", "spacing_min_mm", "spacing_median_mm", "spacing_max_mm", "voxels_min",
    "voxels_median", "voxels_max",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Scan:
    """The grid of one image, along superior, anterior, right, whatever order it is stored in."""

    center: str
    modality: str
    spacing_mm: Triplet
    shape: tuple[int, int, int]


def center_pattern(text: str) -> re.Pattern[str]:
    """Return a pattern whose one group is the center in a case's name.

    Raises:
        UsageError: If it is none.
    """
    try:
        pattern = re.compile(text)
    except re.error as error:
        msg = f"--center must be a regular expression, and {error}"
        raise UsageError(msg) from error
    if pattern.groups != 1:
        msg = f"--center must have one group, the center, as in {CENTER_PATTERN}; it has {pattern.groups}"
        raise UsageError(msg)
    return pattern


def scan_of(entry: Entry, image: Volume, center: re.Pattern[str]) -> Scan:
    """Return the grid of an image; one whose name does not tell its center belongs to `ALL`."""
    straight = reorder(image, geometry.superior_anterior_right_order(image.dhw_to_ras))
    found = center.search(entry.case)
    return Scan(
        center=(found[1] or ALL) if found else ALL,
        modality=entry.modality,
        spacing_mm=straight.spacing_dhw_mm,
        shape=straight.shape,
    )


def spacing_rows(scans: Sequence[Scan]) -> list[dict[str, str]]:
    """Return `COLUMNS`, a row for each center, modality and axis, then of all centers where there are several."""
    groups: dict[tuple[str, str], list[Scan]] = {}
    for scan in scans:
        groups.setdefault((scan.center, scan.modality), []).append(scan)
    if len({center for center, _ in groups}) > 1:
        for scan in scans:
            groups.setdefault(("all centers", scan.modality), []).append(scan)
    order = sorted(groups, key=lambda key: (key[0] == "all centers", key))
    return [row for key in order for row in _rows_of(*key, groups[key])]


def spacing_table(rows: Iterable[dict[str, str]]) -> str:
    """Return the rows as lines of text."""
    lines = ["center          modality  images  axis      spacing in mm: median (range)   voxels: median (range)"]
    for row in rows:
        spacing, voxels = (_ranged(row, what) for what in ("spacing_{}_mm", "voxels_{}"))
        lines.append(
            f"{row['center']:<14.14}  {row['modality']:<8}  {row['images']:>6}  {row['axis']:<8}  "
            f"{spacing:<30}  {voxels}".rstrip()
        )
    return "\n".join(lines)


def _ranged(row: dict[str, str], name: str) -> str:
    low, middle, high = (row[name.format(which)] for which in ("min", "median", "max"))
    return f"{middle} ({low} to {high})"


def _rows_of(center: str, modality: str, scans: Sequence[Scan]) -> list[dict[str, str]]:
    rows = []
    for number, axis in enumerate(AXES):
        spacings, voxels = ([each[number] for each in values] for values in _grids(scans))
        numbers = [
            *(f"{value:.2f}" for value in (min(spacings), median(spacings), max(spacings))),
            *(f"{value:g}" for value in (min(voxels), median(voxels), max(voxels))),
        ]
        rows.append(dict(zip(COLUMNS, (center, modality, str(len(scans)), axis, *numbers), strict=True)))
    return rows


def _grids(scans: Sequence[Scan]) -> tuple[list[Triplet], list[tuple[int, int, int]]]:
    return [scan.spacing_mm for scan in scans], [scan.shape for scan in scans]
