"""Stand-ins for `slicer.i18n`: nothing is translated, but what would break a translation is refused."""

import re

_PLACEHOLDER = re.compile(r"(?<!\{)\{([^{}]*)\}(?!\})")


def tr(text: str) -> str:
    """Return `text`, a literal with named placeholders.

    Raises:
        ValueError: If a placeholder has no name: translators could not move it.
    """
    unnamed = [one for one in _PLACEHOLDER.findall(text) if not one.partition(":")[0].isidentifier()]
    if unnamed:
        msg = f"placeholders need names, got {unnamed} in {text!r}"
        raise ValueError(msg)
    return text


def translate(context: str, text: str) -> str:
    """Return `text`; `context` names the class or file that it belongs to."""
    if not context:
        msg = "translate needs a context"
        raise ValueError(msg)
    return tr(text)
