"""What is typed: options, fields of a report, numbers, meanings of values. The parser ends with 2, or all is taken."""

import contextlib
import io
import os
from pathlib import Path

from tools.fuzz.judging import LONGEST_SENTENCE, FaultError
from VSSegmentationLib.cli.commands.choices import pipeline_options, report_choices
from VSSegmentationLib.cli.commands.measure import _source
from VSSegmentationLib.cli.commands.times import check_times
from VSSegmentationLib.cli.options.arguments import parse_arguments
from VSSegmentationLib.codec import to_plain
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.measurement.growth import GrowthLimits
from VSSegmentationLib.tasks import DEFAULT_TASK

_REPORT = (
    "--field", "koos=II", "--field", "prior_treatment=radiosurgery,400",
    "--days", "402", "--case", "somebody", "--salt", "secret", "--date", "2024-02-29", "--format", "json,csv",
)  # fmt: skip
_LINES = (
    ("measure", "labels.nii.gz", "--out", "x", *_REPORT, "--porus-plane=-25.7,13,-47,0.59,-0.81,0", "--fundus=-1,2,3",
     "--values", "1=im,2=em", "--side", "left", "--checked", "mask,line", "--reader", "who", "--roi", "TV"),
    ("segment", "scan.nii.gz", "--out", "x", *_REPORT, "--series", "3", "--input", "flair=a.nii", "--previous", "old"),
    ("compare", "a", "b", "--out", "x", "--dates", "2020-02-29,2021-02-28", "--srs-date", "2020-06-01", "--limit-mm",
     "2.5", "--limit-percent", "20", "--sequences", "T2,ceT1"),
    ("compare", "a", "b", "--out", "x", "--days", "0,365", "--surgery-days", "20", "--image", "c", "--image", "d"),
    ("models", "import", "model", "--labels", "1=extrameatal,2=intrameatal,3=none"),
)  # fmt: skip


def write_sound_words(folder: Path) -> list[Path]:
    """Write what is typed, a word a line."""
    paths = []
    for number, words in enumerate(_LINES):
        path = folder / f"{number}_{words[0]}.txt"
        path.write_text("\n".join(words), encoding="utf-8")
        paths.append(path)
    return paths


def read_words(path: Path) -> str:
    """Type the words, and make of them what the command does before it reads a file."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
            typed = parse_arguments([os.fsdecode(word) for word in path.read_bytes().split(b"\n")])
    except SystemExit as error:
        return _judged_exit(error.code, said.getvalue())
    if typed.command == "measure":
        _source(typed)
        if typed.values is not None:
            DEFAULT_TASK.label_values(typed.values)
    if typed.command in ("measure", "segment"):
        told = to_plain(report_choices(typed).user_fields)
        if told is None:
            msg = "no fields"
            raise FaultError(msg)
    if typed.command == "segment":
        pipeline_options(typed)
    if typed.command == "compare":
        check_times(typed)
        GrowthLimits(mm=typed.limit_mm, percent=typed.limit_percent)
    return "taken"


def _judged_exit(code: object, said: str) -> str:
    if code in (0, None):
        return "taken, as a question for help"
    sentence = said.strip().splitlines()[-1] if said.strip() else ""
    if code != UsageError.exit_code or not sentence or len(sentence) > LONGEST_SENTENCE:
        msg = f"the parser ends with {code} and says {len(sentence)} characters: {sentence[:400]}"
        raise FaultError(msg)
    return "refused"
