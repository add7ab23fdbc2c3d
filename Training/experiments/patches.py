"""Fixed synthetic patches on disk, which a study is trained and tested on: each split from heads of its own."""

import hashlib
import math
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from Training.experiments.strata import StrataSizes, draw_test_patches, write_test_pools
from Training.experiments.study import Benchmark
from Training.sources import ImageAndLabels
from Training.synthesis import AnatomyConfig, SynthesisConfig, SyntheticSource
from Training.synthesis.pool import write_pool
from VSSegmentationLib.atomic import write_atomically
from VSSegmentationLib.errors import InputRefusedError, UsageError
from VSSegmentationLib.geometry import Triplet
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS, Label

SPACING_DHW_MM: Triplet = (1.5, 0.5, 0.5)
SPLITS = ("training", "validation", "test")
HEADS = {"training": (0, 10), "validation": (10, 12), "test": (12, 20)}
"""Which of the 20 sorted head label maps: those of the test are the stress set's, which nothing is trained on."""
BENCHMARK = "8 heads, 9 strata"
"""Named in every result: what was measured before, on the patches of three heads, is never read together with it."""
_POOLS = "skull_bases_8_heads"
"""Skull bases of the former benchmark lie in other folders, and are left there."""


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How many skull bases and patches make a split."""

    skull_bases: int
    patches: int


@dataclass(frozen=True, kw_only=True)
class AllSizes:
    """Of the three splits."""

    training: Sizes = Sizes(skull_bases=80, patches=800)
    validation: Sizes = Sizes(skull_bases=12, patches=24)
    test: StrataSizes = field(default_factory=StrataSizes)


@dataclass(frozen=True, kw_only=True)
class PatchPlan:
    """Which patches a study has; the skull bases beside the file are shared by all plans of a folder."""

    file_name: str
    synthesis: SynthesisConfig
    """How those of training and validation are drawn; the looks of the test are those of its strata. Pool and seed are
    those of the split."""
    first_seed: int
    """Of the first split; the next ones count on."""
    divided: bool
    """Labels have both parts; otherwise all tumor is 1."""
    both_parts_share: float = 0.0
    """This share of the patches at least shows a tumor in both parts."""


@dataclass(frozen=True, eq=False)
class Patches:
    """Images (N, D, H, W) float32, normalized, or (N, C, D, H, W), and labels (N, D, H, W) uint8, by split."""

    images: Mapping[str, NDArray[np.float32]]
    labels: Mapping[str, NDArray[np.uint8]]


def make_patches(
    plan: PatchPlan,
    heads: Sequence[Path],
    folder: Path,
    *,
    processes: int,
    sizes: AllSizes = AllSizes(),
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
        anatomy: What all skull bases are drawn from; by default those of the test as in the stress set, and every
            other one with a tumor.
        on_progress: Told what is being done.

    Raises:
        UsageError: If there are not 20 heads.
    """
    path = folder / plan.file_name
    if path.is_file():
        return path
    of_split = split_heads(heads)
    pools = folder / _POOLS
    arrays: dict[str, NDArray[Any]] = {}
    for number, (split, own) in enumerate((("training", sizes.training), ("validation", sizes.validation))):
        write_pool(
            of_split[split], pools / split, own.skull_bases, 140 + number,
            config=anatomy or AnatomyConfig(tumor_share=1.0), processes=processes,
        )  # fmt: skip
        on_progress(f"{split}: {own.skull_bases} skull bases")
        config = replace(plan.synthesis, pool=str(pools / split), seed=plan.first_seed + number)
        images, labels = zip(*_drawn(config, plan, own.patches), strict=True)
        arrays |= {f"{split}_images": np.stack(images), f"{split}_labels": np.stack(labels)}
        on_progress(f"{split}: {own.patches} patches")
    write_test_pools(of_split["test"], pools, sizes.test, processes=processes, anatomy=anatomy)
    on_progress("test: skull bases")
    config = replace(plan.synthesis, seed=plan.first_seed + 2)
    drawn = draw_test_patches(config, pools, sizes.test, both_parts_share=plan.both_parts_share)
    labels_of_test = np.stack([_as_planned(each.labels, plan) for each in drawn])
    arrays |= {
        "test_images": np.stack([each.image for each in drawn]).astype(np.float16),
        "test_labels": labels_of_test,
        "test_skull_base": np.array([each.skull_base for each in drawn]),
        "test_head": np.array([each.head for each in drawn]),
        "test_stratum": np.array([each.stratum for each in drawn]),
        "benchmark": np.array(f"{BENCHMARK}, {hashlib.sha256(labels_of_test.tobytes()).hexdigest()[:8]}"),
    }
    on_progress(f"test: {len(drawn)} patches")
    write_atomically(path, partial(save_arrays, arrays=arrays))
    return path


def training_pool(path: Path) -> Path:
    """Return the folder of the skull bases that the patches of training were drawn from, beside their file."""
    return path.parent / _POOLS / "training"


def split_heads(heads: Sequence[Path]) -> dict[str, list[Path]]:
    """Return which heads a split is drawn from.

    Raises:
        UsageError: If there are not 20.
    """
    if len(heads) != 20:
        msg = f"the benchmark is drawn from the 20 head label maps, training and validation together; got {len(heads)}"
        raise UsageError(msg)
    ordered = sorted(heads, key=lambda head: head.name)
    return {split: ordered[first:last] for split, (first, last) in HEADS.items()}


def load_patches(path: Path) -> Patches:
    """Read the file.

    Raises:
        InputRefusedError: If it is damaged.
    """
    names = [f"{split}_{what}" for split in SPLITS for what in ("images", "labels")]
    arrays = read_arrays(path, names)
    return Patches(
        {split: arrays[f"{split}_images"].astype(np.float32) for split in SPLITS},
        {split: arrays[f"{split}_labels"] for split in SPLITS},
    )


def benchmark_of(path: Path) -> Benchmark:
    """Return what the test patches of the file are: skull base, head, stratum and tumor volume of each.

    Raises:
        InputRefusedError: If it is damaged, or was drawn before patches said so.
    """
    arrays = read_arrays(path, ["benchmark", "test_skull_base", "test_head", "test_stratum", "test_labels"])
    voxels = VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(arrays["test_labels"]).sum(axis=(1, 2, 3))
    cases = {name: arrays[f"test_{name}"].tolist() for name in ("skull_base", "head", "stratum")}
    return Benchmark(
        str(arrays["benchmark"]), {**cases, "volume_cm3": (voxels * np.prod(SPACING_DHW_MM) / 1000).tolist()}
    )


def read_arrays(path: Path, names: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Read some of the arrays of a file of patches.

    Raises:
        InputRefusedError: If it is damaged, or lacks one.
    """
    try:
        with np.load(path) as stored:
            return {name: stored[name] for name in names}
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        msg = f"the benchmark file is damaged ({type(error).__name__}); delete it, and it is drawn anew"
        raise InputRefusedError(msg) from error


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
        yield image[0].astype(np.float16), _as_planned(labels, plan)


def _as_planned(labels: NDArray[np.uint8], plan: PatchPlan) -> NDArray[np.uint8]:
    return labels if plan.divided else VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(labels).astype(np.uint8)


def save_arrays(file: IO[bytes], *, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write a file of patches."""
    np.savez_compressed(file, allow_pickle=False, **arrays)
