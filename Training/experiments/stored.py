"""The results of runs as they lie in a folder, and the command that makes them again."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from VSSegmentationLib.atomic import write_text_atomically
from VSSegmentationLib.codec import read_json_file
from VSSegmentationLib.errors import UsageError

RESULT = "result.json"
"""What a run writes last, into its own folder."""
OPTIONS = "options.json"
"""What the first run of a folder writes: the options of all that follow."""
Runs = tuple[Mapping[str, Any], ...]


def hold_to(options: Mapping[str, Any], folder: Path) -> None:
    """Keep the options of a folder's first run, before anything is trained in it.

    Weights that runs share, and checkpoints that they go on from, do not say what they were made with; so one folder
    has one set of options. The number of seeds is not one of them: more of the same may follow.

    Args:
        options: Of the runs to come.
        folder: Of all runs; made if it is not there.

    Raises:
        UsageError: If the folder holds runs of other options, or the file that says which is damaged.
    """
    file = folder / OPTIONS
    wanted = json.loads(json.dumps({key: value for key, value in options.items() if key != "seeds"}))
    if not file.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        write_text_atomically(file, json.dumps(wanted) + "\n")
        return
    try:
        kept = dict(read_json_file(file))
    except (ValueError, TypeError) as error:
        msg = f"{OPTIONS} of this --out is damaged, so what its runs were made with is not known; give another --out"
        raise UsageError(msg) from error
    differing = [
        f"{key} {kept.get(key)} (now {wanted.get(key)})"
        for key in sorted({*kept, *wanted})
        if kept.get(key) != wanted.get(key)
    ]
    if differing:
        msg = f"the runs in this --out were made with {', '.join(differing)}; give another --out for these"
        raise UsageError(msg)


def read_runs(arms: Iterable[tuple[str, str]], folder: Path, seeds: int) -> dict[str, Runs]:
    """Return what every seed of every arm came to, by the arm's name.

    Args:
        arms: Name of the folder, and title, of each.
        folder: Holds `NAME/seed_N`.
        seeds: How many of each are wanted.

    Raises:
        UsageError: If a run is missing, or some were made with other options than the rest.
    """
    results: dict[str, Runs] = {}
    kinds: dict[str, str] = {}
    for name, title in arms:
        files = [folder / name / f"seed_{seed}" / RESULT for seed in range(seeds)]
        if missing := [file for file in files if not file.is_file()]:
            msg = f"{len(missing)} of {len(files)} runs of '{title}' are not there; give the experiment again"
            raise UsageError(msg)
        results[name] = tuple(_result(file) for file in files)
        for run in results[name]:
            same = {key: value for key, value in run["options"].items() if key != "seeds"}
            kinds.setdefault(json.dumps(same, sort_keys=True), title)
    if len(kinds) > 1:
        first, other = list(kinds.values())[:2]
        msg = f"runs of '{first}' and '{other}' were made with different options; give another --out, or delete some"
        raise UsageError(msg)
    return results


def command_again(
    name: str, options: Mapping[str, Any], usual: Mapping[str, Any], *, seeds: int, more: str = ""
) -> str:
    """Return the command line of an experiment as Markdown: what is not as usual stands in it.

    Args:
        name: Of the experiment.
        options: What a run was made with.
        usual: The same of the default ones.
        seeds: Of each arm.
        more: Further arguments.
    """
    given = {**options, "seeds": seeds}
    flags = ""
    for key in ("steps", "warm_up", "seeds", "channels", "precision"):
        if key in given and given[key] != usual.get(key):
            value = " ".join(map(str, given[key])) if isinstance(given[key], list) else given[key]
            flags += f" --{key.replace('_', '-')} {value}"
    folder = f"runs/{name}" if flags else "runs/experiments"  # one folder takes one set of options
    return (
        f"```\npython -m Training experiment {name}{flags}{more} --out {folder} \\\n"
        "    --report docs/experiments --heads heads/training/*.nii.gz heads/validation/*.nii.gz\n```"
    )


def _result(file: Path) -> dict[str, Any]:
    try:
        return dict(read_json_file(file))
    except (ValueError, TypeError) as error:
        msg = f"{file.parent.name}/{file.name} is damaged; remove the folder of this run and give the experiment again"
        raise UsageError(msg) from error
