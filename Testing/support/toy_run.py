"""A scan and a model on disk, and what the command makes of them."""

from pathlib import Path

import numpy as np

from Testing.support.command import Done, in_this_process
from Testing.support.lying_scans import empty_scan, with_ball
from Testing.support.toy_models import half_way, toy_segmenter
from VSSegmentationLib.formats import DEFAULT_FORMATS, FILE_NAMES, PROVENANCE_FILE_NAME
from VSSegmentationLib.imageio import write_image
from VSSegmentationLib.inference import save_model
from VSSegmentationLib.volume import Volume

DEFAULT_FILES = {*(FILE_NAMES[each] for each in DEFAULT_FORMATS), PROVENANCE_FILE_NAME}
RADIUS_MM = 7.0
BALL_CM3 = 4 / 3 * np.pi * RADIUS_MM**3 / 1000


def noisy_scan(grid: str = "oblique", *, radius_mm: float = RADIUS_MM) -> Volume:
    """A head of noise from 0 to 20 and, unless its radius is 0, a ball in it that the toy model takes for tumor."""
    scan = empty_scan(grid, (50.0, 50.0, 50.0))
    noise = 20 * np.random.default_rng(7).random(scan.shape)
    scan = scan.with_array(noise.astype(np.float32))
    return with_ball(scan, (6.0, -7.0, 12.0), radius_mm, brightness=200.0) if radius_mm else scan


def fill_toy_folder(folder: Path) -> Path:
    """Write `scan.nii.gz` with a tumor, `empty.nii.gz` without, `model.pt`, and the same one damaged."""
    write_image(folder / "scan.nii.gz", noisy_scan())
    write_image(folder / "empty.nii.gz", noisy_scan(radius_mm=0.0))
    save_model(folder / "model.pt", toy_segmenter(half_way(noisy_scan(), 200.0)))
    (folder / "damaged.pt").write_bytes((folder / "model.pt").read_bytes()[:-200])
    return folder


def segment(toy: Path, out: Path, *more: str, scan: str = "scan.nii.gz") -> Done:
    """Segment a scan of the toy folder with its model."""
    toy_models = ("--model", toy / "model.pt", "--divider", "none")
    return in_this_process("segment", toy / scan, "--out", out, *toy_models, *more)


def one_sentence(done: Done, exit_code: int) -> str:
    """The one line that says why the command ended with this code."""
    assert done.code == exit_code, done.err
    assert "Traceback" not in done.err
    (line,) = [line for line in done.err.splitlines() if line.startswith("Error: ")]
    return line
