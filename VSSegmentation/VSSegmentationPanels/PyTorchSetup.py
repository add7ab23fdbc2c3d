"""Whether PyTorch is there for the worker, and how to get it: by Slicer's PyTorch extension, never by pip from here."""

import contextlib
import importlib.metadata
import importlib.util
import io
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from typing import Any

import slicer
from slicer.i18n import tr as _

from VSSegmentationLib.errors import VSSegmentationError

REQUIREMENT = ">=2.2"
_AGREED_SETTING = "VSSegmentation/installTorchAgreed"
"""Set from the question until PyTorch is there: Slicer restarts in between, and nobody is asked the same twice."""
_NO_NETWORK = (
    "NameResolution|getaddrinfo|name or service not known|name resolution|nodename nor servname|Max retries|"
    "NewConnectionError|Network is unreachable|ConnectTimeout|ReadTimeout|Connection (refused|reset|aborted)"
)
_SHOWN_LETTERS = 70
_GIGABYTE = 1e9


class TorchSetupError(VSSegmentationError):
    """PyTorch was not installed, with the reason and what would help."""


def torchVersion() -> str:
    """Return the version that is installed, empty where none is.

    Nothing is imported: PyTorch would lock its own files until Slicer ends.
    """
    try:
        return importlib.metadata.version("torch")
    except importlib.metadata.PackageNotFoundError:
        return ""


def missingTorch() -> str:
    """Return in one sentence why a segmentation cannot start, and what will help; empty where PyTorch is there."""
    version = torchVersion()
    if version and _numbers(version) >= _numbers(REQUIREMENT):
        return ""
    if version:
        return _("PyTorch {version} is too old: {wanted} is needed. Press Install PyTorch.").format(
            version=version, wanted=REQUIREMENT
        )
    if not _hasExtension():
        return _("PyTorch is needed. Press Install PyTorch to add Slicer's PyTorch extension; Slicer then restarts.")
    return _("PyTorch is needed once. Press Install PyTorch; this takes some minutes.")


def installTorch(settings: Any, *, again: bool = False) -> str:
    """Install what is missing, after one question; return what the user has to know or do next.

    Args:
        settings: A QSettings, which remembers the answer over a restart.
        again: Remove the PyTorch that is there first.

    Raises:
        TorchSetupError: If it was not installed.
    """
    if not (settings.value(_AGREED_SETTING) or _isAgreed()):
        return _("Nothing was installed.")
    settings.setValue(_AGREED_SETTING, "1")
    if _hasExtension():
        _install(again or bool(torchVersion()))
        settings.remove(_AGREED_SETTING)
        return _("PyTorch is installed. Press Segment.")
    if not slicer.app.extensionsManagerModel().installExtensionFromServer("PyTorch", True):
        raise TorchSetupError(
            _(
                "Slicer could not fetch its PyTorch extension. Is this computer connected to the internet, and does "
                "its proxy let Slicer through? Then press Install PyTorch again."
            )
        )
    return _("The PyTorch extension is installed. Restart Slicer, then press Install PyTorch again.")


def _hasExtension() -> bool:
    return importlib.util.find_spec("PyTorchUtils") is not None


def _isAgreed() -> bool:
    free = shutil.disk_usage(sys.prefix).free / _GIGABYTE
    question = _(
        "Segmenting needs PyTorch, which Slicer's PyTorch extension fetches: from 0.2 GB, up to 3 GB for a graphics "
        "card, and two or three times as much on the disk ({free:.0f} GB are free). It takes some minutes, in which "
        "Slicer does not answer; Slicer may restart, so save your work first.\n\nInstall PyTorch?"
    ).format(free=free)
    return bool(slicer.util.confirmOkCancelDisplay(question))


def _install(removeFirst: bool) -> None:
    import PyTorchUtils  # noqa: PLC0415 -- only in Slicer, and only when it was asked for

    with _progress() as show:
        said = _Listener(show)
        try:
            with contextlib.redirect_stdout(said):
                logic = PyTorchUtils.PyTorchUtilsLogic()
                if removeFirst:
                    logic.uninstallTorch()
                torch = logic.installTorch(askConfirmation=False, torchVersionRequirement=REQUIREMENT)
        except Exception as error:  # whatever pip, light-the-torch or the import of PyTorch ran into
            raise TorchSetupError(whyNotInstalled(f"{said.text}\n{error}")) from error
    if torch is None:
        raise TorchSetupError(_("The PyTorch extension installed nothing. Restart Slicer, then try again."))


@contextlib.contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Show that something goes on; gives a function that shows what."""
    dialog = slicer.util.createProgressDialog(
        value=0, maximum=0, labelText=_("Fetching and installing PyTorch …"), windowTitle=_("Install PyTorch")
    )
    dialog.setCancelButton(None)
    dialog.show()
    slicer.app.processEvents()

    def show(line: str) -> None:
        dialog.labelText = _("Fetching and installing PyTorch …\n{line}").format(line=line[:_SHOWN_LETTERS])
        slicer.app.processEvents()

    try:
        yield show
    finally:
        dialog.close()


class _Listener(io.TextIOBase):
    """Hears what pip prints, and hands it on to where it would have gone."""

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show, self._before = show, sys.stdout
        self.text = ""

    def write(self, text: str) -> int:
        self.text += text
        self._before.write(text)
        if text.startswith(("Collecting", "Downloading", "Installing", "Successfully")):
            self._show(text.strip())
        return len(text)


def whyNotInstalled(said: str) -> str:
    """Return one sentence for what pip printed or raised."""
    for pattern, sentence in _reasons():
        if re.search(pattern, said, re.IGNORECASE):
            return _("{reason} Then press Install PyTorch again.").format(reason=sentence)
    return _("It is not known why. Press Copy details and send them to the developers, or try again.")


def _reasons() -> tuple[tuple[str, str], ...]:
    """Return what pip, light-the-torch and systems print, with the sentence for each; the first that fits counts."""
    return (
        (
            r"ProxyError|\b407\b|Proxy Authentication|Cannot connect to proxy",
            _(
                "The proxy of this network refused. Ask who runs the network to let Slicer reach download.pytorch.org "
                "and pypi.org."
            ),
        ),
        (
            "CERTIFICATE_VERIFY_FAILED|SSLError|SSLCertVerificationError",
            _(
                "A certificate was refused: something in this network opens encrypted connections. Ask who runs the "
                "network."
            ),
        ),
        (
            "No space left|Errno 28|not enough space|WinError 112|disk full",
            _("The disk is full. Make room on the disk where Slicer is."),
        ),
        (
            _NO_NETWORK,
            _("The network could not be reached. Is this computer connected to the internet?"),
        ),
        (
            "WinError 206|path too long|file ?name or extension is too long|LongPathsEnabled",
            _("A path became too long for Windows. Install Slicer into a shorter folder, such as C:\\Slicer."),
        ),
        (
            r"WinError 5\b|WinError 32|Access is denied|Permission denied|Errno 13",
            _(
                "Files of PyTorch are in use, or Slicer's folder must not be written. Restart Slicer; if that does not "
                "help, ask who runs this computer."
            ),
        ),
        (
            "No matching distribution|Could not find a version|No compatible",
            _("There is no PyTorch of a version that fits this Slicer and this computer."),
        ),
        (
            "WinError 126|DLL load failed|cannot open shared object|incompatible architecture|wrong ELF class",
            _(
                "PyTorch was fetched, but could not be loaded. Restart Slicer, then press Segment: it tells what is "
                "missing."
            ),
        ),
    )


def _numbers(version: str) -> tuple[int, ...]:
    """Return the first two numbers of a version or a requirement."""
    return tuple(int(each) for each in re.findall(r"\d+", version)[:2])
