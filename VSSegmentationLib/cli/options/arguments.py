"""What can be typed: the subcommands, their options, and help with examples."""

import argparse
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn, TypeAlias

from VSSegmentationLib import __doc__ as about
from VSSegmentationLib import __version__
from VSSegmentationLib.cli.options import batch, compare, evaluate, measure, refine, report, serve
from VSSegmentationLib.formats import DEFAULT_FORMATS, OutputFormat

PROGRAM = "vs-segmentation"

_EXIT_CODES = """
exit codes:
  0    done (also when no tumor was found)
  1    unexpected failure
  2    the call does not fit, or a file or folder could not be read or written (a full disk)
  3    the input was refused, with the reason
  4    a model is missing or damaged
  5    out of memory
  130  canceled; what was finished before is kept, the rest was not written
"""


class _Parser(argparse.ArgumentParser):
    """Says what did not fit without repeating what was typed, since a path may hold a patient's name."""

    def error(self, message: str) -> NoReturn:
        message = re.sub(r"(invalid choice|invalid \w+ value|ignored explicit argument):? (['\"]).*?\2", r"\1", message)
        message = re.sub(r"(unrecognized arguments):.*", r"\1", message, flags=re.DOTALL)
        super().error(f"{message} (see {self.prog} --help)")


def parse_arguments(words: Sequence[str] | None) -> argparse.Namespace:
    """Return what was typed, checked; ends the program with code 2 if it does not fit, with 0 after --help."""
    parser = _make_parser()
    arguments = parser.parse_args(words)
    if any(not _is_unicode(value) for name, value in vars(arguments).items() if name not in ("model", "inputs")):
        parser.error("a text is not in the encoding that this terminal has (LC_ALL, usually UTF-8); type it anew")
    return arguments


def _is_unicode(value: object) -> bool:
    """Return whether texts can be written in UTF-8; those of paths are of any bytes."""
    if isinstance(value, list | tuple):
        return all(map(_is_unicode, value))
    return not isinstance(value, str) or value.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in value)


def _make_parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog=PROGRAM,
        description=about.partition("\n")[0],  # what follows is for Python
        epilog="example:\n  vs-segmentation segment scan.nii.gz --out results\n" + _EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_segment(commands)
    _add_batch(commands)
    _add_measure(commands)
    _add_refine(commands)
    compare.add_compare_options(_add_command(commands, "compare", compare.PURPOSE, compare.EXAMPLES))
    evaluate.add_evaluate_options(_add_command(commands, "evaluate", evaluate.PURPOSE, evaluate.EXAMPLES))
    _add_models(commands)
    _add_info(commands)
    _add_demo(commands)
    serve.add_serve_options(_add_command(commands, "serve", serve.PURPOSE, serve.EXAMPLES))
    _add_command(
        commands,
        "worker",
        "stay warm and take jobs as JSON lines on standard input, for a program such as 3D Slicer",
        """
  vs-segmentation worker""",
    )
    return parser


_Commands: TypeAlias = "argparse._SubParsersAction[_Parser]"


def _add_segment(commands: _Commands) -> None:
    parser = _add_command(
        commands,
        "segment",
        "segment the tumor in a scan, measure it, and write a report",
        """
  vs-segmentation segment scan.nii.gz --out results
  vs-segmentation segment dicom_folder --out results --series 7
  vs-segmentation segment scan.nrrd --out results --format nii.gz,json --device cpu
  vs-segmentation segment scan.nii.gz --out results --progress json
  vs-segmentation segment scan.nii.gz --out results --field NAME=VALUE --field NAME=VALUE
  vs-segmentation segment scan.nii.gz --out new --previous results --days 402
  vs-segmentation segment --model glioma.pt --input flair=flair.nii.gz --input t1ce=t1ce.nii.gz --out results""",
    )
    parser.add_argument(
        "input",
        metavar="INPUT",
        type=Path,
        nargs="?",
        help="NIfTI, NRRD or MetaImage file, or a DICOM folder; of a model that takes several scans, the first",
    )
    parser.add_argument(
        "--input",
        dest="further_inputs",
        metavar="NAME=PATH",
        type=_named_path,
        action="append",
        default=[],
        help="a scan by its name, for a model that takes several of one examination (see models list); once for each",
    )
    parser.add_argument(
        "--align",
        action="store_true",
        help="move further scans that do not lie on the first onto it, by a rigid registration; else they are refused",
    )
    _add_output_options(parser)
    report.add_previous_options(parser)
    report.add_verbose_option(parser)
    _add_model_options(parser)
    parser.add_argument(
        "--maps",
        action="store_true",
        help="also write the network's output for tumor, voxel by voxel (probability.nrrd; not calibrated), and its "
        "attention maps, if it has any (attention_1.nrrd, the finest, and so on), on the grid of the scan",
    )
    parser.add_argument("--series", metavar="N", type=int, help="which series of the folder, by its number (see info)")
    parser.add_argument("--accept-resampling", action="store_true", help="use a scan with gaps or shear, resampled")
    parser.add_argument(
        "--modality",
        choices=["T2", "ceT1", "T1"],
        help="of a file that does not tell it; chooses the model",
    )
    parser.add_argument(
        "--accept-other-contrast",
        action="store_true",
        help="segment a T1 without contrast agent or another weighting, too; the result cannot be relied on",
    )


def _add_batch(commands: _Commands) -> None:
    parser = _add_command(commands, "batch", batch.PURPOSE, batch.EXAMPLES)
    batch.add_batch_options(parser)
    _add_format(parser)
    _add_model_options(parser)


def _add_measure(commands: _Commands) -> None:
    parser = _add_command(commands, "measure", "measure a labelmap or contours that exist already", measure.EXAMPLES)
    measure.add_measure_options(parser)
    _add_output_options(parser)
    report.add_previous_options(parser)
    report.add_verbose_option(parser)
    report.add_review_options(parser)


def _add_refine(commands: _Commands) -> None:
    parser = _add_command(commands, "refine", refine.PURPOSE, refine.EXAMPLES)
    refine.add_refine_options(parser)
    _add_output_options(parser)
    report.add_verbose_option(parser)
    _add_running_options(parser)


def _add_models(commands: _Commands) -> None:
    parser = _add_command(
        commands,
        "models",
        "list, verify, import or download models",
        """
  vs-segmentation models list
  vs-segmentation models verify
  vs-segmentation models import my_model.pt
  vs-segmentation models import Dataset137_BraTS/nnUNetTrainer__nnUNetPlans__3d_fullres --task glioma
  vs-segmentation models download vs_seg_t1""",
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="the models at hand, and what they scored", allow_abbrev=False)
    verify = actions.add_parser("verify", help="compare models with their checksums", allow_abbrev=False)
    verify.add_argument("model", metavar="NAME_OR_FILE", nargs="?", help="default: every model at hand")
    bring = actions.add_parser("import", help="add a model file, with its card beside it", allow_abbrev=False)
    bring.add_argument("file", metavar="FILE", type=Path, help="model file (.pt), or the folder of a nnU-Net v2 model")
    bring.add_argument(
        "--labels",
        metavar="PAIRS",
        help="of a nnU-Net model: what its labels mean, such as 1=extrameatal,2=intrameatal,3=cochlea,4=none; "
        "default: by their names",
    )
    bring.add_argument(
        "--task", metavar="NAME", help="of a nnU-Net model: the kind of tumor, such as glioma (default: "
        "vestibular schwannoma)",
    )  # fmt: skip
    fetch = actions.add_parser("download", help="fetch a published model, check it, and add it", allow_abbrev=False)
    fetch.add_argument("name", metavar="NAME", help="of a published model, as `models list` has it")
    fetch.add_argument("--from", dest="address", metavar="ADDRESS", help="of a mirror; the checksum stays the same")
    for each in (*actions.choices.values(),):
        each.set_defaults(debug=False, progress=None)
        _add_debug(each)
    _add_progress(fetch)


def _add_info(commands: _Commands) -> None:
    parser = _add_command(
        commands,
        "info",
        "tell what a scan is, or which series a DICOM folder holds",
        """
  vs-segmentation info dicom_folder
  vs-segmentation info scan.nii.gz""",
    )
    parser.add_argument("input", metavar="FILE_OR_FOLDER", type=Path)
    parser.add_argument("--series", metavar="N", type=int, help="tell about this series of the folder")


def _add_demo(commands: _Commands) -> None:
    parser = _add_command(
        commands,
        "demo",
        "segment and measure the synthetic patient that comes along, beside the truth",
        """
  vs-segmentation demo --out demo_output
  vs-segmentation demo --task glioma --sample glioma_sample --out demo_output""",
    )
    _add_output_options(parser)
    _add_model_options(parser)
    parser.add_argument(
        "--sample",
        metavar="DIR",
        type=Path,
        help="another sample: for each examination NAME_t2.nii.gz and NAME_truth.nii.gz; of several scans one file "
        "each, as NAME_flair.nii.gz",
    )
    parser.add_argument(
        "--task", metavar="NAME", default="vestibular schwannoma", help="kind of tumor, such as glioma (default: "
        "%(default)s)",
    )  # fmt: skip


def _add_command(commands: _Commands, name: str, purpose: str, examples: str) -> _Parser:
    parser = commands.add_parser(
        name,
        help=purpose,
        description=f"{purpose[0].upper()}{purpose[1:]}.",
        epilog=f"examples:{examples}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.set_defaults(progress=None)
    _add_debug(parser)
    return parser


def _add_debug(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--debug", action="store_true", help="show log lines and tracebacks (they may name files)")


def _add_progress(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--progress", choices=["json"], help="one JSON object per line on standard output")


def _add_output_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="folder for the results, made if absent")
    parser.add_argument("--force", action="store_true", help="replace the results of a former run in that folder")
    _add_format(parser)
    _add_progress(parser)
    report.add_report_options(parser)


def _add_format(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--format",
        metavar="FORMAT,...",
        type=_formats,
        default=DEFAULT_FORMATS,
        help=f"which files to write, of {', '.join(OutputFormat)}, or all (default: {', '.join(DEFAULT_FORMATS)})",
    )


def _add_model_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", metavar="NAME_OR_FILE", help="default: the embedded one that fits the scan")
    parser.add_argument(
        "--divider",
        metavar="NAME_OR_FILE",
        help="divides the tumor into its two parts (default: the embedded one); none: the model's own parts, if any",
    )
    _add_running_options(parser)
    parser.add_argument(
        "--engine",
        choices=("auto", "torch", "openvino"),
        default="auto",
        help="what runs them (default: auto, which is torch for a single scan)",
    )
    parser.add_argument(
        "--region-first",
        action="store_true",
        help="show a model made for whole scans, as imported ones are, only the region round the canals: see the guide",
    )
    parser.add_argument("--flips", action="store_true", help="average over mirrored copies: slower, a little steadier")
    parser.add_argument(
        "--thorough",
        action="store_true",
        help="look at an ear with a finding in seven turned windows and take the surest: slower, see the guide",
    )


def _add_running_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", type=_device, default="auto", help="auto, cpu, cuda, cuda:N or mps (default: auto)")
    parser.add_argument(
        "--precision",
        choices=("auto", "float32", "bfloat16", "float16"),
        default="auto",
        help="numbers in which networks are run (default: auto, half as wide ones where this device is faster in them)",
    )


def _named_path(text: str) -> tuple[str, Path]:
    name, sign, path = text.partition("=")
    if not (name and sign and path):
        msg = "a scan is given as NAME=PATH"
        raise argparse.ArgumentTypeError(msg)
    return name, Path(path)


def _device(text: str) -> str:
    if not re.fullmatch(r"auto|cpu|mps|cuda(:\d+)?", text):
        msg = "devices are auto, cpu, cuda, cuda:N and mps"
        raise argparse.ArgumentTypeError(msg)
    return text


def _formats(text: str) -> tuple[OutputFormat, ...]:
    if text.strip() == "all":
        return tuple(OutputFormat)
    try:
        return tuple(dict.fromkeys(OutputFormat(name.strip()) for name in text.split(",")))
    except ValueError as error:
        msg = f"formats are {', '.join(OutputFormat)}, separated by commas"
        raise argparse.ArgumentTypeError(msg) from error
