"""From a scan to what the reports are made from, with a model whose answer can be worked out by hand."""

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from Testing.support.lying_scans import GRIDS, empty_scan, with_ball
from Testing.support.toy_models import half_way, toy_segmenter
from VSSegmentationLib.errors import CancelledError, ModelError, UsageError
from VSSegmentationLib.imageio import Modality, Scan, read_scan, write_image
from VSSegmentationLib.inference import AtLeast, CertaintyConfig, load_model, save_model
from VSSegmentationLib.models import SAMPLE_FOLDER
from VSSegmentationLib.pipeline import PipelineOptions, run, write_outputs
from VSSegmentationLib.volume import Volume

BRIGHT = 100.0
RADIUS_MM = 8.0
SIZE_MM = (45.0, 45.0, 45.0)
THICK = "The slices are 4.0 mm thick."


def scan_of(volume: Volume, **changes) -> Scan:
    settings = {
        "volume": volume, "modality": Modality.UNKNOWN, "slice_thickness_mm": 4.0, "warnings": (THICK,),
        "voxels_sha256": volume.voxels_sha256, "file_format": "DICOM", "series_uid": "1.2.840.99",
    }  # fmt: skip
    return Scan(**{**settings, **changes})


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> PipelineOptions:
    path = tmp_path_factory.mktemp("models") / "toy.pt"
    save_model(path, toy_segmenter(half_way(ball_scan(), BRIGHT)))
    return PipelineOptions(model=str(path), device="cpu")


def ball_scan(grid: str = "oblique") -> Volume:
    return with_ball(empty_scan(grid, SIZE_MM), (4.0, -7.0, 12.0), RADIUS_MM, BRIGHT)


@pytest.mark.parametrize("grid", list(GRIDS))
def test_the_labelmap_lies_on_the_grid_of_the_scan_and_its_diameter_is_that_of_the_ball(grid: str, tmp_path: Path):
    scan = ball_scan(grid)
    save_model(tmp_path / "toy.pt", toy_segmenter(half_way(scan, BRIGHT)))
    result = run(scan_of(scan), PipelineOptions(model=str(tmp_path / "toy.pt"), device="cpu"))
    assert result.content.labelmap.same_grid(scan)
    diameter = next(m for m in result.content.measurements if m.id == "whole_max_axial")
    assert diameter.value == pytest.approx(2 * RADIUS_MM, abs=1.5)  # a slice of 1.5 mm may miss the widest place


def test_warnings_of_reading_segmenting_and_measuring_all_arrive(options: PipelineOptions):
    at_the_border = with_ball(empty_scan("axial", SIZE_MM), (4.0, -7.0, 34.0), RADIUS_MM, BRIGHT)
    warnings = run(scan_of(at_the_border, modality=Modality.CE_T1), options).content.warnings
    assert THICK in warnings
    assert any("trained on T2 scans and this one is ceT1" in sentence for sentence in warnings)
    assert any("border" in sentence for sentence in warnings)


def test_provenance_holds_no_series_uid_and_the_hashes_of_what_went_in_and_came_out(options: PipelineOptions):
    scan = scan_of(ball_scan())
    result = run(scan, options)
    told = result.content.provenance
    assert told.source.voxels_sha256 == scan.voxels_sha256
    assert "1.2.840.99" not in str(told)
    series = result.content.scan.series
    assert series.sha256 == sha256(f"{series.salt}1.2.840.99".encode()).hexdigest()
    assert told.labelmap_voxels_sha256 == result.content.labelmap.voxels_sha256
    assert len(told.source.voxels_sha256) == len(told.labelmap_voxels_sha256) == 64


def test_the_same_scan_gives_the_same_labelmap_twice(options: PipelineOptions):
    first, second = (run(scan_of(ball_scan()), options).content for _ in range(2))
    assert first.provenance.labelmap_voxels_sha256 == second.provenance.labelmap_voxels_sha256
    assert np.array_equal(first.labelmap.array, second.labelmap.array)


def test_progress_grows_to_one_through_every_stage(options: PipelineOptions):
    told: list[tuple[float, str]] = []
    run(scan_of(ball_scan()), options, on_progress=lambda fraction, stage: told.append((fraction, stage)))
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)
    assert {"loading the model", "segmenting", "measuring"} <= {stage for _, stage in told}


@pytest.mark.parametrize("asked", range(1, 6))
def test_it_stops_at_whichever_question_is_answered_with_yes(options: PipelineOptions, asked: int):
    questions: list[int] = []

    def should_cancel() -> bool:
        questions.append(1)
        return len(questions) == asked

    with pytest.raises(CancelledError):
        run(scan_of(ball_scan()), options, should_cancel=should_cancel)
    assert len(questions) == asked


def test_a_model_that_is_not_there_is_told_before_any_voxel_is_looked_at():
    with pytest.raises(ModelError, match="there is no model"):
        run(scan_of(ball_scan()), PipelineOptions(model="no-such-model"))


def test_what_is_written_can_be_read_again_and_is_protected(tmp_path: Path, options: PipelineOptions):
    write_image(tmp_path / "scan.nrrd", ball_scan("left-handed"))
    result = run(read_scan(tmp_path / "scan.nrrd"), options)
    write_outputs(result, tmp_path / "out")
    assert read_scan(tmp_path / "scan.nrrd").volume.same_grid(result.content.labelmap)
    with pytest.raises(UsageError, match="--force"):
        write_outputs(result, tmp_path / "out")


def test_each_model_file_is_read_once_in_a_run():
    read: list[str] = []

    def counted(path: Path, device: str):
        read.append(path.name)
        return load_model(path, device)

    sample = SAMPLE_FOLDER / "exam1_t2.nii.gz"
    run(read_scan(sample), PipelineOptions(device="cpu"), load_bundle=counted)
    assert sorted(read) == ["divider_synthetic.pt", "locator_synthetic.pt", "spvpa_t2_synthetic.pt"]


def test_a_tumor_between_two_limits_is_said_to_be_uncertain_and_why(tmp_path: Path):
    scan = ball_scan()
    bands = CertaintyConfig(mean_probability=AtLeast(1.0, 0.5))  # the rim of a ball is never all sure
    save_model(tmp_path / "toy.pt", toy_segmenter(half_way(scan, BRIGHT), certainty=bands))
    result = run(scan_of(scan), PipelineOptions(model=str(tmp_path / "toy.pt"), device="cpu"))
    assert "which is uncertain: mean probability" in result.content.findings
    assert result.content.findings.endswith("below 1.00.")
    assert any(sentence.startswith("That this is a tumor is uncertain (mean") for sentence in result.content.warnings)
    assert next(m for m in result.content.measurements if m.id == "vol_total").value > 0


def test_a_thorough_look_is_told_where_it_could_not_be_taken(options: PipelineOptions):
    result = run(scan_of(ball_scan()), replace(options, thorough=True))
    assert any("was looked at once" in sentence for sentence in result.content.warnings)
    assert result.segmentation.provenance["looks"]["turn_deg"] == 12.0
    assert run(scan_of(ball_scan()), options).segmentation.provenance["looks"] is None
