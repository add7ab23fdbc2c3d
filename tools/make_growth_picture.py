"""Draw the picture of the growth guide: the first page of a comparison of the sample's two examinations.

Usage: python tools/make_growth_picture.py IMAGES [SAMPLE]
       make docs-pictures
Needs WeasyPrint, and pdftoppm of Poppler.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from VSSegmentationLib.__main__ import main as vs_segmentation
from VSSegmentationLib.models import SAMPLE_FOLDER

DAYS = "0,402"
DOTS_PER_INCH = "74"


def main(images: Path, sample: Path) -> None:
    """Write `growth.png`."""
    images.mkdir(parents=True, exist_ok=True)
    truths = [str(sample / f"exam{number}_truth.nii.gz") for number in (1, 2)]
    scans = [word for number in (1, 2) for word in ("--image", str(sample / f"exam{number}_t2.nii.gz"))]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "comparison"
        words = ["compare", *truths, "--days", DAYS, *scans, "--sequences", "T2,T2", "--register", "--pdf"]
        code = vs_segmentation([*words, "--out", str(out)])
        if code != 0:
            sys.exit(code)
        target = str(images / "growth")
        command = ["pdftoppm", "-r", DOTS_PER_INCH, "-singlefile", "-png", str(out / "growth.pdf"), target]
        subprocess.run(command, check=True)
    print("wrote growth.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else SAMPLE_FOLDER)
