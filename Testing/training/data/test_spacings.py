"""The table of spacings: axes by anatomy, whatever order they are stored in, by center where names tell it."""

import csv
import re
from pathlib import Path

import numpy as np
import pytest

from Testing.support.grids import turned_affine
from Training.__main__ import main
from Training.data.manifest import Entry
from Training.data.spacings import CENTER_PATTERN, center_pattern, scan_of, spacing_rows
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.volume import AxisOrder, Volume, reorder

PATTERN = re.compile(CENTER_PATTERN)
SAGITTAL = AxisOrder(permutation=(2, 0, 1), flipped=(True, False, True))


def scan(case: str, spacing_dhw: tuple[float, float, float], order: AxisOrder | None = None, modality: str = "ceT1"):
    image = Volume(np.zeros((10, 30, 40), np.float32), turned_affine((14, -6, 9), spacing_dhw))
    stored = image if order is None else reorder(image, order)
    return scan_of(Entry(case=case, patient=case, modality=modality, image=Path("x.nii")), stored, PATTERN)


def test_a_sagittal_oblique_left_handed_scan_has_the_spacings_of_its_anatomy():
    straight, stored_otherwise = scan("a", (1.5, 0.5, 0.4)), scan("a", (1.5, 0.5, 0.4), SAGITTAL)
    assert straight.spacing_mm == pytest.approx((1.5, 0.5, 0.4))
    assert straight.shape == (10, 30, 40)
    assert stored_otherwise.spacing_mm == pytest.approx(straight.spacing_mm)
    assert stored_otherwise.shape == straight.shape


def test_median_and_range_per_axis_and_center_and_over_all_centers():
    scans = [
        scan("crossmoda2023_etz_1", (1.5, 0.8, 0.8)),
        scan("crossmoda2023_etz_2", (1.0, 0.6, 0.6), SAGITTAL),
        scan("crossmoda2023_etz_7", (2.0, 0.7, 0.7)),
        scan("crossmoda2023_ukm_3", (3.5, 0.5, 0.5)),
    ]
    rows = {(row["center"], row["axis"]): row for row in spacing_rows(scans)}
    assert [key[0] for key in rows][::3] == ["etz", "ukm", "all centers"]
    etz = rows["etz", "superior"]
    assert (etz["images"], etz["spacing_min_mm"], etz["spacing_median_mm"], etz["spacing_max_mm"]) == (
        "3", "1.00", "1.50", "2.00",
    )  # fmt: skip
    assert rows["ukm", "superior"]["spacing_median_mm"] == "3.50"
    assert rows["all centers", "superior"]["spacing_median_mm"] == "1.75"  # between 1.5 and 2.0
    assert rows["all centers", "right"]["voxels_median"] == "40"


def test_cases_whose_names_tell_no_center_are_one_group():
    assert {row["center"] for row in spacing_rows([scan("patient_1", (1, 1, 1)), scan("patient_2", (1, 1, 1))])} == {
        "all"
    }


@pytest.mark.parametrize(("text", "said"), [("(", "regular expression"), ("a", "has 0"), ("(a)(b)", "has 2")])
def test_a_pattern_that_names_no_center_is_refused(text: str, said: str):
    with pytest.raises(UsageError, match=said):
        center_pattern(text)


def test_the_command_prints_the_table_and_keeps_it_beside_the_picture(write, tmp_path: Path, capsys):
    for number, center in enumerate(("etz", "ldn", "ldn"), start=1):
        spacing = (1.5, 0.5 + 0.1 * number, 0.6)
        volume = Volume(
            np.random.default_rng(number).normal(100, 20, (14, 40, 36)).astype(np.float32),
            turned_affine((8, 4, -9), spacing),
        )
        mask = np.zeros(volume.shape, np.int16)
        mask[5:9, 12:22, 10:14] = 1
        write(f"crossmoda2023_{center}_{number}_ceT1.nii.gz", volume)
        write(f"crossmoda2023_{center}_{number}_Label.nii.gz", volume.with_array(mask))
    out = tmp_path / "out"
    assert main(["data", "import", "crossmoda", str(tmp_path / "in"), "--out", str(out)]) == 0
    capsys.readouterr()
    assert main(["data", "check", str(out), "--out", str(out / "sheet.png")]) == 0
    said = capsys.readouterr().out
    assert re.search(r"ldn +ceT1 +2 +anterior +0\.75 \(0\.70 to 0\.80\)", said)
    with (out / "sheet_spacings.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["center"] for row in rows} == {"etz", "ldn", "all centers"}
    assert main(["data", "check", str(out), "--out", str(out / "sheet.png"), "--center", "(["]) == 2
