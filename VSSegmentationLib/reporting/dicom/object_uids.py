"""What an object of ours is called: by chance, or by what it was made from, so that it can be known again."""

from typing import NamedTuple

from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from VSSegmentationLib.reporting.dicom.stand_ins import StandIns
from VSSegmentationLib.reporting.report.dicom_link import DicomLink
from VSSegmentationLib.reporting.report.report import Report


class ObjectUids(NamedTuple):
    """Of one object, which has a series of its own."""

    series: str
    instance: str
    instance_number: int


def object_uids(kind: str, report: Report, stand_ins: StandIns, link: DicomLink) -> ObjectUids:
    """Return the UIDs of an object.

    With an edition they follow from source series, model and options, the one of the instance also from the number
    of the edition: what is made and sent a second time is filed once. Otherwise they are new each time.

    Args:
        kind: Which object of the result it is.
        report: What it tells; names the model.
        stand_ins: The source series.
        link: How the objects refer to it.
    """
    edition = link.edition
    if edition is None:
        return ObjectUids(generate_uid(prefix=None), generate_uid(prefix=None), 1)
    return _derived(kind, report, stand_ins, link, edition.number)


def former_version(kind: str, report: Report, stand_ins: StandIns, link: DicomLink, sop_class: str) -> list[Dataset]:
    """Return the object that this one replaces, by what it is called; nothing for a first edition."""
    edition = link.edition
    if edition is None or edition.number == 1:
        return []
    uids = _derived(kind, report, stand_ins, link, edition.number - 1)
    former, source = Dataset(), stand_ins.datasets[0]
    former.PatientID, former.StudyInstanceUID = source.PatientID, source.StudyInstanceUID
    former.SeriesInstanceUID, former.SOPInstanceUID = uids.series, uids.instance
    former.SOPClassUID = sop_class
    return [former]


def _derived(kind: str, report: Report, stand_ins: StandIns, link: DicomLink, number: int) -> ObjectUids:
    assert link.edition is not None
    model = report.model
    named = () if model is None else (model.name or "", model.version or "", model.weights_sha256 or "")
    made_from = (kind, str(stand_ins.datasets[0].SeriesInstanceUID), *named, link.edition.options)
    return ObjectUids(
        series=link.identity.derived_uid("series", *made_from),
        instance=link.identity.derived_uid("instance", *made_from, str(number)),
        instance_number=number,
    )
