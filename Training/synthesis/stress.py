"""Drawing the frozen stress set: 400 synthetic scans with their truth, the same ones wherever the command runs.

What a new model is chosen by: written before any training, and never changed after. The committed list says for each
scan its stratum, head, anatomy and a hash of its voxels; the images themselves are drawn, never stored here.
"""

import hashlib
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from Training.synthesis.anatomy import SPACING_MM, Anatomy, draw_anatomy
from Training.synthesis.contrast import Contrast, draw_contrast
from Training.synthesis.head import Head, Side, read_head
from Training.synthesis.render import Acquisition, draw_acquisition, render
from Training.synthesis.shapes import Point
from Training.synthesis.strata import ANATOMIES, StressScan, stratum_named, stress_scans
from Training.synthesis.tissues import target_labels
from Training.synthesis.warp import Degrees, Turned, turned
from VSSegmentationLib.csv_rows import csv_text
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.geometry import Affine, AxisOrder, as_affine, transform_points
from VSSegmentationLib.imageio import write_image, write_segmentation
from VSSegmentationLib.labels import Label
from VSSegmentationLib.volume import Volume, reorder

LIST = Path(__file__).with_name("stress_set.csv")
COLUMNS = ("number", "stratum", "modality", "head", "family", "anatomy", "sha256")
_SEED = 20261130
_FAMILIES = ("tumor", "cystic", "lobed", "none")
_LPS = AxisOrder(permutation=(0, 1, 2), flipped=(False, True, True))
_TILTED_DHW = (96, 136, 232)
"""Fine voxels of a turned scan: what the skull base fills at most turns."""
_WHITE = 1000.0
_PARTS = (Label.EXTRAMEATAL, Label.INTRAMEATAL)
Landmark = Literal["porus", "fundus"]
"""Of a canal; that of the fundus is its tip."""

_TWIN = "_straight"


class _Place(NamedTuple):
    """Where files go, of scans or of straight twins."""

    folder: Path
    straight: bool

    def hash_file(self, scan: StressScan) -> Path:
        return self.folder / f"{scan.number:03d}{_TWIN if self.straight else ''}.sha256"


class DrawnScan(NamedTuple):
    """Image (int16) and truth (uint8) on one grid, rows and columns as a scanner has them."""

    image: Volume
    truth: Volume

    @property
    def sha256(self) -> str:
        """8 digits of the hash of the truth and its place, then 8 of the hash of the image's voxels."""
        truth = hashlib.sha256(np.ascontiguousarray(self.truth.array).tobytes())
        truth.update(np.ascontiguousarray(np.round(self.truth.dhw_to_ras, 6)).tobytes())
        image = hashlib.sha256(np.ascontiguousarray(self.image.array).tobytes())
        return truth.hexdigest()[:8] + image.hexdigest()[:8]


def draw_stress_scan(scan: StressScan, anatomy: Anatomy, *, straight: bool = False) -> DrawnScan:
    """Return one scan of the set, rendered from its anatomy; if it is tilted, `straight` gives it without its tilt.

    A straight twin has the same anatomy, tissues' signal and acquisition, and is no part of the set.
    """
    posed = _pose(scan, anatomy, straight=straight)
    rng, tissues, step = posed.rng, posed.tissues, posed.slice_step
    contrast, acquisition = posed.contrast, posed.acquisition
    image = render(rng, tissues, SPACING_MM, contrast, acquisition, slice_step=step)
    truth = slab_truth(target_labels(tissues), step)
    scaled = np.clip(np.round(image * _WHITE), 0, 32767).astype(np.int16)
    if stratum_named(scan.stratum).narrow:
        box = _narrow_box(rng, anatomy, scaled.shape, step)
        scaled, truth = scaled[box], truth[box]
    grid = centered_grid(truth.shape, step)
    return DrawnScan(reorder(Volume(scaled, grid), _LPS), reorder(Volume(truth, grid), _LPS))


def landmarks_of_scan(scan: StressScan, anatomy: Anatomy) -> dict[tuple[Side, Landmark], Point] | None:
    """Return where the pori and the tips of the fundi lie in a scan of the set, RAS in mm, without drawing it.

    None of a narrow scan: where it was cut out stands in no file.
    """
    if stratum_named(scan.stratum).narrow:
        return None
    posed = _pose(scan, anatomy, straight=False)
    step = posed.slice_step
    shape = (posed.tissues.shape[0] // step, *posed.tissues.shape[1:])
    affine = centered_grid(shape, step)
    found: dict[tuple[Side, Landmark], Point] = {}
    for ear in anatomy.ears:
        places: dict[Landmark, Point] = {"porus": ear.porus, "fundus": ear.fundus}
        for landmark, place in places.items():
            d, h, w = posed.place_of(place) / SPACING_MM
            found[ear.side, landmark] = transform_points(affine, np.array([(d - (step - 1) / 2) / step, h, w]))
    return found


class _Posed(NamedTuple):
    """An anatomy as it lies in the scanner, and how it is going to be taken."""

    rng: np.random.Generator
    """Goes on with the image."""
    tissues: NDArray[np.uint8]
    turned: Turned | None
    contrast: Contrast
    acquisition: Acquisition
    slice_step: int
    """Fine slices in one of the scan."""

    def place_of(self, point: Point) -> Point:
        return point if self.turned is None else self.turned.place_of(point, SPACING_MM)


def _pose(scan: StressScan, anatomy: Anatomy, *, straight: bool) -> _Posed:
    stratum = stratum_named(scan.stratum)
    rng = np.random.default_rng([_SEED, 2, scan.number])
    tissues, part = anatomy.tissues, None
    if stratum.tilted:
        middle, tilt = (np.array(tissues.shape) - 1) / 2, draw_tilt(rng)
        part = turned(tissues, (0.0, 0.0, 0.0) if straight else tilt, middle, _TILTED_DHW)
        tissues = part.tissues
    contrast = draw_contrast(rng, scan.modality, stratum.contrast)
    acquisition = draw_acquisition(rng, stratum.acquisition)
    step = round(acquisition.slice_mm / SPACING_MM)
    return _Posed(rng, tissues[: tissues.shape[0] // step * step], part, contrast, acquisition, step)


def centered_grid(shape: tuple[int, ...], step: int) -> Affine:
    """Return where slices `step` fine ones thick lie: axes to superior, anterior, right, the middle at the origin."""
    affine = np.eye(4)
    affine[:3, :3] = np.array([[0, 0, 1], [0, 1, 0], [1, 0, 0]]) * (step * SPACING_MM, SPACING_MM, SPACING_MM)
    affine[:3, 3] = -affine[:3, :3] @ (np.array(shape) - 1) / 2
    return as_affine(affine)


def draw_tilt(rng: np.random.Generator) -> Degrees:
    """Return turns about D, H, W: pitch of 8 to 25 degrees in half of all, else roll or yaw of 8 to 15; either way."""
    sign = 1.0 if rng.random() < 0.5 else -1.0
    kind = rng.random()
    if kind < 0.5:
        return 0.0, 0.0, sign * float(rng.uniform(8, 25))
    turn = sign * float(rng.uniform(8, 15))
    return (0.0, turn, 0.0) if kind < 0.75 else (turn, 0.0, 0.0)


def slab_truth(labels: NDArray[np.uint8], step: int) -> NDArray[np.uint8]:
    """Return labels of slices `step` fine ones thick: a voxel is what fills half of it, in a tumor its main part."""
    count = labels.shape[0] // step
    slabs = labels[: count * step].reshape(count, step, *labels.shape[1:])
    filled = {label: (slabs == label).sum(axis=1) for label in (*_PARTS, Label.COCHLEA)}
    truth = np.zeros((count, *labels.shape[1:]), dtype=np.uint8)
    truth[2 * filled[Label.COCHLEA] >= step] = Label.COCHLEA
    extra, intra = filled[Label.EXTRAMEATAL], filled[Label.INTRAMEATAL]
    tumor = 2 * (extra + intra) >= step
    truth[tumor] = np.where(extra >= intra, Label.EXTRAMEATAL, Label.INTRAMEATAL)[tumor]
    return truth


def _narrow_box(
    rng: np.random.Generator, anatomy: Anatomy, shape: tuple[int, ...], step: int
) -> tuple[slice, slice, slice]:
    """Return a field of view of 26 to 36 x 44 to 60 x 44 to 60 mm round an ear: that with a tumor, if there is one."""
    ear = anatomy.tumors[0].ear if anatomy.tumors else anatomy.ears[int(rng.integers(2))]
    inward = np.sign(np.array(shape[2]) * SPACING_MM / 2 - ear.porus[2])
    center = ear.porus + np.array([0, 0, 5 * inward]) + rng.normal(0, (2, 3, 3))
    box = []
    for middle, (least, most), n, mm in zip(
        center, ((26, 36), (44, 60), (44, 60)), shape, (step * SPACING_MM, SPACING_MM, SPACING_MM), strict=True
    ):
        size = round(rng.uniform(least, most) / mm)
        start = int(np.clip(round(middle / mm - size / 2), 0, max(n - size, 0)))
        box.append(slice(start, min(start + size, n)))
    return box[0], box[1], box[2]


def stress_anatomy(scan: StressScan, head: Head) -> Anatomy:
    """Return the anatomy that a scan of the set is rendered from: a pure function of its family and number."""
    rng = np.random.default_rng([_SEED, 1, _FAMILIES.index(scan.family), scan.anatomy])
    return draw_anatomy(rng, head, ANATOMIES[scan.family])


def write_stress_set(
    heads: Path,
    folder: Path,
    *,
    numbers: Sequence[int] | None = None,
    straight: bool = False,
    processes: int = 1,
    on_progress: Callable[[float, str], None] | None = None,
) -> dict[int, str]:
    """Draw scans of the set; return their hashes. Files that the folder holds are kept: a second call goes on.

    Args:
        heads: Folder with the head label maps, in whatever sub-folders.
        folder: Where `NNN_image.nii.gz`, `NNN_truth.nii.gz` and `NNN.sha256` go.
        numbers: Of the scans wanted; None draws all.
        straight: Draw the straight twins of those that are tilted, `NNN_straight_image.nii.gz` and so on, instead.
        processes: How many draw at the same time.
        on_progress: Told the share done and a sentence.

    Raises:
        UsageError: If a head label map is missing.
    """
    wanted = [scan for scan in stress_scans() if numbers is None or scan.number in set(numbers)]
    if straight:
        wanted = [scan for scan in wanted if stratum_named(scan.stratum).tilted]
    files = {path.name: path for path in sorted(heads.rglob("*.nii.gz"))}
    missing = sorted({scan.head for scan in wanted} - set(files))
    if missing:
        msg = f"the stress set is drawn from {len(set(missing))} head label maps that are not there: {missing[0]} ..."
        raise UsageError(msg)
    folder.mkdir(parents=True, exist_ok=True)
    groups = [list(group) for _, group in groupby(sorted(wanted, key=_group), key=_group)]
    done = 0
    for group in _drawn(groups, files, _Place(folder, straight), processes):
        done += len(group)
        if on_progress is not None:
            on_progress(done / len(wanted), f"{done} of {len(wanted)} {'straight twins' if straight else 'scans'}")
    return {scan.number: _Place(folder, straight).hash_file(scan).read_text(encoding="ascii") for scan in wanted}


def _group(scan: StressScan) -> tuple[str, str, int]:
    return scan.head, scan.family, scan.anatomy


def _drawn(
    groups: list[list[StressScan]], files: dict[str, Path], place: _Place, processes: int
) -> Iterator[list[StressScan]]:
    """Yield each group of scans of one anatomy as it is drawn."""
    if processes == 1:
        for group in groups:
            _write_group(group, files[group[0].head], place)
            yield group
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, initializer=torch.set_num_threads, initargs=(1,)) as workers:
        jobs = {workers.submit(_write_group, group, files[group[0].head], place): group for group in groups}
        for job in as_completed(jobs):
            job.result()
            yield jobs[job]


def _write_group(group: list[StressScan], head: Path, place: _Place) -> None:
    missing = [scan for scan in group if not place.hash_file(scan).is_file()]
    if not missing:
        return
    anatomy = stress_anatomy(missing[0], _read_once(head))
    for scan in missing:
        drawn = draw_stress_scan(scan, anatomy, straight=place.straight)
        image, truth = stress_files(place.folder, scan.number, straight=place.straight)
        write_image(image, drawn.image)
        write_segmentation(truth, drawn.truth)
        place.hash_file(scan).write_text(drawn.sha256, encoding="ascii")  # the last: what has one is whole


@lru_cache(maxsize=1)
def _read_once(head: Path) -> Head:
    return read_head(head)


def stress_files(folder: Path, number: int, *, straight: bool = False) -> tuple[Path, Path]:
    """Return where image and truth of a scan are, or those of its straight twin."""
    name = f"{number:03d}{_TWIN if straight else ''}"
    return folder / f"{name}_image.nii.gz", folder / f"{name}_truth.nii.gz"


def listed_hashes() -> dict[int, str]:
    """Return the hashes of the committed list, by number; scans whose hash has not been written yet are left out."""
    lines = LIST.read_text(encoding="utf-8").splitlines()[1:]
    listed = {int(line.split(",")[0]): line.rsplit(",", 1)[1] for line in lines}
    return {number: value for number, value in listed.items() if value}


def list_text(hashes: dict[int, str]) -> str:
    """Return the list of the set as a table; a scan without a hash has an empty cell."""
    rows = [{**scan._asdict(), "sha256": hashes.get(scan.number)} for scan in stress_scans()]
    return csv_text(COLUMNS, rows, line_end="\n")
