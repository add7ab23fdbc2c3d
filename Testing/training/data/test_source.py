from pathlib import Path

import numpy as np
import pytest

from Testing.support.grids import turned_affine
from Training.data import Entry, Manifest, write_manifest
from Training.data.label_intensity import vary_labels
from Training.data.source import ManifestConfig, ManifestSource
from VSSegmentationLib.errors import ConfigError, InputRefusedError
from VSSegmentationLib.imageio import write_image
from VSSegmentationLib.labels import Label
from VSSegmentationLib.volume import AxisOrder, Volume, reorder

PATCH = (8, 24, 24)
BOX = (slice(6, 12), slice(20, 40), slice(30, 50))
"""Where the tumor is, in voxels of 1.5 x 0.5 x 0.5 mm."""


def scan_and_labels() -> tuple[Volume, Volume]:
    affine = turned_affine((5, 3, -8), (1.5, 0.5, 0.5))
    image = np.random.default_rng(2).normal(0, 0.1, (20, 64, 80)).astype(np.float32)
    labels = np.zeros(image.shape, np.uint8)
    labels[BOX] = Label.EXTRAMEATAL
    labels[BOX[0], BOX[1], 44:50] = Label.INTRAMEATAL
    labels[2:4, 2:6, 2:6] = Label.COCHLEA
    image[labels > 0] += labels[labels > 0]
    return Volume(image, affine), Volume(labels, affine)


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """Two cases: the scan, and the same one stored left-handed and permuted."""
    image, labels = scan_and_labels()
    order = AxisOrder(permutation=(2, 0, 1), flipped=(True, False, False))
    entries = []
    for name, turn in (("plain", None), ("permuted", order)):
        paths = [tmp_path / f"{name}_{what}.nii.gz" for what in ("image", "labels")]
        for path, volume in zip(paths, (image, labels), strict=True):
            write_image(path, volume if turn is None else reorder(volume, turn))
        entries.append(Entry(case=name, patient=name, modality="T2", image=paths[0], labels=paths[1], split="training"))
    return write_manifest(Manifest(tuple(entries)), tmp_path)


def source(manifest: Path, **options) -> ManifestSource:
    return ManifestSource(ManifestConfig(**{"manifest": str(manifest), "patch_dhw": PATCH, **options}))


def test_a_scan_stored_in_another_order_gives_the_same_patches(manifest: Path):
    plain = source(manifest, augment=False)
    other = source(manifest, augment=False)
    plain._entries, other._entries = plain._entries[:1] * 2, other._entries[1:] * 2
    for index in range(4):
        one, two = plain.sample(index), other.sample(index)
        assert one[0].shape == (1, *PATCH)
        assert np.array_equal(one[1], two[1])
        assert one[0] == pytest.approx(two[0], abs=1e-3)


def test_labels_stay_on_what_they_name_through_every_augmentation(manifest: Path):
    patches = source(manifest, tumor_share=1.0, vary_structures=False)
    for index in range(12):
        image, labels = patches.sample(index)
        assert set(np.unique(labels)) <= {0, 1, 2}
        means = [image[0][labels == value].mean() for value in np.unique(labels)]
        assert means == sorted(means)  # the brighter the higher the label, as it was drawn


def test_the_cochlea_is_background_unless_it_is_wanted(manifest: Path):
    def has(*, keep: bool) -> bool:
        patches = source(manifest, tumor_share=0.0, augment=False, keep_cochlea=keep)
        return any((patches.sample(index)[1] == Label.COCHLEA).any() for index in range(60))

    assert has(keep=True)
    assert not has(keep=False)


def test_patches_center_on_tumor_as_often_as_asked(manifest: Path):
    def share(wanted: float) -> float:
        patches = source(manifest, tumor_share=wanted, augment=False)
        return float(np.mean([(patches.sample(index)[1] > 0).any() for index in range(60)]))

    assert share(1.0) == 1.0
    assert share(0.0) < 0.8


def test_a_sample_depends_on_seed_and_number_alone(manifest: Path):
    one, again = source(manifest, seed=3), source(manifest, seed=3, cache_gigabytes=0.0)
    again.sample(0)
    again.sample(5)
    for index in (1, 5):
        assert all(np.array_equal(a, b) for a, b in zip(one.sample(index), again.sample(index), strict=True))
    assert not np.array_equal(one.sample(1)[0], source(manifest, seed=4).sample(1)[0])


def test_the_scan_is_resampled_to_the_spacing_asked_for(manifest: Path):
    coarse = source(manifest, spacing_dhw_mm=(3.0, 1.0, 1.0), augment=False, patch_dhw=(10, 32, 40))
    image, labels = coarse.sample(0)
    assert image.shape == (1, 10, 32, 40)
    expected = 6 * 20 * 20 * 0.375  # mm3 of the box, of which this patch holds all
    assert (labels > 0).sum() * 3.0 == pytest.approx(expected, rel=0.1)


def test_a_scan_smaller_than_a_patch_has_nothing_around_it(manifest: Path):
    image, labels = source(manifest, patch_dhw=(32, 80, 96), augment=False).sample(0)
    assert not image[0, :6].any()
    assert not labels[:6].any()
    assert image[0, 6:26, 8:72, 8:88].std() == pytest.approx(1, abs=0.01)


def test_another_modality_or_a_damaged_file_is_told(manifest: Path):
    with pytest.raises(ConfigError, match="no labeled ceT1 image is in the split 'training'; there are labels for T2"):
        source(manifest, modality="ceT1")
    patches = source(manifest)
    for path in manifest.parent.glob("*_image.nii.gz"):
        path.write_bytes(path.read_bytes()[:400])
    with pytest.raises(InputRefusedError, match="in the manifest cannot be used"):
        patches.sample(0)


def test_labels_of_another_set_are_refused_instead_of_misread(manifest: Path):
    manifest.write_text(manifest.read_text(encoding="utf-8").replace(",VS,", ",BraTS,"), encoding="utf-8")
    with pytest.raises(ConfigError, match="the manifest has those of BraTS"):
        source(manifest)


def test_structures_change_their_looks_and_nothing_else_does():
    image, labels = (volume.array for volume in scan_and_labels())
    varied = vary_labels(np.random.default_rng(1), image, labels)
    elsewhere = labels == 0
    assert np.array_equal(varied[elsewhere], image[elsewhere])
    assert not np.allclose(varied[~elsewhere], image[~elsewhere])
    assert np.array_equal(vary_labels(np.random.default_rng(1), image, np.zeros_like(labels)), image)


def test_brightness_scales_the_mean_above_the_darkest_of_the_image():
    image = np.zeros((4, 10, 10), np.float32)
    labels = np.zeros(image.shape, np.uint8)
    labels[1:3, 2:8, 2:8] = Label.EXTRAMEATAL
    image[labels > 0] = 2.0
    only = {(Label.EXTRAMEATAL,): ((1.0, 1.0), (0.5, 0.5), (1.0, 1.0))}
    assert vary_labels(np.random.default_rng(0), image, labels, only)[labels > 0] == pytest.approx(1.0)
