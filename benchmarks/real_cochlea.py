"""The cochlea on real ears: its closed volume on a normal one, its place beside a clinician's contour.

python -m benchmarks.real_cochlea ../shared/data [--model T2=NAME_OR_FILE ceT1=NAME_OR_FILE] [--out FOLDER]

`normal_ear_t2` (left ear, 0.2 mm): the mask closed by 1.2 mm, holes filled, has 60 to 115 mm3; FOLDER gets a picture to
look at. `vs_seg_001` (ceT1): the middle of the cochlea lies within 1.5 mm of that of the clinician's contour. A model
without a cochlea says so. The scans are for measuring only.
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from benchmarks.stability import models_named
from Training.pictures import Tile, write_sheet
from VSSegmentationLib import geometry
from VSSegmentationLib.connected import largest_piece
from VSSegmentationLib.imageio import read_rtstruct_roi, read_scan, read_volume
from VSSegmentationLib.inference import Models, segment
from VSSegmentationLib.labels import Label
from VSSegmentationLib.volume import Volume, reorder

CLOSED_MM3, APART_MM = (60.0, 115.0), 1.5
_CLOSED_BY_MM = 1.2
_NEAR_MM = 15.0
"""Of two cochleae the one within this of the contour is compared with it."""


def closed_mm3(mask: NDArray[np.bool_], spacing_dhw_mm: tuple[float, float, float]) -> float:
    """Return the volume of a mask closed by 1.2 mm, its holes filled: what compares with labels drawn by hand."""
    pad = [int(np.ceil(_CLOSED_BY_MM / step)) + 1 for step in spacing_dhw_mm]
    padded = np.pad(mask, [(n, n) for n in pad])
    grown = ndimage.distance_transform_edt(~padded, spacing_dhw_mm) <= _CLOSED_BY_MM
    closed = (ndimage.distance_transform_edt(grown, spacing_dhw_mm) > _CLOSED_BY_MM) | padded
    return float(ndimage.binary_fill_holes(closed).sum() * np.prod(spacing_dhw_mm))


def middle_ras_mm(mask: NDArray[np.bool_], dhw_to_ras: NDArray[np.float64]) -> NDArray[np.float64]:
    return geometry.transform_points(dhw_to_ras, np.argwhere(mask).mean(axis=0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", nargs="*", default=[], metavar="MODALITY=NAME_OR_FILE")
    parser.add_argument("--out", type=Path, help="folder for normal_ear_cochlea.png")
    options = parser.parse_args()
    models = models_named(options.model)
    for modality, own in models.items():
        if Label.COCHLEA not in own.segmenter.labels:
            print(
                f"{own.segmenter.name} version {own.segmenter.version} ({modality}): the cochlea is not in this model"
            )
        elif modality == "T2":
            _normal_ear(options.data, own, options.out)
        else:
            _beside_a_contour(options.data, own)


def _normal_ear(data: Path, models: Models, out: Path | None) -> None:
    scan = read_volume(data / "normal_ear_t2" / "vol_ie_L.nii.gz")
    mask = _cochlea(scan, models, "T2")
    if not mask.any():
        print("normal_ear_t2: no cochlea was found (wanted: 60 to 115 mm3)")
        return
    own = largest_piece(mask)
    closed = closed_mm3(own, scan.spacing_dhw_mm)
    right = CLOSED_MM3[0] <= closed <= CLOSED_MM3[1]
    print(f"normal_ear_t2: closed {closed:.0f} mm3, as found {own.sum() * np.prod(scan.spacing_dhw_mm):.0f} mm3, "
          f"{'within' if right else 'NOT within'} 60 to 115 mm3")  # fmt: skip
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        _draw(scan, own, out / "normal_ear_cochlea.png")


def _beside_a_contour(data: Path, models: Models) -> None:
    folder = data / "vs_seg_001"
    scan = read_scan(folder / "ceT1_dicom").volume
    truth = read_rtstruct_roi(folder / "rtstruct" / "VS-SEG-001_RTSTRUCT_T2.dcm", "Cochlea", scan).array > 0
    there = middle_ras_mm(truth, scan.dhw_to_ras)
    found = _cochlea(scan, models, "ceT1")
    near = np.linalg.norm(geometry.transform_points(scan.dhw_to_ras, np.argwhere(found)) - there, axis=1) <= _NEAR_MM
    if not near.any():
        print(f"vs_seg_001: no cochlea was found within {_NEAR_MM:.0f} mm of the contour")
        return
    here = geometry.transform_points(scan.dhw_to_ras, np.argwhere(found)[near].mean(axis=0))
    apart = float(np.linalg.norm(here - there))
    verdict = "within" if apart <= APART_MM else "NOT within"
    print(f"vs_seg_001: middle {apart:.2f} mm from that of the contour, {verdict} {APART_MM} mm")


def _cochlea(scan: Volume, models: Models, modality: str) -> NDArray[np.bool_]:
    return np.asarray(segment(scan, models, modality=modality).labelmap.array == Label.COCHLEA)


def _draw(scan: Volume, mask: NDArray[np.bool_], path: Path) -> None:
    """Write every second millimeter of the cochlea, axial, with its outline."""
    order = geometry.superior_anterior_right_order(scan.dhw_to_ras)
    image, own = reorder(scan, order), reorder(scan.with_array(mask.astype(np.uint8)), order)
    slices = np.flatnonzero(own.array.any(axis=(1, 2)))[:: max(1, round(1.0 / image.spacing_dhw_mm[0]))]
    low, high = np.percentile(image.array, (1, 99.5)).tolist()
    scored = (image.array - low) / (high - low) * 4 - 2
    write_sheet(
        [Tile(scored[n], Label.COCHLEA * own.array[n], f"slice {n}") for n in slices], path, 4, (2.0, 2.0),
    )  # fmt: skip


if __name__ == "__main__":
    main()
