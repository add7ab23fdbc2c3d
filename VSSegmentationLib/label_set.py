"""What the values of a labelmap mean: names, codes, colors, and which of them are the tumor. Data of a model.

A voxel holds one value. Regions may be nested (the enhancing part lies in the core, the core in the whole tumor): the
value of a region that has others inside stands for what of it lies in none of those, and `region_values` gives all.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from VSSegmentationLib.errors import ConfigError, InputRefusedError

LabelKind = Literal["tumor part", "organ"]
_KEY = re.compile(r"[a-z][a-z0-9_]*")
_LARGEST = 255


class Code(NamedTuple):
    """A code in the order in which DICOM libraries take it."""

    value: str
    scheme: str
    """Such as SCT, or this software's own 99VSSEG."""
    meaning: str


@dataclass(frozen=True, kw_only=True)
class LabelEntry:
    """One value of a labelmap."""

    value: int
    """1 to 255; 0 is always the background."""
    key: str
    """Short and fixed, such as `extrameatal`: in options, in the ids of segments, in tables."""
    name: str
    """What people read, such as `Extrameatal tumor`."""
    color_rgb: tuple[int, int, int]
    """0 to 255; told apart by color-blind readers too."""
    kind: LabelKind
    category: Code
    type: Code
    modifier: Code | None = None
    """What tells this part from others of the same type."""
    anatomic_region: Code | None = None
    """Where in the body it is, if the type does not say so."""
    parent: str | None = None
    """Key of the region that this one lies inside."""
    region_name: str = ""
    """What it is called together with everything inside it; empty where nothing is."""
    undivided: bool = False
    """Whether it stands for a tumor that was not divided into parts; such a value is shown only where it occurs."""
    paired: bool = False
    """Whether an organ is there once on each side of the body."""
    synonyms: tuple[str, ...] = field(default=(), compare=False, repr=False)
    """What others call it, beside key and name: whole names, whatever their case and punctuation. One more of them
    makes no other label, so a model that knew fewer fits its task still."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", int(self.value))  # of an enumeration, too: files hold plain numbers
        if not 1 <= self.value <= _LARGEST:
            msg = f"the value of a label must be from 1 to {_LARGEST}, got {self.value} for {self.name!r}"
            raise ConfigError(msg)
        if not _KEY.fullmatch(self.key):
            msg = f"the key of a label has small letters, digits and underscores only, got {self.key!r}"
            raise ConfigError(msg)
        if self.kind not in get_args(LabelKind):
            msg = (
                f"the kind of the label {self.key!r} must be one of {', '.join(get_args(LabelKind))}, got {self.kind!r}"
            )
            raise ConfigError(msg)

    def __repr__(self) -> str:
        return f"LabelEntry({self.value} {self.key})"

    @property
    def outline_name(self) -> str:
        """What people read of it together with everything inside it."""
        return self.region_name or self.name

    @property
    def is_tumor(self) -> bool:
        """Whether its voxels belong to the tumor."""
        return self.kind == "tumor part"


@dataclass(frozen=True, kw_only=True)
class Structure:
    """What of two labelmaps is compared: voxels of some values, or the border between two of them."""

    key: str
    """What the command line and the tables of machines call it."""
    name: str
    values: tuple[int, ...] = ()
    """Empty for a border."""
    border: tuple[int, int] | None = None
    """The sheet of voxels of the first value that share a face with one of the second."""
    is_whole: bool = False
    """Whether it is the whole tumor, whose components are counted, too."""
    note: str = ""
    """A sentence that stands below tables: what it is, where the name does not say so."""

    def __str__(self) -> str:
        return self.key


@dataclass(frozen=True, kw_only=True)
class LabelSet:
    """All values that a labelmap of one kind may hold."""

    name: str
    """Of the tumor kind, such as `vestibular schwannoma`."""
    segment_prefix: str
    """The ids of segments in files and scenes begin so, such as `VS_`."""
    terminology_context: str
    """Name of the context in which Slicer finds the codes."""
    entries: tuple[LabelEntry, ...]
    """In the order in which people see them."""

    def __post_init__(self) -> None:
        for what in ("value", "key", "name"):
            found = [getattr(entry, what) for entry in self.entries]
            if len(set(found)) < len(found):
                msg = f"the labels of {self.name!r} must differ in their {what}, got {', '.join(map(str, found))}"
                raise ConfigError(msg)
        if not self.tumor_values:
            msg = f"the label set {self.name!r} has no tumor part; at least one label must be of that kind"
            raise ConfigError(msg)
        for entry in self.entries:
            self._check_parents(entry)

    def _check_parents(self, entry: LabelEntry) -> None:
        seen = {entry.key}
        while entry.parent is not None:
            if entry.parent in seen:
                msg = f"the label {entry.key!r} of {self.name!r} lies inside itself"
                raise ConfigError(msg)
            seen.add(entry.parent)
            entry = self.of_key(entry.parent)

    def __repr__(self) -> str:
        return f"LabelSet({self.name!r}, {len(self.entries)} labels)"

    @property
    def values(self) -> tuple[int, ...]:
        """All values but the background."""
        return tuple(entry.value for entry in self.entries)

    @property
    def tumor(self) -> tuple[LabelEntry, ...]:
        """The parts whose union is the tumor."""
        return tuple(entry for entry in self.entries if entry.is_tumor)

    @property
    def tumor_values(self) -> tuple[int, ...]:
        """Values of the parts of the tumor."""
        return tuple(entry.value for entry in self.tumor)

    @property
    def undivided(self) -> LabelEntry | None:
        """The label of a tumor that was not divided into parts; None where parts always are told apart."""
        return next((entry for entry in self.tumor if entry.undivided), None)

    @property
    def whole_tumor(self) -> LabelEntry:
        """The label of a mask of the whole tumor: the undivided one, else the outermost part."""
        return self.undivided or next((entry for entry in self.tumor if entry.parent is None), self.tumor[0])

    def of_value(self, value: int) -> LabelEntry:
        """Return the label of a value.

        Raises:
            ConfigError: If there is none.
        """
        for entry in self.entries:
            if entry.value == value:
                return entry
        msg = f"the value {value} is no label of {self.name!r}; there are {self._listed()}"
        raise ConfigError(msg)

    def of_key(self, key: str) -> LabelEntry:
        """Return the label of a key.

        Raises:
            ConfigError: If there is none.
        """
        for entry in self.entries:
            if entry.key == key:
                return entry
        msg = f"{key!r} is no label of {self.name!r}; there are {', '.join(entry.key for entry in self.entries)}"
        raise ConfigError(msg)

    def region_values(self, key: str) -> tuple[int, ...]:
        """Return the values of a region: its own and those of everything inside it."""
        inside = [entry.key for entry in self.entries if entry.parent == key]
        return (self.of_key(key).value, *(value for child in inside for value in self.region_values(child)))

    def region_mask(self, array: NDArray[Any], key: str) -> NDArray[np.bool_]:
        """Return True in a region and everything inside it; (D, H, W) of labels in, the same shape out."""
        return _is_any_of(array, self.region_values(key))

    def tumor_mask(self, array: NDArray[Any]) -> NDArray[np.bool_]:
        """Return True where any part of the tumor is; (D, H, W) of labels in, the same shape out."""
        return _is_any_of(array, self.tumor_values)

    def segment_id(self, entry: LabelEntry) -> str:
        """Return the id of a label's segment, in files and in scenes."""
        return f"{self.segment_prefix}{entry.key}"

    def check_array(self, array: NDArray[Any]) -> None:
        """See that an array of whole numbers holds known values only.

        Raises:
            InputRefusedError: If it does not; the message lists the labels.
        """
        low, high = int(array.min()), int(array.max())
        known = {0, *self.values}
        if low >= 0 and high <= max(known) and known == set(range(len(known))):
            return
        if low < 0 or high > max(known):  # rather an image than a labelmap of another kind
            raise InputRefusedError(self._refusal(f"values from {min(low, 0)} to {high}"))
        if int(np.count_nonzero(_is_any_of(array, tuple(known)))) < array.size:
            self.check(np.unique(array).tolist())

    def check(self, values: Iterable[int]) -> None:
        """See that every value is known.

        Raises:
            InputRefusedError: If one is neither 0 nor a label; the message lists those.
        """
        unknown = sorted(set(values) - {0, *self.values})
        if unknown:
            raise InputRefusedError(self._refusal(str(unknown[:5])))

    def _refusal(self, got: str) -> str:
        known = f"0 background, {self._listed()}"
        return f"a labelmap of {self.name} may hold {known}; this one holds {got}: map the labels first"

    def _listed(self) -> str:
        return ", ".join(f"{entry.value} {entry.name.lower()}" for entry in self.entries)


def _is_any_of(array: NDArray[Any], values: Sequence[int]) -> NDArray[np.bool_]:
    # A comparison for each of the few values takes a tenth of the time of np.isin on a whole scan of bytes.
    mask = np.zeros(array.shape, dtype=np.bool_)
    for index, plane in enumerate(np.atleast_2d(array)):  # a slice at a time, for memory
        for value in values:
            np.atleast_2d(mask)[index] |= plane == value
    return mask
