"""A glioma grown into the tissues of a head: necrotic core, enhancing rim, edema with fingers, brain pushed aside."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from Training.synthesis.noise import smooth_field
from Training.synthesis.tissues import Tissue

NECROSIS, EDEMA, ENHANCING = 1, 2, 3
"""As BraTS has had them since 2023, and as the labels of the glioma task."""
_HEMISPHERES = (Tissue.CEREBRAL_WHITE, Tissue.CEREBRAL_GRAY)
_WAVE_MM = 14.0
_FINGER_WAVE_MM = 10.0


@dataclass(frozen=True, kw_only=True)
class TumorShape:
    """What a glioma is drawn from; radii in mm of a body that is no ball."""

    core_mm: float
    """Of enhancing rim and necrosis together."""
    rim_share: float
    """Thickness of the rim as a share of that radius; 1 leaves no necrosis, 0 nothing that enhances."""
    edema_ratio: float
    """Radius of the edema over that of the core."""
    push: float
    """Share of the way to the center by which brain at the core's surface is pushed aside."""
    roughness: float

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> "TumorShape":
        """Return one: most have a rim round a necrosis, one in ten enhances nowhere, one in five through and through.

        The ranges are this program's choice and no published statistics.
        """
        kind = rng.random()
        return cls(
            core_mm=float(np.exp(rng.uniform(np.log(7.0), np.log(22.0)))),
            rim_share=0.0 if kind < 0.1 else 1.0 if kind < 0.3 else float(rng.uniform(0.2, 0.45)),
            edema_ratio=float(rng.uniform(1.5, 2.6)),
            push=float(rng.uniform(0.05, 0.3)),
            roughness=float(rng.uniform(0.05, 0.16)),
        )


def pushed_places(
    places_mm: NDArray[np.float32], center_mm: NDArray[np.float64], shape: TumorShape
) -> NDArray[np.float32]:
    """Return where the tissue of each place was before the tumor pushed it outward (mass effect).

    Args:
        places_mm: (3, D, H, W).
        center_mm: (3,) of the tumor.
        shape: How large it is and how much it pushes; far from it nothing moves.
    """
    offset = places_mm - center_mm.astype(np.float32)[:, None, None, None]
    distance_squared = (offset**2).sum(axis=0)
    reach = np.float32(1.8 * shape.core_mm)
    return np.asarray(places_mm - np.float32(shape.push) * offset * np.exp(-distance_squared / reach**2))


def grown_labels(
    rng: np.random.Generator,
    tissues: NDArray[np.uint8],
    places_mm: NDArray[np.float32],
    center_mm: NDArray[np.float64],
    *,
    shape: TumorShape,
    spacing_mm: float,
) -> NDArray[np.uint8]:
    """Return 0, `NECROSIS`, `EDEMA` or `ENHANCING` of every voxel.

    The core grows in the hemispheres alone; edema follows white matter and stops at gray, which gives it its fingers.

    Args:
        rng: Of the sample.
        tissues: (D, H, W) after the push.
        places_mm: (3, D, H, W).
        center_mm: (3,) of the tumor.
        shape: What it is drawn from.
        spacing_mm: Between voxels.
    """
    offset = places_mm - center_mm.astype(np.float32)[:, None, None, None]
    radius = np.sqrt((offset**2).sum(axis=0)) / np.float32(shape.core_mm)
    surface = radius + np.float32(shape.roughness) * smooth_field(rng, tissues.shape, _WAVE_MM / spacing_mm)
    fingers = radius / np.float32(shape.edema_ratio) + np.float32(0.22) * smooth_field(
        rng, tissues.shape, _FINGER_WAVE_MM / spacing_mm
    )
    hemispheres = np.isin(tissues, _HEMISPHERES)
    core = (surface < 1) & hemispheres
    labels = np.zeros(tissues.shape, np.uint8)
    labels[(fingers < 1) & (tissues == Tissue.CEREBRAL_WHITE)] = EDEMA
    labels[core] = ENHANCING if shape.rim_share else NECROSIS
    labels[core & (surface < 1 - shape.rim_share)] = NECROSIS
    return labels
