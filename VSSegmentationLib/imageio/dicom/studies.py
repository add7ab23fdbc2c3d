"""The examinations in a tree of DICOM files of many patients: which series each holds, and whose it is."""

import datetime as dt
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.imageio.dicom.identifiers import Identifiers, identifiers_in
from VSSegmentationLib.imageio.dicom.series import ImageStack, checked_layout, search
from VSSegmentationLib.imageio.modality import modality_of
from VSSegmentationLib.imageio.rules import CEREBELLOPONTINE_ANGLE, ScanRules
from VSSegmentationLib.imageio.scan import Modality


@dataclass(frozen=True, kw_only=True)
class FoundSeries:
    """One image stack of a study."""

    files: tuple[Path, ...]
    modality: Modality
    """What its headers say of the weighting."""
    reason: str
    """Why it can't be used; empty where it can."""


@dataclass(frozen=True, kw_only=True)
class FoundStudy:
    """One examination."""

    owner: Identifiers = field(repr=False)
    """Whose it is. Never logged, never in an error, never in a result."""
    series: tuple[FoundSeries, ...]

    @property
    def patient_key(self) -> str:
        """What tells this patient from others; empty where the headers don't."""
        own = self.owner
        return own.patient_id or " ".join(filter(None, (own.patient_name, own.birth_date)))

    @property
    def date(self) -> dt.date | None:
        """When it was, as its header tells it."""
        try:
            return dt.datetime.strptime(self.owner.study_date, "%Y%m%d").date()
        except ValueError:  # a header may hold anything
            return None


def studies_below(folder: Path, rules: ScanRules = CEREBELLOPONTINE_ANGLE) -> tuple[FoundStudy, ...]:
    """Return the examinations of a folder and its subfolders, in the order of their first files.

    A series has to lie in one folder, which it may share with others, of other patients too.
    """
    found: dict[tuple[str, ...], tuple[Identifiers, list[FoundSeries]]] = {}
    for files in _files_by_folder(folder):
        for stack in search(files).stacks:
            owner = identifiers_in(stack.first.path)
            key = (owner.patient_id, owner.patient_name, owner.study_uid or str(stack.first.path.parent))
            found.setdefault(key, (owner, []))[1].append(_series(stack, rules))
    return tuple(FoundStudy(owner=owner, series=tuple(series)) for owner, series in found.values())


def _series(stack: ImageStack, rules: ScanRules) -> FoundSeries:
    reason = ""
    try:
        checked_layout(stack, rules, accept_resampling=True)
    except InputRefusedError as refusal:
        reason = str(refusal)
    files = tuple(dict.fromkeys(header.path for header in stack.headers))
    return FoundSeries(files=files, modality=modality_of(stack.first.acquisition), reason=reason)


def _files_by_folder(folder: Path) -> Iterator[list[Path]]:
    for root, folders, names in os.walk(folder):
        folders.sort()
        files = [path for path in (Path(root) / name for name in sorted(names)) if path.is_file()]
        if files:
            yield files
