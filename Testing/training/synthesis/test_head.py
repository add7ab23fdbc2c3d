from pathlib import Path

import nibabel
import numpy as np
import pytest

from Testing.support.real_data import REAL_DATA, needs_real_data
from Testing.training.synthesis.conftest import LEFT_PORUS, RIGHT_PORUS, block_head, write_head
from Training.synthesis import read_head
from Training.synthesis.head import outward
from Training.synthesis.tissues import SKULL, Tissue
from VSSegmentationLib.errors import InputRefusedError


@pytest.mark.parametrize("axes", ["RAS", "LIA", "LPS", "PIR", "ASL"])
def test_both_poruses_are_found_on_the_patients_own_sides_whatever_way_the_file_lies(tmp_path: Path, axes: str):
    head = read_head(write_head(tmp_path / "head.nii.gz", block_head(), axes))
    assert head.porus_dhw_mm["right"].tolist() == list(RIGHT_PORUS)
    assert head.porus_dhw_mm["left"].tolist() == list(LEFT_PORUS)
    assert np.array_equal(head.tissues == Tissue.BONE, block_head() == 515)


def test_the_right_ear_lies_where_w_grows():
    assert outward("right") == 1
    assert outward("left") == -1


def test_every_label_becomes_its_tissue_and_an_unknown_one_becomes_other(tmp_path: Path):
    labels = block_head()
    labels[80, 40, 50:54] = (502, 514, 999, 0)
    head = read_head(write_head(tmp_path / "some.head.nii.gz", labels))
    expected = [Tissue.ARTERY, Tissue.VENOUS_SINUS, Tissue.OTHER, Tissue.AIR]
    assert head.tissues[80, 40, 50:54].tolist() == expected
    assert head.tissues[45, 38, 55] == Tissue.BRAINSTEM
    assert head.tissues[40, 10, 30] == head.tissues[40, 10, 80] == Tissue.CEREBELLAR_GRAY
    assert head.name == "some"


def _without(labels: np.ndarray, *values: int) -> np.ndarray:
    return np.where(np.isin(labels, values), 24, labels)


def _with_negative(labels: np.ndarray) -> np.ndarray:
    labels = labels.copy()
    labels[0, 0, 0] = -3
    return labels


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda x: _without(x, 16), "must hold a brainstem"),
        (lambda x: _without(x, 515), "petrous bone beside the brainstem, found none on the right"),
        (lambda x: np.where(np.arange(110) < 55, _without(x, 515), x), "found none on the left"),
        (lambda x: x[:, :, 20:], "must reach"),
        (_with_negative, "between 0 and 1023, got -3"),
    ],
)
def test_what_holds_no_skull_base_is_refused(tmp_path: Path, change, match: str):
    path = write_head(tmp_path / "head.nii.gz", change(block_head()))
    with pytest.raises(InputRefusedError, match=match):
        read_head(path)


def test_another_voxel_size_is_refused(tmp_path: Path):
    with pytest.raises(InputRefusedError, match="at 1 mm, got"):
        read_head(write_head(tmp_path / "head.nii.gz", block_head(), voxel_mm=0.8))


def test_a_file_that_is_no_image_is_refused(tmp_path: Path):
    (tmp_path / "head.nii.gz").write_bytes(b"no image")
    with pytest.raises(InputRefusedError, match=r"head\.nii\.gz cannot be read"):
        read_head(tmp_path / "head.nii.gz")


@needs_real_data
def test_a_real_head_comes_superior_anterior_right_with_its_poruses_on_bone():
    path = REAL_DATA / "head_label_maps" / "training_seg_19.nii.gz"
    head = read_head(path)
    canonical = nibabel.as_closest_canonical(nibabel.load(path))
    labels = np.asarray(canonical.dataobj).transpose(2, 1, 0)
    assert np.array_equal(head.tissues == Tissue.BRAINSTEM, labels == 16)
    stem_w = np.argwhere(labels == 16)[:, 2].mean()
    right_cerebellum, left_cerebellum = (np.argwhere(labels == value)[:, 2].mean() for value in (47, 8))
    assert left_cerebellum < stem_w < right_cerebellum
    bony = np.isin(head.tissues, (*SKULL, Tissue.AIR, Tissue.VENOUS_SINUS))
    for side in ("right", "left"):
        d, h, w = head.porus_dhw_mm[side].astype(int)
        assert 10 <= outward(side) * (w - stem_w) <= 35
        ahead = bony[d, h, w : w + 10] if side == "right" else bony[d, h, w - 9 : w + 1]
        assert ahead.mean() > 0.6
