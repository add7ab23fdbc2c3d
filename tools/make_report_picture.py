"""Draw the pages of a report for the user guide, as they come from the printer.

Usage: python tools/make_report_picture.py DEMO_OUTPUT IMAGES
       make docs-pictures
Needs `pdftoppm` (Debian: poppler-utils).
"""

import io
import subprocess
import sys
from pathlib import Path

from PIL import Image

EXAMINATION = "exam2"
PAGES = 2
DOTS_PER_INCH = 80
COLORS = 256
"""Enough for a page, and fewer bytes than true color."""


def draw_page(report: Path, number: int, picture: Path) -> None:
    """Write one page of a PDF, counted from 1, as PNG."""
    words = ["pdftoppm", "-png", "-r", str(DOTS_PER_INCH), "-f", str(number), "-l", str(number), str(report)]
    printed = subprocess.run(words, check=True, capture_output=True).stdout
    page = Image.open(io.BytesIO(printed)).convert("RGB")
    page.quantize(COLORS, dither=Image.Dither.NONE).save(picture, optimize=True)


def main(folder: Path, images: Path) -> None:
    """Write `report_page_1.png` and so on."""
    images.mkdir(parents=True, exist_ok=True)
    for number in range(1, PAGES + 1):
        draw_page(folder / EXAMINATION / "report.pdf", number, images / f"report_page_{number}.png")
    print(f"wrote {PAGES} pages")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
