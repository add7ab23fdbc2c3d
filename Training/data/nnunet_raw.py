"""Raw data folders of nnU-Net v2: dataset.json, imagesTr, labelsTr, and imagesTs with or without labelsTs."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from Training.data.importing import Candidate, Found
from Training.data.label_names import modality_of_name, values_by_name
from VSSegmentationLib.codec import finite_or_none, read_json_file
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.labels import Label


@dataclass(frozen=True, kw_only=True)
class NnUnetRaw:
    """Channel names and labels are those of dataset.json."""

    given: Mapping[int, Label] = field(default_factory=dict)
    """What the user says of label values."""
    patient_pattern: str = r"(.+)"
    """Its first group, in the name of a case, is the patient; nnU-Net itself knows cases only."""

    def find(self, folder: Path) -> Iterator[Found]:
        """Yield every channel of every case; a channel that is no MR weighting, such as a mask, is passed over."""
        facts = _facts(folder)
        ending = str(facts.get("file_ending", ".nii.gz"))
        channels = {_number(n): modality_of_name(str(c)) for n, c in facts.get("channel_names", {}).items()}
        if not any(channels.values()):
            msg = "no channel of dataset.json is named like an MR weighting (T2, ceT1, T1, FLAIR); rename its channels"
            raise UsageError(msg)
        values = values_by_name(_named(facts), self.given)
        for images, labels in (("imagesTr", "labelsTr"), ("imagesTs", "labelsTs")):
            for path in sorted((folder / images).glob(f"*{ending}")):
                match = re.fullmatch(r"(.+)_(\d{4})", path.name.removesuffix(ending))
                if match is None or channels.get(int(match[2])) is None:
                    continue
                label = folder / labels / f"{match[1]}{ending}"
                yield Candidate(
                    case=match[1],
                    patient=_patient(self.patient_pattern, match[1]),
                    modality=channels[int(match[2])] or "",
                    image=path,
                    labels=label if label.is_file() else None,
                    values=values,
                    needs_labels=images == "imagesTr",
                )


def _facts(folder: Path) -> Mapping[str, Any]:
    try:
        facts: Mapping[str, Any] = read_json_file(folder / "dataset.json")
    except (OSError, ValueError) as error:
        msg = "the folder has no readable dataset.json; give a DatasetNNN_Name folder of nnUNet_raw"
        raise UsageError(msg) from error
    tables = (facts.get("labels"), facts.get("channel_names", {})) if isinstance(facts, dict) else (None,)
    if not all(isinstance(table, dict) for table in tables):
        msg = "dataset.json has no table of labels, or none of channels; is it one of nnU-Net v2?"
        raise UsageError(msg)
    if not re.fullmatch(r"(\.\w{1,8}){1,3}", str(facts.get("file_ending", ".nii.gz"))):
        msg = "dataset.json has a file_ending that is none, such as .nii.gz; is it one of nnU-Net v2?"
        raise UsageError(msg)
    return dict(facts)


def _named(facts: Mapping[str, Any]) -> dict[int, str]:
    """Return name by value; regions are made of values that are named themselves, or of what the user has to name."""
    named: dict[int, str] = {}
    for name, value in facts["labels"].items():
        for each in value if isinstance(value, list) else [value]:
            named.setdefault(_number(each), name)
    return named


def _number(value: object) -> int:
    """Return the number of a channel or a label, which JSON may hold as a text."""
    number = finite_or_none(int(value) if isinstance(value, str) and value.isdecimal() and len(value) < 9 else value)
    if number is None or not number.is_integer():
        msg = "dataset.json has a channel or a label that is no whole number; is it one of nnU-Net v2?"
        raise UsageError(msg)
    return int(number)


def _patient(pattern: str, case: str) -> str:
    match = re.match(pattern, case)
    if match is None or not match.groups():
        msg = f"the patient pattern {pattern!r} does not fit the name of a case, or has no group; see --patient"
        raise UsageError(msg)
    return match[1]
