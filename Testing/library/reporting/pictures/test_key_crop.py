"""The piece of a scan that travels with results: its voxels are those of the scan, and few."""

import gzip

import numpy as np
import pytest

from Testing.support.phantoms import ice_cream, oblique
from VSSegmentationLib.imageio import write_image
from VSSegmentationLib.imageio.files.reading import load_file
from VSSegmentationLib.imageio.placing import place_on_grid
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS as LABELS
from VSSegmentationLib.reporting.pictures.key_crop import key_crop
from VSSegmentationLib.volume import Volume


def in_a_head(labelmap: Volume, room: tuple[int, int, int]) -> tuple[Volume, Volume]:
    """A labelmap with so many voxels of noise around it on each side, and the scan."""
    labels = np.pad(labelmap.array, [(n, n) for n in room])
    affine = labelmap.dhw_to_ras.copy()
    affine[:3, 3] -= affine[:3, :3] @ np.array(room)
    noise = np.random.default_rng(0).normal(300, 60, labels.shape).astype(np.float32) + 200 * (labels > 0)
    whole = Volume(labels, affine)
    return whole, whole.with_array(noise)


@pytest.mark.parametrize("turned", [False, True])
def test_the_crop_lies_on_voxels_of_the_scan_and_holds_the_whole_tumor(turned: bool, tmp_path):
    given = ice_cream((1.5, 0.5, 0.5))
    labelmap, scan = in_a_head(oblique(given) if turned else given, (10, 100, 100))
    piece = key_crop(scan, labelmap, LABELS)
    write_image(tmp_path / "key_crop.nii.gz", piece)
    back = place_on_grid(load_file(tmp_path / "key_crop.nii.gz").volume, labelmap.shape, labelmap.dhw_to_ras)
    there = back.array > 0
    assert there[LABELS.tumor_mask(labelmap.array)].all()
    low, high = np.percentile(scan.array[there], (5, 95))
    within = there & (scan.array > low) & (scan.array < high)
    assert np.corrcoef(back.array[within], scan.array[within])[0, 1] > 0.99
    assert (tmp_path / "key_crop.nii.gz").stat().st_size < 300_000


def test_the_header_tells_nothing_but_size_and_place(tmp_path):
    labelmap, scan = in_a_head(ice_cream((1.5, 0.5, 0.5)), (5, 60, 60))
    write_image(tmp_path / "key_crop.nii.gz", key_crop(scan, labelmap, LABELS))
    content = gzip.decompress((tmp_path / "key_crop.nii.gz").read_bytes())
    assert content[4:40].strip(b"\0") == content[148:252].strip(b"\0") == b""  # names, description, auxiliary file
    assert content[328:344].strip(b"\0") == b""  # intent
    assert len(content) == 352 + np.prod(key_crop(scan, labelmap, LABELS).shape)  # no extension


def test_fine_voxels_make_a_narrower_crop_and_not_a_larger_file(tmp_path):
    labelmap, scan = in_a_head(ice_cream((0.4, 0.3, 0.3)), (5, 80, 80))
    piece = key_crop(scan, labelmap, LABELS)
    assert np.prod(piece.shape) <= max(450_000, np.prod(np.ptp(np.argwhere(labelmap.array), axis=0) + 60))
    assert piece.spacing_dhw_mm == pytest.approx((0.4, 0.3, 0.3))


def test_without_a_tumor_there_is_no_crop():
    labelmap, scan = in_a_head(ice_cream((1.5, 0.5, 0.5)), (5, 5, 5))
    assert key_crop(scan, labelmap.with_array(np.zeros_like(labelmap.array)), LABELS) is None
