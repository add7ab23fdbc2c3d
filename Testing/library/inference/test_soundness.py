"""Weights and answers that are no numbers are refused, and archives of any origin are read."""

import zipfile
from dataclasses import replace

import numpy as np
import pytest
import torch

from Testing.support.nnunet_models import CONFIGS, write_model
from Testing.support.toy_models import toy_segmenter
from Testing.support.toy_run import noisy_scan
from VSSegmentationLib.errors import ModelError
from VSSegmentationLib.inference import Models, load_model, save_model, segment
from VSSegmentationLib.inference.importing import import_models
from VSSegmentationLib.inference.soundness import check_weights
from VSSegmentationLib.tensors import array_of


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_weight_that_is_not_finite_is_refused_at_load_and_import(tmp_path, value):
    bundle = toy_segmenter()
    save_model(tmp_path / "toy.pt", bundle)
    content = torch.load(tmp_path / "toy.pt", weights_only=True)
    name = next(iter(content["state"]))
    content["state"][name].view(-1)[0] = value
    torch.save(content, tmp_path / "toy.pt")
    with pytest.raises(ModelError, match=r"1 of .* values that are NaN or infinite"):
        load_model(tmp_path / "toy.pt")
    with pytest.raises(ModelError, match="NaN or infinite"):
        import_models(tmp_path / "toy.pt", tmp_path / "models")
    assert not (tmp_path / "models").exists()


def test_a_weight_of_a_type_that_no_network_has_is_refused():
    with pytest.raises(ModelError, match=r"weight a is of the type torch\.complex64"):
        check_weights({"a": torch.zeros(2, dtype=torch.complex64)}, "the model")
    with pytest.raises(ModelError, match="weight a is of the type str"):
        check_weights({"a": "text"}, "the model")


def test_a_bit_turned_in_a_model_file_is_found_without_a_card(tmp_path):
    save_model(tmp_path / "toy.pt", toy_segmenter())
    with zipfile.ZipFile(tmp_path / "toy.pt") as archive:
        part = next(each for each in archive.infolist() if "/data/" in each.filename)
        at = part.header_offset + 30 + len(part.filename) + 64  # behind torch's padding of the local header
    content = bytearray((tmp_path / "toy.pt").read_bytes())
    content[at + 1] ^= 4
    (tmp_path / "toy.pt").write_bytes(bytes(content))
    with pytest.raises(ModelError, match="damaged"):
        load_model(tmp_path / "toy.pt")


def test_an_answer_that_is_not_finite_is_no_answer():
    bundle = toy_segmenter()
    with torch.no_grad():
        for weight in bundle.network.parameters():
            weight.mul_(1e30)
    with pytest.raises(ModelError, match="answered with numbers that are not finite"):
        segment(noisy_scan(), Models(segmenter=replace(bundle)))


def test_an_archive_made_on_windows_is_read_and_nothing_lands_outside(tmp_path):
    write_model(tmp_path / "model", CONFIGS["plain"])
    with zipfile.ZipFile(tmp_path / "windows.zip", "w") as archive:
        for name in ("plans.json", "dataset.json", "fold_0/checkpoint_final.pth"):
            archive.write(tmp_path / "model" / name, f"Dataset1\\model\\{name.replace('/', chr(92))}")
            archive.writestr(f"__MACOSX/Dataset1/model/._{name}", "resource fork")
        archive.writestr("../../plans.json", "{}")
        archive.writestr("../../dataset.json", "{}")
    (entry,) = import_models(tmp_path / "windows.zip", tmp_path / "models")
    assert entry.path.is_file()
    assert all(np.isfinite(array_of(weight)).all() for weight in load_model(entry.path).network.state_dict().values())


def test_a_model_may_not_hide_one_that_comes_along(tmp_path):
    from VSSegmentationLib.models import embedded_models  # noqa: PLC0415

    name = embedded_models()[0].card.name
    save_model(tmp_path / f"{name}.pt", replace(toy_segmenter(), name=name))
    with pytest.raises(ModelError, match="comes with this software"):
        import_models(tmp_path / f"{name}.pt", tmp_path / "models")
