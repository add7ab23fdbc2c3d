"""What the tests of the node share."""

import pytest

from Testing.support.node_parts import Clock


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "node"
