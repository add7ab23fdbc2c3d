"""Pseudo-labels of a data set: scans that nobody outlined, with what a network says of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from Training.adaptation.correction import correct_by_contrast
from Training.adaptation.making import OnScan, file_name, write_pair, write_whole
from Training.adaptation.opinions import opinion_of
from Training.adaptation.scans import read_source_scan
from Training.adaptation.selection import Opinion, select_by_threshold, select_by_votes
from Training.builders import spacing_of
from Training.data.manifest import MANIFEST, Entry, LeftOut, Manifest, write_manifest
from Training.data.source import ManifestConfig
from Training.recipes import Recipe
from Training.weights import network_of_run
from VSSegmentationLib import geometry
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.geometry import Triplet
from VSSegmentationLib.imageio import read_volume
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS
from VSSegmentationLib.volume import Volume, reorder, undo_reorder


@dataclass(frozen=True, kw_only=True)
class Labeler:
    """A trained network, and how its answers are chosen from."""

    network: nn.Module
    spacing_dhw_mm: Triplet
    patch_dhw: tuple[int, int, int]
    select: Literal["threshold", "votes"] = "threshold"
    probability: float = 0.8
    correct_contrast: bool = False

    def labels(self, image: Volume) -> NDArray[np.uint8]:
        """Return pseudo-labels (D, H, W) of a scan, axes to superior, anterior, right.

        Raises:
            UsageError: If the network has other classes than tumor parts and cochlea.
        """
        opinion: Opinion = opinion_of(self.network, image, self.spacing_dhw_mm, self.patch_dhw)
        by_votes = self.select == "votes"
        labels = select_by_votes(opinion) if by_votes else select_by_threshold(opinion, self.probability)
        return correct_by_contrast(image.array, labels) if self.correct_contrast else labels


def labeler_of_run(
    file: Path, device: torch.device, select: Literal["threshold", "votes"], probability: float, *, correct: bool
) -> Labeler:
    """Return what labels scans by a run's best.pt or checkpoint.pt.

    Raises:
        ModelError: If the file is damaged or of another kind.
    """
    network, recipe = network_of_run(file)
    return Labeler(
        network=network.to(device), spacing_dhw_mm=spacing_of(recipe.data), patch_dhw=_patch_of(recipe),
        select=select, probability=probability, correct_contrast=correct,
    )  # fmt: skip


def _patch_of(recipe: Recipe) -> tuple[int, int, int]:
    d, h, w = recipe.data.options.get("patch_dhw", ManifestConfig.patch_dhw)
    return int(d), int(h), int(w)


def pseudo_label_scans(
    labeler: Labeler,
    entries: Sequence[Entry],
    modality: str,
    share: tuple[float, float],
    out: Path,
    *,
    on_scan: OnScan = lambda _done, _all: None,
) -> Path:
    """Write a data set of scans with pseudo-labels, and return its manifest.

    Scans are cropped as translations are, so that both are normalized by the same part of a head. One in which no tumor
    is found surely enough is left out, and listed so. Interrupted, it goes on with the scan that is missing.

    Args:
        labeler: Says what is where.
        entries: The scans; labels that they have are not looked at.
        modality: Which image of each.
        share: Of rows and columns, see `central_crop`.
        out: Made if it is not there; a whole data set in it is kept.
        on_scan: See `OnScan`.

    Raises:
        InputRefusedError: If a file is damaged.
        UsageError: If no tumor is found in any scan.
    """
    if (out / MANIFEST).is_file():
        return out / MANIFEST
    made: list[Entry] = []
    left: list[LeftOut] = []
    for number, entry in enumerate(entries, start=1):
        files = [out / what / file_name(entry.case, modality) for what in ("images", "labels")]
        if not all(file.is_file() for file in files):
            image = read_source_scan(replace(entry, labels=None), modality, share).image
            write_pair(image, image.with_array(labeler.labels(image)), *files)
        if VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(read_volume(files[1]).array.astype(np.uint8)).any():
            made.append(replace(entry, modality=modality, image=files[0], labels=files[1], others=()))
        else:
            left.append(LeftOut(case=entry.case, reason="no tumor was found surely enough for a pseudo-label"))
        on_scan(number, len(entries))
    if not made:
        msg = "in none of the scans was a tumor found surely enough; train longer, or take a lower probability"
        raise UsageError(msg)
    return write_manifest(Manifest(tuple(made), tuple(left)), out)


def write_challenge_folder(
    labeler: Labeler, entries: Sequence[Entry], modality: str, out: Path, *, on_scan: OnScan = lambda _done, _all: None
) -> None:
    """Write `CASE.nii.gz` for every scan, as the containers of crossMoDA 2023 do: uint8 on the scan's own grid.

    1 is extrameatal, 2 intrameatal, 3 both cochleae. What is there is kept.

    Raises:
        InputRefusedError: If a file is damaged.
    """
    for number, entry in enumerate(entries, start=1):
        file = out / f"{entry.case}.nii.gz"
        if not file.is_file():
            stored = read_volume(entry.images[modality])
            order = geometry.superior_anterior_right_order(stored.dhw_to_ras)
            labels = labeler.labels(reorder(stored, order))
            write_whole(file, stored.with_array(np.ascontiguousarray(undo_reorder(labels, order))))
        on_scan(number, len(entries))
