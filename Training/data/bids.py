"""BIDS: images below sub-*/[ses-*/]anat, labels below derivatives/*, dates from scans.tsv or sessions.tsv."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from Training.data.importing import Candidate, Found
from Training.data.label_names import values_by_name
from VSSegmentationLib.codec import shortened
from VSSegmentationLib.csv_rows import read_csv
from VSSegmentationLib.errors import InputRefusedError, UsageError
from VSSegmentationLib.labels import Label

_IMAGE = re.compile(r"(sub-[^_]+(?:_[a-z]+-[^_]+)*)_(T2w|T1w|FLAIR)\.nii(?:\.gz)?")
_LABELS = re.compile(r"(sub-[^_]+(?:_[a-zA-Z]+-[^_]+)*)_(dseg|mask)\.nii(?:\.gz)?")
_OF_THE_LABELS_ALONE = ("desc", "label", "seg", "res", "den", "space")
_MOST_DIGITS = 9


@dataclass(frozen=True, kw_only=True)
class Bids:
    """An image with the entity `ce` is contrast-enhanced; what values mean stands in dseg.tsv, or the user says it."""

    given: Mapping[int, Label] = field(default_factory=dict)

    def find(self, folder: Path) -> Iterator[Found]:
        """Yield every T1w, T2w and FLAIR image with the labels whose entities are the same.

        Where two weightings of a session share their entities and the labels name no space, those on whose grid the
        labels do not lie are left out.

        Raises:
            UsageError: If it is no BIDS data set, or neither a table nor the user says what values mean.
        """
        images = [path for path in sorted(folder.glob("sub-*/**/anat/*.nii*")) if _IMAGE.fullmatch(path.name)]
        if not images:
            msg = "the folder has no sub-*/anat/*_T2w.nii.gz; give the root of a BIDS data set"
            raise UsageError(msg)
        labels = [path for path in sorted(folder.glob("derivatives/**/*.nii*")) if _LABELS.fullmatch(path.name)]
        for path in images:
            entities, suffix = _parts(_IMAGE, path)
            case = "_".join(f"{key}-{entities[key]}" for key in ("sub", "ses") if key in entities)
            modality = {"T2w": "T2", "FLAIR": "FLAIR", "T1w": "ceT1" if "ce" in entities else "T1"}[suffix]
            chosen = _belonging(path, labels)
            yield Candidate(
                case=case,
                patient=f"sub-{entities['sub']}",
                date=_date(folder, path, entities),
                modality=modality,
                image=path,
                labels=chosen,
                values={} if chosen is None else self._values(chosen, folder),
            )

    def _values(self, labels: Path, root: Path) -> dict[int, int]:
        named = _named(labels, root)
        if not named and not self.given:
            msg = (
                f"no dseg.tsv says what the values in {labels.name} mean; put one beside it or in the data set's root, "
                "or say it with --labels, such as --labels 1=tumor 2=cochlea"
            )
            raise UsageError(msg)
        return values_by_name(named, self.given)


def _parts(pattern: re.Pattern[str], path: Path) -> tuple[dict[str, str], str]:
    match = pattern.fullmatch(path.name)
    assert match is not None, "the files were chosen by it"
    return dict(part.split("-", 1) for part in match[1].split("_")), match[2]


def _belonging(image: Path, labels: list[Path]) -> Path | None:
    own, suffix = _parts(_IMAGE, image)
    found = []
    for path in labels:
        entities, _ = _parts(_LABELS, path)
        space = entities.get("space", suffix)
        plain = {key: value for key, value in entities.items() if key not in _OF_THE_LABELS_ALONE}
        if plain == own and (space == suffix or space not in ("T1w", "T2w", "FLAIR")):
            found.append(path)
    return found[0] if len(found) == 1 else None


def _named(labels: Path, root: Path) -> dict[int, str]:
    """Return name by value: from the table beside the labels, or one for the whole data set, or from the name alone."""
    stem = re.sub(r"\.nii(\.gz)?$", "", labels.name)
    entities, suffix = _parts(_LABELS, labels)
    if suffix == "mask":
        return {1: entities.get("label", "tumor")}
    for table in (labels.with_name(f"{stem}.tsv"), *(folder / "dseg.tsv" for folder in labels.parents)):
        if table.is_file():
            return {_index(row["index"], table): row["name"] for row in _rows(table, ("index", "name"))}
        if table.parent == root:
            break
    return {}


def _index(text: str, table: Path) -> int:
    if not (text.strip().isdecimal() and len(text) <= _MOST_DIGITS):
        msg = f"the table {table.name} must have a whole number in its column index, got {shortened(text, 40)!r}"
        raise InputRefusedError(msg)
    return int(text)


def _date(root: Path, image: Path, entities: Mapping[str, str]) -> str:
    subject = root / f"sub-{entities['sub']}"
    session = subject / f"ses-{entities['ses']}" if "ses" in entities else subject
    for row in _optional(next(iter(sorted(session.glob("*_scans.tsv"))), None), ("filename", "acq_time")):
        if row["filename"] == image.relative_to(session).as_posix():
            return row["acq_time"].partition("T")[0]
    for row in _optional(next(iter(sorted(subject.glob("*_sessions.tsv"))), None), ("session_id", "acq_time")):
        if row["session_id"] == f"ses-{entities.get('ses')}":
            return row["acq_time"].partition("T")[0]
    return ""


def _optional(table: Path | None, names: tuple[str, ...]) -> list[dict[str, str]]:
    return [] if table is None else _rows(table, names)


def _rows(table: Path, names: tuple[str, ...]) -> list[dict[str, str]]:
    return read_csv(table, separator="\t").checked(names, table.name).rows
