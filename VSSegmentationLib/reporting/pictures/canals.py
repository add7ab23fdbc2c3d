"""Pictures of a scan in which no tumor was found: both canals, and what came nearest to a tumor."""

from typing import NamedTuple

import numpy as np

from VSSegmentationLib import geometry
from VSSegmentationLib.geometry import Triplet
from VSSegmentationLib.reporting.pictures.drawing import Caption, mm, section_svg
from VSSegmentationLib.reporting.pictures.key_image import Picture
from VSSegmentationLib.reporting.pictures.near_tumor import near_tumor
from VSSegmentationLib.reporting.pictures.section import Section, plane_section
from VSSegmentationLib.reporting.report.content import ReportContent
from VSSegmentationLib.reporting.report.no_tumor import Candidate, known_pori, sides_not_judged, uncertain
from VSSegmentationLib.reporting.report.place import place_words
from VSSegmentationLib.volume import Volume

_FONT = 0.06
_MARK_MM = 3.0
"""Radius of the ball that a picture is centered on; it is not drawn."""
_RING_ROOM_MM = 2.0


class CanalPictures(NamedTuple):
    """What is drawn where no tumor is marked."""

    canals: tuple[Picture, ...]
    """Right before left, as they stand on the page."""
    uncertain: tuple[Picture, ...]


class _Words(NamedTuple):
    id: str
    title: str
    text: str


def draw_canals(content: ReportContent) -> CanalPictures | None:
    """Draw both canals as far as their place is known and in the scan; None if there is nothing to draw.

    Raises:
        InputRefusedError: If the provenance holds something else than points in the place of the pori.
    """
    pori = known_pori(content.provenance)
    canals = [_canal(content, side, pori.of_side(side), assumed=pori.assumed == side) for side in ("right", "left")]
    regions = [_region(content, number, each) for number, each in enumerate(uncertain(content.candidates), start=1)]
    pictures = CanalPictures(tuple(filter(None, canals)), tuple(filter(None, regions)))
    return pictures if any(pictures) else None


def _canal(content: ReportContent, side: str, porus: Triplet | None, *, assumed: bool) -> Picture | None:
    section = None if porus is None else _section_at(content, porus)
    if section is None or porus is None:
        return None
    named = side if not content.labelmap.axes_assumed else "one" if side == "right" else "other"
    told = [f"{named.capitalize()} porus, {place_words(content.labelmap, porus)}."]
    if side in sides_not_judged(content.provenance.run):
        told.append("Not judged: this ear lies mostly outside the scan.")
    elif assumed:
        told.append("This canal was not seen; the place is the usual distance from the other one.")
    return _picture(section, _Words(f"porus-{side}", f"{named.capitalize()} canal", " ".join(told)), content)


def _region(content: ReportContent, number: int, candidate: Candidate) -> Picture | None:
    center = candidate.get("centroid_ras_mm")
    if center is None:
        return None
    r, a, s = map(float, center)
    section = _section_at(content, (r, a, s))
    if section is None:
        return None
    side = candidate.get("side") or "undetermined"
    place = place_words(content.labelmap, (r, a, s))
    text = f"In the ring, {side} side, {place}."
    radius_mm = (3 * float(candidate["volume_mm3"]) / (4 * np.pi)) ** (1 / 3) + _RING_ROOM_MM
    ring = _ring(section.page_point((r, a, s)), radius_mm)
    return _picture(section, _Words(f"uncertain-{number}", "Uncertain region", text), content, ring)


def _picture(section: Section, words: _Words, content: ReportContent, over: str = "") -> Picture:
    plane = "plane resliced from the tilted scan" if section.resliced else "slice of the scan"
    side = "which side is which is not known" if section.axes_assumed else "the patient's right on the left"
    text = f"{words.text} Axial {plane}, {section.side_mm:.0f} mm wide, {side}."
    caption = Caption(
        id=words.id,
        title=words.title,
        text=text,
        letters=section.letters,
        draft=not content.reviewed,
        font=_FONT,
    )
    return Picture(section_svg(section, caption, label_set=content.task.label_set, over=over), words.title, text)


def _section_at(content: ReportContent, point_ras_mm: Triplet) -> Section | None:
    """Return the axial plane round a point of the scan; None where there is no scan there."""
    grid = content.labelmap
    to_index = geometry.as_affine(np.linalg.inv(grid.dhw_to_ras))
    index = geometry.transform_points(to_index, np.array(point_ras_mm))
    if content.image is None or (index < -0.5).any() or (index > np.array(grid.shape) - 0.5).any():
        return None
    label_set = content.task.label_set
    near = near_tumor(content.image, _marked(grid, point_ras_mm, index, label_set.whole_tumor.value), label_set)
    assert near is not None  # the mark has voxels
    empty = near.labelmap.with_array(np.zeros_like(near.labelmap.array))
    return plane_section(near.image, empty, point_ras_mm, label_set=label_set, window_on=near.labelmap)


def _marked(grid: Volume, point_ras_mm: Triplet, index: np.ndarray, value: int) -> Volume:
    """Return a labelmap with a small ball round a point, for a picture to be centered on."""
    reach = np.ceil(_MARK_MM / np.array(grid.spacing_dhw_mm)).astype(int)
    low = np.maximum(np.floor(index).astype(int) - reach, 0)
    high = np.minimum(np.ceil(index).astype(int) + reach + 1, grid.shape)
    around = np.stack(np.meshgrid(*map(np.arange, low, high), indexing="ij"), axis=-1)
    apart = geometry.transform_points(grid.dhw_to_ras, around.reshape(-1, 3)) - np.array(point_ras_mm)
    ball = (np.linalg.norm(apart, axis=1) <= _MARK_MM).reshape(around.shape[:3])
    array = np.zeros(grid.shape, dtype=np.uint8)
    array[tuple(slice(a, b) for a, b in zip(low, high, strict=True))] = np.where(ball, np.uint8(value), np.uint8(0))
    if not array.any():  # voxels larger than the ball
        array[tuple(np.clip(np.rint(index).astype(int), 0, np.array(grid.shape) - 1))] = value
    return grid.with_array(array)


def _ring(center: tuple[float, float], radius_mm: float) -> str:
    x, y = center
    shape = f'<circle cx="{mm(x)}" cy="{mm(y)}" r="{mm(radius_mm)}" fill="none"'
    return (
        f'{shape} stroke="#000" stroke-opacity="0.6" stroke-width="0.9"/>'
        f'{shape} stroke="#fff" stroke-width="0.45" stroke-dasharray="1.6 1.2"/>'
    )
