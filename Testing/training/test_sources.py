import numpy as np
import pytest
import torch

from Testing.support.toy_source import BallsInNoise
from Training.sources import Share, batch_of, batches, without_some_channels


class Numbered:
    """Sample i holds nothing but its number."""

    def sample(self, index):
        return np.full((1, 1, 1, 1), index, np.float32), np.full((1, 1, 1), index % 3, np.uint8)


def numbers(share, workers=0):
    return [batch.image.flatten().int().tolist() for batch in batches(Numbered(), share, num_workers=workers)]


def test_batches_come_in_order_from_any_number_of_workers():
    share = Share(batch_size=3, last_batch=4)
    expected = [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9, 10, 11]]
    assert [numbers(share, workers) for workers in (0, 1, 2)] == [expected] * 3


def test_later_start_goes_on_with_the_next_sample():
    assert numbers(Share(batch_size=2, first_batch=5, last_batch=7)) == [[10, 11], [12, 13]]


def test_devices_share_the_stream_without_gap_or_overlap():
    shares = [Share(batch_size=2, rank=rank, world_size=3, last_batch=4) for rank in range(3)]
    taken = sorted(number for share in shares for batch in numbers(share) for number in batch)
    assert taken == list(range(24))
    assert numbers(shares[1])[0] == [2, 3]


def test_batch_has_the_shapes_and_types_of_the_loss():
    batch = batch_of(BallsInNoise(shape_dhw=(4, 6, 8)), [0, 1])
    assert (batch.image.shape, batch.image.dtype) == ((2, 1, 4, 6, 8), torch.float32)
    assert (batch.labels.shape, batch.labels.dtype) == ((2, 4, 6, 8), torch.int64)


def test_channels_are_left_out_as_often_as_asked_and_never_all():
    image = np.ones((3, 2, 2, 2), np.float32)
    kept = np.array(
        [without_some_channels(np.random.default_rng(seed), image, 0.5)[:, 0, 0, 0] for seed in range(4000)]
    )
    assert set(np.unique(kept)) == {0.0, 1.0}
    assert kept.sum(axis=1).min() == 1
    # Each of 8 patterns comes in 1 of 8; that without any channel becomes one with a single one.
    assert (kept.sum(axis=1) == 1).mean() == pytest.approx(4 / 8, abs=0.03)
    assert (kept.sum(axis=1) == 3).mean() == pytest.approx(1 / 8, abs=0.02)
    np.testing.assert_array_equal(without_some_channels(np.random.default_rng(0), image, 0.0), image)
