"""Reports of a scan in which no tumor was found, with both canals known."""

from dataclasses import replace

import numpy as np

from Testing.support.phantoms import axial_affine
from Testing.support.reports import BY_MODEL, content_of
from VSSegmentationLib.reporting import ReportContent
from VSSegmentationLib.reporting.report.no_tumor import no_tumor_findings
from VSSegmentationLib.volume import Volume

RIGHT_PORUS, LEFT_PORUS = (27.0, 4.0, 3.0), (-27.0, 4.0, 4.5)
CANDIDATE = {
    "volume_mm3": 1200.0,
    "centroid_ras_mm": [-24.0, 6.0, 6.0],
    "side": "left",
    "mean_probability": 0.68,
    "porus_distance_mm": 2.4,
    "plausible": False,
    "reason": "mean probability 0.68, below 0.70",
}
FAR = CANDIDATE | {"volume_mm3": 90.0, "side": "right", "centroid_ras_mm": [20.0, 0.0, 3.0], "reason": "too far"}


def head() -> Volume:
    """(20, 80, 130) empty labelmap of 1.5 x 1 x 1 mm, its middle at R 0."""
    return Volume(np.zeros((20, 80, 130), np.uint8), axial_affine((1.5, 1.0, 1.0), (-64.5, -39.5, -12.0)))


def no_tumor_content(*, candidates=(), not_judged=(), pori=None, labelmap=None, **changes) -> ReportContent:
    pori = {"right_ras_mm": RIGHT_PORUS, "left_ras_mm": LEFT_PORUS, "assumed": None} if pori is None else pori
    run = {"pori": pori, "ears_not_judged": list(not_judged)}
    return content_of(
        labelmap or head(),
        findings=no_tumor_findings(candidates, not_judged),
        candidates=tuple(candidates),
        provenance=replace(BY_MODEL, run=run),
        **changes,
    )
