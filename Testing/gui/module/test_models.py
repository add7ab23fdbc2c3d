"""The folded list of models: taking in, downloading and deleting them, with the real child process."""

from pathlib import Path

import pytest

from Testing.support.file_server import serving
from VSSegmentationLib.models import PUBLISHED_MODELS, models_in, user_model_folder

T1 = next(model for model in PUBLISHED_MODELS if model.archive_sha256)


@pytest.fixture
def models(widget, hands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The list, unfolded, of a user who has no models yet."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    models = widget.segmentPanel.models
    models.fill()
    section = widget.segmentPanel.ui.setupBox
    section.checked = True
    section.collapsed = False
    hands.show(widget.segmentPanel.ui.modelList)
    return models


def select(models, name):
    titles = [models._ui.modelList.item(row).text() for row in range(models._ui.modelList.count)]
    models._ui.modelList.currentRow = next(row for row, title in enumerate(titles) if name in title)


def test_only_a_published_model_with_a_known_checksum_can_be_downloaded(models):
    button = models._ui.downloadButton
    select(models, "spvpa_t2_synthetic")
    assert (button.enabled, button.toolTip) == (False, "This model is on this computer already.")
    select(models, "VS_Seg, T2")
    assert not button.enabled
    assert "No checksum of this file is known" in button.toolTip
    select(models, "VS_Seg, contrast-enhanced T1")
    assert button.enabled


def test_a_download_asks_first_and_names_size_license_and_place(models, hands, slicer_host, monkeypatch):
    import slicer

    asked = []
    monkeypatch.setattr(slicer.util, "confirmOkCancelDisplay", asked.append)
    select(models, "VS_Seg, contrast-enhanced T1")
    hands.click(models._ui.downloadButton)
    (question,) = asked
    assert question.startswith(
        "Download VS_Seg, contrast-enhanced T1 (34 MB, license CC BY 4.0) from https://zenodo.org/"
    )
    assert question.endswith("/files/UNet2d5_Att_Hard_T1_final.zip?")
    assert models._ui.downloadButton.text == "Download"


def test_what_is_not_the_published_file_is_not_taken_in(models, hands, tmp_path):
    (tmp_path / T1.archive).write_bytes(b"something else")
    with serving(tmp_path) as address:
        models.download(T1.name, f"{address}{T1.archive}")
        assert models._ui.downloadButton.text == "Cancel"
        assert not models._ui.importButton.enabled
        assert models._ui.importButton.toolTip == "A model is being downloaded."
        hands.wait(lambda: models._downloading is None)
    assert "its SHA-256 is another one" in models._ui.modelLabel.text
    assert models._ui.modelLabel.text.startswith("Nothing was taken in: what came from")
    assert models._ui.downloadButton.text == "Download"
    assert not user_model_folder().exists()


def test_a_download_is_shown_as_it_goes_and_ends_with_the_model_selected_for_use(models, hands, slicer_host):
    from VSSegmentationPanels.Signal import Signal

    class Scripted:
        lineReceived, finished, groupLeader, errorText = Signal(), Signal(), None, ""

    process = Scripted()
    models.startProcess = lambda _arguments: process
    models.download("vs_seg_t1", "somewhere")
    process.lineReceived.emit('{"pid": 5}')
    process.lineReceived.emit('{"progress": 0.5, "stage": "fetched 17.2 of 34.4 MB"}')
    assert models._ui.modelLabel.text == "Downloading: fetched 17.2 of 34.4 MB."
    assert process.groupLeader == 5
    process.lineReceived.emit('{"result": {"model": "vs_seg_t1"}}')
    process.finished.emit(0)
    assert models._ui.modelLabel.text == "The model vs_seg_t1 is on this computer now."


def test_cancel_ends_a_download_that_hangs_and_keeps_nothing(models, hands, tmp_path):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes the call and never answers
        models.download(T1.name, f"http://127.0.0.1:{silent.getsockname()[1]}/{T1.archive}")
        hands.wait(lambda: models._downloading.groupLeader is not None)
        hands.click(models._ui.downloadButton)
        hands.wait(lambda: models._downloading is None)
    assert models._ui.modelLabel.text == "Canceled. Nothing was kept."
    assert not user_model_folder().exists()


def test_a_file_that_is_no_model_is_told_and_one_that_is_can_be_deleted_again(models, hands, tmp_path, monkeypatch):
    import slicer
    import torch

    from VSSegmentationLib.networks import SPVPA_KCL, build_network, to_vs_seg_state

    wrong = tmp_path / "wrong.pt"
    wrong.write_bytes(b"no model")
    models.importFile(wrong)
    hands.wait(lambda: models._importing is None)
    assert "wrong.pt" in models._ui.modelLabel.text

    weights = tmp_path / "mine.pth"
    torch.save(to_vs_seg_state(build_network(SPVPA_KCL).state_dict()), weights)
    models.importFile(weights)
    hands.wait(lambda: models._importing is None)
    assert [entry.card.name for entry in models_in(user_model_folder(), "user")] == ["mine"]
    select(models, "mine")
    monkeypatch.setattr(slicer.util, "confirmOkCancelDisplay", lambda _text: True)
    hands.click(models._ui.deleteButton)
    assert models_in(user_model_folder(), "user") == ()


def test_a_damaged_model_is_listed_as_such_and_stops_nothing(models):
    folder = user_model_folder()
    folder.mkdir(parents=True)
    (folder / "broken.card.json").write_text("{")
    models.fill()
    select(models, "broken: can't be used")
    assert "The model card broken.card.json is damaged" in models._ui.modelLabel.text
    assert not models._ui.downloadButton.enabled
    assert not models._ui.deleteButton.enabled
    select(models, "spvpa_t2_synthetic")
