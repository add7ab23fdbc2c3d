"""Words of series and files about contrast agent, as scanners and clinics write them."""

import pytest

from VSSegmentationLib.imageio.contrast_words import ContrastSaid, agent_said, contrast_said
from VSSegmentationLib.imageio.evidence import Says
from VSSegmentationLib.imageio.modality import AcquisitionTags, modality_of
from VSSegmentationLib.imageio.scan import Modality
from VSSegmentationLib.imageio.weighting import name_evidence
from VSSegmentationLib.imageio.weighting.header import header_evidence

GIVEN, NOT_GIVEN, UNCLEAR = ContrastSaid.GIVEN, ContrastSaid.NOT_GIVEN, ContrastSaid.UNCLEAR
SAID = [
    ("t1 gd", GIVEN), ("ax t1 +c", GIVEN), ("t1 post", GIVEN), ("t1 nach km", GIVEN), ("t1 avec gado", GIVEN),
    ("t1 post op gd", GIVEN), ("ax t1 w contrast", GIVEN), ("t1 fs post gad", GIVEN), ("t1 mprage no fs gd", GIVEN),
    ("ax t1 w o", NOT_GIVEN), ("ax t1 w/o contrast", NOT_GIVEN), ("t1 wo gd", NOT_GIVEN), ("t1 no gd", NOT_GIVEN),
    ("t1 non contrast", NOT_GIVEN),
    ("t1 no contrast", NOT_GIVEN), ("t1 noncontrast", NOT_GIVEN), ("t1 sans gado", NOT_GIVEN), ("t1 pre km", NOT_GIVEN),
    ("t1 sin contraste", NOT_GIVEN), ("t1 ohne km", NOT_GIVEN), ("t1 unenhanced", NOT_GIVEN), ("t1 nativ", NOT_GIVEN),
    ("t1 post op", UNCLEAR), ("t1 pre op", UNCLEAR), ("t1 post srs", UNCLEAR), ("t1 post-operative", UNCLEAR),
    ("t1 pre radiosurgery", UNCLEAR), ("t1 w o and w contrast", UNCLEAR), ("t1 pre post gd", UNCLEAR),
    ("t1 sem a", UNCLEAR), ("t1 case no a", UNCLEAR), ("t1 no fs", UNCLEAR),
    ("t1 senza mdc", NOT_GIVEN), ("t1 without fat sat", UNCLEAR), ("t1 no 12", UNCLEAR),
    ("t1", UNCLEAR), ("space cube", UNCLEAR),
]  # fmt: skip


@pytest.mark.parametrize(("words", "said"), SAID)
def test_words_of_contrast_are_told_from_their_denial_and_from_treatments(words, said):
    assert contrast_said(words) is said


@pytest.mark.parametrize(("words", "said"), [pair for pair in SAID if "t1" in pair[0]])
def test_series_and_files_say_the_same(words, said):
    told = {GIVEN: Says.CE_T1, NOT_GIVEN: Says.T1, UNCLEAR: Says.ANY_T1}[said]
    assert header_evidence(AcquisitionTags(description=words.upper())).says is told
    assert name_evidence(f"{words.replace('/', '-').replace(' ', '_')}.nii.gz").says is told


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        ("Gadovist 7.5 ml", GIVEN), ("0.1 mmol/kg Dotarem", GIVEN), ("YES", GIVEN), ("Novel agent", GIVEN),
        ("NONE", NOT_GIVEN), ("No contrast", NOT_GIVEN), ("not given", NOT_GIVEN), ("without", NOT_GIVEN),
        ("0", NOT_GIVEN),
        ("0 ml", NOT_GIVEN), ("0.0 ml", NOT_GIVEN), ("kein KM", NOT_GIVEN), ("W/O", NOT_GIVEN), ("N", NOT_GIVEN),
        ("", UNCLEAR), ("N/A", UNCLEAR), ("unknown", UNCLEAR), ("-", UNCLEAR), (" ", UNCLEAR),
    ],
)  # fmt: skip
def test_people_write_into_the_field_of_the_agent_that_there_was_none(agent, said):
    assert agent_said(agent) is said
    told = {GIVEN: Modality.CE_T1, NOT_GIVEN: Modality.T1, UNCLEAR: Modality.CE_T1}[said]
    by_name = "t1 gd"  # believed only where the field says nothing
    assert modality_of(AcquisitionTags(description=by_name, contrast_agent=agent)) is told
