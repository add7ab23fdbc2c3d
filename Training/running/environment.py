"""What a run ran on: enough to explain its speed and its last digits, nothing that names a machine or a person."""

import platform
from importlib.metadata import version
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric

import VSSegmentationLib


def describe_environment(fabric: Fabric, precision: str) -> dict[str, Any]:
    """Return versions, threads and device as JSON holds them; no paths, no host name."""
    device = fabric.device
    return {
        "vs_segmentation": VSSegmentationLib.__version__,
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "numpy": np.__version__,
        "lightning_fabric": version("lightning-fabric"),
        "system": platform.system(),
        "machine": platform.machine(),
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
        "processes": fabric.world_size,
        "threads": torch.get_num_threads(),
        "precision": precision,
    }
