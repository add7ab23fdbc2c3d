"""`compare` as it is typed: folders and labelmaps, times, pictures, privacy, and what it refuses."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from Testing.support.command import Done, in_this_process, run_python
from Testing.support.phantoms import axial_affine, ellipsoid, ice_cream, oblique
from Testing.support.toy_run import noisy_scan, one_sentence
from VSSegmentationLib.imageio import write_image, write_segmentation
from VSSegmentationLib.labels import Label
from VSSegmentationLib.models import SAMPLE_FOLDER
from VSSegmentationLib.reporting.files.growth_tables import read_growth_json
from VSSegmentationLib.volume import Volume

SPACING = (1.5, 0.5, 0.5)
ALL = {"growth.json", "growth.csv", "growth.html"}


def tumor(size_mm: float, *, right_mm: float = 25.0, label: Label = Label.EXTRAMEATAL) -> Volume:
    """An extrameatal ball on a grid of 40 x 60 x 90 mm, to the right or left of the middle."""
    array = np.zeros((27, 120, 180), np.uint8)
    ball = ellipsoid((max(size_mm, 0.1),) * 3, SPACING, margin=0) & (size_mm > 0)
    middle = (13, 60, 90 + round(right_mm / SPACING[2]))
    window = tuple(slice(m - n // 2, m - n // 2 + n) for m, n in zip(middle, ball.shape, strict=True))
    array[window][ball] = label
    return Volume(array, axial_affine(SPACING, (-45.0, -30.0, -20.0)))


@pytest.fixture(scope="module")
def masks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("masks")
    for name, size_mm in (("small", 10.0), ("middle", 11.0), ("large", 14.0)):
        write_segmentation(folder / f"{name}.seg.nrrd", tumor(size_mm), side="right")
    write_segmentation(folder / "none.nii.gz", tumor(0.0))
    write_segmentation(folder / "other_side.nii.gz", tumor(12.0, right_mm=-25.0), side="left")
    return folder


def compare(out: Path, *words: str | Path) -> Done:
    return in_this_process("compare", *words, "--out", out)


def changes(out: Path, measurement_id: str = "vol_total") -> dict[tuple[str, int], dict]:
    data = json.loads((out / "growth.json").read_text(encoding="utf-8"))
    series = next(each for each in data["series"] if each["id"] == measurement_id)
    return {(c["reference"], c["to_index"]): c for c in series["changes"]}


def test_three_labelmaps_in_any_order_are_compared_in_the_order_of_time(masks: Path, tmp_path: Path):
    out = tmp_path / "out"
    done = compare(
        out, masks / "large.seg.nrrd", masks / "small.seg.nrrd", masks / "middle.seg.nrrd", "--days", "900,100,500"
    )
    assert done.code == 0, done.err
    assert {path.name for path in out.iterdir()} == ALL
    record = read_growth_json(out / "growth.json")
    assert [e.days_from_baseline for e in record.examinations] == [0, 400, 800]
    diameters = next(s for s in record.series if s.id == "em_max_axial")
    assert [v.value for v in diameters.values] == pytest.approx([10, 11, 14], abs=0.5)
    change = changes(out)["baseline", 2]
    assert change["percent"]["value"] == pytest.approx(100 * (1.4**3 - 1), rel=0.06)
    assert change["percent_limit"]["direction"] == "increase"
    assert "Largest axial diameter, extrameatal part: +4." in done.out
    assert "research use only" in done.out


def test_dates_become_intervals_and_are_written_only_on_request(masks: Path, tmp_path: Path):
    words = (masks / "small.seg.nrrd", masks / "large.seg.nrrd", "--dates", "2023-03-01,2024-02-29")
    assert compare(tmp_path / "without", *words).code == 0
    for path in (tmp_path / "without").iterdir():
        assert not re.search("2023-03-01|2024-02-29|20230301", path.read_text(encoding="utf-8")), path.name
    assert changes(tmp_path / "without")["baseline", 1]["days"] == 365
    assert compare(tmp_path / "with", *words, "--with-dates").code == 0
    assert "2024-02-29" in (tmp_path / "with" / "growth.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("when", "treatment"),
    [
        (("--dates", "2023-01-01,2024-01-01"), ("--srs-date", "2023-07-01")),
        (("--days", "0,365"), ("--srs-days", "181")),
    ],
)
def test_a_change_within_42_months_of_radiosurgery_is_called_so(
    masks: Path, tmp_path: Path, when: tuple[str, str], treatment: tuple[str, str]
):
    done = compare(tmp_path / "out", masks / "small.seg.nrrd", masks / "large.seg.nrrd", *when, *treatment)
    assert done.code == 0, done.err
    assert "Change after radiosurgery; transient enlargement is common in this interval." in done.out
    assert read_growth_json(tmp_path / "out" / "growth.json").treatments[0].days == 181


def test_surgery_between_the_examinations_is_warned_of_and_leads_to_the_whole_tumor(tmp_path: Path):
    for name, grown in (("a", 0.0), ("b", 1.5)):
        write_segmentation(tmp_path / f"{name}.nii.gz", ice_cream(SPACING, plane_offset_mm=-grown))
    done = compare(
        tmp_path / "out", tmp_path / "a.nii.gz", tmp_path / "b.nii.gz", "--days", "0,365", "--surgery-days", "100"
    )
    assert done.code == 0, done.err
    assert "Surgery lies between the examinations (day 100)" in done.err
    record = read_growth_json(tmp_path / "out" / "growth.json")
    assert [e.headline.measurement_id for e in record.examinations] == ["em_max_axial"] * 2  # locked to the baseline
    assert "would now choose" in record.examinations[1].headline.note


def test_the_headline_of_the_baseline_is_locked(tmp_path: Path):
    """A tumor in the canal alone leads with the whole tumor, and keeps to it when it reaches out of the canal."""
    intrameatal = ice_cream(SPACING)
    inside = np.where(intrameatal.array == Label.INTRAMEATAL, intrameatal.array, np.uint8(0))
    write_segmentation(tmp_path / "first.nii.gz", intrameatal.with_array(inside))
    write_segmentation(tmp_path / "second.nii.gz", intrameatal)
    done = compare(tmp_path / "out", tmp_path / "first.nii.gz", tmp_path / "second.nii.gz", "--days", "0,365")
    assert done.code == 0, done.err
    record = read_growth_json(tmp_path / "out" / "growth.json")
    assert [e.headline.measurement_id for e in record.examinations] == ["whole_max_axial"] * 2
    assert "The policy KCL 2023 would now choose" in done.err
    assert changes(tmp_path / "out", "vol_em")["baseline", 1]["percent"]["reason"].startswith("not defined")


def test_a_tumor_that_was_not_there_has_no_change_in_percent(masks: Path, tmp_path: Path):
    done = compare(tmp_path / "out", masks / "none.nii.gz", masks / "small.seg.nrrd", "--days", "0,365")
    assert done.code == 0, done.err
    assert "not defined, because it was 0 in examination 1" in done.out
    assert changes(tmp_path / "out")["baseline", 1]["percent"]["value"] is None


def test_another_side_is_warned_of(masks: Path, tmp_path: Path):
    done = compare(tmp_path / "out", masks / "small.seg.nrrd", masks / "other_side.nii.gz", "--days", "0,365")
    assert "The sides differ (examination 1: right, examination 2: left)" in done.err


def test_one_side_of_a_patient_with_two_tumors_is_followed(tmp_path: Path):
    for name, right, left in (("first", 12.0, 10.0), ("second", 12.0, 14.0)):
        both = np.maximum(tumor(right).array, tumor(left, right_mm=-25.0).array)
        write_segmentation(tmp_path / f"{name}.nii.gz", tumor(1.0).with_array(both))
    words = (tmp_path / "first.nii.gz", tmp_path / "second.nii.gz", "--days", "0,365")
    mixed = compare(tmp_path / "mixed", *words)  # the largest tumor of each: two different ones
    assert "The sides differ" in mixed.err
    left = compare(tmp_path / "left", *words, "--side", "left")
    assert "The sides differ" not in left.err
    assert changes(tmp_path / "left")["baseline", 1]["percent"]["value"] == pytest.approx(174.4, rel=0.06)
    compare(tmp_path / "right", *words, "--side", "right")
    assert changes(tmp_path / "right")["baseline", 1]["percent"]["value"] == 0


def test_a_tilt_is_warned_of_and_volumes_do_not_depend_on_it(tmp_path: Path):
    write_segmentation(tmp_path / "straight.nii.gz", tumor(14.0))
    write_segmentation(tmp_path / "tilted.nii.gz", oblique(tumor(14.0), 12.0, (1.0, 0.0, 0.0)))
    done = compare(tmp_path / "out", tmp_path / "straight.nii.gz", tmp_path / "tilted.nii.gz", "--days", "0,365")
    assert "examinations 1 and 2 by 12.0 degrees" in done.err
    assert changes(tmp_path / "out")["baseline", 1]["percent"]["value"] == pytest.approx(0, abs=1e-3)


def test_sequences_that_files_do_not_tell_can_be_typed(masks: Path, tmp_path: Path):
    words = (masks / "small.seg.nrrd", masks / "large.seg.nrrd", "--days", "0,365", "--sequences", "T2,ceT1")
    assert "The sequences differ (examination 1: T2, examination 2: ceT1)" in compare(tmp_path / "out", *words).err


def test_limits_can_be_typed(masks: Path, tmp_path: Path):
    words = (masks / "small.seg.nrrd", masks / "middle.seg.nrrd", "--days", "0,365")
    compare(tmp_path / "out", *words, "--limit-percent", "50", "--limit-mm", "0.5")
    record = read_growth_json(tmp_path / "out" / "growth.json")
    assert (record.limits.mm, record.limits.percent) == (0.5, 50)
    assert changes(tmp_path / "out")["baseline", 1]["percent_limit"]["direction"] == "within"
    assert changes(tmp_path / "out", "em_max_axial")["baseline", 1]["mm_limit"]["direction"] == "increase"


@pytest.fixture(scope="module")
def results(masks: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `measure` wrote of two examinations, the first of them checked by a person."""
    folder = tmp_path_factory.mktemp("results")
    for name, more in (("small", ("--checked", "mask,boundary,line")), ("large", ("--policy", "Kanzaki"))):
        done = in_this_process("measure", masks / f"{name}.seg.nrrd", "--out", folder / name, *more)
        assert done.code == 0, done.err
    return folder


def test_results_tell_what_was_checked_and_by_which_policy(results: Path, tmp_path: Path):
    done = compare(tmp_path / "out", results / "small", results / "large", "--days", "0,365")
    assert done.code == 0, done.err
    record = read_growth_json(tmp_path / "out" / "growth.json")
    assert [e.reviewed for e in record.examinations] == [True, False]
    assert record.status == "draft"
    assert "Examination 2: Its own report leads by the policy Kanzaki" in done.err
    assert {e.facts.segmented_by for e in record.examinations} == {"a person or another program"}


def test_a_labelmap_that_was_changed_after_its_report_counts_anew_and_is_no_longer_checked(
    masks: Path, results: Path, tmp_path: Path
):
    changed = tmp_path / "changed"
    changed.mkdir()
    (changed / "report.json").write_bytes((results / "small" / "report.json").read_bytes())
    (changed / "segmentation.seg.nrrd").write_bytes((masks / "middle.seg.nrrd").read_bytes())
    done = compare(tmp_path / "out", changed, results / "large", "--days", "0,365")
    assert "Examination 1: The labelmap gives other numbers than its report holds" in done.err
    record = read_growth_json(tmp_path / "out" / "growth.json")
    assert not record.examinations[0].reviewed
    assert record.series[0].values[0].value == pytest.approx(np.pi / 6 * 1.1**3, rel=0.03)


def test_scans_are_aligned_and_shown_on_the_slices_of_the_first(tmp_path: Path):
    words = []
    for number in (1, 2):
        words += ["--image", SAMPLE_FOLDER / f"exam{number}_t2.nii.gz"]
    truths = [SAMPLE_FOLDER / f"exam{number}_truth.nii.gz" for number in (1, 2)]
    plain = compare(tmp_path / "plain", *truths, "--days", "0,402", *words)
    assert plain.code == 0, plain.err
    done = compare(tmp_path / "aligned", *truths, "--days", "0,402", *words, "--register")
    assert done.code == 0, done.err
    assert "aligning examination 2" in done.err
    first, second = (read_growth_json(tmp_path / name / "growth.json") for name in ("plain", "aligned"))
    assert (first.aligned, second.aligned) == (False, True)
    assert first.examinations[1].tilt_deg == second.examinations[1].tilt_deg
    assert first.series == second.series  # numbers come from each examination's own grid
    normals = [e.facts.normal_in_baseline_ras for e in second.examinations]
    assert normals[1] == pytest.approx(normals[0], abs=0.005)  # the same slices of the head, however it lay
    assert "rigid registration" in (tmp_path / "aligned" / "growth.html").read_text(encoding="utf-8")


def test_scans_that_cannot_be_aligned_are_shown_as_they_are_with_a_warning(tmp_path: Path):
    scan = noisy_scan()
    labels = np.zeros(scan.shape, np.uint8)
    labels[10:15, 20:30, 20:32] = 1
    write_image(tmp_path / "labels.nrrd", scan.with_array(labels))
    for name, seed in (("a", 1), ("b", 2)):
        noise = np.random.default_rng(seed).random(scan.shape).astype(np.float32)
        write_image(tmp_path / f"{name}.nii.gz", scan.with_array(noise))
    images = ("--image", tmp_path / "a.nii.gz", "--image", tmp_path / "b.nii.gz")
    labelmap = tmp_path / "labels.nrrd"
    done = compare(tmp_path / "out", labelmap, labelmap, "--days", "0,1", *images, "--register")
    assert done.code == 0, done.err
    assert "the two scans could not be aligned" in done.err
    assert not read_growth_json(tmp_path / "out" / "growth.json").aligned


def test_json_progress_ends_with_the_result(masks: Path, tmp_path: Path):
    words = (masks / "small.seg.nrrd", masks / "large.seg.nrrd", "--days", "0,365", "--progress", "json")
    lines = [json.loads(line) for line in compare(tmp_path / "out", *words).out.splitlines()]
    fractions = [line["progress"] for line in lines if "progress" in line]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)
    assert set(lines[-1]["result"]["files"]) == ALL
    assert "vol_total" in lines[-1]["result"]["changes"]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("{small}", "--days", "0"), "at least two examinations"),
        (("{small}", "{large}"), "give --dates or --days"),
        (("{small}", "{large}", "--days", "0,1,2"), "--days needs one for each of the 2 examinations"),
        (("{small}", "{large}", "--dates", "2023-01-01"), "--dates needs one for each"),
        (("{small}", "{large}", "--days", "0,1", "--sequences", "T2"), "--sequences needs one for each"),
        (("{small}", "{large}", "--days", "0,1", "--image", "{small}"), "--image is given once for each"),
        (("{small}", "{large}", "--days", "0,1", "--register"), "--register aligns scans"),
        (("{small}", "{large}", "--days", "0,1", "--srs-date", "2023-01-01"), "--srs-days"),
        (("{small}", "{large}", "--days", "0,1", "--limit-mm", "0"), "limits must be > 0"),
        (("{small}", "{large}", "--days", "0,1", "--limit-percent", "nan"), "limits must be > 0"),
        (("{small}", "/DOE^JANE.nii.gz", "--days", "0,1"), "no such file"),
        (("{small}", "{large}", "--days", "0,DOE^JANE"), "days are whole numbers"),
        (("{small}", "{large}", "--dates", "2023-01-01,1.2.2024"), "a date is YYYY-MM-DD"),
    ],
)
def test_a_call_that_does_not_fit_ends_with_2_and_writes_nothing(
    masks: Path, tmp_path: Path, words: tuple[str, ...], reason: str
):
    paths = {name: masks / f"{name}.seg.nrrd" for name in ("small", "large")}
    done = compare(tmp_path / "out", *(word.format(**paths) for word in words))
    assert done.code == 2
    assert reason in done.err
    assert "JANE" not in done.out + done.err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_a_labelmap_is_refused(masks: Path, tmp_path: Path):
    (tmp_path / "empty").mkdir()
    done = compare(tmp_path / "out", masks / "small.seg.nrrd", tmp_path / "empty", "--days", "0,1")
    assert "must hold segmentation.seg.nrrd" in one_sentence(done, 3)


def test_results_of_segment_are_never_replaced_by_a_comparison(masks: Path, results: Path):
    before = {path.name: path.read_bytes() for path in (results / "small").iterdir()}
    words = (masks / "small.seg.nrrd", masks / "large.seg.nrrd", "--days", "0,1", "--force")
    one_sentence(compare(results / "small", *words), 2)
    assert {path.name: path.read_bytes() for path in (results / "small").iterdir()} == before


def test_a_former_comparison_is_replaced_with_force(masks: Path, tmp_path: Path):
    words = (masks / "small.seg.nrrd", masks / "large.seg.nrrd")
    assert compare(tmp_path / "out", *words, "--days", "0,365").code == 0
    assert "--force" in one_sentence(compare(tmp_path / "out", *words, "--days", "0,100"), 2)
    assert compare(tmp_path / "out", *words, "--days", "0,100", "--force").code == 0
    assert changes(tmp_path / "out")["baseline", 1]["days"] == 100


def test_the_help_shows_examples_and_that_dates_stay_out():
    done = in_this_process("compare", "--help")
    assert done.code == 0
    assert "examples:\n  vs-segmentation compare" in done.out
    assert "dates only with --with-dates" in done.out


def test_torch_is_not_imported(masks: Path, tmp_path: Path):
    script = (
        "import sys\nfrom VSSegmentationLib.__main__ import main\ncode = main(sys.argv[1:])\n"
        "print('torch' in sys.modules, file=sys.stderr)\nsys.exit(code)"
    )
    words = ("compare", masks / "small.seg.nrrd", masks / "large.seg.nrrd", "--days", "0,1", "--out", tmp_path / "out")
    done = run_python(script, *words)
    assert done.code == 0, done.err
    assert done.err.splitlines()[-1] == "False"


def test_results_of_different_cases_are_refused_and_named_where_they_are_wanted(masks: Path, tmp_path: Path):
    for name, mask in (("A-1", "small"), ("B-2", "large")):
        in_this_process("measure", masks / f"{mask}.seg.nrrd", "--case", name, "--out", tmp_path / name)
    words = (tmp_path / "A-1", tmp_path / "B-2", "--days", "0,365")
    done = compare(tmp_path / "refused", *words)
    assert done.code == 2
    assert "--different-cases" in done.err
    assert not (tmp_path / "refused").exists()
    assert compare(tmp_path / "wanted", *words, "--different-cases").code == 0
    record = read_growth_json(tmp_path / "wanted" / "growth.json")
    assert [each.case for each in record.examinations] == ["A-1", "B-2"]
    page = (tmp_path / "wanted" / "growth.html").read_text(encoding="utf-8")
    assert "Cases: examination 1: A-1, examination 2: B-2." in page
    assert "these may be two patients" in page


def test_results_with_their_scan_show_it_without_the_scan_being_given_again(masks: Path, tmp_path: Path):
    mask = tumor(10.0)
    noise = np.random.default_rng(0).normal(100, 20, mask.shape).astype(np.float32)
    write_image(tmp_path / "scan.nii.gz", mask.with_array(noise))
    for name in ("first", "second"):
        done = in_this_process(
            "measure", masks / "small.seg.nrrd", "--image", tmp_path / "scan.nii.gz", "--out", tmp_path / name
        )
        assert done.code == 0, done.err
        (crop,) = (tmp_path / name).glob("key_crop.nii.gz")
        assert crop.stat().st_size < 300_000
    assert compare(tmp_path / "out", tmp_path / "first", tmp_path / "second", "--days", "0,365").code == 0
    page = (tmp_path / "out" / "growth.html").read_text(encoding="utf-8")
    assert page.count("data:image/png") == 2
    assert compare(tmp_path / "masks", masks / "small.seg.nrrd", masks / "large.seg.nrrd", "--days", "0,365").code == 0
    assert "data:image/png" not in (tmp_path / "masks" / "growth.html").read_text(encoding="utf-8")
