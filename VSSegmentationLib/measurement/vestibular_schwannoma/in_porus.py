"""Measures that need the meatal plane: along and across the petrous face, into the canal, and to the fundus."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib import geometry
from VSSegmentationLib.geometry import Triplet
from VSSegmentationLib.measurement.chords import longest_chord
from VSSegmentationLib.measurement.definitions import Line
from VSSegmentationLib.measurement.diameters import SliceDiameter
from VSSegmentationLib.measurement.extent import crack_points
from VSSegmentationLib.measurement.in_plane_pieces import piece_with
from VSSegmentationLib.measurement.plane import MeatalPlane, NoPlane
from VSSegmentationLib.measurement.stack import Stack, triplets
from VSSegmentationLib.measurement.uncertainty import digitization
from VSSegmentationLib.measurement.value import Measurement
from VSSegmentationLib.measurement.vestibular_schwannoma import reasons
from VSSegmentationLib.measurement.vestibular_schwannoma.definitions import (
    EXTRAMEATAL,
    INTRAMEATAL,
    measured,
    unmeasured,
)
from VSSegmentationLib.measurement.vestibular_schwannoma.in_slices import SliceMeasures
from VSSegmentationLib.measurement.vestibular_schwannoma.subject import Subject

Points = NDArray[np.float64]

_SAME_MM = 1e-6
_MIN_IN_SLICE = 0.17
"""A normal within 10 degrees of the slice normal gives no direction in the slice."""
_OWN_EAR_MM = 20.0
"""A fundus farther from the deepest point of the tumor is the one of the other ear: a canal is about 10 mm long."""


class Fundus(NamedTuple):
    """What is known of where the canal ends."""

    set_ras_mm: Triplet | None = None
    """By a person; it goes before what was found."""
    found_ras_mm: tuple[Triplet, ...] = ()
    """By a model, of both ears."""


def size_measures(subject: Subject, found: SliceMeasures) -> Iterator[Measurement]:
    """Yield `em_ap`, `em_ml`, `aao_size`."""
    ap = _chord("em_ap", subject, EXTRAMEATAL, found.extrameatal, parallel=True)
    ml = _chord("em_ml", subject, EXTRAMEATAL, found.extrameatal, parallel=False)
    yield ap
    yield ml
    if ap.value is None or ml.value is None:
        yield unmeasured("aao_size", str(ap.reason))
        return
    longer = max(ap, ml, key=lambda chord: chord.value or 0.0)
    yield measured(
        "aao_size",
        math.sqrt(ap.value * ml.value),
        note=f"drawn is the longer of the two; {subject.stack.note}",
        line=Line(longer.end_points_ras_mm, longer.slice_axis, longer.slice_index)
        if longer.end_points_ras_mm
        else None,
        extra={"em_ap_mm": ap.value, "em_ml_mm": ml.value, "tilt_deg": subject.stack.tilt_deg},
        uncertainty=longer.uncertainty,
    )


def policy_measures(subject: Subject, found: SliceMeasures) -> Iterator[Measurement]:
    """Yield `para_EM`, `para_IM`, `perp_EM`."""
    yield _chord("para_EM", subject, EXTRAMEATAL, found.across, parallel=True)
    yield _chord("para_IM", subject, INTRAMEATAL, found.across, parallel=True)
    yield _chord("perp_EM", subject, EXTRAMEATAL, found.across, parallel=False)


def depth_measures(subject: Subject, fundus: Fundus) -> Iterator[Measurement]:
    """Yield `im_length`, `fundus_gap`.

    Args:
        subject: What is measured.
        fundus: Where the canal ends.
    """
    region, plane = subject.regions[INTRAMEATAL], subject.plane
    missing = region.missing or (plane.reason if isinstance(plane, NoPlane) else None)
    if missing is not None or isinstance(plane, NoPlane):
        yield unmeasured("im_length", str(missing))
        yield unmeasured("fundus_gap", str(missing))
        return
    points = geometry.transform_points(subject.dhw_to_ras, crack_points(region.mask))
    depths = -plane.height_mm(points)
    depth = float(depths.max())
    tip = points[depths >= depth - _SAME_MM].mean(axis=0)  # the middle of a flat end, however the voxels are stored
    normal = np.array(plane.normal_ras)
    along = digitization(normal, subject.dhw_to_ras)
    if depth <= 0:
        yield unmeasured("im_length", "no intrameatal voxel lies on the canal side of the meatal plane")
    else:
        yield measured(
            "im_length",
            depth,
            note=_plane_note(plane),
            line=Line(triplets(np.stack((tip + depth * normal, tip)))),
            uncertainty=along,
        )
    yield _fundus_gap(subject, tip, fundus)


def _fundus_gap(subject: Subject, tip: Points, known: Fundus) -> Measurement:
    plane = subject.plane
    assert isinstance(plane, MeatalPlane)
    if known.set_ras_mm is not None:
        fundus, how = np.array(known.set_ras_mm), "to the point set at the fundus"
    elif not known.found_ras_mm:
        return unmeasured("fundus_gap", reasons.NO_FUNDUS)
    else:
        found = np.array(known.found_ras_mm)
        apart = np.linalg.norm(found - tip, axis=1)
        if apart.min() > _OWN_EAR_MM:
            return unmeasured("fundus_gap", f"the fundus found is {apart.min():.0f} mm from the tumor: another ear")
        fundus, how = found[int(apart.argmin())], "to the tip of the fundus, as the model found it"
    normal = np.array(plane.normal_ras)
    gap = float((tip - fundus) @ normal)
    return measured(
        "fundus_gap",
        max(gap, 0.0),
        note=f"{how}; {_plane_note(plane)}",
        line=Line(triplets(np.stack((tip, tip - max(gap, 0.0) * normal)))),
        extra={"beyond_fundus_mm": max(-gap, 0.0), "direct_mm": float(np.linalg.norm(tip - fundus))},
        uncertainty=digitization(normal, subject.dhw_to_ras),
    )


def _chord(
    measurement_id: str, subject: Subject, region_name: str, diameter: SliceDiameter | None, *, parallel: bool
) -> Measurement:
    stack, plane = subject.stack, subject.plane
    region = stack.regions[region_name]
    missing = region.missing or (plane.reason if isinstance(plane, NoPlane) else None)
    if missing is None and diameter is None:
        missing = reasons.NO_SHARED_SLICE
    if missing is not None or diameter is None or isinstance(plane, NoPlane):
        return unmeasured(measurement_id, str(missing))
    along = _in_slice(plane, stack)
    if along is None:
        return unmeasured(measurement_id, "the meatal plane is parallel to the slices")
    if parallel:
        along = np.cross(along, stack.normal_ras)
    key = (region_name, diameter.slice_index, parallel)
    if key not in subject.chords:
        section = piece_with(region.mask[diameter.slice_index], diameter.centers)
        subject.chords[key] = longest_chord(section, stack.pixel_vectors_mm, along)
    chord = subject.chords[key]
    return measured(
        measurement_id,
        chord.length_mm,
        note="; ".join(filter(None, (_plane_note(plane), stack.note, region.note))),
        line=stack.line(diameter.slice_index, chord.end_points),
        extra={"line_mm": chord.length_mm, "tilt_deg": stack.tilt_deg},
        uncertainty=digitization(along, stack.slices_to_ras, stack.tilt_deg),
    )


def _in_slice(plane: MeatalPlane, stack: Stack) -> Points | None:
    """Return the normal of the plane without its part across the slices; None if hardly anything is left."""
    normal = np.array(plane.normal_ras)
    within = normal - (normal @ stack.normal_ras) * stack.normal_ras
    return within if np.linalg.norm(within) >= _MIN_IN_SLICE else None


def _plane_note(plane: MeatalPlane) -> str:
    if plane.source == "user":
        return "leans on the meatal plane, set by a person"
    return f"leans on the meatal plane, fitted to the interface of the parts (RMS {plane.rms_mm:.1f} mm)"
