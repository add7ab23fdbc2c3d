"""Choosing where the network runs, and saying plainly when that place is missing or full."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from VSSegmentationLib.errors import DeviceMemoryError, UsageError

_FORMS = "auto, cpu, cuda, cuda:N or mps"
_OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "not enough memory")


@dataclass(frozen=True, kw_only=True)
class Device:
    """A place where a network can run."""

    name: str
    """As `resolve_device` takes it."""
    text: str
    """What a person reads."""
    free_bytes: int | None = None
    """Of its own memory; None where it has none, or does not tell."""
    total_bytes: int | None = None


def list_devices() -> tuple[Device, ...]:
    """Return every device of this machine, the CPU first."""
    devices = [Device(name="cpu", text="CPU")]
    for number in range(torch.cuda.device_count() if torch.cuda.is_available() else 0):
        free, total = torch.cuda.mem_get_info(number)
        text = torch.cuda.get_device_name(number)
        devices.append(Device(name=f"cuda:{number}", text=text, free_bytes=free, total_bytes=total))
    if torch.backends.mps.is_available():
        devices.append(Device(name="mps", text="Apple GPU"))
    return tuple(devices)


def resolve_device(name: str) -> torch.device:
    """Return the device of that name; `auto` is the first CUDA GPU if there is one, else the CPU.

    `auto` never takes mps, where some 3D operations are missing in torch versions that we support.

    Raises:
        UsageError: If the name is none of the known forms, or this machine has no such device.
    """
    kind, _, number = name.partition(":")
    if kind not in ("auto", "cpu", "cuda", "mps") or (number and (kind != "cuda" or not number.isdecimal())):
        msg = f"the device must be {_FORMS}; got {name!r}"
        raise UsageError(msg)
    if kind == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if kind == "cuda":
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if int(number or 0) >= count:
            msg = f"the device {name!r} was asked for, and torch sees {count} CUDA GPUs here; try --device cpu"
            raise UsageError(msg)
    if kind == "mps" and not torch.backends.mps.is_available():
        msg = "the device 'mps' was asked for, and torch sees no Apple GPU here; try --device cpu"
        raise UsageError(msg)
    return torch.device(name)


@contextmanager
def memory_guard(device: torch.device) -> Iterator[None]:
    """Turn what torch and numpy raise when memory runs out into one error.

    torch says it with a RuntimeError (of which its own OutOfMemoryError is a kind) whose text differs by device.

    Raises:
        DeviceMemoryError: If memory ran out inside.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        numpy_ran_out = isinstance(error, MemoryError) and not isinstance(error, DeviceMemoryError)
        if not numpy_ran_out and not any(text in str(error).lower() for text in _OUT_OF_MEMORY):
            raise
        if device.type == "cpu":
            msg = "the memory of this computer ran out; close other programs, or give a scan cropped to the skull base"
        else:
            msg = f"the memory of the device '{device}' ran out; free it, or use the CPU: --device cpu"
        raise DeviceMemoryError(msg) from error
