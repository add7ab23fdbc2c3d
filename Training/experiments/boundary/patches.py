"""The fixed synthetic patches of the experiment: centered on a tumor, with both parts labeled, split by head."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from Training.experiments.benchmark import read_arrays, write_patches
from Training.experiments.boundary.arms import MaskKind
from Training.masks import PerturbationRanges, perturbed
from Training.sources import ImageAndLabels
from Training.synthesis import SynthesisConfig, SyntheticSource
from Training.synthesis.contrast import ContrastRanges
from VSSegmentationLib.geometry import Triplet
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS, Label

SPACING_DHW_MM: Triplet = (1.5, 0.5, 0.5)
PATCH_DHW = (16, 48, 48)
"""24 x 24 x 24 mm."""
SPLITS = ("training", "validation", "test")


@dataclass(frozen=True, eq=False)
class Patches:
    """Images (N, D, H, W) float32, normalized, and labels (N, D, H, W) uint8, by split."""

    images: Mapping[str, NDArray[np.float32]]
    labels: Mapping[str, NDArray[np.uint8]]


def make_patches(
    heads: Sequence[Path], folder: Path, *, processes: int, on_progress: Callable[[str], None] = lambda _text: None
) -> Path:
    """Draw the patches, unless they are there, and return their file; the skull bases are those of the other tables.

    Half of them show a tumor in both parts at least: the boundary is what is measured.

    Raises:
        UsageError: If there are not 20 heads.
    """
    return write_patches(heads, folder / "boundary.npz", _drawn, 70, processes=processes, on_progress=on_progress)


def load_patches(path: Path) -> Patches:
    """Read the file.

    Raises:
        InputRefusedError: If it is damaged.
    """
    arrays = read_arrays(path, [f"{split}_{what}" for split in SPLITS for what in ("images", "labels")])
    return Patches(
        {split: arrays[f"{split}_images"].astype(np.float32) for split in SPLITS},
        {split: arrays[f"{split}_labels"] for split in SPLITS},
    )


def _drawn(pool: Path, count: int, seed: int) -> tuple[NDArray[np.float16], NDArray[np.uint8]]:
    source = SyntheticSource(
        SynthesisConfig(
            pool=str(pool), seed=seed, patch_dhw=PATCH_DHW, centered_on_tumor=True, located_within_mm=(1.0, 1.0, 1.0),
            t2_share=1.0, contrast=ContrastRanges(parts_alike=True),
        )
    )  # fmt: skip
    images: list[NDArray[np.float16]] = []
    labels: list[NDArray[np.uint8]] = []
    one_part, index = 0, 0
    while len(images) < count:
        image, divided = source.sample(index)
        index += 1
        both = all((divided == part).any() for part in (Label.EXTRAMEATAL, Label.INTRAMEATAL))
        if not divided.any() or (not both and one_part >= count // 2):
            continue
        one_part += not both
        images.append(image[0].astype(np.float16))
        labels.append(divided)
    return np.stack(images), np.stack(labels)


class PatchSource:
    """Patches by number, round and round, in training mirrored at random along each axis; with masks as asked for."""

    def __init__(
        self,
        patches: Patches,
        split: str,
        seed: int,
        *,
        mask: MaskKind = "none",
        predicted: NDArray[np.bool_] | None = None,
        kept: NDArray[np.intp] | None = None,
    ) -> None:
        """Choose the patches.

        Args:
            patches: All of them.
            split: Which; those of training are mirrored and shuffled.
            seed: Of order, mirroring and masks.
            mask: Of the second channel; none leaves the image alone.
            predicted: (N, D, H, W), for predicted and mixed masks.
            kept: Which patches of the split; all by default.
        """
        self._images, self._labels = patches.images[split], patches.labels[split]
        self._training = split == "training"
        self._seed = seed
        self._mask: MaskKind = mask
        self._predicted = predicted
        self._kept = np.arange(len(self._images)) if kept is None else kept

    def sample(self, index: int) -> ImageAndLabels:
        """Return image (1 or 2, D, H, W) and labels (D, H, W); every patch once before any comes again."""
        rng = np.random.default_rng([self._seed, index // len(self._kept)])
        order = rng.permutation(len(self._kept)) if self._training else np.arange(len(self._kept))
        number = int(self._kept[order[index % len(self._kept)]])
        own = np.random.default_rng([self._seed, index, 1])
        image, labels = self._images[number][None], self._labels[number]
        if self._mask != "none":
            image = np.concatenate([image, self.mask(number, own)[None].astype(np.float32)])
        axes = tuple(axis for axis in range(3) if self._training and own.random() < 0.5)
        image, labels = np.flip(image, tuple(axis + 1 for axis in axes)), np.flip(labels, axes)
        return np.ascontiguousarray(image), np.ascontiguousarray(labels)

    def mask(self, number: int, rng: np.random.Generator) -> NDArray[np.bool_]:
        """Return the whole-tumor mask of a patch; a predicted one that holds nothing is the true one."""
        labels = self._labels[number]
        kind = self._mask
        if kind == "mixed":
            kind = "predicted" if rng.random() < 0.5 else "perturbed"
        if kind == "perturbed":
            return perturbed(labels, SPACING_DHW_MM, rng, PerturbationRanges())
        if kind == "predicted" and self._predicted is not None and self._predicted[number].any():
            return np.asarray(self._predicted[number])
        return VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(labels)
