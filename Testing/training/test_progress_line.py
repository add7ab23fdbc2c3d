"""Progress on a terminal and in a file."""

import io

from Training.progress_line import ProgressLine


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_file_gets_ten_lines_and_no_control_characters():
    file = io.StringIO()
    line = ProgressLine("scans", file)
    for done in range(1, 201):
        line.step(done, 200, f"case_{done}")
    line.end("wrote 200 scans")
    assert file.getvalue().splitlines() == [
        *(f"{done} of 200 scans" for done in range(20, 201, 20)), "wrote 200 scans",
    ]  # fmt: skip
    assert "\r" not in file.getvalue()


def test_few_things_are_each_told_and_of_an_unknown_count_every_hundredth():
    few, many = io.StringIO(), io.StringIO()
    for done in (1, 2, 3):
        ProgressLine("scans", few).step(done, 3)
    assert few.getvalue() == "1 of 3 scans\n2 of 3 scans\n3 of 3 scans\n"
    line = ProgressLine("images", many)
    for done in range(1, 251):
        line.step(done, name="case")
    assert many.getvalue() == "100 images\n200 images\n"


def test_a_terminal_has_one_line_that_is_written_over():
    terminal = Terminal()
    line = ProgressLine("images", terminal)
    line.step(1, name="a_long_name")
    line.step(2, name="b")
    line.end("done")
    shown = terminal.getvalue().split("\r")[1:]
    assert [each.rstrip() for each in shown] == ["1 images  a_long_name", "2 images  b", "done"]
    assert len(shown[1]) == len(shown[0]), "nothing of the longer line is left"
    assert terminal.getvalue().count("\n") == 1
