"""A page of figures is not older than the models that it speaks of."""

import re
from pathlib import Path

import pytest

from Testing.support.documents import ROOT, tracked
from VSSegmentationLib.models import embedded_models

PAGES = tracked("docs/experiments/*.md")
SHIPPED = {entry.card.name: int(entry.card.version) for entry in embedded_models()}
SEGMENT = {entry.card.name for entry in embedded_models() if entry.card.role != "refiner"}
"""Models that take part when a scan is segmented; one that corrects by clicks waits for a person."""
MEASURE_MODELS = ("engines.md", "peers.md")
"""Pages of benchmarks that run the models that segment: they have to name them."""


def versions_named(text: str) -> dict[str, int]:
    """Return the newest version of each shipped model that a text names behind the model's name."""
    found: dict[str, int] = {}
    for name in SHIPPED:
        named = re.findall(rf"\b{name}`?,?(?: |-)(?:version )?(\d+)\b(?![.,]\d|%)", " ".join(text.split()))
        if named:
            found[name] = max(int(version) for version in named)
    return found


def test_versions_are_found_behind_the_names_of_models():
    text = "of `spvpa_t2_synthetic` 6 and\nspvpa_t2_synthetic, version 5; divider_synthetic 2, locator_synthetic alone"
    assert versions_named(text) == {"spvpa_t2_synthetic": 6, "divider_synthetic": 2}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_no_page_of_figures_speaks_of_older_models_alone(page: Path):
    named = versions_named(page.read_text(encoding="utf-8"))
    older = {name: version for name, version in named.items() if version < SHIPPED[name]}
    assert older == {}, f"measured with models that no longer ship; they have {SHIPPED}"


@pytest.mark.parametrize("name", MEASURE_MODELS)
def test_pages_of_benchmarks_name_the_models_that_they_ran_and_their_command(name: str):
    text = (ROOT / "docs" / "experiments" / name).read_text(encoding="utf-8")
    assert versions_named(text).keys() == SEGMENT
    assert "python -m benchmarks." in text
