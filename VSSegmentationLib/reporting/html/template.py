"""HTML from templates: `${name}` is filled in and escaped, unless the value is HTML that was made here.

Small on purpose: Slicer has no template engine. Loops and choices are Python.
"""

import html
import re
from collections.abc import Iterable
from importlib import resources

_FIELD = re.compile(r"\$\{(\w+)\}")


class Html(str):
    """Text that is HTML already; made by `fill` and `joined` alone."""

    __slots__ = ()


NOTHING = Html()


def fill(template: str, /, **values: object) -> Html:
    """Return a template with its fields filled in; text is escaped, `Html` is not.

    Raises:
        KeyError: If a field has no value: a mistake in the program.
    """
    return Html(_FIELD.sub(lambda match: _inserted(values[match[1]]), template))


def joined(parts: Iterable[Html]) -> Html:
    """Return pieces of HTML one after the other."""
    return Html("".join(parts))


def shipped(name: str) -> str:
    """Return the text of a template or stylesheet that lies beside this file."""
    return (resources.files(__package__) / name).read_text(encoding="utf-8")


def trusted(markup: str) -> Html:
    """Take markup of this package for HTML: a drawing, a stylesheet; never anything from outside."""
    return Html(markup)


def _inserted(value: object) -> str:
    return value if isinstance(value, Html) else html.escape(str(value))
