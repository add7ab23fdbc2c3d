"""A mask that is there already, read: a labelmap or structures of an RTSTRUCT, divided at a plane if one is given."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.geometry import Triplet
from VSSegmentationLib.imageio import (
    Labelmap,
    Scan,
    list_rois,
    load_labelmap,
    load_rtstruct_roi,
    placed_on_scan,
    read_scan,
)
from VSSegmentationLib.imageio.dicom.rtstruct import is_rtstruct
from VSSegmentationLib.imageio.files.reading import existing_file, file_kind
from VSSegmentationLib.imageio.files.segments import is_neighbor_name
from VSSegmentationLib.label_names import entry_named, plain_name
from VSSegmentationLib.label_set import LabelEntry, LabelSet
from VSSegmentationLib.measurement import MeatalPlane
from VSSegmentationLib.measurement.one_side import Side
from VSSegmentationLib.pipeline.measuring import MaskFacts
from VSSegmentationLib.reporting import GIVEN_MASK, DrawnBy, Provenance
from VSSegmentationLib.reporting.report.drawing import notes_on_drawing, provenance_of_drawing
from VSSegmentationLib.tasks import DEFAULT_TASK, Task, task_of_labelmap
from VSSegmentationLib.tumor_side import decided_side
from VSSegmentationLib.volume import Volume

_SIDE_AT_END = re.compile(r" (?:left|right)$")
_LONGEST_NAME = 40


@dataclass(frozen=True, kw_only=True)
class MaskSource:
    """Where a mask is, and what a person says of it."""

    mask: Path
    """Labelmap with the values of the task's labels, a DICOM segmentation, or a DICOM RTSTRUCT file."""
    task: Task | None = None
    """What kind of tumor it is of; None takes what the file says, else the default one."""
    image: Path | None = None
    """File or DICOM folder of the scan; needed with an RTSTRUCT."""
    series: int | None = None
    """Which series of the folder."""
    roi: str | None = None
    """Structure of the RTSTRUCT that is the tumor; None takes the only one there is."""
    organ_rois: Mapping[str, str] = field(default_factory=dict)
    """Structures of the RTSTRUCT that are organs, each by the key of its label."""
    plane: MeatalPlane | None = None
    """Divides the tumor anew."""
    fundus_ras_mm: Triplet | None = None
    values: str | None = None
    """What the values of the labelmap mean, where it does not say so itself; as `Task.label_values` takes it."""
    drawn_by: DrawnBy | None = None
    """Who drew a mask whose file does not tell it: `person`, or `model` for any program; None: nobody states it."""
    side: Side | None = None
    """Of the patient; of tumors of both ears, it also says which one is measured."""


class ReadMask(NamedTuple):
    """What was read, as `measure_labelmap` takes it."""

    labelmap: Volume
    """On the grid of the scan, if there is one."""
    scan: Scan | None
    known: MaskFacts


def read_mask(source: MaskSource) -> ReadMask:
    """Read a mask and the scan that belongs to it.

    Raises:
        UsageError: If a file is missing, or it is not clear what structures or values mean; the message lists them.
        InputRefusedError: If a file can't be used, or the mask does not belong to the scan.
    """
    is_contours = file_kind(existing_file(source.mask)) == "DICOM" and is_rtstruct(source.mask)
    if not is_contours and (source.roi or source.organ_rois):
        msg = "structures are chosen in an RTSTRUCT, and the mask given is a labelmap; leave their names out"
        raise UsageError(msg)
    if is_contours and source.values is not None:
        msg = "values have meanings in a labelmap, and the mask given is an RTSTRUCT; choose its structures by name"
        raise UsageError(msg)
    if is_contours and source.image is None:
        msg = "contours of an RTSTRUCT need the scan they were drawn on or beside; give its folder with --image"
        raise UsageError(msg)
    task = source.task or (DEFAULT_TASK if is_contours else task_of_labelmap(source.mask))
    values = None if source.values is None else task.label_values(source.values)
    scan = read_scan(source.image, series=source.series, rules=task.scan_rules) if source.image else None
    given = (
        _from_contours(source, scan, task)
        if is_contours and scan is not None
        else _placed(load_labelmap(source.mask, task.label_set, values=values), scan)
    )
    labelmap, side = decided_side(given, scan.volume if scan else None, task, stated=source.side)
    task.check_marks(plane=source.plane, points={})
    if source.plane is not None and task.boundary is not None:
        labelmap = task.boundary.split(labelmap, source.plane)
    drawn = facts_of_given(given, source.drawn_by)
    known = replace(
        drawn,
        task=task,
        provenance=Provenance(algorithm="contours of an RTSTRUCT") if is_contours else drawn.provenance,
        was_edited=drawn.was_edited or (given.drawing is not None and source.plane is not None),
        side_found=side,
        plane=source.plane,
        fundus_ras_mm=source.fundus_ras_mm,
    )
    return ReadMask(labelmap, scan, known)


def facts_of_given(given: Labelmap, drawn_by: DrawnBy | None) -> MaskFacts:
    """Return what is known of a mask that was given: who drew it, and what has to be known of how it was read.

    Args:
        given: As it was read.
        drawn_by: Who drew it, as somebody states; the header of its file goes before.
    """
    drawn = given.drawing
    return MaskFacts(
        provenance=Provenance(algorithm=GIVEN_MASK) if drawn is None else provenance_of_drawing(drawn),
        was_edited=drawn is not None and not given.is_untouched,
        drawn_by=drawn_by,
        warnings=(*given.notes, *notes_on_drawing(given, drawn_by)),
    )


def _placed(given: Labelmap, scan: Scan | None) -> Labelmap:
    return given if scan is None else placed_on_scan(given, scan)


def _from_contours(source: MaskSource, scan: Scan, task: Task) -> Labelmap:
    frame_uid = scan.dicom_source.frame_of_reference_uid if scan.dicom_source else ""
    tumor = load_rtstruct_roi(source.mask, _chosen_roi(source.mask, source.roi), scan.volume, frame_uid)
    inside, notes = tumor.mask.array, list(tumor.notes)
    labels = np.where(inside, np.uint8(_tumor_named(tumor.name, task.label_set).value), np.uint8(0))
    for key, name in source.organ_rois.items():
        organ = load_rtstruct_roi(source.mask, name, scan.volume, frame_uid)
        notes += [f"{key}: {note}" for note in organ.notes if note not in notes]
        labels[organ.mask.array & ~inside] = task.label_set.of_key(key).value
    unknown = (
        "The image states no frame of reference, so that it is the contours' own could not be checked: see that they "
        "lie on the tumor in the pictures."
    )
    return Labelmap(volume=scan.volume.with_array(labels), notes=(*(() if frame_uid else (unknown,)), *notes))


def _tumor_named(name: str, label_set: LabelSet) -> LabelEntry:
    """Return which label of a tumor a structure is by its name: the whole tumor where that tells nothing.

    Raises:
        UsageError: If the name is that of something else.
    """
    own = _SIDE_AT_END.sub("", plain_name(name))
    entry = entry_named(label_set, own)
    if is_neighbor_name(own) or (entry is not None and not entry.is_tumor):
        msg = f"the structure '{name[:_LONGEST_NAME]}' is no tumor by its name; choose the structure that is one"
        raise UsageError(msg)
    return label_set.whole_tumor if entry is None else entry


def _chosen_roi(path: Path, name: str | None) -> str:
    if name is not None:
        return name
    names = list_rois(path)
    if len(names) != 1:
        msg = f"the RTSTRUCT holds {len(names)} structures; choose the tumor with --roi, of: {', '.join(names)}"
        raise UsageError(msg)
    return names[0]
