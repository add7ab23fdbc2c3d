"""Both cochleae: how large each is, and how far the tumor is from the one of its ear."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from VSSegmentationLib import geometry
from VSSegmentationLib.connected import number_pieces
from VSSegmentationLib.labels import Label
from VSSegmentationLib.measurement.definitions import Line
from VSSegmentationLib.measurement.extent import crack_points
from VSSegmentationLib.measurement.extremes import true_indices
from VSSegmentationLib.measurement.reasons import NO_TUMOR
from VSSegmentationLib.measurement.regions import Tumor
from VSSegmentationLib.measurement.stack import triplets
from VSSegmentationLib.measurement.uncertainty import digitization
from VSSegmentationLib.measurement.value import Measurement
from VSSegmentationLib.measurement.vestibular_schwannoma import reasons
from VSSegmentationLib.measurement.vestibular_schwannoma.definitions import measured, unmeasured
from VSSegmentationLib.volume import Volume

Points = NDArray[np.float64]

RIGHT, LEFT, GAP = "vol_cochlea_right", "vol_cochlea_left", "gap_cochlea"
_LEAST_MM3 = 5.0
"""A smaller piece is a stray one: a cochlea has 60 to 115 mm3."""
_EARS_APART_MM = 30.0
"""Cochleae whose centers lie farther apart across the head are of two ears; the fundi are about 70 mm apart."""
_OWN_EAR_MM = 20.0
"""A cochlea farther from the tumor than this is the one of the other ear: a canal is about 10 mm long."""


class _Piece(NamedTuple):
    cm3: float
    center_r_mm: float


def cochlea_measures(labelmap: Volume, tumor: Tumor | None) -> Iterator[Measurement]:
    """Yield `vol_cochlea_right`, `vol_cochlea_left`, `gap_cochlea`.

    Which of two is the right one says their order across the head, whatever the origin of the scan; of a single one it
    is not said.

    Args:
        labelmap: (D, H, W) of `Label` values.
        tumor: What is measured in it; None where there is none.
    """
    mask = labelmap.array == Label.COCHLEA
    yield from _volumes(labelmap, mask)
    if not mask.any():
        yield unmeasured(GAP, reasons.NO_COCHLEA)
    elif tumor is None:
        yield unmeasured(GAP, NO_TUMOR)
    else:
        yield _gap(labelmap, mask, tumor)


def _volumes(labelmap: Volume, mask: NDArray[np.bool_]) -> Iterator[Measurement]:
    pieces = _pieces(labelmap, mask)
    across = sorted(piece.center_r_mm for piece in pieces)
    if not pieces:
        missing = reasons.NO_COCHLEA
    elif across[-1] - across[0] < _EARS_APART_MM:
        missing = reasons.ONE_COCHLEA
    else:
        missing = reasons.NO_ORIENTATION if labelmap.axes_assumed else ""
    if missing:
        yield unmeasured(RIGHT, missing)
        yield unmeasured(LEFT, missing)
        return
    split = int(np.argmax(np.diff(across)))
    middle = (across[split] + across[split + 1]) / 2
    yield measured(RIGHT, sum(piece.cm3 for piece in pieces if piece.center_r_mm > middle))
    yield measured(LEFT, sum(piece.cm3 for piece in pieces if piece.center_r_mm <= middle))


def _pieces(labelmap: Volume, mask: NDArray[np.bool_]) -> list[_Piece]:
    numbered, counts = number_pieces(mask)
    index = true_indices(mask)
    right_mm = geometry.transform_points(labelmap.dhw_to_ras, index)[:, 0]
    sums = np.bincount(numbered[mask], right_mm, len(counts) + 1)[1:]
    voxel_cm3 = geometry.voxel_volume_mm3(labelmap.dhw_to_ras) / 1000
    found = [_Piece(n * voxel_cm3, total / n) for n, total in zip(counts.tolist(), sums.tolist(), strict=True)]
    return [piece for piece in found if 1000 * piece.cm3 >= _LEAST_MM3]


def _gap(labelmap: Volume, mask: NDArray[np.bool_], tumor: Tumor) -> Measurement:
    cochlea = geometry.transform_points(labelmap.dhw_to_ras, crack_points(mask))
    own = geometry.transform_points(tumor.labelmap.dhw_to_ras, crack_points(tumor.labelmap.array > 0))
    found = cKDTree(cochlea).query(own)
    distances, nearest = np.asarray(found[0]), np.asarray(found[1])
    index = int(np.argmin(distances))
    ends = np.stack((own[index], cochlea[int(nearest[index])]))
    apart = float(distances[index])
    if apart > _OWN_EAR_MM:
        return unmeasured(GAP, f"the cochlea label is {apart:.0f} mm from the tumor: another ear")
    return measured(
        GAP, apart, line=Line(triplets(ends)), uncertainty=digitization(ends[1] - ends[0], labelmap.dhw_to_ras)
    )
