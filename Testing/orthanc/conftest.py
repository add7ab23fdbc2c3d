"""Orthanc listens on all addresses of its machine, so it runs only in a network of its own: `make test-orthanc`."""

import shutil
import socket

import pytest

_ALONE = [name for _, name in socket.if_nameindex()] == ["lo"]
_REASON = (
    "Orthanc is not installed (Debian: orthanc, orthanc-dicomweb)"
    if shutil.which("Orthanc") is None
    else "Orthanc may run in a network of its own only: make test-orthanc"
)


def pytest_collection_modifyitems(items):
    if shutil.which("Orthanc") is None or not _ALONE:
        for item in items:
            if item.path.parent.name == "orthanc":
                item.add_marker(pytest.mark.skip(reason=_REASON))
