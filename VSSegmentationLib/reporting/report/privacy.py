"""UIDs lead to a patient: by default a report holds a salted hash in their place."""

import secrets
from dataclasses import dataclass
from hashlib import sha256

_SALT_BYTES = 16


@dataclass(frozen=True, kw_only=True)
class HashedUid:
    """A series without its UID: whoever holds the UID can see that it is this one, nobody else learns anything."""

    sha256: str
    """Of salt, then UID, as UTF-8."""
    salt: str
    """Random for each export and written beside the hash, so that two exports cannot be linked by their hashes alone;
    empty where the user gave a salt, which then is a secret that links the reports of one study."""


def hashed_uid(uid: str, salt: str | None = None) -> HashedUid:
    """Return the salted hash of a UID.

    Args:
        uid: Study, series or instance UID.
        salt: A secret of the user's, the same for all reports that have to be linked; None draws one at random.
    """
    used = secrets.token_hex(_SALT_BYTES) if salt is None else salt
    return HashedUid(sha256=sha256((used + uid).encode()).hexdigest(), salt=used if salt is None else "")
