"""Training patches of a developer's own scans, as a manifest lists them."""

import functools
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from Training.data.faults import check_same_grid
from Training.data.label_intensity import vary_labels, with_halved_tumor, without_end_rows
from Training.data.manifest import Entry, LabelSet, read_manifest
from Training.sources import ImageAndLabels, without_some_channels
from VSSegmentationLib import geometry
from VSSegmentationLib.errors import ConfigError, InputRefusedError
from VSSegmentationLib.imageio import read_volume
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS, Label
from VSSegmentationLib.preprocessing import Grid, filled, grid_of, resample, scored_on, whole_intensity, working_grid
from VSSegmentationLib.volume import Volume, reorder


@dataclass(frozen=True, kw_only=True)
class ManifestConfig:
    """Which scans, and how patches are cut from them."""

    manifest: str
    """Path of `manifest.csv`."""
    split: str = "training"
    modality: str = "T2"
    inputs: tuple[str, ...] = ()
    """Modalities of one examination, in the order of the network's channels; empty is `modality` alone."""
    label_set: LabelSet = "VS"
    """Of the manifest. With `BraTS` classes are 1 necrotic core, 2 edema, 3 enhancing tumor, and `vary_structures`,
    with its ranges for schwannomas, is without effect."""
    z_score: Literal["scan", "nonzero"] = "scan"
    """Over which voxels of the scan: all, or those that are not 0, as where the skull was taken off; the others stay 0,
    the mean."""
    seed: int = 0
    spacing_dhw_mm: tuple[float, float, float] = (1.5, 0.5, 0.5)
    """Along superior, anterior, right."""
    patch_dhw: tuple[int, int, int] = (32, 96, 96)
    tumor_share: float = 0.7
    """Patches centered near a tumor voxel; the others lie anywhere."""
    keep_cochlea: bool = False
    """Or it counts as background."""
    augment: bool = True
    """Mirror, turn, scale, bend intensities; off for validation."""
    vary_structures: bool = True
    """With `augment`: intensities inside tumor and cochlea are drawn anew, too."""
    halved_share: float = 0.0
    """With `augment`: samples whose tumor, before all else, has half its intensity above the darkest hundredth."""
    truncated_share: float = 0.0
    """With `augment`: samples that lack up to a third of their rows at each end, as of a narrow field of view: 0 there,
    the mean, and no label."""
    elastic_share: float = 0.0
    """With `augment`: samples bent elastically: noise of 100 to 200 voxels, smoothed over 3 to 5; one or two stay."""
    left_out_share: float = 0.0
    """With `augment` and several `inputs`: samples that lack one (0, the mean), for each by itself, but never all; the
    model then runs without."""
    cache_gigabytes: float = 4.0
    """Of prepared scans each loading process keeps in memory."""

    @property
    def channels(self) -> tuple[str, ...]:
        """The modality of each channel."""
        return self.inputs or (self.modality,)

    def __post_init__(self) -> None:
        for name in ("halved_share", "truncated_share", "elastic_share"):
            if not 0 <= getattr(self, name) <= 1:
                msg = f"{name} must lie in 0..1, got {getattr(self, name)}"
                raise ConfigError(msg)
        if not 0 <= self.left_out_share < 1 or (self.left_out_share and len(self.inputs) < 2):
            msg = f"left_out_share must be at least 0, below 1, and 0 without inputs, got {self.left_out_share}"
            raise ConfigError(msg)
        if self.halved_share and self.label_set != "VS":
            msg = "halved_share is of schwannomas, and the labels are of BraTS; leave it out"
            raise ConfigError(msg)
        if len(set(self.inputs)) != len(self.inputs):
            msg = f"inputs must be different modalities, got {', '.join(self.inputs)}"
            raise ConfigError(msg)


class _Prepared:
    """Scans on the working grid, normalized each for itself (C, D, H, W); labels on the same grid (D, H, W)."""

    def __init__(self, entry: Entry, config: ManifestConfig) -> None:
        image = read_volume(entry.image)
        order = geometry.superior_anterior_right_order(image.dhw_to_ras)
        stored, image = image, reorder(image, order)
        grid = working_grid(grid_of(image), config.spacing_dhw_mm)
        scans = []
        for modality in config.channels:
            scan = stored if modality == entry.modality else read_volume(entry.images[modality])
            check_same_grid(stored, scan, f"{modality} image")
            scans.append(_normalized(reorder(scan, order), grid, config.z_score))
        self.image: NDArray[np.float32] = np.stack(scans)
        self.labels = np.zeros(grid.shape, np.uint8)
        if entry.labels is not None:
            given = reorder(read_volume(entry.labels), order)
            self.labels = _labels_on_grid(given, image, grid.shape, config.spacing_dhw_mm)
        tumor = self.labels > 0
        if config.label_set == "VS":
            tumor = VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(self.labels)
            if not config.keep_cochlea:
                self.labels[self.labels == Label.COCHLEA] = Label.BACKGROUND
        self.tumor = np.flatnonzero(tumor)

    @property
    def bytes(self) -> int:
        return self.image.nbytes + self.labels.nbytes + self.tumor.nbytes


class ManifestSource:
    """Sample `index` is a pure function of the configuration, the index and the files."""

    def __init__(self, config: ManifestConfig) -> None:
        self.config = config
        listed = read_manifest(Path(config.manifest)).of_split(config.split)
        labeled = [entry for entry in listed if entry.labels is not None]
        self._entries = [entry for entry in labeled if set(config.channels) <= set(entry.images)]
        if not self._entries:
            have = ", ".join(sorted({modality for entry in labeled for modality in entry.images})) or "none"
            wanted = f"{config.modality} image" if not config.inputs else f"examination with {', '.join(config.inputs)}"
            msg = f"no labeled {wanted} is in the split {config.split!r}; there are labels for {have}"
            raise ConfigError(msg)
        if config.inputs and len(self._entries) < len(labeled):
            msg = (
                f"{len(labeled) - len(self._entries)} of {len(labeled)} labeled rows of the split {config.split!r} "
                f"lack one of the inputs {', '.join(config.inputs)}; complete them, or take them out"
            )
            raise ConfigError(msg)
        others = {entry.label_set for entry in self._entries} - {config.label_set}
        if others:
            msg = f"data.options.label_set is {config.label_set}, and the manifest has those of {', '.join(others)}"
            raise ConfigError(msg)
        self._kept: OrderedDict[int, _Prepared] = OrderedDict()

    def sample(self, index: int) -> ImageAndLabels:
        """Return image (C, D, H, W) float32 and labels (D, H, W) uint8.

        Raises:
            InputRefusedError: If a file is damaged.
        """
        rng = np.random.default_rng([self.config.seed, index])
        prepared = self._prepared(int(rng.integers(len(self._entries))))
        d, h, w = self.config.patch_dhw
        margin = (0, h // 6, w // 6) if self.config.augment else (0, 0, 0)  # what turning would pull in from outside
        size = (d, h + 2 * margin[1], w + 2 * margin[2])
        image, labels = _cut(prepared, self._center(rng, prepared), size)
        if self.config.augment:
            if self.config.halved_share and rng.random() < self.config.halved_share:
                image = np.stack([with_halved_tumor(channel, labels) for channel in image])
            if self.config.vary_structures and self.config.label_set == "VS":
                image = np.stack([vary_labels(rng, channel, labels) for channel in image])
            image, labels = _augmented(image, labels, int(rng.integers(2**31)), self.config.elastic_share)
            inner = tuple(slice(m, m + n) for m, n in zip(margin, self.config.patch_dhw, strict=True))
            image, labels = image[:, *inner], labels[inner]
            if self.config.truncated_share and rng.random() < self.config.truncated_share:
                image, labels = without_end_rows(rng, image, labels)
            if self.config.left_out_share:
                image = without_some_channels(rng, image, self.config.left_out_share)
        return np.ascontiguousarray(image), np.ascontiguousarray(labels)

    def _prepared(self, number: int) -> _Prepared:
        found = self._kept.pop(number, None)
        if found is None:
            entry = self._entries[number]
            try:
                found = _Prepared(entry, self.config)
            except InputRefusedError as error:
                msg = f"an image or its labels in the manifest cannot be used ({error}); import the collection anew"
                raise InputRefusedError(msg) from error
        self._kept[number] = found  # now the last one used
        while (
            len(self._kept) > 1 and sum(each.bytes for each in self._kept.values()) > 1e9 * self.config.cache_gigabytes
        ):
            self._kept.popitem(last=False)
        return found

    def _center(self, rng: np.random.Generator, prepared: _Prepared) -> NDArray[np.float64]:
        shape = np.array(prepared.labels.shape)
        anywhere = rng.uniform(0, shape)
        near = rng.normal(0, 0.12 * np.array(self.config.patch_dhw))
        if rng.random() < self.config.tumor_share and len(prepared.tumor):
            voxel = np.unravel_index(int(rng.choice(prepared.tumor)), prepared.labels.shape)
            return np.asarray(np.array(voxel) + near)
        return np.asarray(anywhere)


def _cut(
    prepared: _Prepared, center: NDArray[np.float64], size_dhw: tuple[int, int, int]
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Return the part round a point; a scan that is smaller is in its middle, with 0, the mean, around."""
    size, shape = np.array(size_dhw), np.array(prepared.labels.shape)
    start = np.round(center - size / 2).astype(int)
    start = np.where(shape > size, np.clip(start, 0, np.maximum(shape - size, 0)), (shape - size) // 2)
    image, labels = np.zeros((len(prepared.image), *size_dhw), np.float32), np.zeros(size_dhw, np.uint8)
    there = tuple(slice(max(s, 0), min(s + n, top)) for s, n, top in zip(start, size, shape, strict=True))
    here = tuple(slice(t.start - s, t.stop - s) for t, s in zip(there, start, strict=True))
    image[:, *here], labels[here] = prepared.image[:, *there], prepared.labels[there]
    return image, labels


def _normalized(scan: Volume, grid: Grid, z_score: str) -> NDArray[np.float32]:
    """Return a scan on the working grid, normalized as in use: by the voxels of the scan itself that count."""
    nonzero = z_score == "nonzero"
    return scored_on(scan, grid, whole_intensity(scan, nonzero=nonzero), head=filled(scan) if nonzero else None)


def _labels_on_grid(
    labels: Volume, image: Volume, shape: tuple[int, ...], spacing: tuple[float, float, float]
) -> NDArray[np.uint8]:
    """Return labels on the working grid: each label is resampled like an image, and the strongest wins."""
    grid = working_grid(grid_of(image), spacing)
    result, strongest = np.zeros(shape, np.uint8), np.full(shape, 0.5, np.float32)
    for label in Label:
        if label is Label.BACKGROUND or not (labels.array == label).any():
            continue
        share = resample(labels.with_array((labels.array == label).astype(np.float32)), grid).array
        wins = share > strongest
        result[wins], strongest[wins] = label, share[wins]
    return result


@functools.cache
def _transforms(elastic_share: float) -> Any:  # noqa: ANN401 -- MONAI has no type for it that says more
    """Return MONAI's transforms, in ranges wide enough for scans of other centers.

    The elastic ones are those of the public code of Chen, Wang, Zhang, crossMoDA 2023, there in half of the samples.

    Turns are in the plane of the slices alone: MONAI turns voxels, which are not cubes here, so any other turn would
    shear the head.
    """
    # Imported here: MONAI takes seconds, and only this source needs it.
    from monai.transforms.compose import Compose  # noqa: PLC0415
    from monai.transforms.intensity import dictionary as intensity  # noqa: PLC0415
    from monai.transforms.spatial import dictionary as spatial  # noqa: PLC0415

    both, modes = ("image", "labels"), ("bilinear", "nearest")
    through, within = (0.1, 0.4), (0.3, 0.9)  # blur in voxels
    bent = spatial.Rand3DElasticd(
        both, prob=elastic_share, sigma_range=(3, 5), magnitude_range=(100, 200), mode=modes, padding_mode="zeros"
    )
    return Compose(
        [
            spatial.RandFlipd(both, prob=0.5, spatial_axis=2),
            *([bent] if elastic_share else []),
            spatial.RandAffined(
                both, prob=0.8, rotate_range=(0.25, 0, 0), scale_range=0.15, mode=modes, padding_mode="zeros"
            ),
            intensity.RandGaussianSmoothd("image", prob=0.2, sigma_x=through, sigma_y=within, sigma_z=within),
            intensity.RandAdjustContrastd("image", prob=0.5, gamma=(0.7, 1.5)),
            intensity.RandBiasFieldd("image", prob=0.3, coeff_range=(0.0, 0.2)),
            intensity.RandScaleIntensityd("image", factors=0.25, prob=0.8),
            intensity.RandShiftIntensityd("image", offsets=0.2, prob=0.8),
            intensity.RandGaussianNoised("image", prob=0.5, std=0.15),
        ]
    )


def _augmented(
    image: NDArray[np.float32], labels: NDArray[np.uint8], seed: int, elastic_share: float
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    transforms = _transforms(elastic_share)
    transforms.set_random_state(seed=seed)
    done = transforms({"image": image, "labels": labels[None]})
    return np.asarray(done["image"]).astype(np.float32), np.asarray(done["labels"])[0].astype(np.uint8)
