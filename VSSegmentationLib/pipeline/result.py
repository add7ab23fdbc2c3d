"""What either road of the pipeline gives."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from VSSegmentationLib import outputs
from VSSegmentationLib.formats import DEFAULT_FORMATS, OutputFormat
from VSSegmentationLib.reporting import ReportContent
from VSSegmentationLib.short_repr import short_repr
from VSSegmentationLib.volume import Volume

if TYPE_CHECKING:
    from VSSegmentationLib.inference import Segmentation


@dataclass(frozen=True, kw_only=True)
class PipelineResult:
    """Everything that was found out about one examination; nothing is written yet."""

    content: ReportContent
    """Labelmap, measurements, findings, warnings and provenance, as every output carries them."""
    segmentation: "Segmentation | None" = None
    """The answer of the models; None where the mask was given."""

    __repr__ = short_repr


def write_outputs(
    result: PipelineResult, folder: Path, *, formats: Iterable[OutputFormat] = DEFAULT_FORMATS, force: bool = False
) -> None:
    """Write what was found out into `folder`, all or none; see `outputs.write_outputs`."""
    outputs.write_outputs(result.content, folder, formats=formats, maps=kept_maps(result), force=force)


def kept_maps(result: PipelineResult) -> Iterator[tuple[str, Volume]]:
    """Yield the maps of the network by name, as far as they were asked for."""
    if result.segmentation is not None and result.segmentation.maps is not None:
        yield from result.segmentation.maps.named()
