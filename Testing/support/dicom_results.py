"""A small DICOM series with a labelmap on it, measured and told of, ready to be written as DICOM objects."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from pydicom.uid import generate_uid

from Testing.support.dicom_files import SeriesSpec, write_series
from VSSegmentationLib import geometry
from VSSegmentationLib.imageio import Scan, read_scan
from VSSegmentationLib.labels import Label
from VSSegmentationLib.measurement import measure
from VSSegmentationLib.reporting import ModelFacts, Provenance, ReportContent
from VSSegmentationLib.reporting.dicom.seg import write_segmentation_object
from VSSegmentationLib.reporting.dicom.sr import write_structured_report
from VSSegmentationLib.reporting.report.building import make_report
from VSSegmentationLib.reporting.report.dicom_link import DicomIdentity, DicomLink, Edition
from VSSegmentationLib.reporting.report.report import Report
from VSSegmentationLib.reporting.report.review import Review
from VSSegmentationLib.tasks import DEFAULT_TASK, Task
from VSSegmentationLib.volume import Volume

SHAPE = (12, 40, 44)
MODEL = Provenance(model=ModelFacts(name="toy", version="2.1", sha256="5a" * 32, modality="T2"), device="cpu")


def uids() -> dict[str, str]:
    """What the plain series of other tests leave out and an object that refers to one needs."""
    return {"StudyInstanceUID": generate_uid(), "FrameOfReferenceUID": generate_uid()}


def left_spec(**changes) -> SeriesSpec:
    """An axial series of the patient's left: x of LPS grows to the left."""
    plain = SeriesSpec(spacing_dhw_mm=(3.0, 0.9, 1.1), origin_lps_mm=(12.0, -10.0, 5.0), tags=uids())
    return replace(plain, **changes)


def write_scan(folder: Path, spec: SeriesSpec | None = None) -> Scan:
    voxels = np.random.default_rng(7).integers(1, 900, SHAPE).astype(np.int16)
    write_series(folder, voxels, spec or left_spec())
    return read_scan(folder)


def divided_tumor(scan: Scan) -> Volume:
    """An intrameatal bar and a larger extrameatal block beside it, with a corner cut so that no mirror image fits."""
    labels = np.zeros(scan.volume.shape, np.uint8)
    labels[4:8, 14:20, 8:16] = Label.INTRAMEATAL
    labels[3:10, 10:28, 16:30] = Label.EXTRAMEATAL
    labels[3:5, 10:13, 16:20] = 0
    return scan.volume.with_array(labels)


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a run has before it writes."""

    labelmap: Volume
    report: Report
    link: DicomLink
    task: Task = DEFAULT_TASK

    def write(self, folder: Path) -> tuple[Path, Path]:
        """Write both objects and return where they are."""
        folder.mkdir(exist_ok=True)
        seg, sr = folder / "segmentation.dcm", folder / "measurements_sr.dcm"
        write_segmentation_object(seg, self.labelmap, self.report, self.link, self.task)
        write_structured_report(sr, seg, self.report, self.link, self.task)
        return seg, sr


def content_of(scan: Scan, labelmap: Volume, identity: DicomIdentity, edition: Edition | None = None) -> ReportContent:
    """What a run of a model on a series tells, ready for every DICOM format."""
    return ReportContent(
        image=scan.volume,
        labelmap=labelmap,
        measurements=measure(labelmap),
        findings="The labelmap holds a tumor.",
        provenance=MODEL,
        dicom=DicomLink(source=scan.dicom_source, identity=identity, edition=edition),
    )


def result_of(
    scan: Scan, labelmap: Volume, identity: DicomIdentity | None = None, *, reviewed: bool = False, **content
) -> Result:
    now = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
    review = Review(mask_checked=True, boundary_checked=True, line_checked=True, at_utc=now, reader="Reader^Anna")
    told = ReportContent(
        image=None,
        labelmap=labelmap,
        measurements=content.pop("measurements", None) or measure(labelmap),
        findings="The labelmap holds a tumor.",
        provenance=content.pop("provenance", Provenance()),
        review=review if reviewed else None,
        **content,
    )
    link = DicomLink(source=scan.dicom_source, identity=identity or DicomIdentity())
    return Result(labelmap=labelmap, report=make_report(told), link=link, task=told.task)


def world_points(volume: Volume, values=None) -> np.ndarray:
    """(N, 3) RAS points of the labeled voxels, in an order that does not depend on the grid."""
    inside = volume.array != 0 if values is None else np.isin(volume.array, values)
    points = geometry.transform_points(volume.dhw_to_ras, np.argwhere(inside))
    return points[np.lexsort(np.round(points, 2).T)]
