"""Weights and plain data out of a file that torch.save wrote; nothing in it is executed, in any version of torch.

Such a file is a zip with a pickle (`data.pkl`), which says how the data are nested, and the raw numbers of each tensor
(`data/0`, `data/1`, ...). A pickle may ask for any function to be called, and torch's own weights-only reader, which
allows a few, could be made to run code before torch 2.6 (CVE-2025-32434) and to write beyond its memory before 2.10
(CVE-2026-24747), while Slicer on a Mac has torch 2.2. So the reading is done here, in two steps: the few names that are
known make records that can do nothing, any other name ends the reading before it is looked up; then tensors are made of
the records.
"""

import io
import pickle
import pickletools
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple, NoReturn

import numpy as np
import torch
from torch import Tensor

_STORAGES = {
    "DoubleStorage": torch.float64, "FloatStorage": torch.float32, "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16, "LongStorage": torch.int64, "IntStorage": torch.int32,
    "ShortStorage": torch.int16, "CharStorage": torch.int8, "ByteStorage": torch.uint8, "BoolStorage": torch.bool,
}  # fmt: skip

_NUMBERS = "?bhilqBHILQefd"
"""Codes of numpy's plain numbers; no objects, no records, no texts."""

_ORDERED: dict[str, Callable[[np.dtype[Any]], np.dtype[Any]]] = {
    "<": lambda dtype: dtype.newbyteorder("<"),
    ">": lambda dtype: dtype.newbyteorder(">"),
    "=": lambda dtype: dtype,
    "|": lambda dtype: dtype,
}
"""The orders of bytes that numpy tells."""

_OPERATIONS = frozenset({
    "PROTO", "STOP", "MARK", "NONE", "NEWTRUE", "NEWFALSE", "BININT", "BININT1", "BININT2", "LONG1", "LONG4",
    "BINFLOAT", "BINUNICODE", "EMPTY_DICT", "EMPTY_LIST", "EMPTY_TUPLE", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3",
    "SETITEM", "SETITEMS", "APPEND", "APPENDS", "GLOBAL", "REDUCE", "BUILD", "BINPERSID", "BINGET", "LONG_BINGET",
    "BINPUT", "LONG_BINPUT",
})  # fmt: skip
"""Of pickles, what `torch.save` writes (protocol 2)."""

UNREADABLE = (
    pickle.UnpicklingError, zipfile.BadZipFile, RuntimeError, EOFError, OSError, ValueError, LookupError, TypeError,
    AttributeError, OverflowError,
)  # fmt: skip
"""What `read_archive` may raise about a file that is damaged or something else."""


class ForbiddenContentError(pickle.UnpicklingError):
    """The file asks for something that is neither weights nor plain data."""


class _Storage(NamedTuple):
    dtype: torch.dtype
    key: str
    length: int


class _TensorRecord(NamedTuple):
    storage: _Storage
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]


class _NumberType:
    """A type of numpy's numbers as a pickle tells it: its code, then the order of its bytes."""

    __slots__ = ("code", "order")

    def __init__(self, code: str) -> None:
        self.code, self.order = code, "="

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.order = state[1]


def read_archive(path: Path) -> Any:  # noqa: ANN401 - whatever the file holds
    """Return the nested plain data of a file, with tensors on the CPU and numpy's numbers as those of Python.

    Args:
        path: As `torch.save` writes it since version 1.6.

    Raises:
        ForbiddenContentError: If it holds anything else; nothing of that was looked up or called.
        FileNotFoundError: If it is missing.
        Exception: Another one of `UNREADABLE`, if it is no such file, or damaged.
    """
    with zipfile.ZipFile(path) as archive:
        pickles = [name for name in archive.namelist() if PurePosixPath(name).name == "data.pkl"]
        if len(pickles) != 1:
            msg = f"a file of torch.save holds one data.pkl, this one {len(pickles)}"
            raise ValueError(msg)
        folder = PurePosixPath(pickles[0]).parent
        if f"{folder}/byteorder" in archive.namelist() and _bytes(archive, f"{folder}/byteorder") != b"little":
            msg = "the numbers in the file are in an order of bytes that is not read"
            raise ValueError(msg)
        plan = _bytes(archive, pickles[0])
        _check_operations(plan)
        found = _PlainUnpickler(io.BytesIO(plan)).load()
        return _Tensors(archive, folder).of(found)


def _bytes(archive: zipfile.ZipFile, name: str, size: int | None = None) -> bytes:
    """Return an entry, as large as it should be; torch never compresses one, which a bomb would have to."""
    entry = archive.getinfo(name)
    if entry.compress_type != zipfile.ZIP_STORED or (size is not None and entry.file_size != size):
        msg = f"the entry {name} has {entry.file_size} bytes, and {size} were expected, not compressed"
        raise ValueError(msg)
    return archive.read(entry)


def _check_operations(plan: bytes) -> None:
    """Refuse operations that no such file needs, and numbers of memory places that would take up the memory."""
    for count, (operation, argument, _place) in enumerate(pickletools.genops(plan)):
        if operation.name not in _OPERATIONS:
            _forbid(f"the operation {operation.name}")
        if operation.name.endswith("BINPUT") and (argument is None or argument > count):
            msg = f"the memory place {argument} is out of order"
            raise ValueError(msg)


class _PlainUnpickler(pickle.Unpickler):
    """Knows a few names only; what they make are tuples and plain data."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file)
        self._known = _stand_ins()

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401
        if (module, name) not in self._known:
            _forbid(f"{module}.{name}")
        return self._known[module, name]

    def persistent_load(self, identity: Any) -> _Storage:  # noqa: ANN401
        kind, dtype, key, _device, length = identity
        if kind != "storage" or not isinstance(dtype, torch.dtype) or not isinstance(length, int) or length < 0:
            _forbid(f"{kind} of {dtype}")
        return _Storage(dtype, str(key), length)


def _stand_ins() -> dict[tuple[str, str], Any]:
    """Return what each known name stands for: made anew for each file, so that none can change it for others."""

    def tensor(*parts: Any) -> _TensorRecord:  # noqa: ANN401
        return _TensorRecord(*parts[:4])  # what follows is about gradients

    def parameter(data: _TensorRecord, *_rest: object) -> _TensorRecord:
        return data

    def device(*parts: str | int) -> str:
        return ":".join(str(part) for part in parts)

    def dtype(code: str, *_rest: object) -> _NumberType:
        return _NumberType(code)

    def scalar(kind: _NumberType, data: bytes) -> Any:  # noqa: ANN401
        found = np.dtype(kind.code)
        if found.char not in _NUMBERS or kind.order not in _ORDERED:
            _forbid(f"numpy's type {found}")
        return np.frombuffer(data, _ORDERED[kind.order](found), count=1)[0].item()

    def encode(text: str, encoding: str) -> bytes:
        """Return the bytes that pickles of protocol 2 write as a text of Latin-1."""
        if encoding != "latin1":
            _forbid(f"a text in {encoding}")
        return text.encode("latin1")

    return {
        ("collections", "OrderedDict"): OrderedDict,
        ("torch._utils", "_rebuild_tensor_v2"): tensor,
        ("torch._utils", "_rebuild_parameter"): parameter,
        ("torch", "Size"): tuple,
        ("torch", "device"): device,
        ("numpy", "dtype"): dtype,
        ("numpy.core.multiarray", "scalar"): scalar,
        ("numpy._core.multiarray", "scalar"): scalar,  # since numpy 2
        ("_codecs", "encode"): encode,
        **{("torch", name): kind for name, kind in _STORAGES.items()},
    }


class _Tensors:
    """Makes tensors of their records; those that share a storage in the file share it again."""

    def __init__(self, archive: zipfile.ZipFile, folder: PurePosixPath) -> None:
        self._archive, self._folder = archive, folder
        self._flat: dict[_Storage, Tensor] = {}

    def of(self, found: Any) -> Any:  # noqa: ANN401
        """Return the same nested data with tensors."""
        if isinstance(found, _TensorRecord):
            # as_strided refuses what lies outside of the storage
            return torch.as_strided(self._storage(found.storage), found.size, found.stride, found.offset)
        if isinstance(found, dict):
            return {self.of(key): self.of(value) for key, value in found.items()}
        if isinstance(found, list | tuple) and not isinstance(found, _Storage):
            return type(found)(self.of(each) for each in found)
        if found is not None and not isinstance(found, bool | int | float | str | bytes):
            _forbid(f"a {type(found).__name__} by itself")
        return found

    def _storage(self, storage: _Storage) -> Tensor:
        if storage not in self._flat:
            length, dtype = storage.length, storage.dtype
            numbers = _bytes(self._archive, f"{self._folder}/data/{storage.key}", length * dtype.itemsize)
            self._flat[storage] = (
                torch.frombuffer(bytearray(numbers), dtype=dtype) if length else torch.empty(0, dtype=dtype)
            )
        return self._flat[storage]


def _forbid(what: str) -> NoReturn:
    msg = f"it asks for {what}"
    raise ForbiddenContentError(msg)
