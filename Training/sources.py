"""Samples by number: what the loop asks of a data source, and how workers hand it batches in a fixed order.

Sample i is a pure function of the source's configuration and i. So a run that stops after n samples goes on with
sample n, with any number of workers, and nothing about the data has to be stored.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from VSSegmentationLib.errors import VSSegmentationError
from VSSegmentationLib.geometry import Triplet
from VSSegmentationLib.losses import boundary_distance_map
from VSSegmentationLib.tensors import tensor_of

ImageAndLabels: TypeAlias = tuple[NDArray[np.float32], NDArray[np.uint8]]
_Made: TypeAlias = tuple[NDArray[np.float32], NDArray[np.uint8], NDArray[np.float32] | None]


class SampleSource(Protocol):
    """Anything that makes sample number `index`: (image (C, D, H, W) float32, labels (D, H, W) uint8)."""

    def sample(self, index: int) -> ImageAndLabels:
        """Return the sample; the same one every time, in whatever process and order it is asked for."""
        ...


def without_some_channels(
    rng: np.random.Generator, image: NDArray[np.float32], left_out_share: float
) -> NDArray[np.float32]:
    """Return the image (C, D, H, W) with each channel left out (0, the mean) in this share of samples; never all.

    Source: randomly dropped inputs, as in Havaei et al., "HeMIS", MICCAI 2016, arXiv:1607.05194; 0 in place of a mean
    of features.
    """
    left_out = rng.random(len(image)) < left_out_share
    if left_out.all():
        left_out[int(rng.integers(len(image)))] = False
    return np.where(left_out[:, None, None, None], np.float32(0), image)


class Batch(NamedTuple):
    """Samples stacked."""

    image: Tensor  # (B, C, D, H, W) float32
    labels: Tensor  # (B, D, H, W) int64
    distance_mm: Tensor | None = None  # (B, D, H, W) float32, to the boundary of the two parts, where that is asked for


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


def batch_of(source: SampleSource, indices: range | list[int], boundary_spacing_mm: Triplet | None = None) -> Batch:
    """Make the samples of these numbers here and now, and stack them; with distance maps as `batches` has them."""
    return _collate([_made(source, index, boundary_spacing_mm) for index in indices])


def batches(
    source: SampleSource, share: Share, *, num_workers: int, boundary_spacing_mm: Triplet | None = None
) -> Iterator[Batch]:
    """Yield one device's batches in order; with workers the next ones are made while this one is trained on.

    Args:
        source: Makes the samples.
        share: Which of them.
        num_workers: How many processes make them.
        boundary_spacing_mm: Voxel size of the samples, if batches are to hold distance maps: each is made once, beside
            its sample, from the labels as they are after augmentation.

    Raises:
        VSSegmentationError: What the source refused, worded as it worded it, whichever process found it.
    """
    loader = DataLoader(
        _Samples(source, boundary_spacing_mm),
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


def _made(source: SampleSource, index: int, boundary_spacing_mm: Triplet | None) -> _Made:
    image, labels = source.sample(index)
    return image, labels, None if boundary_spacing_mm is None else boundary_distance_map(labels, boundary_spacing_mm)


class _Samples(Dataset[_Made | VSSegmentationError]):
    def __init__(self, source: SampleSource, boundary_spacing_mm: Triplet | None) -> None:
        self._source = source
        self._spacing_mm = boundary_spacing_mm

    def __getitem__(self, index: int) -> _Made | VSSegmentationError:
        try:
            return _made(self._source, index, self._spacing_mm)
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


def _collate_or_refuse(samples: list[_Made | VSSegmentationError]) -> Batch | VSSegmentationError:
    refused = [sample for sample in samples if isinstance(sample, VSSegmentationError)]
    return refused[0] if refused else _collate([sample for sample in samples if isinstance(sample, tuple)])


def _collate(samples: list[_Made]) -> Batch:
    image = tensor_of(np.stack([image for image, _, _ in samples]))
    labels = tensor_of(np.stack([labels for _, labels, _ in samples]))
    maps = [distance for _, _, distance in samples if distance is not None]
    return Batch(image, labels.long(), tensor_of(np.stack(maps)) if maps else None)
