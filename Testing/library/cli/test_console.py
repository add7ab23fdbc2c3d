"""Results go to stdout, everything else to stderr; a bar only where someone looks."""

import io
import json

from VSSegmentationLib.cli.console import BarConsole, JsonConsole, PlainConsole, make_console


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_bar_and_a_file_gets_lines():
    assert type(make_console(None, io.StringIO(), _Terminal())) is BarConsole
    assert type(make_console(None, io.StringIO(), io.StringIO())) is PlainConsole
    assert type(make_console("json", io.StringIO(), _Terminal())) is JsonConsole


def test_plain_lines_come_once_for_each_stage():
    out, err = io.StringIO(), io.StringIO()
    console = PlainConsole(out, err)
    for fraction in (0.1, 0.2, 0.3):
        console.progress(fraction, "segmenting")
    console.progress(0.9, "measuring")
    assert err.getvalue().split("\n") == [" 10% segmenting", " 90% measuring", ""]
    assert out.getvalue() == ""


def test_the_bar_fills_on_one_line_and_makes_room_for_a_warning_and_the_result():
    out, err = io.StringIO(), _Terminal()
    console = BarConsole(out, err)
    console.progress(0.0, "reading")
    console.progress(0.5, "segmenting")
    console.warning("The slices are thick.")
    console.result("Volume 1.000 cm3")
    lines = err.getvalue().replace("\r\x1b[K", "\n").split("\n")
    assert lines == [
        "",
        "[..............................]   0% reading",
        "[###############...............]  50% segmenting",
        "Warning: The slices are thick.",
        "",
    ]
    assert out.getvalue() == "Volume 1.000 cm3\n"


def test_json_lines_hold_one_object_each_whatever_the_text():
    out = io.StringIO()
    console = JsonConsole(out, io.StringIO())
    console.progress(1 / 3, 'a "stage"\nof two lines, with ³')
    console.result("for people", {"value": 1.5})
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert lines == [{"progress": 0.3333, "stage": 'a "stage"\nof two lines, with ³'}, {"result": {"value": 1.5}}]
    assert out.getvalue().isascii()  # so that no console can fail on it


def test_a_person_reads_the_answer_before_the_warnings_and_a_program_after_them():
    both = _Terminal()
    PlainConsole(both, both).result("The answer", {}, ("The slices are thick.",))
    assert both.getvalue() == "The answer\nWarning: The slices are thick.\n"
    out = io.StringIO()
    JsonConsole(out, io.StringIO()).result("", {"value": 1}, ("The slices are thick.",))
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert lines == [{"warning": "The slices are thick."}, {"result": {"value": 1}}]
