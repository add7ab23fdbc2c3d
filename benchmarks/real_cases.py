"""Measure a model on the real scans of the data folder: Dice, surface distance, volume, false tumor, seconds.

python benchmarks/real_cases.py DATA [--model NAME_OR_FILE] [--flips] [--card [--chosen-without]] [--out FOLDER]

The scans are for measuring only; none of them is part of the repository, and nothing was ever trained on them.
"""

import argparse
import json
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from VSSegmentationLib.errors import VSSegmentationError
from VSSegmentationLib.evaluation import (
    average_symmetric_surface_distance_mm,
    dice,
    hausdorff95_mm,
    relative_volume_error,
)
from VSSegmentationLib.geometry import voxel_volume_mm3
from VSSegmentationLib.imageio import read_rtstruct_roi, read_scan, read_volume
from VSSegmentationLib.inference import Models, load_model, segment
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS
from VSSegmentationLib.models import Accuracy, card_path, default_model, find_model, read_card, write_card
from VSSegmentationLib.volume import Volume


@dataclass(frozen=True)
class Case:
    name: str
    image: str
    truth: str | None
    modality: str
    note: str = ""


NOT_CHOSEN_BY = "not used for choosing"
"""Said of scans that weights were looked at with once, after they had been chosen."""
CASES = (
    Case("vs_gk_95", "vs_gk/vs_gk_95_t2.nii.gz", "vs_gk/vs_gk_95_t2_seg.nii.gz", "T2"),
    Case("vs_gk_98", "vs_gk/vs_gk_98_t2.nii.gz", "vs_gk/vs_gk_98_t2_seg_unverified.nii.gz", "T2",
         "reference may be a pseudo-label"),
    Case("vs_gk_1", "vs_seg_001/t2_crop/vs_gk_1_t2.nii.gz", "vs_seg_001/t2_crop/vs_gk_1_gt.nii.gz", "T2",
         "23 mm crop round the tumor"),
    Case("head_t2", "head_t2/T2.nii.gz", None, "T2", "no tumor"),
    Case("normal_ear_t2", "normal_ear_t2/vol_ie_L.nii.gz", None, "T2", "no tumor; 20 mm high"),
    Case("vs_gk_99", "vs_gk/vs_gk_99_t1.nii.gz", "vs_gk/vs_gk_99_t1_seg.nii.gz", "ceT1"),
    Case("vs_seg_001", "vs_seg_001/ceT1_dicom", "vs_seg_001/rtstruct/VS-SEG-001_RTSTRUCT_T2.dcm", "ceT1",
         "whole head; contours drawn on T2"),
    Case("other_tumour_cet1", "other_tumour_cet1/brain1_image.nrrd", None, "ceT1", "another tumor"),
)  # fmt: skip


def measure_case(case: Case, data: Path, models: Models, *, flips: bool) -> dict[str, object]:
    path = data / case.image
    image = read_scan(path).volume if path.is_dir() else read_volume(path)
    other = "another modality" if case.modality != models.segmenter.modality else ""
    row: dict[str, object] = {"case": case.name, "note": "; ".join(filter(None, (case.note, other))), "read": "yes"}
    try:
        read_scan(data / case.image)
    except VSSegmentationError as error:
        row["read"] = f"refused ({error}); segmented here all the same"
    begin = time.perf_counter()
    result = segment(image, models, modality=case.modality, flips=flips)
    row["seconds"] = time.perf_counter() - begin
    found = VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(result.labelmap.array)
    unseen = [side for side in ("right", "left") if any(f"{side} ear lies mostly" in each for each in result.warnings)]
    if unseen and not found.any():
        row["note"] = f"{row['note']}; not judged, as mostly outside: {' and '.join(unseen)} ear"
    voxel_cm3 = voxel_volume_mm3(image.dhw_to_ras) / 1000
    row["volume_cm3"] = float(found.sum()) * voxel_cm3
    row["intrameatal_cm3"] = float((result.labelmap.array == 2).sum()) * voxel_cm3
    row["candidates"] = [round(c.volume_mm3 / 1000, 3) for c in result.candidates[:3]]
    if case.truth is not None:
        row.update(compared(found, truth_of(data / case.truth, image), voxel_cm3))
    return row


def truth_of(path: Path, image: Volume) -> Volume:
    return read_rtstruct_roi(path, "TV", image) if path.suffix == ".dcm" else read_volume(path)


def compared(found: np.ndarray, truth: Volume, voxel_cm3: float) -> dict[str, object]:
    mask = np.asarray(truth.array > 0)
    values: dict[str, object] = {
        "dice": dice(found, mask),
        "reference_cm3": float(mask.sum()) * voxel_cm3,
        "volume_error": relative_volume_error(found, mask),
    }
    if found.any():
        values["assd_mm"] = average_symmetric_surface_distance_mm(found, mask, truth.spacing_dhw_mm)
        values["hd95_mm"] = hausdorff95_mm(found, mask, truth.spacing_dhw_mm)
    return values


def table(rows: list[dict[str, object]]) -> str:
    columns = ("case", "dice", "assd_mm", "hd95_mm", "volume_cm3", "reference_cm3", "intrameatal_cm3", "candidates",
               "seconds", "note")  # fmt: skip
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    for row in rows:
        cells = [row.get(column, "") for column in columns]
        lines.append("| " + " | ".join(f"{c:.3f}" if isinstance(c, float) else str(c) for c in cells) + " |")
    return "\n".join(lines)


def card_values(rows: list[dict[str, object]], said: str = "") -> tuple[Accuracy, ...]:
    values = []
    for row in ({**row, "note": "; ".join(filter(None, (str(row["note"]), said)))} for row in rows):
        for key, measure, unit in (("dice", "Dice", ""), ("assd_mm", "ASSD", "mm"), ("volume_error", "RVE", "")):
            if isinstance(row.get(key), float):
                values.append(_accuracy(row, measure, row[key], unit))
        if "dice" not in row:
            values.append(_accuracy(row, "false tumor volume", row["volume_cm3"], "cm3"))
    return tuple(values)


def _accuracy(row: dict[str, object], measure: str, value: object, unit: str) -> Accuracy:
    return Accuracy(
        data=str(row["case"]), measure=measure, value=round(float(value), 4), unit=unit, note=str(row["note"])
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model")
    parser.add_argument("--flips", action="store_true")
    parser.add_argument("--card", action="store_true", help="write the values into the model's card")
    parser.add_argument(
        "--chosen-without",
        action="store_true",
        help="say on the card that these scans took no part in choosing weights",
    )
    parser.add_argument("--out", type=Path, help="folder for real_cases.md and real_cases.json")
    options = parser.parse_args()
    path = find_model(options.model or default_model("T2"))
    segmenter = load_model(path)
    locator = None if segmenter.locator_name is None else load_model(find_model(segmenter.locator_name))
    models = Models(segmenter=segmenter, locator=locator)
    rows = []
    for case in CASES:
        rows.append(measure_case(case, options.data, models, flips=options.flips))
        print(json.dumps(rows[-1], default=str), flush=True)
    text = table(rows)
    print(text)
    if options.out is not None:
        options.out.mkdir(parents=True, exist_ok=True)
        head = (
            f"# Real cases\n\nModel `{segmenter.name}` version {segmenter.version}, SHA-256 `{segmenter.sha256}`.\n\n"
        )
        named = f" --model {segmenter.name}" if options.model else ""
        chosen = " --chosen-without" if options.chosen_without else ""
        how = (
            f"Made by `python benchmarks/real_cases.py ../shared/data{named} --card{chosen} --out docs/experiments`.\n"
        )
        stem = "real_cases" if segmenter.modality == "T2" else f"real_cases_{segmenter.modality.lower()}"
        (options.out / f"{stem}.md").write_text(head + text + "\n\n" + how, encoding="utf-8")
    if options.card:
        card = read_card(card_path(path))
        write_card(
            card_path(path), replace(card, accuracy=card_values(rows, NOT_CHOSEN_BY if options.chosen_without else ""))
        )


if __name__ == "__main__":
    main()
