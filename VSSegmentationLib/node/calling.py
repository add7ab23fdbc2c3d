"""Calling other DICOM applications: what is offered, and how a call comes about."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pynetdicom import AE
from pynetdicom.presentation import build_context

from VSSegmentationLib.node.config import NodeConfig, Peer
from VSSegmentationLib.node.receiving import keep_quiet
from VSSegmentationLib.node.tls import client_context

_SECONDS = 30.0


class CallFailedError(Exception):
    """No association came about, or it broke; the text says which."""


@contextmanager
def association(config: NodeConfig, peer: Peer, classes: Sequence[str], syntaxes: Sequence[str]) -> Iterator[Any]:
    """Give an association with a peer, released at the end.

    Args:
        config: Of the node: its title and certificate.
        peer: Who is called.
        classes: UIDs of what is offered: no more than is needed, since a requestor may offer 128 at most.
        syntaxes: Transfer syntaxes of each.

    Raises:
        CallFailedError: If the peer cannot be reached, or refuses.
    """
    keep_quiet()
    entity = AE(ae_title="VSSEG" if config.receive is None else config.receive.ae_title)
    entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = entity.connection_timeout = _SECONDS
    tls = (client_context(config.tls), peer.host) if peer.tls and config.tls else None
    contexts = [build_context(each, list(syntaxes)) for each in classes]
    try:
        made = entity.associate(peer.host, peer.port, contexts=contexts, ae_title=peer.ae_title, tls_args=tls)
    except (OSError, RuntimeError) as error:
        raise CallFailedError(_NOT_REACHED) from error
    if not made.is_established:
        raise CallFailedError(_REFUSED if made.is_rejected else _NOT_REACHED)
    try:
        yield made
    finally:
        if made.is_established:
            made.release()


_NOT_REACHED = "the peer could not be reached, or ended the call"
_REFUSED = "the peer refused the association: it may not know the title of this node"
