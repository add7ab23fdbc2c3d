"""One batch of contrastive unpaired translation: what generator and discriminator are told."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from Training.adaptation.config import TranslationLossConfig
from Training.adaptation.discriminator import Discriminator, squares_to
from Training.adaptation.generator import Generator
from Training.adaptation.patch_contrast import PatchHeads, patch_contrast, patch_positions
from VSSegmentationLib.losses import hardness_weighted_dice_loss


class Translated(NamedTuple):
    """What the generator made of a batch; of slabs, all that is (B, ..., H, W) here is (B, ..., D, H, W)."""

    original: Tensor
    """(B, 1, H, W)."""
    fake: Tensor
    """(B, 1, H, W), mirrored if `mirrored`."""
    target: Tensor
    """(B, 1, H, W) real ones."""
    same: Tensor | None
    """What it made of those; None without identity."""
    mirrored: bool
    logits: Tensor | None = None
    """(B, 4, H, W) of the labels of the originals, not mirrored; None without a head for them."""
    labels: Tensor | None = None
    """(B, H, W) int64 of the originals, for the head."""


class GeneratorTerms(NamedTuple):
    """The generator's loss and its parts."""

    total: Tensor
    adversarial: Tensor
    contrast: Tensor
    identity: Tensor
    """The contrast of the target's own images; 0 without identity."""
    segmentation: Tensor
    """What the head says of the labels; 0 without one."""
    edges: Tensor
    """0 without a weight."""


def translate(
    generator: Generator,
    original: Tensor,
    target: Tensor,
    config: TranslationLossConfig,
    labels: Tensor | None = None,
) -> Translated:
    """Run the generator on a batch of originals (B, 1, H, W), and on the targets where identity is asked for.

    A generator of slabs takes originals (B, 1, D, H, W) with labels (B, D, H, W).

    Args:
        generator: Trained.
        original: To translate.
        target: Of the kind that is wanted.
        config: Of the loss.
        labels: (B, H, W) int64 of the originals, needed where the generator segments.
    """
    mirrored = config.flips and bool(torch.rand(()) < 0.5)
    given = torch.cat([original, target]) if config.identity else original
    made, logits = generator.translated_and_segmented(given.flip(-1) if mirrored else given)
    fake, *same = torch.split(made, len(original))
    if logits is not None:
        logits = logits[: len(original)].flip(-1) if mirrored else logits[: len(original)]
    return Translated(original, fake, target, same[0] if same else None, mirrored, logits, labels)


def discriminator_loss(discriminator: Discriminator, made: Translated) -> Tensor:
    """Return the mean of what it says of made and of real images; the generator takes no gradient from it."""
    fake, real = discriminator(made.fake.detach()), discriminator(made.target)
    return 0.5 * (squares_to(fake, 0.0) + squares_to(real, 1.0))


def generator_loss(
    generator: Generator,
    discriminator: Discriminator,
    heads: PatchHeads,
    made: Translated,
    config: TranslationLossConfig,
) -> GeneratorTerms:
    """Return what the generator and the heads are trained by.

    The contrast is a mean over the layers, and with identity a mean over originals and targets.
    """
    adversarial = squares_to(discriminator(made.fake), 1.0)
    contrast = _contrast(generator, heads, made.original, made.fake, config, mirrored=made.mirrored)
    identity = contrast.new_zeros(())
    both = contrast
    if made.same is not None:
        identity = _contrast(generator, heads, made.target, made.same, config, mirrored=made.mirrored)
        both = 0.5 * (contrast + identity)
    segmentation = edges = contrast.new_zeros(())
    if made.logits is not None and made.labels is not None:
        segmentation = segmentation_loss(made.logits, made.labels)
    if config.edge_weight:
        fake = made.fake.flip(-1) if made.mirrored else made.fake
        edges = F.l1_loss(edge_strength(fake), edge_strength(made.original))
    total = config.adversarial_weight * adversarial + config.contrast_weight * both
    total = total + config.segmentation_weight * segmentation + config.edge_weight * edges
    return GeneratorTerms(total, adversarial, contrast, identity, segmentation, edges)


def segmentation_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Return cross-entropy plus Dice of the whole batch, of logits (B, K, H, W) and labels (B, H, W), in float32.

    Of slabs (B, K, D, H, W) and (B, D, H, W).
    """
    flat = logits.ndim == 4
    volume, drawn = (logits.float()[:, :, None], labels[:, None]) if flat else (logits.float(), labels)
    dice = hardness_weighted_dice_loss(volume, drawn, hardness=0.0, include_background=False, batch_dice=True)
    return F.cross_entropy(logits.float(), labels) + dice


def edge_strength(image: Tensor) -> Tensor:
    """Return the length of the gradient of slices (B, 1, H, W), by Sobel's kernels, mirrored at the rim.

    A ramp of one per pixel has 1. In slabs (B, 1, D, H, W) it is that within each slice.
    """
    slices = image.reshape(-1, 1, *image.shape[-2:])
    smooth, step = image.new_tensor([1.0, 2.0, 1.0]) / 4, image.new_tensor([-1.0, 0.0, 1.0]) / 2
    kernels = torch.stack([smooth[:, None] * step, step[:, None] * smooth])[:, None]  # (2, 1, 3, 3): along W, along H
    gradient = F.conv2d(F.pad(slices, (1, 1, 1, 1), mode="reflect"), kernels)
    return (gradient.square().sum(1, keepdim=True) + 1e-12).sqrt().reshape(image.shape)


def _contrast(
    generator: Generator,
    heads: PatchHeads,
    original: Tensor,
    made: Tensor,
    config: TranslationLossConfig,
    *,
    mirrored: bool,
) -> Tensor:
    of_made = generator.features(made)
    if mirrored:
        of_made = [each.flip(-1) for each in of_made]
    return layers_contrast(heads, generator.features(original), of_made, config)


def layers_contrast(
    heads: PatchHeads, of_original: Sequence[Tensor], of_made: Sequence[Tensor], config: TranslationLossConfig
) -> Tensor:
    """Return the mean over the layers of the contrast between features at the same random places, see `PatchHeads`."""
    positions = patch_positions(of_original, config.patches)
    keys, queries = heads(of_original, positions), heads(of_made, positions)
    parts = [patch_contrast(*pair, config.temperature) for pair in zip(queries, keys, strict=True)]
    return torch.stack(parts).mean()
