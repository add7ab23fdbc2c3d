"""Whether PyTorch is there for the worker, and how to get it: by Slicer's PyTorch extension, never by pip from here."""

import importlib.metadata
import importlib.util

import slicer
from slicer.i18n import tr as _

REQUIREMENT = ">=2.2"


def missingTorch() -> str:
    """Return in one sentence why a segmentation cannot start, and what will help; empty where PyTorch is there.

    Nothing is imported: PyTorch would lock its own files until Slicer ends.
    """
    try:
        importlib.metadata.version("torch")
    except importlib.metadata.PackageNotFoundError:
        if importlib.util.find_spec("PyTorchUtils") is None:
            return _(
                "PyTorch is needed. Press Install PyTorch to add Slicer's PyTorch extension; Slicer then restarts."
            )
        return _("PyTorch is needed once. Press Install PyTorch; this takes some minutes.")
    return ""


def installTorch() -> str:
    """Install what is missing, after asking; return what the user has to know or do next."""
    if importlib.util.find_spec("PyTorchUtils") is None:
        question = _("Install the PyTorch extension? Slicer restarts afterwards; save your work first.")
        if slicer.util.confirmOkCancelDisplay(question):
            slicer.app.extensionsManagerModel().installExtensionFromServer("PyTorch", True)
        return missingTorch()
    import PyTorchUtils  # noqa: PLC0415 -- only in Slicer, and only when it was asked for

    if PyTorchUtils.PyTorchUtilsLogic().installTorch(askConfirmation=True, torchVersionRequirement=REQUIREMENT) is None:
        return missingTorch()
    return _("PyTorch is installed.")
