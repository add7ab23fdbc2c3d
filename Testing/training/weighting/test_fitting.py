"""Fitting what tells weightings apart: it learns what is there to learn, and is the same on every run."""

import numpy as np
import pytest

from Training.synthesis.contrast import draw_contrast
from Training.synthesis.tissues import BRAIN, Tissue
from Training.weighting.fitting import fit, write_network
from Training.weighting.samples import KINDS, Example
from VSSegmentationLib.inference.porus_features import COUNT
from VSSegmentationLib.inference.weighting import CLASSES, load_weighting_network


def examples(count: int, seed: int) -> list[Example]:
    """Features of each kind round a place of its own; a tenth of them not seen."""
    rng = np.random.default_rng(seed)
    places = np.random.default_rng(9).normal(0, 1, (len(KINDS), COUNT))
    found = []
    for index in range(count):
        features = (places[index % len(KINDS)] + rng.normal(0, 0.5, COUNT)).astype(np.float32)
        features[rng.random(COUNT) < 0.1] = np.nan
        found.append(Example(features, index % len(KINDS)))
    return found


@pytest.fixture(scope="module")
def numbers():
    return fit(examples(400, 1), seed=3)


def test_it_learns_what_tells_the_kinds_apart(numbers, tmp_path):
    write_network(tmp_path / "numbers.json", numbers, {"version": "1", "trained_on": "made-up features"})
    network = load_weighting_network(tmp_path / "numbers.json")
    right = [network.probabilities(each.features).argmax() == each.kind for each in examples(200, 2)]
    assert np.mean(right) > 0.97


def test_the_classes_are_those_that_are_read(numbers):
    assert numbers["classes"] == list(CLASSES)
    assert len(KINDS) == len(CLASSES)


@pytest.mark.parametrize("seed", range(30))
def test_a_plain_t1_has_dark_fluid_and_nothing_enhances(seed):
    """Unenhanced tumor has 0.7 to 0.9 of the signal of brain, enhanced twice as much (as computed)."""
    mean = draw_contrast(np.random.default_rng(seed), "T1").mean
    brain = mean[list(BRAIN)]
    assert mean[Tissue.CSF] < brain.min()
    assert mean[Tissue.BONE] < mean[Tissue.CSF] + 0.05
    for tissue in (Tissue.EXTRAMEATAL_TUMOR, Tissue.VENOUS_SINUS, Tissue.CHOROID_PLEXUS):
        assert mean[tissue] < 1.4 * mean[Tissue.BRAINSTEM]


def test_a_plain_t1_mostly_has_white_matter_brighter_than_gray_and_tumor_darker_than_the_brainstem():
    means = [draw_contrast(np.random.default_rng(seed), "T1").mean for seed in range(60)]
    whiter = [mean[Tissue.CEREBRAL_WHITE] > mean[Tissue.CEREBRAL_GRAY] for mean in means]
    darker = [mean[Tissue.EXTRAMEATAL_TUMOR] < mean[Tissue.BRAINSTEM] for mean in means]
    assert np.mean(whiter) > 0.6  # scans with little T1 weighting show it the other way round
    assert np.mean(darker) > 0.75
