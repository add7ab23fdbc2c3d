"""How steady the answer is: about forty variants of each real scan, segmented anew and brought back onto the scan.

python -m benchmarks.stability ../shared/data [--looks default ...] [--model T2=NAME_OR_FILE ceT1=...] [--case NAME ...]
                               [--group NAME ...] [--cache cache/stability] [--out docs/experiments]

Of every variant of stability_variants.toml: Dice with the reference, where there is one, and the agreement with the
answer of the scan as it is (Dice of the two answers), which needs no reference. The scans are for measuring only.
Each answer is kept under the model, the looks, the case and the variant, so that a run that was stopped goes on, and
a page is made of what is there. A changed program is not noticed: remove the folder then.
"""

import argparse
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.real_cases import truth_of
from benchmarks.stability_page import page
from benchmarks.stability_variants import Made, Variant, back_on_scan, make_variant, read_variants
from VSSegmentationLib import geometry
from VSSegmentationLib.evaluation import dice
from VSSegmentationLib.imageio import read_scan, read_volume
from VSSegmentationLib.inference import LooksConfig, Models, load_model, locate_pori, segment
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS
from VSSegmentationLib.models import default_model, find_model
from VSSegmentationLib.preprocessing import box_around, grid_of
from VSSegmentationLib.volume import Volume, crop, reorder

LOOKS = {
    "default": None,
    "aligned": LooksConfig(aligned=True, turn_deg=0, every_ear=True),
    "turned": LooksConfig(),
    "turned and aligned": LooksConfig(aligned=True),
    "turned and recentered": LooksConfig(recentered=True),
}
"""What is compared."""
_HEAD_MM = (100.0, 150.0, 150.0)
"""Of a whole head the part round the pori that a skull base scan shows; variants of all of it would take hours."""


@dataclass(frozen=True)
class Case:
    name: str
    image: str
    truth: str | None
    modality: str


CASES = (
    Case("vs_gk_95", "vs_gk/vs_gk_95_t2.nii.gz", "vs_gk/vs_gk_95_t2_seg.nii.gz", "T2"),
    Case("vs_gk_98", "vs_gk/vs_gk_98_t2.nii.gz", "vs_gk/vs_gk_98_t2_seg_unverified.nii.gz", "T2"),
    Case("vs_gk_99", "vs_gk/vs_gk_99_t1.nii.gz", "vs_gk/vs_gk_99_t1_seg.nii.gz", "ceT1"),
    Case("vs_seg_001", "vs_seg_001/ceT1_dicom", "vs_seg_001/rtstruct/VS-SEG-001_RTSTRUCT_T2.dcm", "ceT1"),
    Case("head_t2", "head_t2/T2.nii.gz", None, "T2"),
)


class Answer(NamedTuple):
    """What was found in one variant, on the grid of the scan."""

    mask: NDArray[np.bool_]
    shown: NDArray[np.bool_]
    """Where the variant shows anything."""
    seconds: float


@dataclass(frozen=True)
class Row:
    """One variant of one case, seen with one kind of looks."""

    model: str
    looks: str
    case: str
    group: str
    variant: str
    agreement: float
    """Dice with the answer of the scan as it is; 1 where both found nothing."""
    found_mm3: float
    seconds: float
    dice: float | None
    """With the reference; None where there is none."""


@dataclass(frozen=True)
class Seen:
    """One case, seen by the models of its modality with one kind of looks."""

    case: Case
    models: Models
    looks: str
    cache: Path
    """Where its answers are kept."""

    def file(self, variant: Variant) -> Path:
        return self.cache / f"{hashlib.sha256(repr(variant).encode()).hexdigest()[:12]}.npz"


class Measured(NamedTuple):
    """A scan with its reference, axes to superior, anterior, right."""

    scan: Volume
    truth: NDArray[np.bool_] | None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--looks", nargs="*", choices=LOOKS, default=["default"])
    parser.add_argument("--model", nargs="*", default=[], metavar="MODALITY=NAME_OR_FILE")
    parser.add_argument("--case", nargs="*", default=[case.name for case in CASES])
    parser.add_argument("--group", nargs="*", default=None, help="of variants; the scan as it is always comes along")
    parser.add_argument("--variant", nargs="*", default=None, help="by name; the scan as it is always comes along")
    parser.add_argument("--cache", type=Path, default=Path("cache/stability"))
    parser.add_argument("--only-cached", action="store_true", help="compute nothing, take what is there")
    parser.add_argument("--out", type=Path, help="folder for stability.md and stability.json")
    options = parser.parse_args()
    variants = [v for v in read_variants() if _wanted(v, options.group, options.variant)]
    rows, models = [], models_named(options.model)
    for case in (case for case in CASES if case.name in options.case):
        own, measured = models[case.modality], None
        for looks in options.looks:
            cache = options.cache / own.segmenter.sha256[:12] / looks.replace(" ", "_") / case.name
            if not options.only_cached:
                measured = measured or read_case(case, options.data, own)
            for row in rows_of(Seen(case, own, looks, cache), variants, measured):
                rows.append(row)
                print(json.dumps(asdict(row)), flush=True)
    if options.out is not None:
        names = {m: f"{b.segmenter.name} version {b.segmenter.version}" for m, b in models.items()}
        (options.out / "stability.md").write_text(page([asdict(row) for row in rows], names), encoding="utf-8")


def _wanted(variant: Variant, groups: Sequence[str] | None, names: Sequence[str] | None) -> bool:
    if variant.group == "straight":
        return True
    return (groups is None or variant.group in groups) and (names is None or variant.name in names)


def models_named(chosen: Sequence[str]) -> dict[str, Models]:
    """Return the models of both modalities: the default ones, or those named as MODALITY=NAME_OR_FILE."""
    named = dict(each.split("=", 1) for each in chosen)
    return {modality: _models(named.get(modality) or default_model(modality)) for modality in ("T2", "ceT1")}


def _models(name: str) -> Models:
    segmenter = load_model(find_model(name))
    return Models(segmenter=segmenter, locator=load_model(find_model(str(segmenter.locator_name))))


def read_case(case: Case, data: Path, models: Models) -> Measured:
    """Return a scan and its reference, a whole head cut down to the skull base."""
    path = data / case.image
    image = read_scan(path).volume if path.is_dir() else read_volume(path)
    order = geometry.superior_anterior_right_order(image.dhw_to_ras)
    scan = reorder(image, order)
    truth = None if case.truth is None else reorder(truth_of(data / case.truth, image), order)
    assert models.locator is not None
    pori = locate_pori(scan, models.locator).pori
    r, a, s = np.mean(pori.centers_ras_mm(), axis=0).tolist()
    box = box_around(grid_of(scan), (r, a, s), _HEAD_MM)
    return Measured(
        crop(scan, box.start, box.stop), None if truth is None else crop(truth, box.start, box.stop).array > 0
    )


def rows_of(seen: Seen, variants: Sequence[Variant], measured: Measured | None) -> Iterator[Row]:
    """Yield the figures of all variants, the scan as it is first; what is not kept is computed if there is a scan."""
    straight: NDArray[np.bool_] | None = None
    for variant in variants:
        file = seen.file(variant)
        if not file.is_file() and measured is not None:
            _keep(file, seen, variant, measured)
        if not file.is_file():
            if straight is None:
                return  # nothing to agree with
            continue
        kept = np.load(file)
        mask, shown, truth = (
            np.unpackbits(kept[key])[: kept["size"]].astype(bool) for key in ("mask", "shown", "truth")
        )
        straight = mask if straight is None else straight
        yield Row(
            model=seen.models.segmenter.name,
            looks=seen.looks,
            case=seen.case.name,
            group=variant.group,
            variant=variant.name,
            agreement=_same(mask, straight & shown),
            found_mm3=float(mask.sum() * kept["voxel_mm3"]),
            seconds=float(kept["seconds"]),
            dice=_same(mask, truth & shown) if seen.case.truth is not None else None,
        )


def _same(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    return dice(first, second) if first.any() or second.any() else 1.0


def _keep(file: Path, seen: Seen, variant: Variant, measured: Measured) -> None:
    made = make_variant(measured.scan, variant)
    answer = _answer(made, seen, measured.scan)
    truth = np.zeros(answer.mask.shape, np.bool_) if measured.truth is None else measured.truth
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(".partial.npz")
    np.savez_compressed(
        fresh,
        **{
            key: np.packbits(value) for key, value in (("mask", answer.mask), ("shown", answer.shown), ("truth", truth))
        },
        size=answer.mask.size,
        seconds=answer.seconds,
        voxel_mm3=geometry.voxel_volume_mm3(measured.scan.dhw_to_ras),
    )
    fresh.replace(file)


def _answer(made: Made, seen: Seen, scan: Volume) -> Answer:
    begin = perf_counter()
    result = segment(made.volume, seen.models, modality=seen.case.modality, looks=LOOKS[seen.looks])
    seconds = perf_counter() - begin
    tumor = result.labelmap.with_array(VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(result.labelmap.array))
    return Answer(*back_on_scan(tumor, made, grid_of(scan)), seconds)


if __name__ == "__main__":
    main()
