"""Small data sets of two kinds of scans on oblique grids in any order of axes: bright tumors as ceT1, dark ones as T2.

A tumor is a ball of two halves; a cochlea is a smaller one toward the patient's right and anterior of it.
"""

from pathlib import Path

import numpy as np

from Testing.support.grids import turned_affine
from Training.adaptation.recipe import AdaptationRecipe
from Training.data.manifest import Entry, Manifest, write_manifest
from Training.tables import from_table
from VSSegmentationLib import geometry
from VSSegmentationLib.imageio import write_image
from VSSegmentationLib.labels import Label
from VSSegmentationLib.volume import Volume, reorder

SHAPE = (10, 40, 44)
SPACING = (1.5, 0.6, 0.5)
ORDERS = (
    geometry.AxisOrder((0, 1, 2), (False, False, False)),
    geometry.AxisOrder((2, 0, 1), (False, True, True)),  # sagittal
    geometry.AxisOrder((1, 0, 2), (True, False, False)),  # coronal, left-handed
)


def toy_scan(seed: int, modality: str, shape: tuple[int, int, int] = SHAPE) -> tuple[Volume, Volume]:
    """Return image and labels; the order of the axes goes round with the seed."""
    rng = np.random.default_rng(seed)
    tumor, cochlea = np.array([7.0, 11.0, 9.0]) + rng.uniform(-1, 1, 3), np.array([7.0, 17.0, 16.0])
    places = np.stack(np.indices(shape), axis=-1) * SPACING  # mm
    labels = np.zeros(shape, np.uint8)
    in_tumor = np.linalg.norm(places - tumor, axis=-1) < 4.5
    labels[in_tumor] = Label.EXTRAMEATAL
    labels[in_tumor & (places[..., 2] > tumor[2] + 1.5)] = Label.INTRAMEATAL
    labels[np.linalg.norm(places - cochlea, axis=-1) < 2.5] = Label.COCHLEA
    tumor_look, cochlea_look, around = (400, 120, 100) if modality == "ceT1" else (60, 400, 250)
    image = np.full(shape, around, np.float32)
    image[(labels == Label.EXTRAMEATAL) | (labels == Label.INTRAMEATAL)] = tumor_look
    image[labels == Label.COCHLEA] = cochlea_look
    image += rng.normal(0, 8, shape).astype(np.float32)
    affine = turned_affine((8, -5, 10), SPACING)
    order = ORDERS[seed % len(ORDERS)]
    return reorder(Volume(image, affine), order), reorder(Volume(labels, affine), order)


def write_toy_domains(folder: Path, *, count: int = 3) -> tuple[Path, Path]:
    """Write the data sets `source` (ceT1 with labels, one more to validate) and `target` (T2 without); return them."""
    made = []
    for name, modality, first, splits in (
        ("source", "ceT1", 0, ["training"] * count + ["validation"]),
        ("target", "T2", 50, ["training"] * count),
    ):
        entries = []
        for number, split in enumerate(splits):
            image, labels = toy_scan(first + number, modality)
            paths = [folder / name / f"{what}_{number}.nii.gz" for what in ("image", "labels")]
            paths[0].parent.mkdir(parents=True, exist_ok=True)
            for path, volume in zip(paths, (image, labels), strict=True):
                write_image(path, Volume(np.ascontiguousarray(volume.array), volume.dhw_to_ras))
            entries.append(
                Entry(
                    case=f"{name}_{number}", patient=f"{name}_{number}", modality=modality, image=paths[0],
                    labels=paths[1] if name == "source" else None, split=split,
                )
            )  # fmt: skip
        made.append(write_manifest(Manifest(tuple(entries)), folder / name))
    return made[0], made[1]


def toy_adaptation(source: Path, target: Path, *, rounds: int = 1, **segmentation: object) -> AdaptationRecipe:
    """Return a recipe of a few steps of everything."""
    run = {"steps": 4, "batch_size": 2, "num_workers": 0, "checkpoint_every": 2, "validate_every": 2, "log_every": 1}
    table = {
        "name": "toy",
        "translation": {
            "name": "toy_translation",
            "translator": {"width": 2, "blocks": 5, "discriminator_width": 4, "embedding": 8},
            "loss": {"patches": 16},
            "data": {"source": str(source), "target": str(target), "crop": [0.0, 1.0], "size": 32, "slab": 4},
            "run": run,
        },
        "segmentation": {
            "network": {"base": "resunet_16", "channels": [4, 8]},
            "loss": {"attention_weight": 0.0, "include_background": False, "cross_entropy_weight": 1.0},
            "optimizer": {"learning_rate": 1e-2},
            "data": {"kind": "manifest", "options": {"keep_cochlea": True, "patch_dhw": [8, 32, 32], "augment": False}},
            "validation": {"samples": 2, "options": {"split": "validation"}},
            "run": {**run, **segmentation},
        },
        "rounds": [{"steps": 2, "probability": 0.3}] * rounds,
    }
    return from_table(AdaptationRecipe, table, "recipe")
