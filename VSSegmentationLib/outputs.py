"""Results as files, all of a run or none."""

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from VSSegmentationLib.formats import (
    DEFAULT_FORMATS,
    FILE_NAMES,
    KEY_CROP_FILE_NAME,
    MAP_SUFFIX,
    PROVENANCE_FILE_NAME,
    RESULT_NAMES,
    OutputFormat,
    with_what_they_need,
)
from VSSegmentationLib.imageio import write_image, write_segmentation
from VSSegmentationLib.measurement import MeatalPlane
from VSSegmentationLib.output_folder import check_output_folder, folder_written_at_once
from VSSegmentationLib.reporting import (
    ReportContent,
    make_report,
    write_dicom_key_image,
    write_dicom_pdf,
    write_dicom_rtstruct,
    write_dicom_seg,
    write_dicom_sr,
    write_measurements_csv,
    write_measurements_json,
    write_provenance_json,
    write_report_html,
    write_report_json,
    write_report_pdf,
    write_study_csv,
)
from VSSegmentationLib.reporting.files.growth_tables import write_growth_csv, write_growth_json
from VSSegmentationLib.reporting.growth.content import GrowthContent
from VSSegmentationLib.reporting.page.growth_page import growth_html, write_growth_html
from VSSegmentationLib.reporting.page.pdf import print_by_weasyprint
from VSSegmentationLib.reporting.pictures.key_crop import key_crop
from VSSegmentationLib.reporting.report.drawing import drawing_of
from VSSegmentationLib.volume import Volume


def _write_labelmap(path: Path, content: ReportContent) -> None:
    write_segmentation(path, content.labelmap, content.task.label_set, side=content.side, drawing=drawing_of(content))


def _write_scene(path: Path, content: ReportContent) -> None:
    from VSSegmentationLib.scene import SceneContent, write_scene_bundle  # noqa: PLC0415 - needs slicer-core

    report = make_report(content)
    plane = content.plane or content.task.fitted_plane(content.labelmap)
    answer = content.labelmap if report.model and not content.is_edited else None
    automatic = content.automatic_labelmap or answer
    scene = SceneContent(
        image=content.image,
        labelmap=content.labelmap,
        automatic_labelmap=automatic,
        measurements=content.measurements,
        headline_id=report.headline.measurement_id,
        plane=plane if isinstance(plane, MeatalPlane) else None,
        side=report.side,
        case=report.case,
        growth=content.growth,
        task=content.task,
        notes=(report.notice, f"Status: {report.status}.", report.findings, *report.warnings),
    )
    write_scene_bundle(path, scene)


def _write_stl(path: Path, content: ReportContent) -> None:
    from VSSegmentationLib.surfaces import write_stl  # noqa: PLC0415 - needs vtk

    write_stl(path, content.labelmap, content.task.label_set)


def _write_obj(path: Path, content: ReportContent) -> None:
    from VSSegmentationLib.surfaces import write_obj  # noqa: PLC0415 - needs vtk

    write_obj(path, content.labelmap, content.task.label_set)


def _write_key_crop(path: Path, content: ReportContent) -> None:
    """Write a piece of the scan, so that a later comparison can show it; nothing without scan or tumor."""
    piece = None if content.image is None else key_crop(content.image, content.labelmap, content.task.label_set)
    if piece is not None:
        write_image(path, piece)


__all__ = [
    "COMPARISON_NAMES",
    "COMPARISON_PAGE",
    "RESULT_NAMES",
    "check_output_folder",
    "folder_written_at_once",
    "write_comparison",
    "write_outputs",
]


def _write_sr(path: Path, content: ReportContent, *, in_space: bool) -> None:
    write_dicom_sr(path, path.with_name(FILE_NAMES[OutputFormat.DICOM_SEG]), content, in_space=in_space)


_WRITERS: dict[OutputFormat, Callable[[Path, ReportContent], None]] = {
    OutputFormat.SEG_NRRD: _write_labelmap,
    OutputFormat.NIFTI: _write_labelmap,
    OutputFormat.JSON: write_measurements_json,
    OutputFormat.CSV: write_measurements_csv,
    OutputFormat.HTML: write_report_html,
    OutputFormat.REPORT_JSON: write_report_json,
    OutputFormat.STUDY_CSV: write_study_csv,
    OutputFormat.PDF: write_report_pdf,
    OutputFormat.DICOM_SEG: write_dicom_seg,
    OutputFormat.DICOM_SR: partial(_write_sr, in_space=True),
    OutputFormat.DICOM_SR_2D: partial(_write_sr, in_space=False),
    OutputFormat.DICOM_PDF: write_dicom_pdf,
    OutputFormat.DICOM_KEY_IMAGE: write_dicom_key_image,
    OutputFormat.RTSTRUCT: write_dicom_rtstruct,
    OutputFormat.STL: _write_stl,
    OutputFormat.OBJ: _write_obj,
    OutputFormat.MRB: _write_scene,
}
COMPARISON_PAGE = "growth.html"
_COMPARISON_JSON, _COMPARISON_CSV, _COMPARISON_PDF = "growth.json", "growth.csv", "growth.pdf"
COMPARISON_NAMES = frozenset({_COMPARISON_JSON, _COMPARISON_CSV, COMPARISON_PAGE, _COMPARISON_PDF})
"""What a comparison may leave in its folder."""


def write_outputs(
    content: ReportContent,
    folder: Path,
    *,
    formats: Iterable[OutputFormat] = DEFAULT_FORMATS,
    maps: Iterable[tuple[str, Volume]] = (),
    force: bool = False,
) -> None:
    """Write the results into `folder`, all of them or none.

    Args:
        content: What the reports are made from; its warnings go into every one of them.
        folder: Made, with its parents, if it is not there.
        formats: Which files; `provenance.json` always comes along, and a piece of the scan with labelmap and report.
        maps: What the network said of each voxel, by name; each is written before the next one is asked for.
        force: Replace the results of a former run. They are removed only after the new ones are in place. Files that
            tell who the patient is may be read by this user alone.

    Raises:
        UsageError: As for `check_output_folder`.
        OSError: If writing fails; the folder is as it was before.
    """
    private = content.identifiers is not None or (content.dicom is not None and content.dicom.identity.with_identifiers)
    with folder_written_at_once(folder, force=force, private=private) as fresh:
        wanted = with_what_they_need(formats)
        for output_format in wanted:
            _WRITERS[output_format](fresh / FILE_NAMES[output_format], content)
        if OutputFormat.REPORT_JSON in wanted and {OutputFormat.SEG_NRRD, OutputFormat.NIFTI}.intersection(wanted):
            _write_key_crop(fresh / KEY_CROP_FILE_NAME, content)
        write_maps(fresh, maps)
        write_provenance_json(fresh / PROVENANCE_FILE_NAME, content)


def write_maps(folder: Path, maps: Iterable[tuple[str, Volume]]) -> dict[str, Path]:
    """Write maps as float32 NRRD files and return where each is, by its name.

    Raises:
        OSError: If writing fails.
    """
    written = {}
    for name, volume in maps:
        written[name] = folder / f"{name}{MAP_SUFFIX}"
        write_image(written[name], volume)
    return written


def write_comparison(
    content: GrowthContent, folder: Path, *, with_pdf: bool = False, force: bool = False
) -> tuple[str, ...]:
    """Write a comparison into `folder`, all of its files or none, and return their names.

    Args:
        content: What the files are made from.
        folder: Made, with its parents, if it is not there.
        with_pdf: Print the page, too; needs WeasyPrint.
        force: Replace a former comparison.

    Raises:
        UsageError: As for `check_output_folder`, or if WeasyPrint is needed and missing.
        OSError: If writing fails; the folder is as it was before.
    """
    with folder_written_at_once(folder, force=force, names=COMPARISON_NAMES) as fresh:
        write_growth_json(fresh / _COMPARISON_JSON, content)
        write_growth_csv(fresh / _COMPARISON_CSV, content)
        write_growth_html(fresh / COMPARISON_PAGE, content)
        if with_pdf:
            print_by_weasyprint(growth_html(content, margin_boxes=True), fresh / _COMPARISON_PDF)
    return (_COMPARISON_JSON, _COMPARISON_CSV, COMPARISON_PAGE, *((_COMPARISON_PDF,) if with_pdf else ()))
