"""`--format mrb`: from a scan on disk to a scene that Slicer opens."""

from pathlib import Path

import numpy as np
import pytest

from Testing.support.command import run_python
from Testing.support.scenes import nodes_of, opened_bundle
from Testing.support.toy_run import fill_toy_folder, one_sentence, segment
from VSSegmentationLib.case_run import missing
from VSSegmentationLib.case_run.formats import possible_formats
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.formats import OutputFormat
from VSSegmentationLib.imageio import read_labelmap, read_volume
from VSSegmentationLib.reporting import ReportChoices
from VSSegmentationLib.scene import labelmap_of, volume_of


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill_toy_folder(tmp_path_factory.mktemp("toy"))


def test_a_segmented_scan_becomes_a_scene_with_the_same_voxels_as_the_other_files(toy: Path, tmp_path: Path):
    done = segment(toy, tmp_path / "out", "--format", "mrb,nii.gz", "--case", "Case 7")
    assert done.code == 0, done.err
    assert "ERR|" not in done.err
    labelmap = read_labelmap(tmp_path / "out" / "segmentation.nii.gz")
    scan = read_volume(toy / "scan.nii.gz")
    with opened_bundle(tmp_path / "out" / "scene.mrb", tmp_path / "opened") as scene:
        (node,) = nodes_of(scene, "vtkMRMLScalarVolumeNode")
        edited, automatic = nodes_of(scene, "vtkMRMLSegmentationNode")
        np.testing.assert_array_equal(volume_of(node).array, scan.array)
        assert labelmap_of(edited, node).same_grid(labelmap)
        for each in (edited, automatic):
            np.testing.assert_array_equal(labelmap_of(each, node).array, labelmap.array)
        notes = nodes_of(scene, "vtkMRMLTextNode")[0].GetText()
    assert "research use only" in notes
    assert "gives the whole tumor only" in notes  # a warning of this model


def test_nothing_is_left_beside_the_results(toy: Path, tmp_path: Path):
    assert segment(toy, tmp_path / "out", "--format", "mrb").code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"scene.mrb", "provenance.json"}


def test_a_scan_without_a_tumor_becomes_a_scene_too(toy: Path, tmp_path: Path):
    done = segment(toy, tmp_path / "out", "--format", "mrb", scan="empty.nii.gz")
    assert done.code == 0, done.err
    with opened_bundle(tmp_path / "out" / "scene.mrb", tmp_path / "opened") as scene:
        (node,) = nodes_of(scene, "vtkMRMLScalarVolumeNode")
        assert not labelmap_of(nodes_of(scene, "vtkMRMLSegmentationNode")[0], node).array.any()


def test_without_slicer_core_one_sentence_comes_before_anything_is_computed(
    toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(missing, "find_spec", lambda _name: None)
    done = segment(toy, tmp_path / "out", "--format", "mrb")
    assert "pip install slicer-core==" in one_sentence(done, 2)
    assert not (tmp_path / "out").exists()
    assert "segmenting" not in done.err


def test_without_slicer_core_all_formats_means_all_others(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(missing, "find_spec", lambda _name: None)
    formats = possible_formats(OutputFormat, None, ReportChoices())
    assert OutputFormat.MRB not in formats.chosen
    assert OutputFormat.HTML in formats.chosen
    assert any("slicer-core" in sentence for sentence in formats.warnings)
    with pytest.raises(UsageError, match="slicer-core"):
        possible_formats([OutputFormat.MRB, OutputFormat.HTML], None, ReportChoices())


def test_no_other_command_imports_slicer():
    done = run_python("import sys, VSSegmentationLib.outputs; print('slicer' in sys.modules, 'vtk' in sys.modules)")
    assert done.out.split() == ["False", "False"], done.err
