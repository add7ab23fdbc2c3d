"""Finding the image stacks in a folder of DICOM files and strangers, and saying which of them could be used."""

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.geometry import Shape, Triplet
from VSSegmentationLib.imageio.checks import check_extent, check_right_angles
from VSSegmentationLib.imageio.declared import check_spacing, checked_shape
from VSSegmentationLib.imageio.dicom.headers import DamagedError, NotAnImageError, read_headers
from VSSegmentationLib.imageio.dicom.slice_header import SliceHeader
from VSSegmentationLib.imageio.dicom.stack import SAME_PLACE_MM, StackLayout, lay_out, normal_distances_mm
from VSSegmentationLib.imageio.files.reading import file_kind
from VSSegmentationLib.imageio.rules import ScanRules, check_magnitude

_SAME_ORIENTATION = 2e-3
_MAX_JPEG_RATIO = 20_000
"""An empty slice of 1024 x 1024 takes some 300 bytes in JPEG 2000, a hundred more than that in the other packings."""
_MODALITY_NAMES = {
    "CT": "CT", "PT": "PET", "NM": "nuclear medicine", "US": "ultrasound", "CR": "radiograph", "DX": "radiograph",
    "XA": "angiography", "RTDOSE": "radiotherapy dose", "MG": "mammography", "OT": "image of another kind",
}  # fmt: skip


@dataclass(frozen=True)
class ImageStack:
    """Slices of one series that have orientation, matrix, pixel spacing and part of the complex signal in common."""

    headers: tuple[SliceHeader, ...]

    @property
    def first(self) -> SliceHeader:
        """Any header will do for what all have in common."""
        return self.headers[0]


@dataclass(frozen=True, kw_only=True)
class FolderContent:
    """What a folder with all its subfolders holds."""

    stacks: tuple[ImageStack, ...]
    """In a stable order: by series number, series UID, then as found in the series."""
    strangers: Counter[str]
    """Kinds of DICOM objects that are no images, and how many of each; "" counts files that are not DICOM."""
    damaged: int
    """DICOM files that could not be read."""


def search(files: Iterable[Path]) -> FolderContent:
    """Sort files into image stacks and strangers."""
    strangers: Counter[str] = Counter()
    series: dict[tuple[int, str], list[SliceHeader]] = defaultdict(list)
    damaged = 0
    seen: set[tuple[object, ...]] = set()
    for path in files:
        try:
            headers = read_headers(path) if is_dicom(path) else None
        except NotAnImageError as stranger:
            strangers[str(stranger)] += 1
            continue
        except DamagedError:
            damaged += 1
            continue
        if headers is None:
            strangers[""] += 1
            continue
        for header in headers:
            key = (header.sop_uid or str(path), header.frame, header.position_lps_mm)
            if key not in seen:  # the same file may have been copied twice
                seen.add(key)
                series[header.series_number, header.series_uid].append(header)
    stacks = [stack for key in sorted(series) for stack in _stacks(series[key])]
    return FolderContent(stacks=tuple(stacks), strangers=strangers, damaged=damaged)


def files_below(folder: Path) -> list[Path]:
    """Return all files of a folder and its subfolders, sorted; links to folders are followed, each folder once."""
    seen: set[tuple[int, int]] = set()
    found = []
    for root, folders, names in os.walk(folder, followlinks=True):
        status = Path(root).stat()
        place = (status.st_dev, status.st_ino)
        if place in seen and status.st_ino:  # a link to where the way came from would never end
            folders.clear()
            continue
        seen.add(place)
        found += [Path(root) / name for name in names]
    return sorted(path for path in found if path.is_file())  # a pipe or a device would never end


def is_dicom(path: Path) -> bool:
    """Return whether a file begins as DICOM does; one that can't be read does not."""
    try:
        return file_kind(path) == "DICOM"
    except (InputRefusedError, OSError):  # a damaged archive, a broken link: none of ours
        return False


def _stacks(headers: Sequence[SliceHeader]) -> list[ImageStack]:
    by_grid: list[tuple[SliceHeader, list[SliceHeader]]] = []
    for header in sorted(headers, key=lambda h: (h.instance_number, h.sop_uid, h.frame)):
        fitting = next((members for model, members in by_grid if _same_grid(model, header)), None)
        if fitting is None:
            by_grid.append((header, [header]))
        else:
            fitting.append(header)
    return [ImageStack(tuple(part)) for _, members in by_grid for part in _without_repeats(members)]


def _same_grid(one: SliceHeader, other: SliceHeader) -> bool:
    if (one.rows, one.columns, one.enhanced, one.complex_part) != (
        other.rows, other.columns, other.enhanced, other.complex_part,
    ):  # fmt: skip
        return False
    pairs = ((one.pixel_spacing_mm, other.pixel_spacing_mm), (one.orientation_lps, other.orientation_lps))
    for a, b in pairs:
        if a is None or b is None:
            if a is not b:
                return False
        elif max(abs(x - y) for x, y in zip(a, b, strict=True)) > _SAME_ORIENTATION:
            return False
    return True


def _without_repeats(headers: list[SliceHeader]) -> list[list[SliceHeader]]:
    """Split a stack with several images at one place by kind of image, then by echo, if that tells them apart."""
    kinds: tuple[Callable[[SliceHeader], Any], ...] = (
        lambda h: h.image_type,
        lambda h: h.acquisition.echo_time_ms,
    )
    parts = [headers]
    for kind in kinds:
        parts = [finer for part in parts for finer in (_split(part, kind) if _repeats(part) else [part])]
    return parts


def _repeats(headers: Sequence[SliceHeader]) -> bool:
    if any(h.position_lps_mm is None or h.orientation_lps is None for h in headers) or len(headers) < 2:
        return False
    try:
        distances = normal_distances_mm(headers)
    except InputRefusedError:  # said when the stack is asked for
        return False
    return bool(np.diff(np.sort(distances)).min() <= SAME_PLACE_MM)


def _split(headers: Sequence[SliceHeader], kind: Callable[[SliceHeader], Any]) -> list[list[SliceHeader]]:
    groups: dict[Any, list[SliceHeader]] = defaultdict(list)
    for header in headers:
        groups[kind(header)].append(header)
    return [groups[key] for key in sorted(groups, key=lambda key: (key is not None, key))]  # a stable order


def checked_layout(stack: ImageStack, rules: ScanRules, *, accept_resampling: bool) -> StackLayout:
    """Return how the slices lie if the stack is a usable scan, as far as headers tell.

    Raises:
        InputRefusedError: If it is not.
    """
    first = stack.first
    if first.modality != "MR":
        kind = _MODALITY_NAMES.get(first.modality, "not an MR")
        msg = f"The series is {kind if kind.startswith('not') else 'a ' + kind} image, and an MR scan is needed"
        raise InputRefusedError(msg)
    if first.samples != 1 or first.photometric != "MONOCHROME2":
        msg = (
            "The slices hold colors or inverted gray values, and plain gray values (MONOCHROME2) are needed; "
            "export the original series"
        )
        raise InputRefusedError(msg)
    check_magnitude(first.complex_part)
    _check_places(stack)
    if len(stack.headers) < rules.min_slices:
        count = "1 slice" if len(stack.headers) == 1 else f"{len(stack.headers)} slices"
        msg = f"The series has only {count}, and at least {rules.min_slices} are needed; use the full series"
        raise InputRefusedError(msg)
    checked_shape((len(stack.headers), first.rows, first.columns), what="The series")
    row_spacing, column_spacing = first.pixel_spacing_mm or (0.0, 0.0)
    check_spacing((row_spacing, column_spacing))
    layout = lay_out(stack.headers)
    if layout.irregular and not accept_resampling:
        msg = f"The slices {layout.irregular}; export the complete series, or accept a resampling onto a regular grid"
        raise InputRefusedError(msg)
    if not accept_resampling:
        check_right_angles(layout.dhw_to_ras)
    check_extent(layout.shape, spacing_of(stack), rules)
    _check_stored(layout)
    return layout


def _check_places(stack: ImageStack) -> None:
    for number, header in enumerate(stack.headers, 1):
        lacks = [
            name
            for name, value in (
                ("position", header.position_lps_mm),
                ("orientation", header.orientation_lps),
                ("pixel spacing", header.pixel_spacing_mm),
            )
            if value is None
        ]
        if lacks:
            msg = (
                f"Slice {number} of {len(stack.headers)} (instance number {header.instance_number}) does not state its "
                f"{' and '.join(lacks)}, so it has no place in the patient; export the original series"
            )
            raise InputRefusedError(msg)


def _check_stored(layout: StackLayout) -> None:
    for number, header in enumerate(layout.headers, 1):
        most = header.stored_bytes * (_MAX_JPEG_RATIO if header.compressed else 1)
        if header.voxel_bytes > most:
            msg = (
                f"Slice {number} of {len(layout.headers)} (instance number {header.instance_number}) is truncated: its "
                f"header promises {header.voxel_bytes} bytes of voxels, and what is there can't hold them; "
                "copy or export the series again"
            )
            raise InputRefusedError(msg)
        row = header.voxel_bytes // (header.rows * header.frames_in_file)
        if not header.compressed and (header.pixel_bytes or 0) >= header.voxel_bytes + row:
            msg = (
                f"Slice {number} of {len(layout.headers)} (instance number {header.instance_number}) contradicts "
                f"itself: its header promises {header.voxel_bytes} bytes of voxels and {header.pixel_bytes} are there; "
                "copy or export the series again"
            )
            raise InputRefusedError(msg)


def shape_of(stack: ImageStack) -> Shape:
    """Return the number of slices, rows and columns."""
    return len(stack.headers), stack.first.rows, stack.first.columns


def spacing_of(stack: ImageStack) -> Triplet:
    """Return the usual distance of slices, rows and columns in mm; 0 where the headers don't state it."""
    row_spacing, column_spacing = stack.first.pixel_spacing_mm or (0.0, 0.0)
    placed = [h for h in stack.headers if h.position_lps_mm is not None and h.orientation_lps is not None]
    if len(placed) < 2:
        return 0.0, row_spacing, column_spacing
    try:
        steps = np.diff(np.sort(normal_distances_mm(placed)))
    except InputRefusedError:
        return 0.0, row_spacing, column_spacing
    apart = steps[steps > SAME_PLACE_MM]
    return float(np.median(apart)) if apart.size else 0.0, row_spacing, column_spacing
