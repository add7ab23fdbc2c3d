"""What segmenting or measuring one scan gives."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from VSSegmentationLib import outputs
from VSSegmentationLib.api.notebook import result_html
from VSSegmentationLib.codec import to_plain
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.formats import DEFAULT_FORMATS, OutputFormat
from VSSegmentationLib.measurement import Headline, Measurement
from VSSegmentationLib.reporting import Provenance, Report, ReportContent, clinical_sentence, display_value, make_report
from VSSegmentationLib.volume import Volume

if TYPE_CHECKING:
    from VSSegmentationLib.inference.maps import Maps


class Measurements(Mapping[str, Measurement]):
    """The measurements of one result, each by its id."""

    def __init__(self, measurements: Iterable[Measurement]) -> None:
        self._by_id = {each.id: each for each in measurements}

    def __getitem__(self, measurement_id: str) -> Measurement:
        if measurement_id not in self._by_id:
            msg = f"there is no measurement {measurement_id!r}, there are {', '.join(self._by_id)}"
            raise KeyError(msg)
        return self._by_id[measurement_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_id)

    def __len__(self) -> int:
        return len(self._by_id)

    def __repr__(self) -> str:
        shown = [f"{each.id} {display_value(each)}" for each in list(self._by_id.values())[:5]]
        return f"Measurements({', '.join(shown)}, ...; {len(self)} in all)"


@dataclass(frozen=True, kw_only=True, eq=False)
class Result:
    """One examination: labelmap, numbers, warnings, and the report they make.

    Examples:
        >>> import VSSegmentationLib as vs
        >>> result = vs.measure(vs.SAMPLE_FOLDER / "exam1_truth.nii.gz")
        >>> result.side
        'left'
        >>> result.measurements["vol_total"].value > result.measurements["vol_im"].value > 0
        True
        >>> result.headline.measurement_id in result.measurements
        True
        >>> result.to_dict()["status"]
        'draft'
    """

    content: ReportContent
    """What every output is made from."""
    maps: "Maps | None" = None
    """What was kept of the network, by `segment(..., maps=True)`; None where it was not asked for."""

    @property
    def labelmap(self) -> Volume:
        """uint8 `Label` values on the grid of the scan."""
        return self.content.labelmap

    @property
    def image(self) -> Volume | None:
        """The scan; None where a labelmap alone was measured."""
        return self.content.image

    @property
    def probability(self) -> Volume:
        """The network's output for tumor, float32 from 0 to 1 on the grid of the scan, made anew each time.

        It is not calibrated: 0.9 does not mean that nine of ten such voxels are tumor. 0 where nothing was looked at.

        Raises:
            UsageError: If it was not kept.
        """
        return self._kept_maps().probability

    @property
    def attention(self) -> tuple[Volume, ...]:
        """Where the network looked, one float32 map from 0 to 1 for each of its levels, the finest first.

        Raises:
            UsageError: If they were not kept, or the network has none.
        """
        return self._kept_maps().attention

    @cached_property
    def measurements(self) -> Measurements:
        """Each by its id, as `measurements["vol_total"].value` in cm3; a value that could not be measured is None."""
        return Measurements(self.content.measurements)

    @property
    def headline(self) -> Headline:
        """The diameter that the report leads with, and why; `headline.value_mm` is None where there is none."""
        return self.content.leading

    @property
    def findings(self) -> str:
        """One sentence: whether a tumor was found, and where."""
        return self.content.findings

    @property
    def side(self) -> str | None:
        """`left` or `right` of the patient; None where it is not determined."""
        return self.report.side

    @property
    def warnings(self) -> tuple[str, ...]:
        """Full sentences that a reader of the numbers has to know; every file carries them, too."""
        return self.content.all_warnings

    @property
    def provenance(self) -> Provenance:
        """Software, models, input and device; no patient identity."""
        return self.content.provenance

    @cached_property
    def report(self) -> Report:
        """Everything that the report says, as one value."""
        return make_report(self.content)

    @property
    def sentence(self) -> str:
        """One line of plain clinical English, with the research-use notice."""
        return clinical_sentence(self.report)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data as `report.json` holds it."""
        plain: dict[str, Any] = to_plain(self.report, "report")
        return plain

    def save(
        self,
        folder: str | os.PathLike[str],
        *,
        formats: str | Iterable[str] = DEFAULT_FORMATS,
        force: bool = False,
    ) -> Path:
        """Write the files of a report into a folder, all of them or none.

        Args:
            folder: Made, with its parents, if it is not there.
            formats: As on the command line: "seg.nrrd", "nii.gz", "json", "csv", "html", "report.json", "study.csv",
                "pdf" (with WeasyPrint), "mrb" (with slicer-core), "stl" and "obj" (with vtk), and of a
                DICOM series "dicom-seg", "dicom-sr", "dicom-sr-2d", "dicom-pdf", "dicom-key-image", "dicom-rtstruct".
                `provenance.json` always comes along, and the maps of the network, where they were kept.
            force: Replace the results of a former run.

        Returns:
            The folder.

        Raises:
            UsageError: If there is no such format, it can't be written of this scan, or the folder holds something.
        """
        target = Path(folder).expanduser()
        wanted = _formats((formats,) if isinstance(formats, str) else formats)
        maps = self.maps.named() if self.maps is not None else ()
        outputs.write_outputs(self.content, target, formats=wanted, maps=maps, force=force)
        return target

    def _kept_maps(self) -> "Maps":
        if self.maps is None:
            msg = "what the network said of each voxel was not kept; segment the scan with maps=True"
            raise UsageError(msg)
        return self.maps

    def __repr__(self) -> str:
        leading = self.headline.measurement_id
        shown = [self.content.task.whole_volume, *((leading,) if leading else ())]
        numbers = ", ".join(f"{name} {display_value(self.measurements[name])}" for name in shown)
        case = f"{self.content.case[:40]!r}: " if self.content.case else ""
        return f"Result({case}{self.findings} {numbers}; {len(self.warnings)} warnings; {self.content.status})"

    def _repr_html_(self) -> str:
        """Return key image, numbers, warnings and notice, for a notebook."""
        return result_html(self.content)


def _formats(names: Iterable[str]) -> tuple[OutputFormat, ...]:
    wanted = tuple(names)
    if unknown := [name for name in wanted if name not in set(OutputFormat)]:
        msg = f"formats are {', '.join(OutputFormat)}, got {', '.join(map(repr, unknown))}"
        raise UsageError(msg)
    return tuple(OutputFormat(name) for name in wanted)
