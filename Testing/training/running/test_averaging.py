import pytest
import torch

from Training.running.averaging import WeightAverage, average_decay


class OneNumber(torch.nn.Module):
    def __init__(self, value):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.tensor(float(value)))
        self.register_buffer("running", torch.tensor(float(value)))
        self.register_buffer("seen", torch.tensor(0))


def test_decay_starts_at_a_tenth_and_ends_at_its_limit():
    assert [average_decay(0.9, step) for step in (0, 1, 8, 80, 81, 10**6)] == pytest.approx(
        [1 / 10, 2 / 11, 9 / 18, 81 / 90, 0.9, 0.9]
    )


def test_average_follows_the_formula_for_weights_and_running_statistics():
    network = OneNumber(1.0)
    average = WeightAverage(network, decay=0.15)
    with torch.no_grad():
        for step, value in enumerate((3.0, -2.0)):
            network.weight.fill_(value)
            network.running.fill_(10 * value)
            network.seen.fill_(step + 1)
            average.update(network, step)
    # 0.1 * 1 + 0.9 * 3 = 2.8 ; then min(0.15, 2/11) = 0.15: 0.15 * 2.8 - 0.85 * 2
    assert average.network.weight.item() == pytest.approx(0.15 * 2.8 - 0.85 * 2.0)
    assert average.network.running.item() == pytest.approx(0.15 * (0.1 + 27.0) - 0.85 * 20.0)
    assert average.network.seen.item() == 2


def test_average_is_a_network_of_its_own_in_evaluation_mode():
    network = OneNumber(1.0)
    average = WeightAverage(network, decay=0.9)
    assert not average.network.training
    assert network.training
    assert not average.network.weight.requires_grad
    assert average.network.weight is not network.weight
