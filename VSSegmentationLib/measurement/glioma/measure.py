"""From a labelmap of a glioma to its measurements."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from scipy import ndimage

from VSSegmentationLib.connected import Mask
from VSSegmentationLib.geometry import Affine
from VSSegmentationLib.measurement.definitions import WHOLE
from VSSegmentationLib.measurement.glioma.definitions import (
    CORE,
    DEFINITIONS,
    ENHANCING,
    MEASURABLE_MM,
    MEASURABLE_SLICES,
)
from VSSegmentationLib.measurement.glioma.labels import ENHANCING as ENHANCING_LABEL
from VSSegmentationLib.measurement.glioma.labels import GLIOMA_LABELS, NECROSIS
from VSSegmentationLib.measurement.in_plane_pieces import longest_in_one_piece
from VSSegmentationLib.measurement.in_slices import diameter, short_axis
from VSSegmentationLib.measurement.quality import about_components, about_grid, about_place
from VSSegmentationLib.measurement.reasons import NO_TUMOR
from VSSegmentationLib.measurement.regions import Tumor, crop_to_labels, find_tumor
from VSSegmentationLib.measurement.stack import Region, Stack, stack_of
from VSSegmentationLib.measurement.uncertainty import no_limit
from VSSegmentationLib.measurement.value import Measurement, Uncertainty
from VSSegmentationLib.measurement.volumes import TumorVolumes
from VSSegmentationLib.volume import Volume

NO_READERS = "no limit: none of human readers of gliomas is taken over here"
NOTHING_ENHANCES = "no enhancing tumor is segmented"
_LABEL_OF_REGION = {CORE: NECROSIS, ENHANCING: ENHANCING_LABEL}
_VOLUMES = {"vol_core": CORE, "vol_enhancing": ENHANCING}


def measure(labelmap: Volume) -> tuple[Measurement, ...]:
    """Measure the largest connected glioma of a labelmap.

    Always the ids of `DEFINITIONS`, in that order; what cannot be measured has a reason in place of a value. Regions
    are nested: the core is the necrotic core with what enhances, the whole tumor that with the edema.

    Args:
        labelmap: (D, H, W) of values of `GLIOMA_LABELS`, on any grid: oblique, left-handed, sagittal.

    Raises:
        InputRefusedError: If it holds anything but these values.
    """
    around = crop_to_labels(labelmap, GLIOMA_LABELS)
    tumor = find_tumor(around.volume, GLIOMA_LABELS, around.start_dhw)
    if tumor is None:
        zeros = {name: DEFINITIONS.measured(name, 0.0) for name in ("vol_whole", *_VOLUMES)}
        return tuple(zeros.get(name) or DEFINITIONS.unmeasured(name, NO_TUMOR) for name in DEFINITIONS)
    return (*_volumes(tumor), *_lengths(tumor, labelmap.dhw_to_ras))


def labelmap_warnings(labelmap: Volume) -> tuple[str, ...]:
    """Return what a reader of the measurements has to know about the mask, as full sentences.

    Raises:
        InputRefusedError: If the labelmap holds anything but the values of `GLIOMA_LABELS`.
    """
    around = crop_to_labels(labelmap, GLIOMA_LABELS)
    tumor = find_tumor(around.volume, GLIOMA_LABELS, around.start_dhw)
    if tumor is None:
        return ()
    return (*about_components(tumor), *about_place(tumor, labelmap), *about_grid(labelmap))


def _volumes(tumor: Tumor) -> Iterator[Measurement]:
    found = TumorVolumes(tumor, GLIOMA_LABELS, limit=_limit_of_volume)
    yield found.whole(DEFINITIONS, "vol_whole")
    for name, region in _VOLUMES.items():
        yield found.region(DEFINITIONS, name, GLIOMA_LABELS.region_values(_LABEL_OF_REGION[region]))


def _limit_of_volume(cm3: float) -> Uncertainty | None:
    return no_limit("%", NO_READERS) if cm3 > 0 else None


def _lengths(tumor: Tumor, scan_to_ras: Affine) -> Iterator[Measurement]:
    array = tumor.labelmap.array
    whole = stack_of(tumor, {WHOLE: Region(GLIOMA_LABELS.tumor_mask(array), None)}, scan_to_ras)
    own = whole.regions[WHOLE]
    found = None if own.missing else longest_in_one_piece(own.mask, whole.pixel_vectors_mm)
    yield diameter(DEFINITIONS, "whole_max_axial", whole, found, own.missing)

    mask = GLIOMA_LABELS.region_mask(array, ENHANCING_LABEL)
    missing = None if mask.any() else NOTHING_ENHANCES
    section = _filled(stack_of(tumor, {WHOLE: Region(mask, missing)}, scan_to_ras))
    own = section.regions[WHOLE]
    found = None if own.missing else longest_in_one_piece(own.mask, section.pixel_vectors_mm)
    long = diameter(DEFINITIONS, "enhancing_long", section, found, own.missing)
    short = short_axis(DEFINITIONS, "enhancing_short", section, found)
    yield from (long, short, _product(long, short, own.mask))


def _filled(stack: Stack) -> Stack:
    """Return the stack with what its mask encloses in each slice: the necrosis inside a rim."""
    own = stack.regions[WHOLE]
    filled = np.stack([ndimage.binary_fill_holes(plane) for plane in own.mask])
    return replace(stack, regions={**stack.regions, WHOLE: own._replace(mask=filled)})


def _product(long: Measurement, short: Measurement, mask: Mask) -> Measurement:
    if long.value is None or short.value is None:
        return DEFINITIONS.unmeasured("rano_product", str(long.reason or short.reason))
    sides = f"{long.value:.1f} x {short.value:.1f} mm"
    if min(long.value, short.value) < MEASURABLE_MM:
        reason = f"not measurable by RANO: {sides}, and both diameters must be at least {MEASURABLE_MM:g} mm"
        return DEFINITIONS.unmeasured("rano_product", reason)
    slices = int(np.count_nonzero(mask.any(axis=(1, 2))))
    if slices < MEASURABLE_SLICES:
        reason = f"not measurable by RANO: one axial slice shows it, and {MEASURABLE_SLICES} are needed"
        return DEFINITIONS.unmeasured("rano_product", reason)
    limit = no_limit("%", "no limit of its own: it is made of two diameters, beside which theirs stand")
    return DEFINITIONS.measured("rano_product", long.value * short.value, note=sides, uncertainty=limit)
