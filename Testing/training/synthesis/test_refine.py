import numpy as np

from Training.synthesis.refine import sample_head, to_fine
from Training.synthesis.tissues import Tissue


def straight(shape, offset=0.0):
    grid = np.stack(np.meshgrid(*[np.arange(n, dtype=np.float32) for n in shape], indexing="ij"))
    return grid + np.float32(offset)


def test_a_slanted_edge_has_no_stairs_of_a_millimeter():
    _, h, w = np.mgrid[:20, :40, :40]
    head = np.where(w - 12 > 0.25 * h, Tissue.CSF, Tissue.BONE).astype(np.uint8)  # stairs of 1 mm every 4 mm
    fine = to_fine(sample_head(head, straight(head.shape)))
    edge = (fine[20, 16:64] == Tissue.CSF).argmax(axis=1) * 0.5  # mm along W, for rows of 0.5 mm
    rows = 0.5 * np.arange(16, 64)
    line = np.polynomial.Polynomial.fit(rows, edge, 1)
    assert abs(line.convert().coef[1] - 0.25) < 0.02
    assert np.abs(edge - line(rows)).max() <= 0.4  # the fine grid's own half step, and a little


def test_a_sheet_of_one_millimeter_of_csf_survives():
    head = np.full((16, 30, 30), Tissue.CEREBELLAR_GRAY, np.uint8)
    head[:, :, 15:] = Tissue.BONE
    head[:, :, 14] = Tissue.CSF
    fine = to_fine(sample_head(head, straight(head.shape)))
    width = (fine[16, 20:40] == Tissue.CSF).sum(axis=1) * 0.5
    assert (width >= 0.5).all()
    assert (width <= 1.5).all()


def test_every_second_fine_voxel_lies_on_a_place():
    head = np.full((16, 20, 20), Tissue.CSF, np.uint8)
    head[6:, :, :] = Tissue.BONE
    fine = to_fine(sample_head(head, straight(head.shape)))
    assert fine.shape == (32, 40, 40)
    edge = (fine[:, 20, 20] == Tissue.BONE).argmax() * 0.5
    assert abs(edge - 5.5) <= 0.5


def test_places_between_voxels_and_beyond_the_head_are_read():
    head = np.full((12, 12, 12), Tissue.CSF, np.uint8)
    head[:, :, 6:] = Tissue.MUSCLE
    votes = sample_head(head, straight((4, 4, 30), -3.5))
    nearest = votes.argmax(axis=0)[2, 2]
    assert (nearest[:9] == Tissue.CSF).all()
    assert (nearest[10:] == Tissue.MUSCLE).all()
