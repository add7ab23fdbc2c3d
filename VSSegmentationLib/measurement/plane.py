"""The plane between two parts of a tumor, fitted or set by a person; or why there is none."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib.errors import GeometryError
from VSSegmentationLib.geometry import Triplet


@dataclass(frozen=True, kw_only=True)
class MeatalPlane:
    """The opening of the internal auditory canal toward the brain, taken as a plane."""

    origin_ras_mm: Triplet
    normal_ras: Triplet
    """Unit vector from the canal toward the brain: the extrameatal part lies where (x - origin) . normal > 0."""
    rms_mm: float
    """How far, as a root mean square, the interface of the two parts is from the plane; 0.0 for one set by a person."""
    source: str
    """`fit` or `user`."""

    def __post_init__(self) -> None:
        length = float(np.linalg.norm(self.normal_ras))
        if not np.isfinite((*self.origin_ras_mm, *self.normal_ras, self.rms_mm)).all() or length == 0:
            msg = (
                f"a meatal plane needs finite points and a normal that is not zero, got origin {self.origin_ras_mm} "
                f"and normal {self.normal_ras}"
            )
            raise GeometryError(msg)
        r, a, s = (component / length for component in self.normal_ras)
        object.__setattr__(self, "normal_ras", (r, a, s))

    def height_mm(self, points_ras_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how far (..., 3) points lie from the plane, positive toward the brain."""
        return np.asarray((points_ras_mm - np.array(self.origin_ras_mm)) @ np.array(self.normal_ras))


@dataclass(frozen=True, kw_only=True)
class NoPlane:
    """There is no meatal plane, and why."""

    reason: str
