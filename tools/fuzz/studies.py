"""What a batch reads beside scans: manifests, dates of BIDS, what to ask Slurm for, and the journal it goes on from."""

import csv
import json
import shutil
from pathlib import Path
from typing import Any

from tools.fuzz.judging import FaultError
from VSSegmentationLib.batch.bids import bids_cases
from VSSegmentationLib.batch.cases import Case, Found, days_of
from VSSegmentationLib.batch.journal import FOLDER, Journal, Outcome
from VSSegmentationLib.batch.manifest import read_manifest
from VSSegmentationLib.batch.planning import CASES, BatchOptions, make_plan
from VSSegmentationLib.batch.slurm import read_slurm_file
from VSSegmentationLib.batch.study.page import write_page
from VSSegmentationLib.batch.study.rows import study_rows
from VSSegmentationLib.batch.study.tables import write_tables
from VSSegmentationLib.formats import FILE_NAMES, OutputFormat

_ROWS = (
    ("case", "patient", "date", "day", "image", "series", "modality", "side", "labels", "previous", "image:flair"),
    ("a", "p", "2020-01-31", "", "scan.nii.gz", "", "T2", "left", "", "", ""),
    ("b", "p", "2021-01-31", "", "scan.nii.gz", "7", "ceT1", "", "scan.nii.gz", "a", "scan.nii.gz"),
    ("c", "q", "", "12", "missing.nii.gz", "", "", "right", "", "", ""),
)
_RESULT = {
    "side": "left", "findings": "A tumor was found.", "volume": "vol_total", "values": {"vol_total": 1.5, "d": None},
    "limits_percent": {"vol_total": 10.0}, "headline": "d", "headline_name": "diameter", "headline_unit": "mm",
    "warnings": ["one"], "doubts": [], "modality": "T2", "model": "toy", "has_thumbnail": False, "formats": ["json"],
    "ended_at": 1600000000, "peak_gib": 1.5,
}  # fmt: skip
_COMPARED = {
    "is_one_tumor": True, "percent_since_previous": 20.5, "wording": "grown", "warnings": ["two"], "days": [0, 366],
    "volumes_cm3": [1.2, 1.5],
}  # fmt: skip


def write_sound_studies(folder: Path) -> list[Path]:
    """Write a manifest as CSV and TSV, a BIDS data set with dates, a Slurm file, and the journal of a study."""
    (folder / "scan.nii.gz").write_bytes(b"")
    for ending, separator in ((".csv", ","), (".tsv", "\t")):
        with (folder / f"manifest{ending}").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter=separator).writerows(_ROWS)
    scans = folder / "bids" / "sub-01" / "anat" / "sub-01_T2w.nii.gz"
    scans.parent.mkdir(parents=True)
    scans.write_bytes(b"")
    dates = scans.parents[1] / "sub-01_scans.tsv"
    dates.write_text("filename\tacq_time\nanat/sub-01_T2w.nii.gz\t2020-01-31T12:00:00\n", encoding="utf-8")
    slurm = folder / "slurm.toml"
    slurm.write_text('jobs = 2\nslots_per_job = 3\nmemory_per_slot_gib = 4.5\nwalltime = "1-02:03:04"\n')
    journal = Journal(folder / "study")
    journal.salt = "0" * 32
    journal.number_of("a")
    journal.keep("case", Outcome(case="a", status="done", asked="x", content="y", seconds=3.5, result=_RESULT))
    journal.keep("case", Outcome(case="b", status="refused", reason="It is cut off.", exit_code=3))
    journal.keep("comparison", Outcome(case="p", status="done", result=_COMPARED))
    journal.close()
    path = folder / "study" / FOLDER / "journal.jsonl"
    path.write_text("\n".join(['{"salt": "00"}', *path.read_text(encoding="utf-8").splitlines()[1:], ""]))
    table = folder / "study" / CASES / "a" / FILE_NAMES[OutputFormat.STUDY_CSV]
    table.parent.mkdir(parents=True)
    table.write_text("id,name,value,unit\r\nvol_total,Volume,1.5,cm3\r\n", encoding="utf-8", newline="")
    return [folder / "manifest.csv", folder / "manifest.tsv", dates, slurm, path, table]


def read_study_file(path: Path) -> str:
    """Read what the file is by its name."""
    if path.name.startswith("manifest"):
        return _read_manifest(path)
    if path.name == "sub-01_scans.tsv":
        found = bids_cases(path.parents[1])
        if len(found.cases) != 1:
            msg = "the scan of a data set is lost where a table beside it is damaged"
            raise FaultError(msg)
        return "taken, with a date" if found.cases[0].date else "taken, without a date"
    if path.name == "slurm.toml":
        read_slurm_file(path)
        return "taken"
    return _go_on(path.parents[2] if path.name == FILE_NAMES[OutputFormat.STUDY_CSV] else path.parents[1])


def _read_manifest(path: Path) -> str:
    found = read_manifest(path)
    names = [each.name for each in (*found.cases, *found.refused)]
    if len(set(names)) != len(names) or not all(name == Path(name).name for name in names):
        msg = "names of cases that are no folders of their own"
        raise FaultError(msg)
    days_of(found.cases)
    return "taken"


def _go_on(study: Path) -> str:
    """Plan with a journal, and write the tables and the page that it tells: none may fail after all the work."""
    cases = [Case(name=name, key=name, input=study / name, files=(), patient="p", day=day) for name, day in _DAYS]
    found, options = Found(cases=tuple(cases)), BatchOptions(study=study)
    journal = Journal(study)
    try:
        plan = make_plan(found, journal, options)
        rows = study_rows(plan, found, journal)
        write_tables(study, rows, found, {"comparisons": _told(journal)})
        write_page(study, rows, journal)
    finally:
        journal.close()
        for each in study.iterdir():
            if each.name not in (FOLDER, CASES):
                shutil.rmtree(each) if each.is_dir() else each.unlink()
    if any(json.loads(json.dumps(row.values)) != dict(row.values) for row in rows):
        msg = "values that no table can hold"
        raise FaultError(msg)
    return "taken"


_DAYS = (("a", 0), ("b", 366))


def _told(journal: Journal) -> dict[str, Any]:
    return {patient: dict(each.result) for patient, each in journal.comparisons.items()}
