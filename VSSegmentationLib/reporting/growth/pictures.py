"""The examinations side by side: each on its own slice, or all on the slice of the baseline where they were aligned."""

import numpy as np

from VSSegmentationLib import geometry
from VSSegmentationLib.geometry import Affine, Triplet
from VSSegmentationLib.label_set import LabelEntry, LabelSet
from VSSegmentationLib.measurement import Measurement
from VSSegmentationLib.measurement.axial import Grid, is_too_tilted, sample
from VSSegmentationLib.measurement.growth import Examination
from VSSegmentationLib.measurement.regions import find_tumor
from VSSegmentationLib.reporting.growth.content import GrowthContent, ShownExamination
from VSSegmentationLib.reporting.pictures.drawing import Caption, section_svg
from VSSegmentationLib.reporting.pictures.key_image import Picture, describe
from VSSegmentationLib.reporting.pictures.section import MAX_WINDOW_MM, Section, busiest_point, plane_section
from VSSegmentationLib.volume import Volume, crop

_FONT = 0.055


def growth_pictures(content: GrowthContent) -> tuple[Picture | None, ...]:
    """Return a picture of each examination, None where no tumor can be shown."""
    labels = content.task.label_set
    if content.is_aligned:
        frame = _near_tumor(content.shown[0], labels)
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
    if find_tumor(shown.labelmap, label_set) is None:
        return None
    near = _near_tumor(shown, label_set)
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


def _near_tumor(shown: ShownExamination, label_set: LabelSet) -> ShownExamination:
    """Cut off what no picture shows: a whole head is slow to interpolate."""
    tumor = find_tumor(shown.labelmap, label_set)
    if tumor is None or is_too_tilted(shown.labelmap.dhw_to_ras):  # resliced planes count from the scan's first voxel
        return shown
    room = np.ceil(MAX_WINDOW_MM / np.array(shown.labelmap.spacing_dhw_mm)).astype(int)
    low = np.maximum(np.array(tumor.start_dhw) - room, 0).tolist()
    high = np.minimum(np.array(tumor.start_dhw) + tumor.labelmap.shape + room, shown.labelmap.shape).tolist()
    box = (low[0], low[1], low[2]), (high[0], high[1], high[2])
    image = None if shown.image is None else crop(shown.image, *box)
    return ShownExamination(labelmap=crop(shown.labelmap, *box), image=image)


def _onto(shown: ShownExamination, frame: ShownExamination, label_set: LabelSet) -> ShownExamination:
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
