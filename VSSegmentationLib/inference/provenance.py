"""What is said about a result: warnings in full sentences, and everything needed to make it again."""

import platform
from typing import Any, NamedTuple

import numpy as np
import torch

from VSSegmentationLib import __version__, geometry
from VSSegmentationLib.codec import to_plain
from VSSegmentationLib.inference.divider import Boundary
from VSSegmentationLib.inference.ears import unseen_sides
from VSSegmentationLib.inference.locate import Pori, Region
from VSSegmentationLib.inference.model_file import ModelBundle
from VSSegmentationLib.inference.windows import window_size
from VSSegmentationLib.labels import Label
from VSSegmentationLib.preprocessing import Grid, Intensity

_WEIGHTED = ("T2", "ceT1", "T1")


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
    intensity: Intensity
    device: torch.device
    flips: bool
    boundary: Boundary | None
    """None: nothing was divided by a divider."""


def warnings_about(course: Course, modality: str) -> tuple[str, ...]:
    """Return what a reader has to know before trusting the result."""
    segmenter, warnings = course.segmenter, []
    if modality in _WEIGHTED and segmenter.modality in _WEIGHTED and modality != segmenter.modality:
        warnings.append(
            f"The model '{segmenter.name}' was trained on {segmenter.modality} scans and this one is {modality}: "
            "the result cannot be relied on."
        )
    if segmenter.preprocessing.trained_spacing_mm is not None:
        spacing = course.scan.spacing_dhw_mm
        limits = zip(*segmenter.preprocessing.trained_spacing_mm, strict=True)
        if any(not low - 1e-3 <= s <= high + 1e-3 for s, (low, high) in zip(spacing, limits, strict=True)):
            size = " x ".join(f"{s:.2f}" for s in spacing)
            warnings.append(
                f"The voxels of {size} mm (superior, anterior, right) are outside what the model "
                f"'{segmenter.name}' was trained on: look at the result with care."
            )
    if Label.UNDIVIDED_TUMOR in segmenter.labels and course.divider is None:
        warnings.append(
            f"The model '{segmenter.name}' gives the whole tumor only: "
            "it is not divided into an intrameatal and an extrameatal part."
        )
    if course.boundary is not None and not course.boundary.sure:
        warnings.append(_doubt(course.boundary))
    if course.locator is not None and not course.pori.centers_ras_mm():
        warnings.append("No internal auditory canal was located: the whole scan was searched for tumor.")
    if segmenter.window.at_pori:
        warnings += [
            f"The {side} ear lies mostly outside the scan and was not judged."
            for side in unseen_sides(course.pori, course.part, segmenter.window)
        ]
    return tuple(warnings)


def provenance_of(course: Course, seconds: dict[str, float]) -> dict[str, Any]:
    """Return plain data that says what made the result; nothing in it is about the patient."""
    segmenter, part = course.segmenter, course.part
    window = window_size(part.shape, segmenter.window)
    by_ear = segmenter.window.at_pori and bool(course.pori.centers_ras_mm())
    return {
        "software": {"name": "vs-segmentation", "version": __version__},
        "torch": torch.__version__,
        "python": platform.python_version(),
        "model": _facts(segmenter),
        "locator": None if course.locator is None else _facts(course.locator),
        "divider": None if course.divider is None else _facts(course.divider),
        "boundary": None if course.boundary is None else _boundary(course.boundary),
        "preprocessing": {
            **to_plain(segmenter.preprocessing),
            "axes": "superior, anterior, right",
            "mean": course.intensity.mean,
            "deviation": course.intensity.deviation,
        },
        "device": str(course.device),
        "flips": course.flips,
        "region": {
            "whole_scan": course.region.box is None,
            "reason": course.region.reason,
            "center_ras_mm": geometry.transform_points(part.dhw_to_ras, (np.array(part.shape) - 1) / 2).tolist(),
            "shape_dhw": list(part.shape),
            "spacing_dhw_mm": list(part.spacing_dhw_mm),
            "each_ear_by_itself": by_ear,
            "one_pass": not by_ear and window == part.shape,
            "window_dhw": list(segmenter.window.size_dhw if by_ear else window),
        },
        "pori": {
            "right_ras_mm": course.pori.right_ras_mm,
            "left_ras_mm": course.pori.left_ras_mm,
            "assumed": course.pori.assumed,
        },
        "seconds": dict(seconds),
    }


def _doubt(boundary: Boundary) -> str:
    if boundary.disagreeing:
        images = "one mirror image" if boundary.disagreeing == 1 else f"{boundary.disagreeing} mirror images"
        why = f"{images} of the scan gave a tumor in one part where the others gave two, or the reverse"
    else:
        why = f"between mirror images of the scan it moves by {boundary.spread_mm:.1f} mm on average"
    return f"Check the boundary of the intrameatal and the extrameatal part: {why}."


def _boundary(boundary: Boundary) -> dict[str, Any]:
    spread = boundary.spread_mm
    return {
        "spread_mm": None if spread is None else round(spread, 3),
        "mirror_images_disagreeing": boundary.disagreeing,
        "sure": boundary.sure,
    }


def _facts(bundle: ModelBundle) -> dict[str, Any]:
    return {
        "name": bundle.name,
        "version": bundle.version,
        "sha256": bundle.sha256,
        "modality": bundle.modality,
        "provenance": dict(bundle.provenance),
    }
