import math

import numpy as np
import pytest
import torch

from Training.recipes import OptimizerConfig, ScheduleConfig
from Training.running.optimizers import build_optimizer, set_learning_rate
from Training.running.plateau import Plateau
from Training.running.schedule import learning_rate_factor
from VSSegmentationLib.errors import ConfigError


def factors(schedule, steps, total):
    return [learning_rate_factor(schedule, step, total) for step in steps]


def test_warmup_climbs_by_equal_parts_to_one_for_every_kind():
    for kind in ("cosine", "halved", "constant", "plateau"):
        schedule = ScheduleConfig(kind=kind, warmup_steps=4)
        assert factors(schedule, range(5), 1000) == pytest.approx([0.25, 0.5, 0.75, 1.0, 1.0])


def test_cosine_goes_from_one_through_the_middle_to_the_final_fraction():
    schedule = ScheduleConfig(kind="cosine", warmup_steps=10, final_fraction=0.2)
    # After the warm-up 100 steps are left: cos of 0, 60, 90 and 180 degrees.
    assert factors(schedule, (10, 10 + 100 / 3, 60, 110), 110) == pytest.approx([1.0, 0.8, 0.6, 0.2])
    assert factors(schedule, (500,), 110) == [pytest.approx(0.2)]


def test_halved_every_ten_thousand_iterations_as_in_the_paper():
    schedule = ScheduleConfig(kind="halved")
    assert factors(schedule, (0, 9_999, 10_000, 19_999, 20_000, 35_000), 10**6) == [1, 1, 0.5, 0.5, 0.25, 0.125]


def test_constant_stays():
    assert factors(ScheduleConfig(kind="constant"), (0, 7, 10**6), 100) == [1, 1, 1]


@pytest.mark.parametrize("patience", [0, 1, 4])
def test_plateau_reduces_when_pytorchs_own_schedule_does(patience):
    values = np.random.default_rng(5).integers(0, 6, 60) / 10  # many of them equal to the best so far
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, "max", 0.5, patience, threshold=0.0, eps=0.0)
    schedule, ours = ScheduleConfig(kind="plateau", patience=patience, factor=0.5), Plateau()
    rates = []
    for value in values.tolist():
        theirs.step(value)
        ours = ours.after(value, patience)
        rates.append(learning_rate_factor(schedule, 1, 2, ours.reductions))
        assert rates[-1] == optimizer.param_groups[0]["lr"]
    assert len(set(rates)) > 5


def test_whole_run_as_warmup_never_divides_by_zero():
    assert factors(ScheduleConfig(warmup_steps=5), (4, 5), 5) == [1.0, 1.0]


@pytest.mark.parametrize(
    "wrong", [{"warmup_steps": -1}, {"halve_every": 0}, {"final_fraction": -0.1}, {"patience": -1}, {"factor": 1.0}]
)
def test_wrong_numbers_are_refused(wrong):
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        ScheduleConfig(**wrong)


def test_rate_reaches_every_parameter_group():
    config = OptimizerConfig(learning_rate=0.4, schedule=ScheduleConfig(kind="halved", halve_every=1))
    optimizer = build_optimizer(config, torch.nn.Conv3d(1, 2, 3))
    assert set_learning_rate(optimizer, config, 2, 10) == 0.1
    assert [group["lr"] for group in optimizer.param_groups] == [0.1, 0.1]


def test_weight_decay_shrinks_kernels_and_nothing_else():
    """AdamW with a zero gradient multiplies a decayed weight by 1 - rate * decay, and leaves the others."""
    layer = torch.nn.Sequential(torch.nn.Conv3d(1, 2, 1), torch.nn.BatchNorm3d(2), torch.nn.PReLU())
    before = {name: value.clone() for name, value in layer.named_parameters()}
    optimizer = build_optimizer(OptimizerConfig(learning_rate=0.1, weight_decay=0.5), layer)
    for parameter in layer.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    for name, value in layer.named_parameters():
        factor = 0.95 if name == "0.weight" else 1.0
        torch.testing.assert_close(value, before[name] * factor)


def test_adam_and_adamw_are_told_apart():
    network = torch.nn.Conv3d(1, 1, 1)
    kinds = [type(build_optimizer(OptimizerConfig(kind=kind), network)) for kind in ("Adam", "AdamW")]
    assert kinds == [torch.optim.Adam, torch.optim.AdamW]
    assert math.isclose(OptimizerConfig().learning_rate, 1e-3)


def test_linear_is_constant_for_its_share_and_then_falls_to_nothing_in_equal_steps():
    schedule = ScheduleConfig(kind="linear", constant_fraction=0.5)
    assert [learning_rate_factor(schedule, step, 8) for step in range(9)] == pytest.approx(
        [1, 1, 1, 1, 1, 0.75, 0.5, 0.25, 0]
    )
    assert learning_rate_factor(ScheduleConfig(kind="linear", constant_fraction=1.0), 7, 8) == 1
