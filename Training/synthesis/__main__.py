"""The command that makes synthetic images: `python -m Training.synthesis --help`."""

import argparse
import logging
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from Training.ending import exit_code_of
from Training.synthesis.anatomy import AnatomyConfig
from Training.synthesis.blind import Crop, crops_of, mixed, score, synthetic_scan, write_test
from Training.synthesis.ear_sizes import write_page
from Training.synthesis.first_looks import FIRST_SYNTHESIS
from Training.synthesis.glioma.sample import write_glioma_sample
from Training.synthesis.head import read_head
from Training.synthesis.pool import write_pool
from Training.synthesis.sample import write_sample
from Training.synthesis.sheet import write_contact_sheet
from Training.synthesis.source import SynthesisConfig, SyntheticSource
from Training.synthesis.spectrum import steepest_drop
from Training.synthesis.speed import patches_a_minute
from Training.synthesis.strata import stress_scans
from Training.synthesis.stress import LIST, list_text, listed_hashes, write_stress_set
from Training.synthesis.tumor import TumorRanges
from VSSegmentationLib.atomic import write_text_atomically
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.imageio import read_volume
from VSSegmentationLib.inference import load_model
from VSSegmentationLib.models import default_locator, find_model

_EXAMPLES = """\
examples:
  python -m Training.synthesis pool heads/training/*.nii.gz --out pools/training --count 306 --seed 11
      draw 306 skull bases from the head label maps in a folder; the same command goes on after an interruption
  python -m Training.synthesis speed pools/training
      how many images a minute are rendered from them
  python -m Training.synthesis sheet pools/training --out sheet.png
      a contact sheet of rendered patches with their truth
  python -m Training.synthesis ear-sizes heads/*.nii.gz --out docs/experiments/ear_sizes.md
      how large canals and labyrinths are and where they lie, beside published sizes
  python -m Training.synthesis sample heads/validation/training_seg_20.nii.gz --out sample
      a synthetic patient at two examinations
  python -m Training.synthesis stress heads --out stress
      the 400 scans that models are chosen by, drawn from the eight heads that nothing is trained on
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    return exit_code_of(lambda: options.run(options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m Training.synthesis",
        description="Make synthetic images of vestibular schwannomas from head label maps.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    pool = commands.add_parser("pool", help="draw skull bases once, for training to render from")
    pool.add_argument("heads", type=Path, nargs="+", help="head label maps (1 mm NIfTI; the README says where from)")
    pool.add_argument("--out", type=Path, required=True, help="folder of the pool; what it holds already is kept")
    pool.add_argument("--count", type=int, default=300, help="how many skull bases (default: 300)")
    pool.add_argument("--seed", type=int, default=11, help="another seed draws others (default: 11)")
    pool.add_argument("--processes", type=int, default=2, help="how many draw at the same time (default: 2)")
    pool.add_argument(
        "--tumor-cm3",
        type=float,
        nargs=2,
        metavar=("LEAST", "MOST"),
        help="how large tumors are, log-uniformly (default: half as in observed, half as in treated patients)",
    )
    pool.set_defaults(run=_pool)
    speed = commands.add_parser("speed", help="measure patches per minute")
    speed.add_argument("pool", type=Path, help="a folder that the pool command wrote")
    speed.add_argument("--count", type=int, default=40, help="how many each process renders (default: 40)")
    speed.add_argument("--processes", type=int, default=2, help="how many render at the same time (default: 2)")
    speed.set_defaults(run=_speed)
    sheet = commands.add_parser("sheet", help="draw a contact sheet (needs matplotlib)")
    sheet.add_argument("pool", type=Path, help="a folder that the pool command wrote")
    sheet.add_argument("--out", type=Path, required=True, help="the PNG to write")
    sheet.add_argument("--seed", type=int, default=0, help="another seed shows other patches (default: 0)")
    sheet.set_defaults(run=_sheet)
    stress = commands.add_parser("stress", help="draw the frozen stress set that models are chosen by, with its truth")
    stress.add_argument("heads", type=Path, help="folder with the head label maps, in whatever sub-folders")
    stress.add_argument("--out", type=Path, required=True, help="folder of the set; what it holds already is kept")
    stress.add_argument("--only", type=int, nargs=2, metavar=("FIRST", "LAST"), help="scans FIRST to LAST (0 to 399)")
    stress.add_argument("--processes", type=int, default=2, help="how many draw at the same time (default: 2)")
    stress.add_argument("--straight", action="store_true", help="draw the straight twins of tilted scans instead")
    stress.add_argument("--write-list", action="store_true", help="write the hashes of these scans into the list")
    stress.set_defaults(run=_stress)
    spectrum = commands.add_parser("spectrum", help="tell where the spectra of scans drop: how fine they really are")
    spectrum.add_argument("scans", type=Path, nargs="+", help="image files, slices first in their axes")
    spectrum.set_defaults(run=_spectrum)
    sizes = commands.add_parser("ear-sizes", help="measure drawn ears and write a table beside published sizes")
    sizes.add_argument("heads", type=Path, nargs="+", help="head label maps; two ears are drawn from each in turn")
    sizes.add_argument("--out", type=Path, required=True, help="the Markdown page to write")
    sizes.add_argument("--count", type=int, default=60, help="how many ears (default: 60)")
    sizes.add_argument("--real", type=Path, help="the public normal ear of 0.2 mm (vol_ie_L.nii.gz), for its column")
    sizes.set_defaults(run=_ear_sizes)
    _add_blind(commands)
    sample = commands.add_parser("sample", help="write a synthetic patient at two examinations, with the truth")
    sample.add_argument("head", type=Path, help="a head label map that no model was trained on")
    sample.add_argument("--out", type=Path, required=True, help="folder to write the four files to")
    sample.add_argument("--seed", type=int, default=7, help="another seed is another patient (default: 7)")
    sample.set_defaults(run=lambda options: write_sample(options.head, options.out, options.seed))
    glioma = commands.add_parser("glioma-sample", help="write a synthetic patient with a glioma, with the truth")
    glioma.add_argument("head", type=Path, help="a head label map that no model was trained on")
    glioma.add_argument("--out", type=Path, required=True, help="folder to write the five files to")
    glioma.add_argument("--seed", type=int, default=24, help="another seed is another patient (default: 24)")
    glioma.set_defaults(run=lambda options: write_glioma_sample(options.head, options.out, options.seed))
    return parser


def _add_blind(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    blind = commands.add_parser("blind", help="mix crops of real and synthetic ears, to be sorted without knowing")
    blind.add_argument("scans", type=Path, nargs="*", help="real T2 scans")
    blind.add_argument("--heads", type=Path, nargs="+", help="head label maps, for as many synthetic crops")
    blind.add_argument(
        "--skull-base", type=float, default=1.0, metavar="SHARE",
        help="of the synthetic scans, whose bone is streaked; 0 as in the frozen stress set (default: 1)",
    )  # fmt: skip
    blind.add_argument("--out", type=Path, required=True, help="folder of blind.png and key.csv")
    blind.add_argument("--seed", type=int, default=0, help="another seed mixes others (default: 0)")
    blind.add_argument(
        "--called-real", type=int, nargs="+", metavar="N", help="score a sorting: numbers that were taken for real ones"
    )
    blind.set_defaults(run=_blind)


def _pool(options: argparse.Namespace) -> None:
    _refuse_less_than_one(options, "count", "processes")
    missing = [path for path in options.heads if not path.is_file()]
    if missing:
        msg = f"every head label map must be a file; {len(missing)} of {len(options.heads)} are not"
        raise UsageError(msg)
    config = AnatomyConfig()
    if options.tumor_cm3 is not None:
        least, most = options.tumor_cm3
        if not 0 < least <= most:
            msg = f"--tumor-cm3 needs two volumes above 0, the smaller first, got {least:g} {most:g}"
            raise UsageError(msg)
        config = AnatomyConfig(tumor=TumorRanges(cohorts=(), volume_cm3=(least, most)))
    begin = time.perf_counter()
    write_pool(
        options.heads,
        options.out,
        options.count,
        options.seed,
        config=config,
        processes=options.processes,
        on_progress=_print_progress,
    )
    print(f"done in {(time.perf_counter() - begin) / 60:.1f} minutes")


def _stress(options: argparse.Namespace) -> None:
    _refuse_less_than_one(options, "processes")
    if options.straight and options.write_list:
        msg = "the list holds the scans of the set, no straight twins; give --straight or --write-list"
        raise UsageError(msg)
    first, last = options.only or (0, len(stress_scans()) - 1)
    hashes = write_stress_set(
        options.heads,
        options.out,
        numbers=range(first, last + 1),
        straight=options.straight,
        processes=options.processes,
        on_progress=_print_progress,
    )
    if options.straight:  # no part of the set, so that the list has none of them
        return
    if options.write_list:
        write_text_atomically(LIST, list_text({**listed_hashes(), **hashes}))
    listed = listed_hashes()
    other = [number for number, value in hashes.items() if listed.get(number) != value]  # or not listed yet
    print(f"{len(hashes) - len(other)} of {len(hashes)} scans have the voxels of the committed list")
    if other:
        truth = sum(listed.get(number, "")[:8] == hashes[number][:8] for number in other)
        numbers = ", ".join(map(str, other[:12])) + (" ..." if len(other) > 12 else "")
        print(
            f"of the others, {truth} have its truth: their voxels are rounded another way, as other versions of NumPy, "
            f"SciPy and PyTorch do; the rest is another scan or not listed yet; numbers {numbers}"
        )


def _spectrum(options: argparse.Namespace) -> None:
    print("| scan | rows drop at (1/pixel), by (decades) | columns drop at, by |\n|---|---|---|")
    for path in options.scans:
        volume = read_volume(path)
        slices = volume.array[volume.shape[0] // 4 : -(volume.shape[0] // 4) or None].astype(np.float32)
        drops = [steepest_drop(slices, axis) for axis in (1, 2)]
        cells = [f"{drop.cycles_per_pixel:.2f}, {drop.decades:.1f}" for drop in drops]
        print(f"| {path.name} | {' | '.join(cells)} |")


def _ear_sizes(options: argparse.Namespace) -> None:
    _refuse_less_than_one(options, "count")
    missing = [path for path in options.heads if not path.is_file()]
    if missing:
        msg = f"every head label map must be a file; {len(missing)} of {len(options.heads)} are not"
        raise UsageError(msg)
    write_page(options.heads, options.count, options.real, options.out, _print_progress)


def _blind(options: argparse.Namespace) -> None:
    if options.called_real is not None:
        print(score(options.out, options.called_real))
        return
    if not options.heads or not options.scans:
        msg = "a blind test is made of real scans and heads: give SCANS and --heads, or score with --called-real"
        raise UsageError(msg)
    locator = load_model(find_model(default_locator() or ""))
    real = [crop for path in options.scans for crop in crops_of(read_volume(path), locator, "real")]
    synthetic: list[Crop] = []
    for number, path in enumerate(options.heads):
        scan = synthetic_scan(read_head(path), 100 * options.seed + number, options.skull_base)
        synthetic += crops_of(scan, locator, "synthetic")
    crops = mixed(real, synthetic, options.seed)
    write_test(crops, options.out)
    print(f"wrote blind.png with {len(crops)} crops; look, sort, then give --called-real; key.csv holds the answer")


def _print_progress(share: float, what: str) -> None:
    print(f"{share:4.0%}  {what}", flush=True)


def _speed(options: argparse.Namespace) -> None:
    _refuse_less_than_one(options, "count", "processes")
    config = SynthesisConfig(pool=str(options.pool))
    rate = patches_a_minute(config, options.count, options.processes)
    size = "x".join(str(n) for n in config.patch_dhw)
    where = "one process" if options.processes == 1 else f"{options.processes} processes"
    print(f"{rate:.0f} patches of {size} voxels a minute in {where}")


def _refuse_less_than_one(options: argparse.Namespace, *names: str) -> None:
    for name in names:
        if getattr(options, name) < 1:
            msg = f"--{name} must be at least 1, got {getattr(options, name)}"
            raise UsageError(msg)


def _sheet(options: argparse.Namespace) -> None:
    config = replace(FIRST_SYNTHESIS, pool=str(options.pool), seed=options.seed, tumor_share=0.8, ear_share=0.2)
    source = SyntheticSource(config)
    write_contact_sheet(source, options.out)


if __name__ == "__main__":
    sys.exit(main())
