"""Fixed synthetic patches on disk, which a study is trained and tested on: each split from heads of its own."""

import math
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from Training.sources import ImageAndLabels
from Training.synthesis import AnatomyConfig, SynthesisConfig, SyntheticSource
from Training.synthesis.pool import write_pool
from VSSegmentationLib.atomic import write_atomically
from VSSegmentationLib.errors import InputRefusedError, UsageError
from VSSegmentationLib.geometry import Triplet
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS, Label

SPACING_DHW_MM: Triplet = (1.5, 0.5, 0.5)
SPLITS = ("training", "validation", "test")
_HEADS = {"training": (0, 14), "validation": (14, 17), "test": (17, 20)}
"""Which of the 20 sorted head label maps."""


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How many skull bases and patches make a split."""

    skull_bases: int
    patches: int


SIZES: Mapping[str, Sizes] = {
    "training": Sizes(skull_bases=56, patches=420),
    "validation": Sizes(skull_bases=9, patches=36),
    "test": Sizes(skull_bases=30, patches=90),
}


@dataclass(frozen=True, kw_only=True)
class PatchPlan:
    """Which patches a study has; the skull bases beside the file are shared by all plans of a folder."""

    file_name: str
    synthesis: SynthesisConfig
    """How they are drawn; pool and seed are those of the split."""
    first_seed: int
    """Of the first split; the next ones count on."""
    divided: bool
    """Labels have both parts; otherwise all tumor is 1."""
    both_parts_share: float = 0.0
    """This share of the patches at least shows a tumor in both parts."""


@dataclass(frozen=True, eq=False)
class Patches:
    """Images (N, D, H, W) float32, normalized, and labels (N, D, H, W) uint8, by split."""

    images: Mapping[str, NDArray[np.float32]]
    labels: Mapping[str, NDArray[np.uint8]]


def make_patches(
    plan: PatchPlan,
    heads: Sequence[Path],
    folder: Path,
    *,
    processes: int,
    sizes: Mapping[str, Sizes] = SIZES,
    anatomy: AnatomyConfig | None = None,
    on_progress: Callable[[str], None] = lambda _text: None,
) -> Path:
    """Draw skull bases and patches, unless they are there, and return their file; interrupted, it goes on.

    Args:
        plan: Which patches.
        heads: The 20 head label maps.
        folder: For the pools of skull bases and the file.
        processes: How many draw skull bases at the same time.
        sizes: Of the splits.
        anatomy: What skull bases are drawn from; every one has a tumor by default.
        on_progress: Told what is being done.

    Raises:
        UsageError: If there are not 20 heads.
    """
    path = folder / plan.file_name
    if path.is_file():
        return path
    if len(heads) != 20:
        msg = f"the benchmark is drawn from the 20 head label maps, training and validation together; got {len(heads)}"
        raise UsageError(msg)
    ordered = sorted(heads, key=lambda head: head.name)
    drawn = anatomy or AnatomyConfig(tumor_share=1.0)
    for number, (split, (first, last)) in enumerate(_HEADS.items()):
        count = sizes[split].skull_bases
        write_pool(ordered[first:last], folder / split, count, 40 + number, config=drawn, processes=processes)
        on_progress(f"{split}: {count} skull bases")
    arrays: dict[str, NDArray[Any]] = {}
    for number, split in enumerate(SPLITS):
        config = replace(plan.synthesis, pool=str(folder / split), seed=plan.first_seed + number)
        arrays |= _split_arrays(split, config, plan, sizes[split].patches)
        on_progress(f"{split}: {sizes[split].patches} patches")
    write_atomically(path, partial(_save, arrays=arrays))
    return path


def load_patches(path: Path) -> Patches:
    """Read the file.

    Raises:
        InputRefusedError: If it is damaged.
    """
    try:
        with np.load(path) as stored:
            arrays = {f"{split}_{what}": stored[f"{split}_{what}"] for split in SPLITS for what in ("images", "labels")}
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        msg = f"the benchmark file is damaged ({type(error).__name__}); delete it, and it is drawn anew"
        raise InputRefusedError(msg) from error
    return Patches(
        {split: arrays[f"{split}_images"].astype(np.float32) for split in SPLITS},
        {split: arrays[f"{split}_labels"] for split in SPLITS},
    )


class PatchSource:
    """Patches of one split by number, round and round: every one once before any comes again; mirrored in training."""

    def __init__(
        self,
        patches: Patches,
        split: str,
        seed: int,
        *,
        mirrored_axes: Sequence[int],
        shuffled: bool = True,
        kept: NDArray[np.intp] | None = None,
    ) -> None:
        """Choose the patches.

        Args:
            patches: All of them.
            split: Which.
            seed: Of order and mirroring.
            mirrored_axes: Of (D, H, W), those along which patches of training are mirrored at random.
            shuffled: In another order every round; otherwise in that of the file.
            kept: Which patches of the split; all by default.
        """
        self.images, self.labels = patches.images[split], patches.labels[split]
        self._axes = tuple(mirrored_axes) if split == "training" else ()
        self._seed = seed
        self._shuffled = shuffled
        self._kept = np.arange(len(self.images)) if kept is None else kept

    def sample(self, index: int) -> ImageAndLabels:
        """Return image (C, D, H, W) and labels (D, H, W)."""
        rng = np.random.default_rng([self._seed, index // len(self._kept)])
        order = rng.permutation(len(self._kept)) if self._shuffled else np.arange(len(self._kept))
        number = int(self._kept[order[index % len(self._kept)]])
        own = np.random.default_rng([self._seed, index, 1])
        image, labels = self.channels(number, own), self.labels[number]
        axes = tuple(axis for axis in self._axes if own.random() < 0.5)
        image, labels = np.flip(image, tuple(axis + 1 for axis in axes)), np.flip(labels, axes)
        return np.ascontiguousarray(image), np.ascontiguousarray(labels)

    def channels(self, number: int, rng: np.random.Generator) -> NDArray[np.float32]:
        """Return what is seen of a patch, (C, D, H, W): its image alone; others may draw something beside it."""
        del rng
        image: NDArray[np.float32] = self.images[number][None]
        return image


def _split_arrays(split: str, config: SynthesisConfig, plan: PatchPlan, count: int) -> dict[str, NDArray[Any]]:
    images, labels = zip(*_drawn(config, plan, count), strict=True)
    return {f"{split}_images": np.stack(images), f"{split}_labels": np.stack(labels)}


def _drawn(
    config: SynthesisConfig, plan: PatchPlan, count: int
) -> Iterator[tuple[NDArray[np.float16], NDArray[np.uint8]]]:
    source = SyntheticSource(config)
    most_of_one_part = count - math.ceil(count * plan.both_parts_share)
    done = one_part = index = 0
    while done < count:
        image, labels = source.sample(index)
        index += 1
        both = all((labels == part).any() for part in (Label.EXTRAMEATAL, Label.INTRAMEATAL))
        if not labels.any() or (not both and one_part >= most_of_one_part):  # a small one may lie just outside
            continue
        one_part += not both
        done += 1
        yield (
            image[0].astype(np.float16),
            labels if plan.divided else VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(labels).astype(np.uint8),
        )


def _save(file: IO[bytes], *, arrays: Mapping[str, NDArray[Any]]) -> None:
    np.savez_compressed(file, allow_pickle=False, **arrays)
