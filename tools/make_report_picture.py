"""Draw the pages of a report for the user guide, as they come from the printer.

Usage: python -m tools.make_report_picture DEMO_OUTPUT IMAGES
       make docs-pictures
Needs `pdftoppm` (Debian: poppler-utils).
"""

import io
import subprocess
import sys
from pathlib import Path

from tools.picture_files import write_small

EXAMINATION = "exam2"
PAGES = 2
DOTS_PER_INCH = 80


def draw_page(report: Path, number: int, picture: Path) -> None:
    """Write one page of a PDF, counted from 1, as PNG."""
    words = ["pdftoppm", "-png", "-r", str(DOTS_PER_INCH), "-f", str(number), "-l", str(number), str(report)]
    printed = subprocess.run(words, check=True, capture_output=True).stdout
    write_small(io.BytesIO(printed), picture)


def main(folder: Path, images: Path) -> None:
    """Write `report_page_1.png` and so on."""
    images.mkdir(parents=True, exist_ok=True)
    for number in range(1, PAGES + 1):
        draw_page(folder / EXAMINATION / "report.pdf", number, images / f"report_page_{number}.png")
    print(f"wrote {PAGES} pages")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
