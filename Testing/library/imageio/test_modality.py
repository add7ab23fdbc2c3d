"""Weighting from acquisition parameters: the published VS series, other vendors, and the words as last resort."""

import pytest

from VSSegmentationLib.imageio.modality import AcquisitionTags, modality_of
from VSSegmentationLib.imageio.scan import Modality


def acquired(te, tr, sequence, variant=(), **more):
    return AcquisitionTags(
        echo_time_ms=te, repetition_time_ms=tr, scanning_sequence=sequence, sequence_variant=variant, **more
    )


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        # Published VS series: CISS, 3D TSE, spoiled gradient echo, MPRAGE (Shapey et al. 2021).
        (acquired(4.43, 9.95, ("GR",), ("SS", "SP"), sequence_name="*ci3d1", flip_angle_deg=70), Modality.T2),
        (acquired(120, 750, ("SE",), ("SK", "SP", "OSP"), sequence_name="*spcR3d", flip_angle_deg=170), Modality.T2),
        (acquired(4.76, 11, ("GR",), ("SP", "OSP"), sequence_name="*fl3d1", flip_angle_deg=20), Modality.T1),
        (acquired(2.97, 1900, ("GR", "IR"), ("SP", "MP"), inversion_time_ms=1100, flip_angle_deg=15), Modality.T1),
        # Neither a long TR after an inversion nor spoiled: told by nothing here.
        (acquired(5.0, 500, ("GR", "IR"), ("MP",), inversion_time_ms=400, flip_angle_deg=15), Modality.MR),
        # FIESTA without a telling name: fully refocused, short TR, large flip angle.
        (acquired(2.0, 5.5, ("GR",), ("SS", "SK"), flip_angle_deg=55), Modality.T2),
        (acquired(12, 550, ("SE",), contrast_agent="Gadovist 7.5 ml"), Modality.CE_T1),
        (acquired(12, 550, ("SE",), contrast_agent="NONE"), Modality.T1),
        (acquired(12, 550, ("SE",), description="t1_se_tra_KM"), Modality.CE_T1),
        (acquired(12, 550, ("SE",), description="t1_se_tra_pre_KM"), Modality.T1),
        (acquired(120, 9000, ("SE", "IR"), inversion_time_ms=2500, description="t2_flair"), Modality.MR),
        (acquired(80, 4800, ("EP",), description="t2 epi"), Modality.MR),
        (acquired(20, 650, ("GR",), description="t2star"), Modality.MR),
        (acquired(60, 3000, ("SE",)), Modality.MR),
    ],
)
def test_parameters_tell_the_weighting(tags, expected):
    assert modality_of(tags) is expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("t2_ciss3d_tra", Modality.T2),
        ("Ax FIESTA IAC", Modality.T2),
        ("T2W_DRIVE", Modality.T2),
        ("t1_mprage_gd", Modality.CE_T1),
        ("AX T1 +C", Modality.CE_T1),
        ("T1 post contrast", Modality.CE_T1),
        ("sag mprage", Modality.T1),
        ("T1 without contrast", Modality.T1),
        ("t2_flair", Modality.MR),
        ("t1_t2_map", Modality.MR),
        ("localizer", Modality.MR),
        ("", Modality.MR),
    ],
)
def test_words_tell_it_only_when_the_parameters_do_not(words, expected):
    assert modality_of(AcquisitionTags(description=words)) is expected
    assert modality_of(acquired(100, 4000, ("SE",), description=words)) is Modality.T2


GR, SE = ("GR",), ("SE",)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        # Spin echo: T2 from an echo time of 70 ms, T1 up to 30 ms with a repetition time up to 1000 ms.
        (acquired(70, 4000, SE), Modality.T2),
        (acquired(69, 4000, SE), Modality.MR),
        (acquired(30, 1000, SE), Modality.T1),
        (acquired(31, 1000, SE), Modality.MR),
        (acquired(30, 1001, SE), Modality.MR),
        # A long echo of a gradient echo is T2*; after an inversion of more than 1400 ms fluid is suppressed.
        (acquired(70, 4000, GR), Modality.MR),
        (acquired(100, 9000, SE, inversion_time_ms=1400), Modality.T2),
        (acquired(100, 9000, SE, inversion_time_ms=1401), Modality.MR),
        # Fully refocused gradient echo: echo up to 10 ms, repetition up to 20 ms, flip angle from 40 degrees.
        (acquired(10, 20, GR, flip_angle_deg=40), Modality.T2),
        (acquired(10.5, 20, GR, flip_angle_deg=40), Modality.MR),
        (acquired(10, 20.5, GR, flip_angle_deg=40), Modality.MR),
        (acquired(10, 20, GR, flip_angle_deg=39), Modality.MR),
        (acquired(10, 20, GR), Modality.MR),
        # Spoiled: T1 up to a repetition of 600 ms; with an inversion, from 1000 ms.
        (acquired(10, 600, GR, ("SP",)), Modality.T1),
        (acquired(10.5, 600, GR, ("SP",)), Modality.MR),
        (acquired(10, 601, GR, ("SP",)), Modality.MR),
        (acquired(10, 20, GR, ("SP",), flip_angle_deg=40), Modality.T1),
        (acquired(10, 1000, GR, inversion_time_ms=900), Modality.T1),
        (acquired(10, 999, GR, inversion_time_ms=900), Modality.MR),
        (acquired(10, 1000, GR, inversion_time_ms=0), Modality.MR),
        (acquired(10, 1000, GR), Modality.MR),
    ],
)
def test_each_limit_of_the_parameters_holds_on_its_own_side(tags, expected):
    assert modality_of(tags) is expected


@pytest.mark.parametrize(("te", "tr"), [(100, None), (None, 4000), (None, None)])
def test_one_time_alone_tells_no_weighting_and_the_words_count(te, tr):
    assert modality_of(acquired(te, tr, SE, description="t1_mprage")) is Modality.T1
    assert modality_of(acquired(te, tr, GR, description="t2_ciss")) is Modality.T2
