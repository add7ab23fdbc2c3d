"""Files are known by their first bytes."""

import gzip
import os
from pathlib import Path

import pytest

from VSSegmentationLib.imageio.files.reading import file_kind, name_for_itk


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"\x5c\x01\0\0", "NIfTI"),  # 348, of a file that ends there: truncated, and no other format
        (b"\0\0\x01\x5c", "NIfTI"),
        (b"\x1c\x02\0\0", "NIfTI"),  # 540
        (b"\x5c\x01\0", ""),
        (b"\x5d\x01\0\0", ""),
        (b"NRRD0004\n", "NRRD"),
        (b"NRRD\n", ""),
        (b"ObjectType = Image\n", "MetaImage"),
        (b"NDims = 3\n", "MetaImage"),
        (b"NDims of something\n", ""),
        (b"a = b\n", ""),
        (bytes(128) + b"DICM", "DICOM"),
        (bytes(127) + b"DICM", ""),
        (b"\x08\0\x05\0CS", "DICOM"),  # group 8, element 5, without a preamble
        (b"\x02\0\x10\0UI", "DICOM"),
        (b"\x08\0\x05\x01CS", ""),
        (b"\x09\0\x05\0CS", ""),
        (b"", ""),
    ],
)
def test_the_first_bytes_tell_the_format_packed_or_not(tmp_path, start, kind):
    path = tmp_path / "of.any.name"
    path.write_bytes(start)
    assert file_kind(path) == kind
    if kind != "DICOM" and start:
        path.write_bytes(gzip.compress(start, mtime=0))
        assert file_kind(path) == kind


def test_itk_gets_a_link_only_to_what_it_cannot_spell(tmp_path):
    plain = tmp_path / "tumör.nii"
    plain.write_bytes(b"1")
    with name_for_itk(plain) as name:
        assert name == str(plain)
    strange = Path(os.fsdecode(os.fsencode(tmp_path) + b"/tum\xf6r.nii"))
    strange.write_bytes(b"2")
    with name_for_itk(strange) as name:
        assert name.isascii()
        assert Path(name).read_bytes() == b"2"
