from hashlib import sha256

from VSSegmentationLib.reporting.report.privacy import hashed_uid

UID = "1.2.840.113619.2.1"


def test_whoever_holds_the_uid_can_tell_the_series_again():
    told = hashed_uid(UID)
    assert told.sha256 == sha256((told.salt + UID).encode()).hexdigest()
    assert len(told.salt) == 32


def test_two_exports_of_one_series_cannot_be_linked_by_their_hashes():
    first, second = hashed_uid(UID), hashed_uid(UID)
    assert first.sha256 != second.sha256
    assert first.salt != second.salt


def test_salt_of_the_user_links_the_reports_of_a_study_and_is_written_nowhere():
    first, second = hashed_uid(UID, "a secret"), hashed_uid(UID, "a secret")
    assert first == second
    assert first.salt == ""
    assert first.sha256 != hashed_uid(UID, "another").sha256
