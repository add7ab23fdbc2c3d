"""`python -m Training experiment`: the papers' ablations, from head label maps to a page with a verdict."""

import argparse
from pathlib import Path

from Training.experiments.boundary import BOUNDARY_STUDY
from Training.experiments.cross_modality import CROSS_MODALITY_STUDY
from Training.experiments.doing import STUDIES, experiment
from Training.experiments.ears import EARS_STUDY
from Training.experiments.gliomas import GLIOMA_STUDY

_EXAMPLES = """\
examples:
  python -m Training experiment table1 --heads heads/training/*.nii.gz heads/validation/*.nii.gz \\
      --out runs/experiments --report docs/experiments
      trains six networks with three seeds each, and writes docs/experiments/table1.md
  python -m Training experiment table1 --heads ... --out runs/experiments --results docs/experiments/results \\
      --minutes 60
      begins no further run after an hour; given again, it goes on. What is done is kept in --results as small files
  python -m Training experiment table1 --page-only --results docs/experiments/results --report docs/experiments
      makes the page from these files alone, in seconds
  python -m Training experiment table1 --heads ... --out runs/experiments --seeds 5 --arms pa spvpa
      two more seeds of two arms
  python -m Training experiment figure4_cross_entropy --heads ... --out runs/experiments
      with cross-entropy in all arms, as the models that ship are trained
  python -m Training experiment boundary --heads ... --out runs/scratch --steps 4000 --warm-up 0
      one stage against two, the Boundary Distance Loss from scratch, and the masks that stage 2 is trained on (one
      --out for each set of options: steps, width, precision)
  python -m Training experiment crossmodality --heads ... --out runs/experiments --report docs/experiments
      from ceT1 with labels to a network for T2: translation and self-training, on synthetic scans
  python -m Training experiment brats_ablation --heads ... --out runs/experiments --report docs/experiments
      gates and dilated branches in a residual U-Net for gliomas, on synthetic heads in four contrasts
  python -m Training experiment ears --heads ... --out runs/experiments --report docs/experiments
      what the looks of synthetic ears bring, one at a time, and loss, width and norm
"""


def add_experiment_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command `experiment`."""
    parser = commands.add_parser(
        "experiment",
        help="the ablations of the source papers, on synthetic images",
        description="Train every arm of a table with several seeds, measure it on held-out heads, write the table.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", choices=sorted(STUDIES), metavar="NAME", help=f"of {', '.join(sorted(STUDIES))}")
    _add_places(parser)
    _add_options(parser)
    _add_work(parser)
    parser.set_defaults(run=experiment)


def _add_places(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--heads", type=Path, nargs="+", help="the 20 head label maps")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="for the benchmark and all runs")
    parser.add_argument(
        "--results", type=Path, metavar="FOLDER", help="for the small files of what is done (default: results in --out)"
    )
    parser.add_argument("--report", type=Path, metavar="FOLDER", help="for the page (default: in --out)")
    parser.add_argument("--page-only", action="store_true", help="make the page from --results; nothing is trained")


def _add_options(parser: argparse.ArgumentParser) -> None:
    usual, boundary = STUDIES["table1"].options, BOUNDARY_STUDY.options
    parser.add_argument("--seeds", type=int, help=f"of each arm (default: {usual.seeds})")
    parser.add_argument(
        "--steps", type=int,
        help=f"of each run (default: {usual.steps}; of boundary {boundary.steps} after the warm-up; of ears "
        f"{EARS_STUDY.options.steps}, of brats_ablation {GLIOMA_STUDY.options.steps})",
    )  # fmt: skip
    parser.add_argument(
        "--warm-up", type=int, metavar="N",
        help="of boundary: steps before these that all arms of a seed have in common, less than a third of all; 0 "
        f"trains each from scratch (default: {boundary.warm_up})",
    )  # fmt: skip
    parser.add_argument(
        "--channels", type=int, nargs="+", metavar="C", help="of the levels: five, of brats_ablation four"
    )
    parser.add_argument(
        "--precision", choices=("32-true", "bf16-mixed"),
        help=f"of all runs; 32-true where a CPU cannot compute bfloat16 (default: {usual.precision})",
    )  # fmt: skip
    parser.add_argument(
        "--optimizer", choices=("AdamW", "Adam"),
        help=f"Adam has weight decay as a term of the loss, as the first paper (default: {usual.optimizer})",
    )  # fmt: skip


def _add_work(parser: argparse.ArgumentParser) -> None:
    names = "; ".join(
        f"of {study.name}: {', '.join(arm.name for arm in study.arms)}"
        for study in (STUDIES["table1"], BOUNDARY_STUDY, CROSS_MODALITY_STUDY, EARS_STUDY, GLIOMA_STUDY)
    )
    parser.add_argument("--arms", nargs="+", metavar="ARM", help=f"some instead of all; {names}")
    parser.add_argument("--only-units", nargs="+", metavar="ARM/SEED", help="some runs instead of all, as spvpa/0 pa/2")
    parser.add_argument(
        "--minutes", type=float, metavar="N", help="begin nothing more after so long; given again, it goes on"
    )
    parser.add_argument("--processes", type=int, default=1, metavar="N", help="runs at the same time (default: 1)")
