"""Fixtures for tests on the host; a conftest imports them."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from Testing.support.host import host as hosting
from Testing.support.host import slots


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave what went wrong in slots to the host; pytest-qt would keep a part of it. A UserWarning is a failure, too:

    Slicer's own Python warns so of observers that are not there.
    """
    for item in items:
        if "_running_host" in getattr(item, "fixturenames", ()):
            item.add_marker("qt_no_exception_capture")
            item.add_marker(pytest.mark.filterwarnings("error::UserWarning"))


@pytest.fixture(scope="session")
def _running_host() -> Iterator[hosting.Host]:
    running = hosting.start()
    yield running
    running.close()


@pytest.fixture(scope="session")
def qapp(_running_host: hosting.Host) -> Any:
    """Take the place of pytest-qt's application: the host's own."""
    return _running_host.app


@pytest.fixture
def slicer_host(_running_host: hosting.Host) -> Iterator[hosting.Host]:
    """Give a host with an empty scene; fail the test on exceptions in slots and on VTK's errors."""
    _running_host.take_failures()
    before, sys.excepthook = sys.excepthook, slots.failures.hook
    yield _running_host
    _running_host.scene.mrml.Clear(0)
    _running_host.process_events()
    sys.excepthook = before
    failures = _running_host.take_failures()
    if failures:
        pytest.fail("\n".join(["in slots, observers or VTK:", *failures]), pytrace=False)


@pytest.fixture
def module_widget(slicer_host: hosting.Host) -> Iterator[Callable[[Path], Any]]:
    """Give a function that loads a scripted module and returns its widget object; modules are unloaded at the end."""
    loaded: list[str] = []

    def load(path: Path) -> Any:
        loaded.append(path.stem)
        return slicer_host.load_module(path)

    yield load
    for name in loaded:
        slicer_host.unload_module(name)
