import numpy as np

from Training.synthesis.cistern import lay_strands
from Training.synthesis.tissues import Tissue


def test_strands_are_thin_lie_in_csf_and_replace_nothing_else():
    tissues = np.full((100, 100, 160), Tissue.CSF, np.uint8)
    tissues[:, 60:] = Tissue.BRAINSTEM
    before = tissues.copy()
    lay_strands(np.random.default_rng(3), tissues, 0.5, np.array([[25.0, 22.0, 65.0], [25.0, 22.0, 15.0]]))
    changed = tissues != before
    assert 20 < changed.sum() < 2000
    assert (before[changed] == Tissue.CSF).all()
    assert set(np.unique(tissues[changed])) <= {Tissue.NERVE, Tissue.SMALL_VESSEL}
