"""Watching a DICOMweb server: what is new there is fetched once it has stopped growing."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from io import BytesIO
from typing import Any, NamedTuple

import pydicom
import requests
from pydicom.dataset import Dataset

from VSSegmentationLib.imageio.dicom.headers import DAMAGE
from VSSegmentationLib.node.choosing import may_fit
from VSSegmentationLib.node.config import Server
from VSSegmentationLib.node.facts import OWN_MANUFACTURER
from VSSegmentationLib.node.inbox import Came
from VSSegmentationLib.node.parts import Parts
from VSSegmentationLib.node.web import WebFailedError, client_of

_STUDIES_AT_A_TIME = 100
_ANY_SYNTAX = (("application/dicom", "*"),)


class Listed(NamedTuple):
    """A series of MR images, as the server lists it."""

    study_uid: str
    series_uid: str
    description: str
    images: int
    is_own: bool


class Watcher:
    """Looks at one server."""

    def __init__(
        self, parts: Parts, server: Server, on_count: Callable[[str, int], None], on_image: Callable[[], None]
    ) -> None:
        """Take the parts of the node.

        Args:
            parts: Of the node.
            server: The one that is watched.
            on_count: Told how many images a series has.
            on_image: Called when something was kept.
        """
        self._config, self._server = parts.config, server
        self._inbox, self._ledger, self._names, self._audit = parts.inbox, parts.ledger, parts.names, parts.audit
        self._now, self._on_count, self._on_image = parts.now, on_count, on_image
        self._growing: dict[str, tuple[int, float]] = {}
        self.failure = ""
        """Why the server could not be looked at; empty where it could."""

    def look(self, should_stop: Callable[[], bool]) -> int:
        """Look once; return how many images were fetched."""
        fetched = 0
        try:
            client = client_of(self._config, self._server)
            for listed in self._series(client):
                if should_stop():
                    break
                if self._is_ready(listed):
                    fetched += self._fetch(client, listed)
        except (requests.RequestException, WebFailedError, *DAMAGE) as error:  # an answer may be any damaged text
            told = str(error) if isinstance(error, WebFailedError) else type(error).__name__
            is_new, self.failure = not self.failure, f"the server could not be looked at ({told})"
            if is_new:
                self._audit.note("server failed", server=self._server.name, reason=told)
            return fetched
        self.failure = ""
        return fetched

    def _series(self, client: Any) -> Iterator[Listed]:  # noqa: ANN401 - its package is not looked into
        filters = {} if self._server.days == 0 else {"StudyDate": self._days()}
        offset = 0
        while True:
            studies = client.search_for_studies(search_filters=filters, limit=_STUDIES_AT_A_TIME, offset=offset)
            for study in studies:
                uid = str(Dataset.from_json(study).StudyInstanceUID)
                told = client.search_for_series(uid, search_filters={"Modality": "MR"}, fields=_FIELDS)
                yield from (_listed(uid, Dataset.from_json(each)) for each in told)
            if len(studies) < _STUDIES_AT_A_TIME:
                return
            offset += len(studies)

    def _days(self) -> str:
        today = date.fromtimestamp(self._now())
        return f"{today - timedelta(days=self._server.days - 1):%Y%m%d}-{today:%Y%m%d}"

    def _is_ready(self, listed: Listed) -> bool:
        """Return whether a series is wanted, is not here as a whole, and has not grown for the quiet time."""
        rules = self._config.rule
        if listed.is_own or not any(may_fit(rule, self._server.name, listed.description) for rule in rules):
            return False
        name = self._names.of(listed.series_uid)
        row = self._ledger.series(name)
        if row is not None and row.images >= listed.images:
            return False
        count, since = self._growing.get(name, (-1, 0.0))
        if count != listed.images:
            self._growing[name] = (listed.images, self._now())
            return self._config.wait.quiet_seconds == 0
        return self._now() - since >= self._config.wait.quiet_seconds

    def _fetch(self, client: Any, listed: Listed) -> int:  # noqa: ANN401 - its package is not looked into
        if not self._inbox.has_room(self._config.keep.free_gib):
            self._audit.note("no room", sender=self._server.name)
            return 0
        name, kept = self._names.of(listed.series_uid), 0
        for image in client.iter_series(listed.study_uid, listed.series_uid, media_types=_ANY_SYNTAX):
            file = BytesIO()
            pydicom.dcmwrite(file, image, enforce_file_format=True)
            kept += self._inbox.take(file.getvalue(), self._server.name) is Came.KEPT
        self._growing.pop(name, None)
        self._on_count(name, listed.images)
        if kept:
            self._on_image()
        return kept


_FIELDS = ["SeriesDescription", "Manufacturer", "NumberOfSeriesRelatedInstances"]


def _listed(study_uid: str, told: Dataset) -> Listed:
    return Listed(
        study_uid=study_uid,
        series_uid=str(told.SeriesInstanceUID),
        description=str(told.get("SeriesDescription") or ""),
        images=int(told.get("NumberOfSeriesRelatedInstances") or 0),
        is_own=str(told.get("Manufacturer") or "").strip() == OWN_MANUFACTURER,
    )
