"""Gliomas go the whole way: four scans in, nested segments with public codes, a report without a word of schwannoma."""

import json
from dataclasses import replace

import numpy as np
import pydicom
import pytest
import torch

from Testing.library.measurement.glioma.test_measure import glioma
from Testing.support.command import in_this_process
from Testing.support.dicom_results import result_of, write_scan
from Testing.support.dicom_tools import needs_validator, read_measurement_groups, read_segments, validator_errors
from Testing.support.lying_scans import empty_scan, with_ball
from Testing.support.reports import Page
from Testing.support.toy_models import STEEP, half_way, toy_segmenter, voxelwise_network
from VSSegmentationLib import pipeline
from VSSegmentationLib.imageio import read_labelmap, read_scan, write_image, write_segmentation
from VSSegmentationLib.imageio.terminology import label_of_terminology, terminology_entry
from VSSegmentationLib.inference import ModelInput, PreprocessingConfig, save_model
from VSSegmentationLib.networks import NestedRegions, build_network
from VSSegmentationLib.reporting import clinical_sentence, make_report, report_html
from VSSegmentationLib.tasks import task_named
from VSSegmentationLib.tasks.glioma import GLIOMA

LABELS = GLIOMA.label_set
EDEMA, NECROSIS, ENHANCING = LABELS.values
FOREIGN = ("meatal", "chwannoma", "Koos", "porus", "cochlea", "EM ", "canal")


@pytest.fixture(scope="module")
def content():
    return pipeline.measure_labelmap(glioma("oblique"), None, known=pipeline.MaskFacts(task=GLIOMA)).content


def test_the_report_has_the_regions_the_product_and_its_limits_and_no_word_of_another_tumor(content):
    page = Page(report_html(content))
    assert "Glioma report" in page.text
    for words in (
        "Volume, whole tumor", "Volume, tumor core", "Volume, enhancing tumor",
        "Bidimensional product after RANO, enhancing tumor", "mm²", "esearch use",
    ):  # fmt: skip
        assert words in page.text, words
    for word in FOREIGN:
        assert word not in page.text, word
    report = make_report(content)
    assert report.headline.policy == "RANO 2010"
    assert report.headline.measurement_id == "enhancing_long"
    sentence = clinical_sentence(report)
    assert sentence.startswith("Glioma")
    for word in FOREIGN:
        assert word not in sentence


def test_a_segmentation_file_comes_back_and_codes_tell_the_labels(tmp_path, content):
    write_segmentation(tmp_path / "g.seg.nrrd", content.labelmap, LABELS)
    np.testing.assert_array_equal(read_labelmap(tmp_path / "g.seg.nrrd", LABELS).array, content.labelmap.array)
    for entry in LABELS.entries:
        assert label_of_terminology(LABELS, terminology_entry(LABELS, entry, "left")) is entry


@pytest.mark.parametrize(("name", "enhancing"), [("brats2022", 4), ("brats2023", 3)])
def test_published_labelmaps_of_both_kinds_are_measured_by_the_command(tmp_path, name, enhancing):
    labelmap = glioma("axial")
    stored = labelmap.array.copy()
    stored[labelmap.array == ENHANCING] = enhancing
    write_image(tmp_path / "seg.nii.gz", labelmap.with_array(stored))
    done = in_this_process(
        "measure", tmp_path / "seg.nii.gz", "--task", "glioma", "--values", name, "--out", tmp_path / "out"
    )
    assert done.code == 0, done.err
    measured = {m["id"]: m["value"] for m in json.loads((tmp_path / "out" / "measurements.json").read_text())}
    truth = {m.id: m.value for m in GLIOMA.measure(labelmap)}
    assert measured["vol_enhancing"] == pytest.approx(truth["vol_enhancing"], rel=1e-6)
    assert measured["vol_core"] == pytest.approx(truth["vol_core"], rel=1e-6)
    assert "Volume, whole tumor" in done.out


@pytest.fixture(scope="module")
def objects(tmp_path_factory):
    folder = tmp_path_factory.mktemp("objects")
    scan = write_scan(folder / "dicom")
    labels = np.zeros(scan.volume.shape, np.uint8)
    labels[2:10, 8:30, 8:32] = EDEMA
    labels[3:9, 10:28, 10:30] = ENHANCING
    labels[4:8, 14:22, 14:24] = NECROSIS
    labelmap = scan.volume.with_array(labels)
    result = result_of(scan, labelmap, task=GLIOMA, measurements=GLIOMA.measure(labelmap))
    return labelmap, *result.write(folder / "out"), folder


def test_another_program_reads_segments_and_values_with_public_codes(objects):
    labelmap, seg, sr, folder = objects
    segments = read_segments(seg, folder / "read_seg")
    types = [attributes["SegmentedPropertyTypeCodeSequence"]["CodeValue"] for attributes, _ in segments]
    assert types == ["79654002", "6574001", "C113842"]
    for value, (_, volume) in zip((EDEMA, NECROSIS, ENHANCING), segments, strict=True):
        assert np.count_nonzero(volume.array) == np.count_nonzero(labelmap.array == value)
    assert pydicom.dcmread(seg).ContentLabel == "GLIOMA"
    groups = {g["TrackingIdentifier"]: g for g in read_measurement_groups(sr, folder / "read_sr")}
    assert {"vol_whole", "vol_core", "vol_enhancing", "rano_product"} <= set(groups)
    product = groups["rano_product"]["measurementItems"][0]
    assert product["units"]["CodeValue"] == "mm2"
    assert groups["vol_enhancing"]["FindingSite"]["CodeValue"] == "12738006"


@needs_validator
def test_the_validator_finds_no_error_in_either_object(objects):
    for path in objects[1:3]:
        assert validator_errors(path) == []


def three_regions(shown_by, scans, bright):
    """A network of four scans and three regions, each of which is what is bright in one of the scans."""
    _, config = voxelwise_network([0.0, 0.0, 0.0], [0.0, 0.0, 0.0], in_channels=4)
    config = replace(config, channels=(4, 4))
    network = build_network(config)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
        for region, (name, channel) in enumerate(shown_by):
            network.encoder[0].shortcut.weight[channel, channel] = 1.0
            network.decoder[0].shortcut.weight[region, channel, 0, 0, 0] = STEEP
            network.decoder[0].shortcut.bias[region] = -STEEP * half_way(scans[name], bright)
    return network.eval().requires_grad_(requires_grad=False), config


def test_four_scans_become_three_nested_regions_by_the_command(tmp_path):
    """FLAIR shows the whole, T1 with contrast agent the enhancing part, T2 the core: each region is one scan's."""
    center, bright = (10.0, -7.0, 12.0), 100.0
    scans = {
        name: with_ball(empty_scan(grid, (75.0, 75.0, 75.0)), center, radius, bright)
        for name, grid, radius in (
            ("flair", "oblique", 18.0), ("t1", "oblique", 18.0), ("t1ce", "sagittal", 8.0), ("t2", "coronal", 13.0),
        )
    }  # fmt: skip
    network, config = three_regions([("flair", 0), ("t2", 3), ("t1ce", 2)], scans, bright)
    model = toy_segmenter(
        name="toy_glioma", network=NestedRegions(network), network_config=config, nested=True, task="glioma",
        label_set=LABELS, labels=(0, EDEMA, NECROSIS, ENHANCING), modality="FLAIR",
        inputs=tuple(ModelInput(each.name, each.modalities[0]) for each in GLIOMA.inputs),
        preprocessing=PreprocessingConfig(spacing_dhw_mm=(1.2, 1.0, 1.0), intensity="scan"),
    )  # fmt: skip
    save_model(tmp_path / "toy_glioma.pt", model)
    words = []
    for name, scan in scans.items():
        write_image(tmp_path / f"{name}.nii.gz", scan)
        words += ["--input", f"{name}={tmp_path / f'{name}.nii.gz'}"]
    done = in_this_process(
        "segment", *words, "--model", tmp_path / "toy_glioma.pt", "--out", tmp_path / "out", "--format",
        "seg.nrrd,json,html",
    )  # fmt: skip
    assert done.code == 0, done.err
    measured = {m["id"]: m["value"] for m in json.loads((tmp_path / "out" / "measurements.json").read_text())}
    for name, radius in (("vol_whole", 18.0), ("vol_core", 13.0), ("vol_enhancing", 8.0)):
        assert measured[name] == pytest.approx(4 / 3 * np.pi * radius**3 / 1000, rel=0.08), name
    assert measured["rano_product"] == pytest.approx(16.0**2, rel=0.12)
    further = json.loads((tmp_path / "out" / "provenance.json").read_text())["run"]["further_scans"]
    assert list(further) == ["t1", "t1ce", "t2"]
    text = Page((tmp_path / "out" / "report.html").read_text(encoding="utf-8")).text
    for word in FOREIGN:
        assert word not in text, word


def test_a_scan_without_skull_is_usual_for_gliomas_and_told_of_for_others(tmp_path):
    whole = with_ball(empty_scan("axial", (80.0, 80.0, 80.0)), (4.0, -7.0, 12.0), 30.0, 100.0)
    noise = np.random.default_rng(0).normal(0, 5, whole.shape)
    stripped = whole.with_array(np.where(whole.array > 99, whole.array + noise, 0).astype(np.float32))
    write_image(tmp_path / "flair.nii.gz", stripped)
    told = read_scan(tmp_path / "flair.nii.gz").warnings
    assert any("looks skull-stripped" in sentence for sentence in told)
    of_gliomas = read_scan(tmp_path / "flair.nii.gz", rules=GLIOMA.scan_rules).warnings
    assert not any("skull" in sentence for sentence in of_gliomas)


def test_the_task_is_found_by_name():
    assert task_named("glioma") is GLIOMA
