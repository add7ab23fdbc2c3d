"""Memory is measured in a process of its own: the largest resident size of a process never goes down again."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import resource
from dataclasses import replace

import numpy as np
import torch

from Testing.support.toy_models import threshold_network, toy_segmenter
from VSSegmentationLib.inference import Models, WindowConfig, segment
from VSSegmentationLib.networks import NetworkOutput
from VSSegmentationLib.volume import Volume


class Cheap(torch.nn.Module):
    def forward(self, image):
        return NetworkOutput(torch.cat([torch.zeros_like(image), image - 4, 2 * image - 9], 1), [])


def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


_, config = threshold_network([4.0, 5.0])
window = WindowConfig(size_dhw=(8, 128, 128), overlap=0.0)
bundle = toy_segmenter(network=Cheap(), network_config=config, labels=(0, 1, 2), window=window)
array = np.zeros((40, 320, 320), np.float32)
array[18:22, 150:170, 150:170] = 1.0
before = peak_mb()
segment(Volume(array, np.diag([3.0, 1.0, 1.0, 1.0])), Models(segmenter=bundle), device="cpu")
print(peak_mb() - before)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no resource module")
def test_memory_does_not_hold_the_working_volume_when_it_is_far_larger_than_the_scan():
    # 120 x 320 x 320 mm at 1.5 x 0.5 x 0.5 mm are 32.8 M voxels: 131 MB for the image, 393 MB for its logits, and as
    # much for its probabilities; the scan itself has 16 MB.
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3]
    )
    assert float(run.stdout) < 250
