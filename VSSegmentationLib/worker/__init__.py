"""A process that stays warm: jobs come in and answers go out as JSON lines, so that Slicer never imports torch."""

from VSSegmentationLib.worker.case_jobs import CaseJob, CaseResult, ComparedResult, CompareJob
from VSSegmentationLib.worker.protocol import PROTOCOL, SegmentJob, SegmentResult
from VSSegmentationLib.worker.refine_jobs import RefineJob, RefineResult
from VSSegmentationLib.worker.serve import serve

__all__ = [
    "PROTOCOL",
    "CaseJob",
    "CaseResult",
    "CompareJob",
    "ComparedResult",
    "RefineJob",
    "RefineResult",
    "SegmentJob",
    "SegmentResult",
    "serve",
]
