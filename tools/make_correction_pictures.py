"""Draw three corrections by a click on the sample: a lobe that is missing, a leak, and a tumor that was missed.

Usage: python -m tools.make_correction_pictures IMAGES [--refiner NAME_OR_FILE]
       make docs-pictures, where a model of that role comes along

Each row: the mask before with the click, the mask after it, and what is true. The masks to begin with are the truth of
the sample with an error of a stated kind and place.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from numpy.typing import NDArray

from VSSegmentationLib import geometry
from VSSegmentationLib.evaluation import dice
from VSSegmentationLib.imageio import read_labelmap, read_volume
from VSSegmentationLib.inference import Refiner
from VSSegmentationLib.interaction import Interaction, Sign
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS, Label
from VSSegmentationLib.models import SAMPLE_FOLDER
from VSSegmentationLib.pipeline.refining import RefineOptions, divide_new, load_refiner, refine_labelmap
from VSSegmentationLib.tasks import DEFAULT_TASK
from VSSegmentationLib.volume import Volume, reorder

PICTURE = "corrections.png"
_AROUND_MM = 17.0
_LOBE_MM = 6.0
_LEAK_MM = 5.0
Mask = NDArray[np.bool_]


class Correction(NamedTuple):
    """One row; axes run to superior, anterior, right."""

    title: str
    image: Volume
    before: Volume
    interaction: Interaction
    after: Volume
    truth: Volume


def corrections(sample: Path, options: RefineOptions) -> list[Correction]:
    """Return the three, each answered as the product does."""
    first, second = (_examination(sample, number) for number in (1, 2))
    return [
        _answered("A lobe is missing: add here", "add", first, _without_lobe, options),
        _answered("A leak: remove here", "remove", second, _with_leak, options),
        _answered("Missed: there is a tumor here", "add", first, _nothing, options),
    ]


def _examination(sample: Path, number: int) -> tuple[Volume, Volume]:
    """Return scan and true labels of the tumor alone."""
    image = read_volume(sample / f"exam{number}_t2.nii.gz")
    order = geometry.superior_anterior_right_order(image.dhw_to_ras)
    labels = read_labelmap(sample / f"exam{number}_truth.nii.gz")
    tumor = VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(labels.array)
    return reorder(image, order), reorder(labels.with_array(np.where(tumor, labels.array, np.uint8(0))), order)


def _answered(
    title: str, sign: Sign, examination: tuple[Volume, Volume],
    wrong: Callable[[Volume], tuple[Volume, Mask]], options: RefineOptions,
) -> Correction:  # fmt: skip
    image, truth = examination
    before, error = wrong(truth)
    index = np.argwhere(error)
    middle = index[np.argmin(((index - index.mean(axis=0)) ** 2).sum(axis=1))]
    r, a, s = geometry.transform_points(image.dhw_to_ras, middle).tolist()
    said = Interaction(sign=sign, points_ras_mm=((r, a, s),))
    refiner = Refiner(image, load_refiner(options, DEFAULT_TASK), device="cpu")
    after = refine_labelmap(before, refiner, [said], task=DEFAULT_TASK).labelmap
    divided = divide_new(before, after, image, task=DEFAULT_TASK, options=options)
    return Correction(title, image, before, said, divided, truth)


def _ball(labels: Volume, center: NDArray[np.float64], radius_mm: float) -> Mask:
    index = np.stack(np.indices(labels.shape), axis=-1) - center
    return np.asarray(np.linalg.norm(index * labels.spacing_dhw_mm, axis=-1) <= radius_mm)


def _without_lobe(truth: Volume) -> tuple[Volume, Mask]:
    """Take away a ball round the voxel of the tumor that lies farthest anterior."""
    index = np.argwhere(truth.array > 0)
    lobe = _ball(truth, index[index[:, 1].argmax()].astype(np.float64), _LOBE_MM) & (truth.array > 0)
    return truth.with_array(np.where(lobe, np.uint8(0), truth.array)), lobe


def _with_leak(truth: Volume) -> tuple[Volume, Mask]:
    """Add a ball that begins at the voxel of the tumor that lies farthest posterior."""
    index = np.argwhere(truth.array > 0)
    center = index[index[:, 1].argmin()] - np.array([0, 0.6 * _LEAK_MM / truth.spacing_dhw_mm[1], 0])
    leak = _ball(truth, center, _LEAK_MM) & (truth.array == 0)
    return truth.with_array(np.where(leak, np.uint8(Label.EXTRAMEATAL), truth.array)), leak


def _nothing(truth: Volume) -> tuple[Volume, Mask]:
    return truth.with_array(np.zeros(truth.shape, np.uint8)), np.asarray(truth.array > 0)


def _draw(axes: Axes, correction: Correction, labels: Volume, title: str, *, with_click: bool) -> None:
    """Draw the slice of the click as a radiologist looks at it: anterior up, the patient's right on the left."""
    image = correction.image
    to_index = geometry.as_affine(np.linalg.inv(image.dhw_to_ras))
    d, h, w = geometry.transform_points(to_index, np.array(correction.interaction.points_ras_mm[0])).tolist()
    _, height_mm, width_mm = image.spacing_dhw_mm
    pixels = image.array[round(d)]
    low, high = np.percentile(pixels, (1, 99.5))
    axes.imshow(pixels, cmap="gray", vmin=low, vmax=high, origin="lower", aspect=height_mm / width_mm)
    for entry in VESTIBULAR_SCHWANNOMA_LABELS.entries:
        mask = labels.array[round(d)] == entry.value
        if mask.any():
            axes.contour(mask, levels=[0.5], colors=[tuple(c / 255 for c in entry.color_rgb)], linewidths=1.5)
    if with_click:
        marker, color = ("+", "#33ff4d") if correction.interaction.adds else ("_", "#ff4d33")
        axes.plot(w, h, marker=marker, color=color, markersize=12, markeredgewidth=3)
    axes.set_ylim(h - _AROUND_MM / height_mm, h + _AROUND_MM / height_mm)
    axes.set_xlim(w + _AROUND_MM / width_mm, w - _AROUND_MM / width_mm)
    axes.set_axis_off()
    axes.set_title(title, fontsize=9)


def main(images: Path, sample: Path, options: RefineOptions) -> None:
    """Write the picture."""
    mpl.use("Agg")
    rows = corrections(sample, options)
    figure, axes = plt.subplots(len(rows), 3, figsize=(8.4, 3.0 * len(rows)), layout="constrained")
    for line, row in zip(axes, rows, strict=True):
        true = row.truth.array > 0
        scores = [dice(each.array > 0, true) for each in (row.before, row.after)]
        _draw(line[0], row, row.before, f"{row.title}\nDice {scores[0]:.2f}", with_click=True)
        _draw(line[1], row, row.after, f"after the click\nDice {scores[1]:.2f}", with_click=True)
        _draw(line[2], row, row.truth, "truth\n", with_click=False)
    images.mkdir(parents=True, exist_ok=True)
    figure.savefig(images / PICTURE, dpi=100, metadata={"Software": None})
    plt.close(figure)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", type=Path)
    parser.add_argument("--refiner", help="model that corrects (default: the installed one)")
    given = parser.parse_args()
    main(given.images, SAMPLE_FOLDER, RefineOptions(refiner=given.refiner, device="cpu", precision="float32"))
