"""The live bar: on a terminal it shows steps, with log lines above it; elsewhere there is none."""

import io
import logging

from rich.console import Console

from Training.running.live import LiveBar


def run_with(console: Console) -> str:
    logger = logging.getLogger("Training.running.loop")
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    root.setLevel(logging.INFO)
    try:
        with LiveBar(40, 10, console=console) as bar:
            for step in range(11, 21):
                bar.step(step)
            logger.info("validation after step %d: dice 0.5", 20)
    finally:
        root.setLevel(level)
    assert root.handlers == handlers
    return console.file.getvalue()


def test_a_terminal_shows_the_steps_done_and_the_log_above_them():
    shown = run_with(Console(file=io.StringIO(), force_terminal=True, width=100))
    assert "20/40" in shown
    assert "validation after step 20: dice 0.5" in shown


def test_a_file_or_pipe_gets_no_bar():
    assert run_with(Console(file=io.StringIO(), force_terminal=False, width=100)) == ""
