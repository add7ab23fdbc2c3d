"""Which DICOM series a result belongs to, and what objects written for it may tell about the patient."""

import secrets
from dataclasses import dataclass, field
from hashlib import sha256

from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.imageio.dicom_source import DicomSource

SALT_BYTES = 16
_MAX_PSEUDONYM_LETTERS = 64
"""Of a value of type LO, which the patient ID is."""


@dataclass(frozen=True, kw_only=True)
class DicomIdentity:
    """What the objects tell about the patient: by default nothing."""

    with_identifiers: bool = False
    """Copy patient and study from the source and refer to it by its own UIDs, so that the objects join its study."""
    pseudonym: str = ""
    """Patient ID and name of de-identified objects; made from the salt and the source's patient when empty."""
    salt: str = field(default_factory=lambda: secrets.token_hex(SALT_BYTES))
    """Hashed into every UID that would lead to the source. A fresh one breaks every link; one salt kept secret for a
    whole study gives a patient's examinations the same pseudonym, and the tumor the same tracking UIDs."""

    def __post_init__(self) -> None:
        if not self.salt:
            msg = "a salt must not be empty, since anybody could then hash a known UID; give any secret text"
            raise UsageError(msg)

    def check_pseudonym(self) -> None:
        """See that DICOM can hold the pseudonym.

        Raises:
            UsageError: If it cannot.
        """
        if len(self.pseudonym) > _MAX_PSEUDONYM_LETTERS or any(
            c in "\\^=" or not c.isprintable() for c in self.pseudonym
        ):
            msg = (
                f"in DICOM objects a pseudonym may have up to {_MAX_PSEUDONYM_LETTERS} letters and no backslash, "
                "caret, equals sign or line break, got another; give a shorter, plainer one"
            )
            raise UsageError(msg)

    def uid(self, original: str) -> str:
        """Return the UID that stands for one of the source: itself with identifiers, otherwise a salted hash of it."""
        return original if self.with_identifiers else self.derived_uid("uid", original)

    def derived_uid(self, *what: str) -> str:
        """Return a UID that the same words and salt always give; below 2.25, which is free for all (PS3.5, B.2)."""
        return f"2.25.{int.from_bytes(self._digest(*what)[:16], 'big')}"

    def pseudonym_of(self, patient: str) -> str:
        """Return the patient ID of de-identified objects."""
        return self.pseudonym or f"VS-{self._digest('patient', patient).hex()[:12]}"

    def _digest(self, *what: str) -> bytes:
        salt = "" if self.with_identifiers else self.salt
        return sha256("\x1f".join((salt, *what)).encode()).digest()


@dataclass(frozen=True, kw_only=True)
class Edition:
    """What objects are known by when they are made again: the same source, model and edition give the same UIDs."""

    options: str
    """All that was chosen, in words that are always the same; other options make other series."""
    number: int = 1
    """Counts the results of one series with these options, of which each replaces the one before."""

    def __post_init__(self) -> None:
        if self.number < 1:
            msg = f"editions are counted from 1, got {self.number}"
            raise UsageError(msg)

    @property
    def words(self) -> str:
        """What a reader has to know of a later edition; empty for the first."""
        if self.number == 1:
            return ""
        return (
            f"Edition {self.number} of this result. It replaces edition {self.number - 1}, which was made before all "
            "images of the series had come."
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class DicomLink:
    """The series that DICOM objects of a result refer to, and how."""

    source: DicomSource
    identity: DicomIdentity = field(default_factory=DicomIdentity)
    edition: Edition | None = None
    """None gives each object UIDs that nobody can make again."""
