"""Sending the objects of one result: by C-STORE to a peer, by STOW-RS to a server."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import pydicom
import requests
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from VSSegmentationLib.node.calling import CallFailedError, association
from VSSegmentationLib.node.config import NodeConfig, Peer, Server
from VSSegmentationLib.node.web import WebFailedError, client_of

_OUT_OF_RESOURCES = range(0xA700, 0xA800)
_NOT_SUPPORTED = (0x0122, 0xA900)
"""SOP class not supported (PS3.4, B.2.3 and PS3.18, I.2.2): another class may do."""
_NO_CONTEXT = "the receiver does not take objects of this kind"


class Sendable(NamedTuple):
    """An object, and what may go in its place where the receiver does not know its kind."""

    name: str
    path: Path
    instead: Path | None = None


class Outcome(NamedTuple):
    """Of one object: sent, refused for good, or to be tried again."""

    status: str
    """`sent`, `refused`, `waiting`, or `unreachable`, where there is no sense in trying another result now."""
    reason: str = ""


class Sender(Protocol):
    """Sends the objects of one result."""

    def send(self, objects: Sequence[Sendable]) -> Mapping[str, Outcome]:
        """Return what became of each object by its name; of those that are not told nothing is known."""


def sender_to(config: NodeConfig, destination: Peer | Server) -> Sender:
    """Return how a destination is reached."""
    if isinstance(destination, Peer):
        return StoreSender(config, destination)
    return WebSender(config, destination)


class StoreSender:
    """C-STORE, of all objects in one association."""

    def __init__(self, config: NodeConfig, peer: Peer) -> None:
        """Take whom to call."""
        self._config, self._peer = config, peer

    def send(self, objects: Sequence[Sendable]) -> dict[str, Outcome]:
        """Send; see `Sender`."""
        paths = [path for each in objects for path in (each.path, each.instead) if path is not None]
        classes = list(dict.fromkeys(_class_of(path) for path in paths))
        outcomes: dict[str, Outcome] = {}
        try:
            with association(
                self._config, self._peer, classes, (ExplicitVRLittleEndian, ImplicitVRLittleEndian)
            ) as call:
                accepted = {str(context.abstract_syntax) for context in call.accepted_contexts}
                for each in objects:
                    outcomes[each.name] = _store(call, each, accepted)
        except CallFailedError as failure:
            outcomes = {each.name: Outcome("unreachable", str(failure)) for each in objects}
        return outcomes


def _store(call: Any, one: Sendable, accepted: set[str]) -> Outcome:  # noqa: ANN401 - an association, which has no types
    path = next((path for path in (one.path, one.instead) if path and _class_of(path) in accepted), None)
    if path is None:
        return Outcome("refused", _NO_CONTEXT)
    try:
        status = call.send_c_store(pydicom.dcmread(path))
    except (RuntimeError, ValueError) as error:  # the association ended; no context after all
        return Outcome("waiting", f"the call broke off ({type(error).__name__})")
    if "Status" not in status:
        return Outcome("waiting", "the receiver did not answer")
    code = int(status.Status)
    if code == 0 or code >> 12 == 0xB:  # a warning says that it was stored
        return Outcome("sent")
    words = f"the receiver answered with status {code:#06x}"
    if code in _NOT_SUPPORTED and one.instead is not None and path != one.instead:
        return _store(call, one._replace(path=one.instead, instead=None), accepted)
    return Outcome("waiting" if code in _OUT_OF_RESOURCES else "refused", words)


def _class_of(path: Path) -> str:
    return str(pydicom.filereader.read_file_meta_info(path).MediaStorageSOPClassUID)


class WebSender:
    """STOW-RS, one request for each object, since servers answer a request as a whole."""

    def __init__(self, config: NodeConfig, server: Server) -> None:
        """Take where to post."""
        self._config, self._server = config, server

    def send(self, objects: Sequence[Sendable]) -> dict[str, Outcome]:
        """Send; see `Sender`."""
        try:
            client = client_of(self._config, self._server)
        except WebFailedError as failure:
            return {each.name: Outcome("unreachable", str(failure)) for each in objects}
        return {each.name: self._post(client, each) for each in objects}

    def _post(self, client: Any, one: Sendable) -> Outcome:  # noqa: ANN401 - its package is not looked into
        try:
            told: Dataset = client.store_instances([pydicom.dcmread(one.path)])
            failed = [int(item.get("FailureReason", 0)) for item in told.get("FailedSOPSequence") or []]
        except requests.HTTPError as error:
            code = 0 if error.response is None else error.response.status_code
            if code == 409 and one.instead is not None:  # none of it was stored
                return self._post(client, one._replace(path=one.instead, instead=None))
            words = f"the server answered with status {code}"
            return Outcome("refused" if code in (400, 409, 415) else "waiting", words)
        except (requests.RequestException, ValueError) as error:
            return Outcome("unreachable", f"the server could not be reached, or broke off ({type(error).__name__})")
        if not failed:
            return Outcome("sent")
        if one.instead is not None and any(reason in _NOT_SUPPORTED for reason in failed):
            return self._post(client, one._replace(path=one.instead, instead=None))
        words = f"the server did not store it (failure reason {failed[0]:#06x})"
        return Outcome("waiting" if failed[0] in _OUT_OF_RESOURCES else "refused", words)
