import numpy as np
import pytest
from scipy import ndimage

from Training.synthesis.ear import Ear, carve_ear, draw_ear, lay_nerves
from Training.synthesis.head import Side, outward
from Training.synthesis.shapes import stamp
from Training.synthesis.tissues import Tissue

MM = 0.5
PORUS = np.array([25.0, 25.0, 30.0])
EXTENT = (50, 50, 60)


def petrous_block(side: Side) -> np.ndarray:
    """CSF on the inner side of the porus, bone on the outer."""
    tissues = np.full([round(n / MM) for n in EXTENT], Tissue.CSF, np.uint8)
    w = np.arange(tissues.shape[2]) * MM
    tissues[:, :, outward(side) * (w - PORUS[2]) > 0] = Tissue.BONE
    return tissues


def carved(side: Side, seed: int) -> tuple[Ear, np.ndarray]:
    rng = np.random.default_rng(seed)
    ear = draw_ear(rng, side, PORUS)
    tissues = petrous_block(side)
    carve_ear(rng, tissues, MM, ear)
    return ear, tissues


def center_mm(mask: np.ndarray) -> np.ndarray:
    return np.argwhere(mask).mean(axis=0) * MM


def test_canals_have_published_lengths_and_widths():
    ears = [draw_ear(np.random.default_rng(n), "left", PORUS) for n in range(600)]
    lengths, radii = np.array([e.length_mm for e in ears]), np.array([e.radius_mm for e in ears])
    assert lengths.min() >= 6
    assert lengths.max() <= 15
    assert 8.6 <= lengths.mean() <= 11  # 8.6 mm is the mean of bone; the cochlear nerve's foramen reaches further
    assert radii.min() >= 1.5
    assert radii.max() <= 4
    assert 2 * radii.mean() == pytest.approx(5.2, abs=0.4)


@pytest.mark.parametrize("side", ["right", "left"])
def test_a_canal_leads_outward_on_its_own_side(side: Side):
    for seed in range(50):
        ear = draw_ear(np.random.default_rng(seed), side, PORUS)
        assert np.linalg.norm(ear.axis) == pytest.approx(1)
        assert outward(side) * ear.axis[2] > 0.85
        assert np.linalg.norm(ear.fundus - PORUS) == pytest.approx(ear.length_mm)
        assert ear.at(0, out=3.0)[2] - PORUS[2] == pytest.approx(3 * outward(side))


def test_a_canal_is_as_long_and_wide_as_it_says():
    axis = np.array([0.0, 0.0, 1.0])
    ear = Ear(side="right", porus=PORUS, axis=axis, length_mm=10.0, radius_mm=2.5, flare_mm=1.0)
    tissues = np.zeros([200, 200, 240], np.uint8)
    stamp(tissues, 0.25, ear.canal(), 1)
    along = np.flatnonzero(tissues.any(axis=(0, 1))) * 0.25 - PORUS[2]
    assert along.max() == pytest.approx(10 + 0.65 * 2.5, abs=0.3)  # the blind end is round and 65 % as wide
    assert along.min() == pytest.approx(-1.5 - 3.5, abs=0.3)  # and so is the mouth, in the cistern, with its flare
    for t in (0.0, 5.0):
        area = tissues[:, :, round((PORUS[2] + t) / 0.25)].sum() * 0.0625
        radius = 2.5 * (1 - 0.35 * (t / 10) ** 2) + np.exp(-t / 2)
        assert area == pytest.approx(np.pi * radius**2, rel=0.12)


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("seed", [1, 2])
def test_the_carved_canal_lies_in_bone_and_the_labyrinth_beyond_its_end(side: Side, seed: int):
    ear, tissues = carved(side, seed)
    canal = tissues == Tissue.CANAL_FLUID
    assert canal.any()
    assert outward(side) * (center_mm(canal)[2] - PORUS[2]) > 0
    wall = ndimage.binary_dilation(canal) & ~canal
    index = np.argwhere(wall)
    deep = (index * MM - ear.porus) @ ear.axis > 4
    neighbors = tissues[wall][deep]
    assert np.isin(neighbors, (Tissue.BONE, Tissue.COCHLEA, Tissue.LABYRINTH)).mean() > 0.95
    for part in (Tissue.COCHLEA, Tissue.LABYRINTH):
        from_porus = (center_mm(tissues == part) - ear.porus) @ ear.axis
        assert ear.length_mm < from_porus < ear.length_mm + 9
    assert center_mm(tissues == Tissue.COCHLEA)[1] > center_mm(tissues == Tissue.LABYRINTH)[1] + 3  # cochlea in front
    extent = np.ptp(np.argwhere(tissues == Tissue.COCHLEA), axis=0) * MM
    assert 4 < extent.max() < 12  # about 9 mm across


def test_an_ear_carves_the_same_from_the_same_state():
    assert np.array_equal(carved("right", 3)[1], carved("right", 3)[1])


def test_nerves_and_vessels_run_through_fluid_and_cross_nothing_else():
    ear, before = carved("right", 4)
    stamp(before, MM, ear.canal(2.0, 6.0), Tissue.INTRAMEATAL_TUMOR)
    after = before.copy()
    lay_nerves(np.random.default_rng(5), after, MM, ear)
    changed = after != before
    assert set(np.unique(after[changed])) <= {Tissue.NERVE, Tissue.SMALL_VESSEL}
    assert set(np.unique(before[changed])) <= {Tissue.CSF, Tissue.CANAL_FLUID}
    assert (after[before == Tissue.CANAL_FLUID] == Tissue.NERVE).any()
    assert (after[before == Tissue.CSF] == Tissue.NERVE).any()
