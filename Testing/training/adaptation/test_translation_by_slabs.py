"""Generators that take slabs of neighboring slices: sizes, what a voxel depends on, losses, samples and whole scans."""

import math
import signal

import numpy as np
import pytest
import torch
from torch import nn

from Testing.support.toy_scans import SHAPE, write_toy_domains
from Testing.support.toy_translation import discs, run_toy_translation, toy_translation, train_toy_translator
from Training.adaptation.adapting import generator_of_run, train_translation
from Training.adaptation.config import TranslationDataConfig, TranslationLossConfig, TranslationRecipe, TranslatorConfig
from Training.adaptation.discriminator import Discriminator
from Training.adaptation.generator import Generator
from Training.adaptation.patch_contrast import PatchHeads, patch_contrast, patch_positions
from Training.adaptation.scans import entries_of, read_source_scan, slices_of
from Training.adaptation.slabs import consistent_volume
from Training.adaptation.slices import UnpairedSlices, filled_up
from Training.adaptation.translation import edge_strength, generator_loss, segmentation_loss, translate
from Training.running.run_folder import read_rows
from Training.running.session import Machine
from Training.tables import from_table, to_table
from Training.weights.checkpoint import load_checkpoint
from VSSegmentationLib.errors import ConfigError, InputRefusedError, UsageError

SMALL = {"width": 2, "blocks": 5, "discriminator_width": 2, "embedding": 8}


@pytest.fixture
def generator():
    torch.manual_seed(0)
    return Generator(TranslatorConfig(depth=4, **SMALL)).eval()


def count(module):
    return sum(each.numel() for each in module.parameters())


def slabs(depth, size=16, batch=1):
    return torch.rand(batch, 1, depth, size, size, generator=torch.Generator().manual_seed(1)) * 2 - 1


@pytest.mark.parametrize(("blocks", "width", "segments"), [(9, 64, False), (6, 16, True)])
def test_residual_kernels_are_three_times_as_large_and_all_others_those_of_slices(blocks, width, segments):
    flat, deep = (
        Generator(TranslatorConfig(blocks=blocks, width=width, segments=segments, depth=depth)) for depth in (1, 8)
    )
    assert count(deep) == count(flat) + 2 * blocks * 18 * (4 * width) ** 2
    if width == 64:
        assert (count(flat), count(deep)) == (11_365_633, 32_599_297)
    assert deep.tapped_channels == flat.tapped_channels


def test_features_keep_all_slices_at_the_five_layers(generator):
    with torch.no_grad():
        shapes = [tuple(each.shape[1:]) for each in generator.features(slabs(6, 32))]
    assert shapes == [(1, 6, 38, 38), (4, 6, 32, 32), (8, 6, 16, 16), (8, 6, 8, 8), (8, 6, 8, 8)]


def test_equal_slices_are_translated_as_one_by_kernels_summed_through_slices(generator):
    """Mirrored at its ends, a slab of equal slices stays one, and a kernel adds up its weights along D."""
    flat = Generator(TranslatorConfig(**SMALL)).eval()
    flat.load_state_dict(
        {name: each.sum(2) if each.ndim == 5 else each for name, each in generator.state_dict().items()}
    )
    one = slabs(1, 32)
    with torch.no_grad():
        made, expected = generator(one.expand(1, 1, 5, 32, 32)), flat(one[:, :, 0])
    torch.testing.assert_close(made, expected[:, :, None].expand_as(made), atol=1e-5, rtol=0)


def test_symmetric_kernels_translate_a_mirrored_slab_to_a_mirrored_answer(generator):
    with torch.no_grad():
        for each in generator.parameters():
            if each.ndim == 5:
                each.copy_((each + each.flip(2)) / 2)
        image = slabs(5)
        mirrored, made = generator(image.flip(2)), generator(image)
    torch.testing.assert_close(mirrored, made.flip(2), atol=1e-5, rtol=0)
    assert (made - made.flip(2)).abs().max() > 0.01


def test_a_voxel_sees_two_slices_further_for_each_residual_block_and_none_beyond(generator):
    for module in generator.modules():
        if isinstance(module, nn.InstanceNorm3d):
            module.forward = lambda x: x  # its mean sees the whole slab
        if isinstance(module, nn.Conv3d):
            nn.init.constant_(module.weight, 1 / module.weight[0].numel())  # so that no way through is closed by a ReLU
    image = (slabs(25) + 2).requires_grad_()
    generator.layers[:-1](image)[0, 0, 12, 8, 8].backward()  # the last, tanh, would be at its end
    seen = image.grad[0, 0].abs().sum((1, 2)).nonzero().flatten().tolist()
    assert seen == list(range(12 - 10, 12 + 10 + 1))


@pytest.mark.parametrize("shape", [(1, 1, 32, 32), (1, 1, 1, 32, 32), (1, 2, 4, 32, 32), (1, 1, 4, 30, 32)])
def test_what_is_no_slab_of_two_slices_is_refused(generator, shape):
    with pytest.raises(UsageError, match=r"\(B, 1, D, H, W\) with D from 2 on and H and W multiples of 4"):
        generator(torch.zeros(shape))


def test_the_discriminator_judges_each_slice_of_a_slab():
    torch.manual_seed(0)
    discriminator, image = Discriminator(TranslatorConfig(**SMALL)), slabs(3, 64, batch=2)
    answers = discriminator(image)
    for number in range(2):
        for depth in range(3):
            alone = discriminator(image[number : number + 1, :, depth])
            torch.testing.assert_close(answers[3 * number + depth], alone[0])


def test_places_lie_in_all_slices_and_identical_features_give_the_logarithm_of_their_number():
    features = [torch.arange(5 * 8 * 8.0).reshape(1, 1, 5, 8, 8)]
    (places,) = patch_positions(features, 10_000)
    assert sorted(places.tolist()) == list(range(5 * 8 * 8))
    same = [torch.ones(2, 3, 5, 8, 8)]
    (vectors,) = PatchHeads([3], 8)(same, patch_positions(same, 256))
    assert vectors.shape == (2, 256, 8)
    assert patch_contrast(vectors, vectors, 0.07).item() == pytest.approx(math.log(256), abs=1e-5)


def test_edges_and_labels_of_a_slab_cost_what_those_of_its_slices_cost():
    image, labels = slabs(3, batch=2), torch.arange(2 * 3 * 16 * 16).reshape(2, 3, 16, 16) % 4
    as_slices = image.transpose(1, 2).flatten(0, 1)
    torch.testing.assert_close(edge_strength(image).transpose(1, 2).flatten(0, 1), edge_strength(as_slices))
    logits = torch.randn(2, 4, 3, 16, 16, generator=torch.Generator().manual_seed(2))
    flat = segmentation_loss(logits.transpose(1, 2).flatten(0, 1), labels.flatten(0, 1))
    assert segmentation_loss(logits, labels).item() == pytest.approx(flat.item(), rel=1e-5)


@pytest.mark.parametrize("flips", [False, True])
def test_all_terms_of_a_slab_reach_the_generator(flips):
    torch.manual_seed(0)
    config = TranslationLossConfig(edge_weight=1.0, flips=flips)
    networks = TranslatorConfig(depth=3, segments=True, **SMALL)
    generator, discriminator = Generator(networks), Discriminator(networks)
    heads = PatchHeads(generator.tapped_channels, 8)
    made = translate(generator, slabs(3, 32), slabs(3, 32).flip(2), config, torch.ones(1, 3, 32, 32, dtype=torch.int64))
    assert made.fake.shape == made.same.shape == (1, 1, 3, 32, 32)
    assert made.logits.shape == (1, 4, 3, 32, 32)
    terms = generator_loss(generator, discriminator, heads, made, config)
    assert min(terms.identity.item(), terms.segmentation.item(), terms.edges.item()) > 0
    terms.total.backward()
    assert all(each.grad is not None for each in [*generator.parameters(), *heads.parameters()])


def numbered(*depths, first=0):
    """Scans whose slices hold their own number, counted through, and the scans' labels."""
    ends = np.cumsum(depths) + first
    return [
        np.broadcast_to(np.arange(end - n, end, dtype=np.float32)[:, None, None], (n, 8, 8)).copy()
        for n, end in zip(depths, ends, strict=True)
    ]


def test_a_sample_holds_neighbors_of_one_scan_in_order_with_their_labels():
    originals = numbered(5, 3, 4)
    labels = [scan.astype(np.uint8) for scan in originals]
    source = UnpairedSlices(originals, numbered(6, first=100), labels, seed=0, depth=3)
    seen = set()
    for index in range(200):
        image, drawn = source.sample(index)
        assert (image.shape, drawn.shape) == ((2, 3, 8, 8), (3, 8, 8))
        assert np.array_equal(image[0], drawn)
        assert np.ptp(image, axis=(2, 3)).max() == 0
        first, target = int(image[0, 0, 0, 0]), int(image[1, 0, 0, 0])
        assert image[:, :, 0, 0].tolist() == [[first, first + 1, first + 2], [target, target + 1, target + 2]]
        seen.add((first, target))
    assert {first for first, _ in seen} == {0, 1, 2, 5, 8, 9}  # never across two scans
    assert {target for _, target in seen} == {100, 101, 102, 103}


@pytest.mark.parametrize(("depth", "slices"), [(3, [0, 1, 2, 1, 0]), (2, [0, 1, 0, 1, 0]), (1, [0] * 5), (5, range(5))])
def test_a_scan_with_fewer_slices_is_mirrored_after_its_last(depth, slices):
    assert filled_up(numbered(depth)[0], 5)[:, 0, 0].tolist() == list(slices)
    image, _ = UnpairedSlices(numbered(depth), numbered(depth), seed=0, depth=5).sample(0)
    assert image[0, :, 0, 0].tolist() == list(slices)


def test_labels_of_other_slices_are_refused_even_where_both_would_be_filled_up():
    with pytest.raises(InputRefusedError, match="the labels have the shapes"):
        UnpairedSlices(numbered(3), numbered(3), [np.zeros((2, 8, 8), np.uint8)], seed=0, depth=4)


class SameSlab(Generator):
    """A translator that leaves slabs as they are, and notes their shapes."""

    def __init__(self):
        super().__init__(TranslatorConfig(depth=4, **SMALL))
        self.shapes = set()

    def forward(self, image):
        self.shapes.add(tuple(image.shape))
        return image


@pytest.mark.parametrize("depth", [1, 3, 4, 5, 11])
def test_slabs_are_blended_to_what_a_network_leaves_as_it_is(depth):
    network, volume = SameSlab(), np.random.default_rng(0).uniform(-1, 1, (depth, 10, 12)).astype(np.float32)
    np.testing.assert_allclose(consistent_volume(network, volume, slab=4), volume, atol=1e-6)
    assert network.shapes == {(1, 1, 4, 12, 12)}


def test_a_scan_of_one_slab_is_what_the_generator_makes_of_it(generator):
    volume = slabs(4)[0, 0]
    with torch.no_grad():
        expected = generator(volume[None, None])[0, 0].numpy()
    np.testing.assert_allclose(consistent_volume(generator, volume.numpy(), slab=4), expected, atol=1e-6)


def slab_recipe():
    table = to_table(
        toy_translation({"flips": True, "edge_weight": 1.0}, steps=4, validate_every=2, checkpoint_every=2)
    )
    return {**table, "translator": {**table["translator"], "depth": 3, "segments": True}}


def test_a_killed_run_on_slabs_goes_on_bit_for_bit_and_its_generator_is_found_again(tmp_path):
    recipe = from_table(TranslationRecipe, slab_recipe(), "recipe")
    state = train_toy_translator(recipe, tmp_path / "whole")
    assert run_toy_translation(recipe, tmp_path / "killed", "--kill-after", "3") == -signal.SIGKILL
    assert load_checkpoint(tmp_path / "killed" / "checkpoint.pt")["step"] == 2
    resumed = train_toy_translator(recipe, tmp_path / "killed", resume=True)
    killed, whole = (read_rows(tmp_path / name / "log.csv") for name in ("killed", "whole"))
    assert [{**row, "seconds": ""} for row in killed] == [{**row, "seconds": ""} for row in whole]
    assert all(float(row[term]) > 0 for row in whole for term in ("identity", "segmentation", "edges"))
    for name, network in state.networks.items():
        for one, two in zip(network.parameters(), resumed.networks[name].parameters(), strict=True):
            assert torch.equal(one, two)
    found, its_recipe = generator_of_run(tmp_path / "whole" / "checkpoint.pt")
    assert its_recipe.translator.depth == 3
    image, _ = discs(9, inside=0.7, outside=-0.5, count=4)
    made = consistent_volume(found, image, slab=3)
    assert np.array_equal(made, consistent_volume(state.generator.eval(), image, slab=3))
    assert len(list((tmp_path / "whole" / "translations").iterdir())) == 2


def test_bfloat16_trains_on_slabs(tmp_path):
    table = slab_recipe()
    table["run"] |= {"steps": 1, "precision": "bf16-mixed"}
    train_toy_translator(from_table(TranslationRecipe, table, "recipe"), tmp_path)
    assert len(read_rows(tmp_path / "log.csv")) == 1


def test_scans_of_manifests_are_trained_on_and_translated_in_slabs(tmp_path):
    source, target = write_toy_domains(tmp_path, count=1)
    data = TranslationDataConfig(source=str(source), target=str(target), size=32, crop=(0, 1), slab=3)
    assert slices_of(data, 0, 3).sample(0)[0].shape == (2, 3, 32, 32)
    table = {**slab_recipe(), "data": {**to_table(data)}}
    table["run"] |= {"steps": 1}
    recipe = from_table(TranslationRecipe, table, "recipe")
    file = train_translation(recipe, tmp_path / "run", Machine(device="cpu"))
    (entry,) = entries_of(str(source), "training", "ceT1", labeled=True)
    scan = read_source_scan(entry, "ceT1", data.crop)
    made = scan.translated(generator_of_run(file)[0], data)
    assert made.shape == SHAPE
    np.testing.assert_array_equal(made.dhw_to_ras, scan.image.dhw_to_ras)


def test_a_depth_below_one_and_scans_in_other_slabs_than_those_of_the_training_are_refused():
    with pytest.raises(ConfigError, match="depth must be >= 1, got 0"):
        TranslatorConfig(depth=0)
    data = {"source": "a", "target": "b", "slab": 8}
    table = {**slab_recipe(), "data": data}
    with pytest.raises(ConfigError, match=r"data\.slab must be translator\.depth \(3\), got 8"):
        from_table(TranslationRecipe, table, "recipe")
    assert from_table(TranslationRecipe, {**table, "data": {**data, "slab": 3}}, "recipe").translator.depth == 3
