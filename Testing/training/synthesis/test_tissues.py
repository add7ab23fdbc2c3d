import numpy as np

from Training.synthesis.tissues import HEAD_TISSUES, Tissue, target_labels, tissues_of_head_labels
from VSSegmentationLib.labels import Label


def test_a_head_label_map_gives_head_tissues_only():
    assert set(np.unique(tissues_of_head_labels(np.arange(1024)))) == set(HEAD_TISSUES)


def test_left_and_right_structures_are_one_tissue():
    for left, right in ((2, 41), (3, 42), (7, 46), (8, 47), (17, 53)):
        one, other = tissues_of_head_labels(np.array([left, right]))
        assert one == other


def test_the_truth_is_tumor_with_its_cysts_and_the_cochlea():
    truth = dict(zip(Tissue, target_labels(np.array(list(Tissue))).tolist(), strict=True))
    assert {t for t, label in truth.items() if label == Label.EXTRAMEATAL} == {
        Tissue.EXTRAMEATAL_TUMOR,
        Tissue.EXTRAMEATAL_CYST,
    }
    assert {t for t, label in truth.items() if label == Label.INTRAMEATAL} == {
        Tissue.INTRAMEATAL_TUMOR,
        Tissue.INTRAMEATAL_CYST,
    }
    assert {t for t, label in truth.items() if label == Label.COCHLEA} == {Tissue.COCHLEA, Tissue.MODIOLUS}
    assert truth[Tissue.PERITUMORAL_CYST] == truth[Tissue.NERVE] == Label.BACKGROUND
