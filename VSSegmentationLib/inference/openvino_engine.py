"""Running a network with OpenVINO, where it is installed: the same weights, compiled for this CPU.

A network is translated for one shape of its input, the window that every scan is cut into; anything else goes through
torch. Translating takes seconds, so what comes of it is kept in a folder, with a checksum of its own.
"""

import json
import logging
import os
import shutil
import tempfile
import warnings
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from VSSegmentationLib.codec import read_json_file
from VSSegmentationLib.geometry import Shape
from VSSegmentationLib.networks import NetworkOutput
from VSSegmentationLib.tensors import array_of, tensor_of

_XML, _BIN, _SUMS = "network.xml", "network.bin", "checksums.json"
_HINTS = {torch.float32: "f32", torch.bfloat16: "bf16"}

logger = logging.getLogger(__name__)


def has_openvino() -> bool:
    """Return whether OpenVINO is installed."""
    return find_spec("openvino") is not None


class OpenVinoNetwork(nn.Module):
    """A network whose windows of one shape are computed by OpenVINO, and any other input by torch."""

    def __init__(self, network: nn.Module, shape: tuple[int, ...], compiled: Any) -> None:  # noqa: ANN401 - no types
        super().__init__()
        self.network = network
        self._shape = shape
        self._request = compiled.create_infer_request()

    def forward(self, image: Tensor) -> NetworkOutput:
        """Return the logits of a batch (B, C, D, H, W); a window's come without attention maps."""
        if tuple(image.shape) != self._shape:
            output: NetworkOutput = self.network(image)
            return output
        found = self._request.infer({0: array_of(image)})
        return NetworkOutput(tensor_of(found[0].copy()), [])


def compiled_network(
    network: nn.Module,
    otherwise: nn.Module,
    *,
    channels: int,
    size_dhw: Shape,
    dtype: torch.dtype,
    kept_as: Path | None,
) -> OpenVinoNetwork:
    """Return the network, compiled for windows of one size.

    Args:
        network: In float32 on the CPU, in evaluation mode.
        otherwise: What computes inputs of other sizes.
        channels: Of its input.
        size_dhw: Of a window.
        dtype: float32 or bfloat16: what OpenVINO may compute in.
        kept_as: Folder for the translated network, made if it can be; None keeps nothing.
    """
    import openvino  # noqa: PLC0415 - an extra

    shape = (1, channels, *size_dhw)
    core = openvino.Core()
    made_for = f"{openvino.__version__} {shape}"
    kept = None if kept_as is None else _read(core, kept_as, made_for)
    model = _translate(network, shape) if kept is None else kept
    if kept is None and kept_as is not None:
        _keep(openvino, model, kept_as, made_for)
    settings = {
        "INFERENCE_PRECISION_HINT": _HINTS[dtype],
        "INFERENCE_NUM_THREADS": torch.get_num_threads(),
        "ENABLE_CPU_PINNING": False,  # else each process takes the first cores, and two of them the same
    }
    return OpenVinoNetwork(otherwise, shape, core.compile_model(model, "CPU", settings))


class _Logits(nn.Module):
    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> Tensor:
        output: NetworkOutput = self.network(image)
        return output.logits


def _translate(network: nn.Module, shape: tuple[int, ...]) -> Any:  # noqa: ANN401 - no types
    """Translate by the reader of torch itself: OpenVINO's own `convert_model` may send reports of its use."""
    from openvino.frontend import FrontEndManager  # noqa: PLC0415 - an extra
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder  # noqa: PLC0415

    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # the trace holds for one shape: that is meant
        traced = TorchScriptPythonDecoder(_Logits(network), example_input=torch.zeros(shape))
        reader = FrontEndManager().load_by_framework("pytorch")
        model = reader.convert(reader.load(traced))
    model.reshape(list(shape))
    return model


def _read(core: Any, folder: Path, made_for: str) -> Any:  # noqa: ANN401 - no types
    """Return the translated network of a folder; None if it is not there or not what was written."""
    try:
        sums = read_json_file(folder / _SUMS)
        found = {name: sha256((folder / name).read_bytes()).hexdigest() for name in (_XML, _BIN)}
        if sums != {"made_for": made_for, **found}:
            return None
        return core.read_model(folder / _XML, folder / _BIN)
    except (OSError, ValueError, RuntimeError):  # made anew then
        return None


def _keep(openvino: Any, model: Any, folder: Path, made_for: str) -> None:  # noqa: ANN401 - no types
    """Write a translated network for the next time, all of it or nothing; a folder that can't be written is fine."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    except OSError as error:
        logger.debug("a translated network is not kept: %s", error.strerror)
        return
    try:
        openvino.save_model(model, made / _XML, compress_to_fp16=False)
        sums = {name: sha256((made / name).read_bytes()).hexdigest() for name in (_XML, _BIN)}
        (made / _SUMS).write_text(json.dumps({"made_for": made_for, **sums}), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(made, folder)  # noqa: PTH105 - a folder that another process has just put there makes it fail
    except (OSError, RuntimeError) as error:
        logger.debug("a translated network is not kept: %s", type(error).__name__)
        shutil.rmtree(made, ignore_errors=True)
