"""What a header of this software's own tells, and how long a value in it may be."""

import pytest

from VSSegmentationLib.imageio.files.own_header import VALUES_FIELD, own_header


@pytest.mark.parametrize(
    ("words", "values"),
    [
        ("", frozenset()),
        ("1 2", {1, 2}),
        ("65535", {65535}),  # as many digits as a voxel of 16 bits can have
        ("100000", None),
        ("1 x", None),
        ("-1", None),
    ],
)
def test_values_are_whole_numbers_of_up_to_five_digits(words, values):
    assert own_header({VALUES_FIELD: words}).values == values
    assert own_header({}).values is None
