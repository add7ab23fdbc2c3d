from pathlib import Path

import numpy as np
import pytest

from Testing.training.synthesis.conftest import LEFT_PORUS, RIGHT_PORUS
from Training.synthesis import Head, WholeHeadConfig, WholeHeadSource, whole_head
from Training.synthesis.tissues import Tissue
from VSSegmentationLib.errors import ConfigError

SIZE = (32, 40, 48)
MM = 3.0


def source_of(head_file: Path, **options: object) -> WholeHeadSource:
    plain = {"size_dhw": SIZE, "one_ear_share": 0.0, "carved_share": 0.0}
    return WholeHeadSource(WholeHeadConfig(heads=str(head_file.parent), **{**plain, **options}))


def center_mm(mask: np.ndarray, voxel_mm: float) -> np.ndarray:
    return np.argwhere(mask).mean(axis=0) * voxel_mm


def test_a_whole_head_shows_both_balls_the_right_one_on_the_right(head_file: Path):
    heads = source_of(head_file, whole_share=1.0, target_radius_mm=9.0)
    for index in range(4):
        image, labels = heads.sample(index)
        assert image.shape == (1, *SIZE)
        assert (image.dtype, labels.dtype) == (np.float32, np.uint8)
        assert set(np.unique(labels)) == {0, 1, 2}
        right, left = (center_mm(labels == value, MM) for value in (1, 2))
        assert 30 < right[2] - left[2] < 55  # 40 mm apart in the head, stretched by at most 15 %, bent by some mm
        for value in (1, 2):
            assert (labels == value).sum() * MM**3 == pytest.approx(4 / 3 * np.pi * 9**3, rel=0.2)


def test_the_balls_lie_at_the_poruses_of_the_deformed_head(head_file: Path, monkeypatch: pytest.MonkeyPatch):
    tissues = np.zeros((90, 80, 110), np.uint8)
    for (d, h, w), marker in ((RIGHT_PORUS, Tissue.ARTERY), (LEFT_PORUS, Tissue.FAT)):
        tissues[d - 3 : d + 4, h - 3 : h + 4, w - 3 : w + 4] = marker
    poruses = {"right": np.array(RIGHT_PORUS, float), "left": np.array(LEFT_PORUS, float)}
    monkeypatch.setattr(whole_head, "read_head", lambda path: Head("marked", tissues, poruses))
    seen = []
    real_render = whole_head.render

    def remembering(rng, deformed, *rest, slice_step):
        seen.append(deformed.copy())
        return real_render(rng, deformed, *rest, slice_step=slice_step)

    monkeypatch.setattr(whole_head, "render", remembering)
    monkeypatch.setattr(WholeHeadSource, "_grow_masses", lambda *_: None)  # a mass would cover a marker
    heads = source_of(head_file, whole_share=1.0)
    sides = []
    for index in range(6):
        labels = heads.sample(index)[1]
        at_right = min((Tissue.ARTERY, Tissue.FAT), key=lambda m: -center_mm(seen[-1] == m, 1.5)[2])
        at_left = Tissue.FAT if at_right == Tissue.ARTERY else Tissue.ARTERY
        for value, marker in ((1, at_right), (2, at_left)):
            assert center_mm(labels == value, MM) == pytest.approx(center_mm(seen[-1] == marker, 1.5), abs=3)
        sides.append(at_right)
    assert set(sides) == {Tissue.ARTERY, Tissue.FAT}  # heads are mirrored, and labels follow the side they are on then


def test_the_tips_of_the_fundi_lie_lateral_of_their_pori(head_file: Path, monkeypatch: pytest.MonkeyPatch):
    drawn = []
    real = whole_head.draw_ears
    monkeypatch.setattr(whole_head, "draw_ears", lambda *given: drawn.append(real(*given)) or drawn[-1])
    heads = source_of(head_file, whole_share=1.0, carved_share=1.0, target_radius_mm=9.0, fundus_radius_mm=6.0)
    for index in range(3):
        labels = heads.sample(index)[1]
        assert set(np.unique(labels)) == {0, 1, 2, 3, 4}
        for value, ear in zip((3, 4), drawn[-1], strict=True):
            assert center_mm(labels == value, MM) == pytest.approx(ear.fundus, abs=1.5)
            assert np.linalg.norm(ear.fundus - ear.porus) == pytest.approx(ear.length_mm)
    unmarked = source_of(head_file, whole_share=1.0, carved_share=0.0, fundus_radius_mm=6.0)
    assert set(np.unique(unmarked.sample(0)[1])) == {0, 1, 2}  # a canal that is not drawn has no tip


def test_outside_a_cropped_field_of_view_there_is_nothing(head_file: Path):
    heads = source_of(head_file, whole_share=0.0)
    cropped = 0
    for index in range(6):
        image, labels = heads.sample(index)
        inside = image[0] != 0
        box = tuple(slice(i.min(), i.max() + 1) for i in np.nonzero(inside))
        assert inside[box].all()
        assert image[0][box].mean() == pytest.approx(0, abs=1e-3)
        assert image[0][box].std() == pytest.approx(1, abs=1e-3)
        assert not labels[~inside].any()
        cropped += not inside.all()
    assert cropped >= 4


def test_a_sample_is_a_function_of_seed_and_number_alone(head_file: Path):
    one, again = source_of(head_file, seed=3), source_of(head_file, seed=3)
    again.sample(0)
    assert all(np.array_equal(a, b) for a, b in zip(one.sample(1), again.sample(1), strict=True))
    assert not np.array_equal(one.sample(1)[0], source_of(head_file, seed=4).sample(1)[0])


def test_a_folder_without_heads_is_refused(tmp_path: Path):
    with pytest.raises(ConfigError, match="found none there"):
        WholeHeadSource(WholeHeadConfig(heads=str(tmp_path)))
