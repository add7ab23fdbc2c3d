"""One real result, segmented once, that the tests of the door look at from all sides."""

import pytest

import VSSegmentationLib as vs


@pytest.fixture(scope="session")
def segmented() -> vs.Result:
    """The first examination of the sample, with the embedded models."""
    return vs.segment(vs.SAMPLE_FOLDER / "exam1_t2.nii.gz", modality="T2", device="cpu", case="case 1")


@pytest.fixture(scope="session")
def measured() -> tuple[vs.Result, vs.Result]:
    """The true labelmaps of both examinations of the sample, measured."""
    first, second = (vs.measure(vs.SAMPLE_FOLDER / f"exam{number}_truth.nii.gz") for number in (1, 2))
    return first, second
