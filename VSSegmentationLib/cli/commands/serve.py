"""`serve`: a DICOM node."""

import argparse

from VSSegmentationLib.cli.cancellation import Cancellation
from VSSegmentationLib.cli.console import Console
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.node.config import NodeConfig, read_config
from VSSegmentationLib.node.names import Names
from VSSegmentationLib.node.probing import probe
from VSSegmentationLib.node.service import Node, formats_of, notes_on


def run_serve(arguments: argparse.Namespace, console: Console, cancellation: Cancellation) -> None:
    """Run the node until it is stopped, or answer what was asked instead."""
    config = read_config(arguments.config)
    if arguments.name_of is not None:
        _show_name(config, arguments.name_of, console)
    elif arguments.check:
        _check(config, console)
    else:
        _serve(config, console, cancellation)


def _show_name(config: NodeConfig, uid: str, console: Console) -> None:
    path = config.folder / "key"
    if not path.is_file():
        msg = "the node has no key yet: it was never started with this configuration"
        raise UsageError(msg)
    name = Names(path).of(uid)
    console.result(name, {"name": name})


def _check(config: NodeConfig, console: Console) -> None:
    for note in notes_on(config):
        console.warning(note)
    answers = probe(config)
    lines = [f"{name}: {answer or 'answers'}" for name, answer in answers.items()]
    sends = ", ".join(formats_of(config))
    console.result("\n".join([*lines, f"Makes: {sends}"]), {"answers": answers, "makes": sends.split(", ")})


def _serve(config: NodeConfig, console: Console, cancellation: Cancellation) -> None:
    with cancellation.looked_at():
        node = Node(config)
        try:
            for note in node.notes:
                console.warning(note)
            node.start()
            console.progress(0.0, _where(node))
            node.wait(cancellation.requested)
        finally:
            node.stop()
    console.result("The node has stopped; what was not finished goes on at the next start.", {"stopped": True})


def _where(node: Node) -> str:
    receives = "receives nothing" if node.port is None else f"DICOM on port {node.port}"
    page = "no health page" if node.health_port is None else f"health page on port {node.health_port}"
    return f"the node is at work: {receives}, {page}"
