"""The examinations side by side: each on its own slice, or all on the slice of the baseline where they were aligned."""

import numpy as np

from VSSegmentationLib import geometry
from VSSegmentationLib.geometry import Affine, Triplet
from VSSegmentationLib.label_set import LabelEntry, LabelSet
from VSSegmentationLib.measurement import Measurement
from VSSegmentationLib.measurement.axial import Grid, sample
from VSSegmentationLib.measurement.growth import Examination
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
    if content.is_aligned:
        frame = near_tumor(content.shown[0].image, content.shown[0].labelmap, labels)
        assert frame is not None  # an aligned baseline shows a tumor
        through = _through(content.growth.examinations[0], frame.labelmap, labels)
        sections: list[Section | None] = [
            plane_section(own.image, own.labelmap, through, window_on=frame.labelmap, label_set=labels)
            for own in (_onto(each, frame, labels) for each in content.shown)
        ]
        lines: list[Measurement | None] = [None] * len(sections)
    else:
        pairs = list(zip(content.shown, content.growth.examinations, strict=True))
        sections = [_own_section(*pair, labels) for pair in pairs]
        lines = [_line(examination) for _, examination in pairs]
    return tuple(
        None if section is None else _picture(number, section, line, content)
        for number, (section, line) in enumerate(zip(sections, lines, strict=True))
    )


def _picture(number: int, section: Section, line: Measurement | None, content: GrowthContent) -> Picture:
    examination = content.growth.examinations[number]
    title = f"Examination {number + 1}, day {examination.days}"
    text = describe(section, line)
    if content.is_aligned and number > 0:
        text = f"{text} Shown on the slice of examination 1: scan and outline are interpolated."
    caption = Caption(
        id=f"examination-{number + 1}",
        title=title,
        text=text,
        letters=section.view.value.left_right_top_bottom,
        draft=not content.growth.reviewed,
        font=_FONT,
    )
    return Picture(section_svg(section, caption, line, label_set=content.task.label_set), title, text)


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
