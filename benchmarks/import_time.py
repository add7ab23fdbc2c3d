"""How long `import VSSegmentationLib` takes, and what each name of the door brings along when it is first asked for.

    python benchmarks/import_time.py [--repeats 15]

Each figure is of a Python of its own; the time that a bare Python needs to start is not in it. The first run on a
machine reads from disk, so it is thrown away. Wanted: the import alone under 0.15 s.
"""

import argparse
import statistics
import subprocess
import sys

ASKED = ("", "Volume", "read_scan", "measure", "segment")
LIMIT_SECONDS = 0.15
HEAVY = ("numpy", "scipy", "SimpleITK", "pydicom", "torch")

_CODE = """
import sys
from time import perf_counter
begun = perf_counter()
import VSSegmentationLib as vs
{ask}
seconds = perf_counter() - begun
print(seconds, *[name for name in {heavy} if name in sys.modules])
"""


def timed(asked: str, repeats: int) -> tuple[float, list[str]]:
    """Return the median seconds, and which heavy packages came along."""
    code = _CODE.format(ask=f"vs.{asked}" if asked else "", heavy=HEAVY)
    seconds, brought = [], []
    for _ in range(repeats + 1):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        told, *brought = done.stdout.split()
        seconds.append(float(told))
    return statistics.median(seconds[1:]), brought


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=15)
    repeats = parser.parse_args().repeats
    print("| asked for | seconds (median) | brings |\n|---|---|---|")
    kept = True
    for asked in ASKED:
        seconds, brought = timed(asked, repeats)
        kept = kept and (bool(asked) or seconds < LIMIT_SECONDS)
        print(f"| {f'vs.{asked}' if asked else 'import alone'} | {seconds:.3f} | {', '.join(brought) or 'nothing'} |")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
