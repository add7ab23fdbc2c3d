"""PyTorch that is missing, cannot be fetched or cannot be loaded: a plain sentence each time, and a way on."""

import subprocess
import sys
import types

import pytest

from VSSegmentationLib.errors import TorchLoadError


@pytest.fixture
def asked(monkeypatch):
    """The questions that were asked; each is answered with yes."""
    import slicer

    questions = []
    monkeypatch.setattr(slicer.util, "confirmOkCancelDisplay", lambda text: questions.append(text) or True)
    return questions


@pytest.fixture
def no_torch(monkeypatch):
    """Slicer without PyTorch; installing it brings it."""
    from VSSegmentationPanels import PyTorchSetup

    there = {"version": ""}
    monkeypatch.setattr(PyTorchSetup, "torchVersion", lambda: there["version"])
    return there


def extension(monkeypatch, install):
    """Put a PyTorch extension in place, whose `installTorch` is `install`."""
    calls = []

    class PyTorchUtilsLogic:
        def installTorch(self, **options):
            calls.append(options)
            return install()

        def uninstallTorch(self):
            calls.append("uninstall")

    module = types.ModuleType("PyTorchUtils")
    module.PyTorchUtilsLogic = PyTorchUtilsLogic
    monkeypatch.setitem(sys.modules, "PyTorchUtils", module)
    from VSSegmentationPanels import PyTorchSetup

    monkeypatch.setattr(PyTorchSetup, "_hasExtension", lambda: True)
    return calls


def failing(line, error=None):
    def install():
        sys.stdout.write(f"{line}\n")
        raise error or subprocess.CalledProcessError(1, "pip")

    return install


def test_one_question_and_then_pytorch_is_there(widget, hands, load_sample, monkeypatch, asked, no_torch):
    def install():
        no_torch["version"] = "99.0"
        return object()

    calls = extension(monkeypatch, install)
    load_sample(1)
    widget.segmentPanel.update()
    hands.click(widget.segmentPanel.ui.segmentButton)
    assert len(asked) == 1
    assert "GB are free" in asked[0]
    assert calls[0]["askConfirmation"] is False
    assert widget.segmentPanel.ui.statusLabel.text == "PyTorch is installed. Press Segment."
    assert widget.segmentPanel.ui.segmentButton.text == "Segment"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("NewConnectionError: [Errno 11001] getaddrinfo failed", "network could not be reached"),
        ("ProxyError('Cannot connect to proxy.', OSError('Tunnel failed: 407'))", "proxy of this network refused"),
        ("SSLError(SSLCertVerificationError(1, 'CERTIFICATE_VERIFY_FAILED'))", "certificate was refused"),
        ("ERROR: Could not install: [Errno 28] No space left on device", "disk is full"),
        ("ERROR: [WinError 5] Access is denied: 'C:\\Users\\doe\\torch'", "in use"),
        ("ERROR: No matching distribution found for torch>=2.4", "fits this Slicer"),
        ("[WinError 206] The filename or extension is too long", "too long for Windows"),
        ("something else", "not known why"),
    ],
)
def test_a_failed_installation_says_why_and_can_be_tried_again(
    widget, hands, load_sample, monkeypatch, asked, no_torch, line, words
):
    extension(monkeypatch, failing(line))
    load_sample(1)
    widget.segmentPanel.update()
    ui = widget.segmentPanel.ui
    hands.click(ui.segmentButton)
    assert words in ui.statusLabel.text
    assert (ui.segmentButton.text, ui.segmentButton.enabled) == ("Install PyTorch", True)
    assert ui.detailsButton.visible
    hands.click(ui.segmentButton)
    assert len(asked) == 1, "nobody is asked the same twice"


def test_without_the_extension_a_restart_lies_between_and_the_answer_is_remembered(
    widget, hands, load_sample, monkeypatch, asked, no_torch, slicer_host
):
    load_sample(1)
    widget.segmentPanel.update()
    hands.click(widget.segmentPanel.ui.segmentButton)  # the host has no server, as without a network
    assert "could not fetch its PyTorch extension" in widget.segmentPanel.ui.statusLabel.text
    assert slicer_host.app.userSettings().value("VSSegmentation/installTorchAgreed")
    extension(monkeypatch, failing("getaddrinfo failed"))  # after the restart
    hands.click(widget.segmentPanel.ui.segmentButton)
    assert len(asked) == 1


def test_a_no_installs_nothing(widget, hands, load_sample, monkeypatch, no_torch):
    import slicer

    monkeypatch.setattr(slicer.util, "confirmOkCancelDisplay", lambda _text: False)
    calls = extension(monkeypatch, failing("never"))
    load_sample(1)
    widget.segmentPanel.update()
    hands.click(widget.segmentPanel.ui.segmentButton)
    assert calls == []
    assert widget.segmentPanel.ui.statusLabel.text == "Nothing was installed."


def test_a_version_that_is_too_old_is_told(widget, load_sample, no_torch):
    no_torch["version"] = "1.13.1"
    load_sample(1)
    widget.segmentPanel.update()
    assert widget.segmentPanel.ui.segmentButton.text == "Install PyTorch"
    assert "1.13.1 is too old" in widget.segmentPanel.ui.statusLabel.text


def test_a_pytorch_that_cannot_be_loaded_is_offered_to_be_reinstalled(
    widget, worker, hands, load_sample, monkeypatch, asked
):
    load_sample(1)
    worker.segment = f"error {TorchLoadError.exit_code}"
    ui = widget.segmentPanel.ui
    hands.click(ui.segmentButton)
    hands.wait(lambda: not widget.session.segmenter.isRunning)
    assert ui.statusLabel.text.startswith("PyTorch could not be loaded.")
    assert ui.reinstallButton.visible
    calls = extension(monkeypatch, object)
    hands.click(ui.reinstallButton)
    assert calls[0] == "uninstall"
    assert len(asked) == 1
    assert not ui.reinstallButton.visible


@pytest.mark.parametrize(
    ("code", "words", "expected"),
    [
        (137, "", "memory ran out"),
        (-9, "", "memory ran out"),
        (-11, "", "crashed"),
        (-1073741819, "", "crashed"),
        (-4, "", "processor of this computer lacks"),
        (-1073741515, "", "PyTorch could not be loaded"),
        (1, 'OSError: [WinError 126] x Error loading "C:\\Users\\J Doe\\torch\\lib\\c10.dll"', "c10.dll"),
        (1, "No module named 'VSSegmentationLib'", "Install the extension anew"),
        (-1000, "execve: Permission denied", "could not be started"),
        (3, "a last line", "ended by itself (code 3)"),
    ],
)
def test_a_worker_that_died_is_told_with_its_reason(widget, code, words, expected):
    from VSSegmentationPanels.WorkerEnd import whatHappened

    _, sentence = whatHappened(code, words)
    assert expected in sentence
    assert "Doe" not in sentence


def test_the_self_test_is_skipped_with_the_reason_where_pytorch_is_missing(widget, no_torch):
    import unittest

    import VSSegmentation

    with pytest.raises(unittest.SkipTest, match="PyTorch is needed"):
        VSSegmentation.VSSegmentationTest().runTest()


def test_details_for_a_bug_report_hold_versions_and_steps_and_nothing_of_the_patient(
    widget, worker, hands, load_sample, slicer_host
):
    node = load_sample(1)
    node.SetName("Doe^John T2")
    hands.type(widget.casePanel.ui.caseNameEdit, "Secret Case")
    worker.segment = "crash"
    hands.click(widget.segmentPanel.ui.segmentButton)
    hands.wait(lambda: not widget.session.segmenter.isRunning)
    hands.click(widget.segmentPanel.ui.detailsButton)
    text = slicer_host.app.clipboard().text()
    for expected in ("VSSegmentation ", "Slicer 5.12", "torch ", "model automatic", "Segment was pressed", "code 139"):
        assert expected in text
    for secret in ("Doe", "Secret", "/tmp", "/root", "/home"):
        assert secret not in text
