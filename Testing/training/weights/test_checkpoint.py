from pathlib import Path

import pytest
import torch

from Training.recipes.reading import read_recipe
from Training.weights import find_weights, network_of_run
from Training.weights.checkpoint import load_checkpoint, save_checkpoint
from VSSegmentationLib.errors import ModelError, VSSegmentationError

RECIPES = Path(__file__).resolve().parents[3] / "Training" / "recipes"

CONTENT = {"step": 5, "weights": {"a": torch.arange(4.0)}, "best": None, "names": ["x"]}


class WriteFailedError(Exception):
    pass


def test_what_was_saved_is_loaded(tmp_path):
    save_checkpoint(tmp_path / "c.pt", CONTENT)
    loaded = load_checkpoint(tmp_path / "c.pt")
    assert torch.equal(loaded["weights"].pop("a"), torch.arange(4.0))
    assert loaded == {"format": 1, "step": 5, "weights": {}, "best": None, "names": ["x"]}


def test_failure_in_the_middle_of_writing_leaves_the_old_checkpoint(tmp_path, monkeypatch):
    save_checkpoint(tmp_path / "c.pt", CONTENT)

    def half_written(_content, file):
        file.write(b"half a file")
        raise WriteFailedError

    monkeypatch.setattr(torch, "save", half_written)
    with pytest.raises(WriteFailedError):
        save_checkpoint(tmp_path / "c.pt", {"step": 6})
    assert load_checkpoint(tmp_path / "c.pt")["step"] == 5
    assert [path.name for path in tmp_path.iterdir()] == ["c.pt"]


def test_failure_of_the_exchange_leaves_the_old_checkpoint(tmp_path, monkeypatch):
    save_checkpoint(tmp_path / "c.pt", CONTENT)

    def refuse(self, target):
        raise WriteFailedError

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(WriteFailedError):
        save_checkpoint(tmp_path / "c.pt", {"step": 6})
    assert load_checkpoint(tmp_path / "c.pt")["step"] == 5


def test_what_a_kill_left_behind_does_not_hinder_the_next_write(tmp_path):
    (tmp_path / ".c.pt.partial").write_bytes(b"half a file")
    save_checkpoint(tmp_path / "c.pt", CONTENT)
    assert [path.name for path in tmp_path.iterdir()] == ["c.pt"]


def test_damaged_and_missing_and_foreign_files_are_refused(tmp_path):
    file = tmp_path / "c.pt"
    with pytest.raises(ModelError, match=r"no checkpoint c\.pt"):
        load_checkpoint(file)
    save_checkpoint(file, CONTENT)
    file.write_bytes(file.read_bytes()[:-200])
    with pytest.raises(ModelError, match="is damaged"):
        load_checkpoint(file)
    torch.save({"format": 99}, file)
    with pytest.raises(ModelError, match="format 99, this version reads 1"):
        load_checkpoint(file)


def test_code_in_a_checkpoint_is_never_run(tmp_path):
    class Harmful:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "harm",))

    torch.save({"format": 1, "step": Harmful()}, tmp_path / "c.pt")
    with pytest.raises(ModelError, match="damaged or no checkpoint"):
        load_checkpoint(tmp_path / "c.pt")
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize("lacking", [{"step": 1}, {"recipe": 7, "step": 1}, {"recipe": {"name": "x"}, "step": None}])
def test_a_checkpoint_that_is_none_of_a_run_is_refused_in_a_sentence(tmp_path, lacking):
    save_checkpoint(tmp_path / "best.pt", lacking)
    recipe = read_recipe(RECIPES / "boundary_one_stage.toml")
    with pytest.raises(VSSegmentationError) as refused:
        find_weights(tmp_path / "best.pt", recipe)
    assert len(str(refused.value)) <= 300
    with pytest.raises(VSSegmentationError):
        network_of_run(tmp_path / "best.pt")
