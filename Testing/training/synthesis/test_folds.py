import numpy as np
import pytest
from scipy import ndimage

from Training.synthesis.folds import fold_brain
from Training.synthesis.tissues import BRAIN, Tissue

MM = 0.5
PORI = np.array([[30.0, 20.0, 45.0], [30.0, 20.0, 5.0]])


def cerebellum(gray=Tissue.CEREBELLAR_GRAY, white=Tissue.CEREBELLAR_WHITE):
    """A block of cerebellum 40 mm wide with CSF in front (high H) and 2 mm of cortex."""
    tissues = np.full((100, 110, 100), Tissue.CSF, np.uint8)
    tissues[10:90, 10:76, 10:90] = gray
    tissues[14:86, 14:72, 14:86] = white
    return tissues


def folded(atrophy=0.3, seed=1, **kinds):
    tissues = cerebellum(**kinds)
    fold_brain(np.random.default_rng(seed), tissues, MM, PORI, atrophy)
    return tissues


def test_csf_lines_repeat_every_three_to_six_millimeters_along_the_surface():
    counts = []
    for seed in range(4):
        tissues = folded(seed=seed)
        sheet = tissues[20:80, 70, 20:80] == Tissue.CSF  # 3 mm deep, along D and W
        for lines in (sheet, sheet.T):
            counts += [ndimage.label(line)[1] / 30.0 for line in lines]
    spacing = 1 / np.mean(counts)
    assert 3.0 < spacing < 9.0  # a line crosses an axis at an angle: it repeats more seldom along it


def test_lines_are_thin_and_end_within_their_depth():
    tissues = folded()
    carved = (cerebellum() != Tissue.CSF) & (tissues == Tissue.CSF)
    inner = carved[36:64, :, 36:64]  # 13 mm from the other surfaces
    assert not inner[:, 40:52].any()  # 12 to 18 mm deep
    assert inner[:, 70].mean() > 0.08
    widths = 2 * MM * ndimage.distance_transform_edt(carved[:, :72])[carved[:, :72]]
    assert np.quantile(widths, 0.9) <= 2.0


def test_what_lies_beside_a_line_is_cortex():
    tissues = folded()
    lines = tissues[20:80, 60:70, 20:80] == Tissue.CSF
    beside = ndimage.binary_dilation(lines) & ~lines
    assert (tissues[20:80, 60:70, 20:80][beside] == Tissue.CEREBELLAR_GRAY).mean() > 0.85


def test_atrophy_widens_the_csf_and_keeps_the_brainstem():
    young, old = (np.isin(folded(atrophy), BRAIN).sum() for atrophy in (0.0, 1.0))
    assert old < 0.93 * young
    stem = np.full((60, 60, 60), Tissue.CSF, np.uint8)
    stem[10:50, 10:50, 10:50] = Tissue.BRAINSTEM
    before = stem.copy()
    fold_brain(np.random.default_rng(2), stem, MM, PORI, 1.0)
    assert np.array_equal(stem, before)


def test_sulci_of_the_temporal_lobe_are_farther_apart_than_folia():
    sulci = folded(gray=Tissue.CEREBRAL_GRAY, white=Tissue.CEREBRAL_WHITE)
    sheets = [tissues[20:80, 70, 20:80] == Tissue.CSF for tissues in (sulci, folded())]
    lines = [np.mean([ndimage.label(line)[1] for line in (*sheet, *sheet.T)]) for sheet in sheets]
    assert lines[0] < 0.6 * lines[1]


def test_a_head_without_brain_is_left_alone_and_folds_follow_the_generator():
    empty = np.full((40, 40, 40), Tissue.BONE, np.uint8)
    fold_brain(np.random.default_rng(2), empty, MM, PORI, 0.5)
    assert (empty == Tissue.BONE).all()
    assert np.array_equal(folded(seed=3), folded(seed=3))
    assert not np.array_equal(folded(seed=3), folded(seed=4))


@pytest.mark.parametrize("atrophy", [0.0, 1.0])
def test_nothing_but_brain_changes(atrophy):
    tissues = cerebellum()
    tissues[:, 90:] = Tissue.BONE
    before = tissues.copy()
    fold_brain(np.random.default_rng(5), tissues, MM, PORI, atrophy)
    others = ~np.isin(before, BRAIN)
    assert np.array_equal(tissues[others], before[others])
