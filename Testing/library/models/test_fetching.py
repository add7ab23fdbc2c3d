import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from Testing.support.file_server import serving
from VSSegmentationLib.errors import CancelledError, ModelError, UsageError
from VSSegmentationLib.models import PUBLISHED_MODELS
from VSSegmentationLib.models.fetching import fetch, published_model

CONTENT = bytes(range(256)) * 4096  # a megabyte, four chunks


def model_of(content: bytes):
    return replace(
        PUBLISHED_MODELS[0],
        archive="weights.zip",
        archive_bytes=len(content),
        archive_sha256=hashlib.sha256(content).hexdigest(),
    )


@pytest.fixture
def address(tmp_path: Path):
    (tmp_path / "served").mkdir()
    (tmp_path / "served" / "weights.zip").write_bytes(CONTENT)
    with serving(tmp_path / "served") as found:
        yield f"{found}weights.zip"


def test_a_file_arrives_whole_and_says_how_far_it_is(tmp_path, address):
    said = []
    path = fetch(model_of(CONTENT), tmp_path / "new", address=address, on_progress=lambda *told: said.append(told))
    assert path == tmp_path / "new" / "weights.zip"
    assert path.read_bytes() == CONTENT
    assert [share for share, _stage in said] == [0.25, 0.5, 0.75, 1.0]
    assert said[-1][1] == "fetched 1.0 of 1.0 MB"


@pytest.mark.parametrize("other", [CONTENT[:-1] + b"!", CONTENT[:-300_000], CONTENT * 3])
def test_another_file_is_refused_and_not_kept(tmp_path, address, other):
    (tmp_path / "served" / "weights.zip").write_bytes(other)
    with pytest.raises(ModelError, match="its SHA-256 is another one; nothing was kept"):
        fetch(model_of(CONTENT), tmp_path / "new", address=address)
    assert list((tmp_path / "new").iterdir()) == []


def test_what_is_not_there_is_told_with_a_way_out(tmp_path, address):
    with pytest.raises(ModelError, match=r"the server answers 404\); nothing was kept.*models import"):
        fetch(model_of(CONTENT), tmp_path / "new", address=address + ".gone")
    with pytest.raises(ModelError, match=r"weights\.zip could not be fetched from no address"):
        fetch(model_of(CONTENT), tmp_path / "new", address="no address")
    assert list((tmp_path / "new").iterdir()) == []


def test_without_a_network_there_is_one_sentence(tmp_path):
    with serving(tmp_path) as gone:
        pass
    with pytest.raises(ModelError, match=r"could not be fetched from http://.*\(Connection refused\)"):
        fetch(model_of(CONTENT), tmp_path / "new", address=f"{gone}weights.zip")


def test_a_stop_leaves_nothing_behind(tmp_path, address):
    with pytest.raises(CancelledError):
        fetch(model_of(CONTENT), tmp_path / "new", address=address, should_cancel=lambda: True)
    assert list((tmp_path / "new").iterdir()) == []


def test_a_model_without_a_known_checksum_is_not_fetched(tmp_path, address):
    with pytest.raises(ModelError, match=r"no checksum of weights\.zip is known"):
        fetch(replace(model_of(CONTENT), archive_sha256=None), tmp_path, address=address)


def test_published_models_are_found_by_name_and_say_where_their_file_is():
    found = published_model("vs_seg_t1")
    assert found.file_address == "https://zenodo.org/records/6323472/files/UNet2d5_Att_Hard_T1_final.zip"
    with pytest.raises(UsageError, match="no published model is called 'other'; known are vs_seg_t1, vs_seg_t2"):
        published_model("other")
