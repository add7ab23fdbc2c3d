"""Another kind of tumor goes the whole way, from two scans to every file, and nothing on the way asks which it is."""

import json

import numpy as np
import pydicom
import pytest

import VSSegmentationLib as vs
from Testing.support.command import in_this_process, vs_segmentation
from Testing.support.dicom_results import result_of, write_scan
from Testing.support.dicom_tools import needs_validator, read_measurement_groups, read_segments, validator_errors
from Testing.support.reports import Page
from Testing.support.toy_run import one_sentence
from Testing.support.toy_task import (
    CORE,
    CORE_CM3,
    LABELS,
    RIM,
    TOY,
    VENTRICLE,
    WHOLE_CM3,
    WHOLE_RADIUS_MM,
    toy_labelmap,
)
from Testing.support.worker_process import worker_process
from VSSegmentationLib import pipeline
from VSSegmentationLib.errors import InputRefusedError, UsageError
from VSSegmentationLib.evaluation import evaluate_case
from VSSegmentationLib.follow_up import Times, compare_examinations, examination_of
from VSSegmentationLib.formats import OutputFormat
from VSSegmentationLib.imageio import read_labelmap, write_segmentation
from VSSegmentationLib.imageio.files.label_meaning import relabeled
from VSSegmentationLib.imageio.terminology import label_of_terminology, terminology_entry
from VSSegmentationLib.reporting import clinical_sentence, make_report, read_report_json, report_html
from VSSegmentationLib.reporting.page.growth_page import growth_html

pytestmark = pytest.mark.usefixtures("toy_installed")

SECONDS = 300


def content(labelmap=None, **known):
    return pipeline.measure_labelmap(
        toy_labelmap() if labelmap is None else labelmap, None, known=pipeline.MaskFacts(task=TOY, **known)
    ).content


@pytest.fixture(scope="module")
def results(toy_folder, tmp_path_factory):
    """What the command leaves, in a fresh process that has to find the task by the name in the model file."""
    from Testing.support.toy_task import install_toy_task  # noqa: PLC0415 - once for the module, so not by the fixture

    out = tmp_path_factory.mktemp("results") / "out"
    patch = pytest.MonkeyPatch()
    patch.setenv("PYTHONPATH", str(install_toy_task(tmp_path_factory.mktemp("site"))))
    try:
        done = vs_segmentation(
            "segment", toy_folder / "first.nii.gz", "--input", f"second={toy_folder / 'second.nii.gz'}",
            "--model", toy_folder / "toy_two_inputs.pt", "--out", out,
            "--format", "seg.nrrd,nii.gz,json,csv,html,report.json,study.csv,pdf",
        )  # fmt: skip
    finally:
        patch.undo()
    assert done.code == 0, done.err
    return out, done


def test_two_scans_become_a_labelmap_with_the_core_inside_the_whole(results):
    labelmap = read_labelmap(results[0] / "segmentation.seg.nrrd", LABELS)
    assert set(np.unique(labelmap.array)) == {0, RIM, CORE}
    measured = {each["id"]: each for each in json.loads((results[0] / "measurements.json").read_text())}
    assert measured["toy_volume"]["value"] == pytest.approx(WHOLE_CM3, rel=0.06)
    assert measured["toy_core"]["value"] == pytest.approx(CORE_CM3, rel=0.12)
    assert measured["toy_width"]["value"] == pytest.approx(2 * WHOLE_RADIUS_MM, abs=1.0)
    assert measured["toy_core"]["method_id"] == "toy/3/toy_core"


def test_the_command_tells_of_the_kind_of_tumor(results):
    out, done = results
    assert "TT, side not determined, whole tumor" in done.out
    assert "mm (in one slice), volume" in done.out
    report = read_report_json(out / "report.json")
    assert (report.task, report.grades[0].name, report.headline.policy) == ("toy tumor", "Toy", "Toy 2026")
    assert report.segmentation.plane is None
    provenance = json.loads((out / "provenance.json").read_text())
    assert provenance["run"]["further_scans"]["second"]["file_format"] == "NIfTI"
    assert (out / "report.pdf").read_bytes().startswith(b"%PDF")


def test_the_page_has_the_sections_words_and_colors_of_the_task(results):
    text = (results[0] / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    assert "Toy tumor report" in page.text
    assert "mask and line were not yet all checked" in page.text
    assert " Rim with core Core" in page.text  # the legend
    assert "Candidates" not in page.text
    assert "rgb(204,121,167)" in text
    assert "rgb(0,114,178)" in text
    for word in ("meatal", "chwannoma", "Koos", "EM ", "porus"):
        assert word not in page.text


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ((), "takes INPUT for 'first' and --input second=PATH, each once; got none"),
        (("--input", "third={}"), "takes INPUT for 'first' and --input second=PATH, each once; got third"),
        (("--input", "second={}", "--input", "second={}"), "got second, second"),
        (("--policy", "Kanzaki", "--input", "second={}"), "must be one of Toy 2026, got 'Kanzaki'"),
    ],
)
def test_a_missing_a_foreign_and_a_repeated_input_are_refused_in_one_sentence(toy_folder, tmp_path, more, sentence):
    words = [word.format(toy_folder / "second.nii.gz") for word in more]
    model = ("--model", toy_folder / "toy_two_inputs.pt")
    done = in_this_process("segment", toy_folder / "first.nii.gz", "--out", tmp_path / "out", *model, *words)
    assert sentence in one_sentence(done, 2)


def test_a_model_of_one_scan_takes_no_further_one(toy_folder, tmp_path):
    second = f"second={toy_folder / 'second.nii.gz'}"
    done = in_this_process("segment", toy_folder / "first.nii.gz", "--out", tmp_path / "out", "--input", second)
    assert "takes INPUT for 'scan' and no --input, each once; got second" in one_sentence(done, 2)


def test_the_results_are_measured_and_compared_again_by_what_the_files_say(results, tmp_path):
    write_segmentation(tmp_path / "later.seg.nrrd", toy_labelmap(radius_mm=12.0), LABELS)
    done = in_this_process("measure", tmp_path / "later.seg.nrrd", "--out", tmp_path / "measured")
    assert done.code == 0, done.err
    done = in_this_process(
        "compare", results[0], tmp_path / "measured", "--days", "0,200", "--out", tmp_path / "compared"
    )
    assert done.code == 0, done.err
    assert "Volume of everything" in done.out
    growth = json.loads((tmp_path / "compared" / "growth.json").read_text())
    by_id = {each["id"]: each for each in growth["series"]}
    assert by_id["toy_volume"]["changes"][0]["percent"]["value"] == pytest.approx(100 * (1.2**3 - 1), abs=8)


def test_a_comparison_has_the_volumes_and_the_name_of_the_task():
    pair = [examination_of(content()), examination_of(content(toy_labelmap(radius_mm=12.0)))]
    compared = compare_examinations(pair, Times(days=(0, 365)))
    assert compared.task is TOY
    page = Page(growth_html(compared))
    assert "Toy tumor, 2 examinations over 365 days." in page.text
    assert "Volume of the core" in page.text
    other = pipeline.measure_labelmap(toy_labelmap().with_array(toy_labelmap().array * 0), None).content
    with pytest.raises(UsageError, match="examinations of one kind of tumor"):
        compare_examinations([pair[0], examination_of(other)], Times(days=(0, 365)))


def test_a_segmentation_file_comes_back_by_names_by_codes_and_not_as_another_kind(tmp_path):
    path = tmp_path / "toy.seg.nrrd"
    write_segmentation(path, toy_labelmap(), LABELS)
    np.testing.assert_array_equal(read_labelmap(path, LABELS).array, toy_labelmap().array)
    with pytest.raises(InputRefusedError, match="labels of toy tumor, and those of vestibular schwannoma are needed"):
        read_labelmap(path)
    text = path.read_bytes()
    renamed = text.replace(b"_Name:=Core\n", b"_Name:=Spot\n").replace(b"_Name:=Rim\n", b"_Name:=Ring\n")
    assert renamed != text
    path.write_bytes(renamed)
    np.testing.assert_array_equal(read_labelmap(path, LABELS).array, toy_labelmap().array)


@pytest.mark.parametrize("entry", LABELS.entries, ids=lambda entry: entry.key)
@pytest.mark.parametrize("side", ["left", None])
def test_codes_tell_the_label_whatever_the_side(entry, side):
    assert label_of_terminology(LABELS, terminology_entry(LABELS, entry, side)) is entry
    assert label_of_terminology(LABELS, "Other~SCT^1^x~SCT^2^y~^^~a~^^~^^") is None


@pytest.fixture(scope="module")
def objects(tmp_path_factory):
    folder = tmp_path_factory.mktemp("objects")
    scan = write_scan(folder / "dicom")
    labels = np.zeros(scan.volume.shape, np.uint8)
    labels[3:9, 10:28, 10:30] = RIM
    labels[4:8, 14:22, 14:24] = CORE
    labels[1, 2:5, 2:5] = VENTRICLE
    labelmap = scan.volume.with_array(labels)
    result = result_of(scan, labelmap, task=TOY, measurements=TOY.measure(labelmap))
    return labelmap, *result.write(folder / "out"), folder


def test_another_program_reads_one_segment_for_each_label_with_its_codes(objects):
    labelmap, seg, _, folder = objects
    segments = read_segments(seg, folder / "read_seg")
    assert [attributes["SegmentLabel"] for attributes, _ in segments] == ["Rim", "Core", "Ventricle"]
    for value, (_, volume) in zip((RIM, CORE, VENTRICLE), segments, strict=True):
        assert np.count_nonzero(volume.array) == np.count_nonzero(labelmap.array == value)
    assert segments[2][0]["SegmentedPropertyTypeCodeSequence"]["CodeValue"] == "35764002"
    dataset = pydicom.dcmread(seg)
    assert (dataset.ContentLabel, dataset.SeriesDescription[:10]) == ("TOY_SEGMENTATION", "Toy tumor,")


def test_another_program_reads_the_values_at_the_place_of_the_task(objects):
    _, _, sr, folder = objects
    groups = {g["TrackingIdentifier"]: g for g in read_measurement_groups(sr, folder / "read_sr")}
    assert set(groups) == {"toy_volume", "toy_core", "toy_width", "tumor"}
    assert groups["toy_core"]["ReferencedSegment"] == 2  # nothing lies inside the core
    assert "ReferencedSegment" not in groups["toy_volume"]
    assert groups["toy_width"]["measurementItems"][0]["quantity"]["CodeValue"] == "81827009"
    assert groups["toy_core"]["FindingSite"]["CodeValue"] == "12738006"


@needs_validator
def test_the_validator_finds_no_error_in_either_object(objects):
    for path in objects[1:3]:
        assert validator_errors(path) == []


def test_the_worker_names_the_task_and_takes_scans_by_name(toy_folder, tmp_path):
    job = {"do": "segment", "id": "1", "input": str(toy_folder / "first.nii.gz"), "device": "cpu",
           "output": str(tmp_path / "labels.seg.nrrd"), "model": str(toy_folder / "toy_two_inputs.pt")}  # fmt: skip
    with worker_process() as worker:
        worker.say(**job)
        assert "takes the further inputs: second; got: none" in worker.answer()["error"]
        worker.say(**{**job, "further_inputs": {"second": str(toy_folder / "second.nii.gz")}})
        result = worker.answer()["result"]
    assert result["task"] == "toy tumor"
    assert set(np.unique(read_labelmap(tmp_path / "labels.seg.nrrd", LABELS).array)) == {0, RIM, CORE}


def test_both_scans_may_be_named_and_the_report_says_what_came_of_the_second(toy_folder, tmp_path):
    named = [word for name in ("second", "first") for word in ("--input", f"{name}={toy_folder / f'{name}.nii.gz'}")]
    model = ("--model", toy_folder / "toy_two_inputs.pt")
    done = in_this_process("segment", *named, *model, "--out", tmp_path / "out", "--format", "json,html")
    assert done.code == 0, done.err
    facts = json.loads((tmp_path / "out" / "provenance.json").read_text())["run"]["further_scans"]["second"]
    assert facts["resampled"] is True
    assert facts["moved"] is False
    text = Page((tmp_path / "out" / "report.html").read_text(encoding="utf-8")).text
    assert "The scan 'second' has another grid than 'first' and was resampled onto it." in text
    done = in_this_process("segment", *named[:2], *model, "--out", tmp_path / "none")
    assert "takes INPUT for 'first' and --input second=PATH, each once; got second" in one_sentence(done, 2)


def test_the_python_door_takes_scans_by_name(toy_folder):
    first, second = (toy_folder / f"{name}.nii.gz" for name in ("first", "second"))
    model = toy_folder / "toy_two_inputs.pt"
    result = vs.segment(first, further={"second": second}, model=model, device="cpu")
    assert set(np.unique(result.labelmap.array)) == {0, RIM, CORE}
    assert result.headline.policy == "Toy 2026"
    with pytest.raises(UsageError, match="takes scans for first, second, each once; got first"):
        vs.segment(first, model=model, device="cpu")


def test_labelmaps_are_compared_by_the_structures_and_values_of_the_task():
    foreign = toy_labelmap().with_array(toy_labelmap().array * np.uint8(10))
    values = TOY.label_values("10=rim,20=core,70=ventricle")
    same = foreign.with_array(relabeled(foreign.array, values, LABELS))
    scores = evaluate_case(same, toy_labelmap(), TOY.structures, LABELS)
    assert [each.structure.key for each in scores.structures] == ["all", "core"]
    assert all(score.value == 1 for each in scores.structures for score in each.scores if score.metric == "dice")
    assert (scores.lesions.found, scores.lesions.missed) == (1, 0)


def test_an_organ_is_no_tumor_and_an_empty_labelmap_is_told_of():
    organ = toy_labelmap().with_array(np.where(toy_labelmap().array == VENTRICLE, VENTRICLE, 0).astype(np.uint8))
    told = content(organ)
    assert told.findings == "The labelmap holds no tumor."
    assert clinical_sentence(make_report(told)).startswith("No toy tumor is marked.")
    assert "no tumor is marked" in Page(report_html(told)).text
    assert make_report(told).side is None


def test_every_format_that_needs_no_dicom_series_is_written(tmp_path):
    formats = [each for each in OutputFormat if not each.value.startswith("dicom")]
    result = pipeline.measure_labelmap(toy_labelmap(), None, known=pipeline.MaskFacts(task=TOY))
    pipeline.write_outputs(result, tmp_path / "out", formats=[f for f in formats if f is not OutputFormat.MRB])
    assert (tmp_path / "out" / "segmentation.seg.nrrd").is_file()
