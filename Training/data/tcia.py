"""Vestibular-Schwannoma-SEG and the MC-RC collections of the same center, as downloaded from TCIA or regrouped.

A series' labels are, in this order: contours.json of its own weighting, an RTSTRUCT or SEG that refers to it, one in
its frame of reference, and, carried over by a registration matrix, those of the patient's other image.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from Training.data.dicom_collection import Collection, Drawn, Series, read_collection
from Training.data.importing import Candidate, Found
from Training.data.manifest import LeftOut
from Training.data.registration import fixed_to_moving_ras
from Training.data.structures import carried_over, labels_of_json, labels_of_rtstruct, labels_of_seg
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.imageio import read_scan
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS, Label
from VSSegmentationLib.volume import Volume

_Reader = Callable[[Volume], Volume]


class _Beside(NamedTuple):
    """Files that are no DICOM, by number of the patient."""

    contours: Mapping[tuple[int | None, str], Path]
    """By patient and weighting."""
    matrices: Mapping[int | None, Path]


class Tcia:
    """Patients are told by the DICOM patient id, which TCIA has made a pseudonym."""

    def find(self, folder: Path) -> Iterator[Found]:
        """Yield every T1 and T2 series; one of another weighting is left out with that reason."""
        collection = read_collection(folder)
        if not collection.series:
            msg = "the folder holds no DICOM MR image; give a collection as it was downloaded from TCIA"
            raise UsageError(msg)
        beside = _beside(folder)
        for path in collection.damaged:
            yield LeftOut(case=path.parent.name, reason="a DICOM file is damaged")
        examinations: dict[tuple[str, str], list[Series]] = defaultdict(list)
        for series in collection.series.values():
            examinations[series.patient, series.date or series.study].append(series)
        studies: dict[str, set[str]] = defaultdict(set)
        for patient, study in examinations:
            studies[patient].add(study)
        for (patient, _), together in sorted(examinations.items()):
            case = patient if len(studies[patient]) == 1 else f"{patient}_{together[0].date or together[0].uid[-8:]}"
            yield from _examination(case, together, collection, beside)


def _examination(case: str, series: Sequence[Series], collection: Collection, beside: _Beside) -> Iterator[Found]:
    readers = {each.uid: _own_labels(each, collection.drawn, beside) for each in series}
    labeled_first = sorted(series, key=lambda each: readers[each.uid] is None)
    for each in labeled_first:
        if not each.modality:
            yield LeftOut(case=case, reason="neither folder nor header of a series tell whether it is T1 or T2")
            continue
        reader = readers[each.uid]
        if reader is None:
            reader = _from_the_other(each, labeled_first, readers, beside)
        yield Candidate(
            case=case,
            patient=each.patient,
            date=each.date,
            modality=each.modality,
            read_image=partial(_read, each.first_file),
            read_labels=reader,
        )


def _from_the_other(
    series: Series, all_series: Sequence[Series], readers: Mapping[str, _Reader | None], beside: _Beside
) -> _Reader | None:
    matrix = beside.matrices.get(_number(series.patient))
    for other in all_series:
        labels = readers[other.uid]
        if labels is not None and matrix is not None and other.modality not in ("", series.modality):
            return partial(_carried, other=other, other_labels=labels, matrix=matrix)
    return None


def _own_labels(series: Series, drawn: Sequence[Drawn], beside: _Beside) -> _Reader | None:
    beside_it = series.first_file.with_name("contours.json")
    contours = beside_it if beside_it.is_file() else None
    contours = contours or beside.contours.get((_number(series.patient), series.modality))
    if contours is not None:
        return partial(labels_of_json, contours)
    own = [each for each in drawn if each.patient == series.patient]
    referring = [each for each in own if series.uid in each.series_uids]
    same_frame = [each for each in own if series.frame_of_reference in each.frames_of_reference - {""}]
    for each in referring or same_frame:
        if each.kind == "SEG":
            return partial(labels_of_seg, each.path)
        return partial(labels_of_rtstruct, each.path, frame_of_reference=series.frame_of_reference)
    return None


def _read(path: Path) -> Volume:
    return read_scan(path).volume


def _carried(image: Volume, *, other: Series, other_labels: _Reader, matrix: Path) -> Volume:
    """Return the tumor of the patient's other image on this one."""
    moving = _read(other.first_file)
    tumor = moving.with_array(VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(other_labels(moving).array))
    moved = carried_over(tumor, image, fixed_to_moving_ras(matrix, image, moving))
    return image.with_array((moved * Label.UNDIVIDED_TUMOR).astype("uint8"))


def _beside(folder: Path) -> _Beside:
    contours: dict[tuple[int | None, str], Path] = {}
    matrices: dict[int | None, Path] = {}
    for path in sorted(folder.rglob("*")):
        if path.name.lower() == "contours.json":
            weighting = re.search(r"(?:^|[^a-z0-9])t([12])(?:$|[^a-z0-9])", path.parent.name, re.IGNORECASE)
            number = _number(path.relative_to(folder).as_posix())
            if weighting is not None and number is not None:
                contours[number, "T2" if weighting[1] == "2" else "ceT1"] = path
        elif path.suffix.lower() == ".tfm":
            number = _number(path.relative_to(folder).as_posix())
            if number is not None:
                matrices.setdefault(number, path)
    return _Beside(contours, matrices)


def _number(text: str) -> int | None:
    """Return the number of a patient, in a pseudonym or a path: VS-SEG-007, vs_gk_7_t1, VS-MC-RC-007/2010."""
    found = re.search(r"(?:vs[-_]?(?:seg|gk|mc[-_]rc\d?))[-_](\d+)", text, re.IGNORECASE)
    return int(found[1]) if found is not None else None
