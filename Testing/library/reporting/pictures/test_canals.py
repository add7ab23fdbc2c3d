"""Pictures of a scan without a tumor lie where the pori are."""

import base64
import io
import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from Testing.support.canals import CANDIDATE, FAR, LEFT_PORUS, RIGHT_PORUS, head, no_tumor_content
from Testing.support.phantoms import oblique
from VSSegmentationLib.reporting.pictures.canals import draw_canals


def bright_at(point_ras_mm) -> np.ndarray:
    """A scan whose only bright voxels are those within 2 mm of a point."""
    grid = head()
    index = np.argwhere(np.ones(grid.shape, bool))
    apart = index @ grid.dhw_to_ras[:3, :3].T + grid.dhw_to_ras[:3, 3] - point_ras_mm
    return (np.linalg.norm(apart, axis=1) <= 2).reshape(grid.shape).astype(np.float32)


def test_both_canals_are_drawn_right_before_left_with_side_slice_letters_and_scale():
    right, left = draw_canals(no_tumor_content()).canals
    assert (right.title, left.title) == ("Right canal", "Left canal")
    assert "slice 11 of 20 (the first is the lowest), R 27.0 A 4.0 S 3.0 mm" in right.text
    assert "slice 12 of 20 (the first is the lowest), R -27.0 A 4.0 S 4.5 mm" in left.text
    for picture in (right, left):
        letters = re.findall(r'fill="#fff"[^>]*>([^<]+)<', picture.svg)
        assert {"R", "L", "A", "P", "10 mm"} <= set(letters)
        assert "60 mm wide, the patient's right on the left" in picture.text


def test_of_a_scan_without_an_orientation_no_canal_has_a_side():
    content = no_tumor_content(labelmap=replace(head(), axes_assumed=True))
    one, other = draw_canals(content).canals
    assert (one.title, other.title) == ("One canal", "Other canal")
    for picture in (one, other):
        assert "which side is which is not known" in picture.text
        assert not {"R", "L"} & set(re.findall(r'fill="#fff"[^>]*>([^<]+)<', picture.svg))
        assert not re.search(r"\b([Rr]ight|[Ll]eft)\b", picture.text + picture.title)


@pytest.mark.parametrize(("side", "porus"), [(0, RIGHT_PORUS), (1, LEFT_PORUS)])
def test_porus_lies_in_the_middle_of_its_picture(side, porus):
    content = no_tumor_content(image=head().with_array(bright_at(porus)))
    width, bright = bright_share(draw_canals(content).canals[side].svg)
    assert bright == pytest.approx((width / 2, width / 2), abs=1.0)
    other = draw_canals(content).canals[1 - side].svg
    assert bright_share(other)[1] is None


def bright_share(svg: str) -> tuple[float, tuple[float, float] | None]:
    """Width of a picture in mm, and where in it, x and y in mm, its bright pixels have their middle."""
    width = float(re.search(r'viewBox="0 0 ([\d.]+)', svg)[1])
    x, y, w, h, data = re.search(
        r'<image x="(.*?)" y="(.*?)" width="(.*?)" height="(.*?)".*?base64,(.*?)"', svg
    ).groups()
    pixels = np.array(Image.open(io.BytesIO(base64.b64decode(data))))
    rows, columns = np.nonzero(pixels > 127)
    if not rows.size:
        return width, None
    return width, (
        float(x) + (columns.mean() + 0.5) * float(w) / pixels.shape[1],
        float(y) + (rows.mean() + 0.5) * float(h) / pixels.shape[0],
    )


def test_uncertain_region_has_a_ring_of_its_size_round_its_middle():
    pictures = draw_canals(no_tumor_content(candidates=[CANDIDATE]))
    (region,) = pictures.uncertain
    assert "left side, slice 13 of 20" in region.text
    x, y, radius = map(float, re.search(r'<circle cx="(.*?)" cy="(.*?)" r="(.*?)"', region.svg).groups())
    assert (x, y) == pytest.approx((30.0, 30.0), abs=1.0)
    assert radius == pytest.approx((1200 * 3 / 4 / np.pi) ** (1 / 3) + 2, abs=0.01)
    assert len(draw_canals(no_tumor_content(candidates=[FAR, CANDIDATE])).uncertain) == 2


def test_canal_outside_the_scan_has_no_picture_and_an_assumed_one_says_so():
    pori = {"right_ras_mm": RIGHT_PORUS, "left_ras_mm": (-90.0, 4.0, 4.5), "assumed": "left"}
    (right,) = draw_canals(no_tumor_content(pori=pori)).canals
    assert right.title == "Right canal"
    assumed = draw_canals(no_tumor_content(pori=pori | {"left_ras_mm": LEFT_PORUS})).canals[1]
    assert "This canal was not seen" in assumed.text


def test_ear_that_was_not_judged_says_so_under_its_picture():
    right, left = draw_canals(no_tumor_content(not_judged=("left",))).canals
    assert "Not judged: this ear lies mostly outside the scan." in left.text
    assert "Not judged" not in right.text


def test_tilted_scan_is_resliced_round_the_same_points():
    labelmap = oblique(head(), 40.0, (1.0, 0.0, 0.0))
    turned = [tuple((labelmap.dhw_to_ras @ np.linalg.inv(head().dhw_to_ras) @ (*p, 1.0))[:3].tolist())
              for p in (RIGHT_PORUS, LEFT_PORUS)]  # fmt: skip
    pori = {"right_ras_mm": turned[0], "left_ras_mm": turned[1], "assumed": None}
    right, _left = draw_canals(no_tumor_content(labelmap=labelmap, pori=pori)).canals
    assert "resliced" in right.text


def test_nothing_is_drawn_without_a_scan_or_without_pori():
    assert draw_canals(no_tumor_content(image=None)) is None
    assert draw_canals(no_tumor_content(pori={"right_ras_mm": None, "left_ras_mm": None, "assumed": None})) is None
