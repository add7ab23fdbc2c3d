"""The order of the bytes of a MetaImage, which either of two keys may tell."""

import numpy as np
import pytest

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
