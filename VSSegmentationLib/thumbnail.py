"""A small picture of a volume's middle slice, as a notebook shows it."""

import base64
import io
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib import geometry
from VSSegmentationLib.geometry import Affine

_SIDE_PIXELS = 192


def as_html(array: NDArray[Any], dhw_to_ras: Affine, caption: str) -> str:
    """Return the middle slice of (D, H, W) voxels with a caption, as HTML that needs nothing else.

    The slice is the middle one along D, as it lies in the array: rows are H, columns are W, in their true proportions.
    """
    encoded = base64.b64encode(_png(array[array.shape[0] // 2], dhw_to_ras)).decode("ascii")
    number = array.shape[0] // 2 + 1
    return (
        f'<figure style="margin:0"><img alt="Slice {number} of {array.shape[0]}" '
        f'src="data:image/png;base64,{encoded}"><figcaption>{escape(caption)}; slice {number} of {array.shape[0]}'
        "</figcaption></figure>"
    )


def _png(plane: NDArray[Any], dhw_to_ras: Affine) -> bytes:
    from PIL import Image  # noqa: PLC0415 - of use in a notebook only

    _, h_mm, w_mm = geometry.spacing_dhw_mm(dhw_to_ras)
    extent_mm = np.array((plane.shape[1] * w_mm, plane.shape[0] * h_mm))
    size = np.maximum(1, np.rint(_SIDE_PIXELS * extent_mm / extent_mm.max())).astype(int).tolist()
    file = io.BytesIO()
    Image.fromarray(_gray(plane)).resize(size, Image.Resampling.NEAREST).save(file, format="PNG")
    return file.getvalue()


def _gray(plane: NDArray[Any]) -> NDArray[np.uint8]:
    """Return 0 to 255 from the 1st to the 99.5th percentile, so that one bright vessel does not darken the rest."""
    values = np.nan_to_num(plane.astype(np.float32), posinf=0.0, neginf=0.0)
    whole = np.array_equal(values, np.rint(values)) and values.max(initial=0) < 16  # labels, each to be seen
    low, high = (0.0, float(values.max())) if whole else np.percentile(values, (1, 99.5)).tolist()
    scaled = (values - low) * (255 / max(high - low, 1e-6))
    return np.clip(scaled, 0, 255).astype(np.uint8)
