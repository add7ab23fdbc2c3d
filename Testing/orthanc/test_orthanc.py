"""The node and a real Orthanc: there and back, killed and resumed, many at a time, encrypted, and by DICOMweb."""

import json
import re
import sys
import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import highdicom
import pydicom
import pytest

from Testing.support.certificates import make_certificates
from Testing.support.dicom_tools import validator_errors
from Testing.support.node_parts import send, series_spec, wait_for_event, write_small_series
from Testing.support.node_process import ROOT, node_process
from Testing.support.orthanc import BROAD_ROUTE, DICOM_PORT, ROUTE, URL, orthanc
from Testing.support.real_data import REAL_DATA, needs_real_data

NODE_PORT, HEALTH_PORT = 15112, 18143
OBJECTS = ["dicom-seg", "dicom-sr", "dicom-key-image"]


def node_file(tmp_path: Path, *, more: str = "", peer: str = "", quiet: float = 1.0, weighting: str = "T2") -> Path:
    path = tmp_path / "node.toml"
    path.write_text(f"""
folder = "{tmp_path / "node"}"
[receive]
port = {NODE_PORT}
{"tls = true" if "tls" in peer else ""}
[[peer]]
name = "pacs"
ae_title = "PACS"
host = "127.0.0.1"
port = {DICOM_PORT}
counts = true
{peer}
[[rule]]
name = "wanted"
weighting = ["{weighting}"]
[wait]
quiet_seconds = {quiet}
[send]
objects = {json.dumps(OBJECTS)}
first_retry_seconds = 1
[keep]
free_gib = 0.1
[health]
port = {HEALTH_PORT}
{more}
""")
    return path


def health():
    with urllib.request.urlopen(f"http://127.0.0.1:{HEALTH_PORT}/health.json") as page:
        return json.load(page)


@needs_real_data
def test_a_real_series_there_and_back(tmp_path):
    """Without a stub: the command, its worker, the models that come along, WeasyPrint where it is."""
    source = sorted((REAL_DATA / "vs_seg_001" / "ceT1_dicom").glob("*.dcm"))
    first = pydicom.dcmread(source[0])
    config = node_file(tmp_path, weighting="ceT1", quiet=3.0)
    config.write_text(config.read_text().replace(json.dumps(OBJECTS), json.dumps([*OBJECTS, "dicom-pdf"])))
    command = (sys.executable, "-m", "VSSegmentationLib", "serve")
    with orthanc(tmp_path / "orthanc", NODE_PORT, route=ROUTE) as pacs, node_process(config, command):
        pacs.add(source)  # the route sends it on
        sent = wait_for_event(tmp_path / "node", "sent", 3, seconds=500)
        objects = pacs.wait_for_objects(len(sent))
        assert len(pacs.get("/patients")) == len(pacs.get("/studies")) == 1
    by_class = {each.SOPClassUID.name: each for each in objects}
    assert {"Segmentation Storage", "Comprehensive 3D SR Storage", "Secondary Capture Image Storage"} <= set(by_class)
    for each in objects:
        assert (each.PatientID, each.StudyInstanceUID) == (first.PatientID, first.StudyInstanceUID)
        assert "DRAFT" in each.SeriesDescription
        each.save_as(tmp_path / "object.dcm", enforce_file_format=True)
        assert validator_errors(tmp_path / "object.dcm") == []
    seg = highdicom.seg.Segmentation.from_dataset(by_class["Segmentation Storage"])
    assert seg.FrameOfReferenceUID == first.FrameOfReferenceUID
    assert {uid for _, _, uid in seg.get_source_image_uids()} <= {pydicom.dcmread(p).SOPInstanceUID for p in source}
    highdicom.sr.Comprehensive3DSR.from_dataset(by_class["Comprehensive 3D SR Storage"])


def test_killed_in_mid_study_and_resumed(tmp_path):
    files = write_small_series(tmp_path / "scan", 60)
    series_uid = pydicom.dcmread(files[0]).SeriesInstanceUID
    config = node_file(tmp_path)
    with orthanc(tmp_path / "orthanc", NODE_PORT) as pacs:
        pacs.add(files)
        with node_process(config) as node:
            job = pacs.send(series_uid)
            pause, folder = threading.Event(), tmp_path / "node" / "series"
            while len(list(folder.glob("*/*.dcm"))) < 20:
                pause.wait(0.005)
            node.kill()
            node.wait(60)
        kept = list(folder.glob("*/*.dcm"))
        assert all(pydicom.dcmread(path).pixel_array.shape == (20, 16) for path in kept)  # none is half
        assert 20 <= len(kept) < 60, "the kill came too late to show anything"
        assert pacs.wait_for_job(job) == "Failure"
        with node_process(config):
            pacs.post(f"/jobs/{job}/resubmit", {})
            objects = pacs.wait_for_objects(3)
            wait_for_event(tmp_path / "node", "sent", 3)
            assert health()["series"]["sent"] == 1
        with node_process(config):  # and once more: nothing is done or filed twice
            assert pacs.wait_for_job(pacs.send(series_uid)) == "Success"
            assert health()["series"] == {**dict.fromkeys(health()["series"], 0), "sent": 1}
        assert len(pacs.objects()) == len(objects) == 3


def test_killed_while_sending_files_nothing_twice(tmp_path):
    files = write_small_series(tmp_path / "scan")
    config = node_file(tmp_path)
    with orthanc(tmp_path / "orthanc", NODE_PORT) as pacs:
        pacs.add(files)
        with node_process(config) as node:
            pacs.send(pydicom.dcmread(files[0]).SeriesInstanceUID)
            pacs.wait_for_objects(1)
            node.kill()
            node.wait(60)
        with node_process(config):
            pacs.wait_for_objects(3)
            while health()["series"]["sent"] < 1:
                threading.Event().wait(0.1)
        assert len(pacs.objects()) == 3


def test_50_studies_over_10_associations(tmp_path):
    studies = [
        write_small_series(tmp_path / f"scan{n}", 8, spec=series_spec(patient_id=f"P{n}", patient=f"Planted^{n}"))
        for n in range(50)
    ]
    with orthanc(tmp_path / "orthanc", NODE_PORT) as pacs, node_process(node_file(tmp_path)):
        for files in studies:  # the archive has them, and is asked how many images there are
            pacs.add(files)
        with ThreadPoolExecutor(10) as pool:
            statuses = list(pool.map(lambda files: send(files, NODE_PORT), studies))
        assert statuses == [[0] * 8] * 50
        pacs.wait_for_objects(150)
        wait_for_event(tmp_path / "node", "sent", 150)
        assert health()["series"]["sent"] == 50
        assert len(pacs.get("/studies")) == len(pacs.get("/patients")) == 50


@pytest.mark.parametrize("route", [ROUTE, BROAD_ROUTE], ids=["narrow", "broad"])
def test_results_that_come_back_start_nothing(tmp_path, route):
    files = write_small_series(tmp_path / "scan")
    with orthanc(tmp_path / "orthanc", NODE_PORT, route=route) as pacs, node_process(node_file(tmp_path)):
        pacs.add(files)
        pacs.wait_for_objects(3)
        wanted = 1 if route is ROUTE else 2  # stable once with the scan, and once more with the results
        pause = threading.Event()
        while len(jobs := pacs.get("/jobs?expand")) < wanted or any(each["State"] != "Success" for each in jobs):
            pause.wait(0.2)
        pause.wait(2 * 2 + 1.5)  # twice what Orthanc takes for stable: a loop would have gone round
        assert len(pacs.get("/jobs")) == wanted
        assert health()["series"] == {**dict.fromkeys(health()["series"], 0), "sent": 1}
        assert len(pacs.objects()) == 3


def test_tls_with_certificates_on_both_sides(tmp_path):
    files = write_small_series(tmp_path / "scan")
    made = make_certificates(tmp_path / "tls", "node", "pacs")
    tls = "[tls]\n" + "\n".join(f'{name} = "{path}"' for name, path in made["node"].items())
    own = made["pacs"]
    more = {
        "DicomTlsEnabled": True, "DicomTlsCertificate": own["certificate"], "DicomTlsPrivateKey": own["key"],
        "DicomTlsTrustedCertificates": own["authority"],
    }  # fmt: skip
    config = node_file(tmp_path, peer="tls = true", more=tls)
    with orthanc(tmp_path / "orthanc", NODE_PORT, more=more) as pacs, node_process(config):
        assert send(files, NODE_PORT) is None  # plain
        pacs.add(files)
        assert pacs.wait_for_job(pacs.send(pydicom.dcmread(files[0]).SeriesInstanceUID)) == "Success"
        pacs.wait_for_objects(3)


def test_a_stranger_is_refused(tmp_path):
    files = write_small_series(tmp_path / "scan")
    with (
        orthanc(tmp_path / "orthanc", NODE_PORT, more={"DicomAet": "OTHER"}) as pacs,
        node_process(node_file(tmp_path)),
    ):
        pacs.add(files)
        assert pacs.wait_for_job(pacs.send(pydicom.dcmread(files[0]).SeriesInstanceUID)) == "Failure"
        wait_for_event(tmp_path / "node", "refused caller")
        assert sum(health()["series"].values()) == 0


def test_dicomweb_is_watched_and_gets_the_results(tmp_path):
    files = write_small_series(tmp_path / "scan")
    server = f"""
[[server]]
name = "web"
url = "{URL}/dicom-web"
poll_seconds = 0.5
days = 0
"""
    with orthanc(tmp_path / "orthanc", NODE_PORT) as pacs, node_process(node_file(tmp_path, more=server)):
        pacs.add(files)
        objects = pacs.wait_for_objects(3)
        while health()["series"]["sent"] < 1:
            threading.Event().wait(0.1)
        assert len(pacs.get("/studies")) == 1
        assert {each["destination"] for each in wait_for_event(tmp_path / "node", "sent", 3)} == {"web"}
    assert len({each.SOPInstanceUID for each in objects}) == 3


def test_the_route_is_the_one_of_the_document():
    page = (ROOT / "docs" / "hospital.md").read_text(encoding="utf-8")
    code = re.search(r"```lua\n(.*?)```", page, re.DOTALL)[1]
    shown = [line.split("--")[0].strip() for line in code.splitlines()][1:]  # the first line names the file
    assert shown == [line.strip() for line in ROUTE.strip().splitlines()]
