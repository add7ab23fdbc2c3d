"""What a DICOM node reads beside images: its configuration, and the ledger of what it was sent."""

import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from tools.fuzz.judging import FaultError
from VSSegmentationLib.node.config import read_config
from VSSegmentationLib.node.ledger import Ledger

_CONFIG = """\
folder = "/var/lib/vs-node"
[receive]
ae_title = "VSSEG"
address = "127.0.0.1"
port = 11112
[[peer]]
name = "pacs"
ae_title = "PACS"
host = "10.1.2.3"
port = 104
addresses = ["10.1.0.0/16"]
[[server]]
name = "web"
url = "https://pacs.example.org/dicom-web"
poll_seconds = 10.5
results_to = "pacs"
[[rule]]
name = "t2"
senders = ["pacs"]
description = "t2.*(iam|ciss)"
weighting = ["T2"]
max_slice_mm = 1.5
[wait]
quiet_seconds = 30.0
[work]
slots = 2
threads = 2
[send]
objects = ["dicom-seg", "dicom-sr"]
[keep]
hours = 24.0
[health]
port = 8143
"""
_SERIES = """
insert into series (series, study, sender, series_uid, study_uid, status, changed, setup)
values ('a', 'b', 'pacs', '1.2.3', '1.2', ?, 1.5, 'x')
"""


def write_sound_node(folder: Path) -> list[Path]:
    """Write a configuration, and a ledger in which a series waits and its results are on their way."""
    (folder / "node.toml").write_text(_CONFIG, encoding="utf-8")
    ledger = Ledger(folder / "ledger.db")
    with ledger.change() as base:
        base.execute(_SERIES, ("queued",))
        base.execute("insert into images values ('a', '1.2.3.4')")
    row = ledger.series("a")
    assert row is not None
    ledger.keep_result(row, ["seg"], "pacs", 2.5)
    ledger.close()
    return [folder / "node.toml", folder / "ledger.db"]


def read_node_file(path: Path) -> str:
    """Read what the file is by its name."""
    return _read_config(path) if path.name == "node.toml" else _read_ledger(path)


def _read_config(path: Path) -> str:
    """Read a configuration: with what is taken, a node must be able to listen, call and wait."""
    config = read_config(path)
    ports = [config.receive.port, *(each.port for each in config.peer), config.health.port or 0]
    if not all(0 <= port < 2**16 for port in ports):
        msg = f"there is no such port: {ports}"
        raise FaultError(msg)
    numbers = [each for each in _numbers(asdict(config)) if not (np.isfinite(each) and each >= 0)]
    if numbers:
        msg = f"a number that nothing can last or hold: {numbers}"
        raise FaultError(msg)
    return "taken"


def _numbers(value: Any) -> list[float]:  # noqa: ANN401 - whatever a configuration holds
    if isinstance(value, dict):
        return [number for each in value.values() for number in _numbers(each)]
    if isinstance(value, list | tuple):
        return [number for each in value for number in _numbers(each)]
    return [float(value)] if isinstance(value, int | float) else []


def _read_ledger(path: Path) -> str:
    """Open a copy, ask for all that a node asks for at its start, and go on with it."""
    copy = path.with_name("opened.db")
    shutil.copyfile(path, copy)
    try:
        ledger = Ledger(copy)
        try:
            ledger.resume()
            rows = ledger.of_status("arriving", "queued", "running", "sending")
            for row in rows:
                ledger.images(row.series)
                ledger.deliveries(row.series)
            ledger.waiting_for("pacs")
            ledger.forget_before(1.0, ("sent",))
        finally:
            ledger.close()
    finally:
        for each in path.parent.glob("opened.db*"):
            each.unlink()
    return "taken"
