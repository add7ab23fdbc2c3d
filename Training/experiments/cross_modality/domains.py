"""Two kinds of synthetic scans on disk as data sets: ceT1 with labels, T2 of other heads without, and T2 to test."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from Training.data.manifest import MANIFEST, Entry, Manifest, read_manifest, write_manifest
from Training.experiments.study import Benchmark
from Training.synthesis import AnatomyConfig, SynthesisConfig, SyntheticSource
from Training.synthesis.pool import write_pool
from VSSegmentationLib.atomic import write_text_atomically
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.geometry import as_affine
from VSSegmentationLib.imageio import write_image
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS
from VSSegmentationLib.volume import Volume

HEADS = 20
_AFFINE = as_affine(np.diag([1.5, 0.5, 0.5, 1.0])[[2, 1, 0, 3]])  # D to superior, H to anterior, W to right
_SCAN = SynthesisConfig(
    pool="", patch_dhw=(24, 64, 64), tumor_share=1.0, ear_share=0.0, medial_of_porus_mm=0.0,
    located_within_mm=(2.0, 2.0, 2.0), moved_share=0.0, keep_cochlea=True, narrow_share=0.0, t2_share=1.0,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Domain:
    """One set of scans, of heads that no other has."""

    name: str
    heads: tuple[int, int]
    """Of the 20 sorted head label maps, from, up to."""
    skull_bases: int
    scans: int
    modality: str
    seed: int
    validation: int = 0
    """Skull bases of the split `validation`; of the others it is `training`."""


DOMAINS = (
    Domain(name="source", heads=(0, 6), skull_bases=14, scans=28, modality="ceT1", seed=60, validation=3),
    Domain(name="target", heads=(6, 12), skull_bases=14, scans=28, modality="T2", seed=61),
    Domain(name="test", heads=(12, 20), skull_bases=24, scans=48, modality="T2", seed=62),
)
"""Those of the test are the eight heads of the stress set, which nothing is trained on."""
BENCHMARK = "8 heads"
"""Named in every result: those on the former test scans, of six heads, are never read together with it."""


def make_domains(
    heads: Sequence[Path],
    folder: Path,
    *,
    processes: int,
    on_progress: Callable[[str], None],
    domains: Sequence[Domain] = DOMAINS,
    anatomy: AnatomyConfig | None = None,
) -> Path:
    """Draw the scans unless they are there, and return the file that says so.

    The folder holds the data sets `source` (ceT1 with labels), `target` (T2 without), `target_labeled` (the same with)
    and `test` (T2 with labels). A patient is a skull base; each has several scans, of a look of their own.

    Args:
        heads: The 20 head label maps.
        folder: For the folder `crossmodality_8_heads`.
        processes: How many draw skull bases at the same time.
        on_progress: Told what is being done.
        domains: What is drawn.
        anatomy: What skull bases are drawn from; every one has a tumor by default.

    Raises:
        UsageError: If there are not 20 heads.
    """
    root = folder / "crossmodality_8_heads"
    done = root / "done.txt"
    if done.is_file():
        return done
    if len(heads) != HEADS:
        msg = f"the two kinds of scans are drawn from the {HEADS} head label maps; got {len(heads)}"
        raise UsageError(msg)
    ordered = sorted(heads, key=lambda head: head.name)
    for domain in domains:
        pool, (first, last) = root / "pools" / domain.name, domain.heads
        write_pool(
            ordered[first:last], pool, domain.skull_bases, domain.seed,
            config=anatomy or AnatomyConfig(tumor_share=1.0), processes=processes,
        )  # fmt: skip
        on_progress(f"{domain.name}: {domain.skull_bases} skull bases")
        _write_scans(domain, pool, root)
        on_progress(f"{domain.name}: {domain.scans} scans")
    write_text_atomically(done, "source, target, target_labeled, test\n")
    return done


def _write_scans(domain: Domain, pool: Path, root: Path) -> None:
    config = replace(_SCAN, pool=str(pool), seed=domain.seed)
    if domain.modality == "ceT1":
        config = replace(config, t2_share=0.0, cet1_share=1.0)
    source = SyntheticSource(config)
    entries: list[Entry] = []
    left = dict.fromkeys(range(domain.skull_bases), math.ceil(domain.scans / domain.skull_bases))
    index = -1
    while len(entries) < domain.scans:
        index += 1
        number = source.skull_base(index)
        if not left[number]:
            continue
        image, labels = source.sample(index)
        if not VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(labels).any():
            continue
        left[number] -= 1
        case = f"{domain.name}_{len(entries):03d}"
        files = [root / domain.name / what / f"{case}.nii.gz" for what in ("images", "labels")]
        for file, array in zip(files, (image[0], labels), strict=True):
            file.parent.mkdir(parents=True, exist_ok=True)
            write_image(file, Volume(array, _AFFINE))
        split = "validation" if number < domain.validation else "training"
        entries.append(
            Entry(
                case=case,
                patient=f"{domain.name}_{number:02d}_{source.head(number)}",
                modality=domain.modality,
                image=files[0],
                labels=files[1],
                split=split,
            )
        )
    if domain.name != "target":
        write_manifest(Manifest(tuple(entries)), root / domain.name)
        return
    labeled = root / "target_labeled"
    labeled.mkdir(exist_ok=True)
    write_manifest(Manifest(tuple(entries)), labeled)
    write_manifest(Manifest(tuple(replace(entry, labels=None) for entry in entries)), root / domain.name)


def manifest_of(done: Path, name: str) -> Path:
    """Return the manifest of one of the data sets."""
    return done.parent / name / MANIFEST


def benchmark_of(done: Path) -> Benchmark:
    """Return skull base and head of every scan of the test set."""
    patients = [entry.patient.split("_", 2) for entry in read_manifest(manifest_of(done, "test")).entries]
    cases: dict[str, list[Any]] = {
        "skull_base": [int(number) for _, number, _ in patients], "head": [head for _, _, head in patients]
    }  # fmt: skip
    return Benchmark(f"{BENCHMARK}, {len(patients)} scans", cases)
