"""The fixed synthetic patches of the experiment: four contrasts round a glioma, each split from heads of its own."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from Training.experiments.patches import Patches, PatchSource, read_arrays, save_arrays
from Training.experiments.study import Benchmark
from Training.sources import ImageAndLabels
from Training.synthesis.glioma import GliomaConfig, GliomaSource
from VSSegmentationLib.atomic import write_atomically
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.geometry import Shape, Triplet
from VSSegmentationLib.tasks.glioma import GLIOMA

SPACING_MM = 2.0
SPACING_DHW_MM: Triplet = (SPACING_MM,) * 3
PATCH_DHW: Shape = (48, 48, 48)
FILE = "gliomas_10_heads.npz"
HEADS = {"training": (0, 8), "validation": (8, 10), "test": (10, 20)}
"""Which of the 20 sorted head label maps. Ten are tested on: Wilcoxon's test over eight heads cannot come below
p = 0.008, so that of nine claims none could ever hold by it."""
_FIRST_SEED = 240


@dataclass(frozen=True, kw_only=True)
class GliomaSizes:
    """How many patches each split has."""

    training: int = 320
    validation: int = 24
    tumors_of_test_head: int = 6
    patch_dhw: Shape = PATCH_DHW


def make_glioma_patches(
    heads: Sequence[Path],
    folder: Path,
    *,
    processes: int = 1,
    on_progress: Callable[[str], None] = lambda _text: None,
    sizes: GliomaSizes = GliomaSizes(),
) -> Path:
    """Draw the patches, unless they are there, and return their file.

    Args:
        heads: The 20 head label maps.
        folder: For the file.
        processes: Not used: a patch takes a twentieth of a second.
        on_progress: Told what is being done.
        sizes: Of the splits.

    Raises:
        UsageError: If there are not 20 heads.
    """
    del processes
    path = folder / FILE
    if path.is_file():
        return path
    if len(heads) != HEADS["test"][1]:
        msg = f"the benchmark is drawn from the 20 head label maps, training and validation together; got {len(heads)}"
        raise UsageError(msg)
    ordered = sorted(heads, key=lambda head: head.name)
    arrays: dict[str, NDArray[Any]] = {}
    counts = (sizes.training, sizes.validation, sizes.tumors_of_test_head * (HEADS["test"][1] - HEADS["test"][0]))
    for split, count in zip(HEADS, counts, strict=True):
        own = ordered[slice(*HEADS[split])]
        seeds = range(_FIRST_SEED + HEADS[split][0], _FIRST_SEED + HEADS[split][1])  # each head has tumors of its own
        sources = [_source(head, seed, sizes.patch_dhw) for head, seed in zip(own, seeds, strict=True)]
        drawn = [_with_tumor(sources[n % len(own)], n // len(own)) for n in range(count)]
        arrays[f"{split}_images"] = np.stack([image for image, _ in drawn]).astype(np.float16)
        arrays[f"{split}_labels"] = np.stack([labels for _, labels in drawn])
        on_progress(f"{split}: {count} patches")
    names = [head.name.removesuffix(".nii.gz") for head in ordered[slice(*HEADS["test"])]]
    labels = arrays["test_labels"]
    arrays |= {
        "test_head": np.array([names[n % len(names)] for n in range(len(labels))]),
        "benchmark": np.array(f"10 heads, gliomas, {hashlib.sha256(labels.tobytes()).hexdigest()[:8]}"),
    }
    write_atomically(path, partial(save_arrays, arrays=arrays))
    return path


def _source(head: Path, seed: int, patch_dhw: Shape) -> GliomaSource:
    return GliomaSource(
        GliomaConfig(
            heads=str(head.parent), names=(head.name,), seed=seed, spacing_mm=SPACING_MM, patch_dhw=patch_dhw,
            tumor_share=1.0,
        )
    )  # fmt: skip


_TRIES = 1000


def _with_tumor(source: GliomaSource, number: int) -> ImageAndLabels:
    """Return a head's sample of this number, or a later one where no white matter was left for a tumor."""
    for index in range(number * _TRIES, (number + 1) * _TRIES):
        image, labels = source.sample(index)
        if labels.any():
            return image, labels
    msg = f"a head label map has no place for a tumor in {_TRIES} tries: is it one of the 20 of a whole head at 1 mm?"
    raise UsageError(msg)


def benchmark_of(path: Path) -> Benchmark:
    """Return what the test patches of the file are; each has a tumor of its own.

    Raises:
        InputRefusedError: If it is damaged.
    """
    arrays = read_arrays(path, ["benchmark", "test_head", "test_labels"])
    labels = arrays["test_labels"]
    cases = {
        "skull_base": list(range(len(labels))),
        "head": arrays["test_head"].tolist(),
        "stratum": [_kind(each) for each in labels],
        "volume_cm3": ((labels > 0).sum(axis=(1, 2, 3)) * SPACING_MM**3 / 1000).tolist(),
    }
    return Benchmark(str(arrays["benchmark"]), cases)


def _kind(labels: NDArray[np.uint8]) -> str:
    missing = [each.key for each in GLIOMA.structures if not np.isin(labels, each.values).any()]
    return f"without {' and '.join(missing)}" if missing else "all regions"


class GliomaPatches(PatchSource):
    """Patches by number, in training mirrored at random from left to right."""

    def __init__(self, patches: Patches, split: str, seed: int) -> None:
        super().__init__(patches, split, seed, mirrored_axes=(2,), shuffled=split == "training")

    def channels(self, number: int, rng: np.random.Generator) -> NDArray[np.float32]:
        """Return the four images (4, D, H, W)."""
        del rng
        images: NDArray[np.float32] = self.images[number]
        return images
