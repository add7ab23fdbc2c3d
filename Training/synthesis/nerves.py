"""Nerves and small vessels of the cerebellopontine angle and the canal, laid through the fluid that a tumor left.

Thickness and place: facial 1.0, cochlear 1.1 mm mid canal (Laryngoscope 2012, 10.1002/lary.23184), the eighth nerve
2.3 mm at the brainstem and 1.4 before the porus (Acta Neurochir 2012 154:2277); it is a tube at the porus, a crescent
mid canal, open to the facial nerve above and in front, and bundles in the lateral third (AJNR 1996 17:1099).
"""

import numpy as np
from numpy.typing import NDArray

from Training.synthesis.ear import Ear
from Training.synthesis.head import outward
from Training.synthesis.petrous import FLUID
from Training.synthesis.shapes import Point, stamp, tube
from Training.synthesis.tissues import Tissue

_LONGEST_MM = 21.0
_BUNDLES = ((0.45, -0.45), (-0.42, -0.42), (-0.5, 0.3))
"""Of the eighth nerve, to the front and up in half widths at the fundus: cochlear, inferior and superior vestibular."""


def lay_nerves(rng: np.random.Generator, tissues: NDArray[np.uint8], spacing_mm: float, ear: Ear) -> None:
    """Lay nerves and small vessels through the fluid of cistern and canal, in place."""
    u, out = rng.uniform, outward(ear.side)
    _lay_facial_and_eighth(rng, tissues, spacing_mm, ear)
    if u() < 0.85:  # trigeminal nerve
        a = ear.at(-u(8, 12), up=u(5, 9), front=u(2, 6))
        points = np.stack([a, a + np.array([u(-2, 1), u(8, 13), u(-1, 3) * out])])
        stamp(tissues, spacing_mm, tube(points, u(1.0, 1.6)), Tissue.NERVE, FLUID)
    for _ in range(int(rng.integers(0, 3))):  # lower cranial nerves
        a = ear.at(-u(10, 15), up=-u(7, 11), front=u(-4, 2))
        points = np.stack([a, ear.at(u(-2, 2), up=-u(8, 12), front=u(-3, 3))])
        stamp(tissues, spacing_mm, tube(points, u(0.35, 0.6)), Tissue.NERVE, FLUID)
    _lay_vessels(rng, tissues, spacing_mm, ear)


def _lay_facial_and_eighth(rng: np.random.Generator, tissues: NDArray[np.uint8], spacing_mm: float, ear: Ear) -> None:
    root = _brainstem_near(tissues, spacing_mm, ear)
    root = (ear.at(-14, up=-1) if root is None else root) + rng.normal(0, 0.5, 3)
    deep = 0.93 * ear.length_mm
    entry, middle, split = 0.0, 0.5 * ear.length_mm, 0.67 * ear.length_mm
    thick = float(np.clip(rng.normal(1, 0.15), 0.7, 1.3))
    sag = np.array([-rng.uniform(0, 0.8), rng.uniform(-0.5, 0.5), 0])

    def run(front: float, up: float, radii: tuple[float, ...], spread: float) -> None:
        """From the brainstem as one trunk, mid canal partly and laterally wholly at its own place."""
        center = (-0.12, -0.12)  # the trunk lies behind and below the middle
        points = [root, (root + ear.within(entry, *center)) / 2 + sag, ear.within(entry, *center)]
        for along, share in ((middle, spread), (split, 0.9), (deep, 1.0)):
            f, up_here = (c + share * (own - c) for c, own in zip(center, (front, up), strict=True))
            points.append(ear.within(along, f, up_here))
        stamp(tissues, spacing_mm, tube(np.stack(points), [thick * r for r in radii]), Tissue.NERVE, FLUID)

    for front, up in _BUNDLES:
        run(front, up, (1.15, 0.85, 0.7, 0.52, 0.45, 0.45), rng.uniform(0.65, 0.85))
    facial = [root + np.array([1.2, 1.4, 0]), ear.within(-3, 0.1, 0.45), ear.within(middle, 0.35, 0.45),
              ear.within(deep, 0.45, 0.4)]  # fmt: skip
    radius = float(np.clip(rng.normal(0.5, 0.08), 0.36, 0.7))
    stamp(tissues, spacing_mm, tube(np.stack(facial), radius), Tissue.NERVE, FLUID)
    if ear.labyrinth is not None:  # the cochlear nerve's own canal, 2.1 mm wide and 0.9 long
        start = ear.within(0.85 * ear.length_mm, 0.6, -0.6)
        channel = tube(np.stack([start, ear.labyrinth.cochlea_base]), float(rng.uniform(0.55, 0.85)))
        stamp(tissues, spacing_mm, channel, Tissue.NERVE, (Tissue.OTIC_CAPSULE, Tissue.BONE, Tissue.MODIOLUS))


def _brainstem_near(tissues: NDArray[np.uint8], spacing_mm: float, ear: Ear) -> Point | None:
    """Return where the brainstem comes nearest to a place medial of the porus; None where that is far."""
    wanted = ear.at(-8, up=-2, front=-2)
    low = np.maximum(np.floor((wanted - _LONGEST_MM) / spacing_mm), 0).astype(int)
    high = np.ceil((wanted + _LONGEST_MM) / spacing_mm).astype(int)
    window = tissues[tuple(slice(a, max(a, b)) for a, b in zip(low, high, strict=True))]
    voxels = (np.argwhere(window == Tissue.BRAINSTEM) + low) * spacing_mm
    if len(voxels) == 0:
        return None
    away = np.linalg.norm(voxels - wanted, axis=1)
    nearest = voxels[int(away.argmin())]
    return nearest if away.min() < _LONGEST_MM - 6 else None


def _lay_vessels(rng: np.random.Generator, tissues: NDArray[np.uint8], spacing_mm: float, ear: Ear) -> None:
    """Lay the anterior inferior cerebellar artery, whose loop may reach into the canal, and petrosal veins."""
    u = rng.uniform
    radius = float(u(0.4, 0.6))
    for _ in range(int(rng.integers(1, 3))):
        start = ear.at(-u(16, 22), up=u(-8, 2), front=u(6, 12))
        bends = np.stack([ear.at(-u(4, 14), up=u(-5, 5), front=u(-7, 6)) for _ in range(3)])
        stamp(tissues, spacing_mm, tube(np.vstack([start, bends]), radius), Tissue.SMALL_VESSEL, FLUID)
    if u() < 0.48:  # a loop at the porus, seldom in the canal (Chavda I, II, III)
        share = u()
        depth = u(-3, 0) if share < 0.61 else u(0, 0.5) * ear.length_mm if share < 0.88 else u(0.5, 0.8) * ear.length_mm
        far = ear.at(-u(8, 14), up=-u(2, 6), front=u(2, 7))
        back = ear.at(-u(7, 12), up=-u(0, 5), front=-u(3, 7))
        loop = [far, ear.within(min(depth - 2, 0), 0.5, -0.5), ear.within(depth, 0.3, -0.7),
                ear.within(min(depth - 1.5, 0), -0.4, -0.6), back]  # fmt: skip
        stamp(tissues, spacing_mm, tube(np.stack(loop), 0.8 * radius), Tissue.SMALL_VESSEL, FLUID)
    for _ in range(int(rng.integers(1, 3))):  # superior petrosal veins, up to the ridge
        low, high = ear.at(-u(8, 14), up=u(2, 6), front=u(-4, 2)), ear.at(-u(2, 6), up=u(8, 11), front=u(2, 8))
        bend = (low + high) / 2 + rng.normal(0, 1.2, 3)
        stamp(tissues, spacing_mm, tube(np.stack([low, bend, high]), u(0.4, 0.9)), Tissue.SMALL_VESSEL, FLUID)
