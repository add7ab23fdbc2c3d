"""Drawn gliomas are nested, lie in the hemispheres, push the brain aside, and look as each contrast shows them."""

from pathlib import Path

import numpy as np
import pytest

from Training.builders import label_set_of, spacing_of
from Training.recipes import DataConfig
from Training.synthesis.glioma.case import WholeHead, draw_case
from Training.synthesis.glioma.growth import EDEMA, ENHANCING, NECROSIS, TumorShape, grown_labels, pushed_places
from Training.synthesis.glioma.looks import INPUTS, KEPT
from Training.synthesis.glioma.sample import write_glioma_sample
from Training.synthesis.glioma.source import GliomaConfig, GliomaSource, scored
from Training.synthesis.tissues import Tissue
from VSSegmentationLib.errors import ConfigError
from VSSegmentationLib.imageio import read_labelmap, read_volume, write_image
from VSSegmentationLib.tasks.glioma import GLIOMA
from VSSegmentationLib.volume import Volume

SHAPE = TumorShape(core_mm=10.0, rim_share=0.3, edema_ratio=1.8, push=0.2, roughness=0.05)
MIDDLE = np.array((24.0, 24.0, 24.0))


def places(n=48) -> np.ndarray:
    return np.indices((n, n, n)).astype(np.float32)


def head() -> np.ndarray:
    """A ball of white matter with a gray rind in fluid, in bone, in air."""
    tissues = np.full((90, 90, 90), Tissue.AIR, np.uint8)
    radius = np.linalg.norm(np.indices(tissues.shape) - 44.5, axis=0)
    for reach, tissue in ((42, Tissue.BONE), (38, Tissue.CSF), (34, Tissue.CEREBRAL_GRAY), (30, Tissue.CEREBRAL_WHITE)):
        tissues[radius < reach] = tissue
    return tissues


def test_a_rim_encloses_the_necrosis_and_edema_lies_round_both_in_white_matter():
    rng = np.random.default_rng(2)
    tissues = np.full((48, 48, 48), Tissue.CEREBRAL_WHITE, np.uint8)
    tissues[:, :14] = Tissue.CEREBRAL_GRAY
    labels = grown_labels(rng, tissues, places(), MIDDLE, shape=SHAPE, spacing_mm=1.0)
    radius = np.linalg.norm(places() - MIDDLE[:, None, None, None], axis=0)
    means = [radius[labels == each].mean() for each in (NECROSIS, ENHANCING, EDEMA)]
    assert means == sorted(means)
    assert (labels[radius < 5] == NECROSIS).all()
    core = np.isin(labels, (NECROSIS, ENHANCING)).sum()
    assert core == pytest.approx(4 / 3 * np.pi * 10**3, rel=0.15)
    assert not (labels[:, :14] == EDEMA).any()


@pytest.mark.parametrize(("rim_share", "missing"), [(0.0, ENHANCING), (1.0, NECROSIS)])
def test_some_enhance_nowhere_and_some_through_and_through(rim_share, missing):
    shape = TumorShape(core_mm=10.0, rim_share=rim_share, edema_ratio=1.8, push=0.2, roughness=0.05)
    tissues = np.full((48, 48, 48), Tissue.CEREBRAL_WHITE, np.uint8)
    labels = grown_labels(np.random.default_rng(0), tissues, places(), MIDDLE, shape=shape, spacing_mm=1.0)
    assert missing not in labels
    assert len(np.unique(labels)) == 3


def test_brain_is_pushed_away_from_the_tumor_and_far_from_it_nothing_moves():
    moved = pushed_places(places(90), np.array((44.0, 44.0, 44.0)), SHAPE)
    near, far = moved[:, 44, 44, 54], moved[:, 44, 44, 88]
    assert near[2] < 54 - 1  # what lies 10 mm from the center now lay nearer before
    assert far == pytest.approx((44, 44, 88), abs=0.2)


def test_four_scans_show_one_anatomy_and_are_zero_where_the_skull_was():
    case = draw_case(
        np.random.default_rng(3), WholeHead.of(head()), (40, 44, 48), 2.0, skull_stripped=True, with_tumor=True,
        centered_on="brain",
    )  # fmt: skip
    assert case.scans.shape == (len(INPUTS), 40, 44, 48)
    outside = case.scans == 0
    assert (outside == outside[0]).all()
    assert 0.2 < outside[0].mean() < 0.9
    assert not (case.labels[outside[0]] > 0).any()
    flair, _t1, cet1, _t2 = case.scans
    rest = (case.labels == 0) & ~outside[0]
    assert flair[case.labels == EDEMA].mean() > flair[rest].mean()
    assert cet1[case.labels == ENHANCING].mean() > cet1[case.labels == NECROSIS].mean()


def test_scores_are_those_of_the_whole_head():
    case = draw_case(
        np.random.default_rng(5), WholeHead.of(head()), (44, 44, 44), 2.0, skull_stripped=True, with_tumor=False,
        centered_on="brain",
    )  # fmt: skip
    images = scored(case)
    for image, shown in zip(images, case.scans, strict=True):
        inside = image[shown != 0]
        assert inside.mean() == pytest.approx(0.0, abs=0.25)
        assert inside.std() == pytest.approx(1.0, abs=0.25)
        assert (image[shown == 0] == 0).all()


@pytest.fixture
def head_of_white_matter(tmp_path) -> Path:
    """A file with the labels of `head`."""
    affine = np.array([[0.0, 0, 1, 0], [0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1]])
    labels = np.zeros((90, 90, 90), np.uint8)
    tissues = head()
    for tissue, value in ((Tissue.CSF, 24), (Tissue.CEREBRAL_GRAY, 3), (Tissue.CEREBRAL_WHITE, 2)):
        labels[tissues == tissue] = value
    (tmp_path / "heads").mkdir()
    write_image(tmp_path / "heads" / "ball.nii.gz", Volume(labels, affine))
    return tmp_path / "heads" / "ball.nii.gz"


def test_a_source_gives_the_same_sample_again_and_refuses_a_folder_without_heads(tmp_path, head_of_white_matter):
    config = GliomaConfig(
        heads=str(head_of_white_matter.parent), spacing_mm=2.0, patch_dhw=(16, 24, 32), tumor_share=1.0, seed=4
    )
    first, again = (GliomaSource(config).sample(7) for _ in range(2))
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])
    assert first[0].shape == (4, 16, 24, 32)
    assert first[0].dtype == np.float32
    with pytest.raises(ConfigError, match="head label maps"):
        GliomaSource(GliomaConfig(heads=str(tmp_path), names=("none.nii.gz",)))


def test_tumors_off_center_lie_at_the_rim_of_samples_as_often_as_in_the_middle(head_of_white_matter):
    def cut_off(off_center: float) -> int:
        source = GliomaSource(
            GliomaConfig(
                heads=str(head_of_white_matter.parent), spacing_mm=2.0, patch_dhw=(32, 32, 32), tumor_share=1.0,
                off_center=off_center,
            )
        )  # fmt: skip
        cores = [np.isin(source.sample(index)[1], (NECROSIS, ENHANCING)) for index in range(24)]
        return sum(np.pad(core[1:-1, 1:-1, 1:-1], 1).sum() < core.sum() for core in cores)

    assert cut_off(0.0) < cut_off(0.5) / 2
    with pytest.raises(ConfigError, match=r"off_center must lie in 0..0.5, got 0.6"):
        GliomaConfig(heads="heads", off_center=0.6)


def test_data_of_gliomas_are_of_brats_at_their_own_voxel_size():
    data = DataConfig(kind="gliomas", options={"heads": "heads", "spacing_mm": 2.0})
    assert label_set_of(data) == "BraTS"
    assert spacing_of(data) == (2.0, 2.0, 2.0)
    assert set(KEPT) & {Tissue.BONE, Tissue.FAT} == set()


def test_a_sample_has_four_scans_on_the_grid_of_its_truth(head_of_white_matter, tmp_path):
    write_glioma_sample(head_of_white_matter, tmp_path / "out", seed=3)
    truth = read_labelmap(tmp_path / "out" / "exam1_truth.nii.gz", GLIOMA.label_set)
    assert set(np.unique(truth.array)) >= {NECROSIS, ENHANCING}
    for each in GLIOMA.inputs:
        scan = read_volume(tmp_path / "out" / f"exam1_{each.name}.nii.gz")
        assert scan.same_grid(truth)
        assert scan.array[truth.array > 0].min() > 0
