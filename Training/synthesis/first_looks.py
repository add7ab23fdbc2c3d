"""The looks and places of the first synthetic images, which are narrower than what models are trained with now.

The contact sheet and the sample patient were drawn with them, and are drawn so still: they stay comparable whatever
training begins with next.
"""

from dataclasses import replace

from Training.synthesis.contrast import ContrastRanges
from Training.synthesis.render import AcquisitionRanges
from Training.synthesis.source import SynthesisConfig

FIRST_CONTRAST = ContrastRanges(
    physics_share=0.0,
    csf_shading=(0.0, 0.0),
    bright_tumor_share=0.0,
    bright_tumor=(0.6, 1.05),
    bright_tumor_texture=(0.08, 0.3),
    parts_alike=False,
    dark_bone=False,
    dim_canal_share=0.0,
    brain_texture=0.05,
    brightest_marrow=0.7,
    marrow_texture=0.35,
    wet_mastoid_share=0.25,
    enhanced_share=0.0,
    septated_share=0.0,
    brightest_chamber=1.15,
    septum=(0.08, 0.35),
    wall=(0.1, 0.65),
    rim_share=0.0,
)
FORMER_ACQUISITION = AcquisitionRanges(
    slice_mm=(1.0, 1.5, 1.5, 1.5, 1.5, 2.0, 3.0),
    real_profile_share=0.0,
    cut_share=0.0,
    blur_mm=(0.15, 0.45),
    bias=(0.0, 0.4),
    coil_share=0.0,
    end_share=0.0,
    band_share=0.0,
    pulsation_share=0.0,
    gamma=(0.75, 1.4),
    curve_share=0.0,
    convolved_share=0.0,
    ghost_share=0.12,
    floor_share=0.0,
)
"""Smoothed instead of cut in k-space, ideal slices, no fault but bias and ghosts."""
FIRST_ACQUISITION = replace(FORMER_ACQUISITION, noise=(0.004, 0.07), bias=(0.0, 0.25), clip_share=0.0)
FIRST_SYNTHESIS = SynthesisConfig(
    pool="",
    patch_dhw=(20, 80, 96),
    tumor_share=0.6,
    ear_share=0.25,
    centered_on_pori=False,
    medial_of_porus_mm=6.0,
    located_within_mm=(2.5, 3.5, 3.5),
    moved_share=0.0,
    tilt_share=0.0,
    narrow_share=0.0,
    t2_share=0.9,
    contrast=FIRST_CONTRAST,
    acquisition=FIRST_ACQUISITION,
)
"""Its pool is to be replaced."""
