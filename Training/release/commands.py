"""`python -m Training export`, `reproduce` and `limits`: from runs to model files that ship with measured limits."""

import argparse
from pathlib import Path
from typing import get_args

from Training.recipes import MODALITIES, ExportOptions, Role
from Training.release.export import export_run
from Training.release.limits import LimitsOptions, write_limits
from Training.release.reproduce import RECIPES, ReproduceOptions, Reproduction
from Training.running.devices import leaving_together
from Training.running.session import Machine, prepare_process
from Training.running.stopping import StopSignal


def add_release_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands `export`, `reproduce` and `limits`."""
    _add_export(commands)
    _add_reproduce(commands)
    _add_limits(commands)


def _add_export(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    export = commands.add_parser("export", help="make a model file, with a card, from a run")
    export.add_argument("run_file", type=Path, metavar="RUN_FILE", help="a run folder's best.pt or checkpoint.pt")
    export.add_argument("--out", type=Path, required=True, metavar="FILE.pt", help="its stem is the model's name")
    export.add_argument("--role", choices=get_args(Role), required=True, help="what the network was trained to do")
    export.add_argument(
        "--average-with",
        type=Path,
        nargs="+",
        default=[],
        metavar="FILE",
        help="write the mean of all weights; files of other runs, or models",
    )
    export.add_argument("--model-version", default="1", metavar="V", help="for the card (default: 1)")
    export.add_argument("--modality", choices=MODALITIES, default="T2", help="what it segments (default: T2)")
    export.add_argument("--locator", metavar="NAME", help="of a segmenter: the model that finds its region")
    export.add_argument(
        "--least-mean-probability", type=float, default=ExportOptions.least_mean_probability, metavar="P",
        help="of a segmenter: what it finds is called a tumor from this mean on (default: %(default)s)",
    )  # fmt: skip
    export.add_argument(
        "--sure-mean-probability", type=float, metavar="P",
        help='of a segmenter: from this mean on without "uncertain" (default: the least mean)',
    )  # fmt: skip
    export.add_argument(
        "--porus-distance", type=float, nargs=2, metavar=("CERTAIN", "ACCEPTED"),
        default=ExportOptions.porus_distance_mm,
        help="of a segmenter: how far from a porus a tumor may begin, in mm (default: 10 10)",
    )  # fmt: skip
    export.add_argument(
        "--boundary-spread", type=float, nargs=2, metavar=("CERTAIN", "ACCEPTED"),
        default=ExportOptions.boundary_spread_mm,
        help="of a divider: how far mirror images of a boundary may lie apart, in mm (default: 0.3 1000)",
    )  # fmt: skip
    export.add_argument(
        "--trained-on", metavar="TEXT", help="for the card of a model of your own scans: which they were"
    )
    export.add_argument("--license", metavar="TEXT", help="for a model of your own scans, e.g. CC BY 4.0")
    export.set_defaults(run=_export)


def _add_reproduce(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    again = commands.add_parser(
        "reproduce",
        help="make a model that ships from nothing, by its one recipe",
        description="Draw the pools, train stage after stage, average, export. Given again, it goes on where it was.",
    )
    again.add_argument("name", metavar="NAME", help="the model (Training/recipes/NAME.toml), or the file of a recipe")
    again.add_argument(
        "--heads", type=Path, default=Path("heads"), metavar="FOLDER",
        help="with the head label maps that the recipe names (default: heads)",
    )  # fmt: skip
    again.add_argument(
        "--out", type=Path, default=Path("runs/reproduce"), metavar="RUNS",
        help="for pools, runs and model files (default: runs/reproduce)",
    )  # fmt: skip
    again.add_argument(
        "--take-shipped", action="store_true", help="take other models that it needs as they ship, don't make them"
    )
    again.add_argument(
        "--scale", type=float, default=1.0, metavar="S",
        help="of all steps and of the pools, e.g. 0.01 to see whether it runs through (default: 1)",
    )  # fmt: skip
    again.add_argument("--processes", type=int, default=1, metavar="N", help="draw skull bases (default: 1)")
    again.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:N or mps (default: auto)")
    again.add_argument("--threads", type=int, metavar="N", help="CPU threads of the training process")
    again.set_defaults(run=_reproduce)


def _add_limits(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    limits = commands.add_parser(
        "limits",
        help="measure by how much a model's numbers are off, and write it into its card",
        description="Segment synthetic scans of heads that the model has never seen, and compare every measure with "
        "the truth. Masks are kept: given again, as after a change of a measure, only the measuring is done anew.",
    )
    limits.add_argument("name", metavar="NAME", help="a segmenter, by its name")
    limits.add_argument(
        "--heads", type=Path, default=Path("heads"), metavar="FOLDER",
        help="with the head label maps that the recipe calls unseen (default: heads)",
    )  # fmt: skip
    limits.add_argument(
        "--out", type=Path, default=Path("runs/limits"), metavar="FOLDER",
        help="for skull bases and masks (default: runs/limits)",
    )  # fmt: skip
    limits.add_argument("--scans", type=int, default=LimitsOptions.scans, metavar="N", help="default: %(default)s")
    limits.add_argument("--processes", type=int, default=1, metavar="N", help="draw skull bases (default: 1)")
    limits.add_argument("--threads", type=int, metavar="N", help="CPU threads")
    limits.set_defaults(run=_limits)


def _limits(options: argparse.Namespace) -> None:
    prepare_process(threads=options.threads)
    settings = LimitsOptions(
        name=options.name, heads=options.heads, out=options.out, scans=options.scans, processes=options.processes
    )
    card = write_limits(settings, on_progress=lambda text: print(text, flush=True))
    print(f"wrote the limits of {card.name} version {card.version} into its card")


@leaving_together()
def _reproduce(options: argparse.Namespace) -> None:
    prepare_process(threads=options.threads)
    file = Path(options.name)
    own = file.suffix == ".toml"
    settings = ReproduceOptions(
        recipes=file.parent if own else RECIPES,
        heads=options.heads,
        out=options.out,
        scale=options.scale,
        processes=options.processes,
        machine=Machine(device=options.device),
        take_shipped=options.take_shipped,
    )
    work = Reproduction(settings, should_stop=StopSignal().came, on_progress=lambda text: print(text, flush=True))
    work.make_model(file.stem if own else options.name)


def _export(options: argparse.Namespace) -> None:
    details = ExportOptions(
        role=options.role,
        version=options.model_version,
        modality=options.modality,
        locator_name=options.locator,
        trained_on=options.trained_on,
        license=options.license,
        least_mean_probability=options.least_mean_probability,
        sure_mean_probability=options.sure_mean_probability,
        porus_distance_mm=tuple(options.porus_distance),
        boundary_spread_mm=tuple(options.boundary_spread),
    )
    sha256 = export_run(options.run_file, options.out, details, average_with=options.average_with)
    print(f"wrote {options.out.name} and its card; SHA-256 {sha256}")
