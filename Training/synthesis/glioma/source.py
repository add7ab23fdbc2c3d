"""Patches of heads with gliomas, drawn when they are asked for."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from Training.sources import without_some_channels
from Training.synthesis.glioma.case import GliomaCase, WholeHead, draw_case
from Training.synthesis.head import read_tissues
from VSSegmentationLib.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class GliomaConfig:
    """Which heads are drawn, and how they are seen."""

    heads: str
    """Folder of head label maps (1 mm NIfTI, `*.nii.gz`)."""
    names: tuple[str, ...] = ()
    """Files of it; left out, all."""
    seed: int = 0
    spacing_mm: float = 1.0
    """Of the isotropic samples."""
    patch_dhw: tuple[int, int, int] = (64, 64, 64)
    tumor_share: float = 0.85
    """Samples with a tumor; the others have none."""
    off_center: float = 0.25
    """How far a tumor's center lies from the sample's middle at most, as a share of the sample's size along each axis:
    at 0.5 as often at the rim as in the middle, as windows over a whole head meet tumors."""
    skull_stripped: bool = True
    left_out_share: float = 0.0
    """Samples that lack a scan (0, the mean), for each of the four by itself, but never all; the model then runs
    without."""

    def __post_init__(self) -> None:
        if self.spacing_mm <= 0 or not 0 <= self.tumor_share <= 1:
            msg = f"spacing_mm must be > 0 and tumor_share from 0 to 1, got {self.spacing_mm} and {self.tumor_share}"
            raise ConfigError(msg)
        if not 0 <= self.off_center <= 0.5:
            msg = f"off_center must lie in 0..0.5, got {self.off_center}"
            raise ConfigError(msg)
        if not 0 <= self.left_out_share < 1:
            msg = f"left_out_share must be at least 0 and below 1, got {self.left_out_share}"
            raise ConfigError(msg)


class GliomaSource:
    """Sample `index` is a pure function of the configuration and the index."""

    def __init__(self, config: GliomaConfig) -> None:
        self.config = config
        folder = Path(config.heads)
        self._files = [folder / name for name in config.names] or sorted(folder.glob("*.nii.gz"))
        missing = sum(not path.is_file() for path in self._files)
        if missing or not self._files:
            found = "none" if missing == len(self._files) else f"all but {missing} of {len(self._files)}"
            msg = f"heads must name a folder with the head label maps (*.nii.gz) that are wanted, found {found} there"
            raise ConfigError(msg)
        self._heads: dict[Path, WholeHead] = {}

    def sample(self, index: int) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        """Return images (4, D, H, W) float32, z-scored over the whole head, and labels (D, H, W) of BraTS."""
        config = self.config
        rng = np.random.default_rng([config.seed, index])
        path = self._files[int(rng.integers(len(self._files)))]
        case = draw_case(
            rng, self._head(path), config.patch_dhw, config.spacing_mm, skull_stripped=config.skull_stripped,
            with_tumor=bool(rng.random() < config.tumor_share), off_center=config.off_center,
        )  # fmt: skip
        images = scored(case)
        if self.config.left_out_share:
            images = without_some_channels(rng, images, self.config.left_out_share)
        return images, case.labels

    def _head(self, path: Path) -> WholeHead:
        if path not in self._heads:
            self._heads[path] = WholeHead.of(read_tissues(path))
        return self._heads[path]


def scored(case: GliomaCase) -> NDArray[np.float32]:
    """Return the scans of mean 0 and deviation 1 over the head; what is no head stays 0, the mean."""
    mean, deviation = np.array(case.intensities, np.float32).T[:, :, None, None, None]
    return np.where(case.scans == 0, np.float32(0), (case.scans - mean) / deviation)
