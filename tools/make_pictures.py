"""Draw the pictures of the user guide from what the demo wrote.

Usage: python tools/make_pictures.py DEMO_OUTPUT IMAGES [SAMPLE]
       make docs-pictures
The output has to hold report.json beside measurements.json: the line that is drawn is the one the report leads with.
"""

import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from VSSegmentationLib.geometry import superior_anterior_right_order, transform_points
from VSSegmentationLib.imageio import read_labelmap, read_volume
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS
from VSSegmentationLib.models import SAMPLE_FOLDER
from VSSegmentationLib.reporting import read_report_json
from VSSegmentationLib.volume import Volume, reorder

AROUND_MM = 25.0


class Examination(NamedTuple):
    """One examination of the sample; axes run to superior, anterior, right."""

    name: str
    image: Volume
    labelmap: Volume
    measurements: dict[str, dict[str, Any]]
    headline_id: str | None
    """Of the diameter that the report leads with."""

    def headline(self) -> dict[str, Any] | None:
        """Return the diameter that the report leads with, where there is one."""
        return None if self.headline_id is None else self.measurements[self.headline_id]

    def slice_index(self) -> int:
        """Return the slice of the headline diameter, else the one with the most tumor, else the middle."""
        headline = self.headline()
        points = headline["end_points_ras_mm"] if headline else None
        if points:
            index = transform_points(np.linalg.inv(self.image.dhw_to_ras), np.array(points))
            return round(float(index[:, 0].mean()))
        area = VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(self.labelmap.array).sum(axis=(1, 2))
        return int(area.argmax()) if area.any() else self.image.shape[0] // 2


def read_examination(name: str, folder: Path, sample: Path) -> Examination:
    """Read the scan from the sample and what the demo made of it."""
    image = read_volume(sample / f"{name}_t2.nii.gz")
    order = superior_anterior_right_order(image.dhw_to_ras)
    listed = json.loads((folder / name / "measurements.json").read_text(encoding="utf-8"))
    labelmap = read_labelmap(folder / name / "segmentation.nii.gz")
    headline = read_report_json(folder / name / "report.json").headline
    return Examination(
        name=name,
        image=reorder(image, order),
        labelmap=reorder(labelmap, order),
        measurements={each["id"]: each for each in listed},
        headline_id=headline.measurement_id,
    )


def draw_scan(axes: Axes, examination: Examination) -> None:
    """Draw the axial slice as a radiologist looks at it: anterior up, the patient's right on the left."""
    image = examination.image
    _, height_mm, width_mm = image.spacing_dhw_mm
    pixels = image.array[examination.slice_index()]
    low, high = np.percentile(pixels, (1, 99.5))
    axes.imshow(pixels, cmap="gray", vmin=low, vmax=high, origin="lower", aspect=height_mm / width_mm)
    axes.invert_xaxis()
    axes.set_axis_off()


def draw_result(axes: Axes, examination: Examination) -> None:
    """Draw the outlines of the labels, and the headline diameter with its value, and look closer."""
    draw_scan(axes, examination)
    labels = examination.labelmap.array[examination.slice_index()]
    for entry in VESTIBULAR_SCHWANNOMA_LABELS.entries:
        if (labels == entry.value).any():
            color = tuple(channel / 255 for channel in entry.color_rgb)
            axes.contour(labels == entry.value, levels=[0.5], colors=[color], linewidths=1.5)
            axes.plot([], [], color=color, label=entry.name)
    diameter = examination.headline()
    if diameter is not None:
        to_index = np.linalg.inv(examination.image.dhw_to_ras)
        ends = transform_points(to_index, np.array(diameter["end_points_ras_mm"]))
        text = f"Diameter, {diameter['region']}: {diameter['value']:.1f} mm"
        axes.plot(ends[:, 2], ends[:, 1], color="white", linewidth=1, marker="+", label=text)
    if labels.any():
        middle = np.argwhere(labels).mean(axis=0)
        half = AROUND_MM / np.array(examination.image.spacing_dhw_mm[1:])
        axes.set_ylim(middle[0] - half[0], middle[0] + half[0])
        axes.set_xlim(middle[1] + half[1], middle[1] - half[1])
        axes.legend(loc="lower left", fontsize=8, facecolor="black", labelcolor="white", framealpha=0.6)


def volume_text(examination: Examination) -> str:
    """Return the whole volume, or that there is none."""
    volume = examination.measurements["vol_total"]["value"]
    return f"{examination.name}: no tumor found" if volume is None else f"{examination.name}: {volume:.3f} cm³"


def main(folder: Path, images: Path, sample: Path) -> None:
    """Write `scan.png`, `result.png` and `two_examinations.png`."""
    mpl.use("Agg")
    names = sorted(path.name for path in folder.iterdir() if (path / "measurements.json").is_file())
    examinations = [read_examination(name, folder, sample) for name in names]
    images.mkdir(parents=True, exist_ok=True)
    for file, draw in (("scan.png", draw_scan), ("result.png", draw_result)):
        figure, axes = plt.subplots(figsize=(5, 5), layout="constrained")
        draw(axes, examinations[0])
        figure.savefig(images / file, dpi=110, bbox_inches="tight", metadata={"Software": None})
    figure, columns = plt.subplots(1, len(examinations), figsize=(4.5 * len(examinations), 4.8), layout="constrained")
    for axes, examination in zip(np.atleast_1d(columns), examinations, strict=True):
        draw_result(axes, examination)
        axes.set_title(volume_text(examination))
    figure.savefig(images / "two_examinations.png", dpi=110, bbox_inches="tight", metadata={"Software": None})
    print(f"wrote the pictures of {', '.join(names)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]) if len(sys.argv) > 3 else SAMPLE_FOLDER)
