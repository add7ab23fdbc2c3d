"""The job `refine`, given to the real worker process: the scan stays in memory from one click to the next."""

from pathlib import Path

import numpy as np
import pytest

from Testing.support.toy_models import toy_refiner
from Testing.support.toy_run import noisy_scan
from Testing.support.worker_process import worker_process
from VSSegmentationLib.codec import from_plain
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.imageio import read_labelmap, write_image, write_segmentation
from VSSegmentationLib.imageio.placing import place_on_scan
from VSSegmentationLib.inference import save_model
from VSSegmentationLib.labels import Label
from VSSegmentationLib.worker import RefineResult
from VSSegmentationLib.worker.protocol import parse_request


def test_clicks_one_after_the_other_with_painted_voxels_kept_and_the_scan_kept_warm(tmp_path: Path):
    scan = noisy_scan()
    tumor = scan.array > 100
    middle = np.argwhere(tumor).mean(axis=0)
    place = (scan.dhw_to_ras[:3, :3] @ middle + scan.dhw_to_ras[:3, 3]).tolist()
    write_image(tmp_path / "scan.nii", scan)
    save_model(tmp_path / "refiner.pt", toy_refiner())
    nothing = scan.with_array(np.zeros(scan.shape, np.uint8))
    painted = tumor & (np.indices(scan.shape)[0] > middle[0] + 2)
    write_segmentation(tmp_path / "none.nrrd", nothing)
    write_segmentation(
        tmp_path / "painted.nrrd", scan.with_array(painted.astype(np.uint8) * np.uint8(Label.EXTRAMEATAL))
    )
    request = {
        "do": "refine", "input": str(tmp_path / "scan.nii"), "refiner": str(tmp_path / "refiner.pt"), "divider": "none",
        "device": "cpu",
    }  # fmt: skip
    with worker_process() as worker:
        first = {"id": "1", "labelmap": str(tmp_path / "none.nrrd"), "output": str(tmp_path / "one.nrrd")}
        said = [{"sign": "add", "points_ras_mm": [place]}]
        worker.say(**request, **first, interactions=said, painted=str(tmp_path / "painted.nrrd"))
        result = from_plain(RefineResult, worker.answer()["result"], "result", complete=True)
        one = place_on_scan(read_labelmap(tmp_path / "one.nrrd"), scan).array > 0
        assert result.corrections[0].voxels_added == one.sum()
        assert not (one & painted).any()
        assert (one & tumor).sum() > 0.95 * (tumor & ~painted).sum()
        assert not result.warm
        second = {"id": "2", "labelmap": str(tmp_path / "one.nrrd"), "output": str(tmp_path / "two.nrrd")}
        worker.say(**request, **second, interactions=said, earlier=said)
        answer = worker.answer()
        assert answer["id"] == "2"
        assert answer["result"]["warm"]
        two = place_on_scan(read_labelmap(tmp_path / "two.nrrd"), scan).array > 0
        assert (two & tumor).sum() > 0.95 * tumor.sum() or (two == one).all()  # inside already: nothing is asked for
        worker.say(**request, **{**second, "id": "3"}, interactions=[{"sign": "add", "points_ras_mm": [[900, 0, 0]]}])
        assert "must lie in the scan" in worker.answer()["error"]


def test_a_job_without_a_click_or_with_half_a_plane_is_refused():
    usual = {"do": "refine", "id": "1", "input": "a.nii", "labelmap": "b.nrrd", "output": "c.nrrd"}
    with pytest.raises(UsageError, match="at least one interaction"):
        parse_request({**usual, "interactions": []})
    click = {"sign": "add", "points_ras_mm": [[0, 0, 0]]}
    with pytest.raises(UsageError, match="six numbers"):
        parse_request({**usual, "interactions": [click], "plane": [1, 2, 3]})
    with pytest.raises(UsageError, match="'add', 'remove'"):
        parse_request({**usual, "interactions": [{**click, "sign": "plus"}]})
