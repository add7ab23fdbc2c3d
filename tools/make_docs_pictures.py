"""Make every picture of the user guide anew, and the numbers that its sentences quote.

Usage: make docs-pictures
       python -m tools.make_docs_pictures [--without-module]

Runs the demo once and draws from what it wrote. A picture that looks as before stays as it is, so that the repository
grows only by what changed. `docs/pictures.json` says of each picture of the documentation which command makes it; those
that name `make docs-pictures` are made here. `docs/user_guide/demo_numbers.json` holds what the demo measured.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tools import make_correction_pictures, make_growth_picture, make_pictures, make_report_picture, picture_files
from VSSegmentationLib.__main__ import main as vs_segmentation
from VSSegmentationLib.models import SAMPLE_FOLDER
from VSSegmentationLib.pipeline.refining import RefineOptions
from VSSegmentationLib.reporting import clinical_sentence, read_report_json

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
MANIFEST = DOCS / "pictures.json"
NUMBERS = DOCS / "user_guide" / "demo_numbers.json"
COMMAND = "make docs-pictures"
FORMATS = "nii.gz,json,report.json,pdf"
DECIMALS = 3


def demo_numbers(demo: Path) -> dict[str, Any]:
    """Return of each examination the sentence for a letter and every value, from what the demo wrote."""
    numbers: dict[str, Any] = {}
    for folder in sorted(path.parent for path in demo.glob("*/measurements.json")):
        listed = json.loads((folder / "measurements.json").read_text(encoding="utf-8"))
        numbers[folder.name] = {
            "sentence": clinical_sentence(read_report_json(folder / "report.json")),
            "values": {
                each["id"]: None if each["value"] is None else round(each["value"], DECIMALS) for each in listed
            },
        }
    return numbers


def run_demo(folder: Path, formats: str = FORMATS) -> None:
    """Segment and measure the sample into a folder.

    Raises:
        SystemExit: If the demo ends with a code other than 0.
    """
    code = vs_segmentation(["demo", "--out", str(folder), "--force", "--format", formats])
    if code:
        sys.exit(code)


def _take(fresh: Path, wanted: Path) -> str:
    """Put a picture in its place, unless what lies there looks the same; return what was done."""
    if wanted.exists() and picture_files.look_the_same(fresh, wanted):
        return "kept"
    picture_files.write_small(fresh, wanted)
    return "made"


def main(*, with_module: bool) -> None:
    """Make all of them."""
    wanted = [DOCS / name for name, command in json.loads(MANIFEST.read_text()).items() if command == COMMAND]
    with tempfile.TemporaryDirectory() as folder:
        demo, images = Path(folder) / "demo", Path(folder) / "images"
        run_demo(demo)
        make_pictures.main(demo, images, SAMPLE_FOLDER)
        make_growth_picture.main(images, SAMPLE_FOLDER)
        make_report_picture.main(demo, images)
        if make_correction_pictures.PICTURE in {target.name for target in wanted}:
            make_correction_pictures.main(images, SAMPLE_FOLDER, RefineOptions(device="cpu", precision="float32"))
        if with_module:  # in a process of its own: Qt and VTK without a screen
            subprocess.run([sys.executable, str(ROOT / "tools" / "make_module_pictures.py"), str(images)], check=True)
        for target in wanted:
            if with_module or (images / target.name).exists():
                print(f"{_take(images / target.name, target)} {target.relative_to(ROOT)}")
        NUMBERS.write_text(json.dumps(demo_numbers(demo), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--without-module", action="store_true", help="leave the pictures of the Slicer module out")
    main(with_module=not parser.parse_args().without_module)
