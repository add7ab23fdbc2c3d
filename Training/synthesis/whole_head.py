"""Whole synthetic heads at low resolution, for the network that finds the two internal auditory canals."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from Training.synthesis.contrast import ContrastKind, ContrastRanges, draw_contrast
from Training.synthesis.ear import Ear, draw_ears
from Training.synthesis.head import SIDES, Head, read_head
from Training.synthesis.noise import smooth_field
from Training.synthesis.petrous import carve_ear
from Training.synthesis.render import AcquisitionRanges, draw_acquisition, render
from Training.synthesis.shapes import ellipsoid, stamp
from Training.synthesis.tissues import Tissue
from Training.synthesis.warp import MIRROR, Places, draw_matrix, nearest_voxel
from VSSegmentationLib.errors import ConfigError

FINE_MM = 1.5
STEP = 2
"""The image has voxels of FINE_MM * STEP = 3 mm."""
RIGHT, LEFT, RIGHT_FUNDUS, LEFT_FUNDUS = 1, 2, 3, 4
_BOTH_EARS_DHW = ((12, 40), (18, 64), (26, 64))
_ONE_EAR_DHW = ((7, 18), (8, 24), (9, 28))
"""Least and most voxels of a field of view that is not whole."""
_ROTATION_DEG = (15.0, 15.0, 25.0)
"""Yaw, roll and pitch: how heads lie in scanners."""
_SCALE, _DEFORMATION_MM = 0.15, 2.0


@dataclass(frozen=True, kw_only=True)
class WholeHeadConfig:
    """Which heads are drawn, and how they are seen; the defaults are those of the locator that ships."""

    heads: str
    """Folder of head label maps (1 mm NIfTI, `*.nii.gz`)."""
    seed: int = 0
    size_dhw: tuple[int, int, int] = (48, 64, 64)
    """Voxels of 3 mm; a head or a field of view that is smaller leaves the rest at 0, the mean of the scan."""
    target_radius_mm: float = 12.0
    """Radius of the ball round each porus that the network learns to mark."""
    fundus_radius_mm: float = 0.0
    """Of the ball round the tip of each canal, over that of its porus; 0 marks none. Only carved canals have a tip."""
    whole_share: float = 0.3
    """Fields of view that hold as much head as fits; the others are slabs and crops."""
    one_ear_share: float = 0.2
    """Of all fields of view, small ones round one ear, which may not reach the other."""
    carved_share: float = 0.85
    """Heads whose canals and labyrinths are carved; label maps of heads show none."""
    cet1_share: float = 0.2
    random_share: float = 0.15
    """Heads with a fully random contrast; what these two leave of 1 is T2."""
    contrast: ContrastRanges = field(
        default_factory=lambda: ContrastRanges(bright_tumor_share=0.25, dim_canal_share=0.25, enhanced_share=0.25)
    )
    acquisition: AcquisitionRanges = field(
        default_factory=lambda: AcquisitionRanges(
            slice_mm=(3.0,),
            real_profile_share=0.0,
            cut_share=0.0,
            blur_mm=(0.3, 1.2),
            noise=(0.004, 0.07),
            clip_share=0.0,
        )
    )

    def __post_init__(self) -> None:
        if self.whole_share + self.one_ear_share > 1 or self.cet1_share + self.random_share > 1:
            msg = "shares must not add up to more than 1"
            raise ConfigError(msg)


class WholeHeadSource:
    """Sample `index` is a pure function of the configuration and the index."""

    def __init__(self, config: WholeHeadConfig) -> None:
        self.config = config
        self._files = sorted(Path(config.heads).glob("*.nii.gz"))
        if not self._files:
            msg = "heads must name a folder with head label maps (*.nii.gz), found none there"
            raise ConfigError(msg)
        self._heads: dict[Path, Head] = {}

    def sample(self, index: int) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        """Return image (1, D, H, W) float32, z-scored over its field of view, and labels.

        These are 0, 1 right porus, 2 left porus and, where they are wanted, 3 right and 4 left tip of the fundus.
        """
        rng = np.random.default_rng([self.config.seed, index])
        head = self._head(self._files[int(rng.integers(len(self._files)))])
        tissues, poruses = self._deform(rng, head)
        ears: tuple[Ear, ...] = ()
        if rng.random() < self.config.carved_share:
            ears = draw_ears(rng, dict(zip(SIDES, poruses, strict=True)))
            for ear in ears:
                carve_ear(rng, tissues, FINE_MM, ear)
        self._grow_masses(rng, tissues, poruses)
        contrast = draw_contrast(rng, self._draw_kind(rng), self.config.contrast)
        acquisition = draw_acquisition(rng, self.config.acquisition)
        image = render(rng, tissues, FINE_MM, contrast, acquisition, slice_step=STEP)
        image = ndimage.uniform_filter(image, (1, STEP, STEP))[:, ::STEP, ::STEP]
        seen = self._field_of_view(rng, image.shape, poruses)
        inside = image[seen]
        result = np.zeros_like(image)
        result[seen] = (inside - inside.mean()) / max(float(inside.std()), 1e-6)
        labels = np.zeros(image.shape, dtype=np.uint8)
        for value, porus in zip((RIGHT, LEFT), poruses, strict=True):
            stamp(labels, FINE_MM * STEP, ellipsoid(porus, [self.config.target_radius_mm] * 3), value)
        for ear in ears if self.config.fundus_radius_mm > 0 else ():
            tip = ellipsoid(ear.fundus, [self.config.fundus_radius_mm] * 3)
            stamp(labels, FINE_MM * STEP, tip, RIGHT_FUNDUS if ear.side == "right" else LEFT_FUNDUS)
        outside = np.ones(image.shape, dtype=np.bool_)
        outside[seen] = False
        labels[outside] = 0
        return result[None], labels

    def _draw_kind(self, rng: np.random.Generator) -> ContrastKind:
        share = rng.random()
        if share < self.config.random_share:
            return "random"
        return "ceT1" if share < self.config.random_share + self.config.cet1_share else "T2"

    def _head(self, path: Path) -> Head:
        if path not in self._heads:
            self._heads[path] = read_head(path)
        return self._heads[path]

    def _deform(self, rng: np.random.Generator, head: Head) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
        """Return tissues at 1.5 mm and both poruses (right, left) in mm of that grid."""
        places, mirrored = self._draw_places(rng, (head.porus_dhw_mm["right"] + head.porus_dhw_mm["left"]) / 2)
        tissues = ndimage.map_coordinates(head.tissues, places, order=0, mode="constant", cval=int(Tissue.AIR))
        right_then_left = SIDES[::-1] if mirrored else SIDES
        poruses = [
            nearest_voxel(places, head.porus_dhw_mm[own].astype(np.float32)) * FINE_MM for own in right_then_left
        ]
        return tissues, np.stack(poruses)

    def _draw_places(self, rng: np.random.Generator, middle: NDArray[np.float64]) -> tuple[Places, bool]:
        """Return what each voxel shows of a head, `middle` of it near the center, and whether it is mirrored."""
        shape = [n * STEP for n in self.config.size_dhw]
        extent = np.array(shape) * FINE_MM
        center = extent / 2 + rng.uniform(-0.15, 0.15, 3) * extent
        matrix = draw_matrix(rng, _ROTATION_DEG, _SCALE)
        mirrored = bool(rng.random() < 0.5)
        if mirrored:
            matrix = MIRROR @ matrix
        ranges = [np.arange(n, dtype=np.float32) * np.float32(FINE_MM) for n in shape]
        grid = np.stack(np.meshgrid(*[r - np.float32(c) for r, c in zip(ranges, center, strict=True)], indexing="ij"))
        places = np.einsum("ij,jdhw->idhw", matrix.astype(np.float32), grid)
        places += middle.astype(np.float32)[:, None, None, None]
        for axis in range(3):
            places[axis] += np.float32(_DEFORMATION_MM) * smooth_field(rng, shape, 28)
        return places, mirrored

    def _grow_masses(self, rng: np.random.Generator, tissues: NDArray[np.uint8], poruses: NDArray[np.float64]) -> None:
        """Put a tumor at one porus or both, and sometimes blank the face as defacing does, in place."""
        for porus, inward in zip(poruses, (-1.0, 1.0), strict=True):
            if rng.random() < 0.4:
                radius = float(np.exp(rng.uniform(np.log(2.0), np.log(19.0))))
                center = porus + np.array([rng.normal(0, 2), rng.normal(0, 2), inward * 0.7 * radius])
                stamp(tissues, FINE_MM, ellipsoid(center, radius * rng.uniform(0.8, 1.2, 3)), Tissue.EXTRAMEATAL_TUMOR)
        if rng.random() < 0.12:
            front = int((poruses[:, 1].mean() + rng.uniform(25, 60)) / FINE_MM)
            tissues[: int(poruses[:, 0].mean() / FINE_MM + rng.uniform(0, 20)), max(front, 0) :] = Tissue.AIR

    def _field_of_view(
        self, rng: np.random.Generator, shape: tuple[int, ...], poruses: NDArray[np.float64]
    ) -> tuple[slice, slice, slice]:
        share = rng.random()
        if share < self.config.whole_share:
            return slice(None), slice(None), slice(None)
        one_ear = share > 1 - self.config.one_ear_share
        center, limits = poruses.mean(axis=0), _BOTH_EARS_DHW
        if one_ear:
            center, limits = poruses[int(rng.integers(2))], _ONE_EAR_DHW
        center = center / (FINE_MM * STEP) + rng.normal(0, (2, 2, 2) if one_ear else (5, 5, 4))
        window = []
        for middle, n, (least, most) in zip(center, shape, limits, strict=True):
            size = int(rng.integers(least, most + 1))
            start = int(np.clip(round(middle - size / 2), 0, n - least))
            window.append(slice(start, min(n, start + size)))
        return window[0], window[1], window[2]
