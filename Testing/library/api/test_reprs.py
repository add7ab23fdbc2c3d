"""Whatever a notebook user gets to hold prints as a line that says what it is, and never fills the screen."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from pathlib import Path

import pytest

import VSSegmentationLib as vs
from VSSegmentationLib import pipeline
from VSSegmentationLib.cohort.files import tables_of
from VSSegmentationLib.inference import load_model
from VSSegmentationLib.models import PUBLISHED_MODELS, embedded_models, find_model
from VSSegmentationLib.reporting import draw_pictures
from VSSegmentationLib.reporting.files.growth_tables import make_growth_record
from VSSegmentationLib.short_repr import MAX_LETTERS

TRUTHS = [vs.SAMPLE_FOLDER / f"exam{number}_truth.nii.gz" for number in (1, 2)]


def values_in(value: object, seen: set[int]) -> Iterator[object]:
    """Every value of this library that can be reached from one; networks print as PyTorch prints them."""
    if id(value) in seen:
        return
    seen.add(id(value))
    own = type(value).__module__.startswith("VSSegmentationLib")
    if own and not type(value).__module__.startswith("VSSegmentationLib.networks"):
        yield value
    if is_dataclass(value) and not isinstance(value, type):
        inner = [getattr(value, field.name) for field in fields(value)]
    elif isinstance(value, Mapping):
        inner = list(value.values())
    else:
        inner = list(value) if isinstance(value, Sequence) and not isinstance(value, str | bytes) else []
    for each in inner:
        yield from values_in(each, seen)


@pytest.fixture(scope="module")
def held(segmented: vs.Result, measured: tuple[vs.Result, vs.Result], tmp_path_factory: pytest.TempPathFactory):
    """What a user can come to hold, by a name for the failure."""
    folder = tmp_path_factory.mktemp("references")
    for path in TRUTHS:
        (folder / path.name).write_bytes(path.read_bytes())
    scan = vs.read_scan(vs.SAMPLE_FOLDER / "exam1_t2.nii.gz", modality="T2")
    comparison = vs.compare(measured, days=(0, 380))
    evaluation = vs.evaluate_folders(folder, folder)
    models = embedded_models()
    run = pipeline.run(scan, pipeline.PipelineOptions(device="cpu"))
    values = {
        "scan": (scan, vs.read_labelmap(TRUTHS[0])),
        "result": (segmented, segmented.measurements, segmented.headline, segmented.report, segmented.provenance),
        "run": run,
        "measured": measured,
        "comparison": (comparison, comparison.content, make_growth_record(comparison.content)),
        "evaluation": (evaluation, tables_of(evaluation), vs.evaluate(*TRUTHS[:1] * 2)),
        "models": (models, PUBLISHED_MODELS, vs.list_models(), *vs.list_models()),
        "bundles": [load_model(find_model(entry.card.name), "cpu") for entry in models],
        "pictures": draw_pictures(segmented.content),
        "segmenter": vs.Segmenter(),
    }
    return {name: list(values_in(value, set())) for name, value in values.items()}


NAMES = (
    "scan", "result", "run", "measured", "comparison", "evaluation", "models", "bundles", "pictures", "segmenter",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_no_value_prints_more_than_a_few_lines(held: Mapping[str, list[object]], name: str):
    assert held[name]
    long = {type(value).__name__: len(repr(value)) for value in held[name] if len(repr(value)) > MAX_LETTERS}
    assert long == {}


def test_no_name_is_left_out(held: Mapping[str, list[object]]):
    assert set(held) == set(NAMES)


def test_a_scan_prints_its_modality_and_its_grid():
    text = repr(vs.read_scan(vs.SAMPLE_FOLDER / "exam1_t2.nii.gz", modality="T2"))
    assert "modality=T2" in text
    assert "shape (" in text
    assert "spacing " in text
    assert "float32" in text


def test_a_result_prints_finding_headline_volume_and_state(segmented: vs.Result):
    text = repr(segmented)
    assert text.startswith("Result('case 1': A tumor was found on the patient's left side. vol_total ")
    assert f"{segmented.headline.measurement_id} {segmented.headline.value_mm:.1f} mm" in text
    assert text.endswith("; draft)")


def test_a_long_case_name_does_not_make_a_long_line(segmented: vs.Result):
    assert len(repr(vs.Result(content=replace(segmented.content, case="x" * 1000)))) <= MAX_LETTERS


def test_a_measurement_prints_its_value_and_unit(segmented: vs.Result):
    text = repr(segmented.measurements["vol_total"])
    assert "id='vol_total'" in text
    assert "unit='cm3'" in text
    assert f"value={segmented.measurements['vol_total'].value:.6g}" in text


def test_a_comparison_prints_its_examinations_and_the_leading_change(measured: tuple[vs.Result, vs.Result]):
    comparison = vs.compare(measured, days=(0, 380))
    assert repr(comparison).startswith(f"Comparison(2 examinations, days 0, 380; {comparison.sentences[0]}")


def test_a_repr_holds_no_folder(tmp_path: Path):
    model = tmp_path / "someone" / "model.pt"
    model.parent.mkdir()
    model.write_bytes(find_model(embedded_models()[0].card.name).read_bytes())
    assert "someone" not in repr(vs.Segmenter(model=model))
