"""No name, id or birth date of a patient in any message, log line or on standard error, wherever it was planted."""

import logging
import warnings

import numpy as np
import pytest

from Testing.support.dicom_files import SeriesSpec, voxels, write_enhanced, write_series, write_strangers
from Testing.support.grids import turned_affine
from VSSegmentationLib.errors import VSSegmentationError
from VSSegmentationLib.imageio import list_series, read_labelmap, read_scan, read_volume, write_image
from VSSegmentationLib.volume import Volume

NAME, NUMBER, BIRTH_DATE = "Zyxwvut", "PID-884422", "19700102"


def planted(**options):
    return SeriesSpec(
        patient=f"{NAME}^Otto",
        patient_id=NUMBER,
        description=f"t2 {NAME} {NUMBER}",
        file_name=NAME + "{:04d}",
        **options,
    )


def break_off(folder):
    for path in sorted(folder.iterdir())[3:5]:
        path.write_bytes(path.read_bytes()[:400])


def shorten_pixels(folder):
    path = sorted(folder.iterdir())[2]
    path.write_bytes(path.read_bytes()[:-99])


def spoil_numbers(folder):
    for path in folder.iterdir():
        path.write_bytes(path.read_bytes().replace(b"2.5", b"2,5").replace(b"MONOCHROME2", b"M\xffNOCHROME2"))


def two_series(folder):
    write_series(folder / NAME, voxels(seed=1), planted(series_number=9))


def only_strangers(folder):
    for path in list(folder.iterdir()):
        path.unlink()
    write_strangers(folder / NAME, patient=f"{NAME}^Otto")


@pytest.mark.parametrize(
    ("folder_of", "harm"),
    [
        ("classic", None),
        ("classic", break_off),
        ("classic", shorten_pixels),
        ("classic", spoil_numbers),
        ("classic", two_series),
        ("classic", only_strangers),
        ("gap", None),
        ("enhanced", shorten_pixels),
    ],
)
def test_dicom_messages_and_logs_do_not_name_the_patient(tmp_path, capfd, caplog, folder_of, harm):
    folder = tmp_path / f"{NAME}_{NUMBER}"
    if folder_of == "enhanced":
        for number in range(3):
            write_enhanced(folder / f"{NAME}{number}", voxels(seed=number), planted(series_number=number + 1))
    else:
        write_series(folder, voxels(), planted(), skip={5} if folder_of == "gap" else ())
    if harm is not None:
        harm(folder)
    with caplog.at_level(logging.DEBUG), warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        said = outcomes(folder)
    said += (
        [record.getMessage() for record in caplog.records] + [str(w.message) for w in warned] + [*capfd.readouterr()]
    )
    assert_anonymous("\n".join(said))


def outcomes(path):
    """Everything that reading a path says: errors with their causes' words, warnings, summaries."""
    said = []
    for reading in (read_scan, list_series, lambda p: read_scan(p, series=1, accept_resampling=True)):
        try:
            result = reading(path)
        except VSSegmentationError as error:
            said.append(str(error))
        else:
            said += [repr(result)] if isinstance(result, tuple) else list(result.warnings)
    return said


def assert_anonymous(text):
    for secret in (NAME, NUMBER, BIRTH_DATE, NAME.lower()):
        assert secret not in text


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".nrrd", ".mha"])
@pytest.mark.parametrize("kept", [1.0, 0.5, 0.02])
def test_file_messages_and_logs_do_not_name_the_file(tmp_path, capfd, caplog, suffix, kept):
    folder = tmp_path / NAME
    folder.mkdir()
    path = folder / f"{NAME}_{NUMBER}{suffix}"
    write_image(path, Volume(np.zeros((4, 5, 6), np.float32), turned_affine()))  # too small, and constant
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    said = []
    for reading in (
        read_scan,
        read_volume,
        read_labelmap,
        lambda p: read_scan(p.parent),
        lambda p: read_scan(p / NAME),
    ):
        try:
            reading(path)
        except VSSegmentationError as error:
            said.append(str(error))
    assert len(said) >= 3
    assert_anonymous("\n".join(said + [record.getMessage() for record in caplog.records] + [*capfd.readouterr()]))


def test_the_description_is_shown_without_the_words_that_name_the_patient(tmp_path):
    write_series(tmp_path, voxels(), planted())
    assert list_series(tmp_path)[0].description == "t2 ... ..."
