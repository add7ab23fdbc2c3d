"""Measures against shapes whose sizes are known: an arc of a torus, a tube, and the table that sums them up."""

from pathlib import Path

import numpy as np
import pytest

from Training.synthesis import ear_sizes
from Training.synthesis.__main__ import main
from Training.synthesis.ear_measures import _arc_deg, _circle, _height, _width
from Training.synthesis.shapes import arc, stamp, tube

MM = 0.25


@pytest.mark.parametrize("angle", [180, 240, 300])
def test_radius_and_arc_of_a_tube_along_a_circle(angle: int):
    normal = np.array([0.9, -0.3, 0.1]) / np.linalg.norm([0.9, -0.3, 0.1])
    first = np.cross(normal, [0.0, 0.0, 1.0])
    first /= np.linalg.norm(first)
    tissues = np.zeros((60, 60, 60), np.uint8)
    center = np.array([7.0, 7.5, 7.2])
    stamp(tissues, MM, tube(arc(center, first, np.cross(normal, first), 3.0, np.radians(angle)), 0.55), 1)
    points = np.argwhere(tissues) * MM
    found, direction, radius = _circle(points, normal)
    assert radius == pytest.approx(3.0, abs=0.1)
    assert found == pytest.approx(center, abs=0.2)
    assert direction @ normal > np.cos(np.radians(4))
    caps = np.degrees(2 * 0.55 / 3.0)  # its ends are round
    assert _arc_deg(points - found, direction) == pytest.approx(angle + caps, abs=15)


def test_the_width_of_a_wall_is_that_of_the_stretch_at_the_point():
    mask = np.zeros((20, 60, 20), np.bool_)
    mask[:, 10:30] = True
    mask[:, 40:50] = True
    point = np.array([2.5, 5.0, 2.5])
    assert _width(mask, point, np.array([0.0, 1, 0]), MM) == pytest.approx(5.0, abs=0.3)
    assert np.isnan(_width(np.zeros_like(mask), point, np.array([0.0, 1, 0]), MM))


@pytest.mark.parametrize("roof_later_mm", [0.0, 3.0])
def test_the_height_of_the_porus_is_from_roof_to_floor_where_the_roof_begins_deeper(roof_later_mm: float):
    up, _, into = np.indices((100, 8, 80)) * MM
    canal = np.abs(up - 12.0) < 2.5  # 19 voxels, 4.75 mm, high
    fluid = canal | ((into < 7.0) & (up < 12.0)) | ((into < 7.0 + roof_later_mm) & (up >= 12.0))
    porus, axis = np.array([12.0, 1.0, 7.0]), np.array([0.0, 0, 1])
    assert _height(fluid, porus, axis, 6.0, MM) == pytest.approx(4.75, abs=MM)


def test_the_table_tells_the_share_outside_the_limits():
    row = ear_sizes.ROWS["length"]
    lengths = (row.least - 1, 10.0, 11.0, row.most + 1)
    ears = [dict.fromkeys(ear_sizes.ROWS, 1.0) | {"length": length} for length in lengths]
    line = next(
        line for line in ear_sizes.size_table(ears, {"length": 12.5}).splitlines() if line.startswith("| length ")
    )
    cells = [cell.strip() for cell in line.split("|")[1:-1]]
    assert cells[3:] == ["10.75", f"{np.std(lengths, ddof=1):.2f}", "6.00", "16.00", "50%", "12.50"]


def test_the_command_writes_a_page_and_refuses_another_real_ear(head_file: Path, tmp_path: Path, capsys):
    page = tmp_path / "sizes.md"
    assert main(["ear-sizes", str(head_file), "--out", str(page), "--count", "1"]) == 0
    text = page.read_text()
    assert "1 ears without a tumor" in text
    assert all(f"| {name} |" in text for name in ear_sizes.ROWS)
    assert main(["ear-sizes", "absent.nii.gz", "--out", str(page)]) == 2
    assert "every head label map must be a file" in capsys.readouterr().err
    other = main(["ear-sizes", str(head_file), "--out", str(tmp_path / "two.md"), "--real", str(head_file)])
    assert other != 0
    assert "the real ear must be the public one of 100 x 150 x 200" in capsys.readouterr().err
    assert not (tmp_path / "two.md").exists()
