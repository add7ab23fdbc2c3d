"""A real Orthanc in a folder of the test's own."""

import json
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import pydicom
from pydicom.dataset import Dataset

_PLUGIN = "/usr/share/orthanc/plugins/libOrthancDicomWeb.so"
HTTP_PORT, DICOM_PORT = 18042, 14242
URL = f"http://127.0.0.1:{HTTP_PORT}"
ROUTE = """
function OnStableSeries(seriesId, tags, metadata)
  if tags['Modality'] ~= 'MR' then return end
  if tags['Manufacturer'] == 'vs-segmentation' then return end
  if metadata['RemoteAET'] == 'VSSEG' then return end
  RestApiPost('/modalities/vs-node/store', '{"Resources": ["' .. seriesId .. '"], "Asynchronous": true}')
end
"""
"""As docs/hospital.md has it; a test compares them."""
BROAD_ROUTE = """
function OnStableStudy(studyId, tags, metadata)
  RestApiPost('/modalities/vs-node/store', '{"Resources": ["' .. studyId .. '"], "Asynchronous": true}')
end
"""
"""Sends a study again with each result."""


class Orthanc:
    """What a test asks of it."""

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(URL + path, timeout=60) as answer:
            return json.load(answer)

    def post(self, path: str, told: Any) -> Any:
        body = told if isinstance(told, bytes) else json.dumps(told).encode()
        with urllib.request.urlopen(urllib.request.Request(URL + path, data=body), timeout=300) as answer:
            return json.load(answer)

    def add(self, files: list[Path]) -> None:
        for path in files:
            self.post("/instances", path.read_bytes())

    def send(self, series_uid: str) -> str:
        """Send a series to the node; return the job's id at once."""
        (found,) = self.post("/tools/lookup", series_uid.encode())
        told = {"Resources": [found["ID"]], "Asynchronous": True}
        return str(self.post("/modalities/vs-node/store", told)["ID"])

    def wait_for_job(self, job: str) -> str:
        """Return how a job ended: `Success` or `Failure`."""
        while (state := self.get(f"/jobs/{job}")["State"]) not in ("Success", "Failure"):
            time.sleep(0.1)
        return str(state)

    def objects(self) -> list[Dataset]:
        """Whatever is in it that the node made."""
        found = []
        for series in self.get("/series?expand"):
            if series["MainDicomTags"].get("Manufacturer") == "vs-segmentation":
                for instance in series["Instances"]:
                    with urllib.request.urlopen(f"{URL}/instances/{instance}/file", timeout=60) as answer:
                        found.append(pydicom.dcmread(BytesIO(answer.read())))
        return found

    def wait_for_objects(self, count: int, seconds: float = 300.0) -> list[Dataset]:
        deadline = time.monotonic() + seconds
        while len(found := self.objects()) < count:
            assert time.monotonic() < deadline, (len(found), self.get("/jobs?expand"))
            time.sleep(0.5)
        return found


@contextmanager
def orthanc(
    folder: Path, node_port: int, *, route: str = "", more: Mapping[str, Any] | None = None
) -> Iterator[Orthanc]:
    """Run one that knows the node as `vs-node`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "route.lua").write_text(route)
    told = {
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "storage"),
        "Plugins": [_PLUGIN],
        "HttpPort": HTTP_PORT,
        "DicomPort": DICOM_PORT,
        "DicomAet": "PACS",
        "DicomCheckCalledAet": True,
        "DicomModalities": {
            "vs-node": {"AET": "VSSEG", "Host": "127.0.0.1", "Port": node_port, **_tls_of(more)},
        },
        "StableAge": 2,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "LuaScripts": [str(folder / "route.lua")] if route else [],
        **(more or {}),
    }
    (folder / "orthanc.json").write_text(json.dumps(told))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(["Orthanc", str(folder / "orthanc.json")], stdout=log, stderr=log)
        try:
            _wait_until_ready(process, folder / "log")
            yield Orthanc()
        finally:
            process.terminate()
            process.wait(60)


def _tls_of(more: Mapping[str, Any] | None) -> dict[str, Any]:
    return {"UseDicomTls": True} if more and more.get("DicomTlsEnabled") else {}


def _wait_until_ready(process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 120
    while True:
        assert process.poll() is None, log.read_text()[-2000:]
        assert time.monotonic() < deadline, log.read_text()[-2000:]
        try:
            urllib.request.urlopen(f"{URL}/system", timeout=10).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        else:
            return
