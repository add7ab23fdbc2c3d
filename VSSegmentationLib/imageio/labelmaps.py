"""Labelmaps of any format, DICOM segmentations among them, and where they lie on a scan."""

from dataclasses import replace
from pathlib import Path

from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.imageio.dicom.segmentation import read_segmentation
from VSSegmentationLib.imageio.files.labelmaps import (
    Labelmap,
    label_set_named,
    labelmap_of_layers,
    load_labelmap_file,
)
from VSSegmentationLib.imageio.files.reading import LabelLayers, existing_file, file_kind
from VSSegmentationLib.imageio.placing import place_on_scan
from VSSegmentationLib.imageio.scan import Scan
from VSSegmentationLib.label_names import LabelValues
from VSSegmentationLib.label_set import LabelSet
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS
from VSSegmentationLib.volume import Volume

_NOT_CHECKED = (
    "The DICOM segmentation states no frame of reference of its source, so that it is the image's own could not be "
    "checked: see that the outlines lie on the tumor in the pictures."
)


def load_labelmap(
    path: Path, label_set: LabelSet = VESTIBULAR_SCHWANNOMA_LABELS, *, values: LabelValues | None = None
) -> Labelmap:
    """Read a labelmap from .nii, .nii.gz, .nrrd, .seg.nrrd, .mha or a DICOM segmentation, with what the file tells.

    The segments of a .seg.nrrd and of DICOM are recognized by names and synonyms of the label set, else by its codes; a
    single one that is not known is the whole tumor. Of other files, the header counts where this library wrote it, then
    `values`; else a single value is the whole tumor, and two parts are read by the values of the set if they touch.

    Args:
        path: The file.
        label_set: What its values are to mean.
        values: What somebody said that they mean, for what the file itself does not say; of DICOM by segment number.

    Raises:
        InputRefusedError: If the file is not a labelmap, or one of another label set.
        UsageError: If there is no such file, or it is not certain what its values mean; the message lists them.
    """
    if file_kind(existing_file(path)) != "DICOM":
        return load_labelmap_file(path, label_set, values=values)
    stored = read_segmentation(path)
    if not stored.segments:
        msg = "The DICOM segmentation holds no voxel, so nothing is segmented in it; give another one"
        raise InputRefusedError(msg)
    layers = LabelLayers(stored.layers, stored.dhw_to_ras, {}, axes_assumed=False)
    labelmap = labelmap_of_layers(layers, stored.segments, label_set, values=values)
    return replace(
        labelmap,
        notes=(*labelmap.notes, *stored.notes),
        frame_of_reference_uid="" if stored.is_reference_hidden else stored.frame_of_reference_uid,
    )


def read_labelmap(
    path: Path, label_set: LabelSet = VESTIBULAR_SCHWANNOMA_LABELS, *, values: LabelValues | None = None
) -> Volume:
    """Return the voxels alone of what `load_labelmap` reads.

    Args:
        path: The file.
        label_set: What its values are to mean.
        values: As for `load_labelmap`.

    Returns:
        uint8 (D, H, W) on the grid of the file (Slicer may have cropped it).

    Raises:
        InputRefusedError: As for `load_labelmap`.
        UsageError: As for `load_labelmap`.
    """
    return load_labelmap(path, label_set, values=values).volume


def named_label_set(path: Path) -> str | None:
    """Return the name of the label set that the header of a labelmap file tells; None where it tells none.

    Raises:
        InputRefusedError: If it is a damaged file.
        UsageError: If there is no such file.
    """
    return label_set_named(existing_file(path))


def placed_on_scan(given: Labelmap, scan: Scan) -> Labelmap:
    """Return a labelmap on the grid of its scan, voxel for voxel, as `place_on_scan` does.

    Raises:
        GeometryError: If it does not have the voxels of the scan.
        InputRefusedError: If it was drawn in another frame of reference.
    """
    own, of_scan = given.frame_of_reference_uid, scan.dicom_source.frame_of_reference_uid if scan.dicom_source else ""
    if own and of_scan and own != of_scan:
        msg = (
            "The segmentation was made in another frame of reference than that of the image, so nothing tells where it "
            "lies in it; give the series it was made on"
        )
        raise InputRefusedError(msg)
    notes = (*given.notes, _NOT_CHECKED) if own is not None and of_scan and not own else given.notes
    return replace(given, volume=place_on_scan(given.volume, scan.volume), notes=notes)
