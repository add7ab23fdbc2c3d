"""Writing volumes: the format follows the end of the file name, the geometry is exactly that of the volume."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from VSSegmentationLib.errors import InputRefusedError, UsageError
from VSSegmentationLib.imageio.files.drawing import Drawing, drawing_fields
from VSSegmentationLib.imageio.files.nifti_writer import write_nifti
from VSSegmentationLib.imageio.files.own_header import as_comment, own_fields
from VSSegmentationLib.imageio.files.seg_nrrd import segment_fields
from VSSegmentationLib.imageio.files.text_writer import write_meta_image, write_nrrd
from VSSegmentationLib.label_set import LabelSet
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS
from VSSegmentationLib.volume import Volume

_NIFTI = (".nii", ".nii.gz")
_NRRD, _META_IMAGE = ".nrrd", ".mha"


def write_image(path: Path, volume: Volume) -> None:
    """Write a volume as .nii, .nii.gz, .nrrd or .mha, by the end of the name; NRRD and MetaImage are compressed.

    Raises:
        UsageError: If the name ends in none of these.
    """
    _write(path, volume, {})


def _write(path: Path, volume: Volume, fields: Mapping[str, str]) -> None:
    name = path.name.lower()
    if name.endswith(_NIFTI):
        write_nifti(path, volume, as_comment(fields))
    elif name.endswith(_NRRD):
        write_nrrd(path, volume, fields)
    elif name.endswith(_META_IMAGE):
        write_meta_image(path, volume, fields)
    else:
        known = ", ".join((*_NIFTI, _NRRD, _META_IMAGE))
        msg = f"an image is written as {known}, and the name given ends in {path.suffix[:8]!r}"
        raise UsageError(msg)


def write_segmentation(
    path: Path,
    labelmap: Volume,
    label_set: LabelSet = VESTIBULAR_SCHWANNOMA_LABELS,
    *,
    side: str | None = None,
    drawing: Drawing | None = None,
) -> None:
    """Write a labelmap: as .seg.nrrd with Slicer's segment fields, or as a plain label image by any other known suffix.

    Its header says what the values mean, on which side the tumor is and which model gave it, so that `load_labelmap`
    need not guess.

    Args:
        path: .seg.nrrd, .nii, .nii.gz, .nrrd or .mha.
        labelmap: uint8 (D, H, W) of values of the set; one without any label is written too.
        label_set: What the values mean.
        side: `left` or `right` of the patient, on which the tumor is; None where it is not determined.
        drawing: The model that gave it, and the hash of what it gave; None where no model did.

    Raises:
        InputRefusedError: If it is not uint8 or holds a value that is none of the set.
        UsageError: If the name ends in none of these.
    """
    if labelmap.array.dtype != np.uint8:
        msg = f"a labelmap to write must be uint8, got {labelmap.array.dtype}; convert it"
        raise InputRefusedError(msg)
    counts = sum((np.bincount(plane.ravel(), minlength=256) for plane in labelmap.array), np.zeros(256, np.intp))
    values = np.flatnonzero(counts).tolist()
    label_set.check(values)
    fields = own_fields(values, label_set, side, axes_assumed=labelmap.axes_assumed) | drawing_fields(drawing)
    if path.name.lower().endswith(".seg.nrrd"):
        fields |= segment_fields([v for v in values if v != 0], labelmap.shape, label_set, side)
    _write(path, labelmap, fields)
