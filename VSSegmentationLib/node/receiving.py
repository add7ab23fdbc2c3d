"""Listening for C-STORE and C-ECHO, from those alone that the configuration names."""

import ipaddress
import logging
from collections.abc import Callable
from typing import Any

from pynetdicom import AE, ALL_TRANSFER_SYNTAXES, AllStoragePresentationContexts, _config, evt
from pynetdicom.sop_class import Verification

from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.node.config import Peer, Receive
from VSSegmentationLib.node.inbox import Came
from VSSegmentationLib.node.parts import Parts
from VSSegmentationLib.node.tls import server_context

SUCCESS, NOT_AUTHORIZED, OUT_OF_RESOURCES, UNREADABLE = 0x0000, 0x0124, 0xA700, 0xC000
"""Of C-STORE (PS3.4, B.2.3)."""
_STATUS = {Came.NO_ROOM: OUT_OF_RESOURCES, Came.UNREADABLE: UNREADABLE}
_NETWORK_SECONDS = 60.0


def keep_quiet() -> None:
    """Let no library log what it sends or receives: all of it may name a patient."""
    _config.LOG_HANDLER_LEVEL = "none"
    _config.LOG_REQUEST_IDENTIFIERS = _config.LOG_RESPONSE_IDENTIFIERS = False
    for name in ("pynetdicom", "dicomweb_client", "urllib3", "pydicom"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


class Receiver:
    """An application entity that others call."""

    def __init__(self, parts: Parts, receive: Receive, on_image: Callable[[], None]) -> None:
        """Prepare; nothing listens yet.

        Args:
            parts: Of the node.
            receive: Where it listens.
            on_image: Called from a thread of an association when something was kept.
        """
        self._config, self._receive = parts.config, receive
        self._inbox, self._audit, self._on_image = parts.inbox, parts.audit, on_image
        self._peers = {peer.ae_title: peer for peer in parts.config.peer if peer.sends}
        self._server: Any = None

    def start(self) -> None:
        """Listen.

        Raises:
            UsageError: If the address cannot be had.
        """
        keep_quiet()
        entity = AE(ae_title=self._receive.ae_title)
        entity.require_called_aet = True
        entity.require_calling_aet = list(self._peers)
        entity.maximum_associations = self._receive.associations
        entity.network_timeout = entity.acse_timeout = entity.dimse_timeout = _NETWORK_SECONDS
        entity.add_supported_context(Verification)
        for context in AllStoragePresentationContexts:
            entity.add_supported_context(context.abstract_syntax, ALL_TRANSFER_SYNTAXES)
        tls = server_context(self._config.tls) if self._receive.tls and self._config.tls else None
        handlers = [(evt.EVT_C_STORE, self._store), (evt.EVT_C_ECHO, self._echo), (evt.EVT_REJECTED, self._rejected)]
        address = (self._receive.address, self._receive.port)
        try:
            self._server = entity.start_server(address, block=False, ssl_context=tls, evt_handlers=handlers)
        except OSError as error:
            msg = f"the node cannot listen at {address[0]}, port {address[1]} ({error.strerror})"
            raise UsageError(msg) from error

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.socket.getsockname()[1])

    def stop(self) -> None:
        """End all associations."""
        if self._server is not None:
            self._server.shutdown()

    def _store(self, event: evt.Event) -> int:
        peer = self._peer(event)
        if peer is None:
            return NOT_AUTHORIZED
        try:
            if not self._inbox.has_room(self._config.keep.free_gib):
                self._audit.note("no room", sender=peer.name)
                return OUT_OF_RESOURCES
            sop_uid = str(event.request.AffectedSOPInstanceUID)
            came = self._inbox.take(event.encoded_dataset(), peer.name, sop_uid=sop_uid)
        except OSError as error:
            self._audit.note("no room", sender=peer.name, reason=error.strerror or "the disk failed")
            return OUT_OF_RESOURCES
        if came is Came.UNREADABLE:
            self._audit.note("unreadable", sender=peer.name)
        if came is Came.KEPT:
            self._on_image()
        return _STATUS.get(came, SUCCESS)

    def _echo(self, event: evt.Event) -> int:
        return SUCCESS if self._peer(event) is not None else NOT_AUTHORIZED

    def _peer(self, event: evt.Event) -> Peer | None:
        """Return who calls, if it may from where it is."""
        requestor = event.assoc.requestor
        peer = self._peers.get(str(requestor.ae_title).strip())
        if peer is None or (peer.addresses and not _is_in(str(requestor.address), peer.addresses)):
            self._audit.note("refused caller", address=str(requestor.address))
            return None
        return peer

    def _rejected(self, event: evt.Event) -> None:
        """Note who was refused, by address: what a stranger calls itself is not repeated."""
        self._audit.note("refused caller", address=str(event.assoc.requestor.address))


def _is_in(address: str, networks: tuple[str, ...]) -> bool:
    return any(ipaddress.ip_address(address) in ipaddress.ip_network(network) for network in networks)
