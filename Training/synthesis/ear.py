"""One side of a skull base: the internal auditory canal, where it opens, and the labyrinth beyond its end.

Sizes are drawn round published ones: length along the axis 10.5 mm (Marques 2012, Gozen 2026, CT of 210 and 162 ears),
4.5 x 4.8 mm halfway (CT series and a real ear), funnel, cylinder or bud in 58, 31 and 11 % (Marques 2012). Casts have
the anterior wall 5.8 mm longer than the posterior one, so the plane of the porus, which runs through both lips, is
oblique: canals are cut by it, not across their axis.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from Training.synthesis.head import SIDES, Side, outward
from Training.synthesis.labyrinth import Labyrinth, draw_labyrinth
from Training.synthesis.shapes import Distance, Point, Profile, Solid, beyond, duct

CanalShape = Literal["funnel", "cylinder", "bud"]
_SHARES: tuple[tuple[CanalShape, float], ...] = (("funnel", 0.58), ("cylinder", 0.31), ("bud", 0.11))
_SHARED_VARIANCE = 0.9
"""Of what two ears of one head differ by from others: left and right agree within 1 mm in 90 % (Todd 2010)."""
_NARROWS_TO = 0.68
"""Width at the fundus as a share of that halfway: 3.1 to 3.9 mm of AP in casts and histology."""
_BUD_MM = 0.8
_ROUND_MM = 1.3
"""Length of the rounded blind end."""


@dataclass(frozen=True, eq=False)
class Ear:
    """Where a canal is and how wide. Points and directions are (D, H, W) in mm."""

    side: Side
    porus: Point
    """Where the axis meets the plane through both lips."""
    axis: Point
    """Unit vector from the porus to the fundus."""
    length_mm: float
    """From the porus to the fundus along the axis."""
    ap_mm: float
    """Width halfway, anterior to posterior."""
    cc_mm: float
    """Height halfway."""
    flare_mm: float
    """How much wider the canal is at the porus, across the axis."""
    lips_mm: float
    """How far medial of the posterior lip the anterior one lies, along the axis."""
    shape: CanalShape = "funnel"
    labyrinth: Labyrinth | None = None
    """None where only a canal is wanted."""

    @property
    def cochlea_center(self) -> Point:
        """The center of the cochlea; without one, where it lies from the fundus on average."""
        if self.labyrinth is not None:
            return self.labyrinth.cochlea_center
        return np.asarray(self.fundus + np.array([-3.0, 2.9, -3.0 * outward(self.side)]))

    @property
    def fundus(self) -> Point:
        """The tip of the canal: its lateral, blind end."""
        return np.asarray(self.porus + self.length_mm * self.axis)

    @property
    def radius_mm(self) -> float:
        """Half the width halfway of a round canal of the same section."""
        return float(np.sqrt(self.ap_mm * self.cc_mm) / 2)

    @property
    def frame(self) -> NDArray[np.float64]:
        """(3, 3), columns: the axis, to the front and up, at right angles."""
        up = np.array([1.0, 0, 0]) - self.axis[0] * self.axis
        up /= np.linalg.norm(up)
        front = np.cross(up, self.axis)
        return np.stack([self.axis, front * np.sign(front[1]), up], axis=1)

    @property
    def opening_normal(self) -> Point:
        """Unit vector into the canal, at right angles to the plane of the porus."""
        frame = self.frame
        slope = self.lips_mm / (self.ap_mm + self.flare_mm)
        return np.asarray((frame[:, 0] + slope * frame[:, 1]) / np.hypot(1, slope))

    def lateral_of_porus(self, by_mm: float = 0.0) -> Distance:
        """Return the half space lateral of the porus, or of a plane `by_mm` farther in."""
        return beyond(self.porus + by_mm * self.opening_normal, self.opening_normal)

    def at(self, along: float, up: float = 0.0, front: float = 0.0, out: float = 0.0) -> Point:
        """Return porus + along the axis + offsets to superior, anterior and away from the midline, in mm."""
        return np.asarray(self.porus + along * self.axis + np.array([up, front, out * outward(self.side)]))

    def within(self, along: float, front: float, up: float) -> Point:
        """Return a point of the canal; `front` and `up` in half widths of its section, 0 on the axis."""
        half = self.half_widths(np.array([along]))
        return np.asarray(self.porus + self.frame @ np.array([along, front * half[0, 0], up * half[0, 1]]))

    def half_widths(self, along: NDArray[np.float64], widen: float = 1.0) -> NDArray[np.float64]:
        """Return (N, 2) half widths to the front and up at places along the axis, without the rounding of the end."""
        share = np.clip(along / self.length_mm, 0, 1)
        narrow = 1 - (1 - _NARROWS_TO) * np.clip((share - 0.5) / 0.5, 0, 1) ** 1.3
        bud = _BUD_MM * np.exp(-(((share - 0.5) / 0.22) ** 2)) if self.shape == "bud" else 0.0 * share
        flare = self.flare_mm * np.maximum(1 - 2 * share, 0)
        ap = (self.ap_mm - (_BUD_MM if self.shape == "bud" else 0)) * narrow + bud + flare
        cc = self.cc_mm * narrow + 0.15 * flare
        return np.asarray(widen * np.stack([ap, cc], axis=1) / 2)

    def canal(self, start_mm: float = -1.5, stop_mm: float | None = None, widen: float = 1.0) -> Solid:
        """Return the canal, or the stretch of it from `start_mm` to `stop_mm` past the porus; both ends are round."""
        stop = self.length_mm if stop_mm is None else min(stop_mm, self.length_mm)
        start = min(start_mm, stop - 0.2)
        cap = min(_ROUND_MM, (stop - start) / 2)
        rounding = cap * (1 - np.cos(np.linspace(0, np.pi / 2, 7)))
        middle = np.linspace(start + cap, stop - cap, 13)
        along = np.concatenate([start + rounding[:-1], middle, stop - rounding[:-1][::-1]])
        to_end = np.clip(np.minimum(along - start, stop - along) / cap, 0, 1)
        half = self.half_widths(along, widen) * np.maximum(np.sqrt(1 - (1 - to_end) ** 2), 0.04)[:, None]
        return duct(self.porus, self.frame, Profile(along, half[:, 0], half[:, 1]))


def draw_ears(rng: np.random.Generator, poruses: dict[Side, Point]) -> tuple[Ear, ...]:
    """Draw both ears of a head, which are alike in size and shape."""
    traits = rng.standard_normal(_TRAITS)
    return tuple(draw_ear(rng, side, poruses[side], traits) for side in SIDES)


_TRAITS = 7


def draw_ear(rng: np.random.Generator, side: Side, porus: Point, traits: NDArray[np.float64] | None = None) -> Ear:
    """Draw a canal that opens at `porus`, and the labyrinth beyond it.

    Args:
        rng: Draws it.
        side: Which one.
        porus: Middle of the opening.
        traits: (7,) standard normal numbers of the head, which both ears share 0.9 of the variance with.
    """
    own = rng.standard_normal(_TRAITS)
    z = own if traits is None else np.sqrt(_SHARED_VARIANCE) * traits + np.sqrt(1 - _SHARED_VARIANCE) * own
    axis = np.array([rng.normal(0, 0.08), 0.12 + 0.12 * z[0], outward(side)])
    shape = _shape(float(stats.norm.cdf(z[1])))
    ap = float(np.clip(4.5 + 0.75 * z[2], 3.3, 6.4))
    cc = float(np.clip(ap + 0.3 + 0.4 * z[3], 3.4, 6.6))
    flare = {"funnel": 2.3, "cylinder": 0.6, "bud": 0.2}[shape] * float(np.exp(0.3 * z[4] - 0.045))
    ear = Ear(
        side=side,
        porus=porus,
        axis=axis / np.linalg.norm(axis),
        length_mm=float(np.clip(11.0 + 1.5 * z[5], 8.0, 14.4)),
        ap_mm=ap,
        cc_mm=cc,
        flare_mm=min(flare, 4.0),
        lips_mm=float(np.clip(rng.normal(5.5, 0.5), 4.5, 6.5)),
        shape=shape,
    )
    size = float(np.clip(1 + 0.025 * z[6], 0.94, 1.07))
    labyrinth = draw_labyrinth(rng, ear.fundus, ear.canal(), outward(side), size)
    return Ear(**{**vars(ear), "labyrinth": labyrinth})


def _shape(share: float) -> CanalShape:
    for shape, width in _SHARES:
        if share < width:
            return shape
        share -= width
    return _SHARES[-1][0]
