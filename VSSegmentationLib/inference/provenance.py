"""What is said about a result: warnings in full sentences, and everything needed to make it again."""

import platform
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch

from VSSegmentationLib import __version__, geometry
from VSSegmentationLib.codec import to_plain
from VSSegmentationLib.inference.config import LooksConfig
from VSSegmentationLib.inference.divider import Boundary
from VSSegmentationLib.inference.ears import hardly_seen_sides, seen_shares, unseen_sides
from VSSegmentationLib.inference.engines import ComputedBy
from VSSegmentationLib.inference.locate import Pori, Region, Side
from VSSegmentationLib.inference.model_bundle import ModelBundle
from VSSegmentationLib.inference.settings import SegmenterSettings
from VSSegmentationLib.inference.windows import window_size
from VSSegmentationLib.preprocessing import Grid, Intensity

_NOT_WEIGHTED = ("", "unknown", "MR")
"""What is said of a scan whose weighting is not known."""
_LOOKED_ONCE = (
    "A thorough look was asked for, and the scan was looked at once: ears are looked at again by models that look at "
    "each ear by itself, where the internal auditory canals were located."
)


class Course(NamedTuple):
    """How a scan was segmented."""

    segmenter: ModelBundle
    locator: ModelBundle | None
    divider: ModelBundle | None
    scan: Grid
    """Axes to superior, anterior, right."""
    pori: Pori
    region: Region
    part: Grid
    """What the network saw: the working grid, or the region of it."""
    intensities: tuple[Intensity, ...]
    """Of each input."""
    device: torch.device
    by: ComputedBy
    flips: bool
    boundary: Boundary | None
    """None: nothing was divided by a divider."""
    looks: LooksConfig | None = None
    """None: nothing was to be looked at again."""
    looked_again: Mapping[Side, int] | None = None
    """How often each ear was looked at again; None where no ear can be."""


def warnings_about(course: Course, modalities: Sequence[str]) -> tuple[str, ...]:
    """Return what a reader has to know before trusting the result.

    Args:
        course: How the scans were segmented.
        modalities: Of each scan, as far as known.
    """
    segmenter, settings = course.segmenter, course.segmenter.settings_as(SegmenterSettings)
    warnings = [*_wrong_modalities(segmenter, modalities), *_odd_voxels(segmenter.name, settings, course.scan)]
    undivided = segmenter.label_set.undivided
    if undivided is not None and undivided.value in segmenter.labels and course.divider is None:
        parts = " and ".join(entry.name.lower() for entry in segmenter.label_set.tumor if not entry.undivided)
        warnings.append(f"The model '{segmenter.name}' gives the whole tumor only: it is not divided into {parts}.")
    if course.boundary is not None and course.divider is not None and not course.boundary.sure:
        warnings.append(_doubt(course.boundary, course.divider))
    if course.locator is not None and not course.pori.centers_ras_mm():
        warnings.append("No internal auditory canal was located: the whole scan was searched for tumor.")
    if course.locator is not None and segmenter.locator_name is None and course.region.box is not None:
        warnings.append(
            f"The model '{segmenter.name}' was made for whole scans, and was shown the region round the internal "
            "auditory canals only."
        )
    if course.looks is not None and course.looked_again is None:
        warnings.append(_LOOKED_ONCE)
    warnings += [f"The {side} ear lies mostly outside the scan and was not judged." for side in _not_judged(course)]
    warnings += [
        f"The {side} ear lies mostly outside the scan: what is said of it is uncertain." for side in hardly_seen(course)
    ]
    return tuple(warnings)


def _not_judged(course: Course) -> tuple[str, ...]:
    window = course.segmenter.settings_as(SegmenterSettings).window
    return unseen_sides(course.pori, course.part, window) if window.at_pori else ()


def _seen(course: Course) -> Mapping[Side, float]:
    window = course.segmenter.settings_as(SegmenterSettings).window
    return seen_shares(course.pori, course.part, window) if window.at_pori else {}


def hardly_seen(course: Course) -> tuple[str, ...]:
    """Return the sides of which so little is seen that a finding there is uncertain."""
    window = course.segmenter.settings_as(SegmenterSettings).window
    return hardly_seen_sides(course.pori, course.part, window) if window.at_pori else ()


def doubts_about(course: Course, modalities: Sequence[str]) -> tuple[str, ...]:
    """Return those of the warnings for which the result cannot be relied on."""
    return tuple(_wrong_modalities(course.segmenter, modalities))


def _wrong_modalities(segmenter: ModelBundle, modalities: Sequence[str]) -> list[str]:
    warnings = []
    for wanted, found in zip(segmenter.inputs, modalities, strict=True):
        if wanted.modality not in (found, *_NOT_WEIGHTED) and found not in _NOT_WEIGHTED:
            which = "this one" if len(modalities) == 1 else f"the one given as '{wanted.name}'"
            warnings.append(
                f"The model '{segmenter.name}' was trained on {wanted.modality} scans and {which} is {found}: "
                "the result cannot be relied on."
            )
    return warnings


def _odd_voxels(name: str, settings: SegmenterSettings, scan: Grid) -> list[str]:
    if settings.preprocessing.trained_spacing_mm is None:
        return []
    limits = zip(*settings.preprocessing.trained_spacing_mm, strict=True)
    if all(low - 1e-3 <= s <= high + 1e-3 for s, (low, high) in zip(scan.spacing_dhw_mm, limits, strict=True)):
        return []
    size = " x ".join(f"{s:.2f}" for s in scan.spacing_dhw_mm)
    said = (
        f"The voxels of {size} mm (superior, anterior, right) are outside what the model '{name}' was trained on: "
        "look at the result with care."
    )
    return [said]


def provenance_of(course: Course, seconds: dict[str, float]) -> dict[str, Any]:
    """Return plain data that says what made the result; nothing in it is about the patient."""
    segmenter, part = course.segmenter, course.part
    settings = segmenter.settings_as(SegmenterSettings)
    window = window_size(part.shape, settings.window)
    by_ear = settings.window.at_pori and bool(course.pori.centers_ras_mm())
    first, *others = course.intensities
    return {
        "software": {"name": "vs-segmentation", "version": __version__},
        "torch": torch.__version__,
        "python": platform.python_version(),
        "model": _facts(segmenter),
        "locator": None if course.locator is None else _facts(course.locator),
        "divider": None if course.divider is None else _facts(course.divider),
        "boundary": None if course.boundary is None else _boundary(course.boundary),
        "preprocessing": {
            **to_plain(settings.preprocessing),
            "axes": "superior, anterior, right",
            "mean": first.mean,
            "deviation": first.deviation,
            **({"other_inputs": [each._asdict() for each in others]} if others else {}),
        },
        "device": str(course.device),
        "computed_by": course.by._asdict(),
        "flips": course.flips,
        "looks": None if course.looks is None else _looks(course.looks, course.looked_again),
        "region": {
            "whole_scan": course.region.box is None,
            "reason": course.region.reason,
            "center_ras_mm": geometry.transform_points(part.dhw_to_ras, (np.array(part.shape) - 1) / 2).tolist(),
            "shape_dhw": list(part.shape),
            "spacing_dhw_mm": list(part.spacing_dhw_mm),
            "each_ear_by_itself": by_ear,
            "one_pass": not by_ear and window == part.shape,
            "window_dhw": list(settings.window.size_dhw if by_ear else window),
        },
        "pori": {
            "right_ras_mm": course.pori.right_ras_mm,
            "left_ras_mm": course.pori.left_ras_mm,
            "assumed": course.pori.assumed,
        },
        "landmarks": course.pori.landmarks(),
        "organs": [segmenter.label_set.of_value(segmenter.labels[k]).key for k in segmenter.organ_classes],
        "ears_seen": {side: round(share, 3) for side, share in _seen(course).items()},
        "ears_not_judged": list(_not_judged(course)),
        "seconds": dict(seconds),
    }


def _looks(looks: LooksConfig, again: Mapping[Side, int] | None) -> dict[str, Any]:
    return {**to_plain(looks), "windows_of_ears": dict(again or {})}


def _doubt(boundary: Boundary, divider: ModelBundle) -> str:
    if boundary.disagreeing:
        images = "one mirror image" if boundary.disagreeing == 1 else f"{boundary.disagreeing} mirror images"
        why = f"{images} of the scan gave a tumor in one part where the others gave two, or the reverse"
    else:
        why = f"between mirror images of the scan it moves by {boundary.spread_mm:.1f} mm on average"
    outer, inner = (divider.label_set.of_value(value) for value in divider.labels[1:])
    if boundary.verdict == "refused":
        return f"The boundary of the {inner.key} and the {outer.key} part is not determined: {why}."
    return f"Check the boundary of the {inner.key} and the {outer.key} part: {why}."


def _boundary(boundary: Boundary) -> dict[str, Any]:
    spread = boundary.spread_mm
    return {
        "spread_mm": None if spread is None else round(spread, 3),
        "mirror_images_disagreeing": boundary.disagreeing,
        "sure": boundary.sure,
        "verdict": boundary.verdict,
    }


def _facts(bundle: ModelBundle) -> dict[str, Any]:
    return {
        "name": bundle.name,
        "version": bundle.version,
        "sha256": bundle.sha256,
        "modality": bundle.modality,
        **({} if len(bundle.inputs) == 1 else {"inputs": bundle.modality_of_input}),
        "provenance": dict(bundle.provenance),
    }
