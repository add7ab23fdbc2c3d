"""`models download`: from a server on this machine to a model that is at hand and verified."""

import hashlib
import json
import os
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from Testing.support.command import in_this_process
from Testing.support.file_server import serving
from VSSegmentationLib.models import PUBLISHED_MODELS, fetching, models_in, user_model_folder, verify
from VSSegmentationLib.networks import SPVPA_KCL, build_network, to_vs_seg_state

T2 = next(model for model in PUBLISHED_MODELS if model.modality == "T2")


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A server with weights that are named as the published ones for T2, and a catalogue that knows their checksum."""
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    monkeypatch.setattr(os, "setpgrp", lambda: None, raising=False)  # the tests stay in the group they are in
    torch.save(to_vs_seg_state(build_network(SPVPA_KCL).state_dict()), tmp_path / "weights.pth")
    (tmp_path / "served").mkdir()
    archive = tmp_path / "served" / T2.archive
    with zipfile.ZipFile(archive, "w") as file:
        file.write(tmp_path / "weights.pth", T2.checkpoint)
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    known = replace(T2, archive_sha256=digest, archive_bytes=archive.stat().st_size)
    monkeypatch.setattr(fetching, "PUBLISHED_MODELS", (known,))
    with serving(tmp_path / "served") as address:
        yield f"{address}{T2.archive}"


def test_a_published_model_is_fetched_checked_and_at_hand(mirror: str):
    done = in_this_process("models", "download", "vs_seg_t2", "--from", mirror, "--progress", "json")
    assert done.code == 0
    lines = [json.loads(line) for line in done.out.splitlines()]
    assert lines[0] == {"pid": os.getpid()}
    assert "CC BY 4.0" in lines[1]["warning"]
    assert lines[-2]["progress"] == 1.0
    assert lines[-1] == {"result": {"model": "vs_seg_t2"}}
    (entry,) = models_in(user_model_folder(), "user")
    verify(entry)
    assert (entry.card.name, entry.card.license) == ("vs_seg_t2", "CC BY 4.0")


def test_a_file_that_was_tampered_with_is_not_taken_in(mirror: str, tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "served" / T2.archive, "a") as file:
        file.writestr("more.txt", "more")
    done = in_this_process("models", "download", "vs_seg_t2", "--from", mirror)
    assert done.code == 4
    assert "its SHA-256 is another one" in done.err
    assert not user_model_folder().exists()
