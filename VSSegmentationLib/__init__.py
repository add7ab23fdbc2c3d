"""Segment, measure and report vestibular schwannomas on MRI. For research use only; not a medical device.

Example:
    >>> import VSSegmentationLib as vs
    >>> result = vs.measure(vs.SAMPLE_FOLDER / "exam1_truth.nii.gz")
    >>> result.measurements["vol_total"].unit
    'cm3'

`segment` takes a scan, `measure` a labelmap that exists already; both give a `Result`, which prints its numbers, shows
its key image in a notebook, and saves the files of a report. See `docs/python.md`.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what is handed on below when it is asked for, told to type checkers and editors
    from VSSegmentationLib.api.catalogue import list_models
    from VSSegmentationLib.api.comparing import Comparison, compare
    from VSSegmentationLib.api.evaluating import evaluate, evaluate_folders
    from VSSegmentationLib.api.inputs import read_labelmap, read_scan
    from VSSegmentationLib.api.measuring import measure
    from VSSegmentationLib.api.result import Result
    from VSSegmentationLib.api.segmenting import Segmenter, segment
    from VSSegmentationLib.api.table import to_frame
    from VSSegmentationLib.errors import VSSegmentationError
    from VSSegmentationLib.imageio.scan import Scan
    from VSSegmentationLib.labels import Label
    from VSSegmentationLib.models.catalogue import SAMPLE_FOLDER
    from VSSegmentationLib.volume import Volume

__version__ = "0.1.0"

__all__ = [
    "SAMPLE_FOLDER",
    "Comparison",
    "Label",
    "Result",
    "Scan",
    "Segmenter",
    "VSSegmentationError",
    "Volume",
    "__version__",
    "compare",
    "evaluate",
    "evaluate_folders",
    "list_models",
    "measure",
    "read_labelmap",
    "read_scan",
    "segment",
    "to_frame",
]

_PLACES = {
    "SAMPLE_FOLDER": "models.catalogue",
    "Comparison": "api.comparing",
    "Label": "labels",
    "Result": "api.result",
    "Scan": "imageio.scan",
    "Segmenter": "api.segmenting",
    "VSSegmentationError": "errors",
    "Volume": "volume",
    "compare": "api.comparing",
    "evaluate": "api.evaluating",
    "evaluate_folders": "api.evaluating",
    "list_models": "api.catalogue",
    "measure": "api.measuring",
    "read_labelmap": "api.inputs",
    "read_scan": "api.inputs",
    "segment": "api.segmenting",
    "to_frame": "api.table",
}
"""Where each name of the door is defined: nothing of it is imported before it is asked for, torch least of all."""


def __getattr__(name: str) -> object:
    if name not in _PLACES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    value: object = getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
