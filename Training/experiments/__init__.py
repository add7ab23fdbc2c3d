"""The source papers' experiments, as studies of one kind: arms times seeds on fixed synthetic patches, and a page."""

from Training.experiments.attention import ATTENTION_STUDIES
from Training.experiments.boundary import BOUNDARY_STUDY
from Training.experiments.claims import Claim, Measure
from Training.experiments.cross_modality import CROSS_MODALITY_STUDY
from Training.experiments.ears import EARS_STUDY
from Training.experiments.gliomas import GLIOMA_STUDY
from Training.experiments.patches import AllSizes, Patches, PatchPlan, load_patches, make_patches
from Training.experiments.statistics import compare, holm
from Training.experiments.study import Benchmark, RunPlaces, Study, StudyOptions, run_study
from Training.experiments.verdicts import verdicts

__all__ = [
    "ATTENTION_STUDIES",
    "BOUNDARY_STUDY",
    "CROSS_MODALITY_STUDY",
    "EARS_STUDY",
    "GLIOMA_STUDY",
    "AllSizes",
    "Benchmark",
    "Claim",
    "Measure",
    "PatchPlan",
    "Patches",
    "RunPlaces",
    "Study",
    "StudyOptions",
    "compare",
    "holm",
    "load_patches",
    "make_patches",
    "run_study",
    "verdicts",
]
