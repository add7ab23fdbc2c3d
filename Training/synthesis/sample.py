"""The sample that comes along: one synthetic patient at two examinations, the tumor grown, with ground truth."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from Training.synthesis.anatomy import SPACING_MM, Anatomy, AnatomyConfig, draw_anatomy
from Training.synthesis.contrast import draw_contrast
from Training.synthesis.head import read_head
from Training.synthesis.render import draw_acquisition, render
from Training.synthesis.source import SLICE_STEP
from Training.synthesis.strata import USUAL_ACQUISITION, USUAL_CONTRAST
from Training.synthesis.tissues import target_labels
from Training.synthesis.tumor import TumorRanges
from VSSegmentationLib.geometry import AxisOrder
from VSSegmentationLib.imageio import write_image, write_segmentation
from VSSegmentationLib.volume import Volume, crop, reorder

GROWTH = (1.0, 1.18)
"""How wide the tumor is at the examinations, first and second: 18 % is about 60 % in volume."""
_CONFIG = AnatomyConfig(
    tumor_share=1.0,
    bilateral_share=0.0,
    rotation_deg=5.0,
    tumor=TumorRanges(
        cohorts=(),
        volume_cm3=(0.5, 0.9),
        extrameatal_only_share=0,
        cystic_share=0,
        microcystic_share=0,
        peritumoral_cyst_share=0,
        strand_share=0,
        pocket_share=0,
    ),
)
_LOOK = replace(
    USUAL_CONTRAST,
    physics_share=1.0,
    bright_tumor_share=0.0,
    dim_canal_share=0.0,
    enhanced_share=0.0,
    septated_share=0.0,
    rim_share=0.0,
)
_SCANNER = replace(
    USUAL_ACQUISITION, slice_mm=(1.5,), pixel_mm=(0.55, 0.7), noise=(0.01, 0.02), gamma=(1.0, 1.001), curve_share=0.0,
    ghost_share=0.0, clip_share=0.0,
)  # fmt: skip
_LPS = AxisOrder(permutation=(0, 1, 2), flipped=(False, True, True))
_MARGIN_DHW = (4, 8, 12)
_WHITE = 250.0


def write_sample(head: Path, folder: Path, seed: int) -> None:
    """Write `examN_t2.nii.gz` and `examN_truth.nii.gz` for N = 1, 2: 1.5 x 0.5 x 0.5 mm, axial, tilted a few degrees.

    Args:
        head: A head label map that the models were not trained on.
        folder: Where to; made if absent.
        seed: Another seed is another patient.
    """
    folder.mkdir(parents=True, exist_ok=True)
    anatomy_of = read_head(head)
    for number, growth in enumerate(GROWTH, start=1):
        anatomy = draw_anatomy(np.random.default_rng(seed), anatomy_of, _CONFIG, growth)
        image, truth = _examination(anatomy, seed, number)
        write_image(folder / f"exam{number}_t2.nii.gz", image)
        side = anatomy.tumors[0].ear.side if anatomy.tumors else None
        write_segmentation(folder / f"exam{number}_truth.nii.gz", truth, side=side)


def _examination(anatomy: Anatomy, seed: int, number: int) -> tuple[Volume, Volume]:
    """Return image (int16) and truth (uint8) on one grid; contrast is the patient's, noise and tilt of the day."""
    contrast = draw_contrast(np.random.default_rng([seed, 1]), "T2", _LOOK)
    rng = np.random.default_rng([seed, 2, number])
    image = render(rng, anatomy.tissues, SPACING_MM, contrast, draw_acquisition(rng, _SCANNER), slice_step=SLICE_STEP)
    labels = target_labels(anatomy.tissues[SLICE_STEP // 2 :: SLICE_STEP])
    scaled = np.clip(np.round(image * _WHITE), 0, 4 * _WHITE).astype(np.int16)
    affine = _tilted(labels.shape, float(rng.uniform(4, 9)))
    return _as_scanned(Volume(scaled, affine)), _as_scanned(Volume(labels, affine))


def _tilted(shape: tuple[int, ...], degrees: float) -> np.ndarray:
    """Return an affine centered on the origin whose slices lean by some degrees about the left-right axis."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    axes_ras = np.array([[0, 0, 1], [s, c, 0], [c, -s, 0]])  # columns: superior, anterior, right
    affine = np.eye(4)
    affine[:3, :3] = axes_ras * (SPACING_MM * SLICE_STEP, SPACING_MM, SPACING_MM)
    affine[:3, 3] = -affine[:3, :3] @ (np.array(shape) - 1) / 2
    return affine


def _as_scanned(volume: Volume) -> Volume:
    """Return the middle of the region, rows and columns in the order of a scanner: to posterior and left."""
    stop = [n - m for n, m in zip(volume.shape, _MARGIN_DHW, strict=True)]
    return reorder(crop(volume, _MARGIN_DHW, (stop[0], stop[1], stop[2])), _LPS)
