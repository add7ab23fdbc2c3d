"""The ways that `benchmarks.peers` compares: networks trained by `benchmarks.peer_networks`, by their own pipelines and
by ours, on one head that they were not trained on."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import numpy as np
import torch

from benchmarks.gemm_share import Cost, timed
from benchmarks.peer_networks import OVERLAP, WINDOW_DHW, Head, head_of, planned_network
from VSSegmentationLib import pipeline
from VSSegmentationLib.codec import read_json_file
from VSSegmentationLib.evaluation import dice
from VSSegmentationLib.imageio import Modality, load_labelmap, read_scan, scan_of_volume
from VSSegmentationLib.imageio.weighting import stated
from VSSegmentationLib.inference import Compute, ModelBundle, Models, WarmModels, load_model, segment
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS as VS
from VSSegmentationLib.models import EMBEDDED_FOLDER, default_locator, find_model
from VSSegmentationLib.preprocessing import intensity_of, z_scored
from VSSegmentationLib.tensors import array_of, tensor_of

SAMPLE = EMBEDDED_FOLDER / "sample"
_SIDE = 512
_AIR_SEED = 99

Answer = Callable[[], np.ndarray]
_UNTRAINED = "No networks were trained for this run: `benchmarks.peer_networks` does, and `--trained` names its folder."


def compared(trained: Path | None, rounds: int, slices: int) -> list[str]:
    """Return a table for each network that was trained, our default in both; the ways take turns.

    One thread and float32 in all of them: precision and engines have a page of their own.
    """
    if trained is None:
        return ["## Other networks and pipelines", "", _UNTRAINED]
    truth = load_labelmap(SAMPLE / "exam2_truth.nii.gz").volume
    head = head_of(read_scan(SAMPLE / "exam2_t2.nii.gz").volume, truth, (slices, _SIDE, _SIDE), _AIR_SEED)
    sections = [("VS_Seg", ways_of_vs_seg(head, load_model(trained / "vs_seg.pt")))]
    folder = trained / "nnunet_tumor"
    if folder.is_dir() and find_spec("nnunetv2"):
        sections.append(("nnU-Net v2", ways_of_nnunet(head, folder, load_model(next(trained.glob("Dataset*.pt"))))))
    lines = [
        "## Other networks and pipelines", "",
        "Networks trained by `python -m benchmarks.peer_networks` on synthetic heads, shown the second examination of",
        f"the synthetic sample in a head of {_SIDE} x {_SIDE} x {slices} voxels of 0.41 x 0.41 x 1.5 mm with the noise",
        "of air round it; float32, one thread. Nobody else's weights are compared: these tell what the pipelines cost",
        "and whether they agree, not how well VS_Seg or nnU-Net find tumors after days of training.",
    ]  # fmt: skip
    for name, ways in sections:
        lines += ["", *_table(name, {**ways, "what is our default instead": lambda: by_default(head)}, head, rounds)]
    if len(sections) == 1:
        lines += ["", "nnU-Net v2 was not installed, or nothing was trained for it, and is not compared."]
    return lines


def ways_of_vs_seg(head: Head, bundle: ModelBundle) -> dict[str, Answer]:
    """VS_Seg's sliding window by MONAI, and our pipeline on the whole head and with the region first."""
    from monai.inferers import sliding_window_inference  # noqa: PLC0415 - for development only

    def by_monai() -> np.ndarray:
        image = tensor_of(z_scored(head.image.array, intensity_of(head.image.array)))[None, None]
        with torch.inference_mode():
            logits = sliding_window_inference(
                image, WINDOW_DHW, 1, lambda window: bundle.network(window).logits, overlap=OVERLAP, mode="gaussian"
            )
        return array_of(logits[0].argmax(0)) > 0

    return {
        "MONAI's sliding window over the whole head": by_monai,
        "ours over the whole head": lambda: by_us(head, Models(segmenter=bundle)),
        "ours, the region first": lambda: by_us(head, Models(segmenter=bundle, locator=_locator())),
    }


def ways_of_nnunet(head: Head, folder: Path, bundle: ModelBundle) -> dict[str, Answer]:
    """nnU-Net's predictor with and without mirror images, and our pipeline with the region first likewise.

    Ours over the whole scan gives nnU-Net's probabilities to 1e-4 in as many windows, which a test states.
    """
    assert bundle.nnunet is not None
    once = replace(bundle, nnunet=replace(bundle.nnunet, mirror_axes=()))
    return {
        "nnU-Net's predictor, eight mirror images": lambda: by_nnunet(head, folder, mirrored=True),
        "nnU-Net's predictor, no mirror images": lambda: by_nnunet(head, folder, mirrored=False),
        "ours, the region first, eight mirror images": lambda: by_us(
            head, Models(segmenter=bundle, locator=_locator())
        ),
        "ours, the region first, no mirror images": lambda: by_us(head, Models(segmenter=once, locator=_locator())),
    }


def by_nnunet(head: Head, folder: Path, *, mirrored: bool) -> np.ndarray:
    """Return what nnU-Net's own predictor finds in a head."""
    from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor  # noqa: PLC0415 - where it is installed
    from nnunetv2.utilities.plans_handling.plans_handler import PlansManager  # noqa: PLC0415

    plans, dataset = read_json_file(folder / "plans.json"), read_json_file(folder / "dataset.json")
    stored = torch.load(folder / "fold_0" / "checkpoint_final.pth", weights_only=True)
    manager = PlansManager(plans)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it would rather have a GPU
        predictor = nnUNetPredictor(
            tile_step_size=0.5, use_gaussian=True, use_mirroring=mirrored, perform_everything_on_device=False,
            device=torch.device("cpu"), allow_tqdm=False,
        )  # fmt: skip
        # Given by hand, since looking up the trainer's class would import torchvision.
        predictor.manual_initialization(
            planned_network(plans), manager, manager.get_configuration("3d_fullres"), [stored["network_weights"]],
            dataset, "nnUNetTrainer", stored["inference_allowed_mirroring_axes"],
        )  # fmt: skip
        properties = {"spacing": list(head.image.spacing_dhw_mm), "sitk_stuff": {}}
        labels = predictor.predict_single_npy_array(head.image.array[None], properties)
    return np.asarray(labels) > 0


def by_us(head: Head, models: Models) -> np.ndarray:
    """Return what our pipeline finds by a model: with a locator the region first, else over the whole scan."""
    compute = Compute("float32", "torch")
    first = models.locator is not None
    found = segment(head.image, models, modality="T2", device="cpu", compute=compute, region_first=first)
    return VS.tumor_mask(found.labelmap.array)


def by_default(head: Head) -> np.ndarray:
    """Return what `vs-segmentation segment` finds, with all measures."""
    options = pipeline.PipelineOptions(device="cpu", engine="torch", precision="float32")
    run = pipeline.run(stated(scan_of_volume(head.image), Modality.T2), options, load_bundle=_models.load)
    return VS.tumor_mask(run.content.labelmap.array)


_models = WarmModels()


def _locator() -> ModelBundle:
    return load_model(find_model(default_locator() or ""))


def _table(name: str, ways: dict[str, Answer], head: Head, rounds: int) -> list[str]:
    answers: dict[str, np.ndarray] = {}
    costs: dict[str, list[Cost]] = {way: [] for way in ways}
    for turn in range(rounds):
        for way, answer in ways.items():
            answers[way], cost = timed(answer)
            costs[way].append(cost)
            print(f"{name}: {way}, turn {turn + 1}: {cost.cpu_s:.1f} CPU s", flush=True)
    first = next(iter(ways))
    rows = [
        f"| {way} | {_cpu(costs[way]):.1f} | {median(c.wall_s for c in costs[way]):.1f} | "
        f"{_cpu(costs[first]) / _cpu(costs[way]):.1f} | {dice(answers[way], answers[first]):.4f} | "
        f"{dice(answers[way], head.tumor):.3f} |"
        for way in ways
    ]
    return [
        f"### The network of {name}", "",
        "| way | CPU s | wall s | times as fast | Dice to the first way | Dice to the truth |",
        "|---|---|---|---|---|---|", *rows,
    ]  # fmt: skip


def _cpu(costs: Sequence[Cost]) -> float:
    return median(cost.cpu_s for cost in costs)
