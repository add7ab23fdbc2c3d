"""Whether those whom the configuration names can be called."""

import requests
from pydicom.uid import ImplicitVRLittleEndian
from pynetdicom.sop_class import Verification

from VSSegmentationLib.node.calling import CallFailedError, association
from VSSegmentationLib.node.config import NodeConfig, Peer, Server
from VSSegmentationLib.node.web import WebFailedError, client_of


def probe(config: NodeConfig) -> dict[str, str]:
    """Call each peer by C-ECHO and each server by a query; return why one does not answer, empty where it does."""
    peers = {peer.name: _echo(config, peer) for peer in config.peer}
    return peers | {server.name: _query(config, server) for server in config.server}


def _echo(config: NodeConfig, peer: Peer) -> str:
    try:
        with association(config, peer, (str(Verification),), (ImplicitVRLittleEndian,)) as call:
            status = call.send_c_echo()
    except (CallFailedError, RuntimeError, ValueError) as error:
        return str(error) if isinstance(error, CallFailedError) else "it does not take a C-ECHO"
    return "" if status.get("Status") == 0 else "it does not answer a C-ECHO with success"


def _query(config: NodeConfig, server: Server) -> str:
    try:
        client_of(config, server).search_for_studies(limit=1)
    except WebFailedError as error:
        return str(error)
    except requests.HTTPError as error:
        return f"it answers with status {0 if error.response is None else error.response.status_code}"
    except (requests.RequestException, ValueError) as error:
        return f"it could not be reached ({type(error).__name__})"
    return ""
