"""A small page that says whether the node works, and nothing of any patient."""

import html
import json
import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from VSSegmentationLib.errors import UsageError

State = Mapping[str, Any]
"""Plain JSON; `well` says whether nothing is wrong, `wrong` what is."""

_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>VS node</title>
<meta http-equiv="refresh" content="10">
<style>body{font:16px sans-serif;margin:2rem;max-width:50rem}table{border-collapse:collapse}
td,th{padding:.2rem 1rem .2rem 0;text-align:left}</style></head>
<body><h1>VS-Segmentation node</h1><p>For research use only. Not a medical device.</p>
<p><strong>%s</strong></p><table>%s</table></body></html>"""


class HealthPage:
    """Answers `/` for people and `/health.json` for programs; 503 where something is wrong."""

    def __init__(self, address: str, port: int, state: Callable[[], State]) -> None:
        """Listen.

        Args:
            address: Loopback, if nobody but this machine is to see it.
            port: 0 for any free one.
            state: Asked for each time.

        Raises:
            UsageError: If the address cannot be had.
        """
        handler = type("Handler", (_Handler,), {"state": staticmethod(state)})
        try:
            self._server = ThreadingHTTPServer((address, port), handler)
        except OSError as error:
            msg = f"the health page cannot be at {address}, port {port} ({error.strerror}); set another health.port"
            raise UsageError(msg) from error
        self._thread = threading.Thread(target=self._server.serve_forever, name="health", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it is."""
        return self._server.server_port

    def stop(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    state: Callable[[], State]

    def do_GET(self) -> None:
        pages = {"/": _page, "/health.json": _json}
        make = pages.get(self.path)
        if make is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        state = self.state()
        kind, body = make(state)
        self.send_response(HTTPStatus.OK if state["well"] else HTTPStatus.SERVICE_UNAVAILABLE)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Log nothing: what is asked for is no event of the node."""


def _json(state: State) -> tuple[str, bytes]:
    return "application/json", json.dumps(state, indent=1).encode()


def _page(state: State) -> tuple[str, bytes]:
    rows = "".join(
        f"<tr><th scope='row'>{html.escape(name)}</th><td>{html.escape(_words(value))}</td></tr>"
        for name, value in state.items()
    )
    return "text/html", (_PAGE % ("Well" if state["well"] else "Something is wrong", rows)).encode()


def _words(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_words(each)}" for name, each in value.items()) or "none"
    if isinstance(value, list):
        return "; ".join(map(_words, value)) or "none"
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
