import numpy as np
import pytest
from scipy import ndimage

from Testing.training.synthesis.conftest import SMALL
from Training.synthesis import Anatomy, AnatomyConfig, Head, draw_anatomy
from Training.synthesis.anatomy import SPACING_MM, _drop_islands, draw_tumors
from Training.synthesis.ear import draw_ear
from Training.synthesis.tissues import Tissue, target_labels
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS


def test_the_right_ear_is_at_the_right_and_both_are_as_far_apart_as_the_heads(anatomies: tuple[Anatomy, ...]):
    for anatomy in anatomies:
        right, left = anatomy.ears
        assert (right.side, left.side) == ("right", "left")
        # 40 in the head of blocks, scaled to 36 to 44, bent by deformation, each moved by up to 1.5 mm
        assert 27 < right.porus[2] - left.porus[2] < 53
        assert (right.axis[2], -left.axis[2]) > (0, 0)


def test_a_skull_base_holds_two_canals_two_cochleas_and_its_tumor(anatomies: tuple[Anatomy, ...]):
    for anatomy in anatomies:
        assert anatomy.tissues.shape == tuple(2 * n for n in SMALL.size_dhw_mm)
        assert VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(target_labels(anatomy.tissues)).any()
        middle = (anatomy.ears[0].porus + anatomy.ears[1].porus)[2] / 2 / SPACING_MM
        cochlea_w = np.argwhere(anatomy.tissues == Tissue.COCHLEA)[:, 2]
        assert (cochlea_w > middle + 20).any()
        assert (cochlea_w < middle - 20).any()
        assert not (np.abs(cochlea_w - middle) < 20).any()


def test_the_tumor_lies_at_its_own_ear(anatomies: tuple[Anatomy, ...]):
    for anatomy in anatomies:
        if len(anatomy.tumors) != 1:
            continue
        found = np.argwhere(VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(target_labels(anatomy.tissues))) * SPACING_MM
        own = anatomy.tumors[0].ear
        other = next(ear for ear in anatomy.ears if ear.side != own.side)
        assert np.linalg.norm(found - own.porus, axis=1).mean() < np.linalg.norm(found - other.porus, axis=1).mean()
        assert np.linalg.norm(found - own.porus, axis=1).min() < 8


def test_every_tumor_is_in_one_piece(anatomies: tuple[Anatomy, ...]):
    for anatomy in anatomies:
        mask = VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(target_labels(anatomy.tissues))
        assert ndimage.label(mask, np.ones((3, 3, 3)))[1] <= len(anatomy.tumors)


def test_what_bone_cut_off_a_tumor_is_given_back():
    before = np.full((6, 6, 20), Tissue.CSF, np.uint8)
    before[:, :, 12] = Tissue.BONE
    after = before.copy()
    after[2:4, 2:4, 2:12] = Tissue.EXTRAMEATAL_TUMOR
    after[2:4, 2:4, 13:16] = Tissue.EXTRAMEATAL_TUMOR
    _drop_islands(after, before)
    assert (after[2:4, 2:4, 2:12] == Tissue.EXTRAMEATAL_TUMOR).all()
    assert (after[:, :, 12:] == before[:, :, 12:]).all()


def test_a_skull_base_is_a_function_of_the_generators_state(head: Head, anatomies: tuple[Anatomy, ...]):
    again = draw_anatomy(np.random.default_rng([7, 2]), head, SMALL)
    assert np.array_equal(again.tissues, anatomies[2].tissues)
    assert not np.array_equal(anatomies[1].tissues, anatomies[2].tissues)


def test_a_grown_tumor_is_larger_in_the_same_patient(head: Head, anatomies: tuple[Anatomy, ...]):
    number = next(n for n, anatomy in enumerate(anatomies) if all(t.cisternal is not None for t in anatomy.tumors))
    before = anatomies[number]
    after = draw_anatomy(np.random.default_rng([7, number]), head, SMALL, growth=1.3)
    assert [tuple(ear.porus) for ear in after.ears] == [tuple(ear.porus) for ear in before.ears]
    sizes = [
        VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(target_labels(anatomy.tissues)).sum() for anatomy in (before, after)
    ]
    assert sizes[1] > 1.3 * sizes[0]


def test_heads_without_tumor_with_two_and_both_sides_come_in_the_shares_asked_for():
    config = AnatomyConfig()
    rng = np.random.default_rng(6)
    ears = tuple(draw_ear(rng, side, np.array([20.0, 20.0, w])) for side, w in (("right", 60.0), ("left", 20.0)))
    draws = [draw_tumors(rng, ears, config) for _ in range(3000)]
    with_tumor = [tumors for tumors in draws if tumors]
    assert len(with_tumor) / 3000 == pytest.approx(0.85, abs=0.03)
    assert np.mean([len(tumors) == 2 for tumors in with_tumor]) == pytest.approx(0.06, abs=0.02)
    assert np.mean([tumors[0].ear.side == "right" for tumors in with_tumor]) == pytest.approx(0.5, abs=0.04)
    assert all(tumors[0].ear.side != tumors[1].ear.side for tumors in with_tumor if len(tumors) == 2)


def test_a_large_tumor_pushes_the_brainstem_aside_and_does_not_only_cover_it(head: Head):
    def stem(share: float) -> tuple[int, int]:
        config = AnatomyConfig(size_dhw_mm=SMALL.size_dhw_mm, tumor_share=share, bilateral_share=0)
        tissues = draw_anatomy(np.random.default_rng(17), head, config).tissues
        return int((tissues == Tissue.BRAINSTEM).sum()), int(
            VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(target_labels(tissues)).sum()
        )

    (free, none), (pushed, tumor) = stem(0.0), stem(1.0)
    assert none == 0
    assert tumor > 0
    assert pushed > 0.6 * free
