"""The fixed synthetic benchmark: patches round a porus with its tumor, each split from heads of its own."""

import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from Training.sources import ImageAndLabels
from Training.synthesis import SynthesisConfig, SyntheticSource
from Training.synthesis.anatomy import AnatomyConfig
from Training.synthesis.pool import write_pool
from VSSegmentationLib.atomic import write_atomically
from VSSegmentationLib.errors import InputRefusedError, UsageError
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS

SPACING_DHW_MM = (1.5, 0.5, 0.5)
PATCH_DHW = (16, 64, 64)
"""24 x 32 x 32 mm: the paper crops round the tumor by hand, too."""
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


@dataclass(frozen=True, eq=False)
class Benchmark:
    """Images (N, D, H, W) float32, normalized, and labels (N, D, H, W) uint8 of one class, by split."""

    images: Mapping[str, NDArray[np.float32]]
    labels: Mapping[str, NDArray[np.uint8]]


class BenchmarkSource:
    """Patches of one split by number, round and round; mirrored to the front and back at random in training."""

    def __init__(self, benchmark: Benchmark, split: str, seed: int) -> None:
        self._images, self._labels = benchmark.images[split], benchmark.labels[split]
        self._mirror = split == "training"
        self._seed = seed

    def sample(self, index: int) -> ImageAndLabels:
        """Return image (1, D, H, W) and labels (D, H, W); every patch once before any comes again."""
        rng = np.random.default_rng([self._seed, index // len(self._images)])
        number = int(rng.permutation(len(self._images))[index % len(self._images)])
        image, labels = self._images[number], self._labels[number]
        if self._mirror and np.random.default_rng([self._seed, index, 1]).random() < 0.5:
            image, labels = image[::-1], labels[::-1]
        return np.ascontiguousarray(image)[None], np.ascontiguousarray(labels)


def make_benchmark(
    heads: Sequence[Path],
    folder: Path,
    *,
    processes: int,
    sizes: Mapping[str, Sizes] = SIZES,
    anatomy: AnatomyConfig | None = None,
    on_progress: Callable[[str], None] = lambda _text: None,
) -> Path:
    """Draw the benchmark, unless it is there, and return its file; interrupted, it goes on where it was.

    Args:
        heads: The 20 head label maps.
        folder: For the skull bases and the file `benchmark.npz`.
        processes: How many draw at the same time.
        sizes: Of the splits.
        anatomy: What skull bases are drawn from; every one has a tumor by default.
        on_progress: Told what is being done.

    Raises:
        UsageError: If there are not 20 heads.
    """
    return write_patches(
        heads, folder / "benchmark.npz", _patches, 50, processes=processes, sizes=sizes, anatomy=anatomy,
        on_progress=on_progress,
    )  # fmt: skip


def write_patches(
    heads: Sequence[Path],
    path: Path,
    draw: Callable[[Path, int, int], tuple[NDArray[np.float16], NDArray[np.uint8]]],
    first_seed: int,
    *,
    processes: int,
    sizes: Mapping[str, Sizes] = SIZES,
    anatomy: AnatomyConfig | None = None,
    on_progress: Callable[[str], None] = lambda _text: None,
) -> Path:
    """Draw skull bases beside the file, patches from them, and write the file, unless it is there; return it.

    Args:
        heads: The 20 head label maps.
        path: The file; the pools of skull bases lie beside it, and are shared by all files there.
        draw: From a pool, a count and a seed to images and labels (N, D, H, W).
        first_seed: Of the first split; the next ones count on.
        processes: How many draw skull bases at the same time.
        sizes: Of the splits.
        anatomy: What skull bases are drawn from; every one has a tumor by default.
        on_progress: Told what is being done.

    Raises:
        UsageError: If there are not 20 heads.
    """
    if path.is_file():
        return path
    arrays: dict[str, NDArray[Any]] = {}
    pools = draw_skull_bases(heads, path.parent, sizes, processes=processes, anatomy=anatomy, on_progress=on_progress)
    for number, (split, pool) in enumerate(pools.items()):
        images, labels = draw(pool, sizes[split].patches, first_seed + number)
        arrays[f"{split}_images"], arrays[f"{split}_labels"] = images, labels
        on_progress(f"{split}: {len(images)} patches")
    write_atomically(path, partial(_save, arrays=arrays))
    return path


def draw_skull_bases(
    heads: Sequence[Path],
    folder: Path,
    sizes: Mapping[str, Sizes],
    *,
    processes: int,
    anatomy: AnatomyConfig | None,
    on_progress: Callable[[str], None],
) -> dict[str, Path]:
    """Draw the skull bases that are not there yet, and return the pool of each split.

    Raises:
        UsageError: If there are not 20 heads.
    """
    if len(heads) != 20:
        msg = f"the benchmark is drawn from the 20 head label maps, training and validation together; got {len(heads)}"
        raise UsageError(msg)
    ordered = sorted(heads, key=lambda head: head.name)
    for number, (split, (first, last)) in enumerate(_HEADS.items()):
        count = sizes[split].skull_bases
        drawn = anatomy or AnatomyConfig(tumor_share=1.0)
        write_pool(ordered[first:last], folder / split, count, 40 + number, config=drawn, processes=processes)
        on_progress(f"{split}: {count} skull bases")
    return {split: folder / split for split in _HEADS}


def load_benchmark(path: Path) -> Benchmark:
    """Read the file.

    Raises:
        InputRefusedError: If it is damaged.
    """
    arrays = read_arrays(path, [f"{split}_{what}" for split in _HEADS for what in ("images", "labels")])
    return Benchmark(
        {split: arrays[f"{split}_images"].astype(np.float32) for split in _HEADS},
        {split: arrays[f"{split}_labels"] for split in _HEADS},
    )


def read_arrays(path: Path, names: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Read these arrays of a file of patches.

    Raises:
        InputRefusedError: If it is damaged.
    """
    try:
        with np.load(path) as stored:
            return {name: stored[name] for name in names}
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        msg = f"the benchmark file is damaged ({type(error).__name__}); delete it, and it is drawn anew"
        raise InputRefusedError(msg) from error


def _patches(pool: Path, count: int, seed: int) -> tuple[NDArray[np.float16], NDArray[np.uint8]]:
    source = SyntheticSource(
        SynthesisConfig(
            pool=str(pool), seed=seed, patch_dhw=PATCH_DHW, centered_on_pori=True, tumor_share=1.0, ear_share=0.0,
            medial_of_porus_mm=3.0, located_within_mm=(1.5, 2.5, 2.5), t2_share=1.0,
        )
    )  # fmt: skip
    images: list[NDArray[np.float16]] = []
    labels: list[NDArray[np.uint8]] = []
    index = 0
    while len(images) < count:
        image, divided = source.sample(index)
        index += 1
        tumor = VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(divided)
        if tumor.any():  # a small one may lie just outside
            images.append(image[0].astype(np.float16))
            labels.append(tumor.astype(np.uint8))
    return np.stack(images), np.stack(labels)


def _save(file: IO[bytes], *, arrays: Mapping[str, NDArray[Any]]) -> None:
    np.savez_compressed(file, allow_pickle=False, **arrays)
