"""What the segmentation object and the structured report have in common: codes, silence, and what is left out."""

import contextlib
import logging
from collections.abc import Iterator

from highdicom.coding_schemes import CodingSchemeIdentificationItem
from highdicom.sr import CodedConcept
from pydicom.dataset import Dataset

from VSSegmentationLib.imageio.dicom.headers import silent_pydicom
from VSSegmentationLib.imageio.dicom.segmentation import OWN_MAKER
from VSSegmentationLib.label_set import Code
from VSSegmentationLib.reporting.dicom import vocabulary
from VSSegmentationLib.reporting.dicom.stand_ins import DUMMY_DATE, DUMMY_TIME, UTF_8
from VSSegmentationLib.reporting.report.dicom_link import DicomIdentity

SOFTWARE = OWN_MAKER
_BASIC_PROFILE = Code("113100", "DCM", "Basic Application Confidentiality Profile")


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep the warnings and log lines of pydicom and highdicom, which quote header values, from being seen."""
    logger = logging.getLogger("highdicom")
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with silent_pydicom():
            yield
    finally:
        logger.setLevel(before)


def coded(code: Code) -> CodedConcept:
    """Return a code as highdicom takes it."""
    return CodedConcept(code.value, code.scheme, code.meaning)


def scheme_items() -> list[CodingSchemeIdentificationItem]:
    """Return the description of the private coding scheme."""
    return [
        CodingSchemeIdentificationItem(
            vocabulary.PRIVATE_SCHEME,
            name=vocabulary.PRIVATE_SCHEME_NAME,
            responsible_organization=SOFTWARE,
        )
    ]


def finish(dataset: Dataset, identity: DicomIdentity) -> None:
    """State the character set; if no identifiers are asked for, say so and take the dates."""
    dataset.SpecificCharacterSet = UTF_8
    if identity.with_identifiers:
        return
    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = "Made without patient data; UIDs of the source hashed with a salt"
    dataset.DeidentificationMethodCodeSequence = [coded(_BASIC_PROFILE)]
    dataset.LongitudinalTemporalInformationModified = "REMOVED"
    dataset.ContentDate, dataset.ContentTime = DUMMY_DATE, DUMMY_TIME
    for name in ("InstanceCreationDate", "InstanceCreationTime", "SeriesDate", "SeriesTime"):
        if name in dataset:
            delattr(dataset, name)
