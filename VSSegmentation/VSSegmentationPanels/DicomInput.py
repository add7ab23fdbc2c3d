"""The DICOM series that a scan of the scene was loaded from, by the instances that Slicer notes on the volume."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import slicer
from slicer.i18n import tr as _

from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.imageio import Scan, read_scan

_INSTANCES = "DICOM.instanceUIDs"


def whyNoDicom(volumeNode: Any) -> str:
    """Return why no DICOM objects can be written for a scan; empty where they can, as far as a glance tells."""
    if find_spec("highdicom") is None:
        return _("DICOM SEG and SR: this Slicer does not bring highdicom, which writes them; Slicer 5.12 and later do.")
    if volumeNode is None:
        return ""  # nothing else can be exported then, which the panel says
    if _firstFile(volumeNode) is None:
        return _(
            "DICOM SEG and SR: the scan was not loaded from Slicer's DICOM database, so there is no series that they "
            "could belong to."
        )
    return ""


def dicomScanOf(volumeNode: Any) -> Scan:
    """Read the series of a scan.

    Raises:
        UsageError: If the database does not hold it.
        InputRefusedError: If it cannot be used.
    """
    path = _firstFile(volumeNode)
    if path is None:
        raise UsageError(whyNoDicom(volumeNode))
    return read_scan(path)


def _firstFile(volumeNode: Any) -> Path | None:
    database = getattr(slicer, "dicomDatabase", None)
    instances = (volumeNode.GetAttribute(_INSTANCES) or "").split()
    if database is None or not instances:
        return None
    name = database.fileForInstance(instances[0])
    return Path(name) if name and Path(name).is_file() else None
