"""What the stages of a model's recipe are drawn from: head label maps gathered by name, and pools of skull bases."""

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from Training.recipes import HeadMaps, Pool
from Training.synthesis import AnatomyConfig
from Training.synthesis.pool import write_pool
from Training.synthesis.tumor import TumorRanges
from VSSegmentationLib.atomic import write_atomically, write_text_atomically
from VSSegmentationLib.errors import UsageError

logger = logging.getLogger(__name__)
_DRAWN_FROM = "pool.json"
"""Beside the skull bases: what they were drawn from."""


def gather_heads(heads: HeadMaps, given: Path, folder: Path) -> None:
    """Copy the head label maps that a recipe names into `training` and `validation` of a folder.

    Args:
        heads: Names of the files.
        given: Where they lie, in whatever sub-folders.
        folder: Files that it holds already are kept.

    Raises:
        UsageError: If some are in neither place.
    """
    found = {path.name: path for path in sorted(given.rglob("*.nii.gz"))} if given.is_dir() else {}
    targets = [folder / split / name for split in ("training", "validation") for name in heads.of_split(split)]
    missing = [target for target in targets if not target.is_file()]
    if lacking := [target.name for target in missing if target.name not in found]:
        msg = (
            f"{len(lacking)} of {len(targets)} head label maps are not in the folder {given.name!r} of --heads "
            f"(the first is {lacking[0]}); they come from {heads.source}"
        )
        raise UsageError(msg)
    for target in missing:
        copy_whole(found[target.name], target)


def copy_whole(source: Path, target: Path) -> None:
    """Copy a file, whole or not at all, into a folder that is made."""
    content = source.read_bytes()
    target.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(target, lambda file: file.write(content))


def draw_pools(
    pools: Sequence[Pool],
    heads: HeadMaps,
    out: Path,
    *,
    processes: int,
    on_progress: Callable[[str], None] = lambda _text: None,
) -> None:
    """Draw the skull bases that are not there yet; interrupted, it goes on where it was.

    Args:
        pools: In the order in which they are drawn.
        heads: Their label maps lie in `heads/training` and `heads/validation` of `out`.
        out: Holds the folders of the pools.
        processes: How many draw at the same time.
        on_progress: Told what is being done.

    Raises:
        UsageError: If a folder holds skull bases that were drawn otherwise.
        InputRefusedError: If a head label map will not do.
    """
    for folder in dict.fromkeys(pool.folder for pool in pools):
        _hold_to([pool for pool in pools if pool.folder == folder], heads, out / folder)
    for pool in pools:
        config = AnatomyConfig()
        if pool.tumor_cm3 is not None:
            config = AnatomyConfig(tumor=TumorRanges(cohorts=(), volume_cm3=pool.tumor_cm3))
        files = sorted(out / "heads" / pool.heads / name for name in heads.of_split(pool.heads))
        on_progress(f"{pool.folder}: {pool.count} skull bases")
        write_pool(files, out / pool.folder, pool.count, pool.seed, config=config, processes=processes)


def _hold_to(pools: Sequence[Pool], heads: HeadMaps, folder: Path) -> None:
    """Keep what a folder is drawn from, or refuse to mix it with skull bases of another kind."""
    told = json.dumps([{**asdict(pool), "heads": heads.of_split(pool.heads)} for pool in pools], indent=1) + "\n"
    file = folder / _DRAWN_FROM
    if not file.is_file():
        if any(folder.glob("*.npz")):
            msg = f"{folder.name!r} holds skull bases with no {_DRAWN_FROM} to say what from; give another --out"
            raise UsageError(msg)
        folder.mkdir(parents=True, exist_ok=True)
        write_text_atomically(file, told)
    elif file.read_text(encoding="utf-8") != told:
        msg = f"the pool {folder.name!r} in this --out was drawn otherwise ({_DRAWN_FROM}); give another --out"
        raise UsageError(msg)
