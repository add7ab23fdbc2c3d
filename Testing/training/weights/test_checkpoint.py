from dataclasses import replace
from pathlib import Path

import pytest
import torch

from Training.recipes.reading import read_recipe, recipe_from_table
from Training.tables import to_table
from Training.weights import find_weights, network_of_run
from Training.weights.checkpoint import load_checkpoint, save_checkpoint
from VSSegmentationLib.errors import ModelError, UsageError, VSSegmentationError
from VSSegmentationLib.networks import build_network

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


def test_a_run_may_begin_with_a_network_of_other_inputs_and_outputs_and_sees_the_new_inputs_later(tmp_path):
    small = {"channels": [4, 8], "kernels_dhw": [[1, 3, 3], [3, 3, 3]], "strides_dhw": [[1, 2, 2]], "norm": "instance"}
    theirs, ours = (
        recipe_from_table({"name": "x", "network": {**small, **more}, "loss": {}, "run": {"steps": 1}})
        for more in ({"attention": True, "out_channels": 4}, {"attention": False, "in_channels": 3})
    )
    torch.manual_seed(5)
    network = build_network(theirs.network).eval()
    content = {"step": 1, "recipe": to_table(theirs), "model": network.state_dict()}
    save_checkpoint(tmp_path / "best.pt", content)
    begun = build_network(ours.network).eval()
    begun.load_state_dict(dict(find_weights(tmp_path / "best.pt", ours, ends_may_differ=True).weights))
    image, noise = torch.randn(1, 1, 4, 16, 16), torch.randn(1, 2, 4, 16, 16)
    with torch.inference_mode():
        torch.testing.assert_close(begun.encoder[0](torch.cat([image, noise], 1)), network.encoder[0](image))
    torch.testing.assert_close(begun.bottom.state_dict(), network.bottom.state_dict())
    with pytest.raises(UsageError, match="holds another network"):  # a mean is of the same networks alone
        find_weights(tmp_path / "best.pt", ours)
    wider = replace(ours, network=replace(ours.network, channels=(4, 16)))
    with pytest.raises(UsageError, match="holds another network"):
        find_weights(tmp_path / "best.pt", wider, ends_may_differ=True)


@pytest.mark.parametrize("lacking", [{"step": 1}, {"recipe": 7, "step": 1}, {"recipe": {"name": "x"}, "step": None}])
def test_a_checkpoint_that_is_none_of_a_run_is_refused_in_a_sentence(tmp_path, lacking):
    save_checkpoint(tmp_path / "best.pt", lacking)
    recipe = read_recipe(RECIPES / "boundary_one_stage.toml")
    with pytest.raises(VSSegmentationError) as refused:
        find_weights(tmp_path / "best.pt", recipe)
    assert len(str(refused.value)) <= 300
    with pytest.raises(VSSegmentationError):
        network_of_run(tmp_path / "best.pt")
