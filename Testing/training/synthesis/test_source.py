from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from Training.synthesis import SyntheticSource, source
from Training.synthesis.contrast import draw_contrast
from Training.synthesis.first_looks import FIRST_SYNTHESIS
from Training.synthesis.render import AcquisitionRanges
from Training.synthesis.tissues import Tissue
from VSSegmentationLib.errors import ConfigError, InputRefusedError

PATCH = (8, 32, 40)


def source_of(pool: Path, **options: object) -> SyntheticSource:
    return SyntheticSource(replace(FIRST_SYNTHESIS, pool=str(pool), **{"patch_dhw": PATCH, **options}))


@pytest.fixture
def lopsided_pool(tmp_path: Path) -> Path:
    """One skull base whose tumor's intrameatal part lies right of its extrameatal part."""
    tissues = np.full((90, 90, 120), Tissue.BRAINSTEM, np.uint8)
    tissues[40:50, 40:50, 80:86] = Tissue.EXTRAMEATAL_TUMOR
    tissues[40:50, 40:50, 86:92] = Tissue.INTRAMEATAL_TUMOR
    poruses = np.array([[22.5, 22.5, 43.0], [22.5, 22.5, 16.0]])
    np.savez_compressed(tmp_path / "0000.npz", tissues=tissues, porus_dhw_mm=poruses, head=np.array("block"))
    return tmp_path


def test_a_sample_has_the_shape_asked_for_and_only_background_and_both_parts_of_the_tumor(pool: Path):
    patches = source_of(pool, tumor_share=1.0, ear_share=0.0)
    found = set()
    for index in range(8):
        image, labels = patches.sample(index)
        assert image.shape == (1, *PATCH)
        assert labels.shape == PATCH
        assert (image.dtype, labels.dtype) == (np.float32, np.uint8)
        assert np.isfinite(image).all()
        found |= set(np.unique(labels).tolist())
    assert found == {0, 1, 2}


def test_a_sample_is_a_function_of_seed_and_number_alone(pool: Path):
    one, again, other = source_of(pool, seed=4), source_of(pool, seed=4), source_of(pool, seed=5)
    for _ in range(2):
        assert all(np.array_equal(a, b) for a, b in zip(one.sample(3), again.sample(3), strict=True))
    assert not np.array_equal(one.sample(3)[0], one.sample(4)[0])
    assert not np.array_equal(one.sample(3)[0], other.sample(3)[0])


def test_intensities_are_those_of_a_normalized_region(pool: Path):
    means = [source_of(pool, tumor_share=0, ear_share=0).sample(n)[0].mean() for n in range(12)]
    deviations = [source_of(pool, tumor_share=0, ear_share=0).sample(n)[0].std() for n in range(12)]
    assert abs(np.mean(means)) < 0.6
    assert 0.5 < np.mean(deviations) < 1.5


def test_both_sides_are_shown_for_patches_are_mirrored_half_the_time(lopsided_pool: Path):
    patches = source_of(lopsided_pool, tumor_share=1.0, ear_share=0.0)
    toward_right = []
    for index in range(40):
        labels = patches.sample(index)[1]
        extra, intra = (np.argwhere(labels == value) for value in (1, 2))
        if len(extra) and len(intra):
            toward_right.append(intra[:, 2].mean() > extra[:, 2].mean())
    assert len(toward_right) > 20
    assert 0.25 < np.mean(toward_right) < 0.75


def _without_rendering(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Spare the time that pictures take; return the list of contrasts that are being drawn."""
    kinds = []

    def draw(rng: np.random.Generator, kind: str, *more: object):
        kinds.append(kind)
        return draw_contrast(rng, kind, *more)

    def nothing(rng, tissues, *_rest, slice_step):
        return np.zeros((tissues.shape[0] // slice_step, *tissues.shape[1:]), np.float32)

    monkeypatch.setattr(source, "draw_contrast", draw)
    monkeypatch.setattr(source, "render", nothing)
    return kinds


def test_contrasts_come_in_the_shares_asked_for(lopsided_pool: Path, monkeypatch: pytest.MonkeyPatch):
    kinds = _without_rendering(monkeypatch)
    patches = source_of(lopsided_pool, t2_share=0.5, cet1_share=0.3)
    for index in range(300):
        patches.sample(index)
    for kind, share in (("T2", 0.5), ("ceT1", 0.3), ("random", 0.2)):
        assert kinds.count(kind) / 300 == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / 300))


@pytest.mark.parametrize(("tumor_share", "low", "high"), [(1.0, 0.75, 1.0), (0.0, 0.0, 0.4)])
def test_patches_show_the_tumor_as_often_as_asked_for(
    lopsided_pool: Path, monkeypatch: pytest.MonkeyPatch, tumor_share: float, low: float, high: float
):
    _without_rendering(monkeypatch)
    patches = source_of(lopsided_pool, tumor_share=tumor_share, ear_share=0.0)
    assert low <= np.mean([patches.sample(index)[1].any() for index in range(80)]) <= high


def test_patches_at_the_ears_hold_them(lopsided_pool: Path, monkeypatch: pytest.MonkeyPatch):
    _without_rendering(monkeypatch)
    patches = source_of(lopsided_pool, tumor_share=0.0, ear_share=1.0)
    # One of the two poruses has the tumor; half of the patches are drawn at it.
    assert 0.3 < np.mean([patches.sample(index)[1].any() for index in range(100)]) < 0.7


def test_healthy_ears_take_the_side_without_a_tumor(lopsided_pool: Path, monkeypatch: pytest.MonkeyPatch):
    _without_rendering(monkeypatch)
    patches = source_of(lopsided_pool, tumor_share=0.0, ear_share=1.0, healthy_ears=True)
    assert not any(patches.sample(index)[1].any() for index in range(60))


def test_labels_lie_where_the_image_shows_the_tumor(lopsided_pool: Path, monkeypatch: pytest.MonkeyPatch):
    def only_tumor(rng, kind, *more):
        contrast = draw_contrast(rng, kind, *more)
        contrast.fine_texture[:], contrast.coarse_texture[:], contrast.mean[:] = 0, 0, 0
        contrast.mean[[Tissue.EXTRAMEATAL_TUMOR, Tissue.INTRAMEATAL_TUMOR]] = 1
        return contrast

    monkeypatch.setattr(source, "draw_contrast", only_tumor)
    clean = AcquisitionRanges(
        slice_mm=(1.5,), blur_mm=(0.1, 0.2), noise=(0.004, 0.005), bias=(0.0, 0.01), ghost_share=0.0
    )
    image, labels = source_of(lopsided_pool, tumor_share=1.0, ear_share=0.0, acquisition=clean).sample(1)
    bright = image[0] > (image.max() + image.min()) / 2
    both, either = (bright & (labels > 0)).sum(), bright.sum() + (labels > 0).sum()
    assert 2 * both / either > 0.9


def test_an_empty_pool_is_refused(tmp_path: Path):
    with pytest.raises(ConfigError, match="pool of skull bases is empty"):
        source_of(tmp_path)


@pytest.mark.parametrize("shares", [{"t2_share": 0.8, "cet1_share": 0.3}, {"tumor_share": 0.9, "ear_share": 0.2}])
def test_shares_that_add_up_to_more_than_one_are_refused(pool: Path, shares: dict[str, float]):
    with pytest.raises(ConfigError, match="more than 1"):
        source_of(pool, **shares)


@pytest.mark.parametrize(("ill", "healthy"), [("right", "left"), ("left", "right")])
def test_patches_centered_on_pori_show_every_ear_as_a_right_one(tmp_path: Path, ill: str, healthy: str):
    tissues = np.full((90, 90, 120), Tissue.BRAINSTEM, np.uint8)
    tumor_w = slice(78, 96) if ill == "right" else slice(24, 42)  # about the pori at 43 and 16.5 mm
    tissues[38:52, 38:52, tumor_w] = Tissue.EXTRAMEATAL_TUMOR
    poruses = np.array([[22.5, 22.5, 43.0], [22.5, 22.5, 16.5]])
    np.savez_compressed(tmp_path / "0000.npz", tissues=tissues, porus_dhw_mm=poruses, head=np.array("block"))
    options = {"centered_on_pori": True, "ear_share": 0.0, "patch_dhw": (20, 60, 60)}
    shown = [source_of(tmp_path, tumor_share=1.0, **options).sample(n)[1] for n in range(12)]
    centers_w = [np.argwhere(labels).mean(axis=0)[2] for labels in shown]
    # 6 mm = 12 pixels lateral of a patch's middle, give or take where it was located and its rim cut off.
    assert np.mean(centers_w) == pytest.approx(29.5 + FIRST_SYNTHESIS.medial_of_porus_mm / 0.5, abs=6)
    without = [source_of(tmp_path, tumor_share=0.0, **options).sample(n)[1] for n in range(6)]
    assert not any((labels[6:14, 20:40, 30:55] > 0).any() for labels in without), f"the {healthy} ear is healthy"


@pytest.mark.parametrize("medial_mm", [-3.0, 4.0])
def test_patches_lie_where_a_locator_would_have_put_them(tmp_path: Path, medial_mm: float):
    tissues = np.full((120, 120, 200), Tissue.BRAINSTEM, np.uint8)
    pori = np.array([[30.0, 30.0, 75.0], [30.0, 30.0, 24.5]])
    for d, h, w in np.round(pori / 0.5).astype(int):
        tissues[d - 3 : d + 4, h - 3 : h + 4, w - 3 : w + 4] = Tissue.EXTRAMEATAL_TUMOR
    np.savez_compressed(tmp_path / "0000.npz", tissues=tissues, porus_dhw_mm=pori, head=np.array("block"))
    options = {"centered_on_pori": True, "tumor_share": 1.0, "ear_share": 0.0, "patch_dhw": (20, 60, 60)}
    patches = source_of(tmp_path, medial_of_porus_mm=medial_mm, located_within_mm=(0.0, 0.0, 2.0), **options)
    places = []
    for n in range(60):
        d, h, w = np.argwhere(patches.sample(n)[1]).mean(axis=0)
        assert (abs(d - 9.5), abs(h - 29.5)) < (1, 1)
        places.append((w - 29.5) * 0.5)
    assert np.mean(places) == pytest.approx(medial_mm, abs=0.25 + 3 * 2.0 / np.sqrt(60))
    assert np.std(places) == pytest.approx(2.0, rel=0.35)


def test_moved_patches_lie_a_third_of_their_size_further_and_never_laterally(tmp_path: Path):
    tissues = np.full((150, 160, 200), Tissue.BRAINSTEM, np.uint8)
    pori = np.array([[37.5, 40.0, 75.0], [37.5, 40.0, 24.5]])
    for d, h, w in np.round(pori / 0.5).astype(int):
        tissues[d - 4 : d + 5, h - 4 : h + 5, w - 4 : w + 5] = Tissue.EXTRAMEATAL_TUMOR
    np.savez_compressed(tmp_path / "0000.npz", tissues=tissues, porus_dhw_mm=pori, head=np.array("block"))
    exact = {"centered_on_pori": True, "medial_of_porus_mm": 0.0, "located_within_mm": (0.0, 0.0, 0.0)}
    patches = source_of(tmp_path, **exact, patch_dhw=(18, 60, 60), moved_share=1.0)
    seen = set()
    for n in range(30):
        place = np.argwhere(patches.sample(n)[1]).mean(axis=0) - (8.5, 29.5, 29.5)
        seen.add(tuple(int(i) for i in np.round(place / (6, 20, 20))))
        assert place / (6, 20, 20) == pytest.approx(np.round(place / (6, 20, 20)), abs=0.1)
    # Where the patch goes, what it shows goes the other way.
    assert seen == {(-1, 0, 0), (1, 0, 0), (0, -1, 0), (0, 1, 0), (0, 0, 1)}


def test_a_narrow_field_of_view_shows_part_of_the_patch_and_nothing_elsewhere(lopsided_pool: Path):
    whole = source_of(lopsided_pool, tumor_share=1.0, ear_share=0.0)
    narrow = source_of(lopsided_pool, tumor_share=1.0, ear_share=0.0, narrow_share=1.0, narrow_to=(0.5, 0.5))
    means = []
    for n in range(12):
        image, labels = narrow.sample(n)
        assert image.shape == (1, *PATCH)
        assert labels.shape == PATCH
        inside = image[0] != 0
        box = tuple(slice(i.min(), i.max() + 1) for i in np.nonzero(inside))
        assert [b.stop - b.start for b in box] == [size // 2 for size in PATCH]
        assert inside[box].all()
        assert not labels[~inside].any()
        full_image, full_labels = whole.sample(n)
        assert np.array_equal(labels[box], full_labels[box])
        gain, shift = np.polyfit(full_image[0][box].ravel(), image[0][box].ravel(), 1)
        assert image[0][box] == pytest.approx(
            gain * full_image[0][box] + shift, abs=1e-3
        )  # normalized anew, or as it was
        means.append((gain == pytest.approx(1, abs=1e-4)) and (shift == pytest.approx(0, abs=1e-4)))
    assert 0 < sum(means) < 12


def test_a_damaged_skull_base_is_named_with_what_to_do(pool: Path, tmp_path: Path):
    whole = sorted(pool.glob("*.npz"))[0].read_bytes()
    for damaged in (whole[: len(whole) // 2], b"", b"no archive"):
        (tmp_path / "0000.npz").write_bytes(damaged)
        with pytest.raises(InputRefusedError, match=r"^0000\.npz of the pool .* is damaged .* delete it"):
            source_of(tmp_path).sample(0)


def test_patches_on_tumors_are_centered_on_its_box_and_show_every_ear_as_a_right_one(lopsided_pool: Path):
    exact = source_of(lopsided_pool, centered_on_tumor=True, located_within_mm=(0.0, 0.0, 0.0))
    for index in range(4):
        labels = exact.sample(index)[1]
        places = np.argwhere(labels > 0)
        middle = (places.min(axis=0) + places.max(axis=0)) / 2
        assert np.abs((middle - (np.array(PATCH) - 1) / 2) * (1.5, 0.5, 0.5)).max() <= 0.8  # within a slice's half
        extra, intra = (np.argwhere(labels == value)[:, 2].mean() for value in (1, 2))
        assert intra > extra  # the canal runs to the right
    loose = source_of(lopsided_pool, centered_on_tumor=True, located_within_mm=(1.5, 2.0, 2.0))
    centers = [np.argwhere(loose.sample(index)[1] > 0).mean(axis=0)[1:] for index in range(12)]
    assert np.std(centers, axis=0).min() * 0.5 > 0.7


def test_where_a_skull_base_has_no_tumor_the_next_one_that_has_is_shown(lopsided_pool: Path):
    tissues = np.full((90, 90, 120), Tissue.BRAINSTEM, np.uint8)
    poruses = np.array([[22.5, 22.5, 43.0], [22.5, 22.5, 16.0]])
    for number in (1, 2, 3):
        np.savez_compressed(
            lopsided_pool / f"000{number}.npz", tissues=tissues, porus_dhw_mm=poruses, head=np.array("block")
        )
    patches = source_of(lopsided_pool, centered_on_tumor=True)
    assert all((patches.sample(index)[1] > 0).any() for index in range(8))
