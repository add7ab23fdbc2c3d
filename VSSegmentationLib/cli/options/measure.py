"""What can be typed about the mask that `measure` is given, beside the report."""

import argparse
import math
from collections.abc import Callable
from pathlib import Path

EXAMPLES = """
  vs-segmentation measure segmentation.seg.nrrd --out results
  vs-segmentation measure corrected.nii.gz --out results --image scan.nii.gz
  vs-segmentation measure theirs.nii.gz --out results --values 1=intrameatal,2=extrameatal --side left
  vs-segmentation measure seg.nii.gz --task glioma --values brats2022 --image t1ce.nii.gz --out results
  vs-segmentation measure segmentation.dcm --image dicom_folder --out results
  vs-segmentation measure contours.dcm --image dicom_folder --roi TV --out results
  vs-segmentation measure contours.dcm --image dicom_folder --roi TV --porus-plane=-25.7,13,-47,0.59,-0.81,0 \\
      --out results --format pdf,json,dicom-seg,dicom-sr"""


def add_measure_options(parser: argparse.ArgumentParser) -> None:
    """Add what is measured and how it is divided."""
    parser.add_argument(
        "labelmap",
        metavar="LABELMAP",
        type=Path,
        help="labelmap (its segments by their names, other files as --values says), DICOM SEG or RTSTRUCT file",
    )
    parser.add_argument(
        "--image", metavar="IMAGE", type=Path, help="the scan, for the pictures of the report; needed with an RTSTRUCT"
    )
    parser.add_argument("--series", metavar="N", type=int, help="which series of the image's folder (see info)")
    add_values_option(parser)
    parser.add_argument(
        "--side",
        choices=["left", "right"],
        help="of the patient, where the tumor is (default: as the file says, or the canals in the image show)",
    )
    add_drawn_by_option(parser)
    parser.add_argument("--task", metavar="NAME", help="kind of tumor (default: as the file says)")
    parser.add_argument("--roi", metavar="NAME", help="structure of the RTSTRUCT that is the tumor")
    parser.add_argument("--cochlea-roi", metavar="NAME", help="structure of the RTSTRUCT that is the cochlea")
    parser.add_argument(
        "--porus-plane",
        metavar="R,A,S,nR,nA,nS",
        type=_numbers(6),
        help="divide the tumor at a plane: a point in mm and the direction from the canal to the brain; write "
        "--porus-plane=-21,... when it begins with a minus",
    )
    parser.add_argument("--fundus", metavar="R,A,S", type=_numbers(3), help="point at the lateral end of the canal, mm")


def add_values_option(parser: argparse._ActionsContainer) -> None:
    """Add what says the meaning of values."""
    parser.add_argument(
        "--values",
        metavar="MAP",
        help="meaning of values in a labelmap that does not say it: own, mask, crossmoda2021, crossmoda2023 (of "
        "--task glioma brats2022 and brats2023), or pairs: "
        "1=im,2=em (default: one value is the whole tumor; 1 extrameatal and 2 intrameatal if these touch)",
    )


def add_drawn_by_option(parser: argparse._ActionsContainer) -> None:
    """Add what says who drew a mask."""
    parser.add_argument(
        "--drawn-by",
        choices=["person", "model"],
        help="who drew a mask that does not tell it: a person, whose limits are those of human readers, or a model or "
        "other program, of which none are known (default: not stated, limits unknown)",
    )


def _numbers(count: int) -> Callable[[str], tuple[float, ...]]:
    def read(text: str) -> tuple[float, ...]:
        try:
            numbers = tuple(float(word) for word in text.split(","))
        except ValueError:
            numbers = ()
        if len(numbers) != count or not all(math.isfinite(number) for number in numbers):
            msg = f"{count} numbers are needed, separated by commas"
            raise argparse.ArgumentTypeError(msg)
        return numbers

    return read
