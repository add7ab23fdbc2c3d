"""From the typed command to the function that carries it out."""

import argparse
from collections.abc import Callable
from importlib.util import find_spec

from VSSegmentationLib.cli.cancellation import Cancellation
from VSSegmentationLib.cli.console import Console
from VSSegmentationLib.errors import UsageError

_Command = Callable[[argparse.Namespace, Console, Cancellation], None]


def run_command(arguments: argparse.Namespace, console: Console, cancellation: Cancellation) -> None:
    """Carry out what was typed.

    Raises:
        VSSegmentationError: With the sentence to show and the code to end with.
    """
    _COMMANDS[arguments.command](arguments, console, cancellation)


def _need_torch() -> None:
    if find_spec("torch") is None:
        msg = "this needs PyTorch, which is not installed here: pip install torch, or Slicer's PyTorch extension"
        raise UsageError(msg)


# Each import waits until its command is typed: segment and demo bring torch along, which takes seconds.


def _segment(arguments: argparse.Namespace, console: Console, cancellation: Cancellation) -> None:
    _need_torch()
    from VSSegmentationLib.cli.commands.segment import run_segment  # noqa: PLC0415

    run_segment(arguments, console, cancellation)


def _demo(arguments: argparse.Namespace, console: Console, cancellation: Cancellation) -> None:
    _need_torch()
    from VSSegmentationLib.cli.commands.demo import run_demo  # noqa: PLC0415

    run_demo(arguments, console, cancellation)


def _measure(arguments: argparse.Namespace, console: Console, _cancellation: Cancellation) -> None:
    from VSSegmentationLib.cli.commands.measure import run_measure  # noqa: PLC0415

    run_measure(arguments, console)


def _refine(arguments: argparse.Namespace, console: Console, _cancellation: Cancellation) -> None:
    _need_torch()
    from VSSegmentationLib.cli.commands.refine import run_refine  # noqa: PLC0415

    run_refine(arguments, console)


def _compare(arguments: argparse.Namespace, console: Console, _cancellation: Cancellation) -> None:
    from VSSegmentationLib.cli.commands.compare import run_compare  # noqa: PLC0415

    run_compare(arguments, console)


def _evaluate(arguments: argparse.Namespace, console: Console, cancellation: Cancellation) -> None:
    from VSSegmentationLib.cli.commands.evaluate import run_evaluate  # noqa: PLC0415

    run_evaluate(arguments, console, cancellation)


def _info(arguments: argparse.Namespace, console: Console, _cancellation: Cancellation) -> None:
    from VSSegmentationLib.cli.commands.info import run_info  # noqa: PLC0415

    run_info(arguments, console)


def _models(arguments: argparse.Namespace, console: Console, cancellation: Cancellation) -> None:
    if arguments.action in ("import", "download"):
        _need_torch()
    from VSSegmentationLib.cli.commands.models import run_models  # noqa: PLC0415

    run_models(arguments, console, cancellation)


def _batch(arguments: argparse.Namespace, console: Console, cancellation: Cancellation) -> None:
    _need_torch()
    if find_spec("distributed") is None:
        msg = "batch needs Dask distributed, which is not installed here: pip install 'distributed>=2026.3'"
        raise UsageError(msg)
    from VSSegmentationLib.cli.commands.batch import run_batch  # noqa: PLC0415

    run_batch(arguments, console, cancellation)


def _serve(arguments: argparse.Namespace, console: Console, cancellation: Cancellation) -> None:
    _need_torch()
    for name in ("pynetdicom", "dicomweb_client", "highdicom", "psutil"):
        if find_spec(name) is None:
            msg = (
                "serve needs packages that are not installed here: "
                "pip install 'pynetdicom>=3.0' 'dicomweb-client>=0.60' 'highdicom>=0.27' psutil"
            )
            raise UsageError(msg)
    from VSSegmentationLib.cli.commands.serve import run_serve  # noqa: PLC0415

    run_serve(arguments, console, cancellation)


def _worker(_arguments: argparse.Namespace, _console: Console, _cancellation: Cancellation) -> None:
    _need_torch()
    from VSSegmentationLib.cli.commands.worker import run_worker  # noqa: PLC0415

    run_worker()


_COMMANDS: dict[str, _Command] = {
    "segment": _segment,
    "batch": _batch,
    "demo": _demo,
    "measure": _measure,
    "refine": _refine,
    "compare": _compare,
    "evaluate": _evaluate,
    "info": _info,
    "models": _models,
    "serve": _serve,
    "worker": _worker,
}
