"""The user guide's pictures can be made from what the demo writes."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib import image as picture

from Testing.support.lying_scans import empty_scan, with_ball
from tools import make_pictures
from VSSegmentationLib.imageio import write_image
from VSSegmentationLib.measurement import measure
from VSSegmentationLib.outputs import write_outputs
from VSSegmentationLib.reporting import Provenance, ReportContent


@pytest.mark.parametrize("grid", ["oblique", "sagittal"])
def test_each_picture_is_made_also_when_nothing_was_found(tmp_path: Path, grid: str):
    (tmp_path / "sample").mkdir()
    for name, radius_mm in (("exam1", 7.0), ("exam2", 0.0)):
        scan = with_ball(empty_scan(grid, (40.0, 40.0, 40.0)), (4.0, -7.0, 12.0), radius_mm, 100.0)
        labelmap = scan.with_array((scan.array > 50).astype(np.uint8))
        write_image(tmp_path / "sample" / f"{name}_t2.nii.gz", scan)
        content = ReportContent(
            image=scan, labelmap=labelmap, measurements=measure(labelmap), findings="", provenance=Provenance()
        )
        write_outputs(content, tmp_path / "demo" / name)
    make_pictures.main(tmp_path / "demo", tmp_path / "images", tmp_path / "sample")
    assert {path.name for path in (tmp_path / "images").iterdir()} == {
        "scan.png", "result.png", "two_examinations.png"
    }  # fmt: skip
    colors = picture.imread(tmp_path / "images" / "result.png")[..., :3].reshape(-1, 3)
    outline = np.array((230, 159, 0)) / 255  # extrameatal, as labels.py has it
    assert (np.abs(colors - outline).max(axis=1) < 0.02).any()
