"""The examinations that `compare` is given: labelmaps, or results of `segment` and `measure` with their reports."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.formats import FILE_NAMES, OutputFormat
from VSSegmentationLib.imageio import Modality, Scan, read_labelmap, read_scan
from VSSegmentationLib.imageio.placing import place_on_grid
from VSSegmentationLib.labels import tumor_mask
from VSSegmentationLib.measurement import (
    Measurement,
    MeatalPlane,
    labelmap_warnings,
    measure,
    measure_sides,
)
from VSSegmentationLib.measurement.growth import AcquisitionFacts
from VSSegmentationLib.measurement.growth.examination import measured_plane_normal, side_of_tumor
from VSSegmentationLib.reporting import Report, read_report_json
from VSSegmentationLib.volume import Volume

_LABELMAPS = (FILE_NAMES[OutputFormat.SEG_NRRD], FILE_NAMES[OutputFormat.NIFTI])
_SAME = 1e-6


@dataclass(frozen=True, kw_only=True, eq=False)
class GivenExamination:
    """One examination as it was given, measured anew."""

    labelmap: Volume
    """On the grid of the scan, if there is one."""
    scan: Scan | None
    report: Report | None
    """What was reported of it, if a results folder was given."""
    measurements: tuple[Measurement, ...]
    side: str | None

    @property
    def facts(self) -> AcquisitionFacts:
        """What decides whether it can be compared with others."""
        told = self.report.source if self.report else None
        thickness = told.slice_thickness_mm if told else None
        return AcquisitionFacts(
            spacing_dhw_mm=self.labelmap.spacing_dhw_mm,
            slice_normal_ras=measured_plane_normal(self.labelmap.dhw_to_ras),
            sequence=_sequence(self.scan.modality if self.scan else None) or _sequence(told.modality if told else None),
            slice_thickness_mm=self.scan.slice_thickness_mm
            if self.scan
            else thickness or max(self.labelmap.spacing_dhw_mm),
            side=self.side,
            segmented_by=_segmented_by(self.report),
            voxels_sha256=self.scan.voxels_sha256 if self.scan else told.voxels_sha256 if told else None,
        )

    @property
    def warnings(self) -> tuple[str, ...]:
        """What has to be known about it alone, as full sentences."""
        if self.report is None:
            return (*(self.scan.warnings if self.scan else ()), *labelmap_warnings(self.labelmap))
        return (*self.report.warnings, *_differences(self.report, self.measurements))

    @property
    def reviewed(self) -> bool:
        """Whether a person checked it, and nothing that counts was changed since."""
        return (
            self.report is not None
            and self.report.status == "reviewed"
            and not _differences(self.report, self.measurements)
        )


def read_examination(path: Path, image: Path | None, side: str | None) -> GivenExamination:
    """Read one examination and measure it.

    Args:
        path: Labelmap, or results folder.
        image: The scan that belongs to it.
        side: Which tumor to measure, `left` or `right`; None takes the largest.

    Raises:
        InputRefusedError: If a file cannot be used, or the labelmap does not belong to the scan.
        UsageError: If a file is missing.
    """
    report = _report(path)
    labelmap = read_labelmap(_labelmap_path(path))
    scan = read_scan(image) if image else None
    if scan is not None:
        labelmap = place_on_grid(labelmap, scan.volume.shape, scan.volume.dhw_to_ras)
    plane = report.segmentation.plane if report else None
    user_plane = plane if plane is not None and plane.source == "user" else None
    if side is None:
        measurements = measure(labelmap, plane=user_plane)
    else:
        labelmap, measurements = _one_side(labelmap, side, user_plane)
    told = side or (report.side if report else None) or side_of_tumor(labelmap)
    return GivenExamination(labelmap=labelmap, scan=scan, report=report, measurements=measurements, side=told)


def _report(path: Path) -> Report | None:
    file = path / FILE_NAMES[OutputFormat.REPORT_JSON]
    return read_report_json(file) if path.is_dir() and file.is_file() else None


def _labelmap_path(path: Path) -> Path:
    if not path.is_dir():
        return path
    for name in _LABELMAPS:
        if (path / name).is_file():
            return path / name
    msg = f"a folder to compare must hold {' or '.join(_LABELMAPS)}, and one does not; give results or a labelmap"
    raise InputRefusedError(msg)


def _one_side(labelmap: Volume, side: str, plane: MeatalPlane | None) -> tuple[Volume, tuple[Measurement, ...]]:
    for found in measure_sides(labelmap):
        if found.side == side:
            return found.labelmap, measure(found.labelmap, plane=plane)
    cleared = labelmap.with_array(np.where(tumor_mask(labelmap.array), np.uint8(0), labelmap.array))
    return cleared, measure(cleared)


def _sequence(modality: str | None) -> str | None:
    return None if modality in (None, Modality.UNKNOWN) else str(modality)


def _segmented_by(report: Report | None) -> str | None:
    if report is None:
        return None
    if report.model is None:
        return "a person or another program"
    edited = ", edited" if report.segmentation.algorithm_type != "AUTOMATIC" else ""
    return f"{report.model.name} {report.model.version}{edited}"


def _differences(report: Report, measurements: Sequence[Measurement]) -> tuple[str, ...]:
    """Say where the report beside a labelmap holds other numbers than the labelmap gives now."""
    now = {m.id: m.value for m in measurements}
    changed = [
        record.name
        for record in report.measurements
        if record.value is not None
        and now.get(record.id) is not None
        and abs(record.value - (now[record.id] or 0.0)) > _SAME * max(1.0, record.value)
    ]
    drawn = [record.name for record in report.measurements if record.manual_override is not None]
    sentences = []
    if changed:
        names = ", ".join(changed[:3]) + (", ..." if len(changed) > 3 else "")
        sentences.append(
            f"The labelmap gives other numbers than its report holds ({names}): it was changed since, or reported by "
            "another version. What it gives now is compared."
        )
    if drawn:
        sentences.append(f"Lengths drawn by hand are not compared ({', '.join(drawn)}); the computed ones are.")
    return tuple(sentences)
