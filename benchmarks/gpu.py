"""Whether a GPU does what the CPU does, and how fast: worker, precision, memory that runs out, agreement.

    python -m benchmarks.gpu [--device cuda] [--repeats N]

Takes a few minutes on the synthetic sample that comes along. Every check prints one line; it ends with an error if one
failed. `--device cpu` tries the script itself; what only a GPU can show is told as left out then.

1. float32, float16 and bfloat16 on the device beside float32 on the CPU: Dice of whole and intrameatal mask, how far
   the headline moves, seconds of warm runs.
2. A real worker process on the device: a job, a second one in the same process, and the labelmap beside the pipeline's.
3. Memory that runs out: the error names the way out, and the same scan is segmented on the CPU afterwards.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np
import torch

from benchmarks.gemm_share import models_that_segment
from Testing.support.worker_process import worker_process
from VSSegmentationLib import pipeline
from VSSegmentationLib.errors import DeviceMemoryError
from VSSegmentationLib.evaluation import dice
from VSSegmentationLib.imageio import Modality, Scan, load_labelmap, read_scan
from VSSegmentationLib.imageio.weighting import stated
from VSSegmentationLib.inference import WarmModels, list_devices, resolve_device
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS as VS
from VSSegmentationLib.labels import Label
from VSSegmentationLib.models import EMBEDDED_FOLDER

SAMPLE = EMBEDDED_FOLDER / "sample"
LEAST_DICE = {"float32": 0.999, "bfloat16": 0.998, "float16": 0.998}
MOST_MOVED_MM = 0.1


class Answer(NamedTuple):
    labelmap: np.ndarray
    headline_mm: float
    seconds: float


class Check(NamedTuple):
    passed: bool
    line: str


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    device = resolve_device(options.device)
    print(f"torch {torch.__version__}; " + "; ".join(f"{each.name}: {each.text}" for each in list_devices()))
    print("models: " + models_that_segment())
    failed = 0
    for check in checks(device, options.repeats):
        print("passed" if check.passed else "FAILED", check.line, flush=True)
        failed += not check.passed
    return 1 if failed else 0


def checks(device: torch.device, repeats: int) -> Iterator[Check]:
    """Yield what each check came to."""
    models = WarmModels()
    for name in ("exam1", "exam2"):
        scan = stated(read_scan(SAMPLE / f"{name}_t2.nii.gz"), Modality.T2)
        by_cpu = segmented(scan, "cpu", "float32", models)
        for precision in precisions_of(device):
            runs = [segmented(scan, str(device), precision, models) for _ in range(repeats + 1)]
            seconds = median(run.seconds for run in runs[1:])
            yield compared(f"{name} {precision}", runs[-1], by_cpu, seconds, LEAST_DICE[precision])
    yield from of_worker(device)
    yield out_of_memory(device, models)


def precisions_of(device: torch.device) -> tuple[str, ...]:
    """Return what networks can be run in there."""
    return {"cpu": ("float32", "bfloat16"), "mps": ("float32", "float16")}.get(device.type, tuple(LEAST_DICE))


def segmented(scan: Scan, device: str, precision: str, models: WarmModels) -> Answer:
    options = pipeline.PipelineOptions(device=device, precision=precision, engine="torch")
    begun = (
        time.perf_counter()
    )  # the answer lies in the computer's memory when it is there: nothing is left to wait for
    content = pipeline.run(scan, options, load_bundle=models.load).content
    return Answer(content.labelmap.array, content.leading.value_mm or 0.0, time.perf_counter() - begun)


def compared(name: str, answer: Answer, reference: Answer, seconds: float, least_dice: float) -> Check:
    """Return how near an answer is to that of the CPU in float32."""
    whole = dice(VS.tumor_mask(answer.labelmap), VS.tumor_mask(reference.labelmap))
    inner = dice(answer.labelmap == Label.INTRAMEATAL, reference.labelmap == Label.INTRAMEATAL)
    moved = abs(answer.headline_mm - reference.headline_mm)
    line = f"{name}: Dice {whole:.4f}, intrameatal {inner:.4f}, headline moves {moved:.2f} mm, {seconds:.2f} s warm"
    return Check(whole >= least_dice and moved <= MOST_MOVED_MM, line)


def of_worker(device: torch.device) -> Iterator[Check]:
    """Yield whether a worker on the device answers as the pipeline does, the second time with models in memory."""
    scan = stated(read_scan(SAMPLE / "exam1_t2.nii.gz"), Modality.T2)
    wanted = segmented(scan, str(device), "auto", WarmModels()).labelmap
    with tempfile.TemporaryDirectory() as folder, worker_process() as worker:
        for job in ("first", "second"):
            output = Path(folder) / f"{job}.nii.gz"
            worker.say(
                do="segment", id=job, input=str(SAMPLE / "exam1_t2.nii.gz"), output=str(output), modality="T2",
                device=str(device),
            )  # fmt: skip
            told = worker.answer()
            result = told.get("result")
            if result is None:
                yield Check(passed=False, line=f"worker, {job} job: {told}")
                return
            found = load_labelmap(output).volume.array
            same = dice(found > 0, wanted > 0)
            line = (
                f"worker, {job} job: {result['seconds']:.2f} s, warm: {result['warm']}, Dice to the pipeline {same:.4f}"
            )
            yield Check(same >= LEAST_DICE["float16"] and result["warm"] == (job == "second"), line)


def out_of_memory(device: torch.device, models: WarmModels) -> Check:
    """Return whether memory that runs out is told with a way out that works."""
    if device.type != "cuda":
        return Check(passed=True, line=f"memory that runs out: left out, since '{device}' has no limit to be set")
    scan = stated(read_scan(SAMPLE / "exam1_t2.nii.gz"), Modality.T2)
    told = refused(lambda: segmented(scan, str(device), "float32", models), device)
    by_cpu = segmented(scan, "cpu", "float32", models)
    again = segmented(scan, str(device), "float32", models)
    agrees = dice(VS.tumor_mask(again.labelmap), VS.tumor_mask(by_cpu.labelmap))
    line = f"memory that runs out: {told!r}; then the CPU answers, and the device again, Dice {agrees:.4f}"
    return Check("--device cpu" in told and agrees >= LEAST_DICE["float32"], line)


def refused(action: Callable[[], object], device: torch.device) -> str:
    """Return what is said where next to no memory is left on a GPU; nothing if all went well all the same."""
    torch.cuda.empty_cache()
    torch.cuda.set_per_process_memory_fraction(1e-5, device)
    try:
        action()
    except DeviceMemoryError as error:
        return str(error)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0, device)
    return ""


if __name__ == "__main__":
    sys.exit(main())
