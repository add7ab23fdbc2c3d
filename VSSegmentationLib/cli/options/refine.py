"""What can be typed after `refine`; apart from what carries it out, which takes time to import."""

import argparse
import math
from functools import partial
from pathlib import Path

from VSSegmentationLib.interaction import SIGNS, Interaction, Sign

PURPOSE = "correct a mask by clicks, measure it, and write a report"
EXAMPLES = """
  vs-segmentation refine results --image scan.nii.gz --add=-25.7,13,-47 --out corrected
  vs-segmentation refine results --image scan.nii.gz --remove 21.5,10,-40 --add 24,12,-41 --out corrected
  vs-segmentation refine mask.nii.gz --image scan.nii.gz --add=22,10,-40/25,11,-40 --out corrected

points are R,A,S in mm, as 3D Slicer shows them; several points with / between them are a scribble, a line from one to
the next. Clicks are carried out in the order in which they are typed. Adding never removes and removing never adds;
only what hangs together with the click changes, and nothing beyond the reach that the model states (usually 14 mm).
This needs a model of the role refiner; `vs-segmentation models list` shows which there are."""


def add_refine_options(parser: argparse.ArgumentParser) -> None:
    """Add what is corrected, and how."""
    parser.add_argument(
        "result", metavar="RESULT", type=Path, help="results of segment, measure or refine; or a labelmap of any origin"
    )
    parser.add_argument("--image", metavar="IMAGE", type=Path, required=True, help="the scan that it belongs to")
    parser.add_argument("--series", metavar="N", type=int, help="which series of the image's folder (see info)")
    for sign, what in zip(SIGNS, ("tumor is missing", "is no tumor"), strict=True):
        parser.add_argument(
            f"--{sign}",
            dest="interactions",
            metavar="R,A,S",
            action="append",
            default=[],
            type=partial(_interaction, sign),
            help=f"where {what}, once for each click; write --{sign}=-21,... when it begins with a minus",
        )
    parser.add_argument(
        "--refiner", metavar="NAME_OR_FILE", help="the model that corrects (default: the installed one)"
    )
    parser.add_argument(
        "--divider", metavar="NAME_OR_FILE",
        help="divides a tumor that a click has started (default: the embedded one); none: leaves it whole",
    )  # fmt: skip


def _interaction(sign: Sign, text: str) -> Interaction:
    points = []
    for each in text.split("/"):
        try:
            numbers = [float(word) for word in each.split(",")]
        except ValueError:
            numbers = []
        if len(numbers) != 3 or not all(math.isfinite(number) for number in numbers):
            msg = "a point is three numbers, R,A,S in mm; a scribble is several with / between them"
            raise argparse.ArgumentTypeError(msg)
        points.append((numbers[0], numbers[1], numbers[2]))
    return Interaction(sign=sign, points_ras_mm=tuple(points))
