"""Stand-ins for the source images: what a DICOM library is shown instead of the files, attribute by attribute.

A library copies patient and study from the images it is given. So it is given data sets that hold only what is listed
here, with the identity that was asked for; whatever else the source's headers carry never comes near an output.
"""

import numpy as np
import pydicom
from pydicom.dataset import Dataset
from pydicom.uid import UID
from pydicom.valuerep import DA, TM

from VSSegmentationLib import geometry
from VSSegmentationLib.errors import InputRefusedError, UsageError
from VSSegmentationLib.frames import lps_from_ras
from VSSegmentationLib.imageio.dicom.headers import DAMAGE, silent_pydicom
from VSSegmentationLib.imageio.dicom_source import DicomSource
from VSSegmentationLib.reporting.report.dicom_link import DicomLink

UTF_8 = "ISO_IR 192"
DUMMY_DATE, DUMMY_TIME = "19000101", "000000"
"""Dates of de-identified objects where DICOM demands one."""

_SOURCE_TAGS = (
    "SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "SeriesNumber", "InstanceNumber",
    "Modality", "SpecificCharacterSet",
)  # fmt: skip
PATIENT = ("PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientSex", "PatientAge")
STUDY = ("StudyDate", "StudyTime", "StudyID", "AccessionNumber", "ReferringPhysicianName", "StudyDescription")
_REQUIRED = (*PATIENT[:2], *PATIENT[3:5], *STUDY[:5])
_SERIES_STEP = 100
"""Our series number is that of the source plus this, so that viewers list it behind the source."""


class StandIns:
    """The source series as a DICOM library is shown it."""

    def __init__(self, link: DicomLink) -> None:
        """Read the headers of the source again.

        Raises:
            InputRefusedError: If the files have changed or gone, or lie on several multi-frame objects.
            UsageError: If the source states no frame of reference or was resampled.
        """
        source = link.source
        check_link(link)
        headers = {path: _header(path) for path in dict.fromkeys(s.path for s in source.slices)}
        self._source, self._identity = source, link.identity
        first = headers[source.slices[0].path]
        self.enhanced = "Enhanced" in UID(str(first.SOPClassUID)).name
        if self.enhanced and len(headers) > 1:
            msg = (
                f"The series is stored in {len(headers)} multi-frame objects, and DICOM segmentations are written for "
                "one; leave the DICOM formats out"
            )
            raise InputRefusedError(msg)
        self.patient_key = str(first.get("PatientID") or first.get("StudyInstanceUID") or "")
        self.series_number = int(first.get("SeriesNumber") or 0) % 10_000 + _SERIES_STEP
        common = self._common(first)
        files = [self._file(header, common) for header in headers.values()]
        if self.enhanced:
            _add_frames(files[0], source)
        else:
            for dataset, position in zip(files, _positions_lps(source), strict=True):
                dataset.ImagePositionPatient = position
                dataset.ImageOrientationPatient = _orientation_lps(source)
        self.datasets: list[Dataset] = files
        """Of classic objects one for each slice, in the order of the D axis; of an enhanced object the one."""

    def slice_reference(self, index: int) -> tuple[Dataset, int | None]:
        """Return the stand-in that holds a slice and, in a multi-frame object, its frame number counted from 1."""
        if self.enhanced:
            return self.datasets[0], self._source.slices[index].frame + 1
        return self.datasets[index], None

    def frame_number(self, number: int) -> int:
        """Turn a frame number of the stand-in, which has the slices of the stack only, into that of the object."""
        return self._source.slices[number - 1].frame + 1

    def _common(self, first: Dataset) -> Dataset:
        """Return what all stand-ins share: patient, study, series and pixel grid."""
        common = Dataset()
        common.SpecificCharacterSet = UTF_8
        for name in _REQUIRED:
            setattr(common, name, "")
        if self._identity.with_identifiers:
            for name in (*PATIENT, *STUDY):
                if _valid(first, name):
                    setattr(common, name, first.get(name))
        else:
            common.PatientID = common.PatientName = self._identity.pseudonym_of(self.patient_key)
        for name in ("StudyInstanceUID", "SeriesInstanceUID"):
            stated = str(first.get(name) or "")
            setattr(common, name, self._identity.uid(stated) if stated else self._identity.derived_uid(name))
        common.FrameOfReferenceUID = self._identity.uid(self._source.frame_of_reference_uid)
        common.PositionReferenceIndicator = ""
        common.Modality = "MR"
        _, common.Rows, common.Columns = self._source.shape
        spacing = geometry.spacing_dhw_mm(self._source.dhw_to_ras)
        common.PixelSpacing = [_decimal(s) for s in spacing[1:]]
        common.SliceThickness = common.SpacingBetweenSlices = _decimal(spacing[0])
        return common

    def _file(self, header: Dataset, common: Dataset) -> Dataset:
        own = Dataset()
        own.update(common)
        own.SOPClassUID = header.SOPClassUID
        own.SOPInstanceUID = self._identity.uid(str(header.SOPInstanceUID))
        own.InstanceNumber = header.get("InstanceNumber") or 1
        return own


def image_points(source: DicomSource, points_ras_mm: np.ndarray) -> np.ndarray:
    """Return (N, 3) world points as slice index, column and row of the series.

    Column and row are counted from the corner of an image, so that the center of the first pixel is at 0.5, 0.5
    (PS3.3, C.18.6.1.1); a slice index is that of the D axis.
    """
    dhw = geometry.transform_points(geometry.as_affine(np.linalg.inv(source.dhw_to_ras)), points_ras_mm)
    return np.column_stack([dhw[:, 0], dhw[:, 2] + 0.5, dhw[:, 1] + 0.5])


def check_link(link: DicomLink) -> None:
    """See that DICOM objects can be written for a series.

    Raises:
        UsageError: If they cannot, or the pseudonym is none that DICOM can hold.
    """
    link.identity.check_pseudonym()
    if link.source.resampled:
        msg = (
            "the scan was resampled, so its voxels are not those of the DICOM slices; leave the DICOM formats out, or "
            "export the series complete and unsheared"
        )
        raise UsageError(msg)
    if not link.source.frame_of_reference_uid:
        msg = (
            "the series states no frame of reference that all its slices share, and DICOM objects need one; "
            "leave the DICOM formats out"
        )
        raise UsageError(msg)


def _header(path: object) -> Dataset:
    with silent_pydicom():
        try:
            return pydicom.dcmread(
                path,  # type: ignore[arg-type]
                stop_before_pixels=True,
                specific_tags=[*_SOURCE_TAGS, *PATIENT, *STUDY],
                force=True,
            )
        except DAMAGE as error:
            msg = "A file of the series could not be read again; leave the series in its place until all is written"
            raise InputRefusedError(msg) from error


def _valid(header: Dataset, name: str) -> bool:
    """Return whether a value of the source is one that DICOM allows: an invalid one is left out, not passed on."""
    value = header.get(name)
    if value in (None, ""):
        return False
    try:
        if name.endswith("Date"):
            DA(value)
        elif name.endswith("Time"):
            TM(value)
    except ValueError:
        return False
    return name != "PatientSex" or value in ("M", "F", "O")


def _positions_lps(source: DicomSource) -> list[list[str]]:
    corners = np.column_stack([np.arange(source.shape[0]), np.zeros((source.shape[0], 2))])
    points = lps_from_ras(geometry.transform_points(source.dhw_to_ras, corners))
    return [[_decimal(x) for x in point] for point in points]


def _orientation_lps(source: DicomSource) -> list[str]:
    """Return the direction in which columns are counted, then the one in which rows are counted."""
    directions = lps_from_ras(geometry.directions(source.dhw_to_ras).T)
    return [_decimal(x) for x in np.concatenate([directions[2], directions[1]])]


def _add_frames(dataset: Dataset, source: DicomSource) -> None:
    """Describe the slices of the stack as the frames; others that the object may hold are left out."""
    dataset.NumberOfFrames = source.shape[0]
    shared, measures, orientation = Dataset(), Dataset(), Dataset()
    measures.PixelSpacing, measures.SliceThickness = dataset.PixelSpacing, dataset.SliceThickness
    measures.SpacingBetweenSlices = dataset.SpacingBetweenSlices
    orientation.ImageOrientationPatient = _orientation_lps(source)
    shared.PixelMeasuresSequence, shared.PlaneOrientationSequence = [measures], [orientation]
    dataset.SharedFunctionalGroupsSequence = [shared]
    frames = []
    for position in _positions_lps(source):
        plane, frame = Dataset(), Dataset()
        plane.ImagePositionPatient = position
        frame.PlanePositionSequence = [plane]
        frames.append(frame)
    dataset.PerFrameFunctionalGroupsSequence = frames
    for name in ("PixelSpacing", "SliceThickness", "SpacingBetweenSlices"):
        del dataset[name]


def _decimal(number: float) -> str:
    """Return a decimal string of at most 16 letters, as DICOM has it."""
    text = f"{number:.10g}"
    return text if len(text) <= 16 else f"{number:.8g}"
