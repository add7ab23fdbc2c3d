"""Half as wide numbers are used where the device is faster in them, and only for what they are good for."""

import pytest
import torch

from Testing.support.toy_models import toy_segmenter
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.inference import precision
from VSSegmentationLib.inference.precision import Halved, difference_when_halved, resolve_precision
from VSSegmentationLib.networks import NetworkOutput

CPU, CUDA, MPS = torch.device("cpu"), torch.device("cuda"), torch.device("mps")


@pytest.mark.parametrize(("multiplies", "expected"), [(True, torch.bfloat16), (False, torch.float32)])
def test_a_cpu_takes_bfloat16_only_if_it_multiplies_it_faster(monkeypatch, multiplies, expected):
    monkeypatch.setattr(precision, "cpu_multiplies_bfloat16", lambda: multiplies)
    assert resolve_precision("auto", CPU) == expected


def test_a_cuda_gpu_takes_float16_and_an_apple_one_float32():
    assert resolve_precision("auto", CUDA) == torch.float16
    assert resolve_precision("auto", MPS) == torch.float32


@pytest.mark.parametrize("device", [CPU, CUDA, MPS])
def test_what_was_asked_for_is_taken(device: torch.device):
    assert resolve_precision("float32", device) == torch.float32


@pytest.mark.parametrize(
    ("wanted", "device", "words"),
    [("half", CPU, "must be"), ("float16", CPU, "bfloat16 or float32"), ("bfloat16", MPS, "float16 or float32")],
)
def test_what_a_device_has_no_use_for_is_refused(wanted: str, device: torch.device, words: str):
    with pytest.raises(UsageError, match=words):
        resolve_precision(wanted, device)


def test_a_torch_that_cannot_halve_on_a_device_is_told_and_float32_goes_on(monkeypatch):
    def unsupported(*_arguments, **_named):
        msg = "User specified an unsupported autocast device_type 'mps'"  # as PyTorch 2.2 says
        raise RuntimeError(msg)

    monkeypatch.setattr(torch, "autocast", unsupported)
    with pytest.raises(UsageError, match="take --precision float32"):
        resolve_precision("float16", MPS)
    assert resolve_precision("float32", MPS) == resolve_precision("auto", MPS) == torch.float32


@pytest.mark.parametrize(("narrow", "wide"), [(1.0, 2.0), (2.0, 1.0)])
def test_bfloat16_has_to_be_faster_than_float32(monkeypatch, narrow: float, wide: float):
    seconds = {torch.bfloat16: narrow, torch.float32: wide}
    monkeypatch.setattr(precision, "_seconds_of_product", lambda factor: seconds[factor.dtype])
    precision.cpu_multiplies_bfloat16.cache_clear()
    try:
        assert precision.cpu_multiplies_bfloat16() == (narrow < wide)
    finally:
        precision.cpu_multiplies_bfloat16.cache_clear()


def test_a_halved_network_gives_float32_rounded_to_eight_bits():
    bundle = toy_segmenter(threshold=0.0)  # logit 1 is a multiple of the intensity
    image = torch.full((1, 1, 2, 4, 4), 1 + 2**-10)  # bfloat16 keeps 8 bits: the last digit is lost
    exact, halved = bundle.network(image).logits, Halved(bundle.network, torch.bfloat16)(image).logits
    assert halved.dtype == torch.float32
    assert torch.equal(halved, bundle.network(torch.ones_like(image)).logits)
    assert not torch.equal(halved, exact)


class _Unsure(torch.nn.Module):
    """Is sure of every voxel in float32, and of none where its convolution is halved."""

    def __init__(self):
        super().__init__()
        self.convolution = torch.nn.Conv3d(1, 1, 1)

    def forward(self, image):
        told = 20.0 * image.sign() if self.convolution(image).dtype == torch.float32 else torch.zeros_like(image)
        return NetworkOutput(torch.cat([-told, told], dim=1), [])


def test_the_difference_of_half_as_wide_numbers_is_that_of_the_probabilities():
    shape = (1, 4, 16, 16)
    sure = toy_segmenter(threshold=0.0).network
    assert difference_when_halved(sure, torch.bfloat16, shape, CPU) < 0.005
    # float32 says 0 or 1 of every voxel, and the halved network a half of each
    assert difference_when_halved(_Unsure(), torch.bfloat16, shape, CPU) == pytest.approx(0.5, abs=0.01)


def test_numbers_that_are_not_finite_are_the_largest_difference():
    def broken(image):
        return NetworkOutput(torch.full_like(image, torch.nan).repeat(1, 2, 1, 1, 1), [])

    network = torch.nn.Module()
    network.forward = broken
    assert difference_when_halved(network, torch.bfloat16, (1, 2, 4, 4), CPU) == 1.0
