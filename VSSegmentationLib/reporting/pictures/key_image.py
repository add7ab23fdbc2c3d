"""The pictures of a report: the axial key image with the diameter, two more planes, and the tumor as a solid body."""

from typing import NamedTuple

import numpy as np

from VSSegmentationLib.geometry import Triplet
from VSSegmentationLib.label_set import LabelEntry, LabelSet
from VSSegmentationLib.measurement import Measurement
from VSSegmentationLib.measurement.regions import crop_to_labels
from VSSegmentationLib.reporting.pictures.drawing import Caption, embedded_png, framed_svg, section_svg
from VSSegmentationLib.reporting.pictures.near_tumor import near_tumor
from VSSegmentationLib.reporting.pictures.section import NO_LETTERS, Section, View, busiest_point, plane_section
from VSSegmentationLib.reporting.pictures.solid import Side, look_at, make_solid
from VSSegmentationLib.reporting.report.content import ReportContent
from VSSegmentationLib.reporting.report.place import place_words
from VSSegmentationLib.short_repr import short_repr
from VSSegmentationLib.volume import Volume

_SMALL_FONT = 0.075


class Picture(NamedTuple):
    """A complete SVG and what it shows, in words."""

    svg: str
    title: str
    text: str

    def __repr__(self) -> str:
        return short_repr(self)


class Pictures(NamedTuple):
    """Everything that is drawn of one examination."""

    key: Picture
    planes: tuple[Picture, ...]
    solids: tuple[Picture, ...]
    labels: tuple[LabelEntry, ...]
    """Parts of the tumor that any of the pictures shows."""

    def __repr__(self) -> str:
        return short_repr(self)


def draw_pictures(content: ReportContent) -> Pictures | None:
    """Draw the tumor of a report; None if there is none."""
    near = near_tumor(content.image, content.labelmap, content.task.label_set)
    if near is None:
        return None
    image, labelmap = near
    label_set = content.task.label_set
    diameter = key_diameter(content)
    through = busiest_point(labelmap, label_set) if diameter is None else middle(diameter)
    draft = not content.reviewed
    key = plane_section(image, labelmap, through, label_set=label_set)
    others = [
        plane_section(image, labelmap, through, view, label_set=label_set) for view in (View.CORONAL, View.SAGITTAL)
    ]
    return Pictures(
        key=_plane_picture(
            key, diameter, label_set, draft=draft, name="key", place=place_words(content.labelmap, through)
        ),
        planes=tuple(
            _plane_picture(section, None, label_set, draft=draft, name=section.view.value.name) for section in others
        ),
        solids=_solid_pictures(labelmap, label_set, draft=draft),
        labels=_parts_of_tumor(labelmap, label_set),
    )


def key_section(content: ReportContent) -> tuple[Section, Measurement | None] | None:
    """Return the axial plane that the key image shows, with the diameter in it; None without a tumor."""
    near = near_tumor(content.image, content.labelmap, content.task.label_set)
    if near is None:
        return None
    label_set, diameter = content.task.label_set, key_diameter(content)
    through = busiest_point(near.labelmap, label_set) if diameter is None else middle(diameter)
    return plane_section(near.image, near.labelmap, through, label_set=label_set), diameter


def _parts_of_tumor(labelmap: Volume, label_set: LabelSet) -> tuple[LabelEntry, ...]:
    around = crop_to_labels(labelmap, label_set).volume.array
    return tuple(entry for entry in label_set.tumor if label_set.region_mask(around, entry.key).any())


def key_diameter(content: ReportContent) -> Measurement | None:
    """Return the diameter that the key image shows, if one was measurable in one axial plane and can be relied on."""
    if not content.reliable:
        return None
    headline, drawn = content.leading.measurement_id, content.task.axial_diameters
    measured = {m.id: m for m in content.measurements if m.end_points_ras_mm and m.id in drawn}
    return measured.get(headline or drawn[0]) or measured.get(drawn[0])


def describe(section: Section, diameter: Measurement | None, place: str = "") -> str:
    """Say in words what a plane shows, for readers who cannot see it, and where it lies."""
    name = section.view.value.name.capitalize()
    what = f"{name} plane without the scan"
    if section.image is not None:
        own = "slice" if section.view is View.AXIAL else "cut"
        what = f"{name} plane resliced from the tilted scan" if section.resliced else f"{name} {own} of the scan"
    side = "anterior on the left" if section.view is View.SAGITTAL else "the patient's right on the left"
    side = "which side is which is not known" if section.axes_assumed else side
    parts = " and ".join(entry.outline_name.lower() for entry in section.masks) or "no tumor in this plane"
    text = f"{what}, {section.side_mm:.0f} mm wide, {side}. Outlined: {parts}."
    if place:
        text = f"{text} {place[0].upper()}{place[1:]}."
    if diameter is None or diameter.value is None:
        return text
    return f"{text} Line: {diameter.name[0].lower()}{diameter.name[1:]}, {diameter.value:.1f} mm."


def _plane_picture(
    section: Section, diameter: Measurement | None, label_set: LabelSet, *, draft: bool, name: str, place: str = ""
) -> Picture:
    large = name == "key"
    title = "Axial key image" if large else f"{section.view.value.name.capitalize()} plane"
    text = describe(section, diameter, place)
    caption = Caption(
        id=name,
        title=title,
        text=text,
        letters=section.letters,
        draft=draft,
        **({} if large else {"font": _SMALL_FONT}),
    )
    return Picture(section_svg(section, caption, diameter, label_set=label_set), title, text)


def _solid_pictures(labelmap: Volume, label_set: LabelSet, *, draft: bool) -> tuple[Picture, ...]:
    solid = make_solid(labelmap, label_set)
    pictures = []
    for side in Side:
        title = f"Seen from {side.value.words}"
        parts = " and ".join(entry.name.lower() for entry in solid.parts)
        text = f"The tumor as a solid body seen from {side.value.words}, smoothed for display: {parts}."
        caption = Caption(
            id=f"solid-{side.name.lower()}",
            title=title,
            text=text,
            letters=NO_LETTERS if labelmap.axes_assumed else side.value.left_right_top_bottom,
            draft=draft,
            font=_SMALL_FONT,
        )
        body = [embedded_png(look_at(solid, side), 0, 0, solid.side_mm, solid.side_mm)]
        pictures.append(Picture(framed_svg(solid.side_mm, caption, body, background="#000"), title, text))
    return tuple(pictures)


def middle(diameter: Measurement) -> Triplet:
    """Return the point half way along a diameter, RAS in mm."""
    assert diameter.end_points_ras_mm is not None  # key_diameter gives no other
    right, anterior, superior = np.mean(diameter.end_points_ras_mm, axis=0).tolist()
    return right, anterior, superior
