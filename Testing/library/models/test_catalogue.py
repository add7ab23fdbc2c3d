import hashlib
import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from VSSegmentationLib.errors import ModelError
from VSSegmentationLib.models import (
    PUBLISHED_MODELS,
    SAMPLE_FOLDER,
    Accuracy,
    ModelCard,
    ModelEntry,
    card_path,
    default_divider,
    default_model,
    default_segmenter,
    embedded_models,
    find_model,
    models_in,
    read_card,
    sample_folder,
    user_model_folder,
    verify,
    write_card,
)

CONTENT = b"weights"


def make_model(folder, name="toy", **changes):
    path = folder / f"{name}.pt"
    path.write_bytes(CONTENT)
    card = ModelCard(
        name=name,
        version="1.0",
        role="segmenter",
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        modality="T2",
        labels={"1": "Extrameatal tumor", "2": "Intrameatal tumor"},
        spacing_dhw_mm=(1.5, 0.5, 0.5),
        trained_on="nothing",
        license="Apache-2.0",
        accuracy=(Accuracy(data="a phantom", measure="Dice", value=0.5, note="a bad one"),),
    )
    write_card(card_path(path), replace(card, **changes))
    return path


def test_card_comes_back_as_it_was_written(tmp_path):
    path = make_model(tmp_path, spacing_dhw_mm=None, locator_name="finder")
    card = read_card(card_path(path))
    write_card(tmp_path / "again.card.json", card)
    assert read_card(tmp_path / "again.card.json") == card
    assert card.accuracy[0].value == 0.5
    assert card.spacing_dhw_mm is None


def test_only_the_card_is_left_in_the_folder(tmp_path):
    make_model(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["toy.card.json", "toy.pt"]


@pytest.mark.parametrize("damage", ["", "[]", "{", '{"name": "toy"}', '{"nmae": "toy"}'])
def test_damaged_card_is_refused(tmp_path, damage):
    (tmp_path / "toy.card.json").write_text(damage)
    with pytest.raises(ModelError, match=r"toy\.card\.json"):
        models_in(tmp_path, "user")


@pytest.mark.parametrize("name", ["../toy", "a/b", "", ".hidden", "a b"])
def test_name_that_would_leave_the_folder_is_refused(tmp_path, name):
    path = make_model(tmp_path)
    data = json.loads(card_path(path).read_text()) | {"name": name}
    card_path(path).write_text(json.dumps(data))
    with pytest.raises(ModelError, match="name"):
        read_card(card_path(path))


def test_model_is_found_by_name_in_the_embedded_and_in_the_users_folder(tmp_path):
    embedded, user = tmp_path / "embedded", tmp_path / "user"
    embedded.mkdir(), user.mkdir()
    first, second = make_model(embedded, "one"), make_model(user, "two")
    assert find_model("one", user_folder=user, embedded_folder=embedded) == first
    assert find_model("two", user_folder=user, embedded_folder=embedded) == second
    with pytest.raises(ModelError, match="there are: one, two"):
        find_model("three", user_folder=user, embedded_folder=embedded)


def test_model_is_found_by_its_path_with_or_without_a_card(tmp_path):
    path = make_model(tmp_path)
    assert find_model(str(path)) == path
    card_path(path).unlink()
    assert find_model(str(path)) == path


def test_one_changed_byte_is_refused_by_name_and_by_path(tmp_path):
    path = make_model(tmp_path)
    path.write_bytes(b"weightz")
    for asked in ("toy", str(path)):
        with pytest.raises(ModelError, match="SHA-256"):
            find_model(asked, user_folder=tmp_path, embedded_folder=tmp_path)


def test_missing_files_are_refused(tmp_path):
    path = make_model(tmp_path)
    path.unlink()
    with pytest.raises(ModelError, match="missing"):
        verify(ModelEntry(card=read_card(card_path(path)), path=path, origin="user"))
    with pytest.raises(ModelError, match=r"no model file toy\.pt"):
        find_model(str(path))


def test_default_is_the_segmenter_for_the_scan_and_the_one_for_t2_where_there_is_none(tmp_path):
    make_model(tmp_path, "a-locator", role="locator")
    make_model(tmp_path, "b-bright", modality="ceT1")
    make_model(tmp_path, "c-dark", modality="T2")
    assert default_model("ceT1", folder=tmp_path) == "b-bright"
    assert default_model("T2", folder=tmp_path) == "c-dark"
    assert default_model("unknown", folder=tmp_path) == "c-dark"


def test_every_task_has_a_default_of_its_own(tmp_path, monkeypatch):
    make_model(tmp_path, "a-glioma", modality="T2", task="glioma")
    make_model(tmp_path, "b-dark", modality="T2")
    assert default_model("T2", folder=tmp_path) == "b-dark"
    assert default_model("T2", task="glioma", folder=tmp_path) == "a-glioma"
    assert default_segmenter("glioma", folder=tmp_path) == "a-glioma"
    monkeypatch.setenv("VS_SEGMENTATION_MODELS", str(tmp_path))
    assert default_segmenter("glioma", folder=tmp_path / "none") == "a-glioma", "one of the user's own"
    with pytest.raises(ModelError, match="no model for the task lung is installed"):
        default_segmenter("lung", folder=tmp_path)


def test_every_task_has_a_sample_of_its_own():
    assert sample_folder("vestibular schwannoma") == SAMPLE_FOLDER
    assert sample_folder("glioma") not in (SAMPLE_FOLDER, sample_folder("lung"))


def test_no_default_without_a_segmenter(tmp_path):
    make_model(tmp_path, role="locator")
    with pytest.raises(ModelError, match="no embedded model"):
        default_model(folder=tmp_path)


def test_every_embedded_model_is_what_its_card_says():
    for entry in embedded_models():
        verify(entry)
        assert entry.card.name == entry.path.stem


LARGEST_MB = {"segmenter": 2.0, "divider": 2.6, "locator": 0.5, "refiner": 1.5}


def test_every_embedded_model_is_as_small_as_its_role_allows_and_says_what_it_learned_from_and_how_well_it_does():
    for entry in embedded_models():
        card = entry.card
        assert entry.path.stat().st_size <= LARGEST_MB[card.role] * 1e6, card.name
        assert card.trained_on.startswith("Synthetic images only"), card.name
        assert card.license == "Apache-2.0", card.name
        assert "not a medical device" in card.limits, card.name
        assert card.accuracy or card.role == "locator", f"{card.name}: nobody measured it"


def test_embedded_models_stay_within_fifteen_megabytes():
    assert sum(entry.path.stat().st_size for entry in embedded_models()) <= 15_000_000


@pytest.mark.parametrize(
    ("platform", "tail"),
    [
        ("linux", ".local/share/vs-segmentation/models"),
        ("darwin", "Library/Application Support/vs-segmentation/models"),
        ("win32", "AppData/Local/vs-segmentation/models"),
    ],
)
def test_user_folder_is_where_the_platform_keeps_data(monkeypatch, platform, tail):
    monkeypatch.setattr(sys, "platform", platform)
    assert user_model_folder() == Path.home() / tail


def test_published_models_of_vs_seg_are_one_for_each_weighting():
    of_vs_seg = [model for model in PUBLISHED_MODELS if model.checkpoint is not None]
    assert sorted(model.modality for model in of_vs_seg) == ["T2", "ceT1"]
    assert all("zenodo.6323472" in model.address and model.license == "CC BY 4.0" for model in of_vs_seg)


def test_published_models_of_nnunet_come_in_one_archive_with_their_citation():
    (model,) = (model for model in PUBLISHED_MODELS if model.checkpoint is None)
    assert model.address.endswith("zenodo.10363647")
    assert "Kujawa" in model.citation
    assert model.file_address == "https://zenodo.org/records/10363647/files/MC-RC+SC-GK-models.zip"


def test_a_divider_is_offered_for_its_own_task_only():
    assert default_divider("vestibular schwannoma") == default_divider() == "divider_synthetic"
    assert default_divider("other tumor") is None
