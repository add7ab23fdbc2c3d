import signal
from dataclasses import replace

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from Testing.support.toy_source import BallsInNoise
from Testing.support.toy_training import run_toy_program, run_toy_under_torchrun, toy_recipe, train_toy
from Training.recipes import recipe_from_table
from Training.running.devices import make_fabric, without_denormals
from Training.running.loop import train
from Training.running.run_folder import DiskFullError, read_rows
from Training.tables import to_table
from Training.weights.checkpoint import load_checkpoint
from VSSegmentationLib.errors import ConfigError, InputRefusedError, UsageError

SAMPLES_APART = {"norm": "instance", "dropout": 0.0}
"""With these, what a network does with a sample depends on no other sample and on no chance."""


def losses(folder):
    """The log without its clock."""
    return [{key: value for key, value in row.items() if key != "seconds"} for row in read_rows(folder / "log.csv")]


def assert_same(one, other):
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for key in one:
            if key != "seconds":
                assert_same(one[key], other[key])
    elif isinstance(one, torch.Tensor):
        assert torch.equal(one, other)
    elif isinstance(one, list):
        for a, b in zip(one, other, strict=True):
            assert_same(a, b)
    else:
        assert one == other


def test_run_killed_between_checkpoints_goes_on_bit_for_bit(tmp_path):
    recipe = toy_recipe(num_workers=1)
    train_toy(recipe, tmp_path / "whole")
    ended = run_toy_program(recipe, tmp_path / "killed", "--kill-after", "7")
    assert ended == -signal.SIGKILL
    assert [row["step"] for row in losses(tmp_path / "killed")] == ["1", "2", "3", "4", "5", "6"]
    assert load_checkpoint(tmp_path / "killed" / "checkpoint.pt")["step"] == 4

    train_toy(recipe, tmp_path / "killed", resume=True)

    assert losses(tmp_path / "killed") == losses(tmp_path / "whole")
    killed, whole = (load_checkpoint(tmp_path / name / "checkpoint.pt") for name in ("killed", "whole"))
    assert_same(killed, whole)


def plateau_recipe(**run):
    """Nothing gets better than at the first validation: steps of such a rate leave what is measured as it is."""
    table = to_table(toy_recipe({"norm": "instance"}, validate_every=1, **run))
    table["optimizer"] |= {"learning_rate": 1e-12, "schedule": {"kind": "plateau", "patience": 2, "factor": 0.5}}
    return recipe_from_table(table)


def test_rate_falls_at_a_plateau_and_a_killed_run_goes_on_with_it_bit_for_bit(tmp_path):
    recipe = plateau_recipe()
    train_toy(recipe, tmp_path / "whole")
    rates = [float(row["learning_rate"]) / 1e-12 for row in losses(tmp_path / "whole")]
    # Step 1 is the best there is; 2 and 3 are waited for, 4 halves what follows, and then every third one does.
    assert rates == pytest.approx([1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125, 0.125])

    assert run_toy_program(recipe, tmp_path / "killed", "--kill-after", "7") == -signal.SIGKILL
    assert load_checkpoint(tmp_path / "killed" / "checkpoint.pt")["plateau"]["reductions"] == 1
    train_toy(recipe, tmp_path / "killed", resume=True)

    assert losses(tmp_path / "killed") == losses(tmp_path / "whole")
    assert_same(*(load_checkpoint(tmp_path / name / "checkpoint.pt") for name in ("killed", "whole")))


def test_a_longer_run_waits_at_its_plateau_as_if_it_had_been_so_long_from_the_start(tmp_path):
    for steps in (5, 12):
        recipe = plateau_recipe(steps=steps)
        recipe = replace(recipe, run=replace(recipe.run, validate_every=2))
        train_toy(recipe, tmp_path / "parts", resume=True)
    train_toy(recipe, tmp_path / "whole")
    assert losses(tmp_path / "parts") == losses(tmp_path / "whole")


def test_a_plateau_needs_validations_as_often_as_they_were(tmp_path):
    recipe = plateau_recipe(steps=1)
    with pytest.raises(ConfigError, match="this run has none"):
        train(recipe, BallsInNoise(), tmp_path, fabric=make_fabric("cpu", 1, "32-true"))
    train_toy(recipe, tmp_path)
    with pytest.raises(ConfigError, match=r"run\.validate_every was 1, is 3"):
        train_toy(replace(recipe, run=replace(recipe.run, validate_every=3)), tmp_path, resume=True)


def test_log_holds_every_step_once_after_several_interruptions_and_any_number_of_workers(tmp_path):
    for steps, workers in ((3, 0), (7, 1), (8, 2), (12, 0)):
        train_toy(toy_recipe(steps=steps, num_workers=workers), tmp_path, resume=True)
    assert [int(row["step"]) for row in losses(tmp_path)] == list(range(1, 13))
    assert [int(row["step"]) for row in read_rows(tmp_path / "validation.csv")] == [3, 6, 7, 8, 12]


def test_number_of_workers_changes_nothing(tmp_path):
    for workers in (0, 2):
        train_toy(toy_recipe(num_workers=workers, steps=6), tmp_path / str(workers))
    assert losses(tmp_path / "0") == losses(tmp_path / "2")


def test_asked_to_stop_it_leaves_a_checkpoint_of_the_last_step(tmp_path):
    answers = iter([False, False, True])
    state = train_toy(toy_recipe(), tmp_path, should_stop=lambda: next(answers))
    assert state.step == 3
    assert load_checkpoint(tmp_path / "checkpoint.pt")["step"] == 3


def test_a_run_that_ends_early_keeps_the_schedule_of_its_whole_length(tmp_path):
    whole, part = tmp_path / "whole", tmp_path / "part"
    train_toy(toy_recipe(steps=6), whole)
    state = train_toy(toy_recipe(steps=6), part, stop_after=4)
    assert state.step == load_checkpoint(part / "checkpoint.pt")["step"] == 4
    assert [row["total"] for row in losses(part)] == [row["total"] for row in losses(whole)][:4]


def test_two_small_batches_accumulated_equal_one_large(tmp_path):
    for name, run in (("one", {"batch_size": 4}), ("two", {"batch_size": 2, "accumulate": 2})):
        train_toy(toy_recipe(SAMPLES_APART, steps=5, **run), tmp_path / name)
    assert_close(losses(tmp_path / "one"), losses(tmp_path / "two"))


def test_two_processes_average_their_gradients(tmp_path):
    alone = toy_recipe(SAMPLES_APART, steps=5, batch_size=4)
    together = toy_recipe(SAMPLES_APART, steps=5, batch_size=2)
    train_toy(alone, tmp_path / "alone")
    assert run_toy_program(together, tmp_path / "together", "--devices", "2") == 0
    assert_close(losses(tmp_path / "alone"), losses(tmp_path / "together"))


@pytest.mark.slow  # two processes of our own are shown above
def test_under_torchrun_two_processes_equal_one_with_the_doubled_batch(tmp_path):
    alone = toy_recipe(SAMPLES_APART, steps=5, batch_size=4)
    together = toy_recipe(SAMPLES_APART, steps=5, batch_size=2)
    train_toy(alone, tmp_path / "alone")
    assert run_toy_under_torchrun(together, tmp_path / "together", 2) == 0
    assert_close(losses(tmp_path / "alone"), losses(tmp_path / "together"))


def assert_close(one, other):
    assert len(one) == len(other)
    for a, b in zip(one, other, strict=True):
        for key in ("total", "dice", "cross_entropy", "attention", "gradient_norm"):
            # Sums in another order; five steps of Adam widen that a little.
            assert float(a[key]) == pytest.approx(float(b[key]), rel=1e-3, abs=1e-4), (a["step"], key)


def test_it_learns_balls_in_noise(tmp_path):
    recipe = toy_recipe(steps=120, batch_size=4, validate_every=60, checkpoint_every=120)
    state = train_toy(recipe, tmp_path)
    assert state.best is not None
    assert state.best["dice"] > 0.8
    best = load_checkpoint(tmp_path / "best.pt")
    assert best["step"] == state.best["step"]
    assert best["measured"]["dice"] == state.best["dice"]


def test_denormal_numbers_are_zero_in_training_and_afterwards_what_they_were():
    def denormal():
        return (torch.full((8,), 1e-37) * 1e-3).tolist()

    if not torch.set_flush_denormal(False):
        pytest.skip("this CPU cannot set denormal numbers to zero")
    before = denormal()
    assert min(before) > 0
    with without_denormals():
        assert denormal() == [0.0] * 8
        with without_denormals():
            pass
        assert denormal() == [0.0] * 8
    assert denormal() == before


def test_training_runs_without_denormals_and_leaves_none_of_that_behind(tmp_path):
    if not torch.set_flush_denormal(False):
        pytest.skip("this CPU cannot set denormal numbers to zero")
    seen = []

    def look():
        seen.append((torch.full((1,), 1e-37) * 1e-3).item())
        return False

    recipe = toy_recipe(steps=1)
    fabric = make_fabric("cpu", 1, recipe.run.precision)
    train(recipe, BallsInNoise(), tmp_path, fabric=fabric, should_stop=look)
    assert seen == [0.0]
    assert (torch.full((1,), 1e-37) * 1e-3).item() > 0


def test_best_weights_are_the_averaged_ones(tmp_path):
    state = train_toy(toy_recipe(steps=6), tmp_path)
    assert state.average is not None
    assert_same(load_checkpoint(tmp_path / "best.pt")["model"], dict(state.average.network.state_dict()))


def test_channels_last_gives_the_same_losses_to_rounding(tmp_path):
    for channels_last in (False, True):
        recipe = toy_recipe(SAMPLES_APART, steps=4, channels_last=channels_last)
        train_toy(recipe, tmp_path / str(channels_last))
    assert_close(losses(tmp_path / "False"), losses(tmp_path / "True"))


def test_bfloat16_gives_the_same_losses_to_its_eight_bits_and_keeps_float32_weights(tmp_path):
    for precision in ("32-true", "bf16-mixed"):
        train_toy(toy_recipe(SAMPLES_APART, steps=1, precision=precision), tmp_path / precision)
    (exact,), (rounded,) = (losses(tmp_path / precision) for precision in ("32-true", "bf16-mixed"))
    assert float(rounded["total"]) == pytest.approx(float(exact["total"]), rel=2**-7)
    assert rounded["total"] != exact["total"]
    model = load_checkpoint(tmp_path / "bf16-mixed" / "checkpoint.pt")["model"]
    assert {tensor.dtype for tensor in model.values()} == {torch.float32}


def test_used_folder_is_refused_without_resume(tmp_path):
    train_toy(toy_recipe(steps=1), tmp_path)
    with pytest.raises(UsageError, match="not empty; add --resume"):
        train_toy(toy_recipe(steps=1), tmp_path)


def test_checkpoint_of_another_recipe_is_refused_by_the_key_that_differs(tmp_path):
    train_toy(toy_recipe(steps=1), tmp_path)
    with pytest.raises(ConfigError, match=r"another recipe: run\.batch_size was 2, is 3\. "):
        train_toy(toy_recipe(steps=2, batch_size=3), tmp_path, resume=True)


def test_label_without_a_class_is_refused(tmp_path):
    class LabelThree:
        def sample(self, index):
            return torch.zeros(1, 2, 4, 4).numpy(), torch.full((2, 4, 4), 3, dtype=torch.uint8).numpy()

    with pytest.raises(ConfigError, match=r"hold label 3, so network\.out_channels must be > 3, got 2"):
        train_toy_on(LabelThree(), tmp_path)


def test_loss_that_is_not_finite_ends_the_run_and_names_the_step(tmp_path):
    class Broken:
        def sample(self, index):
            value = float("nan") if index >= 4 else index + 1.0  # two per step: the third step sees it
            image = torch.randn(1, 2, 4, 4, generator=torch.Generator().manual_seed(index)) * value
            return image.numpy(), torch.ones((2, 4, 4), dtype=torch.uint8).numpy()

    with pytest.raises(FloatingPointError, match="not finite at step 3"):
        train_toy_on(Broken(), tmp_path, checkpoint_every=2)
    assert load_checkpoint(tmp_path / "checkpoint.pt")["step"] == 2


@pytest.mark.parametrize("workers", [0, 1])
def test_a_damaged_sample_ends_the_run_in_its_own_words_and_leaves_the_checkpoint(tmp_path, workers):
    class Damaged(BallsInNoise):
        def sample(self, index):
            if index == 6:  # two per step: the fourth step asks for it
                message = "0003.npz of the pool is damaged"
                raise InputRefusedError(message)
            return super().sample(index)

    with pytest.raises(InputRefusedError, match=r"^0003\.npz of the pool is damaged$"):
        train_toy_on(Damaged(), tmp_path, checkpoint_every=2, num_workers=workers)
    assert load_checkpoint(tmp_path / "checkpoint.pt")["step"] == 2


def test_a_full_disk_ends_the_run_in_one_sentence_and_the_run_goes_on_from_what_was_whole(tmp_path):
    train_toy(toy_recipe(), tmp_path / "whole")
    full = tmp_path / "full"
    train_toy(toy_recipe(), full, stop_after=4)
    (full / ".checkpoint.pt.partial").symlink_to("/dev/full")  # where the next checkpoint is written first
    with pytest.raises(DiskFullError, match=r"no space left on the disk .* its last checkpoint is whole"):
        train_toy(toy_recipe(), full, resume=True)
    assert load_checkpoint(full / "checkpoint.pt")["step"] == 4
    train_toy(toy_recipe(), full, resume=True)
    assert_same(load_checkpoint(full / "checkpoint.pt"), load_checkpoint(tmp_path / "whole" / "checkpoint.pt"))


def test_tensorboard_shows_both_logs_and_every_step_once_after_a_kill(tmp_path):
    recipe = toy_recipe(steps=8)
    train_toy(recipe, tmp_path, tensorboard=True, stop_after=6)
    checkpoint = load_checkpoint(tmp_path / "checkpoint.pt")
    train_toy(recipe, tmp_path, tensorboard=True, resume=True)
    assert checkpoint["step"] == 6
    board = EventAccumulator(str(tmp_path / "tensorboard"), size_guidance={"scalars": 0}).Reload()
    shown = {event.step: event.value for event in board.Scalars("training/total")}
    assert shown == pytest.approx({int(row["step"]): float(row["total"]) for row in losses(tmp_path)}, rel=1e-6)
    assert [event.step for event in board.Scalars("training/total")] == list(range(1, 9))
    assert [event.step for event in board.Scalars("validation/dice")] == [6, 8]


def train_toy_on(source, folder, **run):
    return train(toy_recipe(**run), source, folder, fabric=make_fabric("cpu", 1, "32-true"))
