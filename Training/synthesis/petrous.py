"""The petrous bone of one side: cistern, canal and labyrinth, dense bone round them, cells and vessels beside."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from Training.synthesis.ear import Ear
from Training.synthesis.head import outward
from Training.synthesis.labyrinth import carve_labyrinth
from Training.synthesis.noise import smooth_field
from Training.synthesis.shapes import Distance, Solid, both, ellipsoid, stamp, tube
from Training.synthesis.tissues import BRAIN, HARD, Tissue

FLUID = (Tissue.CSF, Tissue.CANAL_FLUID)
_LABYRINTH = (Tissue.LABYRINTH, Tissue.COCHLEA, Tissue.MODIOLUS)
_HOLLOW = (Tissue.CANAL_FLUID, Tissue.LABYRINTH, Tissue.COCHLEA, Tissue.MODIOLUS)
_VESSELS = (Tissue.ARTERY, Tissue.VENOUS_SINUS)
_BONY = (Tissue.BONE, Tissue.MARROW, Tissue.MASTOID, Tissue.AIR)


class Put(Protocol):
    """Fill a solid with a tissue, everywhere or only over some tissues."""

    def __call__(self, solid: Solid, tissue: Tissue, only_over: tuple[Tissue, ...] | None = None) -> None:
        """Fill it."""
        ...


def carve_ear(rng: np.random.Generator, tissues: NDArray[np.uint8], spacing_mm: float, ear: Ear) -> None:
    """Carve cistern, petrous face, canal and labyrinth of one side, in place."""

    def put(solid: Solid, tissue: Tissue, only_over: tuple[Tissue, ...] | None = None) -> None:
        stamp(tissues, spacing_mm, solid, tissue, only_over)

    not_brainstem = tuple(t for t in Tissue if t is not Tissue.BRAINSTEM)
    _open_cistern(rng, put, ear)
    _put_surroundings(rng, put, ear)
    put(both(ear.canal(-7.0), _medial(ear)), Tissue.CSF, not_brainstem)
    put(both(ear.canal(-7.0), ear.lateral_of_porus()), Tissue.CANAL_FLUID, not_brainstem)
    if ear.labyrinth is not None:
        carve_labyrinth(tissues, spacing_mm, ear.labyrinth)
    _enclose(rng, tissues, spacing_mm, ear)


def _medial(ear: Ear) -> Distance:
    lateral = ear.lateral_of_porus()
    return lambda d, h, w: -lateral(d, h, w)


def _open_cistern(rng: np.random.Generator, put: Put, ear: Ear) -> None:
    """Make CSF of bone medial of the porus, and mostly of brain too near it."""
    u = rng.uniform
    put(both(ellipsoid(ear.at(-5, front=2), u((5.5, 9, 11), (7.5, 11, 13))), _medial(ear)), Tissue.CSF, HARD)
    radii = u((5, 5, 6), (11, 9, 11))
    soft = (*BRAIN[1:], Tissue.CSF, Tissue.MUSCLE, Tissue.OTHER, Tissue.FAT, Tissue.VENOUS_SINUS)
    if u() < 0.75:
        middle = ear.at(-float(radii[2]) * 0.8, front=float(u(-3, 3)))
        put(both(ellipsoid(middle, radii), _medial(ear)), Tissue.CSF, soft)


def _enclose(rng: np.random.Generator, tissues: NDArray[np.uint8], spacing_mm: float, ear: Ear) -> None:
    """Surround canal and labyrinth with bone, in place: 2 to 3 mm are the otic capsule, and 2 to 4 mm more lie outside.

    What is bone already becomes capsule where it is near enough; soft tissue lateral of the porus becomes bone. Between
    canal and labyrinth a voxel of it stays at least, whatever stamping made of a thinner wall.
    """
    ends = np.stack([ear.at(-8), ear.at(ear.length_mm + 9)])
    low = np.maximum(np.floor((ends.min(axis=0) - 13) / spacing_mm), 0).astype(int)
    high = np.ceil((ends.max(axis=0) + 13) / spacing_mm).astype(int)
    region = tissues[tuple(slice(a, max(a, b)) for a, b in zip(low, high, strict=True))]
    beside_canal = ndimage.binary_dilation(region == Tissue.CANAL_FLUID, np.ones((3, 3, 3), dtype=np.bool_))
    region[beside_canal & np.isin(region, _LABYRINTH)] = Tissue.OTIC_CAPSULE
    hollow = np.isin(region, _HOLLOW)
    if not hollow.any():
        return
    away = ndimage.distance_transform_edt(~hollow, spacing_mm)
    uneven = smooth_field(rng, region.shape, 9 / spacing_mm)
    capsule = away <= rng.uniform(2.0, 3.0) + 0.2 * np.clip(uneven, -1, 2)
    places = [(a + np.arange(n, dtype=np.float32)) * spacing_mm for a, n in zip(low, region.shape, strict=True)]
    lateral = ear.lateral_of_porus()(places[0][:, None, None], places[1][None, :, None], places[2][None, None, :])
    outside = (lateral < np.minimum(0.3 * uneven, 0)) & (away <= rng.uniform(4.5, 6.5) + 0.5 * np.clip(uneven, -1, 2))
    region[outside & ~np.isin(region, (*HARD, *_HOLLOW, Tissue.BRAINSTEM, *_VESSELS))] = Tissue.BONE
    region[capsule & np.isin(region, _BONY)] = Tissue.OTIC_CAPSULE


def _put_surroundings(rng: np.random.Generator, put: Put, ear: Ear) -> None:
    bony = (Tissue.BONE, Tissue.MARROW, Tissue.AIR)
    u, out = rng.uniform, outward(ear.side)
    put(ellipsoid(ear.at(30, up=u(-6, 4), front=u(-12, -2)), u((9, 9, 9), (15, 15, 14))), Tissue.MASTOID, bony)
    if u() < 0.6:  # cells round the labyrinth
        put(ellipsoid(ear.at(20, up=u(2, 9), front=u(-6, 2)), u(4, 8, 3)), Tissue.MASTOID, bony)
    apex = Tissue.MASTOID if u() < 0.33 else Tissue.MARROW  # air cells in a third, else fatty marrow
    if u() < 0.85:
        put(ellipsoid(ear.at(u(-5, 2), up=u(-4, 0), front=u(9, 13)), u((3.5, 3.5, 4), (5.5, 6, 9))), apex, bony)
    if u() < 0.6:  # Meckel's cave: a pocket of CSF at the petrous apex
        put(ellipsoid(ear.at(-u(4, 8), up=u(2, 6), front=u(12, 17)), u((2, 3.5, 2), (2.5, 5, 3.5))), Tissue.CSF)
    if u() < 0.85:  # jugular bulb: 7.5 mm below the canal's floor on average
        top = -ear.cc_mm / 2 - float(np.clip(rng.normal(7.5, 2.3), 1, 16))
        radii = u(3, 5.5, 3)
        put(ellipsoid(ear.at(u(2, 7), up=top - float(radii[0]), front=u(-6, -1)), radii), Tissue.VENOUS_SINUS, bony)
    if u() < 0.8:  # sigmoid sinus
        foot = ear.at(u(14, 20), up=-18, front=u(-19, -13))
        put(
            tube(np.stack([foot, foot + np.array([36, u(-8, 0), 4 * out])]), u(2.5, 4.5)),
            Tissue.VENOUS_SINUS,
        )
    _put_carotid(rng, put, ear)
    gray = (*FLUID, Tissue.CEREBELLAR_WHITE)
    if u() < 0.7:  # flocculus, which looks like a small tumor behind the porus
        middle = ear.at(-u(7, 14), up=u(-4, 3), front=-u(4, 9))
        put(ellipsoid(middle, u((1.5, 2.5, 2.5), (2.5, 5, 5))), Tissue.CEREBELLAR_GRAY, gray)
    if u() < 0.4:
        put(ellipsoid(ear.at(-u(9, 16), up=u(-8, -2), front=-u(3, 9)), u(1, 3, 3)), Tissue.CHOROID_PLEXUS, FLUID)


def _put_carotid(rng: np.random.Generator, put: Put, ear: Ear) -> None:
    """Lay the petrous carotid artery, 4.5 mm wide, in front of the cochlea and 0.2 to 4 mm off its wall."""
    u, out = rng.uniform, outward(ear.side)
    radius = float(np.clip(rng.normal(2.25, 0.25), 1.7, 2.9))
    center = ear.at(7, up=-3, front=4) if ear.labyrinth is None else ear.labyrinth.cochlea_center
    off = 3.2 + radius + float(np.clip(rng.normal(1.9, 1.1), 0.4, 4.5))
    knee = center + np.array([u(-3, 0), off, u(-1, 2) * out])
    end = knee + np.array([u(0, 4), u(3, 7), -u(10, 16) * out])
    put(tube(np.stack([knee - np.array([14, u(0, 3), 0]), knee, end]), radius), Tissue.ARTERY)
