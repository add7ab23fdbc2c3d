import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from Testing.training.synthesis.conftest import SMALL
from Training.synthesis import Head, draw_anatomy
from Training.synthesis import pool as pool_module
from Training.synthesis.anatomy import SPACING_MM
from Training.synthesis.pool import write_pool
from Training.synthesis.source import SynthesisConfig, SyntheticSource
from Training.synthesis.tissues import target_labels
from Training.synthesis.whole_scan import skull_bases
from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.labels import Label


def digests(folder: Path) -> dict[str, str]:
    """What the arrays in each file are; zip archives carry the time of day."""
    found = {}
    for path in sorted(folder.glob("*.npz")):
        with np.load(path) as stored:
            found[path.name] = hashlib.sha256(
                stored["tissues"].tobytes() + stored["porus_dhw_mm"].tobytes()
            ).hexdigest()
    return found


def test_a_file_holds_the_skull_base_of_its_number(pool: Path, head: Head):
    expected = draw_anatomy(np.random.default_rng([5, 1]), head, SMALL)
    with np.load(pool / "0001.npz") as stored:
        assert np.array_equal(stored["tissues"], expected.tissues)
        assert np.array_equal(stored["porus_dhw_mm"], np.stack([ear.porus for ear in expected.ears]))
        assert np.array_equal(stored["fundus_dhw_mm"], np.stack([ear.fundus for ear in expected.ears]))
        cochleae = np.array([ear.cochlea_center for ear in expected.ears])
        assert np.array_equal(stored["cochlea_dhw_mm"], cochleae)
        labeled = np.argwhere(target_labels(stored["tissues"]) == Label.COCHLEA) * SPACING_MM
        for center in cochleae:
            near = labeled[np.linalg.norm(labeled - center, axis=1) < 8]
            assert near.mean(axis=0) == pytest.approx(center, abs=0.8)
        assert str(stored["head"]) == "blocks"


@pytest.mark.slow  # a file depends on its number alone, as the test above shows
def test_processes_that_share_the_work_write_what_one_writes(head_file: Path, tmp_path: Path):
    heads = [head_file, head_file]
    tiny = replace(SMALL, size_dhw_mm=(36, 48, 72))
    write_pool(heads, tmp_path / "one", 3, 5, config=tiny)
    write_pool(heads, tmp_path / "two", 3, 5, config=tiny, processes=2)
    assert len(digests(tmp_path / "one")) == 3
    assert digests(tmp_path / "two") == digests(tmp_path / "one")


def test_a_head_refused_in_another_process_is_refused_here(tmp_path: Path):
    (tmp_path / "head.nii.gz").write_bytes(b"no image")
    with pytest.raises(InputRefusedError, match=r"head\.nii\.gz cannot be read"):
        write_pool([tmp_path / "head.nii.gz"], tmp_path / "pool", 2, 5, config=SMALL, processes=2)
    assert list((tmp_path / "pool").iterdir()) == []


def test_what_is_there_is_kept_and_what_is_missing_is_made(pool: Path, head_file: Path, tmp_path: Path):
    for name in ("0000.npz", "0002.npz"):
        (tmp_path / name).write_bytes((pool / name).read_bytes())
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    told = []
    write_pool([head_file], tmp_path, 3, 5, config=SMALL, on_progress=lambda share, what: told.append((share, what)))
    assert digests(tmp_path) == digests(pool)
    assert {name: (tmp_path / name).stat().st_mtime_ns for name in before} == before
    assert told == [(1.0, "3 of 3 skull bases")]


def test_a_kill_while_writing_leaves_no_file_of_that_number(
    pool: Path, head_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def killed(file, **_arrays):
        file.write(b"half of")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(pool_module.np, "savez_compressed", killed)
        with pytest.raises(KeyboardInterrupt):
            write_pool([head_file], tmp_path, 1, 5, config=SMALL)
    assert list(tmp_path.glob("*.npz")) == []
    write_pool([head_file], tmp_path, 1, 5, config=SMALL)
    assert [path.name for path in tmp_path.iterdir()] == ["0000.npz"]
    assert digests(tmp_path)["0000.npz"] == digests(pool)["0000.npz"]


@pytest.mark.parametrize("damage", [b"", b"PK\x05\x06" + bytes(18), b"no archive"])
def test_every_reader_of_a_pool_names_the_file_that_is_damaged(pool, tmp_path, damage):
    own = tmp_path / "pool"
    own.mkdir()
    shutil.copyfile(pool / "0001.npz", own / "0001.npz")
    source = SyntheticSource(SynthesisConfig(pool=str(own)))
    (own / "0001.npz").write_bytes(damage)
    readers = (
        lambda: source.head(0),
        lambda: source.has_tumor(0),
        lambda: next(skull_bases(own, 1, lambda _labels: True)),
    )
    for read in readers:
        with pytest.raises(InputRefusedError, match=r"0001\.npz of the pool 'pool' is damaged"):
            read()
