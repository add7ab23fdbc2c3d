"""What winners added to translation: a head that segments, and edges that stay."""

import math

import pytest
import torch

from Testing.support.toy_translation import toy_slices, toy_translation, train_toy_translator
from Training.adaptation.config import FAST_CUT, TranslationLossConfig, TranslatorConfig
from Training.adaptation.discriminator import Discriminator
from Training.adaptation.generator import Generator
from Training.adaptation.patch_contrast import PatchHeads
from Training.adaptation.translation import Translated, edge_strength, generator_loss, segmentation_loss, translate
from Training.tables import from_table, to_table

SMALL = TranslatorConfig(width=2, blocks=5, discriminator_width=2, embedding=8, segments=True)


def networks(config=SMALL):
    torch.manual_seed(0)
    generator = Generator(config)
    return generator, Discriminator(config), PatchHeads(generator.tapped_channels, config.embedding)


def slices(count=2, size=32):
    return torch.rand(count, 1, size, size, generator=torch.Generator().manual_seed(1)) * 2 - 1


@pytest.mark.parametrize(("along", "slope"), [(2, 0.5), (3, 0.25)])
def test_a_ramp_has_its_slope_as_the_strength_of_its_edges(along, slope):
    ramp = slope * torch.arange(12.0).reshape(1, 1, *((12, 1) if along == 2 else (1, 12))).expand(1, 1, 12, 12)
    inner = edge_strength(ramp)[..., 1:-1, 1:-1]
    torch.testing.assert_close(inner, torch.full_like(inner, slope), atol=1e-4, rtol=0)
    assert edge_strength(torch.ones(1, 1, 5, 5)).max() < 1e-5


def test_edges_that_stay_cost_nothing_and_lost_ones_their_strength_mirrored_or_not():
    class Itself(torch.nn.Module):
        def features(self, image):
            return [image]

    _, discriminator, _ = networks()
    heads, image = PatchHeads([1], 8), slices(1)
    config = TranslationLossConfig(identity=False, edge_weight=1.0)
    for fake, mirrored in ((image, False), (image.flip(3), True), (image + 0.25, False)):
        made = Translated(image, fake, image, None, mirrored)
        assert generator_loss(Itself(), discriminator, heads, made, config).edges.item() < 1e-5
    flat = Translated(image, torch.zeros_like(image), image, None, mirrored=False)
    terms = generator_loss(Itself(), discriminator, heads, flat, config)
    assert terms.edges.item() == pytest.approx(edge_strength(image).mean().item(), rel=1e-4)


def test_a_sure_and_right_head_has_no_loss_and_an_undecided_one_the_logarithm_and_three_quarters():
    labels = torch.zeros(2, 8, 8, dtype=torch.int64)
    labels[:, 2:4], labels[:, 4:6], labels[:, 6:] = 1, 2, 3  # a quarter each
    sure = 30.0 * torch.nn.functional.one_hot(labels, 4).movedim(-1, 1)
    assert segmentation_loss(sure, labels).item() == pytest.approx(0, abs=1e-3)
    undecided = segmentation_loss(torch.zeros(2, 4, 8, 8), labels).item()
    # Dice of a probability of 1/4 everywhere with a quarter of the voxels: 2 / 16 / (1/4 + 1/4) with sums, or with
    # squares 2 / 16 / (1/16 + 1/4)
    assert undecided - math.log(4) == pytest.approx(0.75, abs=1e-3) or undecided - math.log(4) == pytest.approx(
        0.6, abs=1e-3
    )


def test_the_head_sees_originals_alone_and_not_mirrored():
    generator, _, _ = networks()
    image, labels = slices(), torch.zeros(2, 32, 32, dtype=torch.int64)
    made = [translate(generator, image, image, FAST_CUT, labels) for _ in range(12)]
    assert {each.mirrored for each in made} == {False, True}
    assert {tuple(each.logits.shape) for each in made} == {(2, 4, 32, 32)}
    with torch.no_grad():
        expected = generator.translated_and_segmented(image.flip(3))[1].flip(3)
    mirrored = next(each for each in made if each.mirrored)
    torch.testing.assert_close(mirrored.logits, expected)


def test_the_sum_has_the_weights_and_the_head_learns():
    config = TranslationLossConfig(segmentation_weight=0.5, edge_weight=2.0)
    generator, discriminator, heads = networks()
    labels = torch.randint(0, 4, (2, 32, 32), generator=torch.Generator().manual_seed(0))
    terms = generator_loss(
        generator, discriminator, heads, translate(generator, slices(), slices(), config, labels), config
    )
    plain = terms.adversarial + 0.5 * (terms.contrast + terms.identity)
    assert terms.total.item() == pytest.approx((plain + 0.5 * terms.segmentation + 2 * terms.edges).item(), rel=1e-5)
    terms.total.backward()
    assert generator.head.weight.grad.any()


def test_without_the_head_a_generator_has_its_weights_and_terms_alone():
    generator, discriminator, heads = networks(TranslatorConfig(width=2, blocks=5, discriminator_width=2, embedding=8))
    assert not any(name.startswith("head") for name in generator.state_dict())
    config = TranslationLossConfig()
    terms = generator_loss(generator, discriminator, heads, translate(generator, slices(), slices(), config), config)
    assert terms.segmentation.item() == terms.edges.item() == 0


def test_a_run_with_both_logs_them_and_translates_as_before(tmp_path):
    recipe = toy_translation({"edge_weight": 1.0}, steps=2)
    table = to_table(recipe)
    recipe = from_table(type(recipe), {**table, "translator": {**table["translator"], "segments": True}}, "recipe")
    state = train_toy_translator(recipe, tmp_path)
    header, row, *_ = (tmp_path / "log.csv").read_text().splitlines()
    logged = dict(zip(header.split(","), row.split(","), strict=True))
    assert float(logged["segmentation"]) > 0
    assert float(logged["edges"]) > 0
    image = torch.as_tensor(toy_slices().sample(0)[0][0])[None]
    made, logits = state.generator.eval().translated_and_segmented(image)
    assert logits.shape == (1, 4, 32, 32)
    torch.testing.assert_close(made, state.generator(image))
