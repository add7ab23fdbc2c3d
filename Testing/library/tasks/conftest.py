"""The toy task, installed as another package would be."""

import os
from pathlib import Path

import pytest

from Testing.support.toy_task import fill_toy_folder, install_toy_task


@pytest.fixture
def toy_installed(tmp_path_factory, monkeypatch) -> Path:
    """Known in this process and in those that it starts."""
    folder = install_toy_task(tmp_path_factory.mktemp("packages"))
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH")))))
    return folder


@pytest.fixture(scope="session")
def toy_folder(tmp_path_factory) -> Path:
    """Two scans and a model that takes both."""
    return fill_toy_folder(tmp_path_factory.mktemp("toy"))
