"""The command line: what is typed, what is shown, and which room does the work.

Nothing here imports torch until a command needs it, so that help, `info`, `measure` and `models` answer at once.
"""

from VSSegmentationLib.cli.cancellation import Cancellation
from VSSegmentationLib.cli.console import Console, make_console
from VSSegmentationLib.cli.dispatch import run_command
from VSSegmentationLib.cli.file_names import take_any_file_names
from VSSegmentationLib.cli.options.arguments import parse_arguments
from VSSegmentationLib.cli.running import run

__all__ = [
    "Cancellation",
    "Console",
    "make_console",
    "parse_arguments",
    "run",
    "run_command",
    "take_any_file_names",
]
