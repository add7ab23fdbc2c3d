"""The internal auditory canal, its nerves and the labyrinth, carved into one side of a head.

Sizes are drawn round published ones: canal length 8.6 mm and width 5.2 mm on average (PMC4025177), cochlea of two and a
half turns 9 mm across, semicircular canals of 3 mm radius; positions relative to the canal follow the normal inner ear.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from Training.synthesis.head import Side, outward
from Training.synthesis.shapes import Point, Solid, ellipsoid, ring, spiral, stamp, tube
from Training.synthesis.tissues import BRAIN, Tissue

FLUID = (Tissue.CSF, Tissue.CANAL_FLUID)


class Put(Protocol):
    """Fill a solid with a tissue, everywhere or only over some tissues."""

    def __call__(self, solid: Solid, tissue: Tissue, only_over: tuple[Tissue, ...] | None = None) -> None:
        """Fill it."""
        ...


@dataclass(frozen=True, eq=False)
class Ear:
    """One side: where the canal is and how wide. Points and directions are (D, H, W) in mm."""

    side: Side
    porus: Point
    axis: Point
    """Unit vector from the porus to the fundus."""
    length_mm: float
    radius_mm: float
    flare_mm: float
    """How much wider the canal is at the porus."""

    @property
    def fundus(self) -> Point:
        """The lateral, blind end of the canal."""
        return np.asarray(self.porus + self.length_mm * self.axis)

    def at(self, along: float, up: float = 0.0, front: float = 0.0, out: float = 0.0) -> Point:
        """Return porus + along the axis + offsets to superior, anterior and away from the midline, in mm."""
        return np.asarray(self.porus + along * self.axis + np.array([up, front, out * outward(self.side)]))

    def canal(self, start_mm: float = -1.5, stop_mm: float | None = None, widen: float = 1.0) -> Solid:
        """Return the canal, or the stretch of it from `start_mm` to `stop_mm` past the porus."""
        stop = self.length_mm if stop_mm is None else stop_mm
        t = np.linspace(start_mm, max(stop, start_mm + 0.2), 7)
        radius = self.radius_mm * (1 - 0.35 * np.clip(t / self.length_mm, 0, 1) ** 2)
        radius = widen * (radius + self.flare_mm * np.exp(-np.maximum(t, 0) / 2.0))
        return tube(self.porus + t[:, None] * self.axis, radius.tolist())


def draw_ear(rng: np.random.Generator, side: Side, porus: Point) -> Ear:
    """Draw the direction and size of a canal that begins at `porus`."""
    axis = np.array([rng.uniform(-0.2, 0.22), rng.uniform(-0.25, 0.4), outward(side)])
    return Ear(
        side=side,
        porus=porus,
        axis=axis / np.linalg.norm(axis),
        length_mm=float(np.clip(rng.normal(9.8, 1.7), 6, 15)),
        radius_mm=float(np.clip(rng.normal(2.5, 0.5), 1.5, 4.0)),
        flare_mm=float(rng.uniform(0.2, 1.4)),
    )


def carve_ear(rng: np.random.Generator, tissues: NDArray[np.uint8], spacing_mm: float, ear: Ear) -> None:
    """Carve cistern, bone round the canal, canal and labyrinth of one side, in place."""

    def put(solid: Solid, tissue: Tissue, only_over: tuple[Tissue, ...] | None = None) -> None:
        stamp(tissues, spacing_mm, solid, tissue, only_over)

    not_brainstem = tuple(t for t in Tissue if t is not Tissue.BRAINSTEM)
    shell = tube(np.stack([ear.at(3.0), ear.at(ear.length_mm + 6)]), ear.radius_mm + float(rng.uniform(2, 4.5)))
    put(shell, Tissue.BONE, not_brainstem)
    if rng.random() < 0.75:
        radii = rng.uniform((5, 5, 6), (11, 9, 11))
        soft = (*BRAIN[1:], Tissue.CSF, Tissue.MUSCLE, Tissue.OTHER, Tissue.FAT, Tissue.VENOUS_SINUS)
        put(ellipsoid(ear.at(-float(radii[2]) * 0.8, front=float(rng.uniform(-3, 3))), radii), Tissue.CSF, soft)
    _put_surroundings(rng, put, ear)
    put(ear.canal(), Tissue.CANAL_FLUID, not_brainstem)
    _put_labyrinth(rng, put, ear)


def _put_surroundings(rng: np.random.Generator, put: Put, ear: Ear) -> None:
    bony = (Tissue.BONE, Tissue.MARROW, Tissue.AIR)
    u = rng.uniform
    if u() < 0.8:
        put(ellipsoid(ear.at(29, up=u(-6, 4), front=u(-12, 0)), u(7, 14, 3)), Tissue.MASTOID, bony)
    if u() < 0.5:
        put(ellipsoid(ear.at(u(-2, 6), up=u(-4, 2), front=u(8, 14)), u(2.5, 6, 3)), Tissue.MARROW, bony)
    if u() < 0.6:  # Meckel's cave: a pocket of CSF at the petrous apex
        put(ellipsoid(ear.at(-3, up=u(2, 6), front=u(12, 17)), u(2, 4.5, 3)), Tissue.CSF)
    if u() < 0.7:  # jugular bulb
        put(ellipsoid(ear.at(u(2, 7), up=u(-15, -9), front=u(-6, 0)), u(3, 5.5, 3)), Tissue.VENOUS_SINUS, bony)
    if u() < 0.7:  # sigmoid sinus
        foot = ear.at(u(14, 20), up=-18, front=u(-16, -10))
        put(
            tube(np.stack([foot, foot + np.array([36, u(-8, 0), 4 * outward(ear.side)])]), u(2.5, 5)),
            Tissue.VENOUS_SINUS,
        )
    if u() < 0.8:  # petrous carotid artery
        knee = ear.at(u(6, 9), up=u(-7, -3), front=u(8, 13))
        end = knee + np.array([u(0, 4), u(5, 9), -u(8, 14) * outward(ear.side)])
        put(tube(np.stack([knee - np.array([12, 0, 0]), knee, end]), u(2, 3)), Tissue.ARTERY)
    gray = (*FLUID, Tissue.CEREBELLAR_WHITE)
    if u() < 0.7:  # flocculus, which looks like a small tumor behind the porus
        put(ellipsoid(ear.at(-u(7, 14), up=u(-4, 3), front=-u(4, 9)), u(2, 5, 3)), Tissue.CEREBELLAR_GRAY, gray)
    if u() < 0.4:
        put(ellipsoid(ear.at(-u(9, 16), up=u(-8, -2), front=-u(3, 9)), u(1, 3, 3)), Tissue.CHOROID_PLEXUS, FLUID)


def _put_labyrinth(rng: np.random.Generator, put: Put, ear: Ear) -> None:
    u, out = rng.uniform, outward(ear.side)
    base = ear.at(ear.length_mm + u(0.5, 2.5), up=u(-1.5, 0.5), front=u(2.5, 4.5))
    turns = spiral(base, np.array([u(-0.5, 0.1), 0.8, 0.6 * out]), u(2.2, 2.7), (u(2.8, 3.6), 0.9), u(2.5, 4))
    put(tube(turns, np.linspace(u(0.8, 1.1), 0.5, len(turns)).tolist()), Tissue.COCHLEA)
    vestibule = ear.at(ear.length_mm + u(2.5, 4.5), up=u(0, 1.5), front=u(-3, -1))
    put(ellipsoid(vestibule, u(1.3, 2.8, 3)), Tissue.LABYRINTH)
    thin = u(0.45, 0.8)
    horizontal = vestibule + np.array([0, -2.5, 2.5 * out])
    put(ring(horizontal, np.array([1, u(-0.2, 0.4), u(-0.2, 0.2)]), u(2.6, 3.5), thin), Tissue.LABYRINTH)
    superior, normal = vestibule + np.array([3.2, 0, 0.8 * out]), np.array([u(-0.2, 0.2), 0.7, 0.7 * out])
    put(ring(superior, normal, u(2.6, 3.6), thin, 4.6), Tissue.LABYRINTH)
    posterior, normal = vestibule + np.array([-0.5, -4, 1.5 * out]), np.array([u(-0.3, 0.3), -0.7, 0.7 * out])
    put(ring(posterior, normal, u(2.6, 3.6), thin, 4.9), Tissue.LABYRINTH)


def lay_nerves(rng: np.random.Generator, tissues: NDArray[np.uint8], spacing_mm: float, ear: Ear) -> None:
    """Lay nerves and small vessels through what is fluid by now, in place; tumor is never crossed."""
    u, out = rng.uniform, outward(ear.side)
    over = (Tissue.CSF, Tissue.CANAL_FLUID, Tissue.PERITUMORAL_CYST)
    root = ear.at(-u(13, 19), up=u(-3, 1), front=u(-3, 1))
    for _ in range(int(rng.integers(2, 5))):
        shift = u(-0.6, 0.6, 3) * ear.radius_mm
        middle = ear.at(-u(2, 5)) + shift
        points = np.stack([root + shift / 2, middle, ear.at(ear.length_mm * u(0.7, 1.0)) + 0.6 * shift])
        stamp(tissues, spacing_mm, tube(points, u(0.35, 0.8)), Tissue.NERVE, over)
    if u() < 0.8:  # trigeminal nerve
        a = ear.at(-u(8, 12), up=u(5, 9), front=u(2, 6))
        points = np.stack([a, a + np.array([u(-2, 1), u(8, 13), u(-1, 3) * out])])
        stamp(tissues, spacing_mm, tube(points, u(1.0, 2.2)), Tissue.NERVE, over)
    for _ in range(int(rng.integers(0, 3))):  # lower cranial nerves
        a = ear.at(-u(10, 15), up=-u(7, 11), front=u(-4, 2))
        points = np.stack([a, ear.at(u(-2, 2), up=-u(8, 12), front=u(-3, 3))])
        stamp(tissues, spacing_mm, tube(points, u(0.4, 0.9)), Tissue.NERVE, over)
    for _ in range(int(rng.integers(1, 4))):  # the anterior inferior cerebellar artery and its loop into the porus
        start = ear.at(-u(16, 22), up=u(-8, 4), front=u(6, 12))
        bends = np.stack([ear.at(-u(0, 14), up=u(-5, 5), front=u(-7, 6)) for _ in range(3)])
        stamp(tissues, spacing_mm, tube(np.vstack([start, bends]), u(0.3, 0.8)), Tissue.SMALL_VESSEL, over)
