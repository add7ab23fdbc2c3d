"""The manifest: one row per image, or per examination with several, in a plain table that a spreadsheet opens.

Beside it lies what was left out, and why.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from VSSegmentationLib.atomic import write_text_atomically
from VSSegmentationLib.codec import shortened
from VSSegmentationLib.csv_rows import csv_text, defused, read_csv, spelled
from VSSegmentationLib.errors import InputRefusedError, UsageError

LabelSet = Literal["VS", "BraTS"]
"""What label values mean: "VS" is `VSSegmentationLib.labels.Label`; "BraTS" is 1 necrotic or non-enhancing core,
2 edema, 3 enhancing tumor, whatever the edition has them as."""
Measured = Literal["VS", "BraTS", "canals"]
"""What labels mean where they are measured: `canals` are balls round the pori and the tips of the fundi."""

_COLUMNS = ("case", "patient", "date", "modality", "image", "labels", "label_set", "split")
MANIFEST, LEFT_OUT = "manifest.csv", "left_out.csv"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One image of one examination, or several on one grid, with their labels."""

    case: str
    """Unique together with `modality`: one examination."""
    patient: str
    """As pseudonymous as the collection has it; splits never part a patient."""
    date: str = ""
    """Of the examination, as the collection has it (YYYY-MM-DD, or a day count); empty where it is not known."""
    modality: str
    """T2, ceT1, T1, FLAIR."""
    image: Path
    """Absolute in memory, relative to the manifest in the file."""
    labels: Path | None = None
    """uint8 on the image's own grid; None where none are given, as for the target images of crossMoDA."""
    label_set: LabelSet = "VS"
    split: str = ""
    """training, validation or test; empty before `data split`."""
    others: tuple[tuple[str, Path], ...] = ()
    """Modality and file of further images of the examination, on the grid of the first; columns of their own."""

    @property
    def images(self) -> dict[str, Path]:
        """All images by modality, the one whose grid the labels have first."""
        return {self.modality: self.image, **dict(self.others)}


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """A case that is not in the manifest."""

    case: str
    reason: str


@dataclass(frozen=True)
class Manifest:
    """What an import came to."""

    entries: tuple[Entry, ...]
    left_out: tuple[LeftOut, ...] = ()

    def of_split(self, split: str) -> tuple[Entry, ...]:
        """Return the entries of one split.

        Raises:
            UsageError: If there are none.
        """
        found = tuple(entry for entry in self.entries if entry.split == split)
        if not found:
            known = sorted({entry.split for entry in self.entries} - {""})
            have = f"it has {', '.join(known)}" if known else "it is not split yet: give `data split` first"
            msg = f"the manifest has no case of the split {split!r}; {have}"
            raise UsageError(msg)
        return found


def write_manifest(manifest: Manifest, folder: Path) -> Path:
    """Write `manifest.csv` and `left_out.csv` and return the path of the first; both are replaced whole."""
    more = list(dict.fromkeys(name for entry in manifest.entries for name, _ in entry.others))
    rows = [
        {
            **{name: getattr(entry, name) for name in _COLUMNS},
            "image": _relative(entry.image, folder),
            "labels": "" if entry.labels is None else _relative(entry.labels, folder),
            **dict.fromkeys(more, ""),
            **{name: _relative(path, folder) for name, path in entry.others},
        }
        for entry in manifest.entries
    ]
    write_text_atomically(folder / MANIFEST, csv_text([*_COLUMNS, *more], rows, line_end="\n"))
    write_left_out(manifest, folder)
    return folder / MANIFEST


def write_left_out(manifest: Manifest, folder: Path) -> None:
    """Write `left_out.csv`: the cases that were not taken in, with the reason of each."""
    left = [{"case": each.case, "reason": each.reason} for each in manifest.left_out]
    write_text_atomically(folder / LEFT_OUT, csv_text(["case", "reason"], left, line_end="\n"))


def read_manifest(path: Path) -> Manifest:
    """Read a manifest, and what was left out if that lies beside it.

    Args:
        path: The file `manifest.csv`, or its folder.

    Raises:
        UsageError: If there is no such file.
        InputRefusedError: If it is no manifest, names a file that is not there, or has an image twice.
    """
    file = path / MANIFEST if path.is_dir() else path
    if not file.is_file():
        msg = f"there is no {MANIFEST} here; make one with `python -m Training data import`"
        raise UsageError(msg)
    rows = _rows(file, _COLUMNS, more="modalities of further images")
    entries = [_entry(row, file.parent, line) for line, row in enumerate(rows, start=2)]
    seen: set[tuple[str, str]] = set()
    for line, entry in enumerate(entries, start=2):
        if (entry.case, entry.modality) in seen:
            msg = f"line {line} of the manifest has the {entry.modality} image of a case a second time; take one out"
            raise InputRefusedError(msg)
        seen.add((entry.case, entry.modality))
    beside = file.with_name(LEFT_OUT)
    left = [LeftOut(**row) for row in _rows(beside, ("case", "reason"))] if beside.is_file() else []
    return Manifest(tuple(entries), tuple(left))


def _entry(row: Mapping[str, str], folder: Path, line: int) -> Entry:
    for name in ("case", "patient", "modality", "image"):
        if not row[name]:
            msg = f"line {line} of the manifest has no {name}; fill it in"
            raise InputRefusedError(msg)
    label_set = _label_set(row["label_set"], line)
    image, labels = folder / row["image"], folder / row["labels"] if row["labels"] else None
    others = {name: folder / path for name, path in row.items() if name not in _COLUMNS and path}
    for what, path in (("image", image), ("labels", labels), *others.items()):
        if path is not None and not _is_there(path):
            msg = f"line {line} of the manifest names a file for {what} that is not there; correct it, or import anew"
            raise InputRefusedError(msg)
    return Entry(
        case=row["case"],
        patient=row["patient"],
        date=row["date"],
        modality=row["modality"],
        image=Path(os.path.normpath(image)),
        labels=None if labels is None else Path(os.path.normpath(labels)),
        label_set=label_set,
        split=row["split"],
        others=tuple((name, Path(os.path.normpath(path))) for name, path in others.items()),
    )


def _is_there(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that no file can have
        return False


def _label_set(text: str, line: int) -> LabelSet:
    if text == "VS":
        return "VS"
    if text == "BraTS":
        return "BraTS"
    msg = f"line {line} of the manifest must have VS or BraTS as its label_set, got {shortened(text, 40)!r}"
    raise InputRefusedError(msg)


def _rows(file: Path, names: tuple[str, ...], more: str = "") -> list[dict[str, str]]:
    came, rows = read_csv(file)
    further = came[len(names) :]
    fits = came[: len(names)] == names and (all(further) if more else not further)
    if not fits:
        also = f", then {more}, each once" if more else ""
        msg = f"{file.name} must have the columns {', '.join(names)}{also}; got {shortened(', '.join(came) or 'none')}"
        raise InputRefusedError(msg)
    return [{key: _as_meant(value) for key, value in row.items()} for row in rows]


def _as_meant(text: str) -> str:
    """Return a cell without the apostrophe that kept a spreadsheet from running it."""
    return text[1:] if text.startswith("'") and defused(text[1:]) == text else text


def _relative(path: Path, folder: Path) -> str:
    """Return a path that still holds when both folders are moved together.

    Raises:
        InputRefusedError: If it is no UTF-8, in which manifests are.
    """
    relative = Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
    if spelled(relative) != relative:
        msg = "the name of a file or folder of the data set is no UTF-8, in which a manifest is written; rename it"
        raise InputRefusedError(msg)
    return relative
