"""A table of cases that a person wrote: CSV or TSV, one row each."""

import csv
import datetime as dt
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, cast

from VSSegmentationLib.batch.cases import Case, Found, RefusedInput, checked_name
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.imageio import Modality
from VSSegmentationLib.imageio.dicom.series import files_below

COLUMNS = ("case", "patient", "date", "day", "image", "series", "modality", "side", "labels", "previous")
FURTHER = "image:"
_NEEDED = ("case", "image")
_MODALITIES = {"": Modality.UNKNOWN, **{str(each): each for each in (Modality.T2, Modality.CE_T1, Modality.T1)}}
_SIDES = ("", "left", "right")


def read_manifest(path: Path) -> Found:
    """Return the cases of a manifest; paths in it start from its folder.

    Columns are `case` and `image`, and, each if it is wanted, `patient`, `date` (YYYY-MM-DD) or `day`, `series`,
    `modality` (T2, ceT1, T1), `side` (left, right), `labels` (a labelmap to be measured in place of segmenting),
    `previous` (results of an earlier examination, or the `case` of another row) and `image:NAME` of a further scan.

    Raises:
        UsageError: If the table can't be read or a cell does not fit; the row is named by its number, no cell repeated.
    """
    rows = _rows(path)
    names = [row["case"] for row in rows]
    twice = next((n for n, name in enumerate(names, 2) if name in names[: n - 2]), None)
    if twice is not None:
        msg = f"row {twice} of the manifest: its case was named before; each row needs a case of its own"
        raise UsageError(msg)
    owner = {row["case"]: row.get("patient", "") for row in rows}
    cases, refused = [], []
    for number, row in enumerate(rows, 2):
        where = f"row {number} of the manifest"
        try:
            case = _case(row, where, path.parent, owner)
            gone = [each for each in (case.input, case.mask, case.previous) if each is not None and not each.exists()]
        except OSError as error:  # longer than any name of a file, or behind a folder that may not be entered
            reason = f"a path of it can't be looked at ({error.strerror}); check the path in the manifest"
            name = checked_name(row["case"], where)
            refused.append(RefusedInput(place=str(path.parent / row["image"]), name=name, reason=reason))
            continue
        if gone:
            reason = "there is no such file or folder; check the path in the manifest"
            refused.append(RefusedInput(place=str(gone[0]), name=case.name, reason=reason))
        else:
            cases.append(case)
    return Found(cases=tuple(cases), refused=tuple(refused))


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        reader = csv.DictReader(
            io.StringIO(text), delimiter="\t" if path.suffix.lower() == ".tsv" else ",", strict=True
        )
        rows = [{key: value.strip() for key, value in row.items()} for row in reader]
    except (UnicodeDecodeError, csv.Error, AttributeError) as error:
        msg = "the manifest is no table in UTF-8 with as many cells in each row as in the first; save it as CSV or TSV"
        raise UsageError(msg) from error
    columns = list(reader.fieldnames or ())
    unknown = [each for each in columns if each not in COLUMNS and not each.startswith(FURTHER)]
    missing = [each for each in _NEEDED if each not in columns]
    if unknown or missing or len(set(columns)) != len(columns):
        msg = (
            f"the manifest needs the columns {' and '.join(_NEEDED)}, may have {', '.join(COLUMNS)} and "
            f"{FURTHER}NAME, each once, and no others; it lacks {len(missing)} and has {len(unknown)} others"
        )
        raise UsageError(msg)
    if not rows:
        msg = "the manifest has no rows; give one for each case"
        raise UsageError(msg)
    return rows


def _case(row: Mapping[str, str], where: str, folder: Path, owner: Mapping[str, str]) -> Case:
    if not row["image"]:
        msg = f"{where}: the image is missing"
        raise UsageError(msg)
    image, mask = folder / row["image"], row.get("labels", "")
    before = row.get("previous", "")
    if row.get("modality", "") not in _MODALITIES or row.get("side", "") not in _SIDES:
        msg = f"{where}: modality is one of {', '.join(filter(None, _MODALITIES))} or empty, side left, right or empty"
        raise UsageError(msg)
    further = tuple(
        (key.removeprefix(FURTHER), folder / cell) for key, cell in row.items() if key.startswith(FURTHER) and cell
    )
    given = [image, *(path for _, path in further), *([folder / mask] if mask else [])]
    patient = row.get("patient", "") or (owner.get(before, "") if before in owner else "")
    if before in owner and not (patient and patient == owner[before]):
        msg = f"{where}: previous names the case of another row, and the two don't say the same patient"
        raise UsageError(msg)
    return Case(
        name=checked_name(row["case"], where),
        key=row["case"],
        input=image,
        files=tuple(file for path in given for file in (files_below(path) if path.is_dir() else [path])),
        patient=checked_name(patient, where) if patient else "",
        date=_date(row.get("date", ""), where),
        day=_whole(row.get("day", ""), "day", where),
        series=_whole(row.get("series", ""), "series", where),
        modality=_MODALITIES[row.get("modality", "")],
        side=cast("Literal['left', 'right'] | None", row.get("side") or None),
        mask=folder / mask if mask else None,
        previous=folder / before if before and before not in owner else None,
        further_inputs=further,
    )


def _date(text: str, where: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError as error:
        msg = f"{where}: a date is YYYY-MM-DD"
        raise UsageError(msg) from error


def _whole(text: str, what: str, where: str) -> int | None:
    try:
        return int(text) if text else None
    except ValueError as error:
        msg = f"{where}: {what} is a whole number"
        raise UsageError(msg) from error
