"""An examination from files: a labelmap, or results of `segment` and `measure` with their report, measured anew."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, NamedTuple

from VSSegmentationLib.codec import read_json_file
from VSSegmentationLib.errors import GeometryError, InputRefusedError
from VSSegmentationLib.follow_up.examination import (
    NOT_BY_A_MODEL,
    ComparedExamination,
    drawn_by_hand,
    known_sequence,
    segmented_by,
    study_date,
)
from VSSegmentationLib.formats import FILE_NAMES, KEY_CROP_FILE_NAME, PROVENANCE_FILE_NAME, OutputFormat
from VSSegmentationLib.imageio import Labelmap, Scan, load_labelmap, placed_on_scan, read_scan
from VSSegmentationLib.imageio.files.reading import load_file
from VSSegmentationLib.imageio.placing import place_on_grid
from VSSegmentationLib.measurement import Measurement, Uncertainty
from VSSegmentationLib.measurement.growth import AcquisitionFacts
from VSSegmentationLib.measurement.growth.examination import measured_plane_normal
from VSSegmentationLib.measurement.limits import OF_ANSWERS, without_limits
from VSSegmentationLib.measurement.one_side import Side
from VSSegmentationLib.measurement.uncertainty import no_limit
from VSSegmentationLib.reporting import (
    DrawnBy,
    EditLog,
    Provenance,
    Report,
    mask_state,
    read_provenance,
    read_report_json,
    with_limits,
)
from VSSegmentationLib.reporting.report.drawing import notes_on_drawing, provenance_of_drawing
from VSSegmentationLib.reporting.report.landmarks import landmarks_of
from VSSegmentationLib.tasks import Task, task_named, task_of_labelmap
from VSSegmentationLib.tumor_side import decided_side
from VSSegmentationLib.volume import Volume

_LABELMAPS = tuple(FILE_NAMES[each] for each in (OutputFormat.SEG_NRRD, OutputFormat.NIFTI, OutputFormat.DICOM_SEG))
_SAME = 1e-6


def read_examination(
    path: Path,
    image: Path | None = None,
    side: Side | None = None,
    values: str | None = None,
    drawn_by: DrawnBy | None = None,
) -> ComparedExamination:
    """Read one examination and measure it.

    Args:
        path: Labelmap, or results folder.
        image: The scan that belongs to it.
        side: Of the patient, `left` or `right`: which of two tumors to measure, or where the only one is; None goes by
            the file, or by the scan.
        values: What the values of the labelmap mean, where it does not say so itself; as `Task.label_values` takes it.
        drawn_by: Who drew a labelmap without a report whose file does not tell it: `person` or `model`.

    Raises:
        InputRefusedError: If a file cannot be used, or the labelmap does not belong to the scan.
        UsageError: If a file is missing, or it is not certain what values mean.
    """
    report = _report(path)
    task = task_named(report.task) if report else task_of_labelmap(_labelmap_path(path))
    meant = None if values is None else task.label_values(values)
    given = load_labelmap(_labelmap_path(path), task.label_set, values=meant)
    given = replace(given, side=(report.side if report else None) or given.side)
    scan = read_scan(image, rules=task.scan_rules) if image else None
    if scan is not None:
        given = placed_on_scan(given, scan)
    labelmap, found = decided_side(given, scan.volume if scan else None, task, stated=side)
    plane = report.segmentation.plane if report else None
    shown, crop_warnings = (scan.volume, ()) if scan else _travelling_crop(path, labelmap)
    user_plane = plane if plane is not None and plane.source == "user" else None
    points = landmarks_of(_provenance(path), task)
    measurements = task.measure(labelmap, plane=user_plane, points=points)
    changes = _differences(report, measurements) if report else ()
    if report is not None:
        measurements = _with_limits_of(report, measurements, is_changed=bool(changes))
    else:
        measurements = _with_limits_of_file(given, measurements, task, drawn_by)
    return ComparedExamination(
        labelmap=labelmap,
        task=task,
        image=shown,
        is_crop=scan is None and shown is not None,
        measurements=measurements,
        facts=_facts(given, labelmap, scan, report, found.side),
        warnings=tuple(
            dict.fromkeys(  # what is found of a labelmap stands in its report, too
                (
                    *given.notes,
                    *(() if report else notes_on_drawing(given, drawn_by)),
                    *found.warnings,
                    *_warnings(labelmap, scan, report, changes, task),
                    *crop_warnings,
                )
            )
        ),
        doubts=report.doubts if report else (),
        reviewed=report is not None and report.status == "reviewed" and not changes,
        policy=report.headline.policy if report else None,
        date=study_date(report.identifiers if report else None, scan.dicom_source if scan else None),
        days_from_baseline=report.days_from_baseline if report else None,
        case=report.case if report else "",
    )


class Results(NamedTuple):
    """What a folder of results, or a labelmap alone, tells of a mask."""

    labelmap: Path
    report: Report | None
    provenance: Provenance | None
    """None where the folder tells none."""


def read_results(path: Path) -> Results:
    """Return where the labelmap of results lies, and what stands beside it.

    Args:
        path: Labelmap, or results folder.

    Raises:
        InputRefusedError: If the folder holds no labelmap, or what stands beside it is damaged.
    """
    known = {"schema_version", *(each.name for each in fields(Provenance))}  # the file tells of the report, too
    told = {key: value for key, value in _told(path).items() if key in known}
    return Results(_labelmap_path(path), _report(path), read_provenance(told) if told else None)


_KINDS_OF_RUN: dict[str, type] = {
    "landmarks": dict, "pori": dict, "looks": dict, "boundary": dict, "organs": list, "ears_not_judged": list,
}  # fmt: skip
"""What a run tells, as far as something is made of it."""


def _provenance(path: Path) -> Provenance:
    """Return what a results folder tells of the run behind it; nothing where it tells nothing."""
    told = _told(path)
    run = told.get("run")
    if not isinstance(run, dict):
        return Provenance()
    if any(run.get(name) is not None and not isinstance(run[name], kind) for name, kind in _KINDS_OF_RUN.items()):
        msg = f"{PROVENANCE_FILE_NAME} beside a result is damaged; remove it, or make the result anew"
        raise InputRefusedError(msg)
    return Provenance(run=run)


def _told(path: Path) -> Mapping[str, Any]:
    """Return the values of the provenance in a results folder; none where there is no such file."""
    file = path / PROVENANCE_FILE_NAME
    if not (path.is_dir() and file.is_file()):
        return {}
    try:
        told = read_json_file(file, finite=False)
    except ValueError as error:
        msg = f"{PROVENANCE_FILE_NAME} beside a result is no JSON file in UTF-8; remove it, or make the result anew"
        raise InputRefusedError(msg) from error
    return told if isinstance(told, dict) else {}


def _travelling_crop(path: Path, labelmap: Volume) -> tuple[Volume | None, tuple[str, ...]]:
    """Return the piece of the scan in a results folder, on the grid of the labelmap, 0 around it."""
    file = path / KEY_CROP_FILE_NAME
    if not (path.is_dir() and file.is_file()):
        return None, ()
    try:
        piece = load_file(file).volume
        return place_on_grid(piece, labelmap.shape, labelmap.dhw_to_ras), ()
    except (InputRefusedError, GeometryError):
        return None, (f"The piece of the scan beside the result ({KEY_CROP_FILE_NAME}) does not fit it; not shown.",)


def _facts(
    given: Labelmap, labelmap: Volume, scan: Scan | None, report: Report | None, side: str | None
) -> AcquisitionFacts:
    told = report.source if report else None
    thickness = scan.slice_thickness_mm if scan else told.slice_thickness_mm if told else None
    return AcquisitionFacts(
        spacing_dhw_mm=labelmap.spacing_dhw_mm,
        slice_normal_ras=measured_plane_normal(labelmap.dhw_to_ras),
        sequence=known_sequence(scan.modality if scan else None) or known_sequence(told.modality if told else None),
        slice_thickness_mm=thickness or max(labelmap.spacing_dhw_mm),
        side=side,
        segmented_by=_segmented_by(report, given),
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


def _segmented_by(report: Report | None, given: Labelmap) -> str | None:
    if report is None:
        drawn = given.drawing
        return None if drawn is None else segmented_by(drawn.model, drawn.version, edited=not given.is_untouched)
    if report.model is None:
        return NOT_BY_A_MODEL
    edited = report.segmentation.algorithm_type != "AUTOMATIC"
    return segmented_by(report.model.name, report.model.version, edited=edited)


def _with_limits_of(
    report: Report, measurements: tuple[Measurement, ...], *, is_changed: bool
) -> tuple[Measurement, ...]:
    """Return measurements with the limits that hold for their mask: those that its report tells.

    A mask that a model gave and nobody checked has none where the report is of a version that printed limits of human
    readers beside it, or where the mask was changed since.
    """
    checked = report.review is not None and report.review.mask_checked
    if is_changed:
        return without_limits(measurements) if report.model is not None else measurements
    told = {record.id: record.uncertainty for record in report.measurements}
    if report.model is None or checked:
        return tuple(replace(m, uncertainty=told.get(m.id, m.uncertainty)) for m in measurements)
    return tuple(_of_answer(m, told.get(m.id)) for m in measurements)


def _with_limits_of_file(
    given: Labelmap, measurements: tuple[Measurement, ...], task: Task, drawn_by: DrawnBy | None
) -> tuple[Measurement, ...]:
    """Return measurements of a labelmap without a report with the limits that hold for who drew it."""
    provenance = Provenance() if given.drawing is None else provenance_of_drawing(given.drawing)
    state = mask_state(provenance, EditLog(), None, was_edited=not given.is_untouched, drawn_by=drawn_by)
    return with_limits(measurements, state, provenance, task)


def _of_answer(measurement: Measurement, told: Uncertainty | None) -> Measurement:
    if measurement.uncertainty is None or (told is not None and told.kind in OF_ANSWERS):
        return replace(measurement, uncertainty=told)
    unit = measurement.uncertainty.unit
    return replace(measurement, uncertainty=no_limit(unit, "no limit: its report tells none for a model's answer"))


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
