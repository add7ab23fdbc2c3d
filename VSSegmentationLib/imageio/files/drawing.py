"""Who gave a labelmap: the model that did is in the header, with a hash that shows whether anybody changed it since.

Without that, nobody could tell a model's untouched answer from a mask that a person drew, and their limits differ.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from VSSegmentationLib.volume import Volume

_PREFIX = "VSSegmentation_"
_FIELDS = {
    "model": f"{_PREFIX}Model",
    "version": f"{_PREFIX}ModelVersion",
    "model_sha256": f"{_PREFIX}ModelSHA256",
    "divider_sha256": f"{_PREFIX}DividerSHA256",
    "labels_sha256": f"{_PREFIX}LabelsSHA256",
}
_NEEDED = ("model", "version", "model_sha256")


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """The model that gave a labelmap."""

    model: str
    """Its name."""
    version: str
    model_sha256: str
    """Of its file."""
    divider_sha256: str = ""
    """Of the model that divided the tumor; empty if none did."""
    labels_sha256: str = ""
    """Of the answer, as `labels_sha256` gives it; empty where it is not known any more."""

    def is_untouched(self, labelmap: Volume) -> bool:
        """Return whether a labelmap is what the model gave, voxel by voxel."""
        return self.labels_sha256 == labels_sha256(labelmap)


def labels_sha256(labelmap: Volume) -> str:
    """Return the SHA-256 of the box round all labels: its size, that of a voxel in micrometers, and the values.

    Formats round where a labelmap lies, and Slicer crops it when it saves it: neither changes a label.

    Args:
        labelmap: (D, H, W) values from 0 to 255.
    """
    inside = np.argwhere(labelmap.array)
    low, high = (inside.min(axis=0), inside.max(axis=0) + 1) if inside.size else (np.zeros(3, int), np.zeros(3, int))
    window = tuple(slice(a, b) for a, b in zip(low.tolist(), high.tolist(), strict=True))
    box = np.ascontiguousarray(labelmap.array[window], dtype=np.uint8)
    spacing_um = np.rint(1000 * np.array(labelmap.spacing_dhw_mm)).astype(np.int64)
    digest = hashlib.sha256(f"{box.shape} {spacing_um.tolist()} ".encode())
    digest.update(box.tobytes())
    return digest.hexdigest()


def drawing_fields(drawing: Drawing | None) -> dict[str, str]:
    """Return what a header tells of the model; nothing where there is none."""
    if drawing is None:
        return {}
    told = {field: " ".join(str(getattr(drawing, name)).split()) for name, field in _FIELDS.items()}
    return {field: value for field, value in told.items() if value}


def drawing_in(fields: Mapping[str, str]) -> Drawing | None:
    """Return the model that a header tells of; None where it tells of none, or only in part."""
    told = {name: fields.get(field, "").strip() for name, field in _FIELDS.items()}
    return Drawing(**told) if all(told[name] for name in _NEEDED) else None
