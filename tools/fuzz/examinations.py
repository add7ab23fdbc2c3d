"""Examinations before this one, as `compare` and `--previous` read them: results, labelmaps, scans and structures."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from Testing.support.dicom_files import SeriesSpec, write_rtstruct
from Testing.support.dicom_results import divided_tumor, uids, write_scan
from tools.fuzz.dicom import number_uids
from tools.fuzz.judging import FaultError
from VSSegmentationLib import geometry
from VSSegmentationLib.follow_up import ComparedExamination, Times, compare_examinations, read_examination
from VSSegmentationLib.formats import KEY_CROP_FILE_NAME, PROVENANCE_FILE_NAME, OutputFormat
from VSSegmentationLib.imageio import read_scan, write_segmentation
from VSSegmentationLib.outputs import write_outputs
from VSSegmentationLib.pipeline import MaskFacts, MaskSource, measure_labelmap, read_mask
from VSSegmentationLib.reporting import Provenance, ReportChoices

_FORMATS = (OutputFormat.SEG_NRRD, OutputFormat.REPORT_JSON)
_SLICES = (5, 6, 7)
_FOUND = Provenance(run={"side": "left", "landmarks": {"fundus": [-40.0, -5.0, 20.0]}, "organs": ["cochlea"]})


def write_sound_examinations(folder: Path) -> list[Path]:
    """Write a scan as DICOM, a labelmap and contours on it, and results; return those that may be damaged."""
    spec = SeriesSpec(
        spacing_dhw_mm=(3.0, 0.9, 1.1), origin_lps_mm=(12.0, -10.0, 5.0), tags={**uids(), "StudyDate": "20200101"}
    )
    write_scan(folder / "scan", spec)
    square = np.array([(28.0, 4.0), (34.0, 4.0), (34.0, 10.0), (28.0, 10.0)])
    planes = [np.column_stack([square, np.full(4, spec.origin_lps_mm[2] + 3.0 * index)]) for index in _SLICES]
    write_rtstruct(folder / "structures.dcm", {"TV": planes})
    slices = sorted((folder / "scan").iterdir())
    number_uids([*slices, folder / "structures.dcm"])
    scan = read_scan(folder / "scan")
    labelmap = divided_tumor(scan)
    write_segmentation(folder / "labels.seg.nrrd", labelmap, side="left")
    choices = ReportChoices(salt="0", case="somebody", days_from_baseline=7)
    content = measure_labelmap(labelmap, scan, choices, known=MaskFacts(side="left", provenance=_FOUND)).content
    noon = replace(content, created_at_utc=content.created_at_utc.replace(year=2020, month=1, day=1, hour=12))
    write_outputs(noon, folder / "results", formats=_FORMATS)
    names = ("segmentation.seg.nrrd", "report.json", PROVENANCE_FILE_NAME, KEY_CROP_FILE_NAME)
    damaged = [folder / "results" / name for name in names if (folder / "results" / name).is_file()]
    return [*damaged, slices[5], folder / "structures.dcm"]


def read_earlier(path: Path) -> str:
    """Read the examination that the file is part of, and compare it with the one that is sound."""
    folder = path.parent if path.name == "structures.dcm" else path.parents[1]
    sound, scan = folder / "labels.seg.nrrd", folder / "scan"
    if path.name == "structures.dcm":
        labelmap, _, _ = read_mask(MaskSource(mask=path, image=scan, roi="TV"))
        return "taken" if labelmap.array.any() else "taken, empty"
    in_scan = path.parent == scan
    before = read_examination(sound if in_scan else path.parent, scan if in_scan else None)
    _check(before)
    days = {"days": (0, 365)}
    compare_examinations([before, read_examination(sound)], Times(**days), different_cases=True)
    return "taken"


def _check(examination: ComparedExamination) -> None:
    """See that the volume is that of the voxels."""
    told = next(each.value for each in examination.measurements if each.id == "vol_total")
    labels = examination.labelmap
    voxels = np.isin(labels.array, (1, 2, 4)).sum()
    expected = voxels * geometry.voxel_volume_mm3(labels.dhw_to_ras) / 1000
    if told is None and not voxels:
        return
    if told is None or not np.isclose(told, expected, rtol=1e-6):
        msg = f"volume: {told} cm3, and the voxels have {expected}"
        raise FaultError(msg)
