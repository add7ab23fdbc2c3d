"""What can be typed after `batch`; apart from what carries it out, which takes time to import."""

import argparse
from pathlib import Path

PURPOSE = "segment, measure and report many scans, and show them on one page"
EXAMPLES = """
  vs-segmentation batch scans --out study --dry-run
  vs-segmentation batch scans --out study --slots 2
  vs-segmentation batch dicom_of_many_patients --out study --prefer T2 --format all
  vs-segmentation batch "scans/*_t2.nii.gz" --out study
  vs-segmentation batch manifest.csv --out study --only first_case,second_case

INPUT is a folder of scans, DICOM of many patients or BIDS, a scan, a pattern, or a manifest: a CSV or TSV file with the
columns case and image, and, if wanted, patient, date or day, series, modality, side, labels, previous, image:NAME.

The same command again goes on where it was stopped, and runs what is new or has changed. Ctrl-C finishes the cases
that run; a second one stops at once. Cases are called case-00001 and so on, unless a manifest or BIDS names them;
inputs.csv, which only you may read, tells which is which."""


def add_batch_options(parser: argparse.ArgumentParser) -> None:
    """Add what is particular to many cases."""
    parser.add_argument("inputs", metavar="INPUT", nargs="+", help="folder, scan, pattern in quotes, or manifest")
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="study folder, made if absent")
    parser.add_argument("--progress", choices=["json"], help="one JSON object per line on standard output")
    parser.add_argument("--dry-run", action="store_true", help="show what would be run or refused, and do nothing")
    parser.add_argument("--only", metavar="CASE,...", type=_names, default=frozenset(), help="run these cases alone")
    parser.add_argument(
        "--bids", action="store_true", help="also write the results as a BIDS derivative, into DIR/bids"
    )
    _add_cases(parser.add_argument_group("cases"))
    _add_run(parser.add_argument_group("how to run"))
    _add_cluster(parser.add_argument_group("elsewhere"))


def _add_cases(cases: argparse._ArgumentGroup) -> None:
    cases.add_argument(
        "--prefer", choices=["T2", "ceT1"], help="which scan to take of an examination that has both weightings"
    )
    cases.add_argument(
        "--case-from-name", action="store_true", help="call cases as their files are called, which may name patients"
    )
    cases.add_argument("--modality", choices=["T2", "ceT1", "T1"], help="of all files that do not tell it")
    cases.add_argument("--accept-resampling", action="store_true", help="use scans with gaps or shear, resampled")
    cases.add_argument("--accept-other-contrast", action="store_true", help="segment other weightings, too")
    cases.add_argument("--policy", metavar="NAME", help="which diameter the reports lead with")
    cases.add_argument(
        "--salt", metavar="SECRET", help="what pseudonyms are made with; default: one that is kept in the study folder"
    )
    cases.add_argument("--identify", action="store_true", help="write what DICOM headers tell of patients into reports")
    cases.add_argument("--maps", action="store_true", help="also write the network's output, voxel by voxel")


def _add_run(run: argparse._ArgumentGroup) -> None:
    run.add_argument(
        "--slots",
        metavar="N",
        type=_count,
        help="cases at a time (default: one per GPU, else one per core, as far as memory allows)",
    )
    run.add_argument("--threads", metavar="N", type=_count, help="cores for each case (default: cores / slots)")
    run.add_argument(
        "--time-limit", metavar="S", type=float, default=1800.0, help="seconds for one case (default: %(default)g)"
    )
    run.add_argument("--memory-limit", metavar="GIB", type=float, help="memory for one case (default: no bound)")
    run.add_argument("--verify", action="store_true", help="read all files again to tell which have changed")
    run.add_argument("--retry", action="store_true", help="run again what was refused or set aside")


def _add_cluster(cluster: argparse._ArgumentGroup) -> None:
    where = cluster.add_mutually_exclusive_group()
    where.add_argument(
        "--scheduler", metavar="ADDRESS", help="of a Dask scheduler that is there, such as tls://host:8786"
    )
    where.add_argument("--slurm", metavar="FILE", type=Path, help="TOML file that says what to ask Slurm for")
    for name, what in (("ca", "authority"), ("cert", "certificate"), ("key", "key")):
        cluster.add_argument(f"--tls-{name}", metavar="FILE", type=Path, help=f"{what} for the scheduler, PEM")
    cluster.add_argument(
        "--trust-network", action="store_true", help="use a scheduler without TLS, where only your machines reach it"
    )


def _names(text: str) -> frozenset[str]:
    return frozenset(each.strip() for each in text.split(",") if each.strip())


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        msg = "a whole number of 1 or more is needed"
        raise argparse.ArgumentTypeError(msg)
    return int(text)
