"""A mask that is there already, read: a labelmap or structures of an RTSTRUCT, divided at a plane if one is given."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.geometry import Triplet
from VSSegmentationLib.imageio import Scan, list_rois, read_labelmap, read_rtstruct_roi, read_scan
from VSSegmentationLib.imageio.files.reading import existing_file, file_kind
from VSSegmentationLib.imageio.placing import place_on_grid
from VSSegmentationLib.labels import Label
from VSSegmentationLib.measurement import MeatalPlane, split_by_plane
from VSSegmentationLib.pipeline.measuring import MaskFacts
from VSSegmentationLib.reporting import GIVEN_MASK, Provenance
from VSSegmentationLib.volume import Volume


@dataclass(frozen=True, kw_only=True)
class MaskSource:
    """Where a mask is, and what a person says of it."""

    mask: Path
    """Labelmap with `Label` values, or a DICOM RTSTRUCT file."""
    image: Path | None = None
    """File or DICOM folder of the scan; needed with an RTSTRUCT."""
    series: int | None = None
    """Which series of the folder."""
    roi: str | None = None
    """Structure of the RTSTRUCT that is the tumor; None takes the only one there is."""
    cochlea_roi: str | None = None
    plane: MeatalPlane | None = None
    """Divides the tumor anew."""
    fundus_ras_mm: Triplet | None = None


class ReadMask(NamedTuple):
    """What was read, as `measure_labelmap` takes it."""

    labelmap: Volume
    """On the grid of the scan, if there is one."""
    scan: Scan | None
    known: MaskFacts


def read_mask(source: MaskSource) -> ReadMask:
    """Read a mask and the scan that belongs to it.

    Raises:
        UsageError: If a file is missing, or it is not clear which structure is meant; the message lists them.
        InputRefusedError: If a file can't be used, or the mask does not belong to the scan.
    """
    is_contours = file_kind(existing_file(source.mask)) == "DICOM"
    if not is_contours and (source.roi or source.cochlea_roi):
        msg = "structures are chosen in an RTSTRUCT, and the mask given is a labelmap; leave their names out"
        raise UsageError(msg)
    if is_contours and source.image is None:
        msg = "contours of an RTSTRUCT need the scan they were drawn on or beside; give its folder with --image"
        raise UsageError(msg)
    scan = read_scan(source.image, series=source.series) if source.image else None
    labelmap, warnings = (
        _from_contours(source, scan)
        if is_contours and scan is not None
        else (_on_grid_of(read_labelmap(source.mask), scan), ())
    )
    if source.plane is not None:
        labelmap = split_by_plane(labelmap, source.plane)
    known = MaskFacts(
        provenance=Provenance(algorithm="contours of an RTSTRUCT" if is_contours else GIVEN_MASK),
        warnings=warnings,
        plane=source.plane,
        fundus_ras_mm=source.fundus_ras_mm,
    )
    return ReadMask(labelmap, scan, known)


def _on_grid_of(labelmap: Volume, scan: Scan | None) -> Volume:
    return labelmap if scan is None else place_on_grid(labelmap, scan.volume.shape, scan.volume.dhw_to_ras)


def _from_contours(source: MaskSource, scan: Scan) -> tuple[Volume, tuple[str, ...]]:
    frame_uid = scan.dicom_source.frame_of_reference_uid if scan.dicom_source else ""
    tumor = read_rtstruct_roi(source.mask, _chosen_roi(source.mask, source.roi), scan.volume, frame_uid)
    labels = np.where(tumor.array, np.uint8(Label.UNDIVIDED_TUMOR), np.uint8(Label.BACKGROUND))
    if source.cochlea_roi is not None:
        cochlea = read_rtstruct_roi(source.mask, source.cochlea_roi, scan.volume, frame_uid)
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
