"""Results as files: written into a temporary sibling folder first, then moved into place in one step.

A run that is killed leaves the wanted folder as it was: absent, or with the former results. What it may leave is a
hidden sibling whose name says where it comes from; the next run to the same folder clears it away.
"""

import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.formats import (
    DEFAULT_FORMATS,
    FILE_NAMES,
    KEY_CROP_FILE_NAME,
    MAP_FILE_NAMES,
    MAP_SUFFIX,
    PROVENANCE_FILE_NAME,
    OutputFormat,
    with_what_they_need,
)
from VSSegmentationLib.imageio import write_image, write_segmentation
from VSSegmentationLib.measurement import MeatalPlane
from VSSegmentationLib.reporting import (
    ReportContent,
    make_report,
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


def _write_key_crop(path: Path, content: ReportContent) -> None:
    """Write a piece of the scan, so that a later comparison can show it; nothing without scan or tumor."""
    piece = None if content.image is None else key_crop(content.image, content.labelmap, content.task.label_set)
    if piece is not None:
        write_image(path, piece)


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
    OutputFormat.DICOM_SR: lambda path, content: write_dicom_sr(
        path, path.with_name(FILE_NAMES[OutputFormat.DICOM_SEG]), content
    ),
    OutputFormat.MRB: _write_scene,
}
RESULT_NAMES = frozenset({*FILE_NAMES.values(), PROVENANCE_FILE_NAME, KEY_CROP_FILE_NAME, *MAP_FILE_NAMES})
"""What `segment` and `measure` may leave in their folder."""
COMPARISON_PAGE = "growth.html"
_COMPARISON_JSON, _COMPARISON_CSV, _COMPARISON_PDF = "growth.json", "growth.csv", "growth.pdf"
COMPARISON_NAMES = frozenset({_COMPARISON_JSON, _COMPARISON_CSV, COMPARISON_PAGE, _COMPARISON_PDF})
"""What a comparison may leave in its folder."""
_ABANDONED_AFTER_SECONDS = 3600.0
"""A temporary folder older than this belongs to no run that still goes: writing takes seconds."""


def check_output_folder(folder: Path, *, force: bool = False, names: Collection[str] = RESULT_NAMES) -> None:
    """See that results can be written there, before any long computation; nothing is left behind.

    Args:
        folder: May be absent.
        force: Whether the results of a former run may be replaced.
        names: What files of such a run are called; a folder that holds any other is never touched.

    Raises:
        UsageError: If the folder holds something and `force` is off, holds other files than results, is a file, or
            cannot be made.
    """
    folder = folder.resolve()
    _check_may_replace(folder, force, names)
    parent = folder.parent
    while not parent.exists():
        parent = parent.parent
    try:
        Path(tempfile.mkdtemp(prefix=_temporary_prefix(folder), dir=parent)).rmdir()
    except OSError as error:
        raise UsageError(_not_writable(error)) from error


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
        force: Replace the results of a former run. They are removed only after the new ones are in place.

    Raises:
        UsageError: As for `check_output_folder`.
        OSError: If writing fails; the folder is as it was before.
    """
    with folder_written_at_once(folder, force=force) as fresh:
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


@contextmanager
def folder_written_at_once(
    folder: Path, *, force: bool = False, names: Collection[str] = RESULT_NAMES
) -> Iterator[Path]:
    """Give an empty folder to fill; it takes the place of `folder` when the block ends well, and goes when it does not.

    Args:
        folder: As for `check_output_folder`; made, with its parents, if it is not there.
        force: Whether the results of a former run may be replaced.
        names: What files of such a run are called.

    Raises:
        UsageError: As for `check_output_folder`.
    """
    folder = folder.resolve()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(_not_writable(error)) from error
    _clear_up_after_killed_runs(folder)
    _check_may_replace(folder, force, names)
    fresh = folder.with_name(f"{_temporary_prefix(folder)}{secrets.token_hex(4)}.partial")
    try:
        fresh.mkdir()
    except OSError as error:
        raise UsageError(_not_writable(error)) from error
    try:
        yield fresh
        for path in fresh.iterdir():
            _flush_to_disk(path)
        _flush_to_disk(fresh)
        _move_into_place(fresh, folder)
        _flush_to_disk(folder.parent)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _move_into_place(fresh: Path, folder: Path) -> None:
    replaced = _replaced_folder(folder)
    if folder.exists():
        folder.rename(replaced)
    try:
        fresh.rename(folder)
    except OSError:
        if replaced.exists():
            replaced.rename(folder)
        raise
    shutil.rmtree(replaced, ignore_errors=True)


def _clear_up_after_killed_runs(folder: Path) -> None:
    replaced = _replaced_folder(folder)
    if replaced.exists():
        if folder.exists():
            shutil.rmtree(replaced)
        else:  # killed between the two renames: the former results go back to their place
            replaced.rename(folder)
    for leftover in folder.parent.glob(f"{_glob_literal(_temporary_prefix(folder))}????????.partial"):
        if time.time() - leftover.stat().st_mtime > _ABANDONED_AFTER_SECONDS:
            shutil.rmtree(leftover, ignore_errors=True)


def _check_may_replace(folder: Path, force: bool, names: Collection[str]) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        msg = "the output folder is a file; name a folder that does not exist yet"
        raise UsageError(msg)
    held = {path.name for path in folder.iterdir()}
    if held and not force:
        msg = "the output folder exists and is not empty; choose another one, or replace the results in it with --force"
        raise UsageError(msg)
    foreign = held.difference(names)
    if foreign:
        msg = (
            f"the output folder holds {len(foreign)} files that are not results of this command, and --force would "
            "remove them; choose another folder"
        )
        raise UsageError(msg)


def _temporary_prefix(folder: Path) -> str:
    return f".{folder.name}.vs-segmentation-"


def _replaced_folder(folder: Path) -> Path:
    return folder.with_name(f"{_temporary_prefix(folder)}replaced")


def _glob_literal(text: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in text)


def _not_writable(error: OSError) -> str:
    return f"the output folder cannot be written ({error.strerror}); choose another one"


def _flush_to_disk(path: Path) -> None:
    if path.is_dir() and os.name == "nt":  # Windows opens no folders; its renames are journaled
        return
    descriptor = os.open(path, os.O_RDONLY if os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
