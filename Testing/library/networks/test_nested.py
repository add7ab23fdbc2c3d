"""Regions inside each other become classes that exclude each other, and the labels that the threshold says."""

import pytest
import torch
from torch import nn

from VSSegmentationLib.networks import NestedRegions, NetworkOutput, labels_of_regions
from VSSegmentationLib.networks.nested import class_logits


def logit(*probabilities: float) -> torch.Tensor:
    p = torch.tensor(probabilities, dtype=torch.float64)
    return torch.log(p / (1 - p)).float()


def test_a_class_has_what_its_region_has_more_than_the_one_inside_it():
    regions = logit(0.9, 0.6, 0.25).reshape(1, 3, 1, 1, 1)
    found = torch.softmax(class_logits(regions), dim=1).flatten().tolist()
    assert found == pytest.approx([0.1, 0.3, 0.35, 0.25], abs=1e-5)


def test_a_region_is_no_likelier_than_the_one_it_lies_in():
    regions = logit(0.4, 0.8, 0.7).reshape(1, 3, 1, 1, 1)
    found = torch.softmax(class_logits(regions), dim=1).flatten().tolist()
    assert found == pytest.approx([0.6, 0.0, 0.0, 0.4], abs=1e-5)


def test_classes_sum_to_one_and_gradients_reach_every_region():
    torch.manual_seed(0)
    regions = torch.randn(2, 3, 4, 5, 6, requires_grad=True)
    classes = class_logits(regions).exp()
    torch.testing.assert_close(classes.sum(dim=1), torch.ones(2, 4, 5, 6), atol=1e-5, rtol=0)
    classes[:, 1:].pow(2).sum().backward()
    assert all(bool(regions.grad[:, k].abs().sum() > 0) for k in range(3))


@pytest.mark.parametrize(
    ("probabilities", "label"),
    [((0.9, 0.6, 0.55), 3), ((0.9, 0.6, 0.45), 1), ((0.9, 0.4, 0.9), 2), ((0.4, 0.9, 0.9), 0), ((0.6, 0.55, 0.3), 1)],
)
def test_the_label_is_that_of_the_innermost_region_that_is_as_likely_as_not(probabilities, label):
    """The last has the classes 0.4, 0.05, 0.25, 0.3: the likeliest tumor class would be the enhancing one."""
    regions = logit(*probabilities).reshape(1, 3, 1, 1, 1)
    assert labels_of_regions(regions, (2, 1, 3)).item() == label


def test_a_network_of_regions_answers_as_one_of_classes_and_keeps_its_maps():
    class Two(nn.Module):
        def forward(self, image):
            return NetworkOutput(torch.cat([image, -image], dim=1), [image])

    image = logit(0.75).reshape(1, 1, 1, 1, 1)
    output = NestedRegions(Two())(image)
    found = torch.softmax(output.logits, dim=1).flatten().tolist()
    assert found == pytest.approx([0.25, 0.5, 0.25], abs=1e-6)
    assert output.attention_maps == [image]
