"""Segment, measure, report: the one way through, for command line, worker, notebook and Slicer module alike.

Two roads lead to one and the same kind of result: `run` segments a scan, `measure_labelmap` takes a mask that is there
already; `run` ends in the second road. Nothing else in the library puts the content of a report together.
The second road needs no torch, and importing this room brings none: `run` is handed on when it is asked for, so that
Slicer, which opens the module without torch, can take the other one.
"""

from typing import TYPE_CHECKING, Any

from VSSegmentationLib.pipeline.masks import MaskSource, ReadMask, read_mask
from VSSegmentationLib.pipeline.measuring import MaskFacts, measure_labelmap
from VSSegmentationLib.pipeline.options import NO_DIVIDER, PipelineOptions
from VSSegmentationLib.pipeline.parts import smooth_labelmap
from VSSegmentationLib.pipeline.result import PipelineResult, kept_maps, write_outputs

if TYPE_CHECKING:
    from VSSegmentationLib.pipeline.segmenting import LoadBundle, ModelNeeds, model_needs, run

__all__ = [
    "NO_DIVIDER",
    "LoadBundle",
    "MaskFacts",
    "MaskSource",
    "ModelNeeds",
    "PipelineOptions",
    "PipelineResult",
    "ReadMask",
    "kept_maps",
    "measure_labelmap",
    "model_needs",
    "read_mask",
    "run",
    "smooth_labelmap",
    "write_outputs",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the other road holds
    if name not in __all__:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from VSSegmentationLib.pipeline import segmenting  # noqa: PLC0415 - brings torch

    return getattr(segmenting, name)
