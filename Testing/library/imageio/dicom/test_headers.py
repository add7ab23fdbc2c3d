"""Numbers of tags, however many of them stand there and of whatever kind."""

import pytest
from pydicom.dataset import Dataset

from VSSegmentationLib.imageio.dicom.headers import _told


def tags(**values: object) -> Dataset:
    dataset = Dataset()
    for name, value in values.items():
        setattr(dataset, name, value)
    return dataset


@pytest.mark.parametrize(
    ("value", "told"), [("80.5", 80.5), (["80.5", "90"], 80.5), ("12", 12.0), ("", None), (None, None), ([], None)]
)
def test_the_first_of_several_numbers_counts_and_a_number_is_not_cut_to_its_first_digit(
    value: object, told: float | None
):
    assert _told(tags(EchoTime=value), "EchoTime") == told
