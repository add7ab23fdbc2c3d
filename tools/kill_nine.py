"""`python -m tools.kill_nine`: end commands by SIGKILL at random moments, and look at what they leave.

After every kill a result must be absent, the former one, or whole. After the last one the command is given once more,
and must end as one that was never killed: with the same files, voxels, weights and tables, and nothing hidden beside.
"""

import argparse
import gzip
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from Testing.support.toy_run import fill_toy_folder
from Testing.support.toy_training import toy_recipe
from Training.tables import to_table, to_toml
from VSSegmentationLib.imageio import read_scan, write_segmentation

_ROOT = Path(__file__).resolve().parents[1]
_SAME_BYTES = (".nii.gz", ".nrrd", ".npz", ".csv")
_TOLD_TIMES = "log.csv"
_VS, _TRAINING, _TOY = ("-m", "VSSegmentationLib"), ("-m", "Training"), ("-m", "Testing.support.toy_training")


@dataclass(frozen=True)
class Job:
    """A command that writes into `--out`, whose place is `{out}` in its words."""

    words: Sequence[str]
    goes_on: bool = False
    """Whether it may leave finished parts, with which it goes on."""


class FaultError(AssertionError):
    """Something half-written, lost, or other than without a kill."""


def _jobs(toys: Path, heads: Sequence[Path]) -> dict[str, Job]:
    scan, labels, model, run = (str(toys / name) for name in ("scan.nii.gz", "labels.seg.nrrd", "model.pt", "run"))
    force = ("--out", "{out}", "--force")
    by_toy = ("--model", model, "--divider", "none", "--modality", "T2")
    told = ("--role", "segmenter", "--trained-on", "balls in noise", "--license", "CC0", "--out", "{out}/m.pt")
    jobs = {
        "segment": Job((*_VS, "segment", scan, *by_toy, *force)),
        "measure": Job((*_VS, "measure", labels, "--image", scan, *force)),
        "compare": Job((*_VS, "compare", labels, labels, "--days", "0,365", *force)),
        "evaluate": Job((*_VS, "evaluate", labels, labels, "--no-figures", *force)),
        "train": Job((*_TOY, str(toys / "recipe.toml"), "{out}", "--go-on"), goes_on=True),
        "export": Job((*_TRAINING, "export", f"{run}/checkpoint.pt", *told), goes_on=True),
        "import": Job((*_VS, "models", "import", model), goes_on=True),
    }
    if heads:
        options = ("--count", "4", "--processes", "1", "--out", "{out}")
        jobs["pool"] = Job(("-m", "Training.synthesis", "pool", *map(str, heads), *options), goes_on=True)
    return jobs


def _complete(job: Job, out: Path) -> None:
    code = _run(job, out)
    if code:
        msg = f"without a kill the command ends with {code}"
        raise FaultError(msg)


def _run(job: Job, out: Path, *, kill_after: float | None = None) -> int:
    words = [word.replace("{out}", str(out)) for word in job.words]
    home = out.parent / "home"
    own = {"PYTHONPATH": str(_ROOT), "OMP_NUM_THREADS": "1", "VS_SEGMENTATION_MODELS": str(out), "HOME": str(home)}
    if "import" in job.words or "{out}/m.pt" in job.words:
        out.mkdir(exist_ok=True)  # where models are kept
    process = subprocess.Popen(
        [sys.executable, *words], cwd=_ROOT, env={**os.environ, **own}, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        _, said = process.communicate(timeout=kill_after)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return process.returncode
    if process.returncode:
        print(said.decode("utf-8", "replace")[-500:], flush=True)
    return process.returncode


def _check(out: Path, wanted: set[str], job: Job) -> None:
    """See that what is there is whole, and all of it."""
    if not out.exists():
        return
    held = {path.relative_to(out).as_posix(): path for path in out.rglob("*") if path.is_file()}
    seen = {name: path for name, path in held.items() if not any(part.startswith(".") for part in Path(name).parts)}
    if not job.goes_on and seen and set(seen) != wanted:
        msg = f"{sorted(seen)} instead of {sorted(wanted)}"
        raise FaultError(msg)
    for name, path in seen.items():
        if not _is_whole(path):
            msg = f"{name} is half-written ({path.stat().st_size} bytes)"
            raise FaultError(msg)


def _is_whole(path: Path) -> bool:
    ends: dict[str, Callable[[bytes], bool]] = {
        ".json": lambda content: json.loads(content) is not None,
        ".gz": lambda content: bool(gzip.decompress(content)),
        ".html": lambda content: content.rstrip().endswith(b"</html>"),
        ".csv": lambda content: content.endswith(b"\n"),
        ".toml": lambda content: content.endswith(b"\n"),
    }
    if path.suffix in (".pt", ".npz"):
        return zipfile.is_zipfile(path) and zipfile.ZipFile(path).testzip() is None
    try:
        return ends.get(path.suffix, bool)(path.read_bytes())
    except (ValueError, EOFError, OSError):
        return False


def _digest(out: Path) -> dict[str, str]:
    """Return what has to be equal of every file, and "" of the others: their names alone."""
    return {path.relative_to(out).as_posix(): _of_file(path) for path in sorted(out.rglob("*")) if path.is_file()}


def _of_file(path: Path) -> str:
    if path.suffix == ".pt":
        content = torch.load(path, map_location="cpu", weights_only=True)
        state = content.get("model") or content.get("state") or content.get("weights") or {}
        return hashlib.sha256(b"".join(tensor.numpy().tobytes() for tensor in state.values())).hexdigest()
    is_same = path.name.endswith(_SAME_BYTES) and path.name != _TOLD_TIMES
    return hashlib.sha256(path.read_bytes()).hexdigest() if is_same else ""


def _prove(name: str, job: Job, folder: Path, kills: int, rng: random.Random) -> int:
    """Kill a command again and again, and return how often it was in fact killed."""
    out, reference = folder / name / "out", folder / name / "reference"
    out.parent.mkdir()
    for place in (out, reference):  # once to warm the disk, once as the reference
        begun = time.monotonic()
        _complete(job, place)
    seconds = time.monotonic() - begun
    wanted = _digest(reference)
    killed = 0
    for number in range(kills):
        if (job.goes_on and number % 5 == 0) or name == "export":
            shutil.rmtree(out, ignore_errors=True)  # else there would soon be nothing left to do
        killed += _run(job, out, kill_after=rng.uniform(0.0, 1.1 * seconds)) == -signal.SIGKILL
        _check(out, set(wanted), job)
    if name in ("export", "import"):
        shutil.rmtree(out, ignore_errors=True)
    _complete(job, out)
    if (found := _digest(out)) != wanted:
        msg = f"{name}: other results than without kills: {sorted(set(found.items()) ^ set(wanted.items()))}"
        raise FaultError(msg)
    left = [path.name for path in out.parent.iterdir() if path.name.startswith(".")]
    if left:
        msg = f"{name}: left behind: {left}"
        raise FaultError(msg)
    return killed


def main() -> int:
    """Kill, look, tell, and return 1 if there was a fault."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200, help="over all commands (default: 200)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--heads", type=Path, nargs="*", default=[], help="head label maps, for the pool command")
    parser.add_argument("--only", nargs="*", help="commands")
    options = parser.parse_args()
    rng, faults, total = random.Random(options.seed), 0, 0
    with tempfile.TemporaryDirectory(prefix="vs_kill_") as folder:
        toys = Path(folder) / "toys"
        toys.mkdir()
        fill_toy_folder(toys)
        scan = read_scan(toys / "scan.nii.gz").volume
        write_segmentation(toys / "labels.seg.nrrd", scan.with_array((scan.array > 100).astype("uint8")), side="left")
        (toys / "recipe.toml").write_text(to_toml(to_table(toy_recipe())), encoding="utf-8")
        jobs = _jobs(toys, options.heads)
        chosen = {name: job for name, job in jobs.items() if not options.only or name in options.only}
        _run(jobs["train"], toys / "run")
        for name, job in chosen.items():
            kills = -(-options.kills // len(chosen))
            try:
                killed = _prove(name, job, Path(folder), kills, rng)
            except FaultError as fault:
                faults += 1
                print(f"{name}: {fault}", flush=True)
                continue
            total += killed
            print(f"{name:10} {killed:3} of {kills} runs killed before their end, all whole", flush=True)
    print(f"{total} kills, {faults} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
