"""Tests on the Qt host: it is started once, before pytest-qt would make an application of its own."""

from Testing.support.host.fixtures import _running_host, module_widget, pytest_collection_modifyitems, qapp, slicer_host

__all__ = ["_running_host", "module_widget", "pytest_collection_modifyitems", "qapp", "slicer_host"]
