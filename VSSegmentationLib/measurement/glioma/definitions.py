"""What is measured of a glioma: every id with its region, name, method and whose definition it is."""

from VSSegmentationLib.measurement import codes
from VSSegmentationLib.measurement.definitions import WHOLE, Definition, Definitions

CORE, ENHANCING = "core", "enhancing"
_COUNT = "number of voxels times the volume of a voxel"
_RANO = "RANO, Wen et al. 2010, J Clin Oncol 28(11):1963-1972"
_SECTION = "of the enhancing part together with what it encloses in the slice"
MEASURABLE_MM = 10.0
"""Both diameters have to reach it for an enhancing lesion to be measurable by RANO."""
MEASURABLE_SLICES = 2
"""On so many axial slices it has to be seen."""

DEFINITIONS = Definitions(
    {
        "vol_whole": Definition(
            WHOLE, "Volume, whole tumor", "cm3", _COUNT, "DICOM 126030", codes.VOLUME, codes.BY_VOXELS
        ),
        "vol_core": Definition(
            CORE, "Volume, tumor core", "cm3", _COUNT, "DICOM 126030", codes.VOLUME, codes.BY_VOXELS
        ),
        "vol_enhancing": Definition(
            ENHANCING, "Volume, enhancing tumor", "cm3", _COUNT, "DICOM 126030", codes.VOLUME, codes.BY_VOXELS
        ),
        "whole_max_axial": Definition(
            WHOLE,
            "Largest axial diameter, whole tumor",
            "mm",
            "largest distance of voxel centers in one slice plus half a pixel",
            "this program",
            codes.DIAMETER,
        ),
        "enhancing_long": Definition(
            ENHANCING,
            "Largest axial diameter, enhancing tumor",
            "mm",
            f"largest distance of voxel centers in one slice plus half a pixel, {_SECTION}",
            _RANO,
            codes.LONG_AXIS,
        ),
        "enhancing_short": Definition(
            ENHANCING,
            "Perpendicular diameter, enhancing tumor",
            "mm",
            f"longest run at a right angle to the largest diameter, in its slice, {_SECTION}",
            _RANO,
            codes.SHORT_AXIS,
        ),
        "rano_product": Definition(
            ENHANCING,
            "Bidimensional product after RANO, enhancing tumor",
            "mm2",
            f"largest axial diameter times its perpendicular one, where both reach {MEASURABLE_MM:g} mm and "
            f"{MEASURABLE_SLICES} axial slices show the enhancing part; of the largest connected tumor alone, no sum",
            _RANO,
        ),
    },
    version="1",
    namespace="vs-segmentation-glioma",
)
"""In the order in which `measure` returns them."""
