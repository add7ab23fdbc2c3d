"""From a labelmap to its measurements: volumes and longest axial diameters."""

import numpy as np

from VSSegmentationLib import geometry
from VSSegmentationLib.geometry import Triplet
from VSSegmentationLib.labels import Label, tumor_mask
from VSSegmentationLib.measurement import axial
from VSSegmentationLib.measurement.diameters import SliceDiameter, longest_in_slices
from VSSegmentationLib.measurement.plane import MeatalPlane
from VSSegmentationLib.measurement.regions import Mask, Tumor, find_tumor, largest_piece
from VSSegmentationLib.measurement.value import Measurement
from VSSegmentationLib.volume import Volume

_WHOLE, _EXTRAMEATAL, _INTRAMEATAL = "whole", "extrameatal", "intrameatal"
_NO_TUMOR = "no tumor is segmented"


def measure(
    labelmap: Volume,
    *,
    plane: MeatalPlane | None = None,  # noqa: ARG001
    fundus_ras_mm: Triplet | None = None,  # noqa: ARG001
) -> tuple[Measurement, ...]:
    """Measure the largest connected tumor of a labelmap.

    Always the same ids in the same order: `vol_total`, `vol_em`, `vol_im`, `whole_max_axial`, `em_max_axial`. What
    cannot be measured has a reason in place of a value. Further components are listed by `components`, never added.

    Args:
        labelmap: (D, H, W) of `Label` values, on any grid: oblique, left-handed, sagittal.

    Raises:
        InputRefusedError: If the labelmap holds anything but the values of `Label`.

    Source: volumes by summing voxels (DCM 126030); largest extrameatal diameter after Kanzaki et al., Otol Neurotol
    2003;24:642-649, as quoted by Wijethilake et al. 2022; whole-tumor diameter as in Connor et al. 2021.
    """
    tumor = find_tumor(labelmap)
    if tumor is None:
        return (*_volumes_of_nothing(), *_diameters_of_nothing())
    return (*_volumes(tumor), *_diameters(tumor, labelmap))


def _volumes(tumor: Tumor) -> tuple[Measurement, Measurement, Measurement]:
    array = tumor.labelmap.array
    voxel_mm3 = geometry.voxel_volume_mm3(tumor.labelmap.dhw_to_ras)
    counts = {label: int(np.count_nonzero(array == label)) for label in Label}
    n_em, n_im = counts[Label.EXTRAMEATAL], counts[Label.INTRAMEATAL]
    vol_em, vol_im = n_em * voxel_mm3 / 1000, n_im * voxel_mm3 / 1000
    # Whole = the sum of its parts, not count x voxel, so that the printed parts add up to the last bit.
    vol_total = vol_em + vol_im + counts[Label.UNDIVIDED_TUMOR] * voxel_mm3 / 1000
    others = tumor.components[1:]
    extra = {
        "voxel_count": tumor.components[0].voxel_count,
        "volume_mm3": vol_total * 1000,
        "other_components": len(others),
        "other_components_cm3": sum(c.volume_cm3 for c in others),
    }
    reason = _undivided_reason(tumor)
    return (
        _volume("vol_total", _WHOLE, vol_total, extra=extra),
        _volume("vol_em", _EXTRAMEATAL, vol_em, reason, {"voxel_count": n_em, "volume_mm3": vol_em * 1000}),
        _volume("vol_im", _INTRAMEATAL, vol_im, reason, {"voxel_count": n_im, "volume_mm3": vol_im * 1000}),
    )


def _volume(
    id: str,  # noqa: A002 - the field is called so
    region: str,
    value: float,
    reason: str | None = None,
    extra: dict[str, float] | None = None,
) -> Measurement:
    names = {_WHOLE: "Volume, whole tumor", _EXTRAMEATAL: "Volume, extrameatal", _INTRAMEATAL: "Volume, intrameatal"}
    return Measurement(
        id=id,
        region=region,
        name=names[region],
        value=value if reason is None else None,
        unit="cm3",
        method="number of voxels times the volume of a voxel",
        reason=reason,
        extra=extra if extra and reason is None else {},
    )


def _volumes_of_nothing() -> tuple[Measurement, Measurement, Measurement]:
    return (
        _volume("vol_total", _WHOLE, 0.0),
        _volume("vol_em", _EXTRAMEATAL, 0.0),
        _volume("vol_im", _INTRAMEATAL, 0.0),
    )


def _undivided_reason(tumor: Tumor) -> str | None:
    array = tumor.labelmap.array
    if not (array == Label.UNDIVIDED_TUMOR).any():
        return None
    divided = np.isin(array, (Label.EXTRAMEATAL, Label.INTRAMEATAL)).any()
    return "part of the tumor is not divided" if divided else "the tumor is not divided"


def _diameters(tumor: Tumor, labelmap: Volume) -> tuple[Measurement, Measurement]:
    whole = tumor_mask(tumor.labelmap.array)
    extrameatal = tumor.labelmap.array == Label.EXTRAMEATAL
    reason = _undivided_reason(tumor)
    if reason is None and not extrameatal.any():
        reason = "the tumor has no extrameatal part"
    return (
        _diameter("whole_max_axial", _WHOLE, whole, tumor, labelmap),
        _unmeasured_diameter("em_max_axial", _EXTRAMEATAL, reason)
        if reason is not None
        else _diameter("em_max_axial", _EXTRAMEATAL, largest_piece(extrameatal), tumor, labelmap),
    )


def _diameters_of_nothing() -> tuple[Measurement, Measurement]:
    return (
        _unmeasured_diameter("whole_max_axial", _WHOLE, _NO_TUMOR),
        _unmeasured_diameter("em_max_axial", _EXTRAMEATAL, _NO_TUMOR),
    )


_DIAMETER_NAMES = {
    _WHOLE: "Largest axial diameter, whole tumor",
    _EXTRAMEATAL: "Largest axial diameter, extrameatal part",
}
_DIAMETER_METHOD = "largest distance of voxel centers in one slice plus half a pixel"


def _unmeasured_diameter(
    id: str,  # noqa: A002 - the field is called so
    region: str,
    reason: str,
    extra: dict[str, float] | None = None,
) -> Measurement:
    return Measurement(
        id=id,
        region=region,
        name=_DIAMETER_NAMES[region],
        value=None,
        unit="mm",
        method=_DIAMETER_METHOD,
        reason=reason,
        extra=extra or {},
    )


def _diameter(
    id: str,  # noqa: A002 - the field is called so
    region: str,
    mask: Mask,
    tumor: Tumor,
    labelmap: Volume,
) -> Measurement:
    stack = tumor.labelmap.with_array(mask)
    resliced = axial.is_too_tilted(labelmap.dhw_to_ras)
    if resliced:
        stack = axial.reslice_mask(stack, labelmap.dhw_to_ras)
        if not stack.array.any():
            return _unmeasured_diameter(id, region, "too small to be resliced to axial planes")
    axis = 0 if resliced else geometry.axial_axis(stack.dhw_to_ras)
    rows, columns = (i for i in range(3) if i != axis)
    found = longest_in_slices(np.moveaxis(stack.array, axis, 0), stack.dhw_to_ras[:3, [rows, columns]].T)
    extra = {
        "feret_slice_center_mm": found.centers_mm,
        "crack_slice_mm": found.cracks_mm,
        "tilt_deg": geometry.tilt_from_axial_deg(labelmap.dhw_to_ras),
    }
    if found.corrected_mm is None:
        return _unmeasured_diameter(id, region, "no slice holds more than one voxel of it", extra)
    return Measurement(
        id=id,
        region=region,
        name=_DIAMETER_NAMES[region],
        value=found.corrected_mm,
        unit="mm",
        method=f"{_DIAMETER_METHOD}; {axial.describe_planes(labelmap.dhw_to_ras)}",
        end_points_ras_mm=_end_points(found, stack, axis),
        slice_axis=None if resliced else axis,
        slice_index=None if resliced else found.slice_index + tumor.start_dhw[axis],
        extra={**extra, "line_mm": found.line_mm},
    )


def _end_points(found: SliceDiameter, stack: Volume, axis: int) -> tuple[Triplet, Triplet]:
    points = np.insert(found.end_points, axis, found.slice_index, axis=1)
    first, second = geometry.transform_points(stack.dhw_to_ras, points).tolist()
    return (first[0], first[1], first[2]), (second[0], second[1], second[2])
