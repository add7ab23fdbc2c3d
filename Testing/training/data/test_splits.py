from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from Training.data import SPLITS, Entry, Manifest, split_by_patient
from Training.data.splits import clear_splits, use_splits
from VSSegmentationLib.errors import UsageError


def manifest_of(scans: list[int]) -> Manifest:
    """One entry for each number, which is the patient's."""
    return Manifest(
        tuple(Entry(case=f"{n}", patient=f"p{p}", modality="T2", image=Path("x")) for n, p in enumerate(scans))
    )


def split_of(manifest: Manifest) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for entry in manifest.entries:
        found.setdefault(entry.patient, set()).add(entry.split)
    return found


shares = st.tuples(st.floats(0, 1), st.floats(0, 1)).map(lambda s: (1 - max(s), max(s) - min(s), min(s)))


@given(st.lists(st.integers(0, 30), min_size=1, max_size=80), shares, st.integers(0, 5))
def test_no_patient_is_in_two_splits_and_the_shares_hold(scans, wanted, seed):
    done = split_by_patient(manifest_of(scans), wanted, seed)
    of_patient = split_of(done)
    assert all(len(splits) == 1 and splits < {*SPLITS} for splits in of_patient.values())
    for split, share in zip(SPLITS[1:], wanted[1:], strict=True):
        assert sum(splits == {split} for splits in of_patient.values()) == round(share * len(of_patient))


@given(st.permutations(range(20)), st.integers(0, 5))
def test_the_order_of_the_table_does_not_matter_and_the_seed_does(order, seed):
    wanted = (0.5, 0.2, 0.3)
    assert split_of(split_by_patient(manifest_of(order), wanted, seed)) == split_of(
        split_by_patient(manifest_of(list(range(20))), wanted, seed)
    )
    others = [split_of(split_by_patient(manifest_of(order), wanted, other)) for other in range(6)]
    assert any(one != others[0] for one in others)


def test_patients_stay_where_they_are_when_the_collection_grows():
    first = split_by_patient(manifest_of(list(range(20))), (0.6, 0.2, 0.2), 1)
    grown = Manifest((*first.entries, *manifest_of(list(range(20, 60))).entries))
    again = split_by_patient(grown, (0.6, 0.2, 0.2), 1)
    before, after = split_of(first), split_of(again)
    assert all(after[patient] == splits for patient, splits in before.items())
    assert sum(splits == {"test"} for splits in after.values()) == 12
    assert split_of(split_by_patient(clear_splits(grown), (1.0, 0.0, 0.0), 1)) == {p: {"training"} for p in after}


def test_a_published_table_is_followed_and_has_to_name_everybody():
    manifest = manifest_of([1, 1, 2])
    assert split_of(use_splits(manifest, {"p1": "test", "p2": "training"})) == {"p1": {"test"}, "p2": {"training"}}
    with pytest.raises(UsageError, match="1 patients of the manifest are not in the table"):
        use_splits(manifest, {"p1": "test"})
    with pytest.raises(UsageError, match="the table has 'tset'"):
        use_splits(manifest, {"p1": "test", "p2": "tset"})


def test_shares_that_do_not_add_up_and_patients_in_two_splits_are_refused():
    manifest = manifest_of([1, 1])
    with pytest.raises(UsageError, match=r"must add up to 1, got 0\.5, 0\.5, 0\.5"):
        split_by_patient(manifest, (0.5, 0.5, 0.5), 0)
    both = Manifest(tuple(replace(e, split=s) for e, s in zip(manifest.entries, ("test", "training"), strict=True)))
    with pytest.raises(UsageError, match="in the splits test and training at once"):
        split_by_patient(both, (0.5, 0.25, 0.25), 0)
