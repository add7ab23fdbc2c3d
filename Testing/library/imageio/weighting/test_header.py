"""What acquisition tags say: a T1 whose header is silent about contrast agent may have been taken with one."""

import pytest

from VSSegmentationLib.imageio.evidence import Evidence, Says, Source
from VSSegmentationLib.imageio.modality import AcquisitionTags
from VSSegmentationLib.imageio.weighting import header_evidence


@pytest.mark.parametrize(
    ("tags", "says"),
    [
        ({"description": "t2_ciss"}, Says.T2),
        ({"description": "t1_mprage"}, Says.ANY_T1),
        ({"description": "t1_mprage", "contrast_agent": "NO"}, Says.T1),
        ({"description": "t1 native"}, Says.T1),
        ({"description": "t1_mprage", "contrast_agent": "Dotarem"}, Says.CE_T1),
        ({"description": "t2_flair"}, Says.OTHER),
        ({"echo_time_ms": 80.0, "repetition_time_ms": 4800.0, "scanning_sequence": ("EP",)}, Says.OTHER),
        ({"description": "localizer"}, Says.NOTHING),
        ({}, Says.NOTHING),
    ],
)
def test_tags_say_no_more_than_they_tell(tags, says):
    assert header_evidence(AcquisitionTags(**tags)) == Evidence(Source.HEADER, says)
