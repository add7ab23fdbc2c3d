"""Training patches: a stored pool of skull bases, each patch with a contrast and a scanner of its own."""

import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from Training.synthesis.anatomy import SPACING_MM
from Training.synthesis.contrast import ContrastKind, ContrastRanges, draw_contrast
from Training.synthesis.render import AcquisitionRanges, draw_acquisition, region_statistics, render
from Training.synthesis.tissues import Tissue, target_labels
from Training.synthesis.warp import Degrees, turned
from VSSegmentationLib.errors import ConfigError, InputRefusedError
from VSSegmentationLib.labels import Label

SLICE_STEP = 3
"""Fine voxels per slice of the working grid: 1.5 mm."""
_LEFT = 1
_TUMOR = (Tissue.EXTRAMEATAL_TUMOR, Tissue.INTRAMEATAL_TUMOR)

Box = tuple[slice, slice, slice]


@dataclass(frozen=True, kw_only=True)
class SynthesisConfig:
    """Which patches are drawn, from which pool; the defaults are those of the T2 model that ships."""

    pool: str
    """Folder of `NNNN.npz` files that `python -m Training.synthesis pool` wrote."""
    seed: int = 0
    patch_dhw: tuple[int, int, int] = (24, 88, 88)
    """Slices of 1.5 mm, pixels of 0.5 mm."""
    tumor_share: float = 0.7
    """Patches centered near a tumor voxel, where there is one."""
    ear_share: float = 0.3
    """Patches centered near a porus; the rest lie anywhere."""
    centered_on_pori: bool = True
    """Every patch is centered near a porus and mirrored so that its ear is a right one; `tumor_share` is then how many
    show an ear with a tumor, where there is one."""
    medial_of_porus_mm: float = 5.0
    """How far medial of the porus such a patch is centered on average: most of a tumor lies there."""
    centered_on_tumor: bool = False
    """Every patch is centered on the box of a tumor, off by `located_within_mm`, its ear mirrored to a right one: what
    stage 2 is shown."""
    located_within_mm: tuple[float, float, float] = (3.0, 4.0, 4.5)
    """Standard deviation of its place along D, H, W: what a locator misses by, which is more beside a tumor."""
    moved_share: float = 0.2
    """Patches moved by a third of their size along one axis, as windows are where a tumor goes on beyond them."""
    tilt_deg: tuple[float, float, float] = (15.0, 15.0, 18.0)
    """Largest turn of a patch about D (yaw), H (roll) and W (pitch), on top of the skull base's own; 0 keeps it."""
    tilt_share: float = 0.6
    """Patches that are turned."""
    keep_cochlea: bool = False
    """Labels hold the cochlea, its closed shape, as `Label.COCHLEA`."""
    narrow_share: float = 0.15
    """Patches that lie partly outside a narrow field of view: 0 there, the mean of what is inside, as in inference."""
    narrow_to: tuple[float, float] = (0.45, 1.0)
    """How much of such a patch lies inside, along each axis."""
    healthy_ears: bool = False
    """Those near a porus take the side without a tumor, where there is one."""
    t2_share: float = 0.99
    cet1_share: float = 0.0
    """What is left of 1 is a fully random contrast."""
    contrast: ContrastRanges = field(default_factory=ContrastRanges)
    acquisition: AcquisitionRanges = field(default_factory=AcquisitionRanges)

    def __post_init__(self) -> None:
        if self.t2_share + self.cet1_share > 1 or self.tumor_share + self.ear_share > 1:
            msg = "shares must not add up to more than 1"
            raise ConfigError(msg)


class SyntheticSource:
    """Sample `index` is a pure function of the configuration and the index."""

    def __init__(self, config: SynthesisConfig) -> None:
        self.config = config
        self._files = sorted(Path(config.pool).glob("*.npz"))
        self._shown: dict[int, int] = {}
        """The skull base that is shown in place of one without a tumor, by number, as far as it was asked for."""
        if not self._files:
            msg = "the pool of skull bases is empty: write one with `python -m Training.synthesis pool`"
            raise ConfigError(msg)

    @property
    def count(self) -> int:
        """How many skull bases the pool has."""
        return len(self._files)

    def skull_base(self, index: int) -> int:
        """Return the number in the pool of what a sample shows."""
        number = int(np.random.default_rng([self.config.seed, index]).integers(len(self._files)))
        if self.config.centered_on_tumor and number not in self._shown:
            self._shown[number] = self._with_tumor(number)[0]
        return self._shown.get(number, number)

    def has_tumor(self, number: int) -> bool:
        """Return whether a skull base of the pool has a tumor at a porus, so that patches can show it."""
        tissues, poruses = _read_skull_base(self._files[number])
        return any(_tumor_near(tissues, porus) for porus in poruses)

    def head(self, number: int) -> str:
        """Return the name of the head that a skull base of the pool was drawn from, without its suffix."""
        (head,) = stored_in_pool(self._files[number], "head")
        return str(head).removesuffix(".nii.gz")

    def sample(self, index: int) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        """Return one patch.

        Returns:
            image (1, D, H, W) float32, normalized as a region of a real scan is, and labels (D, H, W) uint8 with
            `Label.BACKGROUND`, `EXTRAMEATAL`, `INTRAMEATAL`, and `COCHLEA` where the configuration keeps it.
        """
        rng = np.random.default_rng([self.config.seed, index])
        number = int(rng.integers(len(self._files)))
        if self.config.centered_on_tumor:
            _, tissues, poruses = self._with_tumor(number)
        else:
            tissues, poruses = _read_skull_base(self._files[number])
        at_ear = self.config.centered_on_pori or self.config.centered_on_tumor
        ear = self._choose_ear(rng, tissues, poruses) if at_ear else None
        if rng.random() < 0.5 if ear is None else ear == _LEFT:
            tissues = tissues[:, :, ::-1]
            poruses = np.stack([poruses[:, 0], poruses[:, 1], (tissues.shape[2] - 1) * SPACING_MM - poruses[:, 2]], 1)
        if ear is None:
            center = self._draw_center(rng, tissues, poruses)
        else:
            center = (self._middle(ear, tissues, poruses) + rng.normal(0, self.config.located_within_mm)) / SPACING_MM
            if self.config.moved_share > 0 and rng.random() < self.config.moved_share:
                center += self._move(rng)
        fine = self._cut(rng, tissues, center)
        share = rng.random()
        kind: ContrastKind = "random"
        if share < self.config.t2_share + self.config.cet1_share:
            kind = "T2" if share < self.config.t2_share else "ceT1"
        contrast = draw_contrast(rng, kind, self.config.contrast)
        acquisition = draw_acquisition(rng, self.config.acquisition)
        image = render(rng, fine, SPACING_MM, contrast, acquisition, slice_step=SLICE_STEP)
        mean, deviation = region_statistics(tissues, contrast, acquisition)
        image = (image - mean) / deviation
        image = image * np.float32(rng.uniform(0.8, 1.25)) + np.float32(rng.normal(0, 0.15))
        inner = tuple(slice(m, m + n) for m, n in zip(self._margin(), self.config.patch_dhw, strict=True))
        labels = target_labels(fine[SLICE_STEP // 2 :: SLICE_STEP])[inner]
        if not self.config.keep_cochlea:
            labels[labels == Label.COCHLEA] = Label.BACKGROUND
        image = image[inner]
        if self.config.narrow_share > 0 and rng.random() < self.config.narrow_share:
            inside = _narrow_field(rng, labels.shape, self.config.narrow_to)
            image, labels = _seen_only(rng, image, labels, inside)
        return np.ascontiguousarray(image)[None], np.ascontiguousarray(labels)

    def _margin(self) -> tuple[int, int, int]:
        """Voxels rendered round the patch, so that blur and thick slices see beyond its border."""
        return 2, 4, 4

    def _size(self) -> NDArray[np.int64]:
        """Return the size of a patch with margin, in fine voxels."""
        size = np.array([n + 2 * m for n, m in zip(self.config.patch_dhw, self._margin(), strict=True)])
        size[0] *= SLICE_STEP
        return size

    def _choose_ear(self, rng: np.random.Generator, tissues: NDArray[np.uint8], poruses: NDArray[np.float64]) -> int:
        """Return the number of an ear: with or without a tumor as the share asks, as far as there are such ears."""
        ill = [_tumor_near(tissues, porus) for porus in poruses]
        wanted = self.config.centered_on_tumor or bool(rng.random() < self.config.tumor_share)
        fitting = [ear for ear, has_tumor in enumerate(ill) if has_tumor == wanted] or [0, 1]
        return fitting[int(rng.integers(len(fitting)))]

    def _with_tumor(self, number: int) -> tuple[int, NDArray[np.uint8], NDArray[np.float64]]:
        """Return this skull base, or the next one of the pool that has a tumor at a porus, with its number."""
        for step in range(len(self._files)):
            shown = (number + step) % len(self._files)
            tissues, poruses = _read_skull_base(self._files[shown])
            if any(_tumor_near(tissues, porus) for porus in poruses):
                break
        return shown, tissues, poruses

    def _middle(self, ear: int, tissues: NDArray[np.uint8], poruses: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the middle in mm of what a patch shows: of the tumor on this side, or a place medial of the porus."""
        if self.config.centered_on_tumor:
            lateral = np.arange(tissues.shape[2]) * SPACING_MM
            side = np.abs(lateral - poruses[ear, 2]) < np.abs(lateral - poruses[1 - ear, 2])
            tumor = np.isin(tissues, _TUMOR) & side
            if tumor.any():
                ends = [np.flatnonzero(tumor.any(axis=tuple({0, 1, 2} - {axis})))[[0, -1]] for axis in range(3)]
                return np.asarray([(first + last) / 2 * SPACING_MM for first, last in ends])
        return np.asarray(poruses[ear] - [0, 0, self.config.medial_of_porus_mm])

    def _move(self, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return by how many fine voxels a patch is moved: up, down, forward, back or, a right ear, medially."""
        axis, direction = ((0, 1), (0, -1), (1, 1), (1, -1), (2, -1))[int(rng.integers(5))]
        move = np.zeros(3)
        move[axis] = direction * self.config.patch_dhw[axis] * (SLICE_STEP if axis == 0 else 1) / 3
        return move

    def _draw_center(
        self, rng: np.random.Generator, tissues: NDArray[np.uint8], poruses: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the fine voxel that a patch is centered on: near a tumor, near a porus, or anywhere."""
        size, limit = self._size(), np.array(tissues.shape)
        center = rng.uniform(0.1 * limit, 0.9 * limit)
        share = rng.random()
        tumor = np.flatnonzero(np.isin(tissues, _TUMOR)) if share < self.config.tumor_share else np.empty(0)
        if len(tumor):
            center = np.array(np.unravel_index(int(rng.choice(tumor)), tissues.shape)) + rng.normal(0, 0.12 * size)
        elif share < self.config.tumor_share + self.config.ear_share:
            which = int(rng.integers(2))
            if self.config.healthy_ears and _tumor_near(tissues, poruses[which]):
                which = 1 - which
            center = poruses[which] / SPACING_MM + rng.normal(0, 0.15 * size)
        return np.asarray(center)

    def _cut(
        self, rng: np.random.Generator, tissues: NDArray[np.uint8], center: NDArray[np.float64]
    ) -> NDArray[np.uint8]:
        """Return the fine tissues of one patch with margin, mostly turned; beyond the region the border repeats."""
        d, h, w = (int(n) for n in self._size())
        return turned(tissues, self.draw_turn(rng), center - 0.5, (d, h, w)).tissues

    def draw_turn(self, rng: np.random.Generator) -> Degrees:
        """Return by how much a patch is turned about D, H, W."""
        if self.config.tilt_share > 0 and rng.random() < self.config.tilt_share:
            most = np.array(self.config.tilt_deg)
            yaw, roll, pitch = rng.uniform(-most, most).tolist()
            return yaw, roll, pitch
        return 0.0, 0.0, 0.0


def _read_skull_base(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    tissues, poruses = stored_in_pool(path, "tissues", "porus_dhw_mm")
    return tissues, poruses


def stored_in_pool(path: Path, *names: str) -> list[NDArray[Any]]:
    """Return what a file of a pool holds under these names.

    Raises:
        InputRefusedError: If it is damaged or no skull base.
    """
    try:
        with np.load(path) as stored:
            return [stored[name] for name in names]
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        msg = (
            f"{path.name} of the pool {path.parent.name!r} is damaged or no skull base ({type(error).__name__}); "
            "delete it and give the pool command again, which draws it anew"
        )
        raise InputRefusedError(msg) from error


def _narrow_field(rng: np.random.Generator, shape: tuple[int, ...], narrow_to: tuple[float, float]) -> Box:
    """Return a random box in an array."""
    box = []
    for size in shape:
        kept = max(1, round(size * rng.uniform(*narrow_to)))
        first = int(rng.integers(size - kept + 1))
        box.append(slice(first, first + kept))
    return box[0], box[1], box[2]


def _seen_only(
    rng: np.random.Generator, image: NDArray[np.float32], labels: NDArray[np.uint8], inside: Box
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Return image and labels with nothing outside the box, mostly normalized by what is inside, as a small scan is."""
    seen = image[inside]
    if rng.random() < 0.7:
        seen = (seen - seen.mean()) / max(float(seen.std()), 1e-6)
        seen = seen * np.float32(rng.uniform(0.8, 1.25)) + np.float32(rng.normal(0, 0.1))
    narrow, known = np.zeros_like(image), np.zeros_like(labels)
    narrow[inside], known[inside] = seen, labels[inside]
    return narrow, known


def _tumor_near(tissues: NDArray[np.uint8], porus_dhw_mm: NDArray[np.float64], reach_mm: float = 8.0) -> bool:
    """Return whether there is tumor in the cube round a porus."""
    low = np.maximum(np.round((porus_dhw_mm - reach_mm) / SPACING_MM), 0).astype(int)
    high = np.round((porus_dhw_mm + reach_mm) / SPACING_MM).astype(int) + 1
    cube = tissues[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
    return bool(np.isin(cube, _TUMOR).any())
