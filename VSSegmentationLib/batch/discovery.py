"""From what was typed to cases: a manifest, scans, folders of scans, DICOM of many patients, BIDS."""

import glob
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from VSSegmentationLib.batch.bids import bids_cases, is_bids
from VSSegmentationLib.batch.cases import Case, Found, RefusedInput, as_name
from VSSegmentationLib.batch.manifest import read_manifest
from VSSegmentationLib.cohort.matching import is_named_like_a_labelmap
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.imageio import Modality
from VSSegmentationLib.imageio.dicom.series import files_below
from VSSegmentationLib.imageio.dicom.studies import FoundSeries, FoundStudy, studies_below

SCAN_SUFFIXES = (".nii", ".nii.gz", ".nrrd", ".nhdr", ".mha", ".mhd")
_LONGEST_FIRST = sorted(SCAN_SUFFIXES, key=len, reverse=True)
_MANIFESTS = (".csv", ".tsv")
_WANTED = (Modality.T2, Modality.CE_T1)


@dataclass(frozen=True, kw_only=True)
class Naming:
    """How cases are called that nobody named."""

    number_of: Callable[[str], int]
    """The number of a key, the same in every run into one folder."""
    salt: str
    """Secret of the study: what hides patients of DICOM headers behind pseudonyms."""
    from_names: bool = False
    """Call cases as their files are called, which may name patients."""

    def case(self, key: str, label: str) -> str:
        """Return the name of the case of a key, which its files call by a label."""
        stem = next((label[: -len(each)] for each in _LONGEST_FIRST if label.lower().endswith(each)), label)
        return as_name(stem) if self.from_names else f"case-{self.number_of(key):05d}"

    def patient(self, key: str) -> str:
        """Return the pseudonym of a patient; the same patient of one study has the same."""
        if not key:
            return ""
        return f"patient-{hashlib.blake2b(key.encode(), key=self.salt.encode()[:64], digest_size=5).hexdigest()}"


def find_cases(typed: Sequence[str], naming: Naming, prefer: Modality | None = None) -> Found:
    """Return the cases of what was typed.

    Args:
        typed: Manifest, scans, folders, or patterns such as `scans/*_t2.nii.gz`.
        naming: How they are called.
        prefer: Which weighting is taken where an examination has scans of both.

    Raises:
        UsageError: If there is no such thing, or nothing that could be a case, or two cases have one name.
    """
    found = Found()
    for text in typed:
        for path in _paths(text):
            found += _cases_of(path, naming, prefer)
    if not found.cases and not found.refused:
        msg = "nothing was found that could be a case; give a folder of scans, a pattern, or a manifest"
        raise UsageError(msg)
    names = [case.name for case in found.cases]
    if len(set(names)) != len(names):
        msg = f"{len(names) - len(set(names))} cases have the name of another one; name them in a manifest"
        raise UsageError(msg)
    return found


def _paths(text: str) -> list[Path]:
    if Path(text).exists():
        return [Path(text)]
    paths = sorted(Path(each) for each in glob.glob(text, recursive=True))  # noqa: PTH207 - with folders that are absolute
    if not paths:
        msg = "there is no such file or folder, and no file fits the pattern; check what was typed"
        raise UsageError(msg)
    return paths


def _cases_of(path: Path, naming: Naming, prefer: Modality | None) -> Found:
    if path.is_file():
        return read_manifest(path) if path.suffix.lower() in _MANIFESTS else _files([path], None, naming)
    if is_bids(path):
        return bids_cases(path, prefer)
    scans = [file for file in files_below(path) if _is_scan(file)]
    studies = studies_below(path)
    return _files(scans, path, naming) + _studies(studies, path, naming, prefer)


def _is_scan(path: Path) -> bool:
    return not path.name.startswith(".") and path.name.lower().endswith(SCAN_SUFFIXES)


def _files(paths: Sequence[Path], folder: Path | None, naming: Naming) -> Found:
    cases, refused = [], []
    for path in paths:
        if is_named_like_a_labelmap(path.name):
            reason = "by its name it is a labelmap, not a scan; where it is a scan, name it in a manifest"
            refused.append(RefusedInput(place=str(path), reason=reason))
            continue
        key, label = (path.as_posix(), path.name) if folder is None else (path.relative_to(folder).as_posix(),) * 2
        cases.append(Case(name=naming.case(key, label), key=key, input=path, files=(path, *_beside(path))))
    return Found(cases=tuple(cases), refused=tuple(refused))


def _beside(path: Path) -> list[Path]:
    """Return the sidecar of a scan, which tells the weighting."""
    stem = path.name.removesuffix(".gz").rpartition(".")[0]
    return [each for each in (path.with_name(f"{stem}.json"),) if each.is_file()]


def _studies(studies: Sequence[FoundStudy], folder: Path, naming: Naming, prefer: Modality | None) -> Found:
    cases, refused = [], []
    for study in studies:
        place = study.series[0].files[0].parent.relative_to(folder).as_posix()
        chosen = _chosen(study.series, prefer)
        if isinstance(chosen, str):
            refused.append(RefusedInput(place=place, reason=chosen))
            continue
        own = f"{place}#{chosen.files[0].name}" if place == "." else place
        key = hashlib.blake2b(
            f"{study.patient_key}/{study.owner.study_uid or own}".encode(), digest_size=16
        ).hexdigest()
        cases.append(
            Case(
                name=naming.case(key, own),
                key=key,
                input=chosen.files[0],
                files=chosen.files,
                patient=naming.patient(study.patient_key),
                date=study.date,
            )
        )
    return Found(cases=tuple(cases), refused=tuple(refused))


def _chosen(series: Sequence[FoundSeries], prefer: Modality | None) -> FoundSeries | str:
    """Return the series of an examination that is meant, or why none is."""
    usable = [each for each in series if not each.reason]
    if not usable:
        return series[0].reason if len(series) == 1 else f"none of its {len(series)} series is usable"
    fitting = [each for each in usable if each.modality in _WANTED] or usable
    wanted = [each for each in fitting if each.modality == prefer] if prefer else []
    fitting = wanted or fitting
    if len(fitting) == 1:
        return fitting[0]
    weightings = {each.modality for each in fitting}
    advice = "say --prefer T2 or ceT1" if len(weightings) > 1 and not prefer else "name one in a manifest"
    return f"{len(fitting)} of its {len(series)} series could be meant; {advice}"
