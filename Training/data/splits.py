"""Splits by patient: no patient is in two of them, whatever the number of examinations and scans."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace

from Training.data.manifest import Manifest
from VSSegmentationLib.errors import UsageError

SPLITS = ("training", "validation", "test")


def split_by_patient(manifest: Manifest, shares: tuple[float, float, float], seed: int) -> Manifest:
    """Return the manifest with every patient in one split.

    A patient's place in the order depends on the seed and the patient alone, not on the order of the table. A patient
    who is in a split already stays there, so that a collection can grow without test patients becoming training ones.

    Args:
        manifest: Whose entries of one patient must not be in two splits already.
        shares: Of training, validation and test; they add up to 1.
        seed: Another seed is another split.

    Raises:
        UsageError: If the shares do not add up to 1, or a patient is in two splits.
    """
    if min(shares) < 0 or abs(sum(shares) - 1) > 1e-6:
        msg = f"the shares of training, validation and test must add up to 1, got {', '.join(f'{s:g}' for s in shares)}"
        raise UsageError(msg)
    chosen = _assigned(manifest)
    patients = sorted({entry.patient for entry in manifest.entries}, key=lambda p: (_place(p, seed), p))
    room = dict(zip(SPLITS, _counts(len(patients), shares), strict=True))
    for split in chosen.values():
        room[split] -= 1
    order = sorted(SPLITS, key=lambda split: -room[split])  # a full one takes nobody, the others keep their turn
    for patient in patients:
        if patient not in chosen:
            split = next((each for each in order if room[each] > 0), "training")
            chosen[patient] = split
            room[split] -= 1
    return replace(manifest, entries=tuple(replace(e, split=chosen[e.patient]) for e in manifest.entries))


def clear_splits(manifest: Manifest) -> Manifest:
    """Return the manifest with nobody in a split."""
    return replace(manifest, entries=tuple(replace(entry, split="") for entry in manifest.entries))


def use_splits(manifest: Manifest, split_of_patient: Mapping[str, str]) -> Manifest:
    """Return the manifest with the splits of a table, as a publication may fix them.

    Raises:
        UsageError: If a patient is missing there, or a split is none.
    """
    missing = sorted({entry.patient for entry in manifest.entries} - set(split_of_patient))
    if missing:
        msg = f"{len(missing)} patients of the manifest are not in the table of splits; add them, or leave them out"
        raise UsageError(msg)
    unknown = sorted(set(split_of_patient.values()) - set(SPLITS))
    if unknown:
        msg = f"a split is {', '.join(SPLITS)}, the table has {', '.join(map(repr, unknown))}"
        raise UsageError(msg)
    return replace(manifest, entries=tuple(replace(e, split=split_of_patient[e.patient]) for e in manifest.entries))


def _assigned(manifest: Manifest) -> dict[str, str]:
    chosen: dict[str, str] = {}
    for entry in manifest.entries:
        if entry.split and chosen.setdefault(entry.patient, entry.split) != entry.split:
            msg = (
                f"a patient is in the splits {chosen[entry.patient]} and {entry.split} at once; mend the manifest first"
            )
            raise UsageError(msg)
    unknown = sorted(set(chosen.values()) - set(SPLITS))
    if unknown:
        msg = f"a split is {', '.join(SPLITS)}, the manifest has {', '.join(map(repr, unknown))}"
        raise UsageError(msg)
    return chosen


def _place(patient: str, seed: int) -> str:
    return hashlib.sha256(f"{seed}\0{patient}".encode()).hexdigest()


def _counts(patients: int, shares: tuple[float, float, float]) -> tuple[int, int, int]:
    """Return how many patients each split gets: rounded, and training takes what is left."""
    validation, test = round(shares[1] * patients), round(shares[2] * patients)
    return patients - validation - test, validation, test
