"""Compare synthetic images with real scans, brightness of tissues and size of tumors; write a report with a picture.

python -m benchmarks.synthetic_against_real ../shared/data POOL --out docs/experiments [--recipe RECIPE [--stage STAGE]]
"""

import argparse
import os
import time
from dataclasses import dataclass, replace
from pathlib import Path

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from Training.recipes import read_recipe
from Training.synthesis import SynthesisConfig, SyntheticSource
from Training.synthesis.anatomy import SPACING_MM
from Training.synthesis.contrast import draw_contrast
from Training.synthesis.first_looks import FIRST_CONTRAST, FIRST_SYNTHESIS, FORMER_ACQUISITION
from Training.synthesis.render import draw_acquisition, render
from Training.synthesis.source import SLICE_STEP
from Training.synthesis.tissues import BRAIN, SKULL, Tissue, target_labels
from Training.tables import from_table
from VSSegmentationLib.imageio import read_volume
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS

mpl.use("Agg")
from matplotlib import pyplot as plt

REAL = {
    "vs_gk_95": ("vs_gk/vs_gk_95_t2.nii.gz", "vs_gk/vs_gk_95_t2_seg.nii.gz"),
    "vs_gk_98": ("vs_gk/vs_gk_98_t2.nii.gz", "vs_gk/vs_gk_98_t2_seg_unverified.nii.gz"),
}
TISSUES = ("tumor", "CSF", "brain", "bone")
KNOWN = {"CSF": (Tissue.CSF,), "brain": BRAIN, "bone": (*SKULL, Tissue.AIR, Tissue.MASTOID)}
FIELD_FINE_DHW = (90, 130, 222)
"""Of a synthetic skull base, 45 x 65 x 111 mm in its middle: the field of view of the real scans."""
PUBLISHED_CM3 = {"observed, median": 0.16, "radiosurgery, median": 1.5}
PERCENTILES = (5, 50, 95)
RANGES = replace(
    FIRST_SYNTHESIS, patch_dhw=(24, 88, 88), centered_on_pori=True, narrow_share=0.3, tumor_share=0.7, ear_share=0.3,
    t2_share=0.99, acquisition=FORMER_ACQUISITION,
    contrast=replace(
        FIRST_CONTRAST, bright_tumor_share=0.3, bright_tumor=(0.5, 1.0), bright_tumor_texture=(0.2, 0.6),
        brightest_even_tumor=0.78, dim_canal_share=0.25, brain_texture=0.09, septated_share=0.45, rim_share=0.3,
        brightest_chamber=1.5, septum=(0.05, 0.3), wall=(0.1, 0.8),
    ),
)  # fmt: skip
"""What version 2 of the T2 model was trained with, and the page was made with."""
PICTURE = "synthetic_against_real.png"

Values = dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Synthetic:
    """What was rendered: values by tissue of each scan, found as in real ones and as known from the anatomy."""

    found: list[Values]
    known: list[Values]
    scans_a_minute: float


def otsu(values: NDArray[np.float32]) -> float:
    """The threshold that parts a histogram into the two most compact halves (Otsu 1979)."""
    counts, edges = np.histogram(values, 256)
    centers = (edges[1:] + edges[:-1]) / 2
    below = np.cumsum(counts)[:-1]
    above = below[-1] + counts[-1] - below
    sums = np.cumsum(counts * centers)
    means_apart = sums[:-1] / np.maximum(below, 1) - (sums[-1] - sums[:-1]) / np.maximum(above, 1)
    return float(edges[1 + int(np.argmax(below * above * means_apart**2))])


def largest(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    parts, count = ndimage.label(mask)
    return parts == 1 + int(np.argmax(np.bincount(parts.ravel())[1:])) if count else mask


def eroded(mask: NDArray[np.bool_], pixels: int) -> NDArray[np.bool_]:
    return ndimage.binary_erosion(mask, np.ones((1, 3, 3)), iterations=pixels)


def scaled(image: NDArray[np.float32], csf: NDArray[np.float32]) -> NDArray[np.float32]:
    """0 is the 1st percentile of the scan, 1 the mode of its CSF, leaving out what was clipped at the top."""
    counts, edges = np.histogram(csf[csf < image.max()], 60)
    peak = int(np.argmax(ndimage.gaussian_filter1d(counts.astype(float), 2)))
    zero, one = np.percentile(image, 1), (edges[peak] + edges[peak + 1]) / 2
    return ((image - zero) / max(one - zero, 1e-6)).astype(np.float32)


def masks_found(image: NDArray[np.float32], tumor: NDArray[np.bool_]) -> dict[str, NDArray[np.bool_]]:
    """Tissues by means that work on any T2 scan whose tumor is outlined; the report says how."""
    bright = otsu(image)
    dark = otsu(image[image < bright])
    away = ~ndimage.binary_dilation(tumor, np.ones((3, 3, 3)), iterations=2)
    return {
        "tumor": tumor,
        "CSF": largest(eroded(away & (image >= bright), 1)),
        "brain": largest(eroded(away & (image >= dark) & (image < bright), 3)),
        "bone": eroded(away & (image < dark), 1),
    }


def values_of(image: NDArray[np.float32], masks: dict[str, NDArray[np.bool_]], keep: int = 4000) -> Values:
    """At most `keep` values of each tissue, evenly picked, so that no scan outweighs another."""
    image = scaled(image, image[masks["CSF"]])
    result = {}
    for tissue, mask in masks.items():
        values = np.sort(image[mask])
        result[tissue] = values[:: max(1, len(values) // keep)]
    return result


def real_values(data: Path) -> dict[str, Values]:
    found = {}
    for name, (image, mask) in REAL.items():
        array = read_volume(data / image).array.astype(np.float32)
        found[name] = values_of(array, masks_found(array, np.asarray(read_volume(data / mask).array > 0)))
    return found


def synthetic_values(files: list[Path], count: int, config: SynthesisConfig) -> Synthetic:
    """Render whole fields of view with a T2 contrast each, from the ranges that a recipe trains with."""
    found, known, seconds = [], [], 0.0
    for number, path in enumerate(files):
        rng = np.random.default_rng([95, 98, number])
        with np.load(path) as stored:
            tissues = stored["tissues"]
        starts = [(n - m) // 2 for n, m in zip(tissues.shape, FIELD_FINE_DHW, strict=True)]
        tissues = tissues[tuple(slice(s, s + m) for s, m in zip(starts, FIELD_FINE_DHW, strict=True))]
        shown = tissues[SLICE_STEP // 2 :: SLICE_STEP]
        tumor = VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(target_labels(shown))
        if tumor.sum() < 100:
            continue
        begin = time.process_time()
        contrast, acquisition = draw_contrast(rng, "T2", config.contrast), draw_acquisition(rng, config.acquisition)
        image = render(rng, tissues, SPACING_MM, contrast, acquisition, slice_step=SLICE_STEP)
        seconds += time.process_time() - begin
        found.append(values_of(image, masks_found(image, tumor)))
        masks = {name: np.isin(shown, which) for name, which in KNOWN.items()}
        known.append(values_of(image, {"tumor": tumor, **masks}))
        print(f"rendered {len(found)} of {count}", flush=True)
        if len(found) == count:
            break
    return Synthetic(found, known, 60 * len(found) / seconds)


def pool_volumes_cm3(files: list[Path]) -> NDArray[np.float64]:
    """Volume of the tumor at each ear that has one."""
    volumes = []
    for path in files:
        with np.load(path) as stored:
            tumor, poruses = (
                VESTIBULAR_SCHWANNOMA_LABELS.tumor_mask(target_labels(stored["tissues"])),
                stored["porus_dhw_mm"],
            )
        middle = round(poruses[:, 2].mean() / SPACING_MM)
        volumes += [float(side.sum()) * SPACING_MM**3 / 1000 for side in (tumor[..., :middle], tumor[..., middle:])]
    return np.array([v for v in volumes if v >= 0.005])


def patches_a_minute(config: SynthesisConfig, count: int) -> float:
    source = SyntheticSource(config)
    source.sample(0)
    begin = time.process_time()
    for index in range(count):
        source.sample(index)
    return 60 * count / (time.process_time() - begin)


def three(values: NDArray[np.floating]) -> str:
    return " / ".join(f"{v:.2f}" for v in np.percentile(values, PERCENTILES)) if len(values) else "none"


def intensity_table(real: dict[str, Values], synthetic: Synthetic) -> str:
    columns = [*real, "synthetic, found the same way", "synthetic, known tissue", "medians of synthetic scans"]
    lines = [f"| tissue | {' | '.join(columns)} |", "|---|" + "---|" * len(columns)]
    for tissue in TISSUES:
        pooled = [np.concatenate([scan[tissue] for scan in scans]) for scans in (synthetic.found, synthetic.known)]
        cells = [three(values[tissue]) for values in real.values()]
        cells += [*map(three, pooled), three(np.array(medians(synthetic, tissue)))]
        lines.append(f"| {tissue} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def medians(synthetic: Synthetic, tissue: str) -> list[float]:
    return [float(np.median(scan[tissue])) for scan in synthetic.found if len(scan[tissue])]


def spreads(scans: list[Values], tissue: str) -> list[float]:
    return [float(np.ptp(np.percentile(scan[tissue], (5, 95)))) for scan in scans if len(scan[tissue])]


def differences(real: dict[str, Values], synthetic: Synthetic) -> list[str]:
    """A sentence for each real median or spread: where among the synthetic scans it lies."""
    sentences = []
    for tissue in TISSUES:
        for name, values in real.items():
            median, spread = float(np.median(values[tissue])), spreads([values], tissue)[0]
            brighter = np.mean(np.array(medians(synthetic, tissue)) < median)
            wider = np.mean(np.array(spreads(synthetic.found, tissue)) < spread)
            words = {"darker": 1 - brighter, "brighter": brighter, "more even": 1 - wider, "less even": wider}
            odd = " and ".join(word for word, share in words.items() if share > 0.95)
            sentences.append(
                f"- {tissue} of {name}: median {median:.2f}, brighter than {brighter:.0%} of the synthetic scans; "
                f"from its 5th to its 95th percentile {spread:.2f}, wider than in {wider:.0%} of them."
                + (f" **That is {odd} than nearly all of them.**" if odd else "")
            )
    return sentences


def volume_table(volumes: NDArray[np.float64]) -> str:
    heads = [f"{p}th percentile" for p in (5, 25, 50, 75, 95)]
    cells = [f"{v:.2f}" for v in np.percentile(volumes, (5, 25, 50, 75, 95))]
    rows = [
        f"| cm3 | {' | '.join(heads)} |",
        "|---|" + "---|" * 5,
        f"| {len(volumes)} drawn tumors | {' | '.join(cells)} |",
    ]
    observed, treated = PUBLISHED_CM3.values()
    text = (
        f"Published medians: {observed} cm3 of tumors under observation, {treated} cm3 of tumors before radiosurgery. "
        f"Of the drawn ones {np.mean(volumes < observed):.0%} are smaller than the first and "
        f"{np.mean(volumes > treated):.0%} larger than the second: sizes are drawn evenly over orders of magnitude, "
        "not as they occur in any clinic, so that small and large ones are both seen often. The real cases measured on "
        "have 1.38 and 2.09 cm3."
    )
    return "\n".join(rows) + "\n\n" + text


def draw_picture(path: Path, real: dict[str, Values], synthetic: Synthetic, volumes: NDArray[np.float64]) -> None:
    figure, axes = plt.subplots(2, 3, figsize=(10.5, 5.6), constrained_layout=True)
    colors = dict(zip(real, ("#0072B2", "#D55E00"), strict=True))
    for axis, tissue in zip(axes.flat, TISSUES, strict=False):
        pooled = np.concatenate([scan[tissue] for scan in synthetic.found])
        bins = np.linspace(0, 1.6, 65)
        axis.hist(pooled, bins, density=True, color="0.8", label="synthetic")
        for name, values in real.items():
            axis.hist(
                values[tissue], bins, density=True, histtype="step", color=colors[name], label=name, linewidth=1.4
            )
        axis.set(title=tissue, xlabel="intensity (CSF = 1)", yticks=[])
    axes.flat[0].legend(frameon=False, fontsize=8)
    axis = axes.flat[4]
    for scans, color, size in ((synthetic.found, "0.55", 14), *(([v], colors[n], 70) for n, v in real.items())):
        whole = [scan for scan in scans if len(scan["brain"])]
        axis.scatter(*([np.median(scan[t]) for scan in whole] for t in ("brain", "tumor")), s=size, color=color)
    axis.set(title="one dot a scan", xlabel="median of brain", ylabel="median of tumor")
    axis = axes.flat[5]
    axis.hist(volumes, np.geomspace(0.005, 30, 30), color="0.8")
    for (name, value), style in zip(PUBLISHED_CM3.items(), ("--", ":"), strict=True):
        axis.axvline(value, color="black", linestyle=style, linewidth=1, label=f"{name}: {value}")
    axis.set(title="tumor volume", xlabel="cm³", xscale="log", yticks=[])
    axis.legend(frameon=False, fontsize=7)
    figure.savefig(path, dpi=90)
    plt.close(figure)


def machine() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    model = next(
        (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown processor"
    )
    return f"{model}, {os.cpu_count()} cores"


METHOD = """\
Real scans: two T2 scans with their masks, already clipped at about their 1st and 99th percentile by whoever prepared
them (the spikes at the bright end of their histograms). Synthetic scans: {count} fields of view of the same size,
each from another skull base with a T2 contrast and a scanner of its own, from the ranges {source}. In
both, tissues are found the same way: Otsu's threshold parts fluid and fat from the rest, and a second one below it
parts brain and muscle from bone, air and flow. CSF is the largest connected part of the bright class (eroded by one
pixel), brain of the middle class (eroded by three), bone all of the dark class (eroded by one), all two voxels off
the tumor, which is the mask itself. Intensities are scaled so that 0 is the 1st percentile of a scan and 1 the mode
of its CSF. For the column "known tissue" the anatomy itself says what is what (marrow and mastoid cells count as bone
there, and partial volume stays in). Three numbers are the 5th, 50th and 95th percentile."""

LIMITS = """\
Two real scans, prepared by one group, cannot tell how wide the ranges have to be, and the ranges were widened after
models had been measured on these very scans: agreement here is no independent evidence. The synthetic ranges are wide
on purpose (domain randomization); what is asked of them is that real values lie within, not that the histograms
agree. Nothing here says how ceT1 or TSE images compare."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("pool", type=Path, help="as `python -m Training.synthesis pool` wrote it")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--recipe", type=Path, help="whose contrasts and scanners are drawn instead")
    parser.add_argument("--stage", help="of that recipe, if it has several")
    parser.add_argument("--count", type=int, default=32, help="synthetic scans to render (default: 32)")
    options = parser.parse_args()
    config, source = replace(RANGES, pool=str(options.pool)), "that version 2 of the T2 model was trained with"
    if options.recipe is not None:
        recipe = read_recipe(options.recipe, [], options.stage)
        drawn = {**recipe.data.options, "pool": str(options.pool)}
        config, source = from_table(SynthesisConfig, drawn, "recipe.data.options"), f"of the recipe `{recipe.name}`"
    files = sorted(options.pool.glob("*.npz"))
    real = real_values(options.data)
    synthetic = synthetic_values(files[:: max(1, len(files) // (2 * options.count))], options.count, config)
    volumes = pool_volumes_cm3(files)
    patches = patches_a_minute(config, 24)
    options.out.mkdir(parents=True, exist_ok=True)
    draw_picture(options.out / PICTURE, real, synthetic, volumes)
    speed = (
        f"{synthetic.scans_a_minute:.0f} fields of view, or {patches:.0f} training patches of "
        f"{' x '.join(map(str, config.patch_dhw))} voxels, a minute of one core's time, so about twice as many on two "
        f"cores ({machine()}; CPU time, measured beside other work)."
    )
    made = (
        "Made by `python -m benchmarks.synthetic_against_real ../shared/data POOL --out docs/experiments`, with a pool "
        f"of {len(files)} skull bases from heads that only training sees (`python -m Training experiment table1` draws "
        "them into `benchmark/training` of its `--out`)."
    )
    parts = [
        "# Synthetic images against real scans",
        f"![Histograms of tissues, and of tumor volumes]({PICTURE})",
        "## Intensities",
        intensity_table(real, synthetic),
        METHOD.format(count=len(synthetic.found), source=source),
        "## Where the real scans lie",
        "\n".join(differences(real, synthetic)),
        LIMITS,
        "## Tumor volumes",
        volume_table(volumes),
        "## Speed",
        speed,
        made,
    ]
    (options.out / "synthetic_against_real.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
