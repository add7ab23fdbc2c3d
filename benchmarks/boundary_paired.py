"""Whether two dividers, or two segmenters, differ by more than chance on the scans that both runs have.

python -m benchmarks.boundary_synthetic pools/test --divider A.pt > a.txt     (and B.pt > b.txt)
python -m benchmarks.boundary_paired a.txt b.txt
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from VSSegmentationLib.cohort.paired import wilcoxon_signed_rank

MEASURES = {"whole": "whole Dice", "extra": "extrameatal Dice", "intra": "intrameatal Dice", "boundary_mm": "boundary"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    options = parser.parse_args()
    before, after = _scans(options.before), _scans(options.after)
    both = sorted(before.keys() & after.keys())
    print(f"{len(both)} scans that both have ({len(before)} and {len(after)}); paired Wilcoxon tests, not corrected")
    for way in ("two stages", "true mask"):
        for key, name in MEASURES.items():
            if way == "two stages" or key != "whole":
                pair = [[rows[number][way][key] for number in both] for rows in (before, after)]
                print(f"{way}, {name}: {_compared(*pair)}")


def _scans(path: Path) -> dict[int, dict[str, Any]]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("{")]
    return {row["scan"]: row for row in rows if "missed" not in row}


def _compared(before: list[float], after: list[float]) -> str:
    known = np.isfinite(before) & np.isfinite(after)
    a, b = np.asarray(before)[known], np.asarray(after)[known]
    p_value = wilcoxon_signed_rank(list(a), list(b)).p_value
    means = f"mean {a.mean():.3f} and {b.mean():.3f}, median {np.median(a):.3f} and {np.median(b):.3f}"
    return f"{means}, p {'not defined' if p_value is None else f'= {p_value:.2g}'} over {len(a)}"


if __name__ == "__main__":
    main()
