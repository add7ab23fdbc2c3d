"""Masks that the pipeline gives of synthetic scans, beside the truth: made once, kept, measured as often as asked."""

from collections.abc import Callable
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from Training.synthesis.contrast import ContrastKind
from Training.synthesis.whole_scan import SkullBase, holds_one_tumor, render_whole, skull_bases
from VSSegmentationLib.atomic import write_atomically
from VSSegmentationLib.geometry import Affine
from VSSegmentationLib.inference import Models, segment
from VSSegmentationLib.volume import Volume


class MaskPair(NamedTuple):
    """What the pipeline found on one scan, and what is there; both on one grid."""

    found: Volume
    truth: Volume


def mask_pairs(
    models: Models,
    pool: Path,
    folder: Path,
    count: int,
    *,
    modality: ContrastKind,
    on_progress: Callable[[str], None] = lambda _text: None,
) -> list[MaskPair]:
    """Return pairs of scans with a tumor in one ear; those that the folder holds are not segmented again.

    Args:
        models: Segmenter, locator and divider.
        pool: Skull bases that nothing was trained on.
        folder: Where pairs are kept, apart for each set of weights.
        count: How many.
        modality: What the segmenter was trained on.
        on_progress: Told what is being done.
    """
    own = folder / kept_under(models)
    own.mkdir(parents=True, exist_ok=True)
    pairs = []
    for number, base in enumerate(skull_bases(pool, count, holds_one_tumor), start=1):
        file = own / f"{base.number:04d}.npz"
        if not file.is_file():
            _keep(file, base, segment(render_whole(base, modality), models, modality=modality).labelmap.array)
            on_progress(f"segmented {number} of {count} scans")
        pairs.append(_read(file, base.truth.dhw_to_ras))
    return pairs


def kept_under(models: Models) -> str:
    """Return the name of the folder for pairs of these weights: any other weights have another."""
    parts = (models.segmenter, models.locator, models.divider)
    return "-".join("none" if each is None else each.sha256[:12] for each in parts)


def _keep(file: Path, base: SkullBase, found: NDArray[np.uint8]) -> None:
    def write(stream: IO[bytes]) -> None:
        np.savez_compressed(stream, found=found, truth=base.truth.array)

    write_atomically(file, write)


def _read(file: Path, dhw_to_ras: Affine) -> MaskPair:
    with np.load(file) as stored:
        return MaskPair(Volume(stored["found"], dhw_to_ras), Volume(stored["truth"], dhw_to_ras))
