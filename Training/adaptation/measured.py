"""The measure that a translator is stopped by: what a segmenter that it never saw finds in its translations."""

from collections.abc import Sequence
from statistics import fmean

import numpy as np
from numpy.typing import NDArray
from torch import nn

from Training.adaptation.config import TranslationDataConfig
from Training.adaptation.scans import SourceScan
from Training.adaptation.slabs import slice_jumps
from Training.masks import TumorPredictor
from Training.scoring import Validate
from VSSegmentationLib.errors import ConfigError
from VSSegmentationLib.evaluation import dice
from VSSegmentationLib.geometry import Triplet
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS
from VSSegmentationLib.preprocessing import crop_grid, grid_of, intensity_of, resample, working_grid, z_scored
from VSSegmentationLib.preprocessing.grid import Box
from VSSegmentationLib.volume import Volume

SPACING_DHW_MM: Triplet = (1.5, 0.5, 0.5)
"""What the models of schwannomas work at."""
_BOX_DHW = (24, 88, 88)
"""What they are shown of an ear."""


def validate_translations(data: TranslationDataConfig, scans: Sequence[SourceScan]) -> Validate:
    """Return a measure of a generator: Dice of the tumors that a fixed segmenter finds in what it made of `scans`.

    The segmenter is shown a box round each outlined tumor, 36 x 44 x 44 mm, z-scored, as it lies and mirrored. So the
    measure says whether a tumor still looks like one and lies where it was outlined, and not whether the segmenter
    finds others elsewhere. It gives `dice`, a mean over the scans with a tumor, and `flicker`, the mean step of the
    slices' means from one to the next, of the translations.

    Raises:
        ConfigError: If no scan has a tumor, or the data name no segmenter.
    """
    if data.segmenter is None:
        msg = "translations are measured by a segmenter, and data.segmenter names none"
        raise ConfigError(msg)
    with_tumor = [scan for scan in scans if _tumor_of(scan).any()]
    if not with_tumor:
        msg = f"no scan of the split {data.validation_split!r} has a tumor, by which translations could be measured"
        raise ConfigError(msg)
    predictor = TumorPredictor(data.segmenter, mirrored=True)

    def validate(generator: nn.Module) -> dict[str, float]:
        made = [scan.translated(generator, data) for scan in with_tumor]
        agreed = [_agreement(predictor, image, scan) for image, scan in zip(made, with_tumor, strict=True)]
        return {"dice": fmean(agreed), "flicker": fmean(slice_jumps(image.array) for image in made)}

    return validate


def _tumor_of(scan: SourceScan) -> NDArray[np.bool_]:
    assert scan.labels is not None, "only labeled scans are measured"
    return VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(scan.labels.array)


def _agreement(predictor: TumorPredictor, made: Volume, scan: SourceScan) -> float:
    truth = made.with_array(_tumor_of(scan).astype(np.float32))
    grid = working_grid(grid_of(made), SPACING_DHW_MM)
    tumor = resample(truth, grid).array > 0.5
    if not tumor.any():
        return 0.0
    box = _box_round(tumor)
    image = resample(made, crop_grid(grid, box)).array
    found = predictor.mask(z_scored(image, intensity_of(image))[None])
    return dice(found, tumor[tuple(slice(a, b) for a, b in zip(*box, strict=True))])


def _box_round(tumor: NDArray[np.bool_]) -> Box:
    """Return a box of the usual size round the middle of a tumor, larger where the tumor is, moved into the grid."""
    ends = [np.flatnonzero(tumor.any(axis=tuple({0, 1, 2} - {axis})))[[0, -1]] for axis in range(3)]
    starts, stops = [], []
    for (first, last), size, length in zip(ends, _BOX_DHW, tumor.shape, strict=True):
        width = min(length, max(size, int(last - first) + 1))
        start = int(np.clip((first + last + 1 - width) // 2, 0, length - width))
        starts.append(start)
        stops.append(start + width)
    return Box((starts[0], starts[1], starts[2]), (stops[0], stops[1], stops[2]))
