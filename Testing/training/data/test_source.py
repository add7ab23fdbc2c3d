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


@pytest.mark.parametrize("elastic_share", [0.0, 1.0])
def test_labels_stay_on_what_they_name_through_every_augmentation(manifest: Path, elastic_share: float):
    patches = source(manifest, tumor_share=1.0, vary_structures=False, elastic_share=elastic_share)
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


@pytest.fixture
def several(tmp_path: Path) -> Path:
    """One examination without a skull: FLAIR and T1 on one turned grid, 0 outside a box, and labels of a glioma."""
    affine = turned_affine((5, 3, -8), (1.0, 1.0, 1.0))
    labels = np.zeros((20, 30, 26), np.uint8)
    labels[6:12, 8:20, 8:18] = 2
    labels[7:11, 10:18, 10:16] = 3
    labels[8:10, 12:16, 12:14] = 1
    paths = {}
    for number, name in enumerate(("FLAIR", "T1")):
        scan = np.zeros(labels.shape, np.float32)
        inside = (slice(2, 18), slice(4, 26), slice(4, 22))
        scan[inside] = np.random.default_rng(number).normal(500, 20, scan[inside].shape)
        scan += 100 * (number + 1) * (labels == 3)
        paths[name] = tmp_path / f"{name}.nii.gz"
        write_image(paths[name], Volume(scan, affine))
    write_image(tmp_path / "labels.nii.gz", Volume(labels, affine))
    entry = Entry(
        case="a", patient="a", modality="FLAIR", image=paths["FLAIR"], others=(("T1", paths["T1"]),),
        labels=tmp_path / "labels.nii.gz", label_set="BraTS", split="training",
    )  # fmt: skip
    return write_manifest(Manifest((entry,)), tmp_path)


def glioma(manifest: Path, **options) -> ManifestSource:
    usual = {
        "inputs": ("FLAIR", "T1"), "label_set": "BraTS", "z_score": "nonzero", "spacing_dhw_mm": (1.0, 1.0, 1.0),
        "patch_dhw": (20, 30, 26), "augment": False,
    }  # fmt: skip
    return source(manifest, **{**usual, **options})


def test_channels_are_the_inputs_asked_for_in_their_order(several: Path):
    image, labels = glioma(several).sample(0)
    turned, _ = glioma(several, inputs=("T1", "FLAIR")).sample(0)
    alone, _ = glioma(several, inputs=(), modality="T1").sample(0)
    assert image.shape == (2, 20, 30, 26)
    assert np.array_equal(turned, image[::-1])
    assert np.array_equal(alone, image[1:])
    assert image[1][labels == 3].mean() > image[0][labels == 3].mean() + 0.5  # the T1 was drawn brighter there


def test_a_z_score_over_what_is_not_zero_is_each_channels_own_and_leaves_zero_outside(several: Path):
    image, labels = glioma(several).sample(0)
    for channel in image:
        inside = channel[channel != 0]
        assert inside.size == 16 * 22 * 18
        assert (inside.mean(), inside.std()) == pytest.approx((0, 1), abs=1e-3)
    assert (labels > 0).sum() == 6 * 12 * 10


def test_labels_of_a_glioma_are_kept_as_they_are_and_move_with_every_channel(several: Path):
    plain = glioma(several).sample(0)[1]
    assert [int((plain == value).sum()) for value in (1, 2, 3)] == [2 * 4 * 2, 720 - 4 * 8 * 6, 4 * 8 * 6 - 16]
    patches = glioma(several, augment=True, tumor_share=1.0, patch_dhw=(16, 24, 24))
    for index in range(6):
        image, labels = patches.sample(index)
        assert set(np.unique(labels)) <= {0, 1, 2, 3}
        assert (labels == 3).any()
        assert all(channel[labels == 3].mean() > channel[labels == 2].mean() for channel in image)


def test_rows_that_lack_an_input_are_told_before_anything_is_read(several: Path):
    with pytest.raises(ConfigError, match="no labeled examination with FLAIR, T2 is in the split"):
        glioma(several, inputs=("FLAIR", "T2"))
    text = several.read_text(encoding="utf-8")
    row = text.splitlines()[1].removesuffix(",T1.nii.gz").replace("a,a", "b,b", 1)
    several.write_text(f"{text}{row},\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"1 of 2 labeled rows .* lack one of the inputs FLAIR, T1"):
        glioma(several)
    with pytest.raises(ConfigError, match="different modalities"):
        glioma(several, inputs=("T1", "T1"))


def test_an_input_on_another_grid_is_refused(several: Path):
    scan, _ = scan_and_labels()
    write_image(several.parent / "T1.nii.gz", scan)
    with pytest.raises(InputRefusedError, match="the T1 image has"):
        glioma(several).sample(0)


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
