"""Cochlea, vestibule and semicircular canals of one ear: where they lie from the fundus, and carving them.

Sizes and places are published ones, or measured on a normal ear where nothing is published: cochlea 9.2 x 6.5 x 4.9 mm
of 2.57 turns, its center 3 mm below, 3 in front and 3 medial of the fundus; vestibule 5.9 x 2.5 x 5.1 mm (Hou 2013);
center-line radii of the canals 3.3, 3.2 and 2.5 mm, arcs of two thirds of a circle (Korean J Otolaryngol 2004 47:827,
Gray's Anatomy); the lateral canal's normal leans back by 19 degrees (Della Santina 2005, JARO 6:191).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from Training.synthesis.shapes import Point, Solid, arc, ellipsoid, stamp, tube, window_of
from Training.synthesis.tissues import Tissue

TURN_DEG = np.array([0.0, 90, 180, 270, 360, 540, 720, 925])
"""Round window to apex, 2.57 turns."""
_RADIUS_MM = np.array([4.6, 2.9, 2.9, 1.85, 1.75, 1.25, 0.82, 0.4])
_TUBE_MM = np.array([1.0, 0.98, 0.93, 0.86, 0.77, 0.67, 0.59, 0.5])
_CLIMB_MM = np.array([0.0, 0.05, 0.3, 0.65, 1.1, 2.0, 2.75, 3.4])
_CLOSED_BY_MM = 1.2
"""Hand-drawn cochleae are closed shapes: the fluid closed by this, as the measuring protocol has it."""
_FINE_MM = 0.25


@dataclass(frozen=True, eq=False)
class Labyrinth:
    """Center lines in mm, points (D, H, W)."""

    cochlea: NDArray[np.float64]
    """(N, 3), from the round window to the apex."""
    cochlea_radii_mm: NDArray[np.float64]
    modiolus: Point
    """Unit vector from the base of the cochlea to its apex."""
    vestibule: Point
    vestibule_axes: NDArray[np.float64]
    """Columns: along its length, across, up."""
    vestibule_radii_mm: NDArray[np.float64]
    superior: NDArray[np.float64]
    posterior: NDArray[np.float64]
    lateral: NDArray[np.float64]
    canal_radius_mm: float

    @property
    def cochlea_center(self) -> Point:
        """Volume-weighted center of the cochlea's fluid."""
        return np.asarray(np.average(self.cochlea, axis=0, weights=self.cochlea_radii_mm**2))

    @property
    def cochlea_base(self) -> Point:
        """Where the cochlear nerve enters: the middle of the basal turn."""
        turn = self.cochlea[: len(self.cochlea) * 2 // 5]
        below = (turn - self.cochlea_center) @ self.modiolus
        return np.asarray(self.cochlea_center + below.mean() * self.modiolus)

    def fluid_of_cochlea(self) -> Solid:
        """Return its turns."""
        return tube(self.cochlea, self.cochlea_radii_mm.tolist())

    def solids(self) -> tuple[Solid, ...]:
        """Return vestibule and semicircular canals."""
        thin = self.canal_radius_mm
        ampullae = [ellipsoid(canal[at], [1.5 * thin] * 3) for canal, at in self._ampullae()]
        canals = [tube(canal, thin) for canal in (self.superior, self.posterior, self.lateral)]
        return (ellipsoid(self.vestibule, self.vestibule_radii_mm, self.vestibule_axes), *canals, *ampullae)

    def _ampullae(self) -> tuple[tuple[NDArray[np.float64], int], ...]:
        return (self.superior, 2), (self.posterior, -3), (self.lateral, 2)


def draw_labyrinth(rng: np.random.Generator, fundus: Point, canal: Solid, out: float, size: float) -> Labyrinth:
    """Draw a labyrinth beside the fundus of a canal.

    Args:
        rng: Draws it.
        fundus: The tip of the canal.
        canal: Whose distance says how much bone is left between both.
        out: 1 for a right ear, -1 for a left one, as W grows to the right.
        size: Factor on its lengths.
    """
    mirror = np.array([1.0, 1.0, out])  # everything below is drawn with W to lateral
    cochlea, radii, modiolus = _draw_cochlea(rng, size)
    from_tip = rng.normal((-3.0, 2.9, -3.0), (0.45, 0.45, 0.7))
    wanted = float(np.clip(rng.normal(1.4, 0.15), 1.25, 1.8))
    away = np.array([-0.62, 0.78, 0.0])
    cochlea = fundus + mirror * (cochlea + from_tip)
    cochlea = _keep_apart(cochlea, radii, canal, wanted, mirror * away)
    along = np.array([0.0, np.cos(lean := rng.normal(0.2, 0.08)), np.sin(lean)])
    axes = np.stack([along, np.array([0.0, -along[2], along[1]]), np.array([1.0, 0, 0])], axis=1)
    vestibule_radii = np.array([rng.normal(3.06, 0.1), rng.normal(1.12, 0.06), rng.normal(2.5, 0.15)])
    vestibule_radii = np.clip(vestibule_radii, (2.96, 1.02, 2.2), (3.2, 1.18, 2.8))
    vestibule = fundus + mirror * (np.array([-1.7, -2.4, 1.5]) + rng.normal(0, 0.35, 3))
    thin = float(np.clip(rng.normal(0.55, 0.06), 0.45, 0.7))
    canals = [mirror * points for points in _draw_canals(rng, vestibule_radii)]
    outline = np.vstack([_shell(vestibule_radii, axes, mirror), *canals])
    thick = np.append(np.zeros(len(outline) - sum(map(len, canals))), np.full(sum(map(len, canals)), 1.3 * thin))
    gap = float(np.clip(rng.normal(1.35, 0.1), 1.25, 1.6))
    vestibule = _keep_apart(vestibule + outline, thick, canal, gap, mirror * (0, -0.5, 0.86))[0] - outline[0]
    superior, posterior, lateral = (vestibule + points for points in canals)
    return Labyrinth(
        cochlea=cochlea,
        cochlea_radii_mm=radii,
        modiolus=mirror * modiolus,
        vestibule=vestibule,
        vestibule_axes=mirror[:, None] * axes,
        vestibule_radii_mm=vestibule_radii,
        superior=superior,
        posterior=posterior,
        lateral=lateral,
        canal_radius_mm=thin,
    )


def _draw_cochlea(
    rng: np.random.Generator, size: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return center line round its own center (W to lateral), radii, and the unit vector from base to apex."""
    modiolus = np.array([-0.36, 0.85, 0.38]) + rng.normal(0, 0.08, 3)
    modiolus /= np.linalg.norm(modiolus)
    # The round window faces back, and the basal turn sets out from there downward, medially round the modiolus.
    start = np.array([-0.35, -0.75, 0.55]) + rng.normal(0, 0.08, 3)
    e1 = start - (start @ modiolus) * modiolus
    e1 /= np.linalg.norm(e1)
    e2 = np.cross(modiolus, e1)
    if e2[0] > 0:
        e2 = -e2
    degrees = np.linspace(0, 925 + rng.normal(0, 25), 44)
    shared = np.minimum(degrees, 925)
    radius = np.interp(shared, TURN_DEG, _RADIUS_MM)
    climb = np.interp(shared, TURN_DEG, _CLIMB_MM)
    angle = np.radians(degrees)
    line = radius[:, None] * (np.cos(angle)[:, None] * e1 + np.sin(angle)[:, None] * e2) + climb[:, None] * modiolus
    radii = size * np.interp(shared, TURN_DEG, _TUBE_MM) * float(np.clip(rng.normal(1, 0.03), 0.94, 1.06))
    line = size * line
    return line - np.average(line, axis=0, weights=radii**2), radii, modiolus


def _shell(radii: NDArray[np.float64], axes: NDArray[np.float64], mirror: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return points on an ellipsoid round 0."""
    grid = np.stack(np.meshgrid(*[[-1.0, -0.6, 0, 0.6, 1.0]] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    grid = grid[np.abs(grid).sum(axis=1) > 0]
    points = grid / np.linalg.norm(grid, axis=1)[:, None] * radii
    return np.asarray(mirror * (points @ axes.T))


def _keep_apart(
    points: NDArray[np.float64], radii: NDArray[np.float64], canal: Solid, gap_mm: float, away: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the points shifted along `away` until the least bone between their surface and the canal is `gap_mm`."""
    for _ in range(60):
        d, h, w = (points[:, axis].astype(np.float32) for axis in range(3))
        left = float((canal.distance(d, h, w) - radii).min()) - gap_mm
        if abs(left) < 0.08:
            break
        points = points - np.clip(0.7 * left, -0.5, 0.25 if left < 0.6 else 0.0) * away
    return points


def _draw_canals(rng: np.random.Generator, vestibule: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """Return center lines of superior, posterior and lateral canal from the vestibule's center, W to lateral."""
    tilt = rng.normal(0, 0.06, (3, 3))
    up = _unit(np.array([0.94, -0.32, -0.04]) + tilt[0])  # the lateral canal's normal
    petrous = _across(np.array([0.0, -0.7, 0.7]) + tilt[1], up)  # along the pyramid, to the back and out
    across = np.cross(up, petrous)
    across *= np.sign(across[1])  # to the front and out
    radius = np.clip(rng.normal((3.3, 3.2, 2.5), (0.2, 0.2, 0.17)), (2.8, 2.7, 2.1), (3.8, 3.7, 2.9))
    opening = np.radians(rng.normal(240, 8, 3))
    # Superior: stands on the roof, across the pyramid; from the ampulla in front to the common crus behind.
    roof = 0.72 * vestibule[2] * up + 0.3 * petrous
    top = roof + radius[0] * np.cos(np.pi - opening[0] / 2) * up
    superior = arc(top, across, up, radius[0], opening[0])
    crus_top = superior[-1]
    crus = np.array([0.35 * vestibule[2], -0.5 * vestibule[0], -0.1])
    # Posterior: leaves the crus, runs back along the pyramid and comes home from below.
    half = opening[1] / 2
    behind = crus_top - radius[1] * np.sin(np.pi - half) * up + radius[1] * np.cos(np.pi - half) * petrous
    posterior = arc(behind, up, petrous, radius[1], opening[1])
    floor = np.array([-0.4 * vestibule[2], -0.55 * vestibule[0], -0.2])
    # Lateral: out and back from the wall, both ends in the vestibule.
    outward = _across(np.array([0.0, -0.42, 0.9]), up)
    front = np.cross(up, outward)
    front *= np.sign(front[1])
    middle = np.array([0.25, 0, 0.15]) + radius[2] * np.cos(np.pi - opening[2] / 2) * outward
    lateral = arc(middle, front, outward, radius[2], opening[2])
    return (
        np.vstack([0.45 * superior[0], superior, crus]),
        np.vstack([crus, posterior, floor]),
        np.vstack([0.6 * lateral[0], lateral, 0.6 * lateral[-1]]),
    )


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(vector / np.linalg.norm(vector))


def _across(vector: NDArray[np.float64], to: NDArray[np.float64]) -> NDArray[np.float64]:
    return _unit(vector - (vector @ to) * to)


def carve_labyrinth(tissues: NDArray[np.uint8], spacing_mm: float, labyrinth: Labyrinth) -> None:
    """Carve it, in place: the cochlea as fluid and, within its closed shape, what lies between the turns."""
    for solid in labyrinth.solids():
        stamp(tissues, spacing_mm, solid, Tissue.LABYRINTH)
    turns = labyrinth.fluid_of_cochlea()
    window = window_of(turns, tissues.shape, spacing_mm)
    if window is None:
        return
    closed = closed_cochlea(labyrinth)
    places = np.meshgrid(*[c.ravel() for c in window.coordinates], indexing="ij")
    index = [(p - low) / _FINE_MM for p, low in zip(places, turns.low - _MARGIN_MM, strict=True)]
    inside = ndimage.map_coordinates(closed.astype(np.float32), index, order=1, mode="constant") > 0.5
    region = tissues[window.voxels]
    region[inside & (region != Tissue.LABYRINTH)] = Tissue.MODIOLUS
    region[turns.distance(*window.coordinates) < 0] = Tissue.COCHLEA


_MARGIN_MM = _CLOSED_BY_MM + 0.5


def closed_cochlea(labyrinth: Labyrinth) -> NDArray[np.bool_]:
    """Return the cochlea's fluid closed by 1.2 mm with its holes filled, at 0.25 mm, from its low corner - 1.7 mm."""
    turns = labyrinth.fluid_of_cochlea()
    count = np.ceil((turns.high - turns.low + 2 * _MARGIN_MM) / _FINE_MM).astype(int) + 1
    axes = [(low - _MARGIN_MM + np.arange(n) * _FINE_MM).astype(np.float32)
            for low, n in zip(turns.low, count, strict=True)]  # fmt: skip
    fluid = turns.distance(axes[0][:, None, None], axes[1][None, :, None], axes[2][None, None, :]) < 0
    return closed_by(fluid, _FINE_MM, _CLOSED_BY_MM)


def closed_by(mask: NDArray[np.bool_], spacing_mm: float, by_mm: float) -> NDArray[np.bool_]:
    """Return a mask closed by a ball of this radius, and its holes filled; away from the array's border."""
    near = ndimage.distance_transform_edt(~mask, spacing_mm) <= by_mm
    closed = ndimage.distance_transform_edt(near, spacing_mm) > by_mm
    return np.asarray(ndimage.binary_fill_holes(closed | mask))
