"""The order of the bytes of a MetaImage, which either of two keys may tell."""

import numpy as np
import pytest

from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.imageio import read_volume

HEADER = """ObjectType = Image
NDims = 3
BinaryData = True
{order}CompressedData = False
TransformMatrix = 1 0 0 0 1 0 0 0 1
Offset = 0 0 0
ElementSpacing = 1 1 2
DimSize = 4 3 2
ElementType = MET_SHORT
ElementDataFile = LOCAL
"""


@pytest.mark.parametrize(
    ("keys", "order"),
    [
        ({}, "<"),
        ({"BinaryDataByteOrderMSB": "False"}, "<"),
        ({"BinaryDataByteOrderMSB": "True"}, ">"),
        ({"ElementByteOrderMSB": "True"}, ">"),
        ({"ElementByteOrderMSB": "False"}, "<"),
        ({"BinaryDataByteOrderMSB": "True", "ElementByteOrderMSB": "True"}, ">"),
    ],
)
def test_either_key_tells_the_order_of_the_bytes(tmp_path, keys: dict[str, str], order: str):
    values = np.arange(1, 25).reshape(2, 3, 4)
    told = "".join(f"{key} = {value}\n" for key, value in keys.items())
    path = tmp_path / "scan.mha"
    path.write_bytes(HEADER.format(order=told).encode() + values.astype(f"{order}i2").tobytes())
    np.testing.assert_array_equal(read_volume(path).array, values)


@pytest.mark.parametrize(
    ("length", "is_taken"), [("1.0099", True), ("0.9901", True), ("1.0101", False), ("0.9899", False)]
)
def test_directions_are_of_length_1_to_a_hundredth(tmp_path, length, is_taken):
    path = tmp_path / "scan.mha"
    header = HEADER.format(order="").replace("TransformMatrix = 1 0 0", f"TransformMatrix = {length} 0 0")
    path.write_bytes(header.encode() + bytes(48))
    if is_taken:
        assert read_volume(path).shape == (2, 3, 4)
    else:
        with pytest.raises(InputRefusedError, match="not of length 1"):
            read_volume(path)
