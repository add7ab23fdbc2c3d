"""The fixed synthetic patches of the experiment: centered on a tumor, with both parts labeled, shown with a mask."""

import numpy as np
from numpy.typing import NDArray

from Training.experiments.boundary.arms import MaskKind
from Training.experiments.patches import SPACING_DHW_MM, Patches, PatchPlan, PatchSource
from Training.masks import perturbed
from Training.recipes import PerturbationRanges
from Training.synthesis import SynthesisConfig
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS

PATCHES = PatchPlan(
    file_name="boundary_8_heads.npz",
    synthesis=SynthesisConfig(
        pool="", patch_dhw=(16, 48, 48), centered_on_tumor=True, located_within_mm=(1.0, 1.0, 1.0), moved_share=0.0,
        narrow_share=0.0, t2_share=1.0,
    ),
    first_seed=70,
    divided=True,
    both_parts_share=0.5,
)  # fmt: skip
"""24 x 24 x 24 mm. Half of them show a tumor in both parts at least: the boundary is what is measured."""


class MaskedPatches(PatchSource):
    """Patches by number, in training mirrored at random along each axis; with masks as asked for."""

    def __init__(
        self,
        patches: Patches,
        split: str,
        seed: int,
        *,
        mask: MaskKind = "none",
        predicted: NDArray[np.bool_] | None = None,
        kept: NDArray[np.intp] | None = None,
    ) -> None:
        """Choose the patches.

        Args:
            patches: All of them.
            split: Which; those of training are mirrored and shuffled.
            seed: Of order, mirroring and masks.
            mask: Of the second channel; none leaves the image alone.
            predicted: (N, D, H, W), for predicted and mixed masks.
            kept: Which patches of the split; all by default.
        """
        super().__init__(patches, split, seed, mirrored_axes=(0, 1, 2), shuffled=split == "training", kept=kept)
        self._mask: MaskKind = mask
        self._predicted = predicted

    def channels(self, number: int, rng: np.random.Generator) -> NDArray[np.float32]:
        """Return the image (1, D, H, W), or image and mask (2, D, H, W)."""
        image = super().channels(number, rng)
        if self._mask == "none":
            return image
        return np.concatenate([image, self.mask(number, rng)[None].astype(np.float32)])

    def mask(self, number: int, rng: np.random.Generator) -> NDArray[np.bool_]:
        """Return the whole-tumor mask of a patch; a predicted one that holds nothing is the true one."""
        labels = self.labels[number]
        kind = self._mask
        if kind == "mixed":
            kind = "predicted" if rng.random() < 0.5 else "perturbed"
        if kind == "perturbed":
            return perturbed(labels, SPACING_DHW_MM, rng, PerturbationRanges())
        if kind == "predicted" and self._predicted is not None and self._predicted[number].any():
            return np.asarray(self._predicted[number])
        return VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(labels)
