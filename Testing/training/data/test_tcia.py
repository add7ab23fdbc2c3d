"""The TCIA collections, from DICOM that the test writes, and the real case where it is at hand."""

import json
from pathlib import Path

import highdicom
import numpy as np
import pytest
import SimpleITK as sitk
from highdicom.sr.coding import CodedConcept
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import generate_uid

from Testing.support.dicom_files import OBLIQUE, SeriesSpec, write_rtstruct, write_series
from Testing.support.real_data import REAL_DATA, needs_real_data
from Training.data import import_folder
from Training.data.tcia import Tcia
from VSSegmentationLib import geometry
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.imageio import read_volume
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS, Label

RADIUS_MM = 6.0
CENTER_LPS = np.array([4.0, 8.0, 22.0])
SHAPE = (16, 40, 36)


def spec_of(name: str, **changes) -> SeriesSpec:
    """A series of 48 x 48 x 43 mm that holds the ball."""
    description = {"t1": "t1_mpr_tra_gk", "t2": "t2_ci3d_tra"}[name]
    tags = {"StudyInstanceUID": "1.2.3", "StudyDate": "20010203", "FrameOfReferenceUID": "1.2.3.4"}
    return SeriesSpec(
        **{"spacing_dhw_mm": (3.0, 1.2, 1.2), "origin_lps_mm": (-18.0, -16.0, 0.0), "description": description,
           "patient_id": "VS-SEG-007", "tags": {**tags, **changes.pop("tags", {})}, **changes},
    )  # fmt: skip


def image_of(spec: SeriesSpec, shift_mm=(0.0, 0.0, 0.0)) -> np.ndarray:
    """A head of waves with a bright ball at CENTER_LPS, all of it shifted."""
    points = geometry.transform_points(spec.dhw_to_ras(), np.indices(SHAPE).reshape(3, -1).T) * (-1, -1, 1)
    points = points - np.array(shift_mm)
    waves = np.sin(points / (5.0, 7.0, 6.0)).sum(axis=1) * 80
    ball = np.linalg.norm(points - CENTER_LPS, axis=1) < RADIUS_MM
    return (300 + waves + 300 * ball).reshape(SHAPE).astype(np.int16)


def circles(center=CENTER_LPS) -> list[np.ndarray]:
    """Contours of the ball on axial planes that are not those of the images."""
    turn = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    found = []
    for height in np.arange(-5.25, 5.3, 1.5):
        radius = np.sqrt(RADIUS_MM**2 - height**2)
        circle = np.column_stack([radius * np.cos(turn), radius * np.sin(turn), np.full_like(turn, height)])
        found.append(circle + center)
    return found


def write_json(folder: Path, name: str = "TV", center=CENTER_LPS) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    tumor = {"structure_name": name, "LPS_contour_points": [c.tolist() for c in circles(center)]}
    skull = {"structure_name": "*Skull", "LPS_contour_points": [[[0, 0, 0], [40, 0, 0], [40, 40, 0]]]}
    (folder / "contours.json").write_text(json.dumps([tumor, skull]), encoding="utf-8")


def imported(tmp_path: Path):
    return import_folder(Tcia(), tmp_path / "in", tmp_path / "out")


def tumor_of(entry) -> tuple[float, np.ndarray]:
    """Volume in cm3 and center in LPS of what an entry's labels hold."""
    labels = read_volume(entry.labels)
    assert labels.same_grid(read_volume(entry.image))
    where = np.argwhere(VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(labels.array.astype(np.uint8)))
    volume = len(where) * geometry.voxel_volume_mm3(labels.dhw_to_ras) / 1000
    return volume, geometry.transform_points(labels.dhw_to_ras, where).mean(axis=0) * (-1, -1, 1)


BALL_CM3 = 4 / 3 * np.pi * RADIUS_MM**3 / 1000


def assert_the_ball(entry, center=CENTER_LPS, within_mm=0.4) -> None:
    volume, middle = tumor_of(entry)
    assert volume == pytest.approx(BALL_CM3, rel=0.1)  # four slices hold it
    np.testing.assert_allclose(middle, center, atol=within_mm)


@pytest.mark.parametrize("orientation", [None, OBLIQUE])
def test_contours_beside_the_regrouped_series_land_where_they_were_drawn(tmp_path: Path, orientation):
    for name in ("t1", "t2"):
        spec = spec_of(name) if orientation is None else spec_of(name, orientation=orientation)
        write_series(tmp_path / "in" / f"vs_gk_7_{name}", image_of(spec), spec)
        write_json(tmp_path / "in" / f"vs_gk_7_{name}", name="anything at all")
    manifest = imported(tmp_path)
    assert {(e.case, e.modality, e.date) for e in manifest.entries} == {
        ("VS-SEG-007", "T2", "2001-02-03"), ("VS-SEG-007", "ceT1", "2001-02-03"),
    }  # fmt: skip
    for entry in manifest.entries:
        assert_the_ball(entry)


def test_contours_of_the_separate_download_are_found_by_patient_and_weighting(tmp_path: Path):
    for name in ("t1", "t2"):
        write_series(tmp_path / "in" / "VS-SEG-007" / "study" / name, image_of(spec_of(name)), spec_of(name))
    write_json(tmp_path / "in" / "contours" / "VS-SEG-007" / "T2")
    write_json(tmp_path / "in" / "contours" / "VS-SEG-070" / "T1")
    manifest = imported(tmp_path)
    assert [e.modality for e in manifest.entries] == ["T2"]
    assert [(each.case, "no labels" in each.reason) for each in manifest.left_out] == [("VS-SEG-007", True)]


def refer(path: Path, series_uid: str, frame: str) -> None:
    """Let an RTSTRUCT say which series it was drawn on, and whose it is."""
    dataset, series, study, of_frame = dcmread(path), Dataset(), Dataset(), Dataset()
    series.SeriesInstanceUID = series_uid
    study.RTReferencedSeriesSequence = Sequence([series])
    of_frame.FrameOfReferenceUID, of_frame.RTReferencedStudySequence = frame, Sequence([study])
    dataset.ReferencedFrameOfReferenceSequence = Sequence([of_frame])
    dataset.PatientID = "VS-SEG-007"
    dataset.save_as(path)


@pytest.mark.parametrize("name", ["TV", "AN", "Vestibular schwannoma"])
def test_an_rtstruct_goes_to_the_series_it_refers_to_whatever_its_tumor_is_called(tmp_path: Path, name):
    folder = tmp_path / "in" / "VS-SEG-007"
    for weighting in ("t1", "t2"):
        spec = spec_of(weighting)
        write_series(folder / weighting, image_of(spec), spec)
        center = CENTER_LPS if weighting == "t1" else CENTER_LPS + 2
        rois = {"Skull": circles(CENTER_LPS), "Vol2016": circles(CENTER_LPS - 3), name: circles(center)}
        write_rtstruct(folder / f"rs_{weighting}.dcm", rois)
        refer(folder / f"rs_{weighting}.dcm", spec.series_uid, "1.2.3.4")
    entries = {e.modality: e for e in imported(tmp_path).entries}
    assert_the_ball(entries["ceT1"])
    assert_the_ball(entries["T2"], CENTER_LPS + 2)


def test_an_rtstruct_of_the_same_frame_of_reference_serves_a_series_without_its_own(tmp_path: Path):
    folder = tmp_path / "in" / "VS-SEG-007"
    write_series(folder / "t1", image_of(spec_of("t1")), spec_of("t1"))
    write_rtstruct(folder / "rs.dcm", {"TV": circles()})
    refer(folder / "rs.dcm", generate_uid(), "1.2.3.4")
    assert_the_ball(imported(tmp_path).entries[0])


def test_without_a_structure_named_like_a_tumor_the_names_are_told(tmp_path: Path):
    folder = tmp_path / "in" / "VS-SEG-007"
    write_series(folder / "t1", image_of(spec_of("t1")), spec_of("t1"))
    write_rtstruct(folder / "rs.dcm", {"Skull": circles(), "Vol2015": circles()})
    refer(folder / "rs.dcm", generate_uid(), "1.2.3.4")
    (left,) = imported(tmp_path).left_out
    assert left.reason == "ceT1: no structure is named like a tumor; there are Skull, Vol2015"


def write_matrix(path: Path, shift_lps_mm) -> None:
    transform = sitk.AffineTransform(3)
    transform.SetTranslation(list(shift_lps_mm))
    sitk.WriteTransform(transform, str(path))


@pytest.mark.parametrize("sign", [1, -1])
def test_a_matrix_carries_labels_over_in_the_direction_in_which_the_images_fit(tmp_path: Path, sign):
    shift = np.array([5.0, -4.0, 3.0])
    folder = tmp_path / "in" / "VS-SEG-007"
    t1 = spec_of("t1", tags={"FrameOfReferenceUID": "9.9"})
    write_series(folder / "t1", image_of(spec_of("t1")), t1)
    write_series(folder / "t2", image_of(spec_of("t2"), shift), spec_of("t2"))
    write_json(tmp_path / "in" / "vs_gk_7_t1")
    write_matrix(folder / "inv_T1_LPS_to_T2_LPS.tfm", sign * shift)
    entries = {e.modality: e for e in imported(tmp_path).entries}
    assert_the_ball(entries["ceT1"])
    assert_the_ball(entries["T2"], CENTER_LPS + shift, within_mm=0.6)  # to the nearest voxel, half of 1.2 mm away


def test_a_matrix_that_fits_in_neither_direction_is_not_used(tmp_path: Path):
    folder = tmp_path / "in" / "VS-SEG-007"
    t1 = spec_of("t1", tags={"FrameOfReferenceUID": "9.9"})
    write_series(folder / "t1", image_of(spec_of("t1")), t1)
    noise = np.random.default_rng(0).integers(0, 500, SHAPE).astype(np.int16)
    write_series(folder / "t2", noise, spec_of("t2"))
    write_json(tmp_path / "in" / "vs_gk_7_t1")
    write_matrix(folder / "x.tfm", (5.0, -4.0, 3.0))
    (left,) = imported(tmp_path).left_out
    assert "do not tell in which direction the registration matrix goes" in left.reason


def test_examinations_of_one_patient_are_cases_of_their_own(tmp_path: Path):
    for year in ("2001", "2004"):
        tags = {"StudyInstanceUID": f"1.{year}", "StudyDate": f"{year}0203"}
        spec = spec_of("t2", patient_id="VS_MC_RC_012", tags=tags)
        folder = tmp_path / "in" / "VS_MC_RC_012" / year / "t2"
        write_series(folder, image_of(spec), spec)
        write_json(folder)
    manifest = imported(tmp_path)
    assert {e.case for e in manifest.entries} == {"VS_MC_RC_012_2001-02-03", "VS_MC_RC_012_2004-02-03"}
    assert {e.patient for e in manifest.entries} == {"VS_MC_RC_012"}


def test_a_series_with_a_gap_and_one_of_another_weighting_are_left_out(tmp_path: Path):
    folder = tmp_path / "in" / "VS-SEG-007"
    write_series(folder / "t1", image_of(spec_of("t1")), spec_of("t1"), skip=(5,))
    other = SeriesSpec(description="localizer", patient_id="VS-SEG-007")
    write_series(folder / "scout", image_of(spec_of("t1")), other)
    write_json(tmp_path / "in" / "vs_gk_7_t1")
    reasons = [each.reason for each in imported(tmp_path).left_out]
    assert len(reasons) == 2
    assert any("neither folder nor header" in reason for reason in reasons)
    assert any("slice" in reason for reason in reasons)


def test_segmentation_objects_are_read_with_their_names(tmp_path: Path):
    spec = spec_of("t2", patient_id="VS_MC_RC_012", tags={"PatientSex": "", "AccessionNumber": "", "StudyTime": ""})
    folder = tmp_path / "in" / "VS_MC_RC_012" / "t2"
    files = write_series(folder, image_of(spec), spec)
    sources = [_complete(dcmread(path)) for path in files]
    points = geometry.transform_points(spec.dhw_to_ras(), np.indices(SHAPE).reshape(3, -1).T) * (-1, -1, 1)
    ball = (np.linalg.norm(points - CENTER_LPS, axis=1) < RADIUS_MM).reshape(SHAPE)
    anatomy = CodedConcept("123037004", "SCT", "Anatomical Structure")
    described = highdicom.seg.SegmentDescription(
        1, "Vestibular schwannoma", anatomy, anatomy, highdicom.seg.SegmentAlgorithmTypeValues.MANUAL
    )
    seg = highdicom.seg.Segmentation(
        sources, ball.astype(np.uint8), highdicom.seg.SegmentationTypeValues.BINARY, [described],
        generate_uid(), 9, generate_uid(), 1, "maker", "model", "1", "serial",
    )  # fmt: skip
    seg.save_as(tmp_path / "in" / "VS_MC_RC_012" / "seg.dcm")
    (entry,) = imported(tmp_path).entries
    found = read_volume(entry.labels).array == Label.UNDIVIDED_TUMOR
    assert np.array_equal(found, ball)


def _complete(dataset):
    for name in ("StudyID", "ReferringPhysicianName", "PatientSex", "AccessionNumber", "StudyTime"):
        if name not in dataset:
            setattr(dataset, name, "")
    return dataset


def test_a_patient_id_with_slashes_writes_nothing_outside_the_output(tmp_path: Path):
    spec = spec_of("t2", patient_id="../../VS-SEG-007")
    write_series(tmp_path / "in" / "t2", image_of(spec), spec)
    write_json(tmp_path / "in" / "t2")
    (entry,) = imported(tmp_path).entries
    assert entry.image.parent == tmp_path / "out" / "images"
    assert entry.labels.parent == tmp_path / "out" / "labels"


def test_a_folder_without_dicom_is_refused(tmp_path: Path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "notes.txt").write_text("nothing")
    with pytest.raises(UsageError, match="no DICOM MR image"):
        imported(tmp_path)


@needs_real_data
def test_the_real_case_has_the_volume_its_clinician_drew(tmp_path: Path):
    manifest = import_folder(Tcia(), REAL_DATA / "vs_seg_001", tmp_path / "out")
    (entry,) = manifest.entries
    assert (entry.case, entry.modality) == ("VS-SEG-001", "ceT1")
    volume, _ = tumor_of(entry)
    assert volume == pytest.approx(3.36, rel=0.03)
    assert (read_volume(entry.labels).array == Label.COCHLEA).any()


def test_two_structures_of_the_tumors_name_are_left_out(tmp_path: Path):
    write_series(tmp_path / "in" / "vs_gk_7_t2", image_of(spec_of("t2")), spec_of("t2"))
    write_json(tmp_path / "in" / "vs_gk_7_t2")
    path = tmp_path / "in" / "vs_gk_7_t2" / "contours.json"
    tumor, skull = json.loads(path.read_text())
    path.write_text(json.dumps([tumor, skull, tumor | {"LPS_contour_points": skull["LPS_contour_points"]}]))
    (left,) = imported(tmp_path).left_out
    assert "two structures have the name of the tumor" in left.reason
