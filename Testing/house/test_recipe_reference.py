"""The page of every recipe key is what the code says."""

from dataclasses import fields

import pytest

from tools.recipe_reference import PAGE, field_docs, page_text
from Training.recipes.config import OptimizerConfig, RunConfig, ScheduleConfig
from Training.synthesis import SynthesisConfig


def test_the_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == page_text(), "run `python -m tools.recipe_reference`"


@pytest.mark.parametrize(
    ("key", "default", "unit"),
    [
        ("halve_every", "`10000`", "steps"),
        ("medial_of_porus_mm", "`5.0`", "mm"),
        ("patch_dhw", "`[24, 88, 88]`", "voxels along D, H, W"),
        ("tumor_share", "`0.7`", "share, 0 to 1"),
        ("located_within_mm", "`[3.0, 4.0, 4.5]`", "mm"),
        ("steps", "required", "steps"),
        ("kind", '`"AdamW"`', ""),
    ],
)
def test_a_key_has_its_default_and_its_unit(key: str, default: str, unit: str):
    rows = [line for line in page_text().splitlines() if line.startswith(f"| `{key}` |")]
    assert any([cell.strip() for cell in row.split("|")[2:4]] == [default, unit] for row in rows)


@pytest.mark.parametrize("cls", [RunConfig, OptimizerConfig, ScheduleConfig, SynthesisConfig])
def test_every_key_of_the_code_is_on_the_page(cls: type):
    text = page_text()
    for each in fields(cls):
        assert f"| `{each.name}` |" in text or f".{each.name}]`" in text, "a key, or a table of its own"


def test_a_value_from_a_publication_names_it():
    row = next(line for line in page_text().splitlines() if line.startswith("| `halve_every`"))
    assert row.rstrip(" |").endswith("Wang et al., MICCAI 2019")
    assert field_docs(ScheduleConfig)["factor"] == ""
    assert field_docs(ScheduleConfig)["patience"].startswith("Of validations")
