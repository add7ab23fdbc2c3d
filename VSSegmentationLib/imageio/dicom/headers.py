"""Reading the headers of DICOM images, classic and enhanced, into slice headers.

The patient's name, id and birth date are read for one purpose only: to take them out of the series description.
"""

import contextlib
import logging
import math
import re
import struct
import warnings
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pydicom
from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.uid import UID

from VSSegmentationLib.imageio.dicom.opening import opened_dicom, read_data_set
from VSSegmentationLib.imageio.dicom.slice_header import SliceHeader
from VSSegmentationLib.imageio.modality import AcquisitionTags
from VSSegmentationLib.imageio.rules import complex_part

_IMAGE_CLASSES = frozenset({
    "MR Image Storage", "Enhanced MR Image Storage", "Legacy Converted Enhanced MR Image Storage",
    "CT Image Storage", "Enhanced CT Image Storage", "Legacy Converted Enhanced CT Image Storage",
    "Positron Emission Tomography Image Storage", "Enhanced PET Image Storage",
    "Legacy Converted Enhanced PET Image Storage", "Nuclear Medicine Image Storage",
    "Ultrasound Image Storage", "Ultrasound Multi-frame Image Storage", "Enhanced US Volume Storage",
    "Computed Radiography Image Storage", "X-Ray Angiographic Image Storage", "X-Ray 3D Angiographic Image Storage",
    "RT Dose Storage",
})  # fmt: skip
_TAGS = (
    "FileSetID",
    "SOPClassUID", "SOPInstanceUID", "Modality", "SeriesInstanceUID", "SeriesNumber", "SeriesDescription",
    "FrameOfReferenceUID", "ProtocolName", "InstanceNumber", "AcquisitionNumber", "TemporalPositionIdentifier",
    "ImageType", "Rows", "Columns", "NumberOfFrames", "PixelSpacing", "SliceThickness", "ImagePositionPatient",
    "ImageOrientationPatient", "RescaleSlope", "RescaleIntercept", "PhotometricInterpretation", "SamplesPerPixel",
    "BitsAllocated", "EchoTime", "EchoNumbers", "RepetitionTime", "InversionTime", "FlipAngle", "ScanningSequence",
    "SequenceVariant", "SequenceName", "PulseSequenceName", "ContrastBolusAgent", "ContrastBolusAgentSequence",
    "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence", "EchoPulseSequence",
    "ComplexImageComponent", "PatientName", "PatientID", "PatientBirthDate",
)  # fmt: skip
_PIXEL_TYPES = (b"OW", b"OB", b"UN")
_PIXEL_HEAD_BYTES = 12
"""Tag, type and length of the pixel data; without a type it is shorter, and values follow."""
_PULSES = {"SPIN": ("SE",), "GRADIENT": ("GR",), "BOTH": ("SE", "GR")}
DAMAGE = (
    InvalidDicomError, BytesLengthException, EOFError, OSError, ValueError, TypeError, LookupError, AttributeError,
    NotImplementedError, OverflowError, RecursionError, struct.error, zlib.error,
)  # fmt: skip
"""What pydicom raises on a damaged file, depending on where the damage is."""


class NotAnImageError(Exception):
    """A DICOM object of another kind; the text is the name of its kind."""


class DamagedError(Exception):
    """A file that begins like DICOM and can't be read on."""


@contextlib.contextmanager
def silent_pydicom() -> Iterator[None]:
    """Keep pydicom's warnings and log lines, which quote header values, from being seen."""
    logger = logging.getLogger("pydicom")
    before = logger.disabled
    logger.disabled = True
    try:
        with warnings.catch_warnings(), pydicom.config.disable_value_validation():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.disabled = before


def read_headers(path: Path) -> list[SliceHeader]:
    """Return one header per slice that the file holds.

    Raises:
        NotAnImageError: If it is a report, a contour set, raw data, a screen capture...
        DamagedError: If it can't be read.
    """
    with silent_pydicom():
        try:
            with opened_dicom(path) as file:
                dataset = read_data_set(file, tags=_TAGS)
                pixels_at = file.tell()
                pixel_bytes = _pixel_bytes(file.read(_PIXEL_HEAD_BYTES), dataset)
                stored_bytes = file.seek(0, 2) - pixels_at
            return _slice_headers(path, dataset, stored_bytes, pixel_bytes)
        except DAMAGE as error:
            raise DamagedError from error


def _slice_headers(path: Path, dataset: Dataset, stored_bytes: int, pixel_bytes: int | None) -> list[SliceHeader]:
    if "SOPClassUID" not in dataset:
        if "FileSetID" in dataset or dataset.file_meta.get("MediaStorageSOPClassUID") == "1.2.840.10008.1.3.10":
            kind = "DICOMDIR"
            raise NotAnImageError(kind)
        raise DamagedError
    sop_uid = str(dataset.SOPClassUID)
    sop_class = UID(sop_uid).name
    if sop_class not in _IMAGE_CLASSES:
        # The name of what is in the standard; of anything else nothing is repeated: damage puts other values there.
        raise NotAnImageError(sop_class if sop_class != sop_uid else "private object")
    frames = int(dataset.get("NumberOfFrames") or 1)
    common = _common(path, dataset, sop_class, frames, stored_bytes) | {"pixel_bytes": pixel_bytes}
    per_frame = dataset.get("PerFrameFunctionalGroupsSequence")
    if not per_frame:  # an empty sequence in a classic image says nothing
        return [SliceHeader(**common, **_classic(dataset))] if frames == 1 else _bare_frames(common, dataset, frames)
    shared = dataset.get("SharedFunctionalGroupsSequence") or [Dataset()]
    if len(per_frame) != frames:
        raise DamagedError
    frame_fields = [_enhanced(dataset, group, shared[0], index) for index, group in enumerate(per_frame)]
    common |= {"file_slope": frame_fields[0]["slope"], "file_intercept": frame_fields[0]["intercept"]}
    return [SliceHeader(**common, **fields) for fields in frame_fields]


def _is_implicit(dataset: Dataset) -> bool:
    """Return whether elements came without their types; pydicom 3 and pydicom 2 have different names for it."""
    encoding = getattr(dataset, "original_encoding", None)
    return bool(getattr(dataset, "read_implicit_vr", False) if encoding is None else encoding[0])


def _pixel_bytes(start: bytes, dataset: Dataset) -> int | None:
    """Return how long the pixel data say that they are; None where they are in pieces, or not there.

    Args:
        start: Of the element. Its tag tells the order of bytes.
        dataset: What was read before it.
    """
    orders = [order for order in "<>" if start[:4] == struct.pack(order + "2H", 0x7FE0, 0x0010)]
    if len(start) < _PIXEL_HEAD_BYTES or not orders:
        return None
    implicit = _is_implicit(dataset)
    if not implicit and start[4:6] not in _PIXEL_TYPES:  # of another type, readers take the length for another, too
        raise DamagedError
    length = int(struct.unpack_from(orders[0] + "I", start, 4 if implicit else 8)[0])
    return None if length == 0xFFFFFFFF else length


def _bare_frames(common: dict[str, Any], dataset: Dataset, frames: int) -> list[SliceHeader]:
    """Frames without a place of their own (ultrasound, projections): refused later, and listed until then."""
    return [SliceHeader(**common, **(_classic(dataset) | {"frame": i, "position_lps_mm": None})) for i in range(frames)]


def _common(path: Path, dataset: Dataset, sop_class: str, frames: int, stored_bytes: int) -> dict[str, Any]:
    syntax = UID(str(dataset.file_meta.get("TransferSyntaxUID", "1.2.840.10008.1.2")))
    rows, columns, samples = int(dataset.Rows), int(dataset.Columns), int(dataset.get("SamplesPerPixel") or 1)
    if min(rows, columns, samples, frames) < 1:
        raise DamagedError
    return {
        "path": path,
        "frames_in_file": frames,
        "sop_class": sop_class,
        "sop_uid": str(dataset.get("SOPInstanceUID", "")),
        "modality": str(dataset.get("Modality", "")),
        "series_uid": str(dataset.get("SeriesInstanceUID", "")),
        "frame_of_reference_uid": str(dataset.get("FrameOfReferenceUID") or ""),
        "series_number": _count(dataset, "SeriesNumber"),
        "description": _description(dataset),
        "rows": rows,
        "columns": columns,
        "photometric": str(dataset.get("PhotometricInterpretation", "MONOCHROME2")),
        "samples": samples,
        "compressed": syntax.is_transfer_syntax and syntax.is_compressed,
        "voxel_bytes": rows * columns * samples * frames * int(dataset.get("BitsAllocated") or 16) // 8,
        "stored_bytes": stored_bytes,
        "file_slope": _scale(dataset, "RescaleSlope", 1.0),
        "file_intercept": _scale(dataset, "RescaleIntercept", 0.0),
    }


def _classic(dataset: Dataset) -> dict[str, Any]:
    return {
        "frame": 0,
        "instance_number": _count(dataset, "InstanceNumber"),
        "image_type": _texts(dataset, "ImageType"),
        "complex_part": complex_part(_texts(dataset, "ImageType"), str(dataset.get("ComplexImageComponent") or "")),
        "position_lps_mm": _numbers(dataset, "ImagePositionPatient", 3),
        "orientation_lps": _numbers(dataset, "ImageOrientationPatient", 6),
        "pixel_spacing_mm": _numbers(dataset, "PixelSpacing", 2),
        "thickness_mm": _told(dataset, "SliceThickness"),
        "slope": _scale(dataset, "RescaleSlope", 1.0),
        "intercept": _scale(dataset, "RescaleIntercept", 0.0),
        "acquisition": AcquisitionTags(
            scanning_sequence=_texts(dataset, "ScanningSequence"),
            sequence_variant=_texts(dataset, "SequenceVariant"),
            sequence_name=str(dataset.get("SequenceName") or dataset.get("PulseSequenceName") or ""),
            echo_time_ms=_told(dataset, "EchoTime"),
            repetition_time_ms=_told(dataset, "RepetitionTime"),
            inversion_time_ms=_told(dataset, "InversionTime"),
            flip_angle_deg=_told(dataset, "FlipAngle"),
            contrast_agent=str(dataset.get("ContrastBolusAgent") or ""),
            description=_description(dataset),
        ),
    }


def _enhanced(dataset: Dataset, own: Dataset, shared: Dataset, index: int) -> dict[str, Any]:
    def group(name: str) -> Dataset:
        for functional_groups in (own, shared):
            if functional_groups.get(name):
                return functional_groups[name].value[0]  # type: ignore[no-any-return]
        return Dataset()

    measures, values = group("PixelMeasuresSequence"), group("PixelValueTransformationSequence")
    timing, modifier = group("MRTimingAndRelatedParametersSequence"), group("MRModifierSequence")
    frame_type = group("MRImageFrameTypeSequence")
    image_type = _texts(frame_type, "FrameType") or _texts(dataset, "ImageType")
    component = str(frame_type.get("ComplexImageComponent") or dataset.get("ComplexImageComponent") or "")
    return {
        "frame": index,
        "instance_number": index + 1,
        "image_type": image_type,
        "complex_part": complex_part(image_type, component),
        "position_lps_mm": _numbers(group("PlanePositionSequence"), "ImagePositionPatient", 3),
        "orientation_lps": _numbers(group("PlaneOrientationSequence"), "ImageOrientationPatient", 6),
        "pixel_spacing_mm": _numbers(measures, "PixelSpacing", 2),
        "thickness_mm": _told(measures, "SliceThickness"),
        "slope": _scale(values, "RescaleSlope", 1.0),
        "intercept": _scale(values, "RescaleIntercept", 0.0),
        "acquisition": AcquisitionTags(
            scanning_sequence=_PULSES.get(str(dataset.get("EchoPulseSequence", "")), ()),
            sequence_variant=("SP",) if str(modifier.get("Spoiling", "NONE")) != "NONE" else (),
            sequence_name=str(dataset.get("PulseSequenceName") or ""),
            echo_time_ms=_told(group("MREchoSequence"), "EffectiveEchoTime"),
            repetition_time_ms=_told(timing, "RepetitionTime"),
            inversion_time_ms=_told(modifier, "InversionTimes"),
            flip_angle_deg=_told(timing, "FlipAngle"),
            contrast_agent="yes" if dataset.get("ContrastBolusAgentSequence") else "",
            description=_description(dataset),
        ),
    }


def _texts(dataset: Dataset, name: str) -> tuple[str, ...]:
    value = dataset.get(name)
    if value is None:
        return ()
    return (str(value),) if isinstance(value, str) else tuple(str(part) for part in value)


def _number(dataset: Dataset, name: str, default: float | None = None) -> Any:  # noqa: ANN401
    """Return the first finite number of a tag, or the default."""
    value = dataset.get(name)
    first = value[0] if isinstance(value, Sequence) and not isinstance(value, str) and len(value) else value
    number = float(first) if first not in (None, "") and not isinstance(first, Sequence) else math.nan
    return number if math.isfinite(number) else default


def _scale(dataset: Dataset, name: str, default: float) -> float:
    """Return the number of a tag that every voxel goes by: one that is there has to be finite."""
    number = _number(dataset, name)
    if number is None and dataset.get(name) not in (None, ""):
        raise DamagedError
    return default if number is None else float(number)


def _told(dataset: Dataset, name: str) -> float | None:
    """Return the number of a tag that decides neither voxels nor places; None where its value breaks its type."""
    try:
        number: float | None = _number(dataset, name)
    except DAMAGE:
        return None
    return number


def _count(dataset: Dataset, name: str) -> int:
    """Return the whole number of a tag by which slices or series are listed; 0 where there is none."""
    return int(_told(dataset, name) or 0)


def _numbers(dataset: Dataset, name: str, count: int) -> tuple[float, ...] | None:
    """Return the numbers of a tag if there are as many as it must have and all are finite, else None."""
    value = dataset.get(name)
    numbers = tuple(float(part) for part in value) if isinstance(value, Sequence) and not isinstance(value, str) else ()
    return numbers if len(numbers) == count and all(math.isfinite(n) for n in numbers) else None


def _description(dataset: Dataset) -> str:
    """Return the series or protocol name without any part that names the patient."""
    text = str(dataset.get("SeriesDescription") or dataset.get("ProtocolName") or "")
    identity = " ".join(str(dataset.get(name) or "") for name in ("PatientName", "PatientID", "PatientBirthDate"))
    for part in re.split(r"[\^\s=,]+", identity):
        if len(part) >= 3:
            text = re.sub(re.escape(part), "...", text, flags=re.IGNORECASE)
    return "".join(c for c in text if c.isprintable())[:64]
