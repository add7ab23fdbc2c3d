"""A data set in the Brain Imaging Data Structure (BIDS 1.x): sub-*/[ses-*/]anat/*_T2w.nii.gz and *_T1w.nii.gz."""

import csv
import datetime as dt
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from VSSegmentationLib.batch.cases import Case, Found, RefusedInput
from VSSegmentationLib.imageio import Modality

_SCAN = re.compile(r"(?P<entities>sub-[A-Za-z0-9]+(?:_[a-z]+-[A-Za-z0-9]+)*)_(?P<suffix>T2w|T1w)\.nii(\.gz)?")
_AGENT = re.compile(r"_ce-[A-Za-z0-9]+")


def is_bids(folder: Path) -> bool:
    """Return whether a folder is a BIDS data set: it says so, and has subjects."""
    return (folder / "dataset_description.json").is_file() and any(folder.glob("sub-*"))


def bids_cases(folder: Path, prefer: Modality | None = None) -> Found:
    """Return the anatomical scans of a data set, one case for each subject and session.

    The subject's label is the patient's pseudonym, as BIDS has it. When examinations were is taken from `acq_time` in
    `*_scans.tsv`. A T1w counts as one with contrast agent where its name has the entity `ce-`.
    """
    cases, refused = [], []
    for place in _places(folder):
        scans = [(path, found) for path in sorted(place.glob("anat/*")) if (found := _SCAN.fullmatch(path.name))]
        if not scans:
            continue
        subject, session = _labels(place)
        name = "_".join(filter(None, (subject, session)))
        fitting = [(path, found) for path, found in scans if _fits(found, prefer)] or scans
        if len(fitting) > 1:
            advice = "say --prefer T2 or ceT1" if prefer is None else "name one in a manifest"
            reason = f"{len(fitting)} of its scans could be meant; {advice}"
            refused.append(RefusedInput(place=str(place), name=name, reason=reason))
            continue
        path = fitting[0][0]
        sidecar = path.with_name(f"{path.name.removesuffix('.gz').removesuffix('.nii')}.json")
        cases.append(
            Case(
                name=name,
                key=path.relative_to(folder).as_posix(),
                input=path,
                files=(path, *([sidecar] if sidecar.is_file() else [])),
                patient=subject,
                date=_date(place, path),
                modality=_weighting(fitting[0][1]),
            )
        )
    return Found(cases=tuple(cases), refused=tuple(refused))


def _places(folder: Path) -> Iterator[Path]:
    for subject in sorted(folder.glob("sub-*")):
        sessions = sorted(subject.glob("ses-*"))
        yield from sessions or [subject]


def _labels(place: Path) -> tuple[str, str]:
    return (place.parent.name, place.name) if place.name.startswith("ses-") else (place.name, "")


def _weighting(found: re.Match[str]) -> Modality:
    if found["suffix"] == "T2w":
        return Modality.T2
    return Modality.CE_T1 if _AGENT.search(found["entities"]) else Modality.UNKNOWN


def _fits(found: re.Match[str], prefer: Modality | None) -> bool:
    return prefer is None or _weighting(found) == prefer


def _date(place: Path, scan: Path) -> dt.date | None:
    for table in sorted(place.glob("*_scans.tsv")):
        for row in _rows(table):
            if row.get("filename") == scan.relative_to(place).as_posix():
                try:
                    return dt.datetime.fromisoformat(row.get("acq_time") or "").date()
                except ValueError:  # n/a, or not told
                    return None
    return None


def _rows(table: Path) -> Sequence[dict[str, str]]:
    try:
        return list(csv.DictReader(io.StringIO(table.read_text(encoding="utf-8")), delimiter="\t"))
    except (OSError, UnicodeDecodeError, csv.Error):
        return []
