"""A translator's training: killed and resumed bit for bit, what its folder holds, its rates, and that it learns."""

import signal

import pytest
import torch

from Testing.support.toy_translation import (
    discs,
    run_toy_translation,
    toy_slices,
    toy_translation,
    train_toy_translator,
)
from Training.adaptation.slices import translated_volume
from Training.running.run_folder import read_rows
from Training.weights.checkpoint import load_checkpoint
from VSSegmentationLib.errors import ConfigError, UsageError


def without_clock(content):
    """A checkpoint, or one of its parts, in a form that can be compared bit for bit."""
    if isinstance(content, dict):
        return {key: without_clock(value) for key, value in content.items() if key != "seconds"}
    if isinstance(content, list | tuple):
        return [without_clock(each) for each in content]
    return (content.dtype, content.tolist()) if isinstance(content, torch.Tensor) else content


def losses(folder):
    return [without_clock(row) for row in read_rows(folder / "log.csv")]


def test_a_killed_run_goes_on_bit_for_bit_with_all_its_networks_and_optimizers(tmp_path):
    recipe = toy_translation({"flips": True}, num_workers=1)
    train_toy_translator(recipe, tmp_path / "whole")
    assert run_toy_translation(recipe, tmp_path / "killed", "--kill-after", "5") == -signal.SIGKILL
    assert load_checkpoint(tmp_path / "killed" / "checkpoint.pt")["step"] == 3

    train_toy_translator(recipe, tmp_path / "killed", resume=True)

    assert losses(tmp_path / "killed") == losses(tmp_path / "whole")
    assert [row["step"] for row in losses(tmp_path / "whole")] == list("12345678")
    killed, whole = (load_checkpoint(tmp_path / name / "checkpoint.pt") for name in ("killed", "whole"))
    assert whole["networks"].keys() == {"generator", "heads", "discriminator"}
    assert without_clock(killed) == without_clock(whole)


def test_the_run_folder_holds_what_every_run_leaves_and_a_grid_of_pictures_for_each_validation(tmp_path):
    train_toy_translator(toy_translation(), tmp_path / "run")
    assert {path.name for path in (tmp_path / "run").iterdir()} == {
        "recipe.toml", "environment.json", "log.csv", "curves.png", "checkpoint.pt", "translations",
    }  # fmt: skip
    pictures = sorted((tmp_path / "run" / "translations").iterdir())
    assert [path.name for path in pictures] == ["after_0000004.png", "after_0000008.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in pictures)


def test_rates_are_constant_then_linear_and_the_discriminators_is_a_tenth(tmp_path):
    state = train_toy_translator(toy_translation(), tmp_path)
    rates = [float(row["learning_rate"]) / 2e-3 for row in losses(tmp_path)]
    assert rates == pytest.approx([1, 1, 1, 1, 1, 0.75, 0.5, 0.25])
    generator, discriminator = (state.optimizers[name].param_groups[0]["lr"] for name in ("generator", "discriminator"))
    assert discriminator == pytest.approx(0.1 * generator)


def test_each_optimizer_moves_its_own_networks_only(tmp_path):
    start = train_toy_translator(toy_translation({"adversarial_weight": 0.0, "contrast_weight": 0.0}), tmp_path / "a")
    other = train_toy_translator(
        toy_translation({"adversarial_weight": 0.0, "contrast_weight": 0.0}, steps=1), tmp_path / "b"
    )
    for name in ("generator", "heads"):  # nothing pulls at them, so Adam leaves them where they began
        for one, two in zip(start.networks[name].parameters(), other.networks[name].parameters(), strict=True):
            assert torch.equal(one, two)
    pairs = zip(start.discriminator.parameters(), other.discriminator.parameters(), strict=True)
    assert any(not torch.equal(one, two) for one, two in pairs)


def test_the_best_generator_is_the_one_that_measures_best(tmp_path):
    values = iter([0.2, 0.7, 0.5])
    recipe = toy_translation(steps=6, validate_every=2)
    state = train_toy_translator(recipe, tmp_path, validate=lambda _network: {"dice": next(values)})
    assert state.best == {"step": 4, "dice": 0.7}
    best = load_checkpoint(tmp_path / "best.pt")
    assert best["step"] == 4
    assert best["model"].keys() == state.generator.state_dict().keys()
    assert [row["dice"] for row in read_rows(tmp_path / "validation.csv")] == ["0.2", "0.7", "0.5"]


def test_it_learns_to_make_dark_discs_of_bright_ones(tmp_path):
    state = train_toy_translator(
        toy_translation(steps=150, batch_size=4, validate_every=150, checkpoint_every=150), tmp_path
    )
    image, labels = discs(9, inside=0.7, outside=-0.5)
    made = translated_volume(state.generator.eval(), image)
    assert made[labels == 0].mean() > made[labels == 1].mean() + 0.3


def test_bfloat16_trains_and_keeps_float32_weights(tmp_path):
    state = train_toy_translator(toy_translation(steps=1, precision="bf16-mixed"), tmp_path)
    assert {each.dtype for network in state.networks.values() for each in network.parameters()} == {torch.float32}
    assert len(losses(tmp_path)) == 1


def test_another_recipe_and_a_used_folder_are_refused(tmp_path):
    train_toy_translator(toy_translation(steps=1), tmp_path)
    with pytest.raises(UsageError, match="not empty; add --resume"):
        train_toy_translator(toy_translation(steps=1), tmp_path)
    with pytest.raises(ConfigError, match=r"another recipe: loss\.patches was 32, is 16"):
        train_toy_translator(toy_translation({"patches": 16}), tmp_path, resume=True)


@pytest.mark.parametrize("run", [{"accumulate": 2}, {"ema_decay": 0.9}, {"precision": "16-mixed"}])
def test_what_no_step_would_heed_is_refused(run):
    with pytest.raises(ConfigError, match=next(iter(run))):
        toy_translation(**run)


def test_slices_of_the_toy_are_what_a_translator_takes():
    image, labels = toy_slices().sample(0)
    assert (image.shape, labels.shape) == ((2, 1, 32, 32), (1, 32, 32))
