"""The experiment as a page: regions, costs, curves and verdicts, with what the source prints beside them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from Training.experiments.claims import Measure
from Training.experiments.curves import draw_curves_of_arms
from Training.experiments.gliomas.arms import ARMS, DEEPMEDIC, GliomaArm, Regions
from Training.experiments.gliomas.claims import CLAIMS, DICE, FARTHEST_MM, HD95, REGIONS, SENSITIVITY, SPECIFICITY
from Training.experiments.gliomas.options import GliomaOptions
from Training.experiments.gliomas.patches import HEADS, PATCH_DHW, SPACING_MM
from Training.experiments.results import ArmResults, read_results, seeds_of
from Training.experiments.simple_tests import table_of_simple_tests
from Training.experiments.stored import command_again
from Training.experiments.verdicts import after_steps, verdicts
from Training.tables import to_table
from VSSegmentationLib.atomic import write_text_atomically

Results = Mapping[str, ArmResults[GliomaArm]]
_NOT_HERE = (
    "**Not here: DeepMedic**, a row of the source's table. It classifies small patches through two pathways of "
    "convolutions without padding and samples its classes evenly, so that the patches, the loss and the schedule that "
    "all arms here share are not defined for it; the source says nothing of how it was set up."
)
_UNREPRODUCIBLE = (
    "Published values are the source's own, of data that it describes in a way that fits no edition of BraTS, without "
    "code; its two tables give the full network 0.915 and 0.920 for the same thing. They stand here for the record, "
    "and no value here is to be compared with them."
)


def write_glioma_report(kept: Path, out: Path, arms: Sequence[GliomaArm] = ARMS) -> Path:
    """Write `brats_ablation.md` and its picture from a folder of results, and return the page.

    Raises:
        UsageError: If an arm has no run, or some were made with other options than the rest.
    """
    results = read_results(arms, kept)
    out.mkdir(parents=True, exist_ok=True)
    options = next(iter(results.values())).options
    parts = [
        "# Gates and dilated branches in a residual U-Net for gliomas (the fourth source's tables)",
        _about(results),
        "## Regions",
        _regions_table(results),
        "## Sensitivity and specificity",
        _shares_table(results),
        "## What a network takes",
        _cost_table(results),
        _NOT_HERE,
        "## How training went",
        draw_curves_of_arms(results, out / "brats_ablation_curves.png"),
        verdicts(CLAIMS, results, after_steps(options["steps"]), group="tumor"),
        table_of_simple_tests(CLAIMS, dict(results)),
        _how(results),
    ]
    path = out / "brats_ablation.md"
    write_text_atomically(path, "\n\n".join(parts) + "\n")
    return path


def _about(results: Results) -> str:
    first = next(iter(results.values()))
    options, cases = first.options, first.cases
    channels = "-".join(map(str, options["channels"]))
    without = sum(stratum != "all regions" for stratum in cases["stratum"])
    side_mm = PATCH_DHW[0] * SPACING_MM
    return (
        f"Trained and tested on **synthetic** gliomas only, drawn into public head label maps in four contrasts: "
        f"{len(cases['head'])} test patches of {side_mm:g} mm (voxels of {SPACING_MM:g} mm), one tumor each, in "
        f"{len(set(cases['head']))} heads that neither training ({HEADS['training'][1]} heads) nor validation saw; "
        f"{without} tumors lack a region, which then has no value. A reduced grid: widths {channels} where our reading "
        f"of the source has 16-32-64-128, instance norm in all arms, half cross-entropy and half Dice, "
        f"{options['steps']:,} steps of {options['batch_size']} patches ({options['optimizer']}, "
        f"{options['precision']}), {seeds_of(results)}. Softmax over background and three classes; nothing is mended "
        "afterwards. How such tumors differ from real ones is told under [gliomas](../user_guide/gliomas.md); what "
        "holds for them need not hold for patients."
    )


def _regions_table(results: Results) -> str:
    lines = [
        "| | Dice % whole | core | enhancing | HD95 mm whole | core | enhancing | published Dice % | published HD95 |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for own in results.values():
        cells = [_plus_minus(own, DICE[name], 1) for name in REGIONS]
        cells += [_plus_minus(own, HD95[name], 1) for name in REGIONS]
        cells += [_published(own.arm.published_dice, 100), _published(own.arm.published_hd95_mm, 1)]
        lines.append(f"| {own.arm.title} | " + " | ".join(cells) + " |")
    dice, distance = DEEPMEDIC
    lines.append(f"| DeepMedic (not run) | | | | | | | {_published(dice, 100)} | {_published(distance, 1)} |")
    return (
        "\n".join(lines) + "\n\nMean ± standard deviation over the test cases, each the mean of its seeds; published: "
        f"whole, core, enhancing. A region that was not found counts as {FARTHEST_MM:g} mm, the patch's diagonal. "
        f"{_UNREPRODUCIBLE}"
    )


def _shares_table(results: Results) -> str:
    lines = [
        "| | sensitivity whole | core | enhancing | specificity whole | core | enhancing |",
        "|---|---|---|---|---|---|---|",
    ]
    for own in results.values():
        cells = [_plus_minus(own, each[name], 3) for each in (SENSITIVITY, SPECIFICITY) for name in REGIONS]
        lines.append(f"| {own.arm.title} | " + " | ".join(cells) + " |")
    return (
        "\n".join(lines) + "\n\nThe source defines both and reports neither. Specificity is of the patch alone, and "
        "would be larger in a whole head."
    )


_COST_HEAD = (
    "| | parameters | GFLOP of 64³ | s of a volume | peak GB | at the source's width: parameters | GFLOP | "
    "published Dice % whole | million parameters | GFLOPs |\n|---|---|---|---|---|---|---|---|---|---|"
)


def _cost_table(results: Results) -> str:
    lines = [_COST_HEAD]
    for own in results.values():
        known, run = own.arm.published_ablation, next(iter(own.runs.values()))
        cost, cells = own.runs.get(0, {}).get("cost"), [f"{run['parameters']:,}"]
        if cost is None:
            cells += [""] * 5
        else:
            peak = "" if cost["peak_gb"] is None else f"{cost['peak_gb']:.1f}"
            cells += [f"{cost['gflop']:.1f}", f"{cost['seconds']:.0f}", peak]
            cells += [f"{cost['source_parameters']:,}", f"{cost['source_gflop']:.1f}"]
        if known is None:
            cells += [""] * 3
        else:
            cells += [f"{100 * known.dice_whole:.1f}", f"{known.million_parameters:.1f}", f"{known.gflops:.1f}"]
        lines.append(f"| {own.arm.title} | " + " | ".join(cells) + " |")
    options = next(iter(results.values())).options
    depth, height, width = options["volume_dhw"]
    return (
        "\n".join(lines) + "\n\nOperations by PyTorch's counter, two for each multiply-add; the source's figures are "
        f"near the multiply-adds alone. A volume has {width} x {height} x {depth} voxels in four images, in windows of "
        f"{options['window_dhw'][0]}³ that overlap by a quarter, one pass, at the width of the runs, with one thread "
        "and 32-bit numbers, beside whatever else ran; memory is that of the whole process."
    )


def _plus_minus(own: ArmResults[GliomaArm], measure: Measure, digits: int) -> str:
    mean, deviation = (measure.factor * value for value in own.mean_and_deviation(measure))
    return f"{mean:.{digits}f} ± {deviation:.{digits}f}"


def _published(regions: Regions | None, factor: int) -> str:
    return "" if regions is None else ", ".join(f"{factor * value:.1f}" for value in regions)


def _how(results: Results) -> str:
    options = next(iter(results.values())).options
    seeds = max(len(each.runs) for each in results.values())
    command = command_again("brats_ablation", options, to_table(GliomaOptions()), seeds=seeds)
    return f"## Again\n\n{command}\n\nPublished values: “Attention-ResNetUNet”, freederia research archive, no code."
