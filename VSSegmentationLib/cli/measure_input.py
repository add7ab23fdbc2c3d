"""The mask that `measure` is given: a labelmap, or structures of an RTSTRUCT, divided at a plane where one is given."""

import argparse
from pathlib import Path
from typing import NamedTuple

import numpy as np

from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.imageio import Scan, list_rois, read_labelmap, read_rtstruct_roi, read_scan
from VSSegmentationLib.imageio.files.reading import existing_file, file_kind
from VSSegmentationLib.imageio.placing import place_on_grid
from VSSegmentationLib.labels import Label
from VSSegmentationLib.measurement import MeatalPlane, split_by_plane
from VSSegmentationLib.volume import Volume


class Given(NamedTuple):
    """What was given to be measured."""

    labelmap: Volume
    """On the grid of the scan, if there is one."""
    scan: Scan | None
    plane: MeatalPlane | None
    origin: str
    """Where the mask is from, in words for the provenance."""
    warnings: tuple[str, ...]


def read_given(arguments: argparse.Namespace) -> Given:
    """Read what was typed.

    Raises:
        UsageError: If a file is missing, or it is not clear which structure is meant; the message lists them.
        InputRefusedError: If a file can't be used, or the mask does not belong to the scan.
    """
    is_contours = file_kind(existing_file(arguments.labelmap)) == "DICOM"
    if not is_contours and (arguments.roi or arguments.cochlea_roi):
        msg = "structures are chosen in an RTSTRUCT, and the mask given is a labelmap; leave their names out"
        raise UsageError(msg)
    if is_contours and arguments.image is None:
        msg = "contours of an RTSTRUCT need the scan they were drawn on or beside; give its folder with --image"
        raise UsageError(msg)
    scan = read_scan(arguments.image, series=arguments.series) if arguments.image else None
    labelmap, warnings = (
        _from_contours(arguments, scan)
        if is_contours and scan is not None
        else (_on_grid_of(read_labelmap(arguments.labelmap), scan), ())
    )
    plane = _plane(arguments.porus_plane)
    if plane is not None:
        labelmap = split_by_plane(labelmap, plane)
    return Given(
        labelmap=labelmap,
        scan=scan,
        plane=plane,
        origin="contours of an RTSTRUCT" if is_contours else "none: the labelmap was given",
        warnings=warnings,
    )


def _on_grid_of(labelmap: Volume, scan: Scan | None) -> Volume:
    return labelmap if scan is None else place_on_grid(labelmap, scan.volume.shape, scan.volume.dhw_to_ras)


def _from_contours(arguments: argparse.Namespace, scan: Scan) -> tuple[Volume, tuple[str, ...]]:
    path: Path = arguments.labelmap
    frame_uid = scan.dicom_source.frame_of_reference_uid if scan.dicom_source else ""
    tumor = read_rtstruct_roi(path, _chosen_roi(path, arguments.roi), scan.volume, frame_uid)
    labels = np.where(tumor.array, np.uint8(Label.UNDIVIDED_TUMOR), np.uint8(Label.BACKGROUND))
    if arguments.cochlea_roi is not None:
        cochlea = read_rtstruct_roi(path, arguments.cochlea_roi, scan.volume, frame_uid)
        labels[cochlea.array & ~tumor.array] = Label.COCHLEA
    unknown = (
        "The image states no frame of reference, so that it is the contours' own could not be checked: see that they "
        "lie on the tumor in the pictures."
    )
    return scan.volume.with_array(labels), () if frame_uid else (unknown,)


def _chosen_roi(path: Path, name: str | None) -> str:
    if name is not None:
        return name
    names = list_rois(path)
    if len(names) != 1:
        msg = f"the RTSTRUCT holds {len(names)} structures; choose the tumor with --roi, of: {', '.join(names)}"
        raise UsageError(msg)
    return names[0]


def _plane(numbers: tuple[float, ...] | None) -> MeatalPlane | None:
    if numbers is None:
        return None
    r, a, s, normal_r, normal_a, normal_s = numbers
    return MeatalPlane(origin_ras_mm=(r, a, s), normal_ras=(normal_r, normal_a, normal_s), rms_mm=0.0, source="user")
