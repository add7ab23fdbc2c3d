"""Samples by number: what the loop asks of a data source, and how workers hand it batches in a fixed order.

Sample i is a pure function of the source's configuration and i. So a run that stops after n samples goes on with
sample n, with any number of workers, and nothing about the data has to be stored.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from VSSegmentationLib.errors import VSSegmentationError

ImageAndLabels: TypeAlias = tuple[NDArray[np.float32], NDArray[np.uint8]]


class SampleSource(Protocol):
    """Anything that makes sample number `index`: (image (1, D, H, W) float32, labels (D, H, W) uint8)."""

    def sample(self, index: int) -> ImageAndLabels:
        """Return the sample; the same one every time, in whatever process and order it is asked for."""
        ...


class Batch(NamedTuple):
    """Samples stacked."""

    image: Tensor  # (B, 1, D, H, W) float32
    labels: Tensor  # (B, D, H, W) int64


@dataclass(frozen=True, kw_only=True)
class Share:
    """Which part of the stream of samples one device takes."""

    batch_size: int
    rank: int = 0
    world_size: int = 1
    first_batch: int = 0
    """Batches that each device has taken already."""
    last_batch: int
    """One past the last batch."""


def batch_of(source: SampleSource, indices: range | list[int]) -> Batch:
    """Make the samples of these numbers here and now, and stack them."""
    return _collate([source.sample(index) for index in indices])


def batches(source: SampleSource, share: Share, *, num_workers: int) -> Iterator[Batch]:
    """Yield one device's batches in order; with workers the next ones are made while this one is trained on.

    Raises:
        VSSegmentationError: What the source refused, worded as it worded it, whichever process found it.
    """
    loader = DataLoader(
        _Samples(source),
        batch_sampler=_BatchIndices(share),
        collate_fn=_collate_or_refuse,
        num_workers=num_workers,
        prefetch_factor=4 if num_workers else None,
    )
    return _raising(iter(loader))  # made here: it draws a random number, which no training step may notice


def _raising(stream: Iterator[Batch | VSSegmentationError]) -> Iterator[Batch]:
    for batch in stream:
        if isinstance(batch, VSSegmentationError):
            raise batch
        yield batch


class _Samples(Dataset[ImageAndLabels | VSSegmentationError]):
    def __init__(self, source: SampleSource) -> None:
        self._source = source

    def __getitem__(self, index: int) -> ImageAndLabels | VSSegmentationError:
        try:
            return self._source.sample(index)
        except VSSegmentationError as error:
            return error  # raised in a worker, its one sentence would arrive as a traceback


class _BatchIndices(Sampler[list[int]]):
    """Batch b of rank r holds the samples from (b * world_size + r) * batch_size on."""

    def __init__(self, share: Share) -> None:
        self._share = share

    def __iter__(self) -> Iterator[list[int]]:
        share = self._share
        for number in range(share.first_batch, share.last_batch):
            start = (number * share.world_size + share.rank) * share.batch_size
            yield list(range(start, start + share.batch_size))


def _collate_or_refuse(samples: list[ImageAndLabels | VSSegmentationError]) -> Batch | VSSegmentationError:
    refused = [sample for sample in samples if isinstance(sample, VSSegmentationError)]
    return refused[0] if refused else _collate([sample for sample in samples if isinstance(sample, tuple)])


def _collate(samples: list[ImageAndLabels]) -> Batch:
    image = torch.from_numpy(np.stack([image for image, _ in samples]))
    labels = torch.from_numpy(np.stack([labels for _, labels in samples]))
    return Batch(image, labels.long())
