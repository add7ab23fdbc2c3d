"""Files of torch.save are read without torch's reader, and nothing in them is ever run or looked up."""

import io
import pickle
import random
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch

from VSSegmentationLib.inference.archive_reader import UNREADABLE, ForbiddenContentError, read_archive

KINDS = (
    torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16, torch.int8,
    torch.uint8, torch.bool,
)  # fmt: skip


class Asks:
    """Makes a pickle that asks for a call."""

    def __init__(self, function, *arguments):
        self.asked = (function, arguments)

    def __reduce__(self):
        return self.asked


def touch(path: str) -> None:
    Path(path).touch()


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_tensors_of_every_type_come_as_they_were_saved(tmp_path, kind):
    tensor = (torch.arange(24).reshape(2, 3, 4) % 2).to(kind)
    torch.save({"a": tensor, "b": tensor[:, 1:, ::2], "t": tensor.transpose(0, 2)}, tmp_path / "x.pt")
    found = read_archive(tmp_path / "x.pt")
    assert found["a"].dtype == kind
    assert torch.equal(found["a"], tensor)
    assert torch.equal(found["b"], tensor[:, 1:, ::2])
    assert torch.equal(found["t"], tensor.transpose(0, 2))


def test_a_state_dict_and_plain_data_beside_it_come_as_they_were_saved(tmp_path):
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Conv3d(1, 2, 3), torch.nn.BatchNorm3d(2), torch.nn.Linear(3, 0))
    content = {
        "state": network.state_dict(), "parameter": torch.nn.Parameter(torch.ones(2)), "empty": torch.empty(0, 3),
        "scalar": torch.tensor(2.5), "nested": [1, 2.5, "é", None, True, b"raw", (3, [4])], 7: OrderedDict(x=1),
        "size": torch.Size([2, 3]),
    }  # fmt: skip
    torch.save(content, tmp_path / "x.pt")
    found = read_archive(tmp_path / "x.pt")
    assert found.keys() == content.keys()
    assert [*found["state"]] == [*content["state"]]
    for name, tensor in content["state"].items():
        assert torch.equal(found["state"][name], tensor)
    for name in ("parameter", "empty", "scalar"):
        assert torch.equal(found[name], content[name])
    assert (found["nested"], found[7], found["size"]) == (content["nested"], {"x": 1}, (2, 3))
    torch.nn.Sequential(*network).load_state_dict(found["state"])


def test_tensors_that_share_their_numbers_share_them_again(tmp_path):
    numbers = torch.zeros(4)
    torch.save([numbers, numbers[:2]], tmp_path / "x.pt")
    whole, part = read_archive(tmp_path / "x.pt")
    part[0] = 1
    assert whole[0] == 1


@pytest.mark.parametrize("module", ["numpy.core.multiarray", "numpy._core.multiarray"])
def test_numbers_of_either_numpy_and_devices_become_plain_ones(tmp_path, module):
    numbers = [np.float64(0.7), np.float32(0.5), np.int64(-3), np.bool_(True), np.float64(1e-300), np.uint8(200)]  # noqa: FBT003
    torch.save({"numbers": numbers, "device": torch.device("cuda", 0)}, tmp_path / "x.pt")
    own = np.float64(0).__reduce__()[0].__module__
    _change_pickle(tmp_path / "x.pt", lambda data: data.replace(f"c{own}\n".encode(), f"c{module}\n".encode()))
    found = read_archive(tmp_path / "x.pt")
    assert found == {"numbers": [0.7, 0.5, -3, True, 1e-300, 200], "device": "cuda:0"}
    assert [type(each) for each in found["numbers"]] == [float, float, int, bool, float, int]


@pytest.mark.parametrize(
    "asked",
    [
        Asks(eval, "1"), Asks(getattr, "a", "b"), Asks(np.dtype, "O"), Asks(torch.load, "x"),
        Asks(torch.nn.Linear, 1, 1), np.arange(3), slice(1), {1, 2}, np.float64, torch.float32,
    ],
    ids=["eval", "getattr", "dtype", "load", "module", "array", "slice", "set", "numpy-type", "torch-type"],
)  # fmt: skip
def test_what_is_neither_weights_nor_plain_data_is_refused(tmp_path, asked):
    torch.save({"state": torch.ones(2), "more": asked}, tmp_path / "x.pt")
    with pytest.raises(ForbiddenContentError, match="it asks for"):
        read_archive(tmp_path / "x.pt")


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_no_function_in_a_file_is_run(tmp_path, protocol):
    torch.save({"more": Asks(touch, str(tmp_path / "run"))}, tmp_path / "x.pt", pickle_protocol=protocol)
    with pytest.raises(UNREADABLE):
        read_archive(tmp_path / "x.pt")
    assert not (tmp_path / "run").exists()


def test_a_name_is_refused_before_its_module_is_imported(tmp_path):
    (tmp_path / "loud_module.py").write_text("raise SystemExit('imported')\n", encoding="utf-8")
    torch.save({}, tmp_path / "x.pt")
    _change_pickle(tmp_path / "x.pt", lambda _data: b"\x80\x02cloud_module\nname\n.")
    with pytest.raises(ForbiddenContentError, match=r"loud_module\.name"):
        read_archive(tmp_path / "x.pt")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data.replace(b"K\x04K\x05", b"K\x04K\x7f"),  # a size beyond the storage
        lambda data: data.replace(b"K\x14t", b"K\x15t"),  # a count that its numbers do not have
        lambda data: data.replace(b"FloatStorage", b"DoubleStorage"),  # numbers twice as large
        lambda data: data[:-9],
    ],
    ids=["size", "count", "type", "cut"],
)
def test_sizes_that_do_not_fit_the_numbers_are_refused(tmp_path, spoil):
    torch.save(torch.ones(4, 5), tmp_path / "x.pt")
    assert read_archive(tmp_path / "x.pt").sum() == 20
    _change_pickle(tmp_path / "x.pt", spoil)
    with pytest.raises(UNREADABLE):
        read_archive(tmp_path / "x.pt")


def test_no_call_changes_what_the_next_file_is_read_with(tmp_path):
    """A pickle may set attributes of what it was given: here the defaults of the stand-in for tensors."""
    torch.save({}, tmp_path / "x.pt")
    setting = b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(N}X\x0c\x00\x00\x00__defaults__(K\x01ts\x86b."
    _change_pickle(tmp_path / "x.pt", lambda _data: setting)
    with pytest.raises(UNREADABLE):
        read_archive(tmp_path / "x.pt")
    torch.save(torch.ones(2), tmp_path / "y.pt")
    assert torch.equal(read_archive(tmp_path / "y.pt"), torch.ones(2))


def test_compressed_numbers_and_older_files_are_refused(tmp_path):
    torch.save(torch.zeros(1000), tmp_path / "x.pt")
    with zipfile.ZipFile(tmp_path / "x.pt") as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(tmp_path / "packed.pt", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    torch.save(torch.zeros(3), tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    for name in ("packed.pt", "old.pt"):
        with pytest.raises(UNREADABLE):
            read_archive(tmp_path / name)


def test_damage_anywhere_is_refused_or_harmless_and_never_another_error(tmp_path):
    torch.save({"state": torch.nn.Linear(3, 2).state_dict(), "numbers": [np.float64(0.7)]}, tmp_path / "x.pt")
    whole, chance = (tmp_path / "x.pt").read_bytes(), random.Random(0)
    refused = 0
    for _ in range(400):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        (tmp_path / "y.pt").write_bytes(data)
        try:
            read_archive(tmp_path / "y.pt")
        except UNREADABLE:
            refused += 1
    assert refused > 50


def test_damage_of_the_pickle_that_the_checksum_does_not_show_is_never_another_error(tmp_path):
    torch.save({"state": torch.nn.Linear(3, 2).state_dict(), "numbers": [np.float64(0.7)]}, tmp_path / "x.pt")
    with zipfile.ZipFile(tmp_path / "x.pt") as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    name = next(each for each in entries if each.endswith("data.pkl"))
    chance, refused = random.Random(1), 0
    for _ in range(600):
        data = bytearray(entries[name])
        for _ in range(chance.randint(1, 3)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        with zipfile.ZipFile(tmp_path / "y.pt", "w") as archive:
            for each, content in (entries | {name: bytes(data)}).items():
                archive.writestr(each, content)
        try:
            read_archive(tmp_path / "y.pt")
        except UNREADABLE:
            refused += 1
    assert refused > 200


def _change_pickle(path: Path, change) -> None:
    """Write the file anew with another `data.pkl`, and the checksums of a whole one."""
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, change(data) if name.endswith("data.pkl") else data)
    path.write_bytes(made.getvalue())
