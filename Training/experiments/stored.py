"""The results of units as small files that are kept with the code, and the command that makes them again.

A folder of results holds `options.json` (of all its units), `cases.json` (skull base, head, stratum and volume of every
test case), `claims_STUDY.json` (written before the first unit), and `ARM/seed_N.json` for every unit: values by case in
the order of `cases.json`, rounded, and the validation curve.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from Training.experiments.claims import Claim
from VSSegmentationLib.atomic import write_text_atomically
from VSSegmentationLib.codec import read_json_file
from VSSegmentationLib.errors import UsageError

OPTIONS, CASES = "options.json", "cases.json"
_CLAIMS = "claims_{study}.json"
_DIGITS = 5
Run = Mapping[str, Any]
Runs = Mapping[int, Run]
"""By seed."""


def unit_file(results: Path, arm: str, seed: int) -> Path:
    """Return where the result of one unit is kept."""
    return results / arm / f"seed_{seed}.json"


def write_json(content: object, path: Path) -> None:
    """Write plain values as one line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text_atomically(path, json.dumps(content, separators=(",", ":"), ensure_ascii=False) + "\n")


def columns(cases: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Return rows as columns; a value that a row lacks is None."""
    names = dict.fromkeys(name for case in cases for name in case)
    return {name: [case.get(name) for case in cases] for name in names}


def hold_to(options: Mapping[str, Any], folder: Path) -> None:
    """Keep the options of a folder's first unit, before anything is trained in it.

    Weights that units share, and checkpoints that they go on from, do not say what they were made with; so one folder
    has one set of options. The number of seeds is not one of them: more of the same may follow.

    Args:
        options: Of the units to come, the benchmark that they are measured on among them.
        folder: Of all units; made if it is not there.

    Raises:
        UsageError: If the folder holds units of other options, or the file that says which is damaged.
    """
    file = folder / OPTIONS
    wanted = json.loads(json.dumps({key: value for key, value in options.items() if key != "seeds"}))
    if not file.is_file():
        write_json(wanted, file)
        return
    try:
        kept = dict(read_json_file(file))
    except (ValueError, TypeError) as error:
        msg = f"{OPTIONS} of this folder is damaged, so what its runs were made with is not known; give another one"
        raise UsageError(msg) from error
    differing = [
        f"{key} {kept.get(key)} (now {wanted.get(key)})"
        for key in sorted({*kept, *wanted})
        if kept.get(key) != wanted.get(key)
    ]
    if differing:
        msg = f"the runs in this folder were made with {', '.join(differing)}; give another --out (and --results)"
        raise UsageError(msg)


def write_down_claims(claims: Sequence[Claim], study: str, results: Path) -> None:
    """Write what a study claims beside its results, before there are any, or compare it with what was written.

    Raises:
        UsageError: If other claims were written before these runs: those that are there would answer questions that
            were asked after the answer was known.
    """
    if (results / _CLAIMS.format(study=study)).is_file():
        refuse_other_claims(claims, study, results)
    else:
        write_json([asdict(claim) for claim in claims], results / _CLAIMS.format(study=study))


def refuse_other_claims(claims: Sequence[Claim], study: str, results: Path) -> None:
    """Compare what a study claims with what was written before its runs.

    Raises:
        UsageError: If other claims were written, or none.
    """
    if read_kept(results / _CLAIMS.format(study=study)) != json.loads(json.dumps([asdict(claim) for claim in claims])):
        msg = f"the claims of {study} are others than those written before its runs; give another --out (and --results)"
        raise UsageError(msg)


def read_runs(arms: Iterable[tuple[str, str]], results: Path) -> dict[str, Runs]:
    """Return what every seed of every arm came to, by the arm's name and the seed.

    Args:
        arms: Name, and title, of each.
        results: The folder of results.

    Raises:
        UsageError: If an arm has no unit, a file is damaged, or units were made with other options than the rest.
    """
    found: dict[str, Runs] = {}
    kinds: dict[str, str] = {}
    for name, title in arms:
        files = {int(file.stem.removeprefix("seed_")): file for file in sorted((results / name).glob("seed_*.json"))}
        if not files:
            msg = f"no run of '{title}' is in the results; give the experiment again"
            raise UsageError(msg)
        found[name] = {seed: read_kept(files[seed]) for seed in sorted(files)}
        for run in found[name].values():
            if not isinstance(run, dict) or not {"options", "cases", "curve"} <= run.keys():
                msg = f"a result of '{title}' was made by a former version, on other test cases; remove it"
                raise UsageError(msg)
            same = {key: value for key, value in run["options"].items() if key != "seeds"}
            kinds.setdefault(json.dumps(same, sort_keys=True), title)
    if len(kinds) > 1:
        first, other = list(kinds.values())[:2]
        msg = f"runs of '{first}' and '{other}' were made with different options; give another --out, or delete some"
        raise UsageError(msg)
    return found


def read_kept(file: Path) -> Any:  # noqa: ANN401 - what JSON holds
    """Return the content of a file of results.

    Raises:
        UsageError: If it is missing or damaged.
    """
    if not file.is_file():
        msg = f"the results have no {file.name}; give the experiment again"
        raise UsageError(msg)
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        msg = f"{file.parent.name}/{file.name} is damaged; remove it and give the experiment again"
        raise UsageError(msg) from error


def command_again(name: str, options: Mapping[str, Any], usual: Mapping[str, Any], *, seeds: int) -> str:
    """Return the command lines of an experiment as Markdown: what is not as usual stands in them.

    Args:
        name: Of the experiment.
        options: What a run was made with.
        usual: The same of the default ones.
        seeds: Of each arm.
    """
    given = {**options, "seeds": seeds}
    flags = ""
    for key in ("steps", "warm_up", "seeds", "channels", "precision", "optimizer"):
        if key in given and given[key] != usual.get(key):
            value = " ".join(map(str, given[key])) if isinstance(given[key], list) else given[key]
            flags += f" --{key.replace('_', '-')} {value}"
    folder = f"runs/{name}" if flags else "runs/experiments"  # one folder takes one set of options
    return (
        f"```\npython -m Training experiment {name}{flags} --out {folder} --results docs/experiments/results \\\n"
        "    --report docs/experiments --heads heads/training/*.nii.gz heads/validation/*.nii.gz\n"
        f"python -m Training experiment {name} --page-only --results docs/experiments/results "
        "--report docs/experiments\n```\n\n"
        "The second command makes this page from the kept results alone."
    )


def rounded(content: object) -> object:
    """Return plain values with numbers rounded to five digits behind the point: files of results are kept small."""
    if isinstance(content, float):
        return round(content, _DIGITS)
    if isinstance(content, Mapping):
        return {key: rounded(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [rounded(value) for value in content]
    return content
