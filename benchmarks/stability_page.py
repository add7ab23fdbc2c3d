"""The page of `benchmarks.stability`: one table per kind of looks and case, and what looking again changes."""

from collections.abc import Callable, Mapping, Sequence
from statistics import fmean

HOW = (
    "Made by `python -m benchmarks.stability ../shared/data --looks {looks} --out docs/experiments`; the variants are "
    "listed in `benchmarks/stability_variants.toml`. Answers are kept under `cache/stability`, so that a run that was "
    "stopped goes on and a page can be made of what is there (`--only-cached`)."
)
_ABOUT = """# How steady the answer is

Each real scan is segmented anew in about forty variants (left and right exchanged, stored otherwise, resampled, with
thicker slices, cropped, turned by 8 to 20° about each axis, with a bias field, noise, another gamma, blurred), and the
answer is brought back onto the scan. **Dice** is that with the reference. **Agreement** is the Dice of a variant's
answer with that of the scan as it is; it needs no reference, and is 1 where both found nothing. Only what a variant
still shows counts. The parts of the tumor are not looked at.

All are development scans: they were looked at while earlier weights and rules were chosen, so these figures say how
steady the program is, not how well it does on scans of others. The reference of `vs_gk_98` may be a pseudo-label.
`vs_seg_001` and `head_t2` are cut to 100 x 150 x 150 mm round the pori; `head_t2` shows no tumor, and uncut, nothing
is found in it. A mask on slices of 3 or 4.5 mm, brought back to 1.5 mm, agrees with itself by 0.87 to 0.93 at best for
a ball of 16 mm.

Looks: **default** looks once. **turned** is `--thorough`: an ear with a finding is looked at in seven windows
(straight, and ±12° about each axis), the surest counts, and what the others do not share is doubted. **aligned** looks
once, in windows lined up with the two pori; **turned and aligned** turns these. Where they have fewer variants than
the default, the others were not computed; the last tables compare what both have.
"""

Row = Mapping[str, object]


def page(rows: Sequence[Row], models: Mapping[str, str]) -> str:
    """Return the page.

    Args:
        rows: As `stability.Row` has them.
        models: Name and version by modality.
    """
    looks = list(dict.fromkeys(str(row["looks"]) for row in rows))
    weights = ", ".join(f"{name} ({modality})" for modality, name in models.items())
    sections = [f"Weights: {weights}.\n"]
    sections += [f"\n## Looks: {kind}\n\n{_table_of(_of_looks(rows, kind))}" for kind in looks]
    sections += [f"\n## {kind} against default\n\n{_against(rows, kind)}" for kind in looks if kind != "default"]
    named = " ".join(f'"{kind}"' if " " in kind else kind for kind in looks)
    return f"{_ABOUT}\n{''.join(sections)}\n{HOW.format(looks=named)}\n"


def _of_looks(rows: Sequence[Row], kind: str) -> list[Row]:
    return [row for row in rows if row["looks"] == kind]


def _table_of(rows: Sequence[Row]) -> str:
    lines = ["| case | group | variants | Dice: mean | worst | agreement: mean | worst | worst variant |"]
    lines.append("|---|---|---|---|---|---|---|---|")
    for case in dict.fromkeys(row["case"] for row in rows):
        own = [row for row in rows if row["case"] == case]
        groups = list(dict.fromkeys(row["group"] for row in own))
        lines += [_line(str(case), str(group), [row for row in own if row["group"] == group]) for group in groups]
        turned = [row for row in own if row["group"] != "straight"]
        if turned:
            lines.append(_line(str(case), "**all variants**", turned))
    return "\n".join(lines) + "\n"


def _line(case: str, group: str, rows: Sequence[Row]) -> str:
    worst = min(rows, key=lambda row: (_of(row, "dice") if row["dice"] is not None else 0, _of(row, "agreement")))
    dice = [_of(row, "dice") for row in rows if row["dice"] is not None]
    told = (f"{fmean(dice):.3f}", f"{min(dice):.3f}") if dice else (_nothing_found(rows), "")
    same = [_of(row, "agreement") for row in rows]
    cells = (case, group, len(rows), *told, f"{fmean(same):.3f}", f"{min(same):.3f}", worst["variant"])
    return f"| {' | '.join(map(str, cells))} |"


def _nothing_found(rows: Sequence[Row]) -> str:
    found = sum(_of(row, "found_mm3") > 0 for row in rows)
    return f"false tumor in {found}"


def _against(rows: Sequence[Row], kind: str) -> str:
    """Return what a kind of looks changes on the variants that were seen with both."""
    of_default = {(row["case"], row["variant"]): row for row in rows if row["looks"] == "default"}
    lines = ["| case | variants | Dice: default | now | better / worse by > 0.02 | agreement: default | now |"]
    lines.append("|---|---|---|---|---|---|---|")
    own = [row for row in rows if row["looks"] == kind and (row["case"], row["variant"]) in of_default]
    for case in dict.fromkeys(row["case"] for row in own):
        pairs = [(of_default[row["case"], row["variant"]], row) for row in own if row["case"] == case]
        lines.append(_compared(str(case), pairs))
    return "\n".join(lines) + "\n"


def _compared(case: str, pairs: Sequence[tuple[Row, Row]]) -> str:
    def means(key: str, wanted: Callable[[Row], bool]) -> tuple[str, str]:
        both = [(_of(a, key), _of(b, key)) for a, b in pairs if wanted(a)]
        return (f"{fmean(a for a, _ in both):.3f}", f"{fmean(b for _, b in both):.3f}") if both else ("", "")

    has_dice = [(a, b) for a, b in pairs if a["dice"] is not None]
    if has_dice:
        first, second = means("dice", lambda _row: True)
        steps = [_of(b, "dice") - _of(a, "dice") for a, b in has_dice]
        changed = f"{sum(step > 0.02 for step in steps)} / {sum(step < -0.02 for step in steps)}"
    else:
        first, second, changed = _nothing_found([a for a, _ in pairs]), _nothing_found([b for _, b in pairs]), ""
    agreement = means("agreement", lambda row: row["group"] != "straight")
    return f"| {case} | {len(pairs)} | {first} | {second} | {changed} | {agreement[0]} | {agreement[1]} |"


def _of(row: Row, key: str) -> float:
    value = row[key]
    return float(value) if isinstance(value, int | float) else 0.0
