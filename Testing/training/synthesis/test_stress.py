import dataclasses
import itertools
from collections import Counter

import numpy as np
import pytest

from Testing.training.synthesis.conftest import SMALL, block_head, write_head
from Training.recipes.stress_heads import STRESS_HEADS
from Training.synthesis import draw_anatomy, stress
from Training.synthesis.strata import STRATA, StressScan, stress_scans
from Training.synthesis.stress import (
    COLUMNS,
    draw_stress_scan,
    draw_tilt,
    landmarks_of_scan,
    list_text,
    listed_hashes,
    slab_truth,
    stress_files,
    write_stress_set,
)
from Training.synthesis.tissues import Tissue, target_labels
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.geometry import transform_points
from VSSegmentationLib.imageio import read_volume
from VSSegmentationLib.labels import Label


def scan_of(stratum: str, number: int = 900) -> StressScan:
    return StressScan(number, stratum, "T2", STRESS_HEADS[0], "tumor", 3)


@pytest.fixture(scope="module")
def anatomy(head):
    return draw_anatomy(np.random.default_rng(12), head, SMALL)


def test_the_set_holds_400_scans_in_ten_strata_of_eight_heads():
    scans = stress_scans()
    assert [scan.number for scan in scans] == list(range(400))
    assert len(STRATA) == 10
    assert len(set(STRESS_HEADS)) == 8
    assert {scan.head for scan in scans} == set(STRESS_HEADS)
    for stratum in STRATA:
        kinds = Counter(scan.modality for scan in scans if scan.stratum == stratum.name)
        assert (kinds["T2"], kinds["ceT1"]) == (stratum.t2, stratum.cet1)
    assert Counter(scan.modality for scan in scans) == {"T2": 292, "ceT1": 108}


def test_an_anatomy_is_always_of_one_head():
    heads: dict[tuple[str, int], set[str]] = {}
    for scan in stress_scans():
        heads.setdefault((scan.family, scan.anatomy), set()).add(scan.head)
    assert all(len(each) == 1 for each in heads.values())


def test_a_scan_is_the_same_wherever_it_is_drawn_and_every_other_is_another(anatomy):
    first, again, other = (draw_stress_scan(scan_of("noisy", n), anatomy) for n in (1, 1, 2))
    assert first.sha256 == again.sha256
    assert first.sha256 != other.sha256
    assert first.image.shape == first.truth.shape
    assert np.array_equal(first.image.dhw_to_ras, first.truth.dhw_to_ras)


def test_axes_run_as_on_a_scanner_and_the_middle_is_the_origin(anatomy):
    drawn = draw_stress_scan(scan_of("bright as CSF"), anatomy)
    steps = drawn.image.dhw_to_ras[:3, :3]
    assert steps[2, 0] > 0  # slices to superior, rows to posterior, columns to left
    assert steps[1, 1] == pytest.approx(-0.5)
    assert steps[0, 2] == pytest.approx(-0.5)
    middle = drawn.image.dhw_to_ras @ [*(np.array(drawn.image.shape) - 1) / 2, 1]
    assert middle[:3] == pytest.approx(0, abs=1e-9)


def test_thick_slices_have_their_thickness_in_the_header(anatomy):
    spacings = {draw_stress_scan(scan_of("thick slices", n), anatomy).image.spacing_dhw_mm[0] for n in range(8)}
    assert spacings <= {3.0, 4.0, 5.0}
    assert len(spacings) > 1


@pytest.mark.parametrize("stratum", ["bright as CSF", "tilted", "thick slices"])
@pytest.mark.parametrize("landmark", ["porus", "fundus"])
def test_landmarks_lie_where_what_is_drawn_round_them_comes_to_lie(anatomy, stratum, landmark):
    ear = anatomy.ears[0]
    tissues = np.where(np.isin(anatomy.tissues, (Tissue.COCHLEA, Tissue.MODIOLUS)), Tissue.BONE, anatomy.tissues)
    place = np.round(getattr(ear, landmark) / 0.5).astype(int)
    a, b, c = (slice(max(middle - 5, 0), middle + 6) for middle in place)
    tissues[a, b, c] = Tissue.COCHLEA
    marked = dataclasses.replace(anatomy, tissues=tissues.astype(np.uint8))
    found = np.array(landmarks_of_scan(scan_of(stratum, 5), marked)[ear.side, landmark])
    truth = draw_stress_scan(scan_of(stratum, 5), marked).truth
    voxels = np.argwhere(truth.array == Label.COCHLEA)
    middle = transform_points(truth.dhw_to_ras, voxels).mean(axis=0)
    assert np.linalg.norm(found - middle) < 0.25 + truth.spacing_dhw_mm[0] / 2


def test_of_a_narrow_scan_no_landmarks_are_told(anatomy):
    assert landmarks_of_scan(scan_of("narrow"), anatomy) is None


def test_a_narrow_scan_shows_one_ear(anatomy):
    size = np.array([draw_stress_scan(scan_of("narrow", n), anatomy).image.shape for n in range(5)])
    assert (size[:, 1:] <= 121).all()
    assert (size[:, 1:] >= 80).all() or anatomy.tissues.shape[1] < 88


def test_tilts_lie_between_eight_and_twenty_five_degrees_about_one_axis():
    drawn = np.array([draw_tilt(np.random.default_rng(n)) for n in range(300)])
    assert ((drawn != 0).sum(axis=1) == 1).all()
    size = np.abs(drawn)
    assert size[size > 0].min() >= 8
    assert size[:, 2].max() <= 25
    assert size[:, :2].max() <= 15
    assert (size[:, 2] > 0).mean() == pytest.approx(0.5, abs=0.12)


def test_a_straight_twin_shows_the_same_tumor_upright(anatomy):
    scan = scan_of("tilted", 905)
    tilted, straight = draw_stress_scan(scan, anatomy), draw_stress_scan(scan, anatomy, straight=True)
    volumes = [(each.truth.array == Label.EXTRAMEATAL).sum() for each in (tilted, straight)]
    assert volumes[0] == pytest.approx(volumes[1], rel=0.1)
    assert tilted.sha256 != straight.sha256
    assert np.array_equal(tilted.image.dhw_to_ras, straight.image.dhw_to_ras)  # same slices, same grid
    upright = target_labels(anatomy.tissues)
    places = [np.argwhere(labels == Label.EXTRAMEATAL) for labels in (upright, straight.truth.array[:, ::-1, ::-1])]
    step = round(straight.truth.spacing_dhw_mm[0] / 0.5)
    extents = [np.ptp(found, axis=0) + 1 for found in places]
    assert extents[1] * (step, 1, 1) == pytest.approx(extents[0], abs=2 * step)


def test_a_voxel_of_the_truth_is_what_fills_half_of_it():
    labels = np.zeros((8, 1, 4), np.uint8)
    labels[:2, 0, 0] = Label.EXTRAMEATAL  # half of a slab of 4
    labels[:1, 0, 1] = Label.EXTRAMEATAL  # a quarter
    labels[0, 0, 2], labels[1:3, 0, 2] = Label.EXTRAMEATAL, Label.INTRAMEATAL
    labels[4:, 0, 3] = Label.COCHLEA
    assert slab_truth(labels, 4)[:, 0].tolist() == [[1, 0, 2, 0], [0, 0, 0, 3]]
    assert np.array_equal(slab_truth(labels, 1), labels)


def test_the_committed_list_names_every_scan_and_its_stratum():
    lines = stress.LIST.read_text(encoding="utf-8").splitlines()
    assert lines[0] == ",".join(COLUMNS)
    hashes = listed_hashes()
    assert list_text(hashes) == "\n".join(lines) + "\n"
    assert len(set(hashes.values())) == len(hashes)
    assert all(len(value) == 16 and int(value, 16) >= 0 for value in hashes.values())
    assert stress.LIST.stat().st_size < 100_000


def test_drawing_goes_on_where_it_stopped(tmp_path, monkeypatch):
    for name in STRESS_HEADS:
        write_head(tmp_path / name, block_head())
    monkeypatch.setattr(stress, "ANATOMIES", dict.fromkeys(stress.ANATOMIES, SMALL))
    out = tmp_path / "set"
    wanted = [scan.number for scan in itertools.islice(stress_scans(), 2)]
    first = write_stress_set(tmp_path, out, numbers=wanted[:1])
    image, truth = stress_files(out, wanted[0])
    assert read_volume(image).shape == read_volume(truth).shape
    written = image.stat().st_mtime_ns
    both = write_stress_set(tmp_path, out, numbers=wanted)
    assert image.stat().st_mtime_ns == written
    assert both[wanted[0]] == first[wanted[0]]
    assert set(both) == set(wanted)


def test_straight_twins_are_drawn_beside_the_set_and_are_no_part_of_it(tmp_path, monkeypatch):
    for name in STRESS_HEADS:
        write_head(tmp_path / name, block_head())
    monkeypatch.setattr(stress, "ANATOMIES", dict.fromkeys(stress.ANATOMIES, SMALL))
    tilted = next(scan.number for scan in stress_scans() if scan.stratum == "tilted")
    drawn = write_stress_set(tmp_path, tmp_path / "set", numbers=[tilted - 1, tilted], straight=True)
    assert set(drawn) == {tilted}
    assert all(path.is_file() for path in stress_files(tmp_path / "set", tilted, straight=True))
    assert not any(path.is_file() for path in stress_files(tmp_path / "set", tilted))


def test_missing_heads_are_refused(tmp_path):
    with pytest.raises(UsageError, match="8 head label maps that are not there"):
        write_stress_set(tmp_path, tmp_path / "set")
