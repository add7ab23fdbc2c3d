"""Why a worker ended that nobody had asked to: one plain sentence, from its exit code and its last words."""

import re

from slicer.i18n import tr as _

from VSSegmentationLib.errors import TorchLoadError
from VSSegmentationLib.scrubbing import without_paths

NOT_STARTED = -1000
"""In place of an exit code, where there was no process."""
TORCH_BROKEN = TorchLoadError.exit_code

# POSIX: minus the signal, or 128 and the signal where a launcher stands between. Windows: NTSTATUS, as Qt gives it.
_KILLED = {-9, 137}
_CRASHED = {-11, 139, -6, 134, -7, 135, -10, 138, 0xC0000005, 0xC0000409, 0xC0000374}
_OTHER_PROCESSOR = {-4, 132, 0xC000001D}
_NO_MEMORY = {0xC0000017, 0xC000012D}
_NO_LIBRARY = {0xC0000135, 0xC0000139}
_WORDS_OF_BROKEN_TORCH = re.compile(
    r"c10\.(dll|so)|lib(cudnn|cublas|cudart|torch)|torch_(python|cpu|cuda)|(shm|fbgemm)\.dll|No module named 'torch'",
    re.IGNORECASE,
)
_LONGEST_WORDS = 200


def whatHappened(exitCode: int, errorText: str) -> tuple[int, str]:
    """Return a kind of failure, as exit codes of the worker are, and the sentence for the panel.

    Args:
        exitCode: Of the process, or NOT_STARTED.
        errorText: The last lines of its standard error.
    """
    code = exitCode % 2**32 if exitCode < -(2**16) else exitCode
    if _WORDS_OF_BROKEN_TORCH.search(errorText) or code in _NO_LIBRARY:
        return TORCH_BROKEN, brokenTorch(_lastWords(errorText))
    if code in _OTHER_PROCESSOR:
        return TORCH_BROKEN, brokenTorch(_("the processor of this computer lacks what this build of it needs"))
    return exitCode, _sentence(code, errorText)


def brokenTorch(reason: str) -> str:
    """Return the sentence for a PyTorch that is there and does not work."""
    told = _("PyTorch could not be loaded. Press Reinstall PyTorch.")
    return _("{told} What it said: {reason}.").format(told=told, reason=reason.rstrip(".")) if reason else told


def _sentence(code: int, errorText: str) -> str:
    words = _lastWords(errorText)
    if code == NOT_STARTED:
        text = _(
            "The segmentation process could not be started. A virus scanner or a rule of this computer may forbid it."
        )
    elif code in _KILLED or code in _NO_MEMORY:
        text = _(
            "The operating system ended the segmentation process, most often because memory ran out. Close other "
            "programs, then press Segment again."
        )
    elif code in _CRASHED:
        text = _("The segmentation process crashed (code {code}). Press Segment to start it anew.").format(code=code)
    elif "No module named 'VSSegmentationLib" in errorText:
        text = _("Files of this extension are missing. Install the extension anew.")
    else:
        text = _("The segmentation process ended by itself (code {code}).").format(code=code)
    if words:
        text = _("{told} Its last words: {words}.").format(told=text, words=words.rstrip("."))
    return _("{told} Nothing was changed.").format(told=text)


def _lastWords(errorText: str) -> str:
    lines = [line.strip() for line in errorText.splitlines() if line.strip()]
    return without_paths(lines[-1])[:_LONGEST_WORDS] if lines else ""
