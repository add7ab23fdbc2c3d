"""DICOMweb: a small server of the test's own is watched, and gets the results."""

import json
import re
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO

import pydicom
import pytest

from Testing.support.node_parts import (
    CLASSES,
    StubChild,
    config,
    events,
    running,
    series_spec,
    wait_for_event,
    write_small_series,
)  # fmt: skip

_BOUNDARY = "limit"


class WebArchive:
    """What QIDO-RS, WADO-RS and STOW-RS need of an archive, and no more."""

    def __init__(self):
        self.series = {}
        self.stored = []
        self.asked = []
        self.token = None
        self.refused_class, self.status = None, 200
        self.changed = threading.Condition()

    def add(self, files):
        for path in files:
            dataset = pydicom.dcmread(path)
            key = (dataset.StudyInstanceUID, dataset.SeriesInstanceUID)
            self.series.setdefault(key, {})[dataset.SOPInstanceUID] = path.read_bytes()

    def get(self, path):
        self.asked.append(path)
        if path.startswith("/studies?") or path == "/studies":
            studies = {study for study, _ in self.series}
            return _json([{"0020000D": {"vr": "UI", "Value": [each]}} for each in sorted(studies)])
        if listed := re.match(r"/studies/([\d.]+)/series(\?|$)", path):
            told = [
                self._listed(series, images) for (study, series), images in self.series.items() if study == listed[1]
            ]
            return _json(told)
        fetched = re.match(r"/studies/([\d.]+)/series/([\d.]+)$", path)
        parts = [
            f"--{_BOUNDARY}\r\nContent-Type: application/dicom\r\n\r\n".encode() + each + b"\r\n"
            for each in self.series[fetched[1], fetched[2]].values()
        ]
        kind = f'multipart/related; type="application/dicom"; boundary={_BOUNDARY}'
        return 200, kind, b"".join(parts) + f"--{_BOUNDARY}--".encode()

    def _listed(self, series, images):
        first = pydicom.dcmread(BytesIO(next(iter(images.values()))))
        return {
            "0020000E": {"vr": "UI", "Value": [series]},
            "0008103E": {"vr": "LO", "Value": [first.SeriesDescription]},
            "00080070": {"vr": "LO", "Value": [str(first.get("Manufacturer", ""))]},
            "00201209": {"vr": "IS", "Value": [len(images)]},
        }

    def post(self, content, kind):
        boundary = re.search(r'boundary="?([^";]+)', kind)[1].encode()
        (body,) = [each for each in content.split(b"--" + boundary) if b"DICM" in each]
        dataset = pydicom.dcmread(BytesIO(body.split(b"\r\n\r\n", 1)[1]))
        with self.changed:
            self.changed.notify_all()
            if self.status != 200:
                return self.status, "text/plain", b""
            if self.refused_class == dataset.SOPClassUID:
                item = {"00081197": {"vr": "US", "Value": [0x0122]}}
                return _json({"00081198": {"vr": "SQ", "Value": [item]}})
            self.stored.append(dataset)
        return _json({"00081199": {"vr": "SQ", "Value": []}})

    def wait_for(self, count, clock):
        """Return what was stored once there is so much of it; time goes on meanwhile."""
        deadline = time.monotonic() + 60
        with self.changed:
            while len(self.stored) < count:
                assert time.monotonic() < deadline, len(self.stored)
                if not self.changed.wait(0.2):
                    clock.seconds += 10
            return list(self.stored)


def _json(told):
    return 200, "application/dicom+json", json.dumps(told).encode()


@contextmanager
def serving(web):
    class Handler(BaseHTTPRequestHandler):
        def _answer(self, answer):
            status, kind, body = answer
            if web.token is not None and self.headers.get("Authorization") != f"Bearer {web.token}":
                status, kind, body = 401, "text/plain", b""
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self):
            self._answer(web.get(self.path))

        def do_POST(self):
            content = self._chunked() if "chunked" in self.headers.get("Transfer-Encoding", "") else self._whole()
            self._answer(web.post(content, self.headers["Content-Type"]))

        def _whole(self):
            return self.rfile.read(int(self.headers["Content-Length"]))

        def _chunked(self):
            content = b""
            while length := int(self.rfile.readline(), 16):
                content += self.rfile.read(length)
                self.rfile.readline()
            self.rfile.readline()
            return content

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def watched(folder, url, **changes):
    server = {"name": "web", "url": url, "poll_seconds": 0.1, "days": 0, **changes}
    return config(folder, peer=[], server=[server])


@pytest.fixture
def web():
    return WebArchive()


def test_a_new_series_is_fetched_once_it_stops_growing_and_its_results_are_stored(tmp_path, folder, clock, web):
    files, child = write_small_series(tmp_path / "scan"), StubChild()
    other = write_small_series(tmp_path / "other", spec=series_spec(description="t2 localizer"))
    rule = {"name": "t2", "weighting": ["T2"], "not_description": "localizer"}
    web.add([*files[:9], *other])
    with serving(web) as url:
        settings = config(
            folder, peer=[], server=[{"name": "web", "url": url, "poll_seconds": 0.1, "days": 0}], rule=[rule]
        )
        with running(settings, child, clock):
            pause = threading.Event()
            while sum("/series?" in each for each in list(web.asked)) < 2:
                pause.wait(0.05)
            web.add(files[9:])  # it grows
            clock.seconds += 25
            while len(web.asked) < 40:
                pause.wait(0.05)
            assert [each["event"] for each in events(folder)] == ["node started"]
            objects = web.wait_for(3, clock)
            wait_for_event(folder, "sent", 3)
    assert child.files == [12]
    assert {str(each.SOPClassUID) for each in objects} == {
        CLASSES[name] for name in ("dicom-seg", "dicom-sr", "dicom-key-image")
    }
    assert [each["event"] for each in events(folder)].count("series came") == 1  # the localizer was never fetched


def test_a_server_that_does_not_know_reports_in_space_gets_the_plain_one(tmp_path, folder, clock, web):
    web.add(write_small_series(tmp_path / "scan"))
    web.refused_class = CLASSES["dicom-sr"]
    with serving(web) as url, running(watched(folder, url), StubChild(), clock):
        objects = web.wait_for(3, clock)
        wait_for_event(folder, "sent", 3)
    assert CLASSES["dicom-sr-2d"] in {str(each.SOPClassUID) for each in objects}


def test_a_token_is_shown_and_a_server_that_refuses_is_told_of(tmp_path, folder, clock, web):
    web.add(write_small_series(tmp_path / "scan"))
    web.token = "open sesame"
    (tmp_path / "token").write_text("wrong\n")
    with (
        serving(web) as url,
        running(watched(folder, url, token_file=str(tmp_path / "token")), StubChild(), clock) as node,
    ):
        (failed,) = wait_for_event(folder, "server failed")
        assert failed["reason"] == "HTTPError"
        assert node.state()["well"] is False
        (tmp_path / "token").write_text("open sesame\n")
        web.wait_for(3, clock)
        wait_for_event(folder, "sent", 3)
        looks = len(web.asked)
        while len(web.asked) < looks + 4:  # a look that began after that has ended
            threading.Event().wait(0.05)
        assert node.state()["well"] is True
