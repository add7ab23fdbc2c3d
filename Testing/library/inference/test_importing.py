import zipfile
from dataclasses import replace

import pytest
import torch

from Testing.support.toy_models import toy_segmenter
from VSSegmentationLib.errors import ModelError
from VSSegmentationLib.inference import import_checkpoint, load_model, save_model
from VSSegmentationLib.models import card_path, find_model, models_in, read_card, verify, write_card
from VSSegmentationLib.networks import SPVPA_KCL, build_network, to_vs_seg_state


@pytest.fixture(scope="module")
def published():
    """A network with the published names, and what it was made from."""
    torch.manual_seed(5)
    network = build_network(SPVPA_KCL).eval()
    return network, to_vs_seg_state(network.state_dict())


@pytest.fixture
def archive(tmp_path, published):
    """The weights in a zip as they are published for T2, whose checksum is not known."""
    torch.save(published[1], tmp_path / "weights.pth")
    path = tmp_path / "UNet2d5_Att_Hard_T2_final.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.write(tmp_path / "weights.pth", "UNet2d5_Att_Hard_T2_final/model/best_metric_model.pth")
        file.writestr("UNet2d5_Att_Hard_T2_final/logs/log.txt", "a log")
    return path


def test_published_weights_give_the_same_logits_after_import(tmp_path, published):
    network, state = published
    torch.save(state, tmp_path / "mine.pth")
    entry = import_checkpoint(tmp_path / "mine.pth", tmp_path / "models")
    bundle = load_model(find_model("mine", user_folder=tmp_path / "models"))
    image = torch.randn(1, 1, 8, 32, 32)
    with torch.inference_mode():
        assert torch.equal(bundle.network(image).logits, network(image).logits)
    assert sum(parameter.numel() for parameter in bundle.network.parameters()) == 3_453_012
    assert (bundle.labels, bundle.modality) == ((0, 4), "unknown")
    assert (bundle.settings.preprocessing.spacing_dhw_mm, bundle.settings.preprocessing.intensity) == (None, "scan")
    assert entry.path == tmp_path / "models" / "mine.pt"


def test_archive_as_published_is_taken_with_its_name_modality_and_license(tmp_path, archive):
    entry = import_checkpoint(archive, tmp_path / "models")
    verify(entry)
    assert models_in(tmp_path / "models", "user") == (entry,)
    assert (entry.card.name, entry.card.modality, entry.card.license) == ("vs_seg_t2", "T2", "CC BY 4.0")
    assert "6323472" in entry.card.source


def test_unpacked_folder_as_published_is_known_by_its_names(tmp_path, archive):
    with zipfile.ZipFile(archive) as file:
        file.extractall(tmp_path)
    checkpoint = tmp_path / "UNet2d5_Att_Hard_T2_final" / "model" / "best_metric_model.pth"
    assert import_checkpoint(checkpoint, tmp_path / "models").card.name == "vs_seg_t2"


def test_file_with_a_published_name_and_another_checksum_is_refused(tmp_path, archive):
    wrong = archive.rename(tmp_path / "UNet2d5_Att_Hard_T1_final.zip")
    with pytest.raises(ModelError, match="SHA-256 differs"):
        import_checkpoint(wrong, tmp_path / "models")
    assert not (tmp_path / "models").exists()


def test_archive_damaged_inside_is_refused(tmp_path, archive):
    data = bytearray(archive.read_bytes())
    data[len(data) // 2] ^= 255
    archive.write_bytes(data)
    with pytest.raises(ModelError, match="damaged"):
        import_checkpoint(archive, tmp_path / "models")


def test_own_model_file_is_taken_with_its_card(tmp_path):
    path = tmp_path / "toy.pt"
    save_model(path, toy_segmenter(name="toy"))
    made = import_checkpoint(path, tmp_path / "first")
    assert made.card.labels == {"4": "Tumor (not divided)"}
    write_card(card_path(path), replace(made.card, trained_on="named on the card"))
    taken = import_checkpoint(path, tmp_path / "second")
    assert read_card(card_path(taken.path)).trained_on == "named on the card"
    assert load_model(taken.path).sha256 == load_model(path).sha256
    assert sorted(file.name for file in (tmp_path / "second").iterdir()) == ["toy.card.json", "toy.pt"]


def test_own_model_file_that_differs_from_its_card_is_refused(tmp_path):
    path = tmp_path / "toy.pt"
    save_model(path, toy_segmenter(name="toy"))
    card = import_checkpoint(path, tmp_path / "first").card
    write_card(card_path(path), replace(card, sha256="0" * 64))
    with pytest.raises(ModelError, match="SHA-256"):
        import_checkpoint(path, tmp_path / "second")


def test_model_that_is_there_already_is_not_replaced(tmp_path):
    save_model(tmp_path / "toy.pt", toy_segmenter(name="toy"))
    import_checkpoint(tmp_path / "toy.pt", tmp_path / "models")
    with pytest.raises(ModelError, match="there already"):
        import_checkpoint(tmp_path / "toy.pt", tmp_path / "models")


@pytest.mark.parametrize(
    "content", [{"weight": torch.zeros(3)}, {}, {"epoch": 3, "state_dict": {"weight": torch.zeros(3)}}, [1, 2]]
)
def test_other_checkpoints_are_refused(tmp_path, content):
    torch.save(content, tmp_path / "other.pth")
    with pytest.raises(ModelError):
        import_checkpoint(tmp_path / "other.pth", tmp_path / "models")


def test_missing_file_is_refused(tmp_path):
    with pytest.raises(ModelError, match="no model file"):
        import_checkpoint(tmp_path / "none.pth", tmp_path / "models")


def test_an_archive_whose_list_names_a_part_with_nothing_is_refused_or_read_without_it(tmp_path, archive):
    with zipfile.ZipFile(archive, "a") as file:
        file.writestr("x", b"a part of no name")
    content = archive.read_bytes()
    at = content.rindex(b"PK\1\2")  # its entry of the list: length of the name at 28, of the comment at 32, name at 46
    assert content[at + 28 : at + 30] == b"\1\0"
    nameless = content[: at + 28] + b"\0\0" + content[at + 30 : at + 32] + b"\1\0" + content[at + 34 :]
    archive.write_bytes(nameless)
    with zipfile.ZipFile(archive) as file:
        assert "" in file.namelist()
    assert import_checkpoint(archive, tmp_path / "models").card.modality == "T2"
