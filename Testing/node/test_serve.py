"""The command `serve`, and a node that is a process: stopped politely, killed, and what it listens on."""

import socket
import sys

import psutil
import pydicom
import pytest

from Testing.support.command import in_this_process
from Testing.support.node_parts import archive, events, send, wait_for_event, write_small_series
from Testing.support.node_process import node_process
from Testing.support.toy_run import one_sentence

COMMAND = (sys.executable, "-m", "VSSegmentationLib", "serve")


@pytest.fixture
def pacs():
    with archive() as made:
        yield made


@pytest.fixture
def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@pytest.fixture
def node_file(tmp_path, pacs):
    def write(port, **changes):
        told = {"ae_title": "PACS", **changes}
        path = tmp_path / "node.toml"
        path.write_text(f"""
folder = "{tmp_path / "node"}"
receive = {{ port = {port} }}
health = {{ port = 0 }}
wait = {{ quiet_seconds = 0.5 }}
keep = {{ free_gib = 0.0 }}
send = {{ objects = ["dicom-seg", "dicom-sr", "dicom-key-image"] }}
[[peer]]
name = "pacs"
ae_title = "{told["ae_title"]}"
host = "127.0.0.1"
port = {pacs.port}
[[rule]]
name = "t2"
weighting = ["T2"]
""")
        return path

    return write


def test_check_calls_everybody_and_leaves_nothing(tmp_path, node_file):
    done = in_this_process("serve", node_file(0), "--check")
    assert done.code == 0, done.err
    assert "pacs: answers" in done.out
    assert "Makes: dicom-seg, dicom-sr, dicom-key-image, dicom-sr-2d" in done.out
    assert "Results go to pacs without encryption." in done.err
    assert not (tmp_path / "node").exists()


def test_check_says_who_does_not_answer(node_file):
    done = in_this_process("serve", node_file(0, ae_title="OTHER"), "--check")
    assert "pacs: the peer refused the association" in done.out


def test_a_name_is_the_one_of_the_audit(tmp_path, node_file, free_port):
    config = node_file(free_port)
    assert "no key yet" in one_sentence(in_this_process("serve", config, "--name-of", "1.2.3"), 2)
    files = write_small_series(tmp_path / "scan")
    with node_process(config):
        assert send(files, free_port) == [0] * len(files)
        (came,) = wait_for_event(tmp_path / "node", "series came")
    for key, uid in (("series", "SeriesInstanceUID"), ("study", "StudyInstanceUID")):
        shown = in_this_process("serve", config, "--name-of", pydicom.dcmread(files[0])[uid].value)
        assert shown.out.strip() == came[key]


def test_it_listens_on_loopback_alone_and_stops_politely(tmp_path, node_file):
    with node_process(node_file(0), COMMAND) as node:
        listening = [c for c in psutil.Process(node.pid).net_connections() if c.status == psutil.CONN_LISTEN]
        assert len(listening) == 2
        assert {each.laddr.ip for each in listening} == {"127.0.0.1"}
        node.terminate()
        rest = node.stdout.read()
        assert node.wait(120) == 0
    assert "goes on at the next start" in rest
    assert events(tmp_path / "node")[-1]["event"] == "node stopped"


def test_nothing_that_was_taken_is_lost_by_a_kill(tmp_path, node_file, free_port, pacs):
    files = write_small_series(tmp_path / "scan", 20)
    config = node_file(free_port)
    soon = config.read_text()
    config.write_text(soon.replace("quiet_seconds = 0.5", "quiet_seconds = 3600.0"))
    with node_process(config) as node:
        assert send(files[:15], free_port) == [0] * 15
        node.kill()
        node.wait(60)
    kept = list((tmp_path / "node" / "series").glob("*/*.dcm"))
    assert {pydicom.dcmread(path).SOPInstanceUID for path in kept} == {
        pydicom.dcmread(path).SOPInstanceUID for path in files[:15]
    }
    with node_process(config) as node:
        assert send(files[10:], free_port) == [0] * 10
        node.kill()
        node.wait(60)
    config.write_text(soon)
    with node_process(config):
        pacs.wait_for(3)
        wait_for_event(tmp_path / "node", "sent", 3)
        (segmented,) = wait_for_event(tmp_path / "node", "segmented")
    assert segmented["images"] == 20


@pytest.mark.parametrize("text", ["", "folder = 3", "[[peer]]"])
def test_a_file_that_does_not_fit_is_one_sentence(tmp_path, text):
    (tmp_path / "node.toml").write_text(text)
    assert "configuration" in one_sentence(in_this_process("serve", tmp_path / "node.toml"), 2)
