"""What a file's name says: whole words alone, never a folder, never told again."""

import pytest

from VSSegmentationLib.imageio.evidence import Says
from VSSegmentationLib.imageio.weighting import name_evidence


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("vs_gk_95_t2.nii.gz", Says.T2),
        ("crossmoda2023_ldn_90_hrT2.nii.gz", Says.T2),
        ("AX-CISS-3D.nrrd", Says.T2),
        ("fiesta iac.mha", Says.T2),
        ("sub-01_T2w.nii", Says.T2),
        ("t2_ciss_post_gd.nii", Says.T2),
        ("crossmoda_1_ceT1.nii.gz", Says.CE_T1),
        ("t1_gd.nii.gz", Says.CE_T1),
        ("AX T1 POST.nrrd", Says.CE_T1),
        ("BraTS-00000-t1c.nii.gz", Says.CE_T1),
        ("scan_gad.nii", Says.CE_T1),
        ("mprage_km.nii", Says.CE_T1),
        ("BraTS-00000-t1n.nii.gz", Says.T1),
        ("t1_pre.nii", Says.T1),
        ("t1_pre_gd.nii", Says.T1),
        ("vs_gk_99_t1.nii.gz", Says.ANY_T1),
        ("mprage.nii", Says.ANY_T1),
        ("BraTS-00000-t2f.nii.gz", Says.OTHER),
        ("t2_flair.nii", Says.OTHER),
        ("dwi_adc.nii", Says.OTHER),
        ("t1_t2.nii", Says.NOTHING),
        ("scan.nii.gz", Says.NOTHING),
        ("post.nii", Says.NOTHING),
        ("patient12.nii", Says.NOTHING),
        ("outset2.nii", Says.NOTHING),
        ("space.nii", Says.NOTHING),
        ("/data/t2/scan.nii", Says.NOTHING),
    ],
)
def test_whole_words_of_the_last_part_count(name, says):
    assert name_evidence(name).says is says
