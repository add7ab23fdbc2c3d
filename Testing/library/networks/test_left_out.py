"""A network that is run without some of its images sees 0 where they would be."""

import torch
from torch import nn

from VSSegmentationLib.networks import NetworkOutput, WithoutSome


class Weighted(nn.Module):
    """Each channel has a weight of its own, so that an exchange shows."""

    def forward(self, image):
        weights = torch.tensor([1.0, 10.0, 100.0, 1000.0])[:, None, None, None]
        return NetworkOutput((image * weights).sum(dim=1, keepdim=True), [])


def test_shown_channels_come_to_their_places_and_others_are_zero():
    image = torch.tensor([3.0, 2.0])[None, :, None, None, None].expand(2, 2, 4, 5, 6)
    answer = WithoutSome(Weighted(), shown=(2, 0), channels=4)(image)
    assert torch.equal(answer.logits, torch.full((2, 1, 4, 5, 6), 302.0))
