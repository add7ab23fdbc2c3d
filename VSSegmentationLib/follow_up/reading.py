"""An examination from files: a labelmap, or results of `segment` and `measure` with their report, measured anew."""

from collections.abc import Sequence
from pathlib import Path

from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.follow_up.examination import (
    NOT_BY_A_MODEL,
    ComparedExamination,
    drawn_by_hand,
    known_sequence,
    segmented_by,
    study_date,
)
from VSSegmentationLib.formats import FILE_NAMES, OutputFormat
from VSSegmentationLib.imageio import Scan, read_labelmap, read_scan
from VSSegmentationLib.imageio.placing import place_on_grid
from VSSegmentationLib.measurement import Measurement
from VSSegmentationLib.measurement.growth import AcquisitionFacts
from VSSegmentationLib.measurement.growth.examination import measured_plane_normal, side_of_tumor
from VSSegmentationLib.measurement.one_side import Side, on_one_side
from VSSegmentationLib.reporting import Report, read_report_json
from VSSegmentationLib.tasks import Task, task_named, task_of_labelmap
from VSSegmentationLib.volume import Volume

_LABELMAPS = (FILE_NAMES[OutputFormat.SEG_NRRD], FILE_NAMES[OutputFormat.NIFTI])
_SAME = 1e-6


def read_examination(path: Path, image: Path | None = None, side: Side | None = None) -> ComparedExamination:
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
    task = task_named(report.task) if report else task_of_labelmap(_labelmap_path(path))
    labelmap = read_labelmap(_labelmap_path(path), task.label_set)
    scan = read_scan(image, rules=task.scan_rules) if image else None
    if scan is not None:
        labelmap = place_on_grid(labelmap, scan.volume.shape, scan.volume.dhw_to_ras)
    plane = report.segmentation.plane if report else None
    user_plane = plane if plane is not None and plane.source == "user" else None
    if side is None:
        measurements = task.measure(labelmap, plane=user_plane)
    else:
        labelmap = on_one_side(labelmap, side, task.label_set)
        measurements = task.measure(labelmap, plane=user_plane)
    told = side or (report.side if report else None) or side_of_tumor(labelmap, task.label_set)
    changes = _differences(report, measurements) if report else ()
    return ComparedExamination(
        labelmap=labelmap,
        task=task,
        image=scan.volume if scan else None,
        measurements=measurements,
        facts=_facts(labelmap, scan, report, told),
        warnings=_warnings(labelmap, scan, report, changes, task),
        doubts=report.doubts if report else (),
        reviewed=report is not None and report.status == "reviewed" and not changes,
        policy=report.headline.policy if report else None,
        date=study_date(report.identifiers if report else None, scan.dicom_source if scan else None),
        days_from_baseline=report.days_from_baseline if report else None,
    )


def _facts(labelmap: Volume, scan: Scan | None, report: Report | None, side: str | None) -> AcquisitionFacts:
    told = report.source if report else None
    thickness = scan.slice_thickness_mm if scan else told.slice_thickness_mm if told else None
    return AcquisitionFacts(
        spacing_dhw_mm=labelmap.spacing_dhw_mm,
        slice_normal_ras=measured_plane_normal(labelmap.dhw_to_ras),
        sequence=known_sequence(scan.modality if scan else None) or known_sequence(told.modality if told else None),
        slice_thickness_mm=thickness or max(labelmap.spacing_dhw_mm),
        side=side,
        segmented_by=_segmented_by(report),
        voxels_sha256=scan.voxels_sha256 if scan else told.voxels_sha256 if told else None,
    )


def _warnings(
    labelmap: Volume, scan: Scan | None, report: Report | None, changes: tuple[str, ...], task: Task
) -> tuple[str, ...]:
    if report is None:
        return (*(scan.warnings if scan else ()), *task.labelmap_warnings(labelmap))
    return (*report.warnings, *changes)


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


def _segmented_by(report: Report | None) -> str | None:
    if report is None:
        return None
    if report.model is None:
        return NOT_BY_A_MODEL
    edited = report.segmentation.algorithm_type != "AUTOMATIC"
    return segmented_by(report.model.name, report.model.version, edited=edited)


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
    drawn = [record.id for record in report.measurements if record.manual_override is not None]
    sentences = []
    if changed:
        names = ", ".join(changed[:3]) + (", ..." if len(changed) > 3 else "")
        sentences.append(
            f"The labelmap gives other numbers than its report holds ({names}): it was changed since, or reported by "
            "another version. What it gives now is compared."
        )
    return (*sentences, *drawn_by_hand(measurements, drawn))
