"""The blind test: crops lie where they should in any orientation, kinds are mixed evenly, a sorting is scored."""

from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from Training.synthesis import __main__ as command
from Training.synthesis import blind
from Training.synthesis.blind import LEVELS_MM, Crop, crops_of, mixed, score, synthetic_scan, write_test
from VSSegmentationLib.errors import InputRefusedError, UsageError
from VSSegmentationLib.inference import Pori
from VSSegmentationLib.volume import Volume

PORUS = (25.0, 4.0, -3.0)
TO_ANTERIOR_RIGHT = (25.0 + 6, 4.0 + 9, -3.0)
"""What is bright lies 6 mm to the right and 9 mm in front of the porus, on its level."""
ORIENTATIONS = {
    "axial, to the left": [[0, 0, -0.5, 60], [0, -0.5, 0, 40], [1.5, 0, 0, -30]],
    "axial, left-handed": [[0, 0, 0.5, -60], [0, -0.5, 0, 40], [1.5, 0, 0, -30]],
    "sagittal": [[1.5, 0, 0, -10], [0, 0, -0.5, 45], [0, -0.5, 0, 30]],
    "coronal": [[0, 0, -0.5, 60], [1.5, 0, 0, -40], [0, 0.5, 0, -30]],
}


def scan_in(rows: list[list[float]]) -> Volume:
    affine = np.array([*rows, [0, 0, 0, 1]])
    shape = (48, 130, 240) if affine[2, 0] else (56, 180, 180)
    places = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1) @ affine[:3, :3].T + affine[:3, 3]
    far = np.linalg.norm(places - TO_ANTERIOR_RIGHT, axis=-1)
    return Volume(np.where(far < 2.5, 100, far % 7).astype(np.float32), affine)


@pytest.fixture
def at_porus(monkeypatch):
    found = Pori(right_ras_mm=PORUS, left_ras_mm=(-25.0, 4.0, -3.0), assumed="left")
    monkeypatch.setattr(blind, "locate_pori", lambda *_args, **_options: SimpleNamespace(pori=found))


@pytest.mark.parametrize("name", list(ORIENTATIONS))
@pytest.mark.usefixtures("at_porus")
def test_a_crop_shows_the_level_of_the_porus_with_anterior_last_and_right_last(name: str):
    crops = list(crops_of(scan_in(ORIENTATIONS[name]), None, "real"))
    assert len(crops) == len(LEVELS_MM), "the other porus was not seen"
    shown = crops[LEVELS_MM.index(0.0)].image
    middle = np.argwhere(shown > 0.9).mean(axis=0)
    assert shown.shape == (90, 90)
    assert middle == pytest.approx([44.5 + 9 / 0.4, 44.5 + 6 / 0.4], abs=2.0)
    assert crops[0].kind == "real"


@pytest.mark.usefixtures("at_porus")
def test_a_crop_beyond_the_field_of_view_is_left_out():
    scan = scan_in(ORIENTATIONS["axial, to the left"])
    narrow = Volume(scan.array[:, :90], scan.dhw_to_ras)  # ends 9 mm behind the porus
    assert list(crops_of(narrow, None, "real")) == []


def crops(kind: str, count: int) -> list[Crop]:
    return [Crop(np.full((4, 4), n / 10, np.float32), kind) for n in range(count)]


def test_kinds_are_mixed_evenly_and_another_seed_is_another_order():
    first, again, other = (mixed(crops("real", 9), crops("synthetic", 5), seed) for seed in (1, 1, 2))
    kinds = [crop.kind for crop in first]
    assert kinds.count("real") == kinds.count("synthetic") == 5
    assert [crop.image[0, 0] for crop in first] == [crop.image[0, 0] for crop in again]
    assert [crop.kind for crop in other] != kinds
    with pytest.raises(UsageError, match="both kinds, got 0 real and 2 synthetic"):
        mixed([], crops("synthetic", 2), 1)


def test_a_sorting_is_scored_against_the_key(tmp_path):
    shown = [Crop(np.eye(8, dtype=np.float32), kind) for kind in ("real", "synthetic", "synthetic", "real")]
    write_test(shown, tmp_path / "test")
    assert Image.open(tmp_path / "test" / "blind.png").size[0] > 300
    assert score(tmp_path / "test", [1, 4]).startswith("4 of 4 sorted right: a sign tells them apart")
    assert score(tmp_path / "test", [1, 2, 4]).startswith("3 of 4 sorted right: nothing tells them apart for sure")
    assert score(tmp_path / "test", [2, 3]).startswith("0 of 4")
    with pytest.raises(UsageError, match="numbered 1 to 4, got 5"):
        score(tmp_path / "test", [5])
    with pytest.raises(InputRefusedError, match=r"holds no key\.csv"):
        score(tmp_path, [1])


def test_a_synthetic_scan_has_the_place_of_its_voxels(head):
    scan = synthetic_scan(head, 3, 1.0)
    assert scan.spacing_dhw_mm == (1.5, 0.5, 0.5)
    assert scan.dhw_to_ras[0, 2] > 0  # columns to the right
    assert np.isfinite(scan.array).all()


def test_the_command_wants_both_kinds(tmp_path, capsys):
    assert command.main(["blind", "--out", str(tmp_path / "test")]) == 2
    assert "give SCANS and --heads" in capsys.readouterr().err
    assert not (tmp_path / "test").exists()
