"""What words in the name of a series or a file say of contrast agent; before or after an operation says nothing."""

import re
from enum import Enum

_TREATMENT = r"(?:op|operativ\w*|operation|surg\w*|srs|rs|rt|radio\w*|treat\w*|therap\w*|biops\w*|embol\w*)"
_ABOUT_TREATMENT = re.compile(rf"(?<![a-z0-9])(?:pre|post)[ -]*{_TREATMENT}(?![a-z0-9])")
_WITH = re.compile(
    r"(?<![a-z0-9])(?:ce|gd|gado?|gadolinium|km|contrast|post|postcontrast|dota\w*|cet1w?|t1ce|t1c|t1gd)(?![a-z0-9])"
    r"|\+ ?(?:c|gd|km)(?![a-z])|(?<![a-z0-9])c\+"
)
_OF_SOMETHING_ELSE = r"(?![ -]*(?:fs|fat\w*|[0-9]))"
_OF_CONTRAST = r"(?=[ -]*(?:(?:k|c)ontrast\w*|gd|gad\w*|km|ce|c|agent|iv|dye|enhanc\w*|inj\w*|mdc)(?![a-z]))"
_WITHOUT = re.compile(
    r"(?<![a-z0-9])(?:pre|native?|nativ|unenhanced|(?:non?|pre)[ -]?(?:contrast|ce|enhanced)"
    rf"|(?:no|non|sans|sin|senza|zonder|sem){_OF_CONTRAST}|(?:without|ohne|w ?/?o){_OF_SOMETHING_ELSE})(?![a-z0-9])"
)
_ALSO_WITH = re.compile(
    r"(?<![a-z0-9])(?:post|postcontrast|with|mit|nach|avec|con|w(?![ /]*o(?![a-z0-9])))(?![a-z0-9])"
)
_NO_AGENT = re.compile(r"(?:n|nil|non?|none|nein|not|kein\w*|ohne|without|w/?o|sans|0(?:[.,]0*)?)(?: .*)?")
_UNKNOWN_AGENT = re.compile(r"(?:n/?a|unknown|unspecified|unbekannt|[-?.*_]*)")


class ContrastSaid(Enum):
    """What is said of contrast agent."""

    GIVEN = "given"
    NOT_GIVEN = "not given"
    UNCLEAR = "unclear"
    """Nothing, or that the series was done both ways."""


def contrast_said(words: str) -> ContrastSaid:
    """Return what words say.

    Args:
        words: In small letters, with spaces between.
    """
    words = _ABOUT_TREATMENT.sub(" ", words)
    if not _WITHOUT.search(words):
        return ContrastSaid.GIVEN if _WITH.search(words) else ContrastSaid.UNCLEAR
    return ContrastSaid.UNCLEAR if _ALSO_WITH.search(words) else ContrastSaid.NOT_GIVEN


def agent_said(agent: str) -> ContrastSaid:
    """Return what the field that names the contrast agent says, into which people also write that there was none."""
    words = " ".join(agent.lower().split())
    if _UNKNOWN_AGENT.fullmatch(words):
        return ContrastSaid.UNCLEAR
    return ContrastSaid.NOT_GIVEN if _NO_AGENT.fullmatch(words) else ContrastSaid.GIVEN
