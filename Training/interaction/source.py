"""Samples of a correcting network: a window round a click, with the mask as it is and what was said so far."""

from functools import lru_cache
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from Training.interaction.errors import with_errors
from Training.interaction.users import contradictory, next_interaction, no_op
from Training.masks import perturbed
from Training.masks.predict import TumorPredictor
from Training.recipes.interaction import InteractionConfig
from Training.sources import ImageAndLabels, SampleSource
from VSSegmentationLib import geometry
from VSSegmentationLib.geometry import Affine, Shape, Triplet
from VSSegmentationLib.interaction import Interaction, changeable, encoded, held_by_earlier, merged
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS
from VSSegmentationLib.preprocessing import intensity_of, z_scored

CHANNELS = ("the image", "the mask", "what was added", "what was removed", "what may change")
_WORTH_CORRECTING = 0.3
"""Dice of a predicted mask with the truth: a person draws anew what is worse."""
_OWN_STREAM = 0x636C6963
"""Keeps the clicks' random numbers apart from the image's."""

Mask = NDArray[np.bool_]
_Number = TypeVar("_Number", bound=np.generic)


class _Shown(NamedTuple):
    image: NDArray[np.float32]
    labels: NDArray[np.uint8]
    predicted: Mask | None


class InteractionSource:
    """Sample `index`: image (5, D, H, W), see `CHANNELS`, and labels (D, H, W) uint8, 1 where the mask is to change.

    `views` samples in a row show one image, which is drawn once for them; each is a pure function of its number all the
    same.
    """

    def __init__(self, source: SampleSource, config: InteractionConfig, spacing_dhw_mm: Triplet, seed: int) -> None:
        """Take a source of images with one channel, its voxel size, and the seed of errors and clicks."""
        self._source = source
        self._config = config
        d, h, w = spacing_dhw_mm
        self._affine = geometry.as_affine(np.array([[0, 0, w, 0], [0, h, 0, 0], [d, 0, 0, 0], [0, 0, 0, 1]]))
        self._seed = seed
        self._predictor = None if config.model is None else TumorPredictor(config.model)
        self._drawn = lru_cache(maxsize=1)(self._draw)

    def __getstate__(self) -> dict[str, object]:
        return {key: value for key, value in self.__dict__.items() if key != "_drawn"}

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state)
        self._drawn = lru_cache(maxsize=1)(self._draw)

    def sample(self, index: int) -> ImageAndLabels:
        """Return one sample."""
        config = self._config
        shown = self._drawn(index // config.views)
        rng = np.random.default_rng([self._seed, index, _OWN_STREAM])
        truth = VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(shown.labels)
        mask = self._first_mask(rng, shown, truth)
        earlier, mask = self._session(rng, shown, truth, mask)
        last = self._last(rng, mask, truth)
        said = [*earlier, *([] if last is None else [last])]
        return self._window(rng, shown.image, truth, mask, said)

    def _draw(self, number: int) -> _Shown:
        image, labels = self._source.sample(number)
        rng = np.random.default_rng([self._seed, number, _OWN_STREAM, 1])
        wanted = self._predictor is not None and rng.random() < self._config.predicted_share
        found = self._predictor.mask(image) if wanted and self._predictor is not None else None
        if found is not None:
            truth = VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(labels)
            if 2 * (found & truth).sum() < _WORTH_CORRECTING * (found.sum() + truth.sum()) or not truth.any():
                found = None
        return _Shown(image[0], labels, found)

    def _first_mask(self, rng: np.random.Generator, shown: _Shown, truth: Mask) -> Mask:
        config = self._config
        if shown.predicted is not None and rng.random() < 0.5:
            return shown.predicted
        spacing = geometry.spacing_dhw_mm(self._affine)
        outlined = perturbed(shown.labels, spacing, rng, config.outline) if truth.any() else truth
        return with_errors(outlined, shown.image, spacing, rng, config.errors)

    def _session(
        self, rng: np.random.Generator, shown: _Shown, truth: Mask, mask: Mask
    ) -> tuple[list[Interaction], Mask]:
        """Return earlier interactions and the mask that they led to, each answered by an outline that wanders."""
        config, earlier = self._config, list[Interaction]()
        if config.most_clicks == 1 or rng.random() < config.first_share or not truth.any():
            return earlier, mask
        answer = perturbed(shown.labels, geometry.spacing_dhw_mm(self._affine), rng, config.outline)
        for _ in range(int(rng.integers(1, config.most_clicks))):
            said = next_interaction(
                mask, truth, self._affine, rng, config.user, scribbles=rng.random() < config.scribble_share
            )
            if said is None:
                break
            fixed = held_by_earlier(mask, earlier, self._affine, config.merge)
            mask = merged(mask, answer, said, self._affine, config.merge, fixed=fixed)
            earlier.append(said)
        return earlier, mask

    def _last(self, rng: np.random.Generator, mask: Mask, truth: Mask) -> Interaction | None:
        """Return the interaction that the network is to answer."""
        config, share = self._config, rng.random()
        against = contradictory(truth, self._affine, rng) if share < config.contradictory_share else None
        if against is not None:
            return against
        share -= config.contradictory_share
        if share < config.no_op_share:
            return no_op(mask, truth, self._affine, rng)
        scribbles = share - config.no_op_share < config.scribble_share
        said = next_interaction(mask, truth, self._affine, rng, config.user, scribbles=scribbles)
        return no_op(mask, truth, self._affine, rng) if said is None else said

    def _window(
        self, rng: np.random.Generator, image: NDArray[np.float32], truth: Mask, mask: Mask, said: list[Interaction]
    ) -> ImageAndLabels:
        config = self._config
        start = self._start(said, truth)
        affine = self._affine.copy()
        affine[:3, 3] = geometry.transform_points(self._affine, start)
        gray = _cut(image, start, config.window_dhw)
        seen = gray != 0  # beyond the patch, and beyond a narrow field of view, it is 0
        if seen.any() and np.ptp(gray[seen]) > 0:
            gray = np.where(seen, z_scored(gray, intensity_of(gray, seen)), np.float32(0))
        shown = _cut(mask, start, config.window_dhw)
        free, asked = self._asked(shown, _cut(truth, start, config.window_dhw), said, affine)
        if rng.random() < config.dropped_share:
            shown = np.zeros_like(shown)
        maps = [
            encoded(config.encoding, said, sign, config.window_dhw, affine, image=gray) for sign in ("add", "remove")
        ]
        channels = np.stack([gray, shown.astype(np.float32), *maps, free.astype(np.float32)]).astype(np.float32)
        labels = asked.astype(np.uint8)
        if config.mirrored and rng.random() < 0.5:
            channels, labels = channels[..., ::-1], labels[..., ::-1]
        return np.ascontiguousarray(channels), np.ascontiguousarray(labels)

    def _asked(self, mask: Mask, truth: Mask, said: list[Interaction], affine: Affine) -> tuple[Mask, Mask]:
        """Return (D, H, W) what the last interaction may change, and what of it the merge would change by the truth."""
        if not said:
            return np.zeros_like(mask), np.zeros_like(mask)
        *earlier, last = said
        rules = self._config.merge
        held = held_by_earlier(mask, earlier, affine, rules)
        after = merged(mask, truth, last, affine, rules, fixed=held)
        free = changeable(mask, last, affine, rules, fixed=held)
        return free, np.asarray((after != mask) & (truth == last.adds) & free)

    def _start(self, said: list[Interaction], truth: Mask) -> NDArray[np.intp]:
        """Return where the window begins, so that the last interaction lies in its middle."""
        middle = np.array(truth.shape) / 2
        if said:
            to_index = geometry.as_affine(np.linalg.inv(self._affine))
            points = geometry.transform_points(to_index, np.array(said[-1].points_ras_mm))
            middle = (points.min(axis=0) + points.max(axis=0)) / 2
        return np.asarray(np.round(middle + 0.5 - np.array(self._config.window_dhw) / 2).astype(np.intp))


def _cut(array: NDArray[_Number], start: NDArray[np.intp], shape: Shape) -> NDArray[_Number]:
    """Return (D, H, W) of an array from `start` on, 0 where there is none of it."""
    cut = np.zeros(shape, array.dtype)
    low, high = np.maximum(start, 0), np.minimum(start + np.array(shape), array.shape)
    if (low < high).all():
        there = tuple(slice(a, b) for a, b in zip(low - start, high - start, strict=True))
        cut[there] = array[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
    return cut
