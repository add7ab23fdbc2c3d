"""Looks inside labels: a tumor of half the intensity, and rows that a narrow field of view lacks."""

import numpy as np
import pytest

from Testing.support.grids import turned_affine
from Training.data import Entry, Manifest, write_manifest
from Training.data.label_intensity import with_halved_tumor, without_end_rows
from Training.data.source import ManifestConfig, ManifestSource
from VSSegmentationLib.errors import ConfigError
from VSSegmentationLib.imageio import write_image
from VSSegmentationLib.volume import Volume

SHAPE = (8, 30, 24)


def scene():
    labels = np.zeros(SHAPE, np.uint8)
    labels[2:6, 10:16, 8:12], labels[2:6, 10:16, 12:16], labels[2:4, 20:24, 2:5] = 1, 2, 3
    image = np.full(SHAPE, -1.0, np.float32)  # z-scored: the darkest is below 0
    image[labels > 0] = 3.0
    return image, labels


def test_a_halved_tumor_has_half_its_height_above_the_darkest_and_the_rest_stays():
    image, labels = scene()
    made = with_halved_tumor(image, labels)
    tumor = (labels == 1) | (labels == 2)
    np.testing.assert_allclose(made[tumor], 1.0)  # between -1 and 3
    np.testing.assert_array_equal(made[~tumor], image[~tumor])
    assert image.max() == 3.0


def test_missing_rows_are_the_mean_and_without_labels_at_both_ends_alike():
    image, labels = scene()
    counts = set()
    for seed in range(40):
        made, known = without_end_rows(np.random.default_rng(seed), image[None], labels)
        gone = (made[0] == 0).all(axis=(0, 2))
        count = int(gone[:15].sum())
        assert gone[:count].all()
        assert gone[30 - count :].all()
        assert not gone[count : 30 - count].any()
        assert not known[:, gone].any()
        np.testing.assert_array_equal(known[:, ~gone], labels[:, ~gone])
        counts.add(count)
    assert min(counts) == 0
    assert max(counts) == 10  # a third of 30


@pytest.fixture
def manifest(tmp_path):
    image, labels = scene()
    affine = turned_affine((5, 3, -8), (1.5, 0.5, 0.5))
    paths = [tmp_path / f"{what}.nii.gz" for what in ("image", "labels")]
    for path, array in zip(paths, (image, labels), strict=True):
        write_image(path, Volume(array, affine))
    entry = Entry(case="a", patient="a", modality="T2", image=paths[0], labels=paths[1], split="training")
    return write_manifest(Manifest((entry,)), tmp_path)


def source(manifest, **options):
    return ManifestSource(ManifestConfig(manifest=str(manifest), patch_dhw=(8, 24, 24), **options))


def test_options_that_are_off_draw_nothing_and_on_change_the_samples(manifest):
    usual, halved, truncated, bent = (
        source(manifest, **{name: 1.0} if name else {})
        for name in ("", "halved_share", "truncated_share", "elastic_share")
    )
    again = source(manifest, halved_share=0.0, truncated_share=0.0, elastic_share=0.0)
    for index in range(3):
        np.testing.assert_array_equal(usual.sample(index)[0], again.sample(index)[0])
        assert not np.array_equal(usual.sample(index)[0], halved.sample(index)[0])
        assert not np.array_equal(usual.sample(index)[1], bent.sample(index)[1])
    lost = [int((truncated.sample(index)[0][0] == 0).all(axis=(0, 2)).sum()) for index in range(8)]
    assert max(lost) >= 4


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"halved_share": 1.5}, "halved_share"),
        ({"truncated_share": -0.1}, "truncated_share"),
        ({"elastic_share": 2.0}, "elastic_share"),
        ({"halved_share": 0.5, "label_set": "BraTS"}, "of schwannomas"),
    ],
)
def test_shares_that_make_no_sense_are_refused(options, said):
    with pytest.raises(ConfigError, match=said):
        ManifestConfig(manifest="x", **options)
