import numpy as np
import pytest
from scipy import ndimage, stats

from Training.synthesis.ear import Ear, draw_ear, draw_ears
from Training.synthesis.ear_measures import measure
from Training.synthesis.ear_sizes import parts_of
from Training.synthesis.head import Side, outward
from Training.synthesis.labyrinth import closed_by
from Training.synthesis.nerves import lay_nerves
from Training.synthesis.petrous import carve_ear
from Training.synthesis.shapes import stamp
from Training.synthesis.tissues import Tissue, target_labels
from VSSegmentationLib.labels import Label

MM = 0.5
PORUS = np.array([27.0, 27.0, 36.0])
EXTENT = (54, 54, 72)
MANY = [draw_ears(np.random.default_rng(n), {"right": PORUS, "left": PORUS}) for n in range(300)]
ALL = [ear for pair in MANY for ear in pair]


def petrous_block(ear: Ear) -> np.ndarray:
    """CSF on the inner side of the porus, bone on the outer."""
    tissues = np.full([round(n / MM) for n in EXTENT], Tissue.CSF, np.uint8)
    d, h, w = (np.arange(n, dtype=np.float32) * MM for n in tissues.shape)
    tissues[ear.lateral_of_porus()(d[:, None, None], h[None, :, None], w[None, None, :]) < 0] = Tissue.BONE
    return tissues


def carved(side: Side, seed: int) -> tuple[Ear, np.ndarray]:
    rng = np.random.default_rng(seed)
    ear = draw_ear(rng, side, PORUS)
    tissues = petrous_block(ear)
    carve_ear(rng, tissues, MM, ear)
    return ear, tissues


@pytest.fixture(scope="module", params=[("right", 1), ("left", 1), ("right", 2), ("left", 5)], ids=str)
def one(request: pytest.FixtureRequest) -> tuple[Ear, np.ndarray]:
    return carved(*request.param)


def center_mm(mask: np.ndarray) -> np.ndarray:
    return np.argwhere(mask).mean(axis=0) * MM


def test_canals_have_published_lengths_and_widths():
    lengths, widths = np.array([ear.length_mm for ear in ALL]), np.array([ear.ap_mm for ear in ALL])
    assert lengths.min() >= 7
    assert lengths.max() <= 15
    assert 9.5 < lengths.mean() < 11.5  # means of five CT series: 9.5 to 11.1
    assert 1.1 < lengths.std() < 2.1
    assert 4.2 < widths.mean() < 4.9  # 4.0 to 4.5 on CT, 5.9 at 1.5 T
    assert widths.min() >= 2.8
    assert widths.max() <= 7
    assert 0 < np.mean([ear.cc_mm - ear.ap_mm for ear in ALL]) < 0.6


def test_funnels_cylinders_and_buds_come_in_published_shares():
    shapes = [pair[0].shape for pair in MANY]
    for shape, share in (("funnel", 0.58), ("cylinder", 0.31), ("bud", 0.11)):
        assert shapes.count(shape) / 300 == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / 300))


def test_two_ears_of_a_head_are_alike():
    right, left = (np.array([[e.length_mm, e.ap_mm] for e in ears]) for ears in zip(*MANY, strict=True))
    for number in range(2):
        assert stats.pearsonr(right[:, number], left[:, number])[0] == pytest.approx(0.9, abs=0.05)
    assert (np.abs(right[:, 1] - left[:, 1]) < 1).mean() > 0.9  # as Todd 2010 counted
    assert np.abs(right[:, 1] - left[:, 1]).max() < 2


@pytest.mark.parametrize("side", ["right", "left"])
def test_a_canal_leads_outward_on_its_own_side_and_opens_to_the_front_and_inward(side: Side):
    for ear in ALL:
        if ear.side != side:
            continue
        assert np.linalg.norm(ear.axis) == pytest.approx(1)
        assert outward(side) * ear.axis[2] > 0.85
        assert np.linalg.norm(ear.fundus - PORUS) == pytest.approx(ear.length_mm)
        assert ear.at(0, out=3.0)[2] - PORUS[2] == pytest.approx(3 * outward(side))
        assert ear.frame.T @ ear.frame == pytest.approx(np.eye(3), abs=1e-9)
        # the anterior lip lies medial of the posterior one, by 5.8 mm in casts
        front, back = (ear.porus + ear.frame @ np.array([t, y * (ear.ap_mm + ear.flare_mm) / 2, 0])
                       for t, y in ((-ear.lips_mm / 2, 1), (ear.lips_mm / 2, -1)))  # fmt: skip
        assert (front - ear.porus) @ ear.opening_normal == pytest.approx(0, abs=1e-9)
        assert (back - ear.porus) @ ear.opening_normal == pytest.approx(0, abs=1e-9)
        assert front[1] > back[1]
        assert 4 <= ear.lips_mm <= 7


def test_a_canal_is_as_long_and_wide_as_it_says():
    axis = np.array([0.0, 0.0, 1.0])
    ear = Ear(side="right", porus=PORUS, axis=axis, length_mm=10.0, ap_mm=5.0, cc_mm=4.0, flare_mm=2.0, lips_mm=5.0)
    tissues = np.zeros([200, 200, 240], np.uint8)
    stamp(tissues, 0.25, ear.canal(-4.0), 1)
    along = np.flatnonzero(tissues.any(axis=(0, 1))) * 0.25 - PORUS[2]
    assert along.max() == pytest.approx(10, abs=0.3)
    assert along.min() == pytest.approx(-4, abs=0.3)
    for t, ap, cc in ((0.0, 7.0, 4.3), (5.0, 5.0, 4.0), (2.5, 6.0, 4.15)):
        section = tissues[:, :, round((PORUS[2] + t) / 0.25)]
        assert section.sum() * 0.0625 == pytest.approx(np.pi / 4 * ap * cc, rel=0.06)  # an ellipse
        assert section.any(axis=0).sum() * 0.25 == pytest.approx(ap, abs=0.3)
        assert section.any(axis=1).sum() * 0.25 == pytest.approx(cc, abs=0.3)


def test_carved_ears_measure_as_published_ones(one: tuple[Ear, np.ndarray]):
    """The protocol of the ear sizes page, on both sides, within its limits."""
    ear, tissues = one
    parts = parts_of(tissues, ear)
    assert parts is not None
    sizes = measure(parts)
    limits = {
        "length": (7, 15), "mid AP": (2.8, 7), "mid CC": (2.8, 7), "porus AP": (4, 12), "porus CC": (3, 7),
        "canal volume": (74, 502), "cochlea, fluid": (45, 95), "cochlea, closed": (60, 115), "cochlea A": (8.4, 10.4),
        "cochlea center, lateral of the tip": (-7, 0), "cochlea center, superior of the tip": (-5.5, -1),
        "cochlea center, anterior of the tip": (0.8, 5.5), "gap canal to cochlea": (0.3, 2),
        "vestibule, axial width": (1.8, 3.2), "lateral canal, radius": (1.9, 3.1), "superior canal, radius": (2.6, 4.0),
        "posterior canal, radius": (2.5, 3.9), "lateral canal, arc": (150, 300), "superior canal, arc": (150, 310),
        "lateral canal, tube": (0.8, 1.5),
    }  # fmt: skip
    outside = {name: sizes[name] for name, (low, high) in limits.items() if not low <= sizes[name] <= high}
    assert outside == {}
    assert sizes["length"] == pytest.approx(ear.length_mm, abs=1.2)
    assert sizes["lips apart along the axis"] == pytest.approx(ear.lips_mm, abs=2.0)


def test_the_label_of_the_cochlea_is_its_closed_shape_and_the_modiolus_is_dark_within(one: tuple[Ear, np.ndarray]):
    _, tissues = one
    fluid, modiolus = tissues == Tissue.COCHLEA, tissues == Tissue.MODIOLUS
    label = target_labels(tissues) == Label.COCHLEA
    assert np.array_equal(label, fluid | modiolus)
    volume = label.sum() * MM**3
    assert 60 < volume < 115
    assert modiolus.sum() > 0.1 * label.sum()
    closed = closed_by(np.pad(fluid, 4), MM, 1.2)[4:-4, 4:-4, 4:-4]
    assert (label & closed).sum() / (label | closed).sum() > 0.85  # but for the vestibule and the size of voxels
    # somewhere a line crosses turn, modiolus and turn again
    assert any(_turns_on_both_sides(fluid[d], modiolus[d]) for d in range(len(fluid)))


def _turns_on_both_sides(fluid: np.ndarray, modiolus: np.ndarray) -> bool:
    return any(
        (f[: int(m.argmax())]).any() and f[int(len(m) - m[::-1].argmax()) :].any()
        for f, m in zip(fluid.T, modiolus.T, strict=True)
        if m.any()
    )


def test_semicircular_canals_are_open_arcs_that_meet_the_vestibule(one: tuple[Ear, np.ndarray]):
    ear, tissues = one
    assert ear.labyrinth is not None
    assert ndimage.label(tissues == Tissue.LABYRINTH, np.ones((3, 3, 3)))[1] == 1
    reach = ear.labyrinth.vestibule_radii_mm.max()
    for line, length in (
        (ear.labyrinth.superior, 13.7),
        (ear.labyrinth.posterior, 13.3),
        (ear.labyrinth.lateral, 11.9),
    ):
        steps = np.linalg.norm(np.diff(line[1:-1], axis=0), axis=1)
        assert steps.sum() == pytest.approx(length, rel=0.3)  # Anat Rec 2013, with the ends in the vestibule
        assert np.linalg.norm(line[[0, -1]] - ear.labyrinth.vestibule, axis=1).max() < reach
    arcs = [line[1:-1] for line in (ear.labyrinth.superior, ear.labyrinth.posterior, ear.labyrinth.lateral)]
    normals = [np.linalg.svd(arc[1:] - arc[1:].mean(axis=0))[2][2] for arc in arcs]
    for one_normal, other in ((0, 1), (0, 2), (1, 2)):
        angle = np.degrees(np.arccos(abs(normals[one_normal] @ normals[other])))
        assert angle > 72  # published: 94, 91 and 90 degrees, SD 4 to 6
    lean = normals[2] * np.sign(normals[2][0])
    assert 0 < np.degrees(np.arctan2(-lean[1], lean[0])) < 38  # 19 degrees back


def test_the_capsule_is_dense_bone_round_canal_and_labyrinth(one: tuple[Ear, np.ndarray]):
    _, tissues = one
    hollow = np.isin(tissues, (Tissue.CANAL_FLUID, Tissue.LABYRINTH, Tissue.COCHLEA, Tissue.MODIOLUS))
    near = (ndimage.distance_transform_edt(~hollow, MM) < 1.3) & ~hollow
    bony = np.isin(tissues, (Tissue.OTIC_CAPSULE, Tissue.BONE, Tissue.MARROW, Tissue.MASTOID, Tissue.AIR))
    assert (tissues[near & bony] == Tissue.OTIC_CAPSULE).all()
    assert (tissues == Tissue.OTIC_CAPSULE).sum() * MM**3 > 500


def test_an_ear_carves_the_same_from_the_same_state():
    assert np.array_equal(carved("right", 3)[1], carved("right", 3)[1])


def test_nerves_and_vessels_run_through_fluid_and_the_cochlear_nerve_s_canal():
    ear, before = carved("right", 4)
    stamp(before, MM, ear.canal(2.0, 6.0), Tissue.INTRAMEATAL_TUMOR)
    after = before.copy()
    lay_nerves(np.random.default_rng(5), after, MM, ear)
    changed = after != before
    assert set(np.unique(after[changed])) <= {Tissue.NERVE, Tissue.SMALL_VESSEL}
    in_bone = changed & np.isin(before, (Tissue.OTIC_CAPSULE, Tissue.MODIOLUS))
    assert in_bone.sum() * MM**3 < 12  # 0.9 mm long and 2 wide, and as much again within the modiolus
    assert set(np.unique(before[changed & ~in_bone])) <= {Tissue.CSF, Tissue.CANAL_FLUID}
    assert (after[before == Tissue.CANAL_FLUID] == Tissue.NERVE).any()
    assert (after[before == Tissue.CSF] == Tissue.NERVE).any()


def test_nerves_fill_a_crescent_mid_canal_that_is_open_to_the_facial_nerve():
    ear, tissues = carved("right", 4)
    lay_nerves(np.random.default_rng(6), tissues, MM, ear)

    def nerve(front: float, up: float) -> bool:
        places = [ear.within(share * ear.length_mm, front, up) for share in (0.45, 0.5, 0.55)]
        near = [p + np.array(s) for p in places for s in np.ndindex(3, 3, 1)]
        return any(tissues[tuple(np.round((q - (0.5, 0.5, 0)) / MM).astype(int))] == Tissue.NERVE for q in near)

    assert nerve(-0.45, -0.3)  # vestibular, behind
    assert nerve(0.35, 0.45)  # facial, in front and above
    assert nerve(0.3, -0.35)  # cochlear, in front and below
