import numpy as np
import pytest
import torch
from torch.nn import functional as F

from Training.builders import measured_as
from Training.recipes import DataConfig
from Training.scoring.validation import FIRST_VALIDATION_INDEX, validate_on_samples
from VSSegmentationLib.networks import NetworkOutput


class Known:
    """Even samples: an extrameatal and an intrameatal row of 4 voxels each; odd ones: no tumor."""

    def __init__(self):
        self.asked = []

    def sample(self, index):
        self.asked.append(index)
        labels = np.zeros((2, 4, 4), np.uint8)
        if index % 2 == 0:
            labels[0, 0], labels[0, 1] = 1, 2
        return labels[np.newaxis].astype(np.float32), labels


class Says(torch.nn.Module):
    """Turns the image, which holds the truth here, into logits of what `answer` makes of it."""

    def __init__(self, answer, classes=3):
        super().__init__()
        self.classes = classes
        self.answer = answer
        self.unused = torch.nn.Parameter(torch.zeros(1))

    def forward(self, image):
        labels = self.answer(image[:, 0].long())
        return NetworkOutput(F.one_hot(labels, self.classes).movedim(-1, 1).float(), [])


class Glioma:
    """Core, edema and enhancing tumor in rows of 4 voxels; every second sample has edema alone."""

    def sample(self, index):
        labels = np.zeros((2, 4, 4), np.uint8)
        labels[0, :3] = np.array([[1], [2], [3]]) if index % 2 == 0 else 2
        return labels[np.newaxis].astype(np.float32), labels


def test_regions_of_a_glioma_are_nested_and_measured_where_there_are_any():
    """Said is edema where the core was, so of each region only what does not rest on the core is found."""
    values = validate_on_samples(Glioma(), 2, "BraTS")(Says(lambda truth: torch.where(truth == 1, 2, truth), 4))
    core = 2 * 4 / (8 + 4)  # of core and enhancing tumor the latter
    assert values == pytest.approx(
        {"dice": ((1 + core + 1) / 3 + 1) / 2, "dice_whole": 1, "dice_core": core, "dice_enhancing": 1}
    )


def test_the_truth_scores_one_everywhere():
    values = validate_on_samples(Known(), 4)(Says(lambda truth: truth))
    assert values == {"dice": 1, "dice_extrameatal": 1, "dice_intrameatal": 1, "false_positive_voxels": 0}


def test_exchanged_parts_leave_the_whole_tumor_right():
    values = validate_on_samples(Known(), 2)(Says(lambda truth: (3 - truth) % 3))
    assert (values["dice"], values["dice_extrameatal"], values["dice_intrameatal"]) == (1, 0, 0)


def test_tumor_everywhere_scores_by_the_formula():
    values = validate_on_samples(Known(), 2)(Says(torch.ones_like))
    assert values["dice"] == pytest.approx(2 * 8 / (8 + 32))
    assert values["dice_extrameatal"] == pytest.approx(2 * 4 / (4 + 32))
    assert values["false_positive_voxels"] == 32


def test_samples_are_beyond_those_of_training_and_made_once():
    source = Known()
    validate = validate_on_samples(source, 3)
    for _ in range(2):
        validate(Says(lambda truth: truth))
    assert source.asked == [FIRST_VALIDATION_INDEX + n for n in range(3)]
    assert FIRST_VALIDATION_INDEX > 10**9


class WithCochlea(Known):
    """As `Known`, with a row of the cochlea in every sample."""

    def sample(self, index):
        _image, labels = super().sample(index)
        labels[1, 3] = 3
        return labels[np.newaxis].astype(np.float32), labels


class SaysFour(Says):
    def forward(self, image):
        return NetworkOutput(F.one_hot(self.answer(image[:, 0].long()), 4).movedim(-1, 1).float(), [])


def test_the_cochlea_is_scored_in_samples_without_a_tumor_too_and_is_none_itself():
    def half(truth):
        found = truth.clone()
        found[..., 3, :2] = torch.where(truth[..., 3, :2] == 3, 0, truth[..., 3, :2])
        return found

    values = validate_on_samples(WithCochlea(), 2)(SaysFour(half))
    assert values["dice_cochlea"] == pytest.approx(2 * 2 / (2 + 4))
    assert (values["dice"], values["false_positive_voxels"]) == (1, 0)


class Canals:
    """Balls of 4 voxels: of both pori and of the right tip; every second sample shows the right ear alone."""

    def sample(self, index):
        labels = np.zeros((2, 4, 4), np.uint8)
        labels[0, :3] = np.array([[1], [2], [3]]) if index % 2 == 0 else np.array([[1], [0], [3]])
        return labels[np.newaxis].astype(np.float32), labels


def test_balls_of_a_locator_have_the_names_of_what_they_mark():
    values = validate_on_samples(Canals(), 2, "canals")(Says(lambda truth: torch.where(truth == 3, 0, truth), 5))
    assert values == pytest.approx(
        {"dice": (2 / 3 + 1 / 2) / 2, "dice_right_porus": 1, "dice_left_porus": 1, "dice_right_fundus": 0}
    )


def test_whole_heads_are_measured_as_canals_and_other_kinds_by_their_labels():
    assert measured_as(DataConfig(kind="whole_heads")) == "canals"
    assert measured_as(DataConfig(kind="synthetic")) == "VS"
    assert measured_as(DataConfig(kind="gliomas")) == "BraTS"
