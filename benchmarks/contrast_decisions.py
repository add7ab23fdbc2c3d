"""How often the weighting of a scan is decided rightly, asked for, or decided wrongly.

    python -m benchmarks.contrast_decisions --heads heads/validation --data ../shared/data --count 500

writes docs/experiments/contrast_decisions.md. Synthetic scans are judged by their image alone, with the pori as the
locator that ships finds them; real scans by their image alone, and again with all that headers and names tell.
"""

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from Training.weighting.samples import KINDS, heads_of
from VSSegmentationLib.imageio import Scan, read_scan
from VSSegmentationLib.imageio.evidence import Evidence
from VSSegmentationLib.imageio.weighting import decide_weighting, evidence_of
from VSSegmentationLib.inference import image_evidence, load_model, locate_pori
from VSSegmentationLib.models import default_locator, find_model
from VSSegmentationLib.volume import Volume

_TRUTHS = KINDS[:3]
_ANSWERS = ("T2", "ceT1", "T1", "asks")
_STEP_MM = 3.0
_SEED = 4242
_SEGMENTED_AS_IS = ("T2", "ceT1")
_OUT = Path("docs/experiments/contrast_decisions.md")


class Real(NamedTuple):
    """A public scan, where it lies, and its weighting."""

    path: str
    truth: str


_REAL = (
    Real("vs_gk/vs_gk_95_t2.nii.gz", "T2"),
    Real("vs_gk/vs_gk_98_t2.nii.gz", "T2"),
    Real("vs_gk/vs_gk_99_t1.nii.gz", "ceT1"),
    Real("vs_seg_001/ceT1_dicom", "ceT1"),
    Real("head_t2/T2.nii.gz", "T2"),
    Real("other_tumour_cet1/brain1_image.nrrd", "ceT1"),
    Real("dicom_edge_cases/enhanced_mr_t1_sagittal", "T1"),
    Real("dicom_edge_cases/compressed_jpeglossless_j2k/5001_anat-T1w_acq-tfl", "T1"),
    Real("dicom_edge_cases/gap_asl_oblique", "ASL"),
)
"""Of the public scans all that reading does not refuse for their field of view."""


def main() -> None:
    """Measure, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--heads", type=Path, required=True, help="head label maps that nothing was trained on")
    parser.add_argument("--data", type=Path, help="folder of the public real scans; without it none is judged")
    parser.add_argument("--count", type=int, default=500, help="synthetic scans of each weighting (default: 500)")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path, default=_OUT)
    options = parser.parse_args()
    tallies = _synthetic(options.heads, options.count, options.processes)
    real = [_judged(options.data / each.path, each.truth) for each in _REAL] if options.data else []
    options.out.write_text("\n".join(_page(tallies, real, options.count)) + "\n", encoding="utf-8")


def _synthetic(heads: Path, count: int, processes: int) -> Counter[tuple[str, str]]:
    parts = [range(start, 3 * count, processes) for start in range(processes)]
    with ProcessPoolExecutor(processes) as pool:
        return sum(pool.map(partial(_tally, heads), parts), Counter())


def _tally(heads: Path, indices: Iterable[int]) -> Counter[tuple[str, str]]:
    source, locator = heads_of(str(heads), _SEED), load_model(find_model(default_locator() or ""), "cpu")
    found: Counter[tuple[str, str]] = Counter()
    for index in indices:
        source.kind = _TRUTHS[index % 3]
        image, _labels = source.sample(index)
        located = locate_pori(_seen(image[0]), locator, device="cpu")
        found[source.kind, _answer([image_evidence(located)])] += 1
    return found


def _seen(image: np.ndarray) -> Volume:
    """Return the field of view of a head, axes to superior, anterior, right."""
    known = np.argwhere(image != 0)
    first, last = known.min(axis=0), known.max(axis=0) + 1
    affine = np.zeros((4, 4))
    affine[2, 0] = affine[1, 1] = affine[0, 2] = _STEP_MM
    affine[3, 3] = 1
    return Volume(image[tuple(slice(a, b) for a, b in zip(first, last, strict=True))].copy(), affine)


def _answer(evidence: Iterable[Evidence]) -> str:
    decision = decide_weighting(evidence)
    return "asks" if decision.question else str(decision.modality)


def _judged(path: Path, truth: str) -> tuple[str, str, str, str]:
    scan: Scan = read_scan(path, accept_resampling=True)
    locator = load_model(find_model(default_locator() or ""), "cpu")
    image = image_evidence(locate_pori(scan.volume, locator, device="cpu"))
    name = path.parent.name if path.parent.name != "compressed_jpeglossless_j2k" else "compressed_jpeglossless"
    return f"{name}/{path.name.split('.')[0]}", truth, _answer([image]), _answer([*evidence_of(scan), image])


def _page(tallies: Counter[tuple[str, str]], real: list[tuple[str, str, str, str]], count: int) -> Iterator[str]:
    yield "# How the weighting of a scan is decided, measured"
    yield ""
    yield "Whether a scan is taken for what it is, asked about, or taken for something else. Made by"
    yield f"`python -m benchmarks.contrast_decisions --heads heads/validation --data ../shared/data --count {count}`;"
    yield "the network was fitted by `python -m Training weighting` on other heads, and on synthetic ones only."
    yield ""
    yield f"## Synthetic scans by their image alone, {count} of each weighting"
    yield ""
    yield "Heads that nothing was fitted on; whole fields of view, slabs and crops down to one ear; looks as wide as"
    yield "those that segmenters are trained on. Headers, sidecars and names decide many a scan asked about here."
    yield ""
    yield "| is | taken for " + " | ".join(_ANSWERS[:3]) + " | asks | wrong, and segmented as that |"
    yield "|---" * 6 + "|"
    for truth in _TRUTHS:
        cells = [tallies[truth, answer] for answer in _ANSWERS]
        wrong = sum(tallies[truth, a] for a in _SEGMENTED_AS_IS if a != truth)
        yield f"| {truth} | " + " | ".join(map(str, cells)) + f" | {wrong} |"
    yield ""
    yield "What is taken for a plain T1 is refused: wrong for a ceT1, and harmless, as the refusal says what to do."
    yield ""
    if real:
        yield "## Real scans"
        yield ""
        yield "These are development scans: they were in view when the limits were set from which on an image is"
        yield "believed; the limits follow from synthetic heads, so that none of these is taken for what it is not."
        yield ""
        yield "| scan | is | by its image alone | with headers and name |"
        yield "|---" * 4 + "|"
        yield from ("| " + " | ".join(row) + " |" for row in real)


if __name__ == "__main__":
    main()
