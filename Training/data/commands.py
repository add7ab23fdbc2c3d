"""`python -m Training data`: import a collection, split it by patient, look at it."""

import argparse
from collections import Counter
from pathlib import Path

from Training.data.bids import Bids
from Training.data.brats import Brats
from Training.data.check_sheet import write_check_sheets
from Training.data.cross_moda import CrossModa
from Training.data.importing import Importer, import_folder
from Training.data.label_names import parse_labels
from Training.data.manifest import Manifest, read_manifest, write_manifest
from Training.data.nnunet_raw import NnUnetRaw
from Training.data.spacings import CENTER_PATTERN, COLUMNS, Scan, center_pattern, scan_of, spacing_rows, spacing_table
from Training.data.splits import SPLITS, clear_splits, split_by_patient, use_splits
from Training.data.tcia import Tcia
from Training.progress_line import ProgressLine
from VSSegmentationLib.atomic import write_text_atomically
from VSSegmentationLib.csv_rows import csv_text, read_csv
from VSSegmentationLib.errors import InputRefusedError, UsageError

KINDS = ("vs-seg", "mc-rc", "crossmoda", "brats", "nnunet", "bids")
_EXAMPLES = """\
examples:
  python -m Training data import crossmoda downloads/crossmoda23_training --out data/crossmoda
  python -m Training data import nnunet nnUNet_raw/Dataset007_VS --out data/own --labels 1=tumor --patient "(VS\\d+)"
  python -m Training data check data/own --out data/own/sheet.png
  python -m Training data split data/own --shares 0.7 0.15 0.15 --seed 1
"""


def add_data_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command `data` with its three actions."""
    data = commands.add_parser(
        "data",
        help="import your own scans, split them by patient, look at them",
        description="From a collection of scans to a manifest that a recipe with data.kind = 'manifest' trains on.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = data.add_subparsers(title="actions", required=True, metavar="ACTION")
    bring = actions.add_parser("import", help="check and list a collection; a faulty case is left out, with its reason")
    bring.add_argument("kind", choices=KINDS, help="how the folder is laid out")
    bring.add_argument("folder", type=Path, help="the collection, unpacked; nothing is written into it")
    bring.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="for manifest.csv, left_out.csv and labels"
    )
    bring.add_argument(
        "--labels", nargs="+", default=[], metavar="VALUE=NAME",
        help="what label values mean where the collection's own table does not say it: 1=extrameatal 2=intrameatal "
        "3=cochlea 1=tumor 7=ignore (nnunet, bids)",
    )  # fmt: skip
    bring.add_argument(
        "--patient", default=r"(.+)", metavar="PATTERN", help="regular expression; its group is the patient (nnunet)"
    )
    bring.set_defaults(run=_import)

    split = actions.add_parser("split", help="put every patient into training, validation or test")
    split.add_argument("manifest", type=Path, help="manifest.csv, or its folder")
    split.add_argument(
        "--shares", type=float, nargs=3, default=(0.7, 0.1, 0.2), metavar=("TRAINING", "VALIDATION", "TEST"),
        help="of the patients (default: 0.7 0.1 0.2)",
    )  # fmt: skip
    split.add_argument("--seed", type=int, default=0, help="another seed is another split (default: 0)")
    split.add_argument("--file", type=Path, metavar="CSV", help="a table with the columns patient and split to go by")
    split.add_argument("--again", action="store_true", help="forget the splits that are there; they stay otherwise")
    split.set_defaults(run=_split)

    check = actions.add_parser(
        "check", help="draw every image with its labels, to be looked at; spacings and sizes by center"
    )
    check.add_argument("manifest", type=Path, help="manifest.csv, or its folder")
    check.add_argument("--out", type=Path, required=True, metavar="FILE.png", help="the picture; more get _2, _3 ...")
    check.add_argument(
        "--center", default=CENTER_PATTERN, metavar="PATTERN",
        help="regular expression; its group is the center in a case's name (default: that of crossMoDA)",
    )  # fmt: skip
    check.set_defaults(run=_check)


def _import(options: argparse.Namespace) -> None:
    given = parse_labels(options.labels)
    importers: dict[str, Importer] = {
        "vs-seg": Tcia(),
        "mc-rc": Tcia(),
        "crossmoda": CrossModa(),
        "brats": Brats(),
        "nnunet": NnUnetRaw(given=given, patient_pattern=options.patient),
        "bids": Bids(given=given),
    }
    line = ProgressLine("images")
    manifest = import_folder(
        importers[options.kind], options.folder, options.out,
        on_progress=lambda count, case: line.step(count, name=case),
    )  # fmt: skip
    line.end(_summary(manifest))
    for each in manifest.left_out[:10]:
        print(f"  left out: {each.case}: {each.reason}")
    if len(manifest.left_out) > 10:
        print(f"  and {len(manifest.left_out) - 10} more, see left_out.csv")
    if not manifest.entries:
        msg = "no image could be taken in; the reasons stand above and in left_out.csv, and no manifest was written"
        raise InputRefusedError(msg)


def _split(options: argparse.Namespace) -> None:
    manifest = read_manifest(options.manifest)
    if options.again:
        manifest = clear_splits(manifest)
    if options.file is not None:
        manifest = use_splits(manifest, _table(options.file))
    else:
        manifest = split_by_patient(manifest, tuple(options.shares), options.seed)
    folder = options.manifest if options.manifest.is_dir() else options.manifest.parent
    write_manifest(manifest, folder)
    for split in SPLITS:
        entries = [entry for entry in manifest.entries if entry.split == split]
        print(f"{split:10}  {len({entry.patient for entry in entries})} patients, {len(entries)} images")


def _check(options: argparse.Namespace) -> None:
    manifest, pattern = read_manifest(options.manifest), center_pattern(options.center)
    count, line = len(manifest.entries), ProgressLine("images")
    scans: list[Scan] = []
    written = write_check_sheets(
        manifest.entries, options.out, on_progress=lambda done: line.step(done, count),
        on_image=lambda entry, image: scans.append(scan_of(entry, image, pattern)),
    )  # fmt: skip
    rows = spacing_rows(scans)
    table = options.out.with_name(f"{options.out.stem}_spacings.csv")
    write_text_atomically(table, csv_text(COLUMNS, rows, line_end="\n"))
    line.end(spacing_table(rows))
    print(f"wrote {', '.join(path.name for path in (*written, table))}; {_summary(manifest)}")


def _summary(manifest: Manifest) -> str:
    counts = Counter(modality for entry in manifest.entries for modality in entry.images)
    kinds = ", ".join(f"{count} {modality}" for modality, count in sorted(counts.items())) or "none"
    patients = len({entry.patient for entry in manifest.entries})
    return f"{counts.total()} images ({kinds}) of {patients} patients; {len(manifest.left_out)} left out"


def _table(path: Path) -> dict[str, str]:
    try:
        return {row["patient"]: row["split"] for row in read_csv(path).checked(("patient", "split"), path.name).rows}
    except (OSError, InputRefusedError) as error:
        msg = "the table of splits must be a CSV file with the columns patient and split"
        raise UsageError(msg) from error
