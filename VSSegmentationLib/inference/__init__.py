"""From a scan to a labelmap: model files, devices, the region, the network, and the choice of the tumor."""

from VSSegmentationLib.inference.certainty import AtLeast, AtMost, CertaintyConfig
from VSSegmentationLib.inference.config import (
    THOROUGH,
    DivisionConfig,
    LocatorConfig,
    LooksConfig,
    PlausibilityConfig,
    PreprocessingConfig,
    RegionConfig,
    WindowConfig,
)
from VSSegmentationLib.inference.device import Device, list_devices, resolve_device
from VSSegmentationLib.inference.divider import Boundary, Division, divide_tumor
from VSSegmentationLib.inference.division import divide
from VSSegmentationLib.inference.engines import Compute, ComputedBy, computed_by
from VSSegmentationLib.inference.importing import import_checkpoint, import_models
from VSSegmentationLib.inference.locate import Pori
from VSSegmentationLib.inference.locating import Located, locate_pori
from VSSegmentationLib.inference.model_bundle import ModelBundle, ModelInput
from VSSegmentationLib.inference.model_file import load_model, save_model
from VSSegmentationLib.inference.postprocessing import Candidate
from VSSegmentationLib.inference.refining import RefinedMask, Refiner, divided_anew
from VSSegmentationLib.inference.rim import looks_skull_stripped
from VSSegmentationLib.inference.scan_inputs import check_count
from VSSegmentationLib.inference.segmenter import Models, Segmentation, segment
from VSSegmentationLib.inference.settings import DividerSettings, LocatorSettings, RefinerSettings, SegmenterSettings
from VSSegmentationLib.inference.threads import set_threads_that_help
from VSSegmentationLib.inference.warm_models import WarmModels
from VSSegmentationLib.inference.weighting import image_evidence

__all__ = [
    "THOROUGH",
    "AtLeast",
    "AtMost",
    "Boundary",
    "Candidate",
    "CertaintyConfig",
    "Compute",
    "ComputedBy",
    "Device",
    "DividerSettings",
    "Division",
    "DivisionConfig",
    "Located",
    "LocatorConfig",
    "LocatorSettings",
    "LooksConfig",
    "ModelBundle",
    "ModelInput",
    "Models",
    "PlausibilityConfig",
    "Pori",
    "PreprocessingConfig",
    "RefinedMask",
    "Refiner",
    "RefinerSettings",
    "RegionConfig",
    "Segmentation",
    "SegmenterSettings",
    "WarmModels",
    "WindowConfig",
    "check_count",
    "computed_by",
    "divide",
    "divide_tumor",
    "divided_anew",
    "image_evidence",
    "import_checkpoint",
    "import_models",
    "list_devices",
    "load_model",
    "locate_pori",
    "looks_skull_stripped",
    "resolve_device",
    "save_model",
    "segment",
    "set_threads_that_help",
]
