"""What has to be known of an object that came, before anything is done with it."""

from dataclasses import dataclass, field
from pathlib import Path

from pydicom.uid import UID

from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.imageio.dicom.headers import DAMAGE, silent_pydicom
from VSSegmentationLib.imageio.dicom.opening import opened_dicom, read_data_set

OWN_MANUFACTURER = "vs-segmentation"
_TAGS = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "Modality", "Manufacturer")
_IMAGES = frozenset({"MR Image Storage", "Enhanced MR Image Storage", "Legacy Converted Enhanced MR Image Storage"})
_LONGEST_UID = 64


@dataclass(frozen=True, kw_only=True)
class ObjectFacts:
    """Of one object. The UIDs lead to the patient and are never logged."""

    sop_class: str
    sop_uid: str = field(repr=False)
    study_uid: str = field(repr=False)
    series_uid: str = field(repr=False)
    is_image: bool
    """Whether it is an MR image, which alone is segmented."""
    is_own: bool
    """Whether this software made it: an archive sends our results back."""


def read_facts(path: Path) -> ObjectFacts | None:
    """Return what a file tells of itself; None where it is no object with the UIDs that it must have."""
    with silent_pydicom():
        try:
            with opened_dicom(path) as file:
                dataset = read_data_set(file, tags=_TAGS)
            told = {name: str(dataset.get(name) or "") for name in _TAGS}
        except (*DAMAGE, InputRefusedError):
            return None
    uids = [told[name] for name in _TAGS[:4]]
    if not all(0 < len(uid) <= _LONGEST_UID and uid.isprintable() for uid in uids):
        return None
    return ObjectFacts(
        sop_class=uids[0],
        sop_uid=uids[1],
        study_uid=uids[2],
        series_uid=uids[3],
        is_image=UID(uids[0]).name in _IMAGES,
        is_own=told["Manufacturer"].strip() == OWN_MANUFACTURER,
    )
