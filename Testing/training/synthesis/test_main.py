import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from Testing.support.command import environment
from Testing.training.synthesis.conftest import SMALL, block_head, write_head
from Training.synthesis import sample
from Training.synthesis.__main__ import main
from Training.synthesis.anatomy import SPACING_MM
from Training.synthesis.sheet import write_contact_sheet
from Training.synthesis.source import SynthesisConfig, SyntheticSource
from Training.synthesis.tissues import TUMOR_TISSUES
from VSSegmentationLib.imageio import load_labelmap, read_labelmap, read_volume
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS


def run(*words: object) -> int:
    return main([str(word) for word in words])


def typed(*words: object) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own: only there do its helpers have to find their own way to the code."""
    command = [sys.executable, "-m", "Training.synthesis", *map(str, words)]
    return subprocess.run(command, env=environment(), capture_output=True, encoding="utf-8", timeout=300, check=False)


def test_help_names_every_command_and_shell_examples_that_any_shell_understands(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as end:
        run("--help")
    text = capsys.readouterr().out
    assert end.value.code == 0
    for command in ("pool", "speed", "sheet", "sample", "ear-sizes"):
        assert f"python -m Training.synthesis {command} " in text
    assert "{" not in text.split("examples:")[1]  # braces are bash's own


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("pool", "absent.nii.gz", "--out", "pool"), "every head label map must be a file; 1 of 1 are not"),
        (("pool", "absent.nii.gz", "--out", "pool", "--count", 0), "--count must be at least 1, got 0"),
        (("pool", __file__, "--out", "pool", "--tumor-cm3", 9, 5), "two volumes above 0, the smaller first, got 9 5"),
        (("speed", "pool", "--processes", 0), "--processes must be at least 1, got 0"),
        (("speed", "pool"), "the pool of skull bases is empty"),
        (("sheet", "pool", "--out", "sheet.png"), "the pool of skull bases is empty"),
    ],
)
def test_mistakes_end_with_one_sentence_and_code_two(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words, sentence: str
):
    monkeypatch.chdir(tmp_path)
    assert run(*words) == 2
    message = capsys.readouterr().err
    assert message.startswith("error: ")
    assert sentence in message
    assert message.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_the_commands_for_pool_and_speed_work_as_typed(head_file: Path, tmp_path: Path):
    pool = tmp_path / "pool"
    done = typed("pool", head_file, "--out", pool, "--count", 1, "--processes", 2)
    assert done.returncode == 0, done.stderr
    assert "100%  1 of 1 skull bases" in done.stdout
    assert [path.name for path in pool.iterdir()] == ["0000.npz"]
    assert typed("pool", head_file, "--out", pool, "--count", 2, "--tumor-cm3", 12, 14).returncode == 0
    with np.load(pool / "0001.npz") as drawn:
        volume_mm3 = np.isin(drawn["tissues"], TUMOR_TISSUES).sum() * SPACING_MM**3
    assert 6_000 < volume_mm3 < 20_000  # bone takes some of it, the canal and lobes add some
    done = typed("speed", pool, "--count", 1, "--processes", 1)
    assert done.returncode == 0, done.stderr
    assert "patches of 24x88x88 voxels a minute in one process\n" in done.stdout


def test_a_contact_sheet_is_a_picture(pool: Path, tmp_path: Path):
    source = SyntheticSource(SynthesisConfig(pool=str(pool), patch_dhw=(4, 32, 40)))
    write_contact_sheet(source, tmp_path / "sheet.png", rows=1, columns=2)
    content = (tmp_path / "sheet.png").read_bytes()
    assert content.startswith(b"\x89PNG")
    width, height = int.from_bytes(content[16:20]), int.from_bytes(content[20:24])
    assert width == pytest.approx(2 * 160, abs=2)
    assert height == pytest.approx(140, abs=2)


def test_the_sample_is_one_patient_with_a_grown_tumor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sample, "_CONFIG", replace(sample._CONFIG, size_dhw_mm=SMALL.size_dhw_mm))
    head = write_head(tmp_path / "head.nii.gz", block_head())
    assert run("sample", head, "--out", tmp_path / "sample", "--seed", 3) == 0
    images = [read_volume(tmp_path / "sample" / f"exam{n}_t2.nii.gz") for n in (1, 2)]
    truths = [read_labelmap(tmp_path / "sample" / f"exam{n}_truth.nii.gz") for n in (1, 2)]
    for image, truth in zip(images, truths, strict=True):
        assert image.shape == truth.shape
        assert sorted(image.spacing_dhw_mm) == pytest.approx([0.5, 0.5, 1.5])
        assert image.dhw_to_ras == pytest.approx(truth.dhw_to_ras, abs=1e-4)
    sides = {load_labelmap(tmp_path / "sample" / f"exam{n}_truth.nii.gz").side for n in (1, 2)}
    assert len(sides) == 1
    assert sides <= {"left", "right"}
    before, after = (VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(truth.array).sum() for truth in truths)
    assert before > 0
    assert 1.2 < after / before < 1.9  # 18 % wider outside the canal
