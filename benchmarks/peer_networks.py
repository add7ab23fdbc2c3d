"""The networks of VS_Seg and nnU-Net v2, trained here on whole synthetic heads, for `benchmarks.peers`.

    python -m benchmarks.peer_networks --heads ../shared/data/head_label_maps --out FOLDER [--steps N]

Skull bases with a tumor are drawn from the heads that the stress set leaves, and laid into heads of 512 x 512 x 80
voxels whose air holds noise, as in a scanner. Both networks see patches of them, half of them about the tumor and half
anywhere, and are kept as model files: FOLDER/vs_seg.pt, and with nnU-Net installed FOLDER/Dataset810_VSstage1.pt beside
the folder that nnU-Net's own predictor takes, planned by its own planner for these scans. What is there is kept.
`benchmarks.region_first --model FOLDER/vs_seg.pt` compares a whole scan with the region first by these weights.
"""

import argparse
import json
import os
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from Training.nnunet import Case, environment, write_dataset
from Training.recipes.stress_heads import STRESS_HEADS
from Training.synthesis.anatomy import AnatomyConfig
from Training.synthesis.pool import write_pool
from Training.synthesis.whole_scan import holds_one_tumor, render_whole, skull_bases
from VSSegmentationLib import geometry
from VSSegmentationLib.imageio import write_image
from VSSegmentationLib.inference import (
    ModelBundle,
    PreprocessingConfig,
    SegmenterSettings,
    WindowConfig,
    import_models,
    save_model,
)
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS as VS
from VSSegmentationLib.networks import SPVPA_KCL, build_network
from VSSegmentationLib.preprocessing import Grid, grid_of, indices_inside, intensity_of, resample, z_scored
from VSSegmentationLib.tensors import tensor_of
from VSSegmentationLib.volume import Volume, reorder

HEAD_SHAPE_DHW = (80, 512, 512)
HEAD_SPACING_DHW_MM = (1.5, 0.41, 0.41)
WINDOW_DHW, OVERLAP = (64, 384, 384), 0.25
"""Of VS_Seg's sliding window."""
PATCH_DHW = (24, 96, 96)
DATASET = 810
_AIR = 0.02
"""Noise of air, of the scan's 99th percentile."""
_SEED = 26


class Head(NamedTuple):
    """A whole head with its truth."""

    image: Volume
    tumor: NDArray[np.bool_]


def on_grid(volume: Volume, shape: tuple[int, int, int], spacing_dhw_mm: Sequence[float] | None) -> Volume:
    """Return a scan on a grid of another size; with a spacing, round its middle, with zeros where there is no scan."""
    volume = reorder(volume, geometry.superior_anterior_right_order(volume.dhw_to_ras))
    own = [n * mm / m for n, mm, m in zip(volume.shape, volume.spacing_dhw_mm, shape, strict=True)]
    center = geometry.transform_points(volume.dhw_to_ras, (np.array(volume.shape) - 1) / 2)
    affine = np.eye(4)
    affine[:3, :3] = geometry.directions(volume.dhw_to_ras) * (spacing_dhw_mm or own)
    affine[:3, 3] = center - affine[:3, :3] @ ((np.array(shape) - 1) / 2)
    head = resample(volume, Grid(shape, geometry.as_affine(affine)))
    box = indices_inside(grid_of(head), grid_of(volume))
    inside = tuple(slice(a, b) for a, b in zip(box.start, box.stop, strict=True))
    array = np.zeros(shape, np.float32)
    array[inside] = head.array[inside]
    return head.with_array(array)


def head_of(image: Volume, labels: Volume, shape: tuple[int, int, int], seed: int) -> Head:
    """Return a scan and its tumor in a head of this shape, with the noise of air where there is no scan."""
    head = on_grid(image, shape, HEAD_SPACING_DHW_MM)
    air = np.random.default_rng([_SEED, seed]).rayleigh(_AIR * np.percentile(image.array, 99), shape)
    whole = labels.with_array(VS.tumor_mask(labels.array).astype(np.float32))
    tumor = on_grid(whole, shape, HEAD_SPACING_DHW_MM).array >= 0.5
    return Head(head.with_array(np.where(head.array == 0, air, head.array).astype(np.float32)), tumor)


def drawn_heads(label_maps: Path, pool: Path, count: int) -> list[Head]:
    """Return synthetic heads with a tumor in one ear; the pool of their skull bases is kept."""
    files = [file for file in sorted(label_maps.glob("*.nii.gz")) if file.name not in STRESS_HEADS]
    write_pool(files, pool, count * 2, _SEED, config=AnatomyConfig())
    bases = skull_bases(pool, count, holds_one_tumor)
    return [head_of(render_whole(base, "T2"), base.truth, HEAD_SHAPE_DHW, base.number) for base in bases]


def train(network: nn.Module, heads: Sequence[Head], score: Callable[[Head], NDArray[np.float32]], steps: int) -> None:
    """Train on patches with Dice and cross-entropy, mirrored from side to side in every other one."""
    draw = np.random.default_rng(_SEED)
    images, masks = [score(head) for head in heads], [head.tumor for head in heads]
    tumors = [np.argwhere(mask) for mask in masks]
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3)
    rate = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=steps)
    for step in range(steps):
        chosen = int(draw.integers(len(heads)))
        about = draw.choice(tumors[chosen]) if step % 2 else draw.integers(0, masks[chosen].shape)
        place = _patch_about(about + draw.integers(-8, 9, 3), masks[chosen].shape)
        image, mask = images[chosen][place], masks[chosen][place]
        if draw.random() < 0.5:
            image, mask = image[..., ::-1], mask[..., ::-1]
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16):
            logits = _logits(network(tensor_of(image.astype(np.float32))[None, None]))
        loss = _loss(logits.float(), tensor_of(mask.astype(np.int64))[None])
        loss.backward()
        optimizer.step()
        rate.step()
        if step % 50 == 0:
            print(f"step {step} of {steps}, loss {loss.item():.3f}", flush=True)
    network.eval()


def _patch_about(center: NDArray[np.intp], shape: tuple[int, ...]) -> tuple[slice, ...]:
    start = np.clip(center - np.array(PATCH_DHW) // 2, 0, np.array(shape) - PATCH_DHW)
    return tuple(slice(a, a + n) for a, n in zip(start.tolist(), PATCH_DHW, strict=True))


def _logits(answer: object) -> Tensor:
    found = getattr(answer, "logits", answer)
    assert isinstance(found, Tensor)
    return found


def _loss(logits: Tensor, wanted: Tensor) -> Tensor:
    probability = torch.softmax(logits, 1)[:, 1]
    overlap = (2 * (probability * wanted).sum() + 1) / (probability.sum() + wanted.sum() + 1)
    return nn.functional.cross_entropy(logits, wanted) + 1 - overlap


def vs_seg(heads: Sequence[Head], steps: int, target: Path) -> None:
    """Train the network of VS_Seg, and keep it as a model for whole scans with VS_Seg's windows."""
    torch.manual_seed(_SEED)
    network = build_network(SPVPA_KCL)
    train(network, heads, lambda head: z_scored(head.image.array, intensity_of(head.image.array)), steps)
    bundle = ModelBundle(
        name="vs_seg_trained_here", version="1", network=network, network_config=SPVPA_KCL,
        settings=SegmenterSettings(
            preprocessing=PreprocessingConfig(spacing_dhw_mm=None, intensity="scan"),
            window=WindowConfig(size_dhw=WINDOW_DHW, overlap=OVERLAP),
        ),
        labels=(0, VS.whole_tumor.value), modality="T2", provenance={"steps": steps},
    )  # fmt: skip
    save_model(target, bundle)


def nnunet(heads: Sequence[Head], steps: int, folder: Path) -> None:
    """Let nnU-Net plan for the heads, train what it plans, and take the result in; its own folder stays for it."""
    os.environ.update(environment(folder))
    from nnunetv2.experiment_planning.dataset_fingerprint.fingerprint_extractor import (  # noqa: PLC0415 - reads the
        DatasetFingerprintExtractor,  # environment when it is imported, and is not always installed
    )
    from nnunetv2.experiment_planning.experiment_planners.default_experiment_planner import (  # noqa: PLC0415
        ExperimentPlanner,
    )

    cases = []
    for number, head in enumerate(heads):
        files = folder / f"head{number}.nii.gz", folder / f"head{number}_labels.nii.gz"
        labels = head.image.with_array(head.tumor.astype(np.uint8) * VS.whole_tumor.value)
        for file, volume in zip(files, (head.image, labels), strict=True):
            write_image(file, volume)
        cases.append(Case(name=f"head{number}", patient=str(number), modality="T2", image=files[0], labels=files[1]))
    raw = folder / "nnUNet_raw" / f"Dataset{DATASET}_VSstage1"
    if not raw.exists():
        write_dataset(cases, folder / "nnUNet_raw", DATASET, 1)
    DatasetFingerprintExtractor(DATASET, 1).run(overwrite_existing=True)
    plans = ExperimentPlanner(DATASET).plan_experiment()
    network = planned_network(plans)
    train(network, heads, lambda head: _as_nnunet_scores(head.image.array), steps)
    trained = folder / "nnunet_tumor"
    (trained / "fold_0").mkdir(parents=True, exist_ok=True)
    (trained / "plans.json").write_text(json.dumps(plans), encoding="utf-8")
    (trained / "dataset.json").write_text((raw / "dataset.json").read_text(encoding="utf-8"), encoding="utf-8")
    stored = {
        "network_weights": network.state_dict(), "trainer_name": "nnUNetTrainer",
        "init_args": {"configuration": "3d_fullres"}, "inference_allowed_mirroring_axes": (0, 1, 2),
    }  # fmt: skip
    torch.save(stored, trained / "fold_0" / "checkpoint_final.pth")
    import_models(trained, folder)


def planned_network(plans: dict) -> nn.Module:
    """Return the network that nnU-Net builds by its plans in full resolution, one scan in, tumor or not out."""
    from nnunetv2.utilities.get_network_from_plans import get_network_from_plans  # noqa: PLC0415 - where installed
    from nnunetv2.utilities.plans_handling.plans_handler import PlansManager  # noqa: PLC0415

    chosen = PlansManager(plans).get_configuration("3d_fullres")
    torch.manual_seed(_SEED)
    return get_network_from_plans(
        chosen.network_arch_class_name, chosen.network_arch_init_kwargs, chosen.network_arch_init_kwargs_req_import,
        1, 2, allow_init=True, deep_supervision=False,
    )  # fmt: skip


def _as_nnunet_scores(array: NDArray[np.float32]) -> NDArray[np.float32]:
    return (array - array.mean()) / max(float(array.std()), 1e-8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--heads", type=Path, required=True, help="folder of the head label maps")
    parser.add_argument("--out", type=Path, required=True, help="folder for the trained networks")
    parser.add_argument("--count", type=int, default=12, help="of heads to draw")
    parser.add_argument("--steps", type=int, default=1500, help="of the network of VS_Seg")
    parser.add_argument("--nnunet-steps", type=int, default=500, help="of nnU-Net's network; 0 leaves it out")
    options = parser.parse_args()
    torch.set_num_threads(1)
    options.out.mkdir(parents=True, exist_ok=True)
    heads = drawn_heads(options.heads, options.out / "pool", options.count)
    if not (options.out / "vs_seg.pt").exists():
        vs_seg(heads, options.steps, options.out / "vs_seg.pt")
    if options.nnunet_steps and find_spec("nnunetv2") and not (options.out / "nnunet_tumor").exists():
        nnunet(heads, options.nnunet_steps, options.out)


if __name__ == "__main__":
    main()
