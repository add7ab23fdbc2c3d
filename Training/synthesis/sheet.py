"""A contact sheet: what the network is shown, with the truth drawn on it."""

from io import BytesIO
from pathlib import Path

import numpy as np

from Training.synthesis.source import SyntheticSource
from VSSegmentationLib.labels import LABEL_STYLES, Label

_COLORS = 96
"""Of the picture: a palette keeps it small."""


def write_contact_sheet(source: SyntheticSource, path: Path, rows: int = 5, columns: int = 7) -> None:
    """Write a picture of the first samples of a source, each in the slice that holds most tumor."""
    import matplotlib as mpl  # noqa: PLC0415 - only this picture needs it

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415
    from PIL import Image  # noqa: PLC0415 - comes with matplotlib

    figure, axes = plt.subplots(rows, columns, figsize=(2.0 * columns, 1.75 * rows))
    for index, axis in enumerate(axes.flat):
        image, labels = source.sample(index)
        middle = labels.shape[0] // 2
        best = int(np.argmax((labels > 0).sum(axis=(1, 2)))) if labels.any() else middle
        # Radiological view: H to anterior is up, W to the patient's right is on the left.
        axis.imshow(image[0, best, :, ::-1], cmap="gray", origin="lower", vmin=-1.3, vmax=3.0)
        for label in (Label.EXTRAMEATAL, Label.INTRAMEATAL):
            mask = labels[best, :, ::-1] == label
            if mask.any():
                color = tuple(c / 255 for c in LABEL_STYLES[label].color_rgb)
                axis.contour(mask, [0.5], colors=[color], linewidths=1.2)
        axis.set_axis_off()
    figure.subplots_adjust(0.005, 0.005, 0.995, 0.995, 0.03, 0.03)
    drawn = BytesIO()
    figure.savefig(drawn, dpi=80)
    plt.close(figure)
    Image.open(drawn).convert("RGB").quantize(_COLORS, dither=Image.Dither.NONE).save(path, optimize=True)
