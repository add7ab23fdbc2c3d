"""Where the weighting of a scan is decided, from all that tells of it.

The image itself is judged where networks run (`inference.weighting`) and comes in as one more source.
"""

from VSSegmentationLib.imageio.weighting.decision import WeightingDecision, decide_weighting, evidence_of, stated
from VSSegmentationLib.imageio.weighting.file_name import name_evidence
from VSSegmentationLib.imageio.weighting.header import header_evidence
from VSSegmentationLib.imageio.weighting.sidecar import sidecar_evidence

__all__ = [
    "WeightingDecision",
    "decide_weighting",
    "evidence_of",
    "header_evidence",
    "name_evidence",
    "sidecar_evidence",
    "stated",
]
