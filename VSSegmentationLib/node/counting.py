"""How many images a series has, as its sender says (C-FIND; QIDO-RS brings the number along)."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelFind

from VSSegmentationLib.node.calling import CallFailedError, association
from VSSegmentationLib.node.config import NodeConfig, Peer
from VSSegmentationLib.node.ledger import SeriesRow

_FIND = str(StudyRootQueryRetrieveInformationModelFind)
_PENDING = (0xFF00, 0xFF01)
_AT_A_TIME = 4


class Counts:
    """Asks in the background, so that a peer that doesn't answer holds nobody up."""

    def __init__(self, config: NodeConfig, on_answer: Callable[[], None]) -> None:
        """Take the configuration.

        Args:
            config: Of the node.
            on_answer: Called from another thread when a peer has answered.
        """
        self._config, self._on_answer = config, on_answer
        self._peers = {peer.name: peer for peer in config.peer if peer.counts}
        self._told: dict[str, int] = {}
        self._asked: dict[tuple[str, int], Future[int | None]] = {}
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(_AT_A_TIME, thread_name_prefix="count")

    def told(self, series: str, count: int) -> None:
        """Keep what a server said by itself."""
        with self._lock:
            self._told[series] = count

    def of(self, row: SeriesRow) -> int | None:
        """Return what the sender said; None where it can't be asked, doesn't answer, or hasn't yet."""
        peer = self._peers.get(row.sender)
        with self._lock:
            if peer is None:
                return self._told.get(row.series)
            key = (row.series, row.images)  # asked anew when more have come
            asked = self._asked.get(key)
            if asked is None:
                self._asked[key] = asked = self._pool.submit(self._ask, peer, row)
                asked.add_done_callback(lambda _: self._on_answer())
        return asked.result() if asked.done() else row.images + 1  # till it answers, one more may come

    def forget(self, series: str) -> None:
        """Keep nothing more of a series that was decided upon."""
        with self._lock:
            self._told.pop(series, None)
            self._asked = {key: asked for key, asked in self._asked.items() if key[0] != series}

    def _ask(self, peer: Peer, row: SeriesRow) -> int | None:
        query = Dataset()
        query.QueryRetrieveLevel = "SERIES"
        query.StudyInstanceUID, query.SeriesInstanceUID = row.study_uid, row.series_uid
        query.NumberOfSeriesRelatedInstances = None
        syntaxes = (ExplicitVRLittleEndian, ImplicitVRLittleEndian)
        try:
            with association(self._config, peer, (_FIND,), syntaxes) as call:
                if not call.accepted_contexts:
                    return None
                answers = [
                    found for status, found in call.send_c_find(query, _FIND) if status and status.Status in _PENDING
                ]
        except CallFailedError:
            return None
        counts = [str(each.get("NumberOfSeriesRelatedInstances") or "") for each in answers if each is not None]
        return next((int(count) for count in counts if count.isdecimal()), None)

    def close(self) -> None:
        """Ask no more."""
        self._pool.shutdown(wait=False, cancel_futures=True)
