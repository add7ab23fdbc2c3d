"""What can be typed after `serve`."""

import argparse
from pathlib import Path

PURPOSE = "be a DICOM node: receive series, segment them, and send the results back"
EXAMPLES = """
  vs-segmentation serve /etc/vs-node.toml --check
  vs-segmentation serve /etc/vs-node.toml
  vs-segmentation serve /etc/vs-node.toml --name-of 1.2.840.113619.2.55.3

CONFIG is a TOML file; docs/hospital.md explains each of its keys. Ctrl-C or a polite kill stops the node; what was not
finished goes on at the next start, also after a power cut. Results are drafts for research, never verified."""


def add_serve_options(parser: argparse.ArgumentParser) -> None:
    """Add what is particular to a node."""
    parser.add_argument("config", metavar="CONFIG", type=Path, help="TOML file of the node")
    parser.add_argument("--progress", choices=["json"], help="one JSON object per line on standard output")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--check", action="store_true", help="read the file, call each peer and server, and do nothing")
    what.add_argument(
        "--name-of",
        metavar="UID",
        help="show what the audit calls a study or series, by the key in the node's folder",
    )
