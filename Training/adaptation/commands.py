"""`python -m Training adapt`, `translate` and `pseudo-label`: from labeled scans of one kind to a model for another."""

import argparse
from dataclasses import replace
from pathlib import Path

from Training.adaptation.adapting import Adaptation, generator_of_run
from Training.adaptation.config import TranslationDataConfig
from Training.adaptation.labeling import labeler_of_run, pseudo_label_scans, write_challenge_folder
from Training.adaptation.making import translate_scans
from Training.adaptation.recipe import RoundConfig, read_adaptation_recipe
from Training.adaptation.scans import entries_of
from Training.progress_line import ProgressLine
from Training.running.devices import leaving_together
from Training.running.session import Machine, prepare_process
from Training.running.stopping import StopSignal
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.inference.device import resolve_device

_EXAMPLES = """\
examples:
  python -m Training adapt Training/recipes/cross_modality/chen_2023_reduced.toml --out runs/t2 \\
      --set translation.data.source="'data/ours'" --set translation.data.target="'data/ours'"
      translate the outlined ceT1 scans, train on the translations, label the T2 scans, train on both
  python -m Training translate runs/t2/translation/best.pt --source data/more --out data/more_translated
      translate other outlined scans
  python -m Training pseudo-label runs/t2/round_1/checkpoint.pt data/crossmoda --split validation --crossmoda --out out
      a folder as the crossMoDA challenge takes it
"""


def add_adaptation_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands `adapt`, `translate` and `pseudo-label`."""
    adapt = commands.add_parser(
        "adapt",
        help="from labeled scans of one kind to a network for another kind, of which no labels are there",
        description="Train a translator, translate the labeled scans, train a network on the translations, then in "
        "rounds let it label the other scans and train on both. Given again, it goes on where it was.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    adapt.add_argument("recipe", type=Path, help="the recipe of an adaptation, a TOML file")
    adapt.add_argument(
        "--out", type=Path, required=True, metavar="FOLDER", help="for all steps; goes on if it is there"
    )
    adapt.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", dest="changes",
        help="change one key, e.g. translation.run.steps=500 (TOML or a plain word; may be repeated)",
    )  # fmt: skip
    adapt.add_argument("--only-translation", action="store_true", help="end once the labeled scans are translated")
    _add_machine(adapt)
    adapt.set_defaults(run=_adapt)
    _add_translate(commands)
    _add_pseudo_label(commands)


def _add_translate(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    translate = commands.add_parser("translate", help="translate labeled scans with a translator that `adapt` trained")
    translate.add_argument("run_file", type=Path, metavar="RUN_FILE", help="best.pt or checkpoint.pt of a translation")
    translate.add_argument("--source", type=Path, required=True, metavar="DIR", help="a data set with labeled scans")
    translate.add_argument("--split", default="training", help="of it (default: training, and its validation)")
    translate.add_argument("--out", type=Path, required=True, metavar="DIR", help="for the data set of translations")
    _add_machine(translate)
    translate.set_defaults(run=_translate)


def _add_pseudo_label(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    usual = RoundConfig(steps=1)
    label = commands.add_parser("pseudo-label", help="label scans that nobody outlined, with a trained network")
    label.add_argument("run_file", type=Path, metavar="RUN_FILE", help="a run's best.pt or checkpoint.pt, four classes")
    label.add_argument("manifest", type=Path, help="manifest.csv of the scans, or its folder")
    label.add_argument("--out", type=Path, required=True, metavar="DIR", help="for the labels")
    label.add_argument("--split", default="training", help="of the scans (default: %(default)s)")
    label.add_argument("--modality", default="T2", help="which image of each case (default: %(default)s)")
    label.add_argument("--select", choices=("threshold", "votes"), default=usual.select, help="(default: %(default)s)")
    label.add_argument(
        "--probability",
        type=float,
        default=usual.probability,
        metavar="P",
        help="of a threshold (default: %(default)s)",
    )
    label.add_argument("--correct-contrast", action="store_true", help="fit cochlea and canal to what a T2 shows")
    label.add_argument(
        "--crop", type=float, nargs=2, default=TranslationDataConfig.crop, metavar=("FROM", "TO"),
        help="of rows and columns, for a data set to train on (default: the middle 10/16)",
    )  # fmt: skip
    label.add_argument(
        "--crossmoda", action="store_true",
        help="write CASE.nii.gz on each scan's own grid, 1 extrameatal, 2 intrameatal, 3 cochlea, and no data set",
    )  # fmt: skip
    _add_machine(label)
    label.set_defaults(run=_pseudo_label)


def _add_machine(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:N or mps (default: auto)")
    parser.add_argument("--threads", type=int, metavar="N", help="CPU threads")


@leaving_together()
def _adapt(options: argparse.Namespace) -> None:
    recipe = read_adaptation_recipe(options.recipe, tuple(options.changes))
    prepare_process(threads=options.threads)
    work = Adaptation(
        recipe, options.out, Machine(device=options.device), should_stop=StopSignal().came, say=_say
    )  # fmt: skip
    if options.only_translation:
        _say(f"wrote {work.translated_scans().parent.name}")
        return
    last = work.run()
    _say(f"done: {last.parent.name}/{last.name}; `python -m Training export` makes a model file of it")


@leaving_together()
def _translate(options: argparse.Namespace) -> None:
    prepare_process(threads=options.threads)
    generator, recipe = generator_of_run(options.run_file)
    if recipe.data is None:
        msg = "this translator was trained on slices that were handed in, so how scans are prepared is not known"
        raise UsageError(msg)
    data = replace(recipe.data, source=str(options.source), split=options.split)
    line = ProgressLine("scans")
    made = translate_scans(generator.to(resolve_device(options.device)), data, options.out, on_scan=line.step)
    line.end(f"wrote {made.parent.name}/{made.name}")


def _pseudo_label(options: argparse.Namespace) -> None:
    prepare_process(threads=options.threads)
    chosen = RoundConfig(
        steps=1, select=options.select, probability=options.probability, correct_contrast=options.correct_contrast
    )
    labeler = labeler_of_run(
        options.run_file, resolve_device(options.device), chosen.select, chosen.probability,
        correct=chosen.correct_contrast,
    )  # fmt: skip
    entries = entries_of(str(options.manifest), options.split, options.modality, labeled=False)
    line = ProgressLine("scans")
    if options.crossmoda:
        write_challenge_folder(labeler, entries, options.modality, options.out, on_scan=line.step)
        line.end(f"wrote {len(entries)} labelmaps")
        return
    share = (options.crop[0], options.crop[1])
    made = pseudo_label_scans(labeler, entries, options.modality, share, options.out, on_scan=line.step)
    line.end(f"wrote {made.parent.name}/{made.name}")


def _say(text: str) -> None:
    print(text, flush=True)
