"""A synthetic patient with a glioma: four scans without skull on one oblique grid, and the truth."""

from pathlib import Path

import numpy as np

from Training.synthesis.glioma.case import GliomaCase, WholeHead, draw_case
from Training.synthesis.glioma.growth import ENHANCING, NECROSIS
from Training.synthesis.head import read_tissues
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.geometry import AxisOrder
from VSSegmentationLib.imageio import write_image, write_segmentation
from VSSegmentationLib.tasks.glioma import GLIOMA
from VSSegmentationLib.volume import Volume, reorder

SPACING_MM = 2.0
_SHAPE_DHW = (68, 92, 76)
_WHITE = 400.0
_TILT_DEG = 7.0
_LPS = AxisOrder(permutation=(0, 1, 2), flipped=(False, True, True))
_LEAST_CM3 = {ENHANCING: 2.0, NECROSIS: 0.5}
_TRIES = 60


def write_glioma_sample(head: Path, folder: Path, seed: int) -> None:
    """Write `exam1_NAME.nii.gz` for each input of the task, and `exam1_truth.nii.gz`: 2 mm, axial, tilted.

    Args:
        head: A head label map that the model was not trained on.
        folder: Where to; made if absent.
        seed: Another seed is another patient; the first tumor from it on with 2 cm3 that enhance and 0.5 of necrosis.

    Raises:
        UsageError: If there is none among sixty.
    """
    folder.mkdir(parents=True, exist_ok=True)
    drawn = WholeHead.of(read_tissues(head))
    for number in range(_TRIES):
        case = draw_head(np.random.default_rng([seed, number]), drawn)
        if all((case.labels == k).sum() * SPACING_MM**3 / 1000 >= least for k, least in _LEAST_CM3.items()):
            break
    else:
        msg = f"none of {_TRIES} tumors is large enough; give another --seed"
        raise UsageError(msg)
    scans, truth = volumes_of(case)
    for each, scan in zip(GLIOMA.inputs, scans, strict=True):
        write_image(folder / f"exam1_{each.name}.nii.gz", scan)
    write_segmentation(folder / "exam1_truth.nii.gz", truth, GLIOMA.label_set)


def draw_head(rng: np.random.Generator, head: WholeHead, *, with_tumor: bool = True) -> GliomaCase:
    """Return a whole head without skull at 2 mm."""
    return draw_case(
        rng, head, _SHAPE_DHW, SPACING_MM, skull_stripped=True, with_tumor=with_tumor, centered_on="brain"
    )  # fmt: skip


def volumes_of(case: GliomaCase) -> tuple[list[Volume], Volume]:
    """Return the scans, in the order of the task, and the truth of a whole head as an axial, tilted examination."""
    affine, scans = _tilted(), []
    for scan in case.scans:
        stored = np.clip(np.round(scan * _WHITE), 0, 4 * _WHITE).astype(np.int16)
        stored[(scan > 0) & (stored == 0)] = 1  # 0 is where no head is
        scans.append(reorder(Volume(stored, affine), _LPS))
    return scans, reorder(Volume(case.labels, affine), _LPS)


def _tilted() -> np.ndarray:
    """Return an affine centered on the origin whose slices lean about the left-right axis."""
    c, s = np.cos(np.radians(_TILT_DEG)), np.sin(np.radians(_TILT_DEG))
    affine = np.eye(4)
    affine[:3, :3] = np.array([[0, 0, 1], [s, c, 0], [c, -s, 0]]) * SPACING_MM
    affine[:3, 3] = -affine[:3, :3] @ (np.array(_SHAPE_DHW) - 1) / 2
    return affine
