"""A small picture of one slice of a volume, as a notebook shows it."""

import base64
import io
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib import geometry
from VSSegmentationLib.geometry import Affine

_SIDE_PIXELS = 192
_MAX_LABEL = 15
"""Whole numbers up to this are taken for labels; gray values reach further."""


def as_html(array: NDArray[Any], dhw_to_ras: Affine, caption: str) -> str:
    """Return one slice of (D, H, W) voxels with a caption, as HTML that needs nothing else.

    It is the middle one along D or, of a labelmap, the one with most labels, as it lies in the array: rows are H,
    columns are W, in their true proportions.
    """
    index = _slice_to_show(array)
    encoded = base64.b64encode(_png(array[index], dhw_to_ras)).decode("ascii")
    told = f"slice {index + 1} of {array.shape[0]}"
    return (
        f'<figure style="margin:0"><img alt="{told}" src="data:image/png;base64,{encoded}">'
        f"<figcaption>{escape(caption)}; {told}</figcaption></figure>"
    )


def _slice_to_show(array: NDArray[Any]) -> int:
    labeled = np.count_nonzero(array, axis=(1, 2)) if _holds_labels(array) else np.zeros(1)
    return int(labeled.argmax()) if labeled.any() else array.shape[0] // 2


def _holds_labels(array: NDArray[Any]) -> bool:
    return array.dtype.kind in "bui" and 0 <= int(array.min()) <= int(array.max()) <= _MAX_LABEL


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
    # Of labels each is to be seen, however small.
    low, high = (0.0, float(values.max())) if _holds_labels(plane) else np.percentile(values, (1, 99.5)).tolist()
    scaled = (values - low) * (255 / max(high - low, 1e-6))
    return np.clip(scaled, 0, 255).astype(np.uint8)
