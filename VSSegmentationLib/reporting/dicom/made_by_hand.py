"""What the objects have in common that no library makes for us: whose they are, and what made them."""

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from VSSegmentationLib import __version__
from VSSegmentationLib.reporting.dicom.common import SOFTWARE
from VSSegmentationLib.reporting.dicom.object_uids import ObjectUids
from VSSegmentationLib.reporting.dicom.stand_ins import PATIENT, STUDY, StandIns
from VSSegmentationLib.reporting.report.report import Report
from VSSegmentationLib.tasks import Task


def new_object(sop_class: UID, uids: ObjectUids, stand_ins: StandIns, report: Report, task: Task) -> Dataset:
    """Return an object of the patient and study of the source, made by this software; the rest is for the caller."""
    source, made = stand_ins.datasets[0], Dataset()
    for name in (*PATIENT, *STUDY, "StudyInstanceUID"):
        if name in source:
            made[name] = source[name]
    made.SOPClassUID, made.SOPInstanceUID = sop_class, uids.instance
    made.SeriesInstanceUID, made.InstanceNumber = uids.series, uids.instance_number
    made.SeriesDescription = f"{task.title}, {report.status.upper()}, research use only"
    made.Manufacturer, made.ManufacturerModelName = SOFTWARE, "VSSegmentationLib"
    made.DeviceSerialNumber, made.SoftwareVersions = "none", __version__
    made.ContentDate = report.created_at_utc.strftime("%Y%m%d")
    made.ContentTime = report.created_at_utc.strftime("%H%M%S")
    made.TimezoneOffsetFromUTC = "+0000"
    made.file_meta = FileMetaDataset()
    made.file_meta.MediaStorageSOPClassUID = sop_class
    made.file_meta.MediaStorageSOPInstanceUID = UID(uids.instance)
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return made
