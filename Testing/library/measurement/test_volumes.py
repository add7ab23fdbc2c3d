import pytest

from Testing.support.phantoms import box, labeled
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS, Label
from VSSegmentationLib.measurement.regions import find_tumor
from VSSegmentationLib.measurement.vestibular_schwannoma.definitions import DEFINITIONS
from VSSegmentationLib.measurement.volumes import TumorVolumes, all_tumor_cm3, ellipsoid_cm3


def test_ellipsoid_formula_gives_the_golden_value():
    assert ellipsoid_cm3(12.0, 8.0, 15.0) * 1000 == pytest.approx(753.982, abs=1e-3)


def test_volumes_are_voxels_times_their_size_part_by_part():
    spacing = (1.5, 0.5, 0.4)
    labelmap = labeled(box((4, 6, 10)), spacing)
    labels = labelmap.array.copy()
    labels[labels != 0] = Label.EXTRAMEATAL
    width = labels.nonzero()[2]
    labels[:, :, : width.min() + 3][labels[:, :, : width.min() + 3] != 0] = Label.INTRAMEATAL  # 3 of 10 columns
    tumor = find_tumor(labelmap.with_array(labels), VESTIBULAR_SCHWANNOMA_LABELS)
    volumes = TumorVolumes(tumor, VESTIBULAR_SCHWANNOMA_LABELS)
    voxel_cm3 = 1.5 * 0.5 * 0.4 / 1000
    whole = volumes.whole(DEFINITIONS, "vol_total")
    assert whole.value == pytest.approx(4 * 6 * 10 * voxel_cm3)
    assert whole.extra["volume_mm3"] == pytest.approx(4 * 6 * 10 * 1.5 * 0.5 * 0.4)
    for name, label, columns in (("vol_em", Label.EXTRAMEATAL, 7), ("vol_im", Label.INTRAMEATAL, 3)):
        part = volumes.region(DEFINITIONS, name, (label,))
        assert part.value == pytest.approx(4 * 6 * columns * voxel_cm3)
        assert part.extra["voxel_count"] == 4 * 6 * columns
        assert part.extra["volume_mm3"] == pytest.approx(4 * 6 * columns * 1.5 * 0.5 * 0.4)


def test_all_tumor_is_counted_whether_it_hangs_together_or_not():
    labels = labeled(box((2, 2, 2), margin=4), (1.5, 0.5, 0.4), Label.EXTRAMEATAL).array.copy()
    labels[0, 0, 0], labels[0, 0, 1] = Label.INTRAMEATAL, Label.COCHLEA
    labelmap = labeled(labels > 0, (1.5, 0.5, 0.4)).with_array(labels)
    assert all_tumor_cm3(labelmap, VESTIBULAR_SCHWANNOMA_LABELS) == pytest.approx(9 * 1.5 * 0.5 * 0.4 / 1000)
