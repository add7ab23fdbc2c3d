"""Folders of models that a user or a site fills: what is damaged there is told, and stops nothing else."""

import os

import pytest

import VSSegmentationLib as vs
from Testing.library.models.test_catalogue import CONTENT, make_model
from Testing.support.command import in_this_process
from Testing.support.toy_run import fill_toy_folder, one_sentence, segment
from VSSegmentationLib.errors import ModelError
from VSSegmentationLib.inference.model_file import load_model
from VSSegmentationLib.inference.user_models import card_of
from VSSegmentationLib.models import (
    EMBEDDED_FOLDER,
    card_of_sha256,
    card_path,
    default_model,
    find_model,
    user_models,
    user_shelf,
    write_card,
)


def damage(folder, what):
    """A model called `broken`, damaged in one way."""
    path = make_model(folder, "broken")
    card = card_path(path)
    if what == "no JSON":
        card.write_text('{"name": "broken"')
    elif what == "no UTF-8":
        card.write_bytes(b"\xfc\xff")
    elif what == "a key is missing":
        card.write_text('{"name": "broken"}')
    elif what == "deep":
        card.write_text("[" * 50_000)
    elif what == "a folder":
        card.unlink()
        card.mkdir()
    elif what == "a pipe":
        card.unlink()
        os.mkfifo(card)
    elif what == "a link to itself":
        card.unlink()
        card.symlink_to(card)
    else:
        path.unlink()


DAMAGE = ("no JSON", "no UTF-8", "a key is missing", "deep", "a folder", "a pipe", "a link to itself", "no weights")


@pytest.mark.parametrize("what", DAMAGE)
def test_a_damaged_model_is_told_by_its_name_and_stops_no_other(tmp_path, what):
    sound = make_model(tmp_path, "sound")
    damage(tmp_path, what)
    assert [each.path for each in user_models(tmp_path)] == [sound]
    (unusable,) = user_shelf(tmp_path).unusable
    assert unusable.name == "broken"
    assert "broken" in unusable.reason
    assert len(unusable.reason) <= 300
    assert find_model("sound", user_folder=tmp_path) == sound
    with pytest.raises(ModelError) as refused:
        find_model("broken", user_folder=tmp_path)
    assert str(refused.value) == unusable.reason
    with pytest.raises(ModelError, match=r"sound \(1 more can't be used: see models list\)"):
        find_model("third", user_folder=tmp_path)


def test_a_folder_that_cannot_be_read_is_told_and_stops_no_other(tmp_path, monkeypatch):
    site = tmp_path / "site"
    site.mkdir()
    sound = make_model(site, "sound")
    (tmp_path / "ring").symlink_to(tmp_path / "ring")
    folders = (tmp_path / "absent", tmp_path / "ring", site)
    monkeypatch.setenv("VS_SEGMENTATION_MODELS", os.pathsep.join(map(str, folders)))
    shelf = user_shelf()
    assert [each.path for each in shelf.models] == [sound]
    assert [each.name for each in shelf.unusable] == ["", ""]
    assert "absent" in shelf.unusable[0].reason
    assert "ring" in shelf.unusable[1].reason
    assert find_model("sound") == sound


def test_a_folder_that_nobody_named_need_not_be_there(tmp_path, monkeypatch):
    monkeypatch.delenv("VS_SEGMENTATION_MODELS", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert user_shelf().unusable == ()


def test_the_list_and_the_verification_name_what_cannot_be_used(tmp_path, monkeypatch):
    monkeypatch.setenv("VS_SEGMENTATION_MODELS", str(tmp_path))
    make_model(tmp_path, "sound")
    damage(tmp_path, "no JSON")
    listed = in_this_process("models", "list")
    assert listed.code == 0
    assert "sound" in listed.out
    assert listed.out.count("broken.card.json") == 1
    verified = in_this_process("models", "verify")
    assert verified.code == 4
    assert "sound 1.0: is what its card says" in verified.out
    assert "broken.card.json" in verified.err


def test_a_scan_is_segmented_beside_damaged_models(tmp_path, monkeypatch):
    toy, site = tmp_path / "toy", tmp_path / "site"
    toy.mkdir(), site.mkdir()
    fill_toy_folder(toy)
    for number, what in enumerate(DAMAGE):
        folder = site / str(number)
        folder.mkdir()
        damage(folder, what)
    monkeypatch.setenv("VS_SEGMENTATION_MODELS", os.pathsep.join(str(site / str(n)) for n in range(len(DAMAGE))))
    done = segment(toy, tmp_path / "out")
    assert done.code == 0, done.err
    assert card_of_sha256("0" * 64) is None  # asked for by every report


def test_a_model_with_the_name_of_an_embedded_one_is_not_taken_unasked(tmp_path, monkeypatch):
    name = default_model()
    own = make_model(tmp_path, name)
    monkeypatch.setenv("VS_SEGMENTATION_MODELS", str(tmp_path))
    with pytest.raises(ModelError, match="2 models are named"):
        find_model(name)
    assert find_model(name, beside=EMBEDDED_FOLDER) == EMBEDDED_FOLDER / f"{name}.pt"
    assert find_model(name, beside=tmp_path) == own
    assert find_model(str(own)) == own
    assert "2 models are named" in in_this_process("models", "list").out


def test_the_embedded_models_are_used_where_none_was_asked_for(tmp_path, monkeypatch):
    toy, site = tmp_path / "toy", tmp_path / "site"
    toy.mkdir(), site.mkdir()
    fill_toy_folder(toy)
    for card in EMBEDDED_FOLDER.glob("*.card.json"):
        make_model(site, card.name.removesuffix(".card.json"))
    monkeypatch.setenv("VS_SEGMENTATION_MODELS", str(site))
    words = ("segment", toy / "empty.nii.gz", "--modality", "T2", "--out", tmp_path / "out")
    done = in_this_process(*words)
    assert done.code == 0, done.err
    asked = in_this_process(*words, "--force", "--model", default_model())
    assert "2 models are named" in one_sentence(asked, 4)


def test_a_locator_is_looked_for_beside_its_segmenter(tmp_path, monkeypatch):
    """Each of two folders has a locator of one name: a segmenter has the one of its own folder."""
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
        make_model(folder, "finder", role="locator")
    monkeypatch.setenv("VS_SEGMENTATION_MODELS", os.pathsep.join(map(str, folders)))
    assert find_model("finder", beside=folders[1]) == folders[1] / "finder.pt"
    assert (folders[1] / "finder.pt").read_bytes() == CONTENT


def test_weights_that_are_not_those_of_their_card_stop_only_who_asks_for_them(tmp_path, monkeypatch):
    monkeypatch.setenv("VS_SEGMENTATION_MODELS", str(tmp_path))
    make_model(tmp_path, "changed").write_bytes(b"other weights")
    toy = fill_toy_folder(tmp_path)
    bundle = load_model(toy / "model.pt")
    write_card(card_path(toy / "model.pt"), card_of(bundle))
    assert find_model(bundle.name) == toy / "model.pt"
    with pytest.raises(ModelError, match="SHA-256"):
        find_model("changed")


def test_python_is_warned_of_what_cannot_be_used_and_lists_the_rest(tmp_path, monkeypatch):
    monkeypatch.setenv("VS_SEGMENTATION_MODELS", str(tmp_path))
    make_model(tmp_path, "sound")
    damage(tmp_path, "no weights")
    with pytest.warns(UserWarning, match=r"broken\.pt of the model 'broken' is missing"):
        names = [each.name for each in vs.list_models()]
    assert "sound" in names
    assert "broken" not in names
