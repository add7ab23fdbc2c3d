"""From a device's name on the command line to lightning-fabric."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from lightning_fabric import Fabric

from VSSegmentationLib.errors import UsageError


@contextmanager
def without_denormals() -> Iterator[None]:
    """Set denormal numbers to zero in this thread, and leave it afterwards as it was; a decorator, too.

    Gradients below 1e-38 are as good as 0, and an x86 CPU crawls through them. Others take no notice.
    """
    before = (torch.full((1,), 2e-38) * 0.1).item() == 0.0
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(before)


@contextmanager
def leaving_together() -> Iterator[None]:
    """End what joins the processes of a training when this does; a decorator, too.

    A process that exits while its group is still there leaves gloo's threads running, and now and then is aborted by
    the C++ runtime ("terminate called without an active exception"): torchrun then calls a training that came to its
    end a failed one.
    """
    try:
        yield
    finally:
        if torch.distributed.is_available() and torch.distributed.is_initialized():
            torch.distributed.destroy_process_group()


def make_fabric(device: str, devices: int, precision: str, *, nodes: int = 1) -> Fabric:
    """Return lightning-fabric for a device name; under torchrun or SLURM it takes its place among their processes.

    Args:
        device: auto, cpu, cuda, cuda:N or mps.
        devices: How many on this machine; several train in parallel, one process each.
        precision: As in the recipe.
        nodes: How many machines.

    Raises:
        UsageError: For another name, a count below 1, or a device that this machine lacks.
    """
    accelerator, _, number = device.partition(":")
    known = {
        "auto": True, "cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(),
    }  # fmt: skip
    if not known.get(accelerator, False) or (number and not (accelerator == "cuda" and number.isdigit())):
        usable = ", ".join(name for name, present in known.items() if present)
        msg = f"--device {device} cannot be used here; there is {usable}"
        raise UsageError(msg)
    if nodes < 1 or devices < 1 or (number and devices > 1):
        msg = (
            f"--devices and --nodes must be >= 1, and 1 with a numbered device, got {devices} and {nodes} with {device}"
        )
        raise UsageError(msg)
    which: list[int] | int = [int(number)] if number else devices
    strategy = "ddp" if devices * nodes > 1 else "auto"
    return Fabric(
        accelerator=accelerator,
        devices=which,
        num_nodes=nodes,
        strategy=strategy,
        precision=precision,  # type: ignore[arg-type]
    )


def warning_of_slow_precision(device: torch.device, precision: str) -> str | None:
    """Return what to say of a CPU that can only emulate a precision, which then takes many times longer; else None.

    Args:
        device: Where the training runs.
        precision: As in the recipe.
    """
    kind = next((each for each in ("bf16", "16") if precision.startswith(each)), None)
    if device.type != "cpu" or kind is None or _computed_by_cpu(kind):
        return None
    return (
        f"this CPU has no instructions for {precision} and emulates it, which can take 20 times longer than float32; "
        "float32 is `train --set run.precision=32-true`, or `experiment --precision 32-true`"
    )


def _computed_by_cpu(kind: str) -> bool:
    ops = torch.ops.mkldnn
    supported = ops._is_mkldnn_bf16_supported if kind == "bf16" else ops._is_mkldnn_fp16_supported
    return bool(supported())
