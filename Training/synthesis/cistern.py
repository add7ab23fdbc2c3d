"""What runs through the cisterns besides nerves: strands of arachnoid, which show as faint dark lines in bright CSF."""

import numpy as np
from numpy.typing import NDArray

from Training.synthesis.shapes import stamp, tube
from Training.synthesis.tissues import Tissue

_REACH_MM = np.array([14.0, 14.0, 10.0])
_OVER = (Tissue.CSF,)


def lay_strands(
    rng: np.random.Generator, tissues: NDArray[np.uint8], spacing_mm: float, poruses: NDArray[np.float64]
) -> None:
    """Lay 0 to 8 strands and small veins through the CSF medial of each porus, in place; only CSF is replaced.

    Args:
        rng: Draws them.
        tissues: (D, H, W) `Tissue` values.
        spacing_mm: Voxel size.
        poruses: (ears, 3) in mm.
    """
    middle = poruses[:, 2].mean()
    for porus in poruses:
        inward = np.sign(middle - porus[2])
        for _ in range(int(rng.integers(0, 9))):
            start = porus + np.array([0, 2, 9 * inward]) + rng.uniform(-1, 1, 3) * _REACH_MM
            direction = rng.normal(0, 1, 3) * (1.3, 1.0, 0.7)
            direction *= rng.uniform(5, 14) / np.linalg.norm(direction)
            bend = start + direction / 2 + rng.normal(0, 1.5, 3)
            kind = Tissue.SMALL_VESSEL if rng.random() < 0.35 else Tissue.NERVE
            strand = tube(np.stack([start, bend, start + direction]), rng.uniform(0.22, 0.42))
            stamp(tissues, spacing_mm, strand, kind, _OVER)
