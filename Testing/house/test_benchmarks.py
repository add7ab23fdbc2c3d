"""Benchmarks are run seldom, so that a name they take from elsewhere can go unseen: each of them is imported here."""

import importlib
from pathlib import Path

import pytest

from Testing.support.documents import ROOT

BENCHMARKS = sorted((ROOT / "benchmarks").glob("*.py"))


@pytest.mark.parametrize("path", BENCHMARKS, ids=lambda path: path.stem)
def test_a_benchmark_can_be_imported_and_says_how_it_is_run(path: Path):
    if path.stem == "__init__":
        return
    module = importlib.import_module(f"benchmarks.{path.stem}")
    assert module.__doc__
