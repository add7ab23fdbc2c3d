"""The process that reads damaged inputs one after another; a crash of it is a finding, not the end."""

import argparse
import faulthandler
import json
import random
import sys
import tempfile
import traceback
from pathlib import Path

from tools.fuzz.judging import FaultError, judged
from tools.fuzz.mutators import mutated
from tools.fuzz.targets import TARGETS, Target


def main() -> None:
    """Read the inputs of the numbers asked for and tell of each what became of it, in a line of JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--numbers", type=int, nargs=2, required=True, metavar=("FIRST", "END"))
    parser.add_argument("--only", nargs="*", choices=sorted(TARGETS))
    parser.add_argument("--keep", type=Path, help="folder for inputs that show a fault")
    options = parser.parse_args()
    faulthandler.enable()
    names = options.only or list(TARGETS)
    with tempfile.TemporaryDirectory(prefix="vs_fuzz_") as folder:
        sound = {name: _sound(Path(folder) / name.replace(" ", "_"), TARGETS[name]) for name in names}
        for number in range(*options.numbers):
            rng = random.Random(f"{options.seed} {number}")
            name = rng.choices(names, [TARGETS[each].share for each in names])[0]
            path = rng.choice(sound[name])
            _tell({"number": number, "target": name, "file": path.name})
            _tell({"number": number, **_one(TARGETS[name], path, rng, options.keep, number)})


def _sound(folder: Path, target: Target) -> list[Path]:
    folder.mkdir()
    files = target.write_sound(folder)
    for path in files:
        if judged(target.read, path) == "refused":  # of inputs that nobody takes, damage shows nothing
            msg = f"the sound {path.name} is refused"
            raise FaultError(msg)
    return files


def _one(target: Target, path: Path, rng: random.Random, keep: Path | None, number: int) -> dict[str, str]:
    before = path.read_bytes()
    damaged = mutated(before, rng, head=target.head)
    path.write_bytes(damaged)
    try:
        return {"became": judged(target.read, path)}
    except Exception as error:  # noqa: BLE001 - which ones come is what is asked here
        if keep is not None:
            keep.mkdir(parents=True, exist_ok=True)
            (keep / f"{number}_{path.name}").write_bytes(damaged)
        where = "".join(traceback.format_tb(error.__traceback__)[-3:])
        kind = "judged wrong" if isinstance(error, FaultError) else "exception"
        return {"became": kind, "what": f"{type(error).__name__}: {error}"[:400], "where": where[-900:]}
    finally:
        path.write_bytes(before)


def _tell(message: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
