"""Whatever is wrong with a TOML file is one kind of error, for every reader of one."""

from pathlib import Path

import pytest

from Training.recipes.reading import changed
from VSSegmentationLib.batch.slurm import read_slurm_file
from VSSegmentationLib.codec import read_toml_file
from VSSegmentationLib.errors import ConfigError, UsageError
from VSSegmentationLib.node.config import read_config

DEEP = "a = " + "[" * 100_000 + "]" * 100_000
DAMAGED = {
    "nested": (DEEP.encode(), "too deeply"),
    "no TOML": (b"a = = 1", "Invalid value"),
    "no UTF-8": (b"a = '\xff'", "decode"),
}


@pytest.mark.parametrize("damage", sorted(DAMAGED))
def test_every_damage_is_a_value_error_and_each_reader_has_a_sentence_for_it(tmp_path: Path, damage: str):
    file = tmp_path / "x.toml"
    content, said = DAMAGED[damage]
    file.write_bytes(content)
    with pytest.raises(ValueError, match=said):
        read_toml_file(file)
    with pytest.raises(UsageError, match="can't be read as TOML"):
        read_slurm_file(file)
    with pytest.raises(ConfigError, match="the configuration is no TOML"):
        read_config(file)


def test_a_sound_file_is_its_table(tmp_path: Path):
    (tmp_path / "x.toml").write_text("a = 1\n[b]\nc = ['d']\n", encoding="utf-8")
    assert read_toml_file(tmp_path / "x.toml") == {"a": 1, "b": {"c": ["d"]}}


def test_a_change_of_a_recipe_that_nests_too_deeply_is_refused():
    with pytest.raises(ConfigError, match="nests too deeply"):
        changed({}, (DEEP,))
