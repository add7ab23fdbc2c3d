"""Models of nnU-Net v2 without nnU-Net: their folders are read, taken in, and run in space."""

import json
import re
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import torch

from Testing.support.lying_scans import CENTER_RAS_MM, empty_scan, with_ball
from Testing.support.nnunet_models import (
    CONFIGS,
    PATCH,
    checkpoint_of,
    dataset_of,
    plans_of,
    write_model,
)
from Testing.support.toy_models import toy_segmenter
from VSSegmentationLib.errors import InputRefusedError, ModelError, UsageError
from VSSegmentationLib.inference import AtLeast, CertaintyConfig, Models, import_models, load_model, segment
from VSSegmentationLib.inference.nnunet import predict_labels, predict_probabilities, read_model_folder
from VSSegmentationLib.inference.nnunet.meanings import label_meanings
from VSSegmentationLib.inference.nnunet.predicting import gaussian, window_starts
from VSSegmentationLib.inference.nnunet.preprocessing import new_shape, prepare, resized, slices_of
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS as VS
from VSSegmentationLib.models import card_path, user_models
from VSSegmentationLib.networks import NnUNet
from VSSegmentationLib.preprocessing import Box

CPU = torch.device("cpu")


@pytest.mark.parametrize(("encoder", "old"), [("plain", False), ("residual", False), ("plain", True)])
def test_a_folder_gives_its_network_its_weights_and_its_plans(encoder, old, tmp_path):
    config = CONFIGS[encoder]
    if old:
        config = replace(config, channels=(4, 8, 16))  # they could only double
    written = write_model(tmp_path, config, folds=2, old=old)
    model = read_model_folder(tmp_path)
    assert model.config == config
    assert (model.plans.patch_size, model.plans.folds, model.plans.mirror_axes) == (tuple(PATCH), 2, (0, 1, 2))
    assert model.plans.meanings == (0, 1, 2)
    image = torch.randn(1, 1, *PATCH)
    with torch.inference_mode():
        for ours, theirs in zip(model.ensemble.folds, written, strict=True):
            assert torch.equal(ours(image).logits, theirs(image).logits)


def test_a_constant_network_gives_its_constant_whatever_windows_and_resampling_do(tmp_path):
    (network,) = write_model(tmp_path, CONFIGS["plain"])
    with torch.no_grad():
        head = network.decoder.seg_layers[-1]
        head.weight.zero_()
        head.bias.copy_(torch.tensor([0.0, 1.0, -1.0]))
    torch.save(checkpoint_of(network, (0, 1, 2)), tmp_path / "fold_0" / "checkpoint_final.pth")
    model = read_model_folder(tmp_path)
    data = np.random.default_rng(0).normal(size=(1, 15, 40, 40)).astype(np.float32)
    with torch.inference_mode():
        found = predict_probabilities(data, (2.0, 0.5, 0.7), model.ensemble, model.plans, device=CPU)
    expected = np.exp([0.0, 1.0, -1.0]) / np.exp([0.0, 1.0, -1.0]).sum()
    assert found.shape == (3, 15, 40, 40)
    np.testing.assert_allclose(found, np.broadcast_to(expected[:, None, None, None], found.shape), atol=2e-3)


def test_a_part_is_normalized_by_the_whole_scan_and_comes_back_in_its_place(tmp_path):
    write_model(tmp_path, CONFIGS["plain"])
    model = read_model_folder(tmp_path)
    data = np.random.default_rng(0).normal(50, 9, (1, 18, 44, 40)).astype(np.float32)
    data[:, :, :2] = 0  # cut off before normalizing
    own_mm = model.plans.spacing_mm  # nothing is resampled
    part = Box((3, 0, 8), (16, 30, 40))
    whole, inner = prepare(data, own_mm, model.plans), prepare(data, own_mm, model.plans, part)
    np.testing.assert_array_equal(inner.data, whole.data[:, 3:16, 0:28, 8:40])
    with torch.inference_mode():
        found = predict_probabilities(data, own_mm, model.ensemble, model.plans, device=CPU, part=part)
    assert found.shape == (3, 18, 44, 40)
    looked_at = np.zeros((18, 44, 40), bool)
    looked_at[3:16, 2:30, 8:40] = True
    assert (found[0][~looked_at] == 1).all()
    assert (found[0][looked_at] < 1).all()


def test_the_part_of_a_scan_is_the_part_of_the_images_that_nnunet_is_shown(tmp_path):
    write_model(tmp_path, CONFIGS["plain"])
    model = read_model_folder(tmp_path)
    images = np.random.default_rng(0).normal(50, 9, (1, 18, 44, 40)).astype(np.float32)
    with torch.inference_mode():
        found = predict_labels(
            images, model.plans.spacing_mm, model.ensemble, model.plans, (0, 1, 2), device=CPU,
            part=Box((3, 5, 8), (16, 30, 40)),
        )  # fmt: skip
    inside = np.argwhere(found[0] < 1)
    assert (inside.min(axis=0).tolist(), inside.max(axis=0).tolist()) == ([3, 5, 8], [15, 29, 39])


def test_windows_are_evenly_spread_with_half_steps_and_weighed_by_a_gaussian_that_is_nowhere_zero():
    assert window_starts(110, 64) == [0, 23, 46]  # the example in nnU-Net's own documentation
    assert window_starts(64, 64) == [0]
    weights = gaussian((8, 24, 24))
    assert weights.max() == weights[4, 12, 12] == 10
    assert weights.min() > 0


def test_resampling_keeps_the_box_takes_whole_slices_where_they_are_thick_and_never_overshoots():
    assert new_shape((20, 60, 60), (1.5, 0.5, 0.5), (1.0, 1.0, 1.0)) == (30, 30, 30)
    assert slices_of((3.5, 0.5, 0.5), (1.5, 0.6, 0.6), None) == 0
    assert slices_of((1.0, 1.0, 1.0), (1.5, 0.6, 0.6), None) is None
    assert slices_of((0.2, 1.0, 1.0), (1.0, 1.0, 1.0), None) is None  # two long axes: nothing is separate
    step = np.zeros((1, 4, 6, 6), np.float32)
    step[:, 2:] = 1
    fine = resized(step, (8, 12, 12), 3, slices=0)
    assert set(np.unique(fine)) == {0.0, 1.0}
    assert np.all(fine[0, :4] == 0)
    assert np.all(fine[0, 4:] == 1)
    smooth = resized(step, (8, 6, 6), 3, slices=None)
    assert smooth.min() >= 0
    assert smooth.max() <= 1


@pytest.mark.parametrize("grid", ["axial", "as DICOM stores it", "sagittal", "left-handed"])
def test_the_model_sees_a_scan_the_same_way_however_it_lies(grid, tmp_path):
    """The labelmap of a scan stored in another order is the same one, in that order."""
    write_model(tmp_path / "model", CONFIGS["plain"], mirror=None)
    (entry,) = import_models(tmp_path / "model", tmp_path / "models")
    bundle = load_model(entry.path)
    sure = replace(bundle.settings.plausibility, probability=0.2, min_volume_mm3=0.1)
    settings = replace(
        bundle.settings, plausibility=sure, certainty=CertaintyConfig(mean_probability=AtLeast(0.0, 0.0))
    )
    models = Models(segmenter=replace(bundle, settings=settings))
    scan = with_ball(empty_scan(grid, (36.0, 36.0, 36.0), (1.5, 1.5, 1.5)), CENTER_RAS_MM, 8.0, 100.0)
    base = with_ball(empty_scan("axial", (36.0, 36.0, 36.0), (1.5, 1.5, 1.5)), CENTER_RAS_MM, 8.0, 100.0)
    here, there = (segment(each, models, modality="T2") for each in (scan, base))
    assert (there.labelmap.array > 0).any()
    if grid != "left-handed":  # which is oblique, too: another image
        volumes = [(each.labelmap.array == label).sum() for each in (here, there) for label in (1, 2)]
        assert volumes[:2] == pytest.approx(volumes[2:], rel=0.02)


def test_models_are_taken_in_from_a_folder_and_from_an_archive_of_several(tmp_path):
    write_model(tmp_path / "a", CONFIGS["plain"], folds=2)
    (entry,) = import_models(tmp_path / "a", tmp_path / "models")
    assert (entry.card.name, entry.card.role, entry.card.modality) == ("Dataset801_Toy", "segmenter", "T2")
    bundle = load_model(entry.path)
    assert bundle.nnunet == read_model_folder(tmp_path / "a").plans
    image = torch.randn(1, 1, *PATCH)
    with torch.inference_mode():
        assert torch.equal(bundle.network(image).logits, read_model_folder(tmp_path / "a").ensemble(image).logits)
    with pytest.raises(ModelError, match="is there already"):
        import_models(tmp_path / "a", tmp_path / "models")

    names = {"b": "T1", "c": "T2"}
    with zipfile.ZipFile(tmp_path / "MC-RC+SC-GK-models.zip", "w") as archive:
        for name, channel in names.items():
            write_model(tmp_path / name, CONFIGS["plain"])
            dataset = {**dataset_of(CONFIGS["plain"]), "channel_names": {"0": channel}}
            (tmp_path / name / "dataset.json").write_text(json.dumps(dataset), encoding="utf-8")
            for file in (tmp_path / name).rglob("*"):
                archive.write(file, f"models/{name}/{file.relative_to(tmp_path / name)}")
    entries = import_models(tmp_path / "MC-RC+SC-GK-models.zip", tmp_path / "models")
    assert [each.card.name for each in entries] == ["mc_rc_cet1", "mc_rc_t2"]
    assert all("Kujawa" in each.card.citation for each in entries)
    entries[0].path.unlink()
    card_path(entries[0].path).unlink()
    with pytest.raises(ModelError, match=r"'mc_rc_t2' is there already.*; taken in before that and kept: mc_rc_cet1"):
        import_models(tmp_path / "MC-RC+SC-GK-models.zip", tmp_path / "models")
    assert {"mc_rc_cet1", "mc_rc_t2"} <= {each.card.name for each in user_models(tmp_path / "models")}


def test_a_model_of_image_and_mask_divides(tmp_path):
    config = replace(CONFIGS["plain"], in_channels=2)
    write_model(tmp_path / "two", config, normalization=["ZScoreNormalization", "NoNormalization"])
    (entry,) = import_models(tmp_path / "two", tmp_path / "models")
    assert entry.card.role == "divider"
    scan = with_ball(empty_scan("as DICOM stores it", (40.0, 40.0, 40.0)), CENTER_RAS_MM, 8.0, 100.0)
    whole = segment(scan, Models(segmenter=toy_segmenter(1.0)), modality="T2")
    shares: list[float] = []
    both = segment(
        scan, Models(segmenter=toy_segmenter(1.0), divider=load_model(entry.path)), modality="T2",
        on_progress=lambda share, stage: shares.append(share) if stage == "dividing the tumor" else None,
    )  # fmt: skip
    np.testing.assert_array_equal(both.labelmap.array > 0, whole.labelmap.array > 0)
    assert set(np.unique(both.labelmap.array)) <= {0, 1, 2}
    assert both.boundary is not None
    assert shares == sorted(shares)
    windows, rest = divmod(len(shares) - 1, 4)  # four mirror images
    assert (windows > 1, rest) == (True, 0)  # told, and so asked whether to stop, at each window of each of them


def test_labels_are_known_by_their_names():
    def of(*names):
        return label_meanings({"labels": {name: value for value, name in enumerate(names)}}, VS)

    assert of("background", "VS") == (0, 4)
    assert of("background", "Extrameatal_Tumor", "intrameatal-tumour", "Cochlea") == (0, 1, 2, 3)
    assert of("background", "tumour", "left cochlea", "right cochlea") == (0, 4, 3, 3)
    assert of("background", "mask") == (0, 4)
    assert of("background", "vs", "ignore") == (0, 4)  # nnU-Net's own ignore label is no output
    with pytest.raises(ModelError, match="none of the labels of the model is a tumor: 1 'cochlea'"):
        of("background", "cochlea")
    with pytest.raises(ModelError, match="no table of labels"):
        label_meanings({"labels": {"background": 0, "whole": [1, 2], "extra": 1}}, VS)
    with pytest.raises(ModelError, match=r"count up from 0, got 0, 2"):
        label_meanings({"labels": {"background": 0, "vs": 2}}, VS)


@pytest.mark.parametrize(
    ("names", "unknown"),
    [
        (("background", "peritumoral edema"), "1 'peritumoral edema'"),
        (("background", "VS", "peritumoral edema"), "2 'peritumoral edema'"),
        (("background", "brainstem"), "1 'brainstem'"),
        (("background", "mask", "cochlea"), "1 'mask'"),  # of two labels
        (("background", "left", "right"), "1 'left', 2 'right'"),
        (("background", "extracranial"), "1 'extracranial'"),
    ],
)
def test_labels_that_are_not_known_by_their_whole_name_are_refused_with_the_way_to_say_what_they_are(names, unknown):
    with pytest.raises(ModelError, match=re.escape(unknown)) as refused:
        label_meanings({"labels": {name: value for value, name in enumerate(names)}}, VS)
    assert "--labels" in str(refused.value)


def test_what_the_user_says_of_labels_goes_before_their_names(tmp_path):
    names = ("background", "edema", "vs", "organ")
    dataset = {"labels": {name: value for value, name in enumerate(names)}}
    assert label_meanings(dataset, VS, {1: 0, 3: 3}) == (0, 0, 4, 3)
    assert label_meanings(dataset, VS, {1: 1, 2: 2, 3: 0}) == (0, 1, 2, 0)
    with pytest.raises(ModelError, match="the model has no label 7; its labels are 1 'edema', 2 'vs', 3 'organ'"):
        label_meanings(dataset, VS, {7: 1})
    _write_with_labels(tmp_path / "model", names)
    with pytest.raises(ModelError, match="nothing is known of the label 1 'edema', 3 'organ'"):
        import_models(tmp_path / "model", tmp_path / "models")
    with pytest.raises(UsageError, match="labels are pairs such as 1=extrameatal"):
        import_models(tmp_path / "model", tmp_path / "models", labels="1=swelling")
    (entry,) = import_models(tmp_path / "model", tmp_path / "models", labels="1=none, 3=cochlea")
    assert entry.card.labels == {"3": "Cochlea", "4": "Tumor (not divided)"}
    assert load_model(entry.path).labels == (0, 3, 4)


def _write_with_labels(folder, names):
    config = replace(CONFIGS["plain"], out_channels=len(names))
    write_model(folder, config)
    (folder / "dataset.json").write_text(json.dumps(dataset_of(config, names)), encoding="utf-8")


def test_outputs_of_the_same_meaning_are_one_label_and_a_cochlea_is_no_tumor(tmp_path):
    _write_with_labels(tmp_path / "model", ("background", "vs", "left cochlea", "right cochlea"))
    (entry,) = import_models(tmp_path / "model", tmp_path / "models")
    bundle = load_model(entry.path)
    assert (bundle.labels, bundle.nnunet.meanings) == ((0, 3, 4), (0, 4, 3, 3))
    image = np.random.default_rng(0).normal(size=(1, 10, 30, 30)).astype(np.float32)
    with torch.inference_mode():
        stored = image[..., ::-1, ::-1]
        single = predict_probabilities(stored, (1.5, 0.6, 0.6), bundle.network, bundle.nnunet, device=CPU)
        found = predict_labels(image, (1.5, 0.6, 0.6), bundle.network, bundle.nnunet, bundle.labels, device=CPU)
    single = single[..., ::-1, ::-1]
    np.testing.assert_allclose(found, [single[0], single[2] + single[3], single[1]], atol=1e-6)


def test_a_model_of_several_images_takes_them_by_the_names_of_its_channels(tmp_path):
    config = replace(CONFIGS["plain"], in_channels=2)
    write_model(tmp_path / "two", config)
    dataset = {**dataset_of(config), "channel_names": {"0": "T2-FLAIR", "1": "T1ce"}}
    (tmp_path / "two" / "dataset.json").write_text(json.dumps(dataset), encoding="utf-8")
    (entry,) = import_models(tmp_path / "two", tmp_path / "models")
    assert (entry.card.role, entry.card.inputs) == ("segmenter", {"t2 flair": "FLAIR", "t1ce": "ceT1"})
    models = Models(segmenter=load_model(entry.path))
    scan = with_ball(empty_scan("axial", (30.0, 30.0, 30.0)), CENTER_RAS_MM, 8.0, 100.0)
    with pytest.raises(InputRefusedError, match=r"takes 2 scans \(t2 flair, t1ce\), got 1"):
        segment(scan, models)
    found = segment([scan, scan], models, modality=["FLAIR", "ceT1"])
    assert found.labelmap.same_grid(scan)
    write_model(tmp_path / "five", replace(config, in_channels=5))
    with pytest.raises(ModelError, match="up to 4 images"):
        import_models(tmp_path / "five", tmp_path / "models")


def _without_folds(folder):
    (folder / "fold_0" / "checkpoint_final.pth").unlink()


def _damaged(folder):
    (folder / "fold_0" / "checkpoint_final.pth").write_bytes(b"no weights")


def _other_network(folder):
    torch.save(checkpoint_of(NnUNet(CONFIGS["residual"]), None), folder / "fold_0" / "checkpoint_final.pth")


def _changed_plans(key, value):
    def change(folder):
        plans = plans_of(CONFIGS["plain"])
        plans["configurations"]["3d_fullres"][key] = value
        (folder / "plans.json").write_text(json.dumps(plans), encoding="utf-8")

    return change


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_without_folds, "has no fold_"),
        (_damaged, "fold_0/checkpoint_final.pth is damaged"),
        (_other_network, "do not fit the network"),
        (_changed_plans("normalization_schemes", ["RGBTo01Normalization"]), "normalizes by RGBTo01Normalization"),
        (_changed_plans("patch_size", [64, 64]), "3d_fullres looks at single slices; train or get"),
        (_changed_plans("resampling_fn_data", "resample_torch_fornnunet"), "usual resampling"),
        (_changed_plans("previous_stage", "3d_lowres"), "cascade"),
        (_changed_plans("spacing", None), "spacing must be a list"),
        (_changed_plans("spacing", [1.0, float("inf"), 1.0]), "spacing must be a finite number"),
        (_changed_plans("patch_size", [64, 64, 1e300]), "patch_size must be a whole number"),
        (_changed_plans("patch_size", [64, 64, 10**400]), "patch_size must be a whole number"),
        (_changed_plans("spacing", [1.0, 10**400, 1.0]), "spacing must be a finite number"),
        (_changed_plans("architecture", 7), "architecture must be a table"),
    ],
)
def test_what_cannot_be_run_is_refused_in_a_sentence_and_nothing_is_written(spoil, said, tmp_path):
    write_model(tmp_path / "model", CONFIGS["plain"])
    spoil(tmp_path / "model")
    with pytest.raises(ModelError, match=said):
        import_models(tmp_path / "model", tmp_path / "models")
    assert not (tmp_path / "models").exists() or not list((tmp_path / "models").iterdir())


def test_a_folder_that_is_no_model_is_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match=r"the folder empty is no trained nnU-Net v2 model"):
        import_models(tmp_path / "empty", tmp_path / "models")
