"""The node as a whole on this machine: real associations, a real ledger, and a child without a model."""

import json
import threading
import urllib.error
import urllib.request

import pydicom
import pytest

from Testing.support.node_parts import (
    CLASSES,
    StubChild,
    archive,
    config,
    events,
    running,
    send,
    series_spec,
    settings_for,
    wait_for_event,
    write_small_series,
)  # fmt: skip
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.node.service import Node
from VSSegmentationLib.warm_child import Answer

SENT = [CLASSES[name] for name in ("dicom-seg", "dicom-sr", "dicom-key-image")]


def kinds(objects):
    return sorted(str(each.SOPClassUID) for each in objects)


def test_a_series_comes_and_its_results_go_back_into_the_study(tmp_path, folder, clock):
    files = write_small_series(tmp_path / "scan")
    child = StubChild()
    with archive() as pacs, running(settings_for(folder, pacs), child, clock) as node:
        assert send(files, node.port) == [0] * len(files)
        assert child.jobs == []  # it may go on
        clock.seconds += 31
        objects = pacs.wait_for(3)
        assert kinds(objects) == sorted(SENT)
        assert {str(each.PatientID) for each in objects} == {"PLANTED-7"}
        wait_for_event(folder, "sent", 3)
    assert child.files == [len(files)]
    (job,) = child.jobs
    assert job["identify"] is True
    assert job["edition"]["number"] == 1
    assert list((folder / "results").iterdir()) == []
    assert list((folder / "work").iterdir()) == []


def test_nothing_but_the_images_and_the_ledger_tells_who_the_patient_is(tmp_path, folder, clock):
    spec = series_spec()
    files = write_small_series(tmp_path / "scan", spec=spec)
    with archive() as pacs, running(settings_for(folder, pacs), StubChild(), clock) as node:
        send(files, node.port)
        clock.seconds += 31
        wait_for_event(folder, "sent", 3)
        with urllib.request.urlopen(f"http://127.0.0.1:{node.health_port}/") as page:
            shown = page.read()
        names = " ".join(str(path.relative_to(folder)) for path in folder.rglob("*"))
    for told in (shown, (folder / "audit.jsonl").read_bytes(), names.encode()):
        for secret in ("lanted", "PLANTED", spec.series_uid, spec.tags["StudyInstanceUID"]):
            assert secret.encode() not in told
    assert oct((folder / "key").stat().st_mode)[-3:] == "600"
    assert oct(folder.stat().st_mode)[-3:] == "700"
    assert [each["event"] for each in events(folder)][:4] == ["node started", "series came", "queued", "segmented"]


def test_own_objects_are_taken_and_forgotten(tmp_path, folder, clock):
    files, child = write_small_series(tmp_path / "scan"), StubChild()
    with archive() as pacs, running(settings_for(folder, pacs), child, clock) as node:
        send(files, node.port)
        clock.seconds += 31
        for number, each in enumerate(pacs.wait_for(3)):
            each.save_as(tmp_path / f"own{number}.dcm", enforce_file_format=True)
        wait_for_event(folder, "sent", 3)
        own = pydicom.dcmread(files[0])  # even one that would be a scan
        own.Manufacturer, own.SOPInstanceUID = "vs-segmentation", "2.25.77"
        own.file_meta.MediaStorageSOPInstanceUID = "2.25.77"
        own.save_as(tmp_path / "own_scan.dcm", enforce_file_format=True)
        assert send(sorted(tmp_path.glob("own*.dcm")), node.port) == [0] * 4
        assert send(files, node.port) == [0] * len(files)
        clock.seconds += 1000
        assert node.state()["series"] == {**dict.fromkeys(node.state()["series"], 0), "sent": 1}
    assert len(child.jobs) == 1
    assert [each["event"] for each in events(folder)].count("series came") == 1


def test_what_was_not_finished_goes_on_at_the_next_start(tmp_path, folder, clock):
    files = write_small_series(tmp_path / "scan")
    with archive() as pacs:
        settings, begun = settings_for(folder, pacs), threading.Event()
        stuck = StubChild()

        def hang(_job):
            begun.set()
            stuck.ended.wait(60)
            stuck.answers = [Answer(died="stopped on request")]

        stuck.before = hang
        with running(settings, stuck, clock) as node:
            send(files, node.port)
            clock.seconds += 31
            assert begun.wait(60)
        assert pacs.objects == []
        with running(settings, StubChild(), clock):
            pacs.wait_for(3)
            wait_for_event(folder, "sent", 3)
    assert [each["resumed"] for each in events(folder) if each["event"] == "node started"] == [0, 1]


def test_a_series_that_kills_its_process_is_tried_once_more_behind_the_others(tmp_path, folder, clock):
    bad, good = (write_small_series(tmp_path / name) for name in ("bad", "good"))
    death = Answer(died="its process was ended by SIGKILL")
    child = StubChild(answers=[death])
    with archive() as pacs, running(settings_for(folder, pacs), child, clock) as node:
        send(bad, node.port)
        clock.seconds += 5
        send(good, node.port)

        def die_again(job):
            child.answers = [death] if job["id"] == child.jobs[0]["id"] else []

        child.before = die_again
        clock.seconds += 31
        pacs.wait_for(3)
        wait_for_event(folder, "set aside")
    assert [job["id"] == child.jobs[0]["id"] for job in child.jobs] == [True, False, True]
    assert [each["event"] for each in events(folder)].count("died") == 1


def test_a_receiver_that_does_not_know_reports_in_space_gets_the_plain_one(tmp_path, folder, clock):
    files = write_small_series(tmp_path / "scan")
    unknown = (CLASSES["dicom-sr"], CLASSES["dicom-seg"])
    with archive(without=unknown) as pacs, running(settings_for(folder, pacs), StubChild(), clock) as node:
        send(files, node.port)
        clock.seconds += 31
        objects = pacs.wait_for(2)
        wait_for_event(folder, "sent", 2)
        (refused,) = wait_for_event(folder, "refused")
    assert kinds(objects) == sorted((CLASSES["dicom-sr-2d"], CLASSES["dicom-key-image"]))
    assert (refused["object"], refused["reason"]) == ("dicom-seg", "the receiver does not take objects of this kind")


def test_a_receiver_that_is_full_gets_the_results_later(tmp_path, folder, clock):
    one, other = (write_small_series(tmp_path / name) for name in ("one", "other"))
    with archive() as pacs, running(settings_for(folder, pacs), StubChild(), clock) as node:
        pacs.set_status(0xA700)
        send(one, node.port)
        clock.seconds += 31
        pacs.wait_until_asked(3)
        send(other, node.port)
        pacs.set_status(0)
        pacs.wait_for(6, clock=clock)
        wait_for_event(folder, "sent", 6)
        with urllib.request.urlopen(f"http://127.0.0.1:{node.health_port}/health.json") as page:
            assert json.load(page)["series"]["sent"] == 2


def test_another_destination_gets_the_results_of_a_scanner(tmp_path, folder, clock):
    files = write_small_series(tmp_path / "scan")
    with archive() as pacs:
        scanner = {
            "name": "scanner", "ae_title": "MR1", "host": "127.0.0.1", "port": 1, "results_to": "pacs",
            "addresses": ["127.0.0.0/8"],
        }  # fmt: skip
        peers = [{"name": "pacs", "ae_title": "PACS", "host": "127.0.0.1", "port": pacs.port, "sends": False}, scanner]
        with running(config(folder, peer=peers), StubChild(), clock) as node:
            assert send(files, node.port) is None  # the archive may not send
            send(files, node.port, title="MR1")
            clock.seconds += 31
            pacs.wait_for(3)
            wait_for_event(folder, "sent", 3)


def test_strangers_wrong_titles_and_wrong_places_are_refused(tmp_path, folder, clock):
    files = write_small_series(tmp_path / "scan")
    with (
        archive() as pacs,
        running(settings_for(folder, pacs, {"addresses": ["10.0.0.0/8"]}), StubChild(), clock) as node,
    ):
        assert send(files, node.port, title="STRANGER") is None
        assert send(files, node.port, called="OTHER") is None
        assert send(files[:1], node.port) == [0x0124]
        told = wait_for_event(folder, "refused caller", 3)
        assert {each["address"] for each in told} == {"127.0.0.1"}
        assert "STRANGER" not in (folder / "audit.jsonl").read_text()
        assert sum(node.state()["series"].values()) == 0


def test_nothing_is_taken_when_the_disk_is_nearly_full(tmp_path, folder, clock):
    files = write_small_series(tmp_path / "scan")
    settings = None
    with archive() as pacs:
        settings = settings_for(folder, pacs, keep={"free_gib": 1e9})
        with running(settings, StubChild(), clock) as node:
            assert send(files[:2], node.port) == [0xA700] * 2
            with pytest.raises(urllib.error.HTTPError, match="503"):
                urllib.request.urlopen(f"http://127.0.0.1:{node.health_port}/health.json")


def test_what_can_not_be_read_is_not_taken(tmp_path, folder, clock):
    (file,) = write_small_series(tmp_path / "scan", 1)
    nameless = pydicom.dcmread(file)
    nameless.SeriesInstanceUID = ""
    nameless.save_as(tmp_path / "nameless.dcm", enforce_file_format=True)
    with archive() as pacs, running(settings_for(folder, pacs), StubChild(), clock) as node:
        assert send([tmp_path / "nameless.dcm"], node.port) == [0xC000]
        assert list((folder / "partial").iterdir()) == []


def test_another_node_keeps_its_hands_off_the_folder(folder):
    settings = config(folder)
    node = Node(settings, make_child=lambda **_: StubChild())
    with pytest.raises(UsageError, match="another node is at work"):
        Node(settings, make_child=lambda **_: StubChild())
    node.stop()
    Node(settings, make_child=lambda **_: StubChild()).stop()
