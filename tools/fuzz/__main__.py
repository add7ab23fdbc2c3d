"""`python -m tools.fuzz`: damage sound inputs by a seed, read them in a process of their own, and count what became.

Every input is known by its seed and number: `--seed S --first N --count 1` reads it again.
"""

import argparse
import json
import queue
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

_START = 10
"""The sound inputs are written and read first, which takes so many times longer than one of them may."""
_FAULTS = ("judged wrong", "exception", "abort", "hang")


@dataclass
class _Tally:
    became: Counter[tuple[str, str]] = field(default_factory=Counter)
    faults: list[dict[str, Any]] = field(default_factory=list)


def main() -> int:
    """Run, tell, and return 1 if there was a fault."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="number of the first input")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=0.0, help="stop after this time (0: at the count alone)")
    parser.add_argument("--hang", type=float, default=120.0, help="seconds after which a silent reader hangs")
    parser.add_argument("--only", nargs="*", help="readers, by the names that the table has")
    parser.add_argument("--keep", type=Path, help="folder for inputs that show a fault")
    options = parser.parse_args()
    tally, begun = _Tally(), time.monotonic()
    number, end = options.first, options.first + options.count
    while number < end and not _is_over(options, begun):
        number = _batch(options, number, end, begun, tally)
    _show(tally, number - options.first, time.monotonic() - begun)
    return 1 if tally.faults else 0


def _is_over(options: argparse.Namespace, begun: float) -> bool:
    return bool(options.seconds) and time.monotonic() - begun > options.seconds


def _batch(options: argparse.Namespace, first: int, end: int, begun: float, tally: _Tally) -> int:
    """Read inputs in one process, as long as it lives, and return the number of the next one."""
    words = ["--seed", str(options.seed), "--numbers", str(first), str(end)]
    words += ["--only", *options.only] if options.only else []
    words += ["--keep", str(options.keep)] if options.keep else []
    command = [sys.executable, "-m", "tools.fuzz.child", *words]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stderr is not None
    lines: queue.Queue[bytes | None] = queue.Queue()
    said: list[bytes] = []
    threading.Thread(target=_hand_on, args=(child.stdout, lines), daemon=True).start()
    threading.Thread(target=said.extend, args=(child.stderr,), daemon=True).start()
    current: dict[str, Any] = {}
    done = first
    try:
        while done < end and not _is_over(options, begun):
            line = lines.get(timeout=options.hang if current or done > first else _START * options.hang)
            if line is None:
                break
            message = json.loads(line)
            if "target" in message:
                current = message
                continue
            done = message["number"] + 1
            _count(tally, current | message)
            current = {}
    except queue.Empty:
        if not current:
            sys.exit("the fuzzer itself did not begin in time")
        _count(tally, current | {"became": "hang", "what": "", "where": ""})
        done = current.get("number", done) + 1
    finally:
        child.kill()
        child.wait()
    if current and child.returncode != 0 and done == current["number"]:
        words_of_it = b"".join(said)[-900:].decode("utf-8", "replace")
        _count(tally, current | {"became": "abort", "what": words_of_it, "where": ""})
        done += 1
    elif done == first and not current and not _is_over(options, begun):
        sys.exit(f"the fuzzer itself failed: {b''.join(said)[-2000:].decode('utf-8', 'replace')}")
    return done


def _hand_on(stream: IO[bytes], lines: "queue.Queue[bytes | None]") -> None:
    for line in stream:
        lines.put(line)
    lines.put(None)


def _count(tally: _Tally, message: dict[str, Any]) -> None:
    tally.became[message["target"], message["became"]] += 1
    if message["became"] in _FAULTS:
        tally.faults.append(message)


def _show(tally: _Tally, count: int, seconds: float) -> None:
    for fault in tally.faults[:50]:
        print(f"{fault['number']} {fault['target']} {fault['file']}: {fault['became']}: {fault['what']}")
        print(fault["where"])
    for (target, became), number in sorted(tally.became.items()):
        print(f"{target:15} {became:45} {number:6}")
    by_kind = Counter(fault["became"] for fault in tally.faults)
    told = ", ".join(f"{by_kind[kind]} {kind}" for kind in _FAULTS)
    print(f"{count} inputs in {seconds:.0f} s: {told}")


if __name__ == "__main__":
    sys.exit(main())
