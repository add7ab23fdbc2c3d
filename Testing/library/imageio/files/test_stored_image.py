"""Data files beside their headers."""

import pytest

from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.imageio.files.stored_image import data_beside


@pytest.mark.parametrize("name", ["../secret.raw", "..", "", "sub/secret.raw", "sub\\secret.raw", "absent.raw"])
def test_a_header_points_at_a_file_beside_it_and_at_nothing_else(tmp_path, name):
    folder = tmp_path / "scan"
    (folder / "sub").mkdir(parents=True)
    for path in (tmp_path / "secret.raw", folder / "sub" / "secret.raw", folder / "voxels.raw"):
        path.write_bytes(b"0")
    assert data_beside(folder / "scan.nhdr", "voxels.raw") == folder / "voxels.raw"
    with pytest.raises(InputRefusedError, match="beside its header"):
        data_beside(folder / "scan.nhdr", name)
