"""What a scan is accepted with, but warned of: every output carries these sentences.

The limits on intensities were set where they part the real scans of this project (whole heads, crops, zeroed air) from
the same scans with everything but the inside of the head set to zero; they are hints, not proofs.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from VSSegmentationLib import geometry
from VSSegmentationLib.geometry import Affine, Shape
from VSSegmentationLib.imageio.rules import ScanRules
from VSSegmentationLib.volume import Volume

TILTED_DEG = 30.0
LOOKS_STRIPPED = "The image looks skull-stripped or masked"
"""How the warning of a scan begins in which the head round the brain seems to be missing."""

_LARGE_BACKGROUND = 0.25
_CLIPPED_SHARE = 0.005
_SLICES_LOOKED_AT = 24


def scan_warnings(volume: Volume, slice_thickness_mm: float, rules: ScanRules) -> tuple[str, ...]:
    """Return a sentence for each thing about an accepted scan that makes its results less certain.

    Args:
        volume: float32 (D, H, W).
        slice_thickness_mm: As the header states it, else the largest spacing.
        rules: What the scan has to show.
    """
    warnings = []
    thick = max(slice_thickness_mm, *volume.spacing_dhw_mm)
    if thick > rules.thick_slices_mm:
        warnings.append(
            f"The slices are {thick:.1f} mm thick or apart, more than {rules.thick_slices_mm:g} mm: "
            f"{rules.hidden_by_thick_slices} can be missed."
        )
    tilt = geometry.tilt_from_axial_deg(volume.dhw_to_ras)
    if tilt > TILTED_DEG:
        warnings.append(
            f"The acquisition is tilted {tilt:.0f} degrees from the axial plane, more than {TILTED_DEG:g}: axial "
            "diameters are not comparable with those of an untilted scan."
        )
    width = left_right_extent_mm(volume.dhw_to_ras, volume.shape)
    if rules.both_sides_mm is not None and width < rules.both_sides_mm:
        warnings.append(
            f"The field of view is only {width:.0f} mm from left to right: a scan cropped like this may hold one side "
            "only, and a tumor on the other would be missed."
        )
    return (*warnings, *intensity_warnings(volume.array, with_skull=rules.with_skull))


def left_right_extent_mm(dhw_to_ras: Affine, shape: Shape) -> float:
    """Return the length of the array axis that runs closest to left-right."""
    axis = geometry.superior_anterior_right_order(dhw_to_ras).permutation[2]
    return shape[axis] * geometry.spacing_dhw_mm(dhw_to_ras)[axis]


def intensity_warnings(array: NDArray[np.float32], *, with_skull: bool = True) -> tuple[str, ...]:
    """Return warnings of intensities that look skull-stripped, padded around a crop, or cut off at the top.

    Args:
        array: (D, H, W), not constant.
        with_skull: Whether a scan without it is unusual, and told of.
    """
    warnings = []
    background_value = _border_value(array)
    inside, box_size = _extent(array, background_value)
    share = 1 - inside / array.size
    if share >= _LARGE_BACKGROUND:
        if 1 - inside / box_size < 0.05:
            warnings.append(
                f"The image looks cropped: {share:.0%} of it is a frame of one constant value around a smaller block."
            )
        elif with_skull and _sharp_edge(array, background_value):
            warnings.append(
                f"{LOOKS_STRIPPED}: {share:.0%} of it is one constant value with a sharp edge to tissue, where the "
                "model expects the whole head."
            )
    highest = array.max()
    clipped = sum(int(np.count_nonzero(plane == highest)) for plane in array) / array.size
    if clipped >= _CLIPPED_SHARE * (1 - share):
        warnings.append(
            f"The intensities look cropped: {clipped:.1%} of all voxels share the highest value, so the brightest "
            "structures look alike."
        )
    return tuple(warnings)


def _extent(array: NDArray[np.float32], background_value: np.float32) -> tuple[int, int]:
    """Return how many voxels have another value than the background, and how many the box has that holds all these.

    At least one has: of an image that is not constant, no value is that of all.
    One slice at a time: masks of a whole head would take as much memory as the head.
    """
    count = 0
    rows, columns = np.zeros(array.shape[1], np.bool_), np.zeros(array.shape[2], np.bool_)
    first, last = len(array), -1
    for depth, plane in enumerate(array):
        other = plane != background_value
        here = int(np.count_nonzero(other))
        if here:
            first, last = min(first, depth), depth
            rows |= other.any(axis=1)
            columns |= other.any(axis=0)
            count += here
    height, width = (int(np.ptp(np.flatnonzero(axis))) + 1 for axis in (rows, columns))
    return count, (last - first + 1) * height * width


def _border_value(array: NDArray[np.float32]) -> np.float32:
    """Return the commonest value on the six faces."""
    faces = [np.take(array, end, axis=axis).ravel() for axis in range(3) for end in (0, -1)]
    values, counts = np.unique(np.concatenate(faces), return_counts=True)
    commonest: np.float32 = values[np.argmax(counts)]
    return commonest


def _sharp_edge(array: NDArray[np.float32], background_value: np.float32) -> bool:
    """Return whether what touches the background is as bright as tissue.

    Where air was set to zero, the outermost voxels are the faint rim of the skin, and dark bone and sinuses lie inside;
    where the brain was cut out, they are brain and CSF, and hardly anything inside is dark.
    """
    some = slice(None, None, max(1, array.shape[0] // _SLICES_LOOKED_AT))
    array = array[some]
    outside = array == background_value
    tissue = array[~outside]
    if np.percentile(tissue, 1) < background_value < np.percentile(tissue, 99):
        return True  # a constant in the midst of the tissue values was put there
    above = np.abs(tissue - background_value)
    in_plane = ndimage.generate_binary_structure(2, 1)[None]
    shell = ndimage.binary_dilation(outside, in_plane) & ~outside
    if not shell.any():
        return False
    edge = float(np.median(np.abs(array[shell] - background_value)) / np.median(above))
    dark = float(np.mean(above < 0.15 * np.percentile(above, 90)))
    return edge >= 0.8 or (edge >= 0.5 and dark <= 0.02)
