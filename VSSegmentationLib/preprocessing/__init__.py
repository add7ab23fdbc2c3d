"""From a scan to the grid a network was trained on, and back to the scan's own grid."""

from VSSegmentationLib.preprocessing.grid import (
    Box,
    Grid,
    box_around,
    crop_grid,
    field_of_view_mm,
    grid_of,
    indices_inside,
    working_grid,
)
from VSSegmentationLib.preprocessing.intensity import Intensity, head_mask, intensity_of, z_scored
from VSSegmentationLib.preprocessing.resampling import AxisOperators, Slab, operators_between, resample, resample_slabs
from VSSegmentationLib.preprocessing.reslicing import Resliced, reslice
from VSSegmentationLib.preprocessing.whole_scan import filled, scored_on, whole_intensity

__all__ = [
    "AxisOperators",
    "Box",
    "Grid",
    "Intensity",
    "Resliced",
    "Slab",
    "box_around",
    "crop_grid",
    "field_of_view_mm",
    "filled",
    "grid_of",
    "head_mask",
    "indices_inside",
    "intensity_of",
    "operators_between",
    "resample",
    "resample_slabs",
    "reslice",
    "scored_on",
    "whole_intensity",
    "working_grid",
    "z_scored",
]
