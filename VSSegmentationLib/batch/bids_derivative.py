"""The results of a study as a BIDS derivative (BIDS 1.10, derivatives of image segmentation)."""

import json
import re
import shutil
from pathlib import Path

from VSSegmentationLib import __version__
from VSSegmentationLib.atomic import write_text_atomically
from VSSegmentationLib.batch.cases import Case, Found
from VSSegmentationLib.batch.journal import Journal
from VSSegmentationLib.batch.planning import CASES
from VSSegmentationLib.formats import FILE_NAMES, OutputFormat

FOLDER = "bids"
_BIDS_NAME = re.compile(r"(sub-[A-Za-z0-9]+)(?:_(ses-[A-Za-z0-9]+))?")


def write_bids(study: Path, found: Found, journal: Journal) -> None:
    """Write `dataset_description.json` and, for each case done, labelmap and report beside their sub-*/ses-*/anat."""
    root = study / FOLDER
    root.mkdir(exist_ok=True)
    description = {
        "Name": "Vestibular schwannomas: segmentations and measurements",
        "BIDSVersion": "1.10.0",
        "DatasetType": "derivative",
        "GeneratedBy": [{"Name": "vs-segmentation", "Version": __version__}],
    }
    write_text_atomically(root / "dataset_description.json", json.dumps(description, indent=2) + "\n")
    for case in found.cases:
        outcome = journal.cases.get(case.name)
        if outcome is not None and outcome.status == "done":
            _write_case(study / CASES / case.name, root, case)


def _write_case(results: Path, root: Path, case: Case) -> None:
    subject, session = _entities(case)
    folder = root.joinpath(*filter(None, (subject, session)), "anat")
    folder.mkdir(parents=True, exist_ok=True)
    stem = "_".join(filter(None, (subject, session)))
    labelmap = results / FILE_NAMES[OutputFormat.NIFTI]
    if labelmap.is_file():
        shutil.copyfile(labelmap, folder / f"{stem}_desc-tumor_dseg.nii.gz")
    shutil.copyfile(results / FILE_NAMES[OutputFormat.REPORT_JSON], folder / f"{stem}_desc-tumor_dseg.json")


def _entities(case: Case) -> tuple[str, str]:
    """Return subject and session: those of the data set, or made of what patient and case are called."""
    found = _BIDS_NAME.fullmatch(case.name)
    if found is not None:
        return found[1], found[2] or ""
    label = re.compile(r"[^A-Za-z0-9]")
    name = label.sub("", case.name)
    return (f"sub-{label.sub('', case.patient)}", f"ses-{name}") if case.patient else (f"sub-{name}", "")
