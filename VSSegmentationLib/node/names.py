"""What patients' studies and series are called outside their images: keyed hashes that lead nowhere without the key."""

import hmac
import os
import secrets
from hashlib import sha256
from pathlib import Path

from VSSegmentationLib.errors import InputRefusedError

_KEY_BYTES = 32
_LETTERS = 20
"""Of the hash, four bits each: among a billion series the chance of two alike is one in a million."""


class Names:
    """Makes names with the key of one node, which stays in its folder."""

    def __init__(self, path: Path) -> None:
        """Read the key, or make it, readable for this user alone.

        Raises:
            InputRefusedError: If the file holds no key.
        """
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            pass
        else:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(secrets.token_hex(_KEY_BYTES))
                file.flush()
                os.fsync(file.fileno())
        text = path.read_text(encoding="ascii").strip()
        if len(text) != 2 * _KEY_BYTES:
            msg = "the key of the node is damaged; restore it, or remove it and lose what the audit's names mean"
            raise InputRefusedError(msg)
        self._key = bytes.fromhex(text)

    def of(self, uid: str) -> str:
        """Return the name of a study, a series or an object."""
        return hmac.new(self._key, uid.encode(), sha256).hexdigest()[:_LETTERS]
