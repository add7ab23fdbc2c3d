"""Small DICOM series for tests, written with pydicom: classic and enhanced MR, and the strangers found beside them."""

from dataclasses import dataclass, field
from inspect import signature
from pathlib import Path

import numpy as np
from pydicom import dcmwrite
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

AXIAL = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
SAGITTAL = ((0.0, 1.0, 0.0), (0.0, 0.0, -1.0))
CORONAL = ((1.0, 0.0, 0.0), (0.0, 0.0, -1.0))
OBLIQUE = ((0.9396926, 0.3420201, 0.0), (-0.3213938, 0.8830222, -0.3420201))
"""Turned by 20 degrees about the patient's long axis, then tipped by 20 about the new row direction."""

MR = "1.2.840.10008.5.1.4.1.1.4"
ENHANCED_MR = "1.2.840.10008.5.1.4.1.1.4.1"
CT = "1.2.840.10008.5.1.4.1.1.2"
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
RAW_DATA = "1.2.840.10008.5.1.4.1.1.66"
ENHANCED_SR = "1.2.840.10008.5.1.4.1.1.88.22"
RTSTRUCT = "1.2.840.10008.5.1.4.1.1.481.3"


@dataclass(kw_only=True)
class SeriesSpec:
    """What a test series looks like; the defaults make a plain axial T2 that every check lets pass."""

    spacing_dhw_mm: tuple[float, float, float] = (3.0, 2.0, 2.5)
    orientation: tuple[tuple[float, ...], tuple[float, ...]] = AXIAL
    origin_lps_mm: tuple[float, float, float] = (-20.0, -10.0, 5.0)
    positions_mm: tuple[float, ...] | None = None
    """Of the slices along the normal; by the spacing when None."""
    shear_lps: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Sideways step per mm along the normal."""
    sop_class: str = MR
    modality: str = "MR"
    series_uid: str = field(default_factory=generate_uid)
    series_number: int = 3
    description: str = "t2_ciss"
    patient: str = "Nobody^Known"
    patient_id: str = "0000"
    thickness_mm: float | None = 3.0
    slopes: tuple[tuple[float, float], ...] | None = None
    """Slope and intercept of each slice."""
    photometric: str = "MONOCHROME2"
    tags: dict[str, object] = field(default_factory=dict)
    file_name: str = "IM{:04d}.dcm"
    first_instance: int = 1

    @property
    def normal(self) -> np.ndarray:
        return np.cross(*self.orientation)

    def offset_mm(self, index: int) -> float:
        return self.positions_mm[index] if self.positions_mm is not None else index * self.spacing_dhw_mm[0]

    def position(self, index: int) -> np.ndarray:
        return np.array(self.origin_lps_mm) + (self.normal + self.shear_lps) * self.offset_mm(index)

    def dhw_to_ras(self) -> np.ndarray:
        """The affine that reading the series must give, from the definitions of the DICOM attributes."""
        d, h, w = self.spacing_dhw_mm
        affine = np.eye(4)
        affine[:3, 0] = (self.normal + self.shear_lps) * d
        affine[:3, 1] = np.array(self.orientation[1]) * h
        affine[:3, 2] = np.array(self.orientation[0]) * w
        affine[:3, 3] = self.position(0)
        return np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine


def voxels(shape=(12, 20, 16), seed=0) -> np.ndarray:
    """(D, H, W) int16 that no two slices, and no mirror images, have in common."""
    return np.random.default_rng(seed).integers(0, 1000, shape).astype(np.int16)


def save_part_10(dataset: Dataset, path: Path) -> None:
    """Write a whole file, with preamble and meta header, which pydicom 2 and 3 are asked for in different words."""
    if "enforce_file_format" in signature(dcmwrite).parameters:
        dataset.save_as(path, enforce_file_format=True)
        return
    dataset.is_little_endian = True
    dataset.is_implicit_VR = dataset.file_meta.TransferSyntaxUID.is_implicit_VR
    dataset.save_as(path, write_like_original=False)


def write_series(
    folder: Path, array: np.ndarray, spec: SeriesSpec | None = None, *, skip=(), encode=None
) -> list[Path]:
    """Write one file per slice of (D, H, W); `skip` names slice indices left out, `encode` a transfer syntax."""
    spec = spec or SeriesSpec()
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for index, plane in enumerate(array):
        if index in skip:
            continue
        dataset = _described(spec)
        dataset.InstanceNumber = spec.first_instance + index
        dataset.ImagePositionPatient = _decimal(spec.position(index))
        dataset.ImageOrientationPatient = _decimal(np.ravel(spec.orientation))
        dataset.PixelSpacing = _decimal(spec.spacing_dhw_mm[1:])
        if spec.thickness_mm is not None:
            dataset.SliceThickness = str(spec.thickness_mm)
        if spec.slopes is not None:
            dataset.RescaleSlope, dataset.RescaleIntercept = (str(x) for x in spec.slopes[index])
        _put_pixels(dataset, plane, spec)
        if encode is not None:
            dataset.compress(encode)
        path = folder / spec.file_name.format(index + 1)
        save_part_10(dataset, path)
        paths.append(path)
    return paths


def write_enhanced(
    path: Path, array: np.ndarray, spec: SeriesSpec | None = None, *, order=None, temporal=None, frame_types=None
) -> None:
    """Write one Enhanced MR object; `order` is the order of frames in the file, `temporal` an index for each frame.

    `frame_types` holds, for each frame, the attributes of its MR Image Frame Type; one alone is that of all frames.
    """
    spec = spec or SeriesSpec()
    order = range(len(array)) if order is None else order
    dataset = _described(spec, ENHANCED_MR)
    shared, frames = Dataset(), []
    shared.PlaneOrientationSequence = _item(ImageOrientationPatient=_decimal(np.ravel(spec.orientation)))
    shared.PixelMeasuresSequence = _item(
        PixelSpacing=_decimal(spec.spacing_dhw_mm[1:]), SliceThickness=str(spec.thickness_mm or 1)
    )
    shared.MREchoSequence = _item(EffectiveEchoTime=120.0)
    shared.MRTimingAndRelatedParametersSequence = _item(RepetitionTime="3000", FlipAngle="90")
    if isinstance(frame_types, dict):
        shared.MRImageFrameTypeSequence = _item(**frame_types)
    for number, index in enumerate(order):
        frame = Dataset()
        frame.PlanePositionSequence = _item(ImagePositionPatient=_decimal(spec.position(index)))
        slope, intercept = spec.slopes[index] if spec.slopes is not None else (1, 0)
        frame.PixelValueTransformationSequence = _item(
            RescaleSlope=str(slope), RescaleIntercept=str(intercept), RescaleType="US"
        )
        frame.FrameContentSequence = _item(TemporalPositionIndex=temporal[number] if temporal else 1)
        if isinstance(frame_types, list):
            frame.MRImageFrameTypeSequence = _item(**frame_types[number])
        frames.append(frame)
    dataset.InstanceNumber = 1
    dataset.NumberOfFrames = len(frames)
    dataset.SharedFunctionalGroupsSequence = Sequence([shared])
    dataset.PerFrameFunctionalGroupsSequence = Sequence(frames)
    _put_pixels(dataset, array[list(order)], spec)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_part_10(dataset, path)


def write_strangers(folder: Path, patient: str = "Nobody^Known") -> int:
    """Put beside a series what study folders hold as well; return how many files."""
    folder.mkdir(parents=True, exist_ok=True)
    spec = SeriesSpec(patient=patient, description="screen")
    capture = _described(spec, SECONDARY_CAPTURE)
    capture.InstanceNumber = 1
    _put_pixels(capture, np.zeros((32, 32), np.int16), spec)
    save_part_10(capture, folder / "capture.dcm")
    for kind, modality in ((RAW_DATA, "MR"), (ENHANCED_SR, "SR"), (RTSTRUCT, "RTSTRUCT")):
        other = _described(SeriesSpec(patient=patient, modality=modality), kind)
        save_part_10(other, folder / f"{modality}_{kind[-2:]}")
    (folder / "inv_T1_LPS_to_T2_LPS.tfm").write_text("#Insight Transform File V1.0\n")
    (folder / "contours.json").write_text("[]")
    (folder / "notes.txt").write_text("DICM is a word in this text, and DimSize = 3 is another\n")
    (folder / "empty.dcm").write_bytes(b"")
    (folder / "sub").mkdir(exist_ok=True)
    (folder / "sub" / "noise.bin").write_bytes(np.random.default_rng(0).bytes(700))
    return 9


def write_rtstruct(path: Path, rois: dict[str, list[np.ndarray]]) -> None:
    """Write closed planar contours, given as (N, 3) LPS points in mm for each structure."""
    dataset = _described(SeriesSpec(modality="RTSTRUCT"), RTSTRUCT)
    dataset.StructureSetROISequence = Sequence()
    dataset.ROIContourSequence = Sequence()
    for number, (name, contours) in enumerate(rois.items(), 1):
        dataset.StructureSetROISequence += _item(ROINumber=number, ROIName=name)
        roi = Dataset()
        roi.ReferencedROINumber = number
        roi.ContourSequence = Sequence()
        for points in contours:
            roi.ContourSequence += _item(
                ContourGeometricType="CLOSED_PLANAR",
                NumberOfContourPoints=len(points),
                ContourData=_decimal(np.ravel(points)),
            )
        dataset.ROIContourSequence.append(roi)
    save_part_10(dataset, path)


def _described(spec: SeriesSpec, sop_class: str | None = None) -> FileDataset:
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = sop_class or spec.sop_class
    meta.MediaStorageSOPInstanceUID = generate_uid()
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SOPClassUID = meta.MediaStorageSOPClassUID
    dataset.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    dataset.Modality = spec.modality
    dataset.PatientName, dataset.PatientID, dataset.PatientBirthDate = spec.patient, spec.patient_id, "19700102"
    dataset.SeriesInstanceUID, dataset.SeriesNumber = spec.series_uid, spec.series_number
    dataset.SeriesDescription = spec.description
    for name, value in spec.tags.items():
        setattr(dataset, name, value)
    return dataset


def _put_pixels(dataset: Dataset, pixels: np.ndarray, spec: SeriesSpec) -> None:
    dataset.Rows, dataset.Columns = pixels.shape[-2:]
    color = spec.photometric == "RGB"
    dataset.SamplesPerPixel = 3 if color else 1
    dataset.PhotometricInterpretation = spec.photometric
    dataset.BitsAllocated = dataset.BitsStored = 8 if color else 16
    dataset.HighBit = dataset.BitsStored - 1
    dataset.PixelRepresentation = 0 if color else 1
    if color:
        dataset.PlanarConfiguration = 0
        pixels = np.repeat(pixels.astype(np.uint8)[..., None], 3, axis=-1)
    dataset.PixelData = np.ascontiguousarray(pixels).tobytes()


def _item(**elements: object) -> Sequence:
    item = Dataset()
    for name, value in elements.items():
        setattr(item, name, value)
    return Sequence([item])


def _decimal(numbers) -> list[str]:
    """Decimal strings of DICOM have at most 16 characters."""
    return [f"{float(x):.10g}"[:16] for x in numbers]
