"""Pictures of what a translator does: originals above, translations below, real targets at the bottom."""

from pathlib import Path

import torch
from torch import nn

from Training.adaptation.slices import as_given
from Training.pictures import Tile, write_sheet
from Training.scoring import Draw
from Training.scoring.validation import FIRST_VALIDATION_INDEX
from Training.sources import SampleSource, batch_of
from VSSegmentationLib.tensors import array_of


def draw_translations(source: SampleSource, count: int = 6) -> Draw:
    """Return a drawing of `count` samples that no step trains on, with the outlines of the originals on both.

    Of slabs, the slice in the middle is drawn.

    Args:
        source: Gives samples as `UnpairedSlices` has them.
        count: Columns of the picture.
    """

    @torch.inference_mode()
    def draw(generator: nn.Module, path: Path) -> None:
        batch = batch_of(source, [FIRST_VALIDATION_INDEX + number for number in range(count)])
        originals, targets = batch.image[:, 0], batch.image[:, 1]  # (B, D, H, W) each
        device = next(generator.parameters()).device
        made = generator(as_given(originals).to(device)).float().cpu().reshape(originals.shape)
        middle = originals.shape[1] // 2
        labels = array_of(batch.labels[:, middle]).astype("uint8")
        rows = (("original", originals, labels), ("translated", made, labels), ("a real target", targets, labels * 0))
        tiles = [
            Tile(array_of(image[middle]), outlines, caption, (-1.0, 1.0))
            for caption, images, of_row in rows
            for image, outlines in zip(images, of_row, strict=True)
        ]
        write_sheet(tiles, path, count, (1.6, 1.8))

    return draw
