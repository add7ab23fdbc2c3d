"""A table of the sizes of drawn ears beside published ones and a real ear's."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from Training.synthesis.anatomy import SPACING_MM, Anatomy, AnatomyConfig, draw_anatomy
from Training.synthesis.ear import Ear
from Training.synthesis.ear_measures import EarParts, measure
from Training.synthesis.head import outward, read_head
from Training.synthesis.porus import lips_of
from Training.synthesis.tissues import HARD, Tissue
from VSSegmentationLib.errors import InputRefusedError

_SEED = 2027
_FINER = 2
"""Label maps of 0.5 mm are measured at 0.25 mm, nearest."""
_ROOM_MM = 11.0


class Row(NamedTuple):
    """What is wanted of one size."""

    wanted: str
    least: float
    most: float


ROWS: dict[str, Row] = {
    "length": Row("10.5 ± 1.6", 7, 15),
    "mid AP": Row("4.5 ± 0.8", 2.8, 7),
    "mid CC": Row("4.8 ± 0.8", 2.8, 7),
    "porus AP": Row("7.3 ± 1.6", 4, 12),
    "porus CC": Row("4.7 ± 0.8", 3, 7),
    "lips apart along the axis": Row("5.8", 3, 9),
    "canal volume": Row("270 ± 90", 74, 502),
    "cochlea, fluid": Row("65 ± 8", 45, 95),
    "cochlea, closed": Row("85 ± 10", 60, 115),
    "cochlea A": Row("9.2", 8.4, 10.4),
    "cochlea B": Row("6.5", 5.5, 7.5),
    "cochlea H": Row("4.9", 2.8, 6.9),
    "cochlea center, superior of the tip": Row("-3.0 ± 0.7", -5.5, -1.0),
    "cochlea center, anterior of the tip": Row("2.9 ± 0.7", 0.8, 5.5),
    "cochlea center, lateral of the tip": Row("-3.0 ± 1.0", -7, 0),
    "gap canal to cochlea": Row("0.9 ± 0.3", 0.3, 2),
    "gap canal to vestibule": Row("0.6-1.0", 0.3, 2),
    "vestibule, axial length": Row("5.9", 5.2, 6.6),
    "vestibule, axial width": Row("2.5", 1.8, 3.2),
    "vestibule center, superior of the tip": Row("-1.7", -4, 0.5),
    "vestibule center, anterior of the tip": Row("-2.4", -5, 0),
    "vestibule center, lateral of the tip": Row("1.5", 0, 4),
    "superior canal, radius": Row("3.3 ± 0.3", 2.4, 4.2),
    "posterior canal, radius": Row("3.2 ± 0.3", 2.3, 4.1),
    "lateral canal, radius": Row("2.5 ± 0.3", 1.6, 3.4),
    "superior canal, arc": Row("240", 150, 330),
    "posterior canal, arc": Row("240", 150, 330),
    "lateral canal, arc": Row("240", 150, 330),
    "superior canal, tube": Row("1.1 ± 0.15", 0.8, 1.5),
    "posterior canal, tube": Row("1.1 ± 0.15", 0.8, 1.5),
    "lateral canal, tube": Row("1.1 ± 0.15", 0.8, 1.5),
    "lateral canal, normal leans back": Row("19 ± 7", -5, 45),
}
"""Wanted and allowed, of `measure`'s keys."""


def parts_of(tissues: NDArray[np.uint8], ear: Ear) -> EarParts | None:
    """Return an ear of a tissue map for measuring; None where the bone of a lip is missing."""
    lips = lips_of(tissues, SPACING_MM, ear)
    if lips is None:
        return None
    ends = np.stack([ear.porus, ear.fundus])
    low = np.maximum(np.floor((ends.min(axis=0) - _ROOM_MM) / SPACING_MM), 0).astype(int)
    high = np.ceil((ends.max(axis=0) + _ROOM_MM) / SPACING_MM).astype(int)
    region = tissues[tuple(slice(a, b) for a, b in zip(low, high, strict=True))].copy()
    places = [(a + np.arange(n, dtype=np.float32)) * SPACING_MM for a, n in zip(low, region.shape, strict=True)]
    off = ear.canal(-_ROOM_MM).distance(places[0][:, None, None], places[1][None, :, None], places[2][None, None, :])
    lateral = ear.lateral_of_porus()(places[0][:, None, None], places[1][None, :, None], places[2][None, None, :])
    # A nerve in a bony canal of its own, as the cochlear nerve's, is none of this canal.
    region[(region == Tissue.NERVE) & (off > 0) & (lateral < 0)] = Tissue.BONE
    points = np.stack([ear.at(0.6 * ear.length_mm), *lips]) - low * SPACING_MM
    if outward(ear.side) < 0:
        region = region[:, :, ::-1]
        points[:, 2] = (region.shape[2] - 1) * SPACING_MM - points[:, 2]
    fine = np.kron(region, np.ones((_FINER,) * 3, dtype=np.uint8))
    points = points + SPACING_MM * (1 - 1 / _FINER) / 2  # from centers of voxels to those of the finer ones
    mm = SPACING_MM / _FINER
    fluid = ~np.isin(fine, (*HARD, Tissue.ARTERY, Tissue.VENOUS_SINUS))  # bone to bone, whatever lies between
    return EarParts(mm, fluid, points[0], points[1:], fine == Tissue.COCHLEA, fine == Tissue.LABYRINTH)


def normal_ears(
    heads: Sequence[Path], count: int, on_progress: Callable[[float, str], None] | None = None
) -> tuple[list[dict[str, float]], int]:
    """Return the sizes of `count` ears without tumors, two of each skull base, from all heads in turn.

    And how many ears were drawn but left out, as no bone was found at one of their lips.
    """
    config = AnatomyConfig(tumor_share=0)
    measured: list[dict[str, float]] = []
    left_out = 0
    for number in range(count):
        if len(measured) >= count:
            break
        path = heads[number % len(heads)]
        anatomy = draw_anatomy(np.random.default_rng([_SEED, number]), read_head(path), config)
        found = _of_anatomy(anatomy)
        left_out += len(anatomy.ears) - len(found)
        measured += found
        if on_progress is not None:
            on_progress(min(len(measured) / count, 1.0), f"{len(measured)} ears")
    return measured[:count], left_out


def _of_anatomy(anatomy: Anatomy) -> list[dict[str, float]]:
    found = (parts_of(anatomy.tissues, ear) for ear in anatomy.ears)
    return [measure(parts) for parts in found if parts is not None]


REAL_SEEDS: dict[str, tuple[tuple[int, int, int], ...]] = {
    "canal": ((64, 68, 130), (66, 70, 120), (60, 72, 97), (61, 66, 104), (62, 71, 110), (55, 72, 106), (54, 70, 113),
              (62, 78, 130), (60, 78, 118), (56, 62, 125), (34, 8, 100), (34, 12, 60), (46, 8, 70),
              (58, 15, 90), (66, 10, 80), (78, 8, 80), (70, 20, 105), (86, 8, 80), (95, 10, 60), (20, 8, 80)),
    "cochlea": ((34, 82, 104), (34, 78, 98), (33, 88, 108), (36, 84, 114), (40, 90, 118), (50, 92, 118), (46, 93, 122),
                (45, 91, 104), (57, 90, 106), (50, 98, 104), (45, 100, 104), (44, 90, 110), (52, 86, 98), (56, 88, 114),
                (35, 74, 92), (36, 70, 89)),
    "labyrinth": ((42, 73, 87), (46, 74, 87), (40, 66, 87), (46, 65, 87), (54, 65, 88), (58, 70, 85), (34, 40, 75),
                  (50, 42, 62), (66, 73, 72),
                  (66, 38, 80), (50, 28, 62), (70, 72, 70), (70, 41, 83), (78, 69, 64), (78, 43, 81), (86, 55, 75)),
    "elsewhere": ((50, 75, 107), (46, 77, 108), (43, 77, 107), (52, 73, 100), (48, 76, 102), (48, 84, 109),
                  (66, 93, 87), (62, 92, 88), (36, 122, 126), (90, 140, 120)),
}  # fmt: skip
"""Voxels (D, H, W to the right) marked by hand on the public normal left ear: the nearest claims a voxel."""
_REAL_LIPS = ((64, 77, 170), (64, 53, 143))
_REAL_DEEP = (64, 68, 130)
_REAL_CANAL, _REAL_LABYRINTH = 0.35, 0.5
"""Thresholds in units of cisternal CSF; at the lower one cochlea, vestibule and canal run together."""


def real_parts(path: Path) -> EarParts:
    """Return the public normal ear (left, 0.2 mm, 100 x 150 x 200) for measuring.

    Raises:
        InputRefusedError: If it is another image.
    """
    image = sitk.DICOMOrient(sitk.ReadImage(str(path)), "LPS")
    values = sitk.GetArrayFromImage(image)[:, ::-1, ::-1].astype(np.float32)
    if values.shape != (100, 150, 200) or abs(image.GetSpacing()[0] - 0.2) > 1e-3:
        msg = f"the real ear must be the public one of 100 x 150 x 200 voxels of 0.2 mm, got {values.shape}"
        raise InputRefusedError(msg)
    cistern = values[:, :, 160:]
    csf = float(np.percentile(cistern, 95))
    bright = values > _REAL_CANAL * csf
    seeds = np.array([seed for group in REAL_SEEDS.values() for seed in group])
    groups = np.repeat(np.arange(len(REAL_SEEDS)), [len(group) for group in REAL_SEEDS.values()])
    owner = np.full(values.shape, -1)
    owner[bright] = groups[np.asarray(cKDTree(seeds).query(np.argwhere(bright))[1])]
    owner[:, :, 130:][bright[:, :, 130:]] = 0  # medial of the labyrinth there is canal and cistern alone
    parts = [bright & (owner == number) for number in range(3)]
    lips = np.array(_REAL_LIPS) * 0.2
    points = np.vstack([np.array(_REAL_DEEP) * 0.2, lips])
    points[:, 2] = (values.shape[2] - 1) * 0.2 - points[:, 2]  # left: W to lateral
    parts[1:] = [_largest(part & (values > _REAL_LABYRINTH * csf)) for part in parts[1:]]
    canal, cochlea, labyrinth = (part[:, :, ::-1] for part in parts)
    return EarParts(0.2, canal, points[0], points[1:], cochlea, labyrinth)


def _largest(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    pieces, _ = ndimage.label(mask, np.ones((3, 3, 3)))
    return np.asarray(pieces == 1 + int(np.argmax(np.bincount(pieces.ravel())[1:])))


def size_table(measured: Sequence[dict[str, float]], real: dict[str, float] | None) -> str:
    """Return the table as Markdown: mean, SD, least, most and the share outside the limits of each size."""
    lines = [
        "| size (mm, mm³, degrees) | wanted | limits | mean | SD | least | most | outside | a real ear |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, row in ROWS.items():
        values = np.array([sizes[name] for sizes in measured if np.isfinite(sizes.get(name, np.nan))])
        digits = 0 if values.mean() > 50 else 1 if values.mean() > 12 else 2
        spread = values.std(ddof=1) if len(values) > 1 else np.nan
        outside = float(((values < row.least) | (values > row.most)).mean())
        stated = [f"{v:.{digits}f}" for v in (values.mean(), spread, values.min(), values.max())]
        own = "-" if real is None or not np.isfinite(real.get(name, np.nan)) else f"{real[name]:.{digits}f}"
        limits = f"{row.least:g} to {row.most:g}"
        lines.append(f"| {name} | {row.wanted} | {limits} | {' | '.join(stated)} | {outside:.0%} | {own} |")
    return "\n".join(lines) + "\n"


_PAGE = """# Sizes and places of drawn ears

How large the ears of the synthetic generator are and where their parts lie, measured on its label maps as papers
measure scans, beside published sizes. Written by `python -m Training.synthesis ear-sizes HEADS --out PAGE --real EAR`.

{count} ears without a tumor, two of each skull base, from {heads} heads{left_out}. Maps of {spacing} mm are measured
at {fine} mm (nearest). The canal is filled from bone to bone and cut by the vertical plane through both lips; its
axis is fitted to the middles of its sections; widths halfway are taken in the axial slice (AP) and upright (CC); the
porus is as high as from its roof to its floor, each where it begins, since the opening leans; the tip is the canal's
most lateral voxel. The cochlea is measured as fluid and, closed by 1.2 mm, as the closed shape that hand
labels show; what is marked as *cochlea* for training is the closed shape. A, B and H are extents along principal axes.
Gaps are from face to face of voxels. Circles are fitted to the semicircular canals outside the vestibule; an arc counts
the steps of 10 degrees that hold any of it. Limits of length, widths, volume, cochlea (fluid, closed, A, lateral),
gap to the cochlea, vestibule and tube are those a batch of normal ears is judged by; the others are wide ones of this
page.

{table}
The real ear (one public normal left ear of 0.2 mm, for measuring only) was taken at 0.35 (canal) and 0.5 (labyrinth)
of cisternal CSF; its lips, and the seeds that part canal, cochlea and labyrinth, were marked by hand: a check, not a
distribution. Nerves that touch its canal's wall are not filled, so the canal reads narrower than from bone to bone, and
its vestibule runs together with the canals' ends.

The mean canal volume lies below the 270 mm³ wanted, within its SD: an elliptic tube of 4.5 x 4.8 mm and 10.5 mm length
holds 178 mm³, and a flare to 7.3 mm adds about 30. Length, width and volume were published by different groups, with
different ends of the canal.
"""


def write_page(
    heads: Sequence[Path], count: int, real: Path | None, out: Path, on_progress: Callable[[float, str], None]
) -> None:
    """Measure ears and write the page.

    Args:
        heads: Head label maps.
        count: How many ears.
        real: The public normal ear; None leaves its column empty.
        out: The Markdown file.
        on_progress: Called with the share done and a sentence.

    Raises:
        InputRefusedError: If a head or the real ear will not do.
    """
    own = None if real is None else measure(real_parts(real))
    measured, left_out = normal_ears(heads, count, on_progress)
    page = _PAGE.format(
        count=len(measured),
        heads=len({path.name for path in heads}),
        left_out=f" ({left_out} more were left out, as a lip showed no bone)" if left_out else "",
        spacing=SPACING_MM,
        fine=SPACING_MM / _FINER,
        table=size_table(measured, own),
    )
    out.write_text(page, encoding="utf-8")
