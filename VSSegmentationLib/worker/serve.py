"""The life of a worker: say hello, do one job after another, end with the parent."""

import logging
import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from VSSegmentationLib import __version__
from VSSegmentationLib.atomic import finished_count, what_was_written
from VSSegmentationLib.errors import (
    CancelledError,
    DeviceMemoryError,
    TorchLoadError,
    VSSegmentationError,
    WeightingQuestionError,
)
from VSSegmentationLib.scrubbing import without_paths
from VSSegmentationLib.worker.channel import Channel
from VSSegmentationLib.worker.inbox import Inbox
from VSSegmentationLib.worker.protocol import PROTOCOL, Request

if TYPE_CHECKING:
    from VSSegmentationLib.worker.jobs import Jobs

logger = logging.getLogger(__name__)


def serve(channel: Channel, lines: Iterable[bytes]) -> None:
    """Answer requests until there are no more, `quit` comes, or the parent is gone.

    Args:
        channel: To the parent.
        lines: From the parent, each a request.

    Raises:
        BrokenPipeError: If the parent no longer listens.
    """
    inbox = Inbox(channel)  # knows the parent before the parent can hear anything
    channel.send({"hello": PROTOCOL, "pid": os.getpid(), "version": __version__})
    inbox.open(lines)
    try:
        try:
            jobs = _jobs()
        except TorchLoadError as error:  # and this process ends: what is mended meanwhile, only a new one will see
            request = inbox.next_job()
            if request is not None:
                channel.send({"error": str(error), "exit_code": error.exit_code, "id": request.id})
            return
        while (request := inbox.next_job()) is not None:
            answer = _answer(jobs, request, channel, inbox)
            inbox.job_ended()
            channel.send({**answer, "id": request.id})
    finally:
        inbox.leave()


def _jobs() -> "Jobs":
    """Import torch, while the parent still prepares its first job.

    Raises:
        TorchLoadError: If that fails: it is missing, damaged, or made for another processor or system.
    """
    try:
        import torch  # noqa: F401, PLC0415
    except (ImportError, OSError) as error:
        msg = f"PyTorch could not be loaded: {without_paths(str(error))}; reinstall it"
        raise TorchLoadError(msg) from error
    from VSSegmentationLib.worker.jobs import Jobs  # noqa: PLC0415

    return Jobs()


def _answer(jobs: "Jobs", request: Request, channel: Channel, inbox: Inbox) -> Mapping[str, Any]:
    def tell(fraction: float, stage: str) -> None:
        channel.send({"progress": round(fraction, 4), "stage": stage, "id": request.id})

    before = finished_count()
    try:
        return {"result": jobs.do(request, tell, inbox.should_cancel)}
    except CancelledError:
        return {"error": f"canceled; {what_was_written(before)}", "exit_code": CancelledError.exit_code}
    except VSSegmentationError as error:
        logger.debug("job ended by", exc_info=error)
        asks = {"asks": error.asks} if isinstance(error, WeightingQuestionError) else {}
        return {"error": str(error), "exit_code": error.exit_code, **asks}
    except MemoryError:
        sentence = "out of memory; close other programs or use a smaller scan"
        return {"error": sentence, "exit_code": DeviceMemoryError.exit_code}
    except BrokenPipeError:
        raise
    except Exception as error:
        # A worker outlives whatever a job runs into. Of an OSError the reason alone: the rest of its message is a path.
        logger.debug("job ended by", exc_info=True)
        reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        return {"error": f"unexpected failure ({reason}); {what_was_written(before)}", "exit_code": 1}
