"""The oracle of damaged segmentations notices what it is for: a segment elsewhere, and a voxel that is gone."""

from dataclasses import replace

import numpy as np
import pytest

from tools.fuzz import segmentations
from tools.fuzz.judging import FaultError
from VSSegmentationLib.imageio.dicom.segmentation import StoredSegmentation


def _moved(stored: StoredSegmentation) -> StoredSegmentation:
    place = stored.dhw_to_ras.copy()
    place[:3, 3] += 0.3
    return replace(stored, dhw_to_ras=place)


def _without_a_voxel(stored: StoredSegmentation) -> StoredSegmentation:
    layer = stored.layers[0].copy()
    layer[tuple(np.argwhere(layer)[0])] = 0
    return replace(stored, layers=(layer, *stored.layers[1:]))


@pytest.mark.parametrize("theirs", [segmentations._as_highdicom, segmentations._as_pydicom])
@pytest.mark.parametrize(("fault", "said"), [(_moved, "place"), (_without_a_voxel, "voxels")])
def test_the_oracle_of_segmentations_notices_a_fault_of_the_reader(tmp_path, theirs, fault, said):
    for path in segmentations.write_sound_segs(tmp_path):
        stored, points = segmentations.read_segmentation(path), theirs(path)
        segmentations.must_have_the_same_segments(stored, points)
        with pytest.raises(FaultError, match=said):
            segmentations.must_have_the_same_segments(fault(stored), points)
