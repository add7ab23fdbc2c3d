"""Scans on oblique grids in any order of axes: what is translated stays where it was, with its labels."""

import numpy as np
import pytest
from scipy import ndimage

from Testing.support.toy_scans import ORDERS, toy_scan, write_toy_domains
from Testing.support.toy_translation import Same
from Training.adaptation.config import TranslationDataConfig
from Training.adaptation.making import merge_manifests, translate_scans
from Training.adaptation.scans import entries_of, read_source_scan, slices_of
from Training.adaptation.slices import squared, unsquared
from Training.data.manifest import read_manifest
from VSSegmentationLib import geometry
from VSSegmentationLib.errors import ConfigError, InputRefusedError, UsageError
from VSSegmentationLib.imageio import read_volume


@pytest.fixture(scope="module")
def domains(tmp_path_factory):
    folder = tmp_path_factory.mktemp("domains")
    return write_toy_domains(folder)


def data(domains, **changes):
    source, target = domains
    return TranslationDataConfig(
        **{"source": str(source), "target": str(target), "size": 64, "crop": (0, 1), **changes}
    )


def where(volume, mask):
    """The middle of a mask in the world."""
    return geometry.transform_points(volume.dhw_to_ras, np.argwhere(mask).mean(0))


@pytest.mark.parametrize("shape", [(3, 20, 12), (2, 12, 20), (1, 16, 16)])
def test_making_square_is_undone(shape):
    rows, columns = np.indices(shape[1:])
    smooth = np.broadcast_to(np.sin(rows / 6) * np.cos(columns / 5), shape).astype(np.float32)
    assert unsquared(squared(smooth, 64), *shape[1:]).shape == shape
    np.testing.assert_allclose(
        unsquared(squared(smooth, 64), *shape[1:])[:, 2:-2, 2:-2], smooth[:, 2:-2, 2:-2], atol=0.03
    )


@pytest.mark.parametrize("number", range(len(ORDERS)))
def test_a_translation_lies_where_the_scan_does_whatever_the_order_of_its_axes(domains, number, tmp_path):
    translate_scans(Same(), data(domains), tmp_path)
    entry = read_manifest(tmp_path).entries[number]
    image, labels = toy_scan(number, "ceT1")
    made, kept = read_volume(entry.image), read_volume(entry.labels)
    assert geometry.superior_anterior_right_order(made.dhw_to_ras).permutation == (0, 1, 2)
    np.testing.assert_allclose(made.dhw_to_ras, kept.dhw_to_ras)
    for label in (1, 2, 3):
        np.testing.assert_allclose(where(kept, kept.array == label), where(labels, labels.array == label), atol=1e-3)
    pieces, _ = ndimage.label(made.array > 0.5)  # the noise of slices without a tumor is bright, too
    largest = pieces == np.bincount(pieces.ravel())[1:].argmax() + 1
    np.testing.assert_allclose(where(made, largest), where(image, image.array > 250), atol=0.4)
    assert made.array[(kept.array == 1) | (kept.array == 2)].mean() > 0.8


def test_labels_of_slices_lie_on_what_they_name(domains):
    entry = entries_of(str(domains[0]), "training", "ceT1", labeled=True)[0]
    scan = read_source_scan(entry, "ceT1", (0.0, 1.0))
    slices, labels = scan.slices(64), scan.label_slices(64)
    assert slices.shape == labels.shape == (10, 64, 64)
    tumor = (labels == 1) | (labels == 2)
    assert slices[tumor].mean() > 0.8
    middle = tumor.sum((1, 2)).argmax()
    bright = slices[middle] > 0.5
    assert 2 * (bright & tumor[middle]).sum() / (bright.sum() + tumor[middle].sum()) > 0.9


def test_a_crop_takes_image_and_labels_alike(domains):
    entry = entries_of(str(domains[0]), "training", "ceT1", labeled=True)[1]  # sagittal
    whole, part = (read_source_scan(entry, "ceT1", share) for share in ((0.0, 1.0), (0.1, 0.9)))
    assert part.image.shape[0] == whole.image.shape[0]
    assert part.image.shape == part.labels.shape
    assert part.image.shape[1] < whole.image.shape[1]
    np.testing.assert_allclose(
        where(part.image, part.labels.array == 1), where(whole.image, whole.labels.array == 1), atol=0.3
    )


def test_a_data_set_of_translations_is_made_once_and_goes_on_where_it_stopped(domains, tmp_path):
    counts = []
    manifest = translate_scans(
        Same(), data(domains), tmp_path, on_scan=lambda done, count: counts.append((done, count))
    )
    assert counts == [(1, 4), (2, 4), (3, 4), (4, 4)]
    entries = read_manifest(manifest).entries
    assert {entry.modality for entry in entries} == {"T2"}
    assert [entry.split for entry in entries] == ["training"] * 3 + ["validation"]
    assert (tmp_path / "translations.png").read_bytes().startswith(b"\x89PNG")
    manifest.unlink()
    entries[2].labels.unlink()
    translate_scans(Same(), data(domains), tmp_path)
    assert [entry.case for entry in read_manifest(manifest).entries] == [entry.case for entry in entries]
    written = entries[0].image.stat().st_mtime_ns
    translate_scans(Same(), data(domains), tmp_path)  # whole: nothing is done
    assert entries[0].image.stat().st_mtime_ns == written


def test_data_sets_become_one_list_of_one_kind_and_no_case_twice(domains, tmp_path):
    made = translate_scans(Same(), data(domains), tmp_path / "translated")
    mixed = read_manifest(merge_manifests([made, domains[1]], tmp_path / "mixed"))
    assert len(mixed.entries) == 7
    assert {entry.modality for entry in mixed.entries} == {"T2"}
    with pytest.raises(UsageError, match="same case and modality"):
        merge_manifests([made, made], tmp_path / "twice")


def test_samples_of_unpaired_scans_have_the_labels_of_the_source_alone(domains):
    image, labels = slices_of(data(domains, size=32), seed=1).sample(0)
    assert (image.shape, labels.shape) == ((2, 1, 32, 32), (1, 32, 32))


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"source_modality": "FLAIR"}, ConfigError, "no labeled FLAIR scan; it has ceT1"),
        ({"target_modality": "T1"}, ConfigError, "no T1 scan; it has T2"),
        ({"split": "test"}, UsageError, "no case of the split 'test'"),
        ({"crop": (0.5, 0.505)}, InputRefusedError, "too small for the crop"),
    ],
)
def test_what_is_not_there_is_refused(domains, changes, error, said):
    with pytest.raises(error, match=said):
        slices_of(data(domains, **changes), seed=1)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"crop": (0.6, 0.4)}, "crop"),
        ({"size": 30}, "multiple of 4"),
        ({"slab": 0}, "slab"),
        ({"target_modality": "ceT1"}, "nothing to translate"),
    ],
)
def test_configurations_that_make_no_sense_are_refused(domains, changes, said):
    with pytest.raises(ConfigError, match=said):
        data(domains, **changes)
