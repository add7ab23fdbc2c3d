from pathlib import Path

import numpy as np
import pytest

import VSSegmentationLib as vs
from Testing.support.phantoms import ice_cream, sagittal
from VSSegmentationLib.errors import GeometryError, UsageError
from VSSegmentationLib.imageio import write_segmentation


@pytest.fixture
def reference() -> vs.Volume:
    return ice_cream((1.5, 0.7, 0.7))


def test_a_labelmap_agrees_with_itself_however_it_is_stored(reference: vs.Volume, tmp_path: Path):
    write_segmentation(tmp_path / "turned.nii.gz", sagittal(reference))
    scores = vs.evaluate(tmp_path / "turned.nii.gz", reference.to_sitk())
    assert scores["whole"]["dice"].value == 1.0
    assert scores["boundary"]["assd"].value == pytest.approx(0.0, abs=1e-6)


def test_half_the_tumor_has_the_dice_of_half(reference: vs.Volume):
    whole = np.where(reference.array > 0, vs.Label.UNDIVIDED_TUMOR, 0).astype(np.uint8)
    index = np.flatnonzero(whole)
    half = whole.copy()
    half.flat[index[: len(index) // 2]] = 0
    kept = len(index) - len(index) // 2
    dice = vs.evaluate(reference.with_array(half), reference)["whole"]["dice"].value
    assert dice == pytest.approx(2 * kept / (kept + len(index)))


def test_a_name_that_is_not_there_tells_those_that_are(reference: vs.Volume):
    scores = vs.evaluate(reference, reference)
    with pytest.raises(KeyError, match="there is no 'tumor', there are whole, em, im, boundary"):
        _ = scores["tumor"]
    with pytest.raises(KeyError, match="there is no 'volume', there are dice"):
        _ = scores["whole"]["volume"]


def test_labelmaps_of_other_voxels_are_refused(reference: vs.Volume):
    with pytest.raises(GeometryError, match="not the same ones"):
        vs.evaluate(reference, ice_cream((1.0, 0.7, 0.7)))


def test_folders_are_compared_case_by_case(reference: vs.Volume, tmp_path: Path):
    for name in ("predictions", "references"):
        (tmp_path / name).mkdir()
        for case in ("a", "b"):
            write_segmentation(tmp_path / name / f"{case}.nii.gz", reference)
    evaluation = vs.evaluate_folders(tmp_path / "predictions", str(tmp_path / "references"))
    (dice,) = [s for s in evaluation.summaries if (s.structure.key, s.metric.id) == ("whole", "dice")]
    assert (dice.n, dice.mean) == (2, 1.0)
    with pytest.raises(UsageError, match="use evaluate_folders"):
        vs.evaluate(tmp_path / "predictions", reference)
