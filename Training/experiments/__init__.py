"""The source papers' experiments, as studies of one kind: arms times seeds on fixed synthetic patches, and a page."""

from Training.experiments.attention import ATTENTION_STUDIES
from Training.experiments.boundary import BOUNDARY_STUDY
from Training.experiments.cross_modality import CROSS_MODALITY_STUDY
from Training.experiments.patches import Patches, PatchPlan, load_patches, make_patches
from Training.experiments.study import RunPlaces, Study, StudyOptions, run_study

__all__ = [
    "ATTENTION_STUDIES",
    "BOUNDARY_STUDY",
    "CROSS_MODALITY_STUDY",
    "PatchPlan",
    "Patches",
    "RunPlaces",
    "Study",
    "StudyOptions",
    "load_patches",
    "make_patches",
    "run_study",
]
