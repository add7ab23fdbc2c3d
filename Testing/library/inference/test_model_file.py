import json
import pickle
import sys
from dataclasses import replace

import pytest
import torch

from Testing.support.other_tumor import OTHER_TUMOR, TWO_INPUTS
from Testing.support.toy_models import threshold_network, toy_divider, toy_locator, toy_segmenter, voxelwise_network
from VSSegmentationLib.codec import from_plain, to_plain
from VSSegmentationLib.errors import ModelError, UsageError
from VSSegmentationLib.inference import (
    DividerSettings,
    DivisionConfig,
    LocatorConfig,
    ModelInput,
    PlausibilityConfig,
    PreprocessingConfig,
    RegionConfig,
    WindowConfig,
    load_model,
    save_model,
)
from VSSegmentationLib.label_set import LabelSet
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS
from VSSegmentationLib.networks import ATTENTION_RESUNET_VS, SPVPA, build_network

PLAIN_FIELDS = (
    "name", "version", "role", "network_config", "settings", "task", "label_set", "labels", "inputs", "modality",
    "locator_name", "provenance",
)  # fmt: skip


def two_inputs():
    network, config = voxelwise_network([0.0, 1.0, 2.0], [0.0, -1.0, -3.0], in_channels=2)
    return toy_segmenter(
        network=network, network_config=config, task="other tumor", label_set=OTHER_TUMOR, labels=(0, 10, 20),
        inputs=TWO_INPUTS, modality="FLAIR",
    )  # fmt: skip


def with_cochlea():
    network, config = threshold_network([1.0, 2.0, 3.0])
    return toy_segmenter(network=network, network_config=config, labels=(0, 1, 2, 3))


def everything_changed():
    torch.manual_seed(3)
    return toy_segmenter(
        name="spvpa-test",
        version="2.5",
        network=build_network(SPVPA),
        network_config=SPVPA,
        preprocessing=PreprocessingConfig(
            spacing_dhw_mm=(2.0, 0.6, 0.7), trained_spacing_mm=((1.0, 0.3, 0.3), (3.0, 0.8, 0.9))
        ),
        window=WindowConfig(size_dhw=(16, 64, 80), overlap=0.5, one_pass_voxels=1000),
        region=RegionConfig(size_dhw_mm=(60.0, 80.0, 120.0), whole_scan_factor=1.1),
        plausibility=PlausibilityConfig(min_volume_mm3=7.5),
        modality="ceT1",
        locator_name="finder",
        provenance={"trained_on": "phantoms", "steps": 12, "nested": {"list": [1, 2.5, None, True]}},
    )


def changed_locator():
    return toy_locator(locator=LocatorConfig(probability=0.3))


def changed_divider():
    return toy_divider(division=DivisionConfig(margin_mm=9.0), region=RegionConfig(size_dhw_mm=(50.0, 60.0, 70.0)))


def gated_channels():
    config = replace(ATTENTION_RESUNET_VS, channels=(4, 4, 6, 8), norm="group")
    return toy_segmenter(intrameatal_above=4.0, network=build_network(config).eval(), network_config=config)


@pytest.mark.parametrize(
    "make",
    [
        gated_channels,
        everything_changed,
        toy_segmenter,
        toy_locator,
        changed_locator,
        changed_divider,
        two_inputs,
        with_cochlea,
    ],
)
def test_model_comes_back_as_it_was_saved(tmp_path, make):
    bundle = make()
    sha256 = save_model(tmp_path / "model.pt", bundle)
    loaded = load_model(tmp_path / "model.pt")
    assert [getattr(loaded, key) for key in PLAIN_FIELDS] == [getattr(bundle, key) for key in PLAIN_FIELDS]
    assert loaded.sha256 == sha256
    state = bundle.network.state_dict()
    assert all(torch.equal(value, state[key]) for key, value in loaded.network.state_dict().items())
    assert not loaded.network.training


def test_half_precision_halves_the_file_and_loads_as_float32_near_the_original(tmp_path):
    bundle = everything_changed()
    save_model(tmp_path / "full.pt", bundle)
    save_model(tmp_path / "half.pt", bundle, weights_type="float16")
    assert (tmp_path / "half.pt").stat().st_size < 0.55 * (tmp_path / "full.pt").stat().st_size
    full = bundle.network.state_dict()
    for key, value in load_model(tmp_path / "half.pt").network.state_dict().items():
        assert value.dtype == full[key].dtype
        assert torch.allclose(value, full[key], rtol=2**-10, atol=1e-7)


def test_weights_beyond_half_precision_are_refused_and_nothing_is_written(tmp_path):
    bundle = toy_segmenter()
    bundle.network.decoder[0].shortcut.bias[0] = 1e6
    with pytest.raises(ModelError, match="not finite as float16"):
        save_model(tmp_path / "model.pt", bundle, weights_type="float16")
    assert list(tmp_path.iterdir()) == []


def test_failed_write_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    path = tmp_path / "model.pt"
    path.write_bytes(b"old")

    def disk_full(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", disk_full)
    with pytest.raises(OSError, match="No space left"):
        save_model(path, toy_segmenter())
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("model.pt", b"old")]


@pytest.mark.parametrize("kept", [0.0, 0.001, 0.3, 0.9, 0.999])
def test_truncated_file_is_refused_in_one_sentence(tmp_path, kept):
    path = tmp_path / "model.pt"
    save_model(path, toy_segmenter())
    data = path.read_bytes()
    path.write_bytes(data[: int(kept * len(data))])
    with pytest.raises(ModelError, match=r"model\.pt") as caught:
        load_model(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [{}, [], 3, {"weight": torch.zeros(2)}, {"format": "another"}, {"format": "vs-segmentation model"}],
)
def test_file_of_another_kind_is_refused(tmp_path, content):
    torch.save(content, tmp_path / "model.pt")
    with pytest.raises(ModelError, match=r"model\.pt"):
        load_model(tmp_path / "model.pt")


@pytest.mark.parametrize(
    "change",
    [
        {"network": {"channels": [2, 2]}},
        {"network": None},
        {"preprocessing": {"spacing": 1}},
        {"preprocessing": {"spacing_dhw_mm": [1.0, 2.0]}},
        {"window": {"size_dhw": [0, 1, 1]}},
        {"labels": [0, 1, 2]},
        {"labels": [1, 0]},
        {"labels": 4},
        {"labels": [0, 7]},
        {"label_set": {"name": "tumor"}},
        {"label_set": {"shape": "round"}},
        {"label_set": 3},
        {"inputs": [{"name": "flair", "modality": "FLAIR"}, {"name": "t2", "modality": "T2"}]},
        {"inputs": [{"name": "flair"}]},
        {"role": "painter"},
        {"state": {}},
        {"state": {"weight": torch.zeros(2)}},
        {"provenance": 5},
        {"format_version": 99},
    ],
)
def test_file_whose_parts_do_not_fit_is_refused(tmp_path, change):
    path = tmp_path / "model.pt"
    save_model(path, toy_segmenter())
    torch.save(torch.load(path, weights_only=True) | change, path)
    with pytest.raises(ModelError):
        load_model(path)


def test_a_file_from_before_there_were_several_tasks_is_of_a_vestibular_schwannoma_in_one_scan(tmp_path):
    """Format 1 held the sections of all roles, and neither task, label set nor inputs."""
    path = tmp_path / "model.pt"
    for make, sections in (
        (everything_changed, {"locator": to_plain(LocatorConfig())}),
        (changed_divider, {"locator": to_plain(LocatorConfig()), "plausibility": to_plain(PlausibilityConfig())}),
        (changed_locator, {"region": to_plain(RegionConfig()), "plausibility": to_plain(PlausibilityConfig())}),
    ):
        bundle = make()
        save_model(path, bundle)
        content = torch.load(path, weights_only=True)
        for key in ("task", "label_set", "inputs"):
            del content[key]
        torch.save(content | sections | {"format_version": 1}, path)
        loaded = load_model(path)
        assert [getattr(loaded, key) for key in PLAIN_FIELDS] == [getattr(bundle, key) for key in PLAIN_FIELDS]
        assert (loaded.task, loaded.label_set) == ("vestibular schwannoma", VESTIBULAR_SCHWANNOMA_LABELS)
        assert loaded.inputs == (ModelInput("scan", bundle.modality),)


def test_a_label_set_comes_back_with_everything_it_says(tmp_path):
    save_model(tmp_path / "model.pt", two_inputs())
    assert load_model(tmp_path / "model.pt").label_set == OTHER_TUMOR
    for label_set in (OTHER_TUMOR, VESTIBULAR_SCHWANNOMA_LABELS):
        assert from_plain(LabelSet, json.loads(json.dumps(to_plain(label_set))), "label set") == label_set


class _Bomb:
    def __reduce__(self):
        return (sys.exit, ("executed",))


def test_code_in_a_file_is_never_run(tmp_path):
    torch.save({"format": "vs-segmentation model", "bomb": _Bomb()}, tmp_path / "model.pt")
    (tmp_path / "old.pt").write_bytes(pickle.dumps(_Bomb(), protocol=2))
    for name in ("model.pt", "old.pt"):
        with pytest.raises(ModelError, match="more than weights"):
            load_model(tmp_path / name)


def test_missing_file_and_missing_device_are_told_apart(tmp_path):
    with pytest.raises(ModelError, match="no model file"):
        load_model(tmp_path / "model.pt")
    with pytest.raises(UsageError):
        load_model(tmp_path / "model.pt", device="gpu")


def test_classes_and_labels_have_to_agree():
    with pytest.raises(ModelError, match="2 classes where its labels ask for 3"):
        replace(toy_segmenter(), labels=(0, 1, 2))
    with pytest.raises(ModelError, match="labels"):
        replace(toy_segmenter(), labels=(0, 3))
    with pytest.raises(ModelError, match="values of the label set 'vestibular schwannoma'"):
        replace(toy_segmenter(), labels=(0, 9))
    with pytest.raises(ModelError, match="each once"):
        replace(with_cochlea(), labels=(0, 1, 2, 2))


def test_settings_are_those_of_one_role():
    assert (toy_segmenter().role, toy_locator().role, toy_divider().role) == ("segmenter", "locator", "divider")
    assert not hasattr(toy_locator().settings, "plausibility")
    with pytest.raises(ModelError, match="'toy-locator' is a locator, and a divider is needed"):
        toy_locator().settings_as(DividerSettings)
