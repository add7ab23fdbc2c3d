"""Measuring a labelmap through the door."""

from pathlib import Path

import numpy as np
import pytest

import VSSegmentationLib as vs
from Testing.support.phantoms import ice_cream, sagittal
from VSSegmentationLib.errors import GeometryError, UsageError
from VSSegmentationLib.imageio import write_segmentation

SPACING = (1.5, 0.7, 0.7)


@pytest.fixture(scope="module")
def labelmap() -> vs.Volume:
    """A ball of 16 mm in the cistern on a canal: the extrameatal part is 16 mm long."""
    return ice_cream(SPACING)


def test_the_numbers_are_those_of_the_shape_whatever_brings_the_labelmap(labelmap: vs.Volume, tmp_path: Path):
    write_segmentation(tmp_path / "labels.seg.nrrd", labelmap)
    for source in (
        labelmap,
        sagittal(labelmap),
        labelmap.to_sitk(),
        labelmap.to_nibabel(),
        tmp_path / "labels.seg.nrrd",
    ):
        result = vs.measure(source)
        assert result.measurements["em_max_axial"].value == pytest.approx(16.0, abs=0.7)
        assert result.measurements["vol_total"].value == pytest.approx(
            np.count_nonzero(labelmap.array) * np.prod(SPACING) / 1000
        )


def test_a_scan_beside_the_labelmap_may_be_stored_in_another_order(labelmap: vs.Volume):
    gray = np.random.default_rng(2).random(labelmap.shape, dtype=np.float32)
    scan = sagittal(labelmap.with_array(gray))
    result = vs.measure(labelmap, scan, modality="ceT1", case="VS-3")
    assert result.image is not None
    assert result.labelmap.same_grid(scan)
    assert np.count_nonzero(result.labelmap.array) == np.count_nonzero(labelmap.array)
    assert (result.to_dict()["source"]["modality"], result.to_dict()["case"]) == ("ceT1", "VS-3")


def test_a_scan_of_another_place_is_refused(labelmap: vs.Volume):
    gray = np.random.default_rng(2).random((30, 70, 70), dtype=np.float32)
    with pytest.raises(GeometryError, match=r"must lie inside the scan|must have the voxels of the scan"):
        vs.measure(labelmap, vs.Volume.from_array(gray, spacing_dhw_mm=SPACING))


def test_a_labelmap_without_a_place_says_that_sides_may_be_exchanged(labelmap: vs.Volume):
    without = vs.Volume.from_array(labelmap.array, spacing_dhw_mm=SPACING)
    result = vs.measure(without)
    assert any("directions may be exchanged, and the side of the tumor is not determined" in w for w in result.warnings)
    assert result.side is None
    assert not any("directions may be exchanged" in w for w in vs.measure(labelmap).warnings)


def test_an_empty_labelmap_has_a_result_that_says_so(labelmap: vs.Volume):
    result = vs.measure(labelmap.with_array(np.zeros(labelmap.shape, np.uint8)))
    assert result.findings == "The labelmap holds no tumor."
    assert result.measurements["vol_total"].value == 0
    assert result.headline.value_mm is None
    assert "<figure" not in result._repr_html_()


def test_the_fundus_that_a_person_marked_gives_the_gap_to_it(labelmap: vs.Volume):
    assert vs.measure(labelmap).measurements["fundus_gap"].value is None
    far_in_the_canal = tuple((-12.0 * np.array((1.0, -1.0, 0.0)) / np.sqrt(2)).tolist())
    gap = vs.measure(labelmap, fundus_ras_mm=far_in_the_canal).measurements["fundus_gap"].value
    assert gap == pytest.approx(12.0 - 9.0, abs=1.0)


def test_a_modality_without_a_scan_is_refused(labelmap: vs.Volume):
    with pytest.raises(UsageError, match="give the image, too"):
        vs.measure(labelmap, modality="T2")
