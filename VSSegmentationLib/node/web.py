"""Calls to a DICOMweb server."""

from typing import Any

import requests

from VSSegmentationLib.node.config import NodeConfig, Server
from VSSegmentationLib.node.receiving import keep_quiet

_SECONDS = 60.0


class WebFailedError(Exception):
    """What is needed for a call is not there; the text says what."""


def client_of(config: NodeConfig, server: Server) -> Any:  # noqa: ANN401 - its package is not looked into
    """Return a client of a server.

    Raises:
        WebFailedError: If the token cannot be read.
    """
    from dicomweb_client.api import DICOMwebClient  # noqa: PLC0415 - only nodes with servers need it

    keep_quiet()
    session = requests.Session()
    session.trust_env = False  # no proxy of the environment sees patients
    if server.tls and config.tls is not None:
        session.verify = str(config.tls.authority)
        session.cert = (str(config.tls.certificate), str(config.tls.key))
    headers = {}
    if server.token_file is not None:
        try:
            headers["Authorization"] = f"Bearer {server.token_file.read_text(encoding='utf-8').strip()}"
        except OSError as error:
            msg = f"the token of the server cannot be read ({error.strerror})"
            raise WebFailedError(msg) from error
    return DICOMwebClient(url=server.url, session=session, headers=headers, timeout=_SECONDS)
