"""The losses of CUT: the values that a formula gives, what takes a gradient, and the FastCUT switch."""

import math

import pytest
import torch

from Training.adaptation.config import FAST_CUT, TranslationLossConfig, TranslatorConfig
from Training.adaptation.discriminator import Discriminator, squares_to
from Training.adaptation.generator import Generator
from Training.adaptation.patch_contrast import PatchHeads, patch_contrast, patch_positions
from Training.adaptation.translation import Translated, discriminator_loss, generator_loss, translate

SMALL = TranslatorConfig(width=2, blocks=5, discriminator_width=2, embedding=8)
CUT = TranslationLossConfig()


def networks():
    torch.manual_seed(0)
    generator = Generator(SMALL)
    return generator, Discriminator(SMALL), PatchHeads(generator.tapped_channels, SMALL.embedding)


def slices(count=2, size=32):
    return torch.rand(count, 1, size, size, generator=torch.Generator().manual_seed(1)) * 2 - 1


def test_identical_features_everywhere_give_the_logarithm_of_the_number_of_patches():
    same = torch.nn.functional.normalize(torch.ones(3, 256, 64), dim=2)
    assert patch_contrast(same, same, 0.07).item() == pytest.approx(math.log(256), abs=1e-5)


def test_orthogonal_features_that_match_give_1_593e_4():
    apart = torch.eye(256).expand(2, 256, 256)
    contrast = patch_contrast(apart, apart, 0.07).item()
    assert math.log1p(255 * math.exp(-1 / 0.07)) == pytest.approx(1.593e-4, rel=1e-3)
    assert contrast == pytest.approx(1.593e-4, abs=1e-6)  # float32 at 1 / 0.07 is no finer


def test_negatives_come_from_the_same_image_only():
    """Two images with the same patches: were the other image's among the negatives, each match would have a rival."""
    apart = torch.eye(4)[None]
    alone = patch_contrast(apart, apart, 0.07)
    assert patch_contrast(apart.repeat(2, 1, 1), apart.repeat(2, 1, 1), 0.07).item() == pytest.approx(alone.item())


def test_a_wrong_match_costs_more_than_a_right_one():
    apart = torch.eye(8)[None]
    assert patch_contrast(apart.flip(1), apart, 0.07) > 10 > patch_contrast(apart, apart, 0.07)


def test_keys_take_no_gradient():
    queries, keys = (torch.randn(1, 5, 3, requires_grad=True) for _ in range(2))
    patch_contrast(queries, keys, 0.07).backward()
    assert queries.grad.any()
    assert keys.grad is None


def test_places_are_the_same_for_all_images_and_none_comes_twice():
    features = [torch.arange(48.0).reshape(1, 1, 6, 8).repeat(2, 1, 1, 1), torch.zeros(2, 4, 3, 3)]
    first, second = patch_positions(features, 20)
    assert (len(first), len(second)) == (20, 9)
    assert len(set(first.tolist())) == 20
    heads = PatchHeads([1, 4], 8)
    vectors = heads(features, [first, second])
    assert torch.equal(vectors[0][0], vectors[0][1])
    assert [tuple(each.shape) for each in vectors] == [(2, 20, 8), (2, 9, 8)]
    torch.testing.assert_close(vectors[0].norm(dim=2), torch.ones(2, 20))


def test_squares_of_a_coin_toss_are_a_quarter_either_way():
    half = torch.full((1, 1, 4, 4), 0.5)
    assert squares_to(half, 1.0).item() == squares_to(half, 0.0).item() == 0.25


def test_the_discriminators_loss_leaves_the_generator_alone():
    generator, discriminator, _ = networks()
    discriminator_loss(discriminator, translate(generator, slices(), slices(), CUT)).backward()
    assert all(each.grad is None for each in generator.parameters())
    assert all(each.grad is not None for each in discriminator.parameters())


def test_the_generators_loss_is_the_weighted_sum_of_its_terms():
    config = TranslationLossConfig(adversarial_weight=2.0, contrast_weight=3.0)
    generator, discriminator, heads = networks()
    terms = generator_loss(generator, discriminator, heads, translate(generator, slices(), slices(), config), config)
    expected = 2 * terms.adversarial + 3 * 0.5 * (terms.contrast + terms.identity)
    assert terms.total.item() == pytest.approx(expected.item(), rel=1e-6)
    terms.total.backward()
    assert all(each.grad is not None for each in [*generator.parameters(), *heads.parameters()])


def test_fast_cut_has_no_identity_and_mirrors_about_half_of_the_batches():
    generator, discriminator, heads = networks()
    torch.manual_seed(0)
    made = [translate(generator, slices(1), slices(1), FAST_CUT) for _ in range(40)]
    assert all(each.same is None for each in made)
    assert 8 <= sum(each.mirrored for each in made) <= 32
    terms = generator_loss(generator, discriminator, heads, made[0], FAST_CUT)
    assert terms.identity.item() == 0
    assert terms.total.item() == pytest.approx((terms.adversarial + 10 * terms.contrast).item(), rel=1e-6)


def test_a_mirrored_translation_is_compared_with_the_original_place_by_place():
    class Itself(torch.nn.Module):
        """Its features are the pixels, so that a mirrored image has mirrored features exactly."""

        def features(self, image):
            return [image]

    _, discriminator, _ = networks()
    heads, image = PatchHeads([1], 8), slices(1)
    values = []
    for fake, mirrored in ((image, False), (image.flip(3), True), (image.flip(3), False)):
        torch.manual_seed(5)
        made = Translated(image, fake, image, None, mirrored)
        values.append(generator_loss(Itself(), discriminator, heads, made, FAST_CUT).contrast.item())
    assert values[0] == values[1] < values[2]
