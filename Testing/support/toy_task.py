"""A kind of tumor that exists in tests alone: a core nested in a whole, an organ beside it, two scans to look at.

It is made known as another package would make its own known: by an entry point, in a folder on the path.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from Testing.support.lying_scans import empty_scan, with_ball
from Testing.support.toy_models import STEEP, half_way, toy_segmenter, voxelwise_network
from VSSegmentationLib.geometry import Triplet
from VSSegmentationLib.imageio import write_image
from VSSegmentationLib.imageio.rules import ScanRules
from VSSegmentationLib.inference import ModelBundle, ModelInput, PreprocessingConfig, save_model
from VSSegmentationLib.label_set import Code, LabelEntry, LabelSet, Structure
from VSSegmentationLib.measurement import Grade, Measurement, MeatalPlane, codes
from VSSegmentationLib.measurement.definitions import WHOLE, Definition, Definitions
from VSSegmentationLib.measurement.diameters import longest_in_slices
from VSSegmentationLib.measurement.headline import Choice, Headline, HeadlineRule, headline_by_rules
from VSSegmentationLib.measurement.in_slices import diameter
from VSSegmentationLib.measurement.quality import about_components
from VSSegmentationLib.measurement.reasons import NO_TUMOR
from VSSegmentationLib.measurement.regions import crop_to_labels, find_tumor
from VSSegmentationLib.measurement.stack import Region, stack_of
from VSSegmentationLib.measurement.volumes import TumorVolumes
from VSSegmentationLib.models import ModelCard, card_path, write_card
from VSSegmentationLib.tasks import Task, TaskInput
from VSSegmentationLib.volume import Volume

_ALTERED = Code("49755003", "SCT", "Morphologically Altered Structure")
_BRAIN = Code("12738006", "SCT", "Brain")
_NEOPLASM = Code("108369006", "SCT", "Neoplasm")

LABELS = LabelSet(
    name="toy tumor",
    segment_prefix="TOY_",
    terminology_context="Toy tumor",
    entries=(
        LabelEntry(
            value=1, key="rim", name="Rim", color_rgb=(204, 121, 167), kind="tumor part", category=_ALTERED,
            type=_NEOPLASM, modifier=Code("TOY-RIM", "99VSSEG", "Rim"), anatomic_region=_BRAIN,
            region_name="Rim with core",
        ),
        LabelEntry(
            value=2, key="core", name="Core", color_rgb=(0, 114, 178), kind="tumor part", category=_ALTERED,
            type=_NEOPLASM, modifier=Code("TOY-CORE", "99VSSEG", "Core"), anatomic_region=_BRAIN, parent="rim",
        ),
        LabelEntry(
            value=7, key="ventricle", name="Ventricle", color_rgb=(240, 228, 66), kind="organ",
            category=Code("91723000", "SCT", "Anatomical Structure"), type=Code("35764002", "SCT", "Brain ventricle"),
        ),
    ),
)  # fmt: skip
RIM, CORE, VENTRICLE = LABELS.values

_COUNT = "number of voxels times the volume of a voxel"
DEFINITIONS = Definitions(
    {
        "toy_volume": Definition(WHOLE, "Volume of everything", "cm3", _COUNT, "tests", codes.VOLUME, codes.BY_VOXELS),
        "toy_core": Definition("core", "Volume of the core", "cm3", _COUNT, "tests", codes.VOLUME, codes.BY_VOXELS),
        "toy_width": Definition(WHOLE, "Greatest width", "mm", "longest line in a slice", "tests", codes.DIAMETER),
    },
    version="3",
    namespace="toy",
)


def measure(
    labelmap: Volume,
    *,
    plane: MeatalPlane | None = None,
    points: Mapping[str, Triplet] | None = None,
) -> tuple[Measurement, ...]:
    """The two volumes and the width."""
    around = crop_to_labels(labelmap, LABELS)
    tumor = find_tumor(around.volume, LABELS, around.start_dhw)
    if tumor is None:
        zeros = [DEFINITIONS.measured(name, 0.0) for name in ("toy_volume", "toy_core")]
        return (*zeros, DEFINITIONS.unmeasured("toy_width", NO_TUMOR))
    volumes = TumorVolumes(tumor, LABELS)
    regions = {WHOLE: Region(LABELS.tumor_mask(tumor.labelmap.array), None)}
    stack = stack_of(tumor, regions, labelmap.dhw_to_ras)
    longest = longest_in_slices(stack.regions[WHOLE].mask, stack.pixel_vectors_mm)
    return (
        volumes.whole(DEFINITIONS, "toy_volume"),
        volumes.region(DEFINITIONS, "toy_core", LABELS.region_values("core")),
        diameter(DEFINITIONS, "toy_width", stack, longest, None),
    )


def _warnings(labelmap: Volume) -> tuple[str, ...]:
    tumor = find_tumor(labelmap, LABELS)
    return () if tumor is None else tuple(about_components(tumor))


def _widest(by_id: Mapping[str, Measurement], _after_surgery: bool) -> Choice:
    if not by_id["toy_volume"].value:
        return Choice(None, NO_TUMOR)
    return Choice("toy_width", "the width, because a toy has no other diameter")


def _choose(
    measurements: Sequence[Measurement],
    policy: str,
    *,
    after_surgery: bool = False,
    locked: Headline | None = None,
) -> Headline:
    rules = (HeadlineRule(name="Toy 2026", version="1", choose=_widest),)
    return headline_by_rules(rules, measurements, policy, after_surgery=after_surgery, locked=locked)


def _grades(measurements: Sequence[Measurement]) -> tuple[Grade, ...]:
    volumes = {m.id: m.value or 0.0 for m in measurements}
    mostly = volumes["toy_core"] > volumes["toy_volume"] / 2
    return (Grade(name="Toy", value="B" if mostly else "A", raw_mm=None, reason="by the share of the core"),)


TOY = Task(
    name="toy tumor",
    short_name="TT",
    inputs=(
        TaskInput(name="first", title="First scan", modalities=("T2",)),
        TaskInput(name="second", title="Second scan", modalities=("ceT1",)),
    ),
    scan_rules=ScanRules(
        place="a toy",
        min_slices=4,
        min_field_of_view_mm=20.0,
        thick_slices_mm=6.0,
        hidden_by_thick_slices="small toys",
        both_sides_mm=None,
    ),
    label_set=LABELS,
    definitions=DEFINITIONS,
    measure=measure,
    labelmap_warnings=_warnings,
    boundary=None,
    headline_policies=("Toy 2026",),
    choose_headline=_choose,
    headline_note="in one slice",
    grades=_grades,
    main_volumes=("toy_volume", "toy_core"),
    volume_abbreviations={"toy_core": "core"},
    axial_diameters=("toy_width",),
    label_of_region={"core": "core"},
    report_sections=("header", "lead", "tiles", "growth", "measurements", "edits", "provenance"),
    user_fields=("comment",),
    dicom_label="TOY_SEGMENTATION",
    structures=(
        Structure(key="all", name="Everything", values=LABELS.tumor_values, is_whole=True),
        Structure(key="core", name="Core", values=LABELS.region_values("core")),
    ),
    default_structures=(),
)

BRIGHT = 100.0
WHOLE_RADIUS_MM, CORE_RADIUS_MM = 10.0, 6.0
CENTER_RAS_MM = (13.0, -7.0, 12.0)
"""On the patient's right, where `empty_scan` has room."""
WHOLE_CM3 = 4 / 3 * np.pi * WHOLE_RADIUS_MM**3 / 1000
CORE_CM3 = 4 / 3 * np.pi * CORE_RADIUS_MM**3 / 1000


def toy_scans(radius_mm: float = WHOLE_RADIUS_MM) -> tuple[Volume, Volume]:
    """The first shows the whole as a bright ball, the second, which lies otherwise, its core."""
    first = with_ball(empty_scan("oblique", (50.0, 50.0, 50.0)), CENTER_RAS_MM, radius_mm, BRIGHT)
    second = empty_scan("sagittal", (56.0, 54.0, 52.0), (1.7, 1.1, 0.9))
    return first, with_ball(second, CENTER_RAS_MM, CORE_RADIUS_MM, BRIGHT)


def toy_model(first: Volume, second: Volume) -> ModelBundle:
    """Rim is what is bright in the first scan, core what is bright in the second, too."""
    whole, core = half_way(first, BRIGHT), half_way(second, BRIGHT)
    network, config = voxelwise_network(
        [0.0, STEEP, STEEP], [0.0, -STEEP * whole, -STEEP * (whole + core)], in_channels=2,
        second_slopes=[0.0, 0.0, STEEP],
    )  # fmt: skip
    return toy_segmenter(
        name="toy_two_inputs", network=network, network_config=config, task=TOY.name, label_set=LABELS,
        labels=(0, RIM, CORE), inputs=(ModelInput("first", "T2"), ModelInput("second", "ceT1")), modality="T2",
        preprocessing=PreprocessingConfig(spacing_dhw_mm=(1.2, 0.8, 0.8), intensity="scan"),
    )  # fmt: skip


def fill_toy_folder(folder: Path) -> Path:
    """Write `first.nii.gz`, `second.nii.gz`, `toy_two_inputs.pt` with its card, and `toy_optional.pt` with its own.

    The latter runs without the second scan.
    """
    first, second = toy_scans()
    write_image(folder / "first.nii.gz", first)
    write_image(folder / "second.nii.gz", second)
    model = toy_model(first, second)
    _write_model(folder / "toy_two_inputs.pt", model)
    inputs = tuple(replace(each, optional=each.name == "second") for each in model.inputs)
    _write_model(folder / "toy_optional.pt", replace(model, name="toy_optional", inputs=inputs))
    return folder


def _write_model(file: Path, model: ModelBundle) -> None:
    import hashlib  # noqa: PLC0415 - for the card alone

    save_model(file, model)
    card = ModelCard(
        name=model.name, version="1.0", role="segmenter", sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
        modality="T2", labels={"1": "Rim", "2": "Core"}, spacing_dhw_mm=None, trained_on="nothing", license="none",
        task=TOY.name, label_set=LABELS.name, inputs={"first": "T2", "second": "ceT1"},
        optional_inputs=model.optional_inputs,
    )  # fmt: skip
    write_card(card_path(file), card)


def install_toy_task(folder: Path) -> Path:
    """Write a package that makes the task known, as `pip install --target` would leave it."""
    (folder / "toy_tumor_package.py").write_text("from Testing.support.toy_task import TOY\n", encoding="utf-8")
    facts = folder / "toy_tumor_package-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-tumor-package\nVersion: 1.0\n", encoding="utf-8")
    (facts / "entry_points.txt").write_text("[vs_segmentation.tasks]\ntoy = toy_tumor_package:TOY\n", encoding="utf-8")
    return folder


def toy_labelmap(*, core_radius_mm: float = CORE_RADIUS_MM, radius_mm: float = WHOLE_RADIUS_MM) -> Volume:
    """Two balls about one center and a block of organ, on an oblique grid."""
    grid = empty_scan("oblique", (50.0, 50.0, 50.0))
    whole, core = (with_ball(grid, CENTER_RAS_MM, radius, 1.0).array > 0.5 for radius in (radius_mm, core_radius_mm))
    labels = np.zeros(grid.shape, np.uint8)
    labels[2:5, 2:6, 2:6] = VENTRICLE
    labels[whole], labels[whole & core] = RIM, CORE
    return grid.with_array(labels)
