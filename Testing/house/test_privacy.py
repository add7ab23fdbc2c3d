"""A patient's identity, planted in every place of a DICOM folder that could carry one, comes out nowhere."""

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid

from Testing.support.command import Done, vs_segmentation
from Testing.support.toy_models import toy_segmenter
from VSSegmentationLib.formats import DEFAULT_FORMATS, DICOM_FORMATS
from VSSegmentationLib.inference import save_model

pytestmark = pytest.mark.filterwarnings("ignore:Invalid value for VR")  # the invalid values are planted

SERIES_UID = generate_uid()
PLANTED = re.compile(rf"planted|marker|1901|{re.escape(SERIES_UID)}", re.IGNORECASE)

SLICES, ROWS, COLUMNS = 24, 64, 60


def _slice(index: int, pixels: np.ndarray) -> Dataset:
    slice_ = Dataset()
    slice_.file_meta = FileMetaDataset()
    slice_.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    slice_.SOPClassUID = slice_.file_meta.MediaStorageSOPClassUID = MRImageStorage
    slice_.SOPInstanceUID = slice_.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    slice_.StudyInstanceUID, slice_.SeriesInstanceUID = generate_uid(entropy_srcs=["study"]), SERIES_UID
    slice_.FrameOfReferenceUID = generate_uid(entropy_srcs=["frame"])
    slice_.PatientName, slice_.PatientID = "PLANTED^MARKER^^^", "PLANTED-ID-77"
    slice_.PatientBirthDate, slice_.PatientSex = "19010203", "O"
    slice_.ReferringPhysicianName, slice_.AccessionNumber = "PLANTED^DOCTOR", "PLANTED-1901"
    slice_.StudyDate, slice_.StudyDescription, slice_.ImageComments = "19010304", "PLANTED", "MARKER 1901"
    slice_.StudyID, slice_.InstitutionName, slice_.ProtocolName = "PLANTED", "PLANTED HOSPITAL", "t2 MARKER"
    slice_.Modality, slice_.SeriesNumber, slice_.InstanceNumber = "MR", 4, index + 1
    slice_.SeriesDescription = "t2_ciss"
    slice_.ImageType = ["ORIGINAL", "PRIMARY", "M"]
    slice_.ScanningSequence, slice_.EchoTime, slice_.RepetitionTime = "SE", 140.0, 3000.0
    slice_.ImagePositionPatient = [-30.0, -32.0, 2.0 * index]
    slice_.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    slice_.PixelSpacing, slice_.SliceThickness = [1.0, 1.0], 2.0
    slice_.Rows, slice_.Columns, slice_.SamplesPerPixel = ROWS, COLUMNS, 1
    slice_.PhotometricInterpretation, slice_.PixelRepresentation = "MONOCHROME2", 0
    slice_.BitsAllocated, slice_.BitsStored, slice_.HighBit = 16, 16, 15
    slice_.PixelData = pixels.astype("<u2").tobytes()
    return slice_


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("planted") / "PLANTED_MARKER_19010203"
    folder.mkdir()
    voxels = np.random.default_rng(3).integers(1, 100, (SLICES, ROWS, COLUMNS))
    voxels[8:14, 28:36, 20:28] = 1000
    for index, pixels in enumerate(voxels):
        dataset = _slice(index, pixels)
        if index % 2:  # what pydicom warns about, quoting the value
            with pydicom.config.disable_value_validation():
                dataset.PatientBirthDate, dataset.PatientAge = "PLANTED, not a date", "PLANTED"
                dataset.ReferencedSOPInstanceUID = "PLANTED.MARKER"
                dataset.save_as(folder / f"PLANTED_{index}.dcm", enforce_file_format=True)
        else:
            dataset.save_as(folder / f"PLANTED_{index}.dcm", enforce_file_format=True)
    return folder


def _assert_nothing_planted(done: Done) -> None:
    assert not PLANTED.search(done.out), done.out
    assert not PLANTED.search(done.err), done.err


def test_segmenting_gives_nothing_away_in_words_file_names_or_files(planted: Path, tmp_path: Path):
    save_model(tmp_path / "model.pt", toy_segmenter())
    formats = ",".join((*DEFAULT_FORMATS, *DICOM_FORMATS))
    done = vs_segmentation(
        "segment", planted, "--out", tmp_path / "out", "--model", tmp_path / "model.pt", "--format", formats
    )
    assert done.code == 0, done.err
    assert "A tumor was found" in done.out
    _assert_nothing_planted(done)
    written = list((tmp_path / "out").iterdir())
    assert len(written) == len(DEFAULT_FORMATS) + len(DICOM_FORMATS) + 2  # provenance.json, key_crop.nii.gz
    for path in written:
        content = path.read_bytes()
        plain = gzip.decompress(content) if path.name.endswith(".gz") else content
        plain = re.sub(rb"2\.25\.\d+", b"", plain)  # the digits of a hash may spell anything
        assert not PLANTED.search(path.name)
        assert not PLANTED.search(plain.decode("latin-1")), path.name


def test_comparing_gives_nothing_away_not_even_the_study_dates_it_counts_the_days_with(planted: Path, tmp_path: Path):
    save_model(tmp_path / "model.pt", toy_segmenter())
    segmented = vs_segmentation("segment", planted, "--out", tmp_path / "out", "--model", tmp_path / "model.pt")
    assert segmented.code == 0, segmented.err
    images = ("--image", planted, "--image", planted)
    done = vs_segmentation("compare", tmp_path / "out", tmp_path / "out", *images, "--out", tmp_path / "compared")
    assert done.code == 0, done.err
    assert "day 0" in done.out
    _assert_nothing_planted(done)
    for path in (tmp_path / "compared").iterdir():
        assert not PLANTED.search(path.read_text(encoding="utf-8")), path.name


def test_info_gives_nothing_away(planted: Path):
    done = vs_segmentation("info", planted)
    assert done.code == 0, done.err
    assert "t2_ciss" in done.out
    _assert_nothing_planted(done)


def _without_a_slice(folder: Path) -> None:
    (folder / "PLANTED_9.dcm").unlink()


def _truncated(folder: Path) -> None:
    path = folder / "PLANTED_4.dcm"
    path.write_bytes(path.read_bytes()[:-500])


def _of_ct(folder: Path) -> None:
    for path in folder.iterdir():
        dataset = pydicom.dcmread(path)
        dataset.Modality = "CT"
        with pydicom.config.disable_value_validation():
            dataset.save_as(path)


@pytest.mark.parametrize(
    ("command", "damage"),
    [("segment", _without_a_slice), ("info", _without_a_slice), ("info", _truncated), ("info", _of_ct)],
)
def test_refusing_gives_nothing_away(planted: Path, tmp_path: Path, command: str, damage: Callable[[Path], None]):
    folder = tmp_path / "PLANTED_MARKER"
    folder.mkdir()
    for path in planted.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    damage(folder)
    more = ("--out", tmp_path / "out") if command == "segment" else ("--series", "1")
    done = vs_segmentation(command, folder, *more)
    assert done.code == 3, done.err
    assert "Error: " in done.err
    _assert_nothing_planted(done)
