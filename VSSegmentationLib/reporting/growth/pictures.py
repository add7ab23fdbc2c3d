"""The examinations side by side: each on its own slice, or all on the slice of the baseline where they were aligned."""

from collections.abc import Sequence

import numpy as np

from VSSegmentationLib import geometry
from VSSegmentationLib.geometry import Affine, Triplet
from VSSegmentationLib.label_set import LabelEntry, LabelSet
from VSSegmentationLib.measurement import Measurement
from VSSegmentationLib.measurement.axial import Grid, sample
from VSSegmentationLib.measurement.growth import Examination, Growth
from VSSegmentationLib.reporting.growth.content import GrowthContent, ShownExamination
from VSSegmentationLib.reporting.pictures.drawing import Caption, section_svg
from VSSegmentationLib.reporting.pictures.key_image import Picture, describe
from VSSegmentationLib.reporting.pictures.near_tumor import NearTumor, near_tumor
from VSSegmentationLib.reporting.pictures.section import Section, busiest_point, plane_section
from VSSegmentationLib.volume import Volume

_FONT = 0.055


def growth_pictures(content: GrowthContent) -> tuple[Picture | None, ...]:
    """Return a picture of each examination, None where no tumor can be shown."""
    labels = content.task.label_set
    if not content.is_aligned:
        return pictures_on_own_slices(content.growth, content.shown, labels)
    frame = near_tumor(content.shown[0].image, content.shown[0].labelmap, labels)
    assert frame is not None  # an aligned baseline shows a tumor
    through = _through(content.growth.examinations[0], frame.labelmap, labels)
    sections = (
        plane_section(own.image, own.labelmap, through, window_on=frame.labelmap, label_set=labels)
        for own in (_onto(each, frame, labels) for each in content.shown)
    )
    told = "Shown on the slice of examination 1: scan and outline are interpolated."
    return tuple(
        _picture(number, section, None, growth=content.growth, label_set=labels, more=told if number else "")
        for number, section in enumerate(sections)
    )


def pictures_on_own_slices(
    growth: Growth, shown: Sequence[ShownExamination], label_set: LabelSet
) -> tuple[Picture | None, ...]:
    """Return a picture of each examination on its own slice of the headline diameter, None where no tumor is."""
    found: list[Picture | None] = []
    for number, (own, examination) in enumerate(zip(shown, growth.examinations, strict=True)):
        section = _own_section(own, examination, label_set)
        line = _line(examination)
        found.append(None if section is None else _picture(number, section, line, growth=growth, label_set=label_set))
    return tuple(found)


def _picture(
    number: int, section: Section, line: Measurement | None, *, growth: Growth, label_set: LabelSet, more: str = ""
) -> Picture:
    title = f"Examination {number + 1}, day {growth.examinations[number].days}"
    text = " ".join(filter(None, (describe(section, line), more)))
    caption = Caption(
        id=f"examination-{number + 1}",
        title=title,
        text=text,
        letters=section.letters,
        draft=not growth.reviewed,
        font=_FONT,
    )
    return Picture(section_svg(section, caption, line, label_set=label_set), title, text)


def parts_shown(content: GrowthContent) -> tuple[LabelEntry, ...]:
    """Return which parts of the tumor occur in the labelmaps."""
    label_set = content.task.label_set
    present = {int(value) for each in content.shown for value in np.unique(each.labelmap.array)}
    return tuple(entry for entry in label_set.tumor if present.intersection(label_set.region_values(entry.key)))


def _own_section(shown: ShownExamination, examination: Examination, label_set: LabelSet) -> Section | None:
    near = near_tumor(shown.image, shown.labelmap, label_set)
    if near is None:
        return None
    through = _through(examination, near.labelmap, label_set)
    return plane_section(near.image, near.labelmap, through, label_set=label_set)


def _line(examination: Examination) -> Measurement | None:
    """Return the headline diameter where it lies in one slice."""
    measurement_id = examination.headline.measurement_id
    if measurement_id is None:
        return None
    measurement = examination.value_of(measurement_id)
    return measurement if measurement.end_points_ras_mm is not None else None


def _through(examination: Examination, labelmap: Volume, label_set: LabelSet) -> Triplet:
    line = _line(examination)
    if line is None or line.end_points_ras_mm is None:
        return busiest_point(labelmap, label_set)
    right, anterior, superior = np.mean(line.end_points_ras_mm, axis=0).tolist()
    return right, anterior, superior


def _onto(shown: ShownExamination, frame: NearTumor, label_set: LabelSet) -> ShownExamination:
    """Return an examination on the grid of the baseline, interpolated linearly; outlines at one half."""
    move = np.eye(4) if shown.ras_to_baseline_ras is None else shown.ras_to_baseline_ras
    grid = Grid(frame.labelmap.shape, frame.labelmap.dhw_to_ras)
    image = None if shown.image is None else sample(_moved(shown.image, move), grid)
    labels = np.zeros(grid.shape, np.uint8)
    for value in label_set.tumor_values:
        part = sample(_moved(shown.labelmap.with_array(shown.labelmap.array == value), move), grid)
        labels[part.array >= 0.5] = value
    return ShownExamination(labelmap=Volume(labels, grid.dhw_to_ras), image=image)


def _moved(volume: Volume, ras_to_ras: Affine) -> Volume:
    return Volume(volume.array, geometry.as_affine(ras_to_ras @ volume.dhw_to_ras))
