"""What is measured of a vestibular schwannoma: every id with its region, name, method and whose definition it is."""

from VSSegmentationLib.measurement import codes
from VSSegmentationLib.measurement.definitions import WHOLE, Definition, Definitions

EXTRAMEATAL, INTRAMEATAL, COCHLEA = "extrameatal", "intrameatal", "cochlea"

_COUNT = "number of voxels times the volume of a voxel"
_DIAMETER = "largest distance of voxel centers in one slice plus half a pixel"
_CHORD = "longest run inside the mask"
_SPACE = "largest width in space, from the voxel centers with their mean distance from the surface added"

DEFINITIONS = Definitions(
    {
        "vol_total": Definition(
            WHOLE, "Volume, whole tumor", "cm3", _COUNT, "DICOM 126030", codes.VOLUME, codes.BY_VOXELS
        ),
        "vol_em": Definition(
            EXTRAMEATAL, "Volume, extrameatal", "cm3", _COUNT, "DICOM 126030", codes.VOLUME, codes.BY_VOXELS
        ),
        "vol_im": Definition(
            INTRAMEATAL, "Volume, intrameatal", "cm3", _COUNT, "DICOM 126030", codes.VOLUME, codes.BY_VOXELS
        ),
        "whole_max_axial": Definition(
            WHOLE, "Largest axial diameter, whole tumor", "mm", _DIAMETER, "Connor 2021", codes.DIAMETER
        ),
        "em_max_axial": Definition(
            EXTRAMEATAL, "Largest axial diameter, extrameatal part", "mm", _DIAMETER, "Kanzaki 2003", codes.DIAMETER
        ),
        "iac_max_axial": Definition(
            WHOLE,
            "Longest axial line from the intrameatal to the extrameatal part",
            "mm",
            f"{_DIAMETER}, one end in each part",
            "KCL pipeline 2023",
            codes.LENGTH,
        ),
        "em_ap": Definition(
            EXTRAMEATAL,
            "Extrameatal diameter parallel to the petrous face",
            "mm",
            f"{_CHORD} parallel to the meatal plane, in the slice of the largest extrameatal diameter",
            "AAO-HNS 1995, as worded by Walsh 2000",
            codes.DIAMETER,
        ),
        "em_ml": Definition(
            EXTRAMEATAL,
            "Extrameatal diameter perpendicular to the petrous face",
            "mm",
            f"{_CHORD} perpendicular to the meatal plane, in the slice of the largest extrameatal diameter",
            "AAO-HNS 1995, as worded by Walsh 2000",
            codes.DIAMETER,
        ),
        "aao_size": Definition(
            EXTRAMEATAL,
            "Size after AAO-HNS 1995, extrameatal part",
            "mm",
            "square root of the product of the diameters parallel and perpendicular to the petrous face",
            "AAO-HNS 1995, as worded by Walsh 2000",
        ),
        "whole_long": Definition(
            WHOLE, "Long axis, whole tumor", "mm", _DIAMETER, "WHO and RANO, bidimensional", codes.LONG_AXIS
        ),
        "whole_short": Definition(
            WHOLE,
            "Short axis, whole tumor",
            "mm",
            f"{_CHORD} at a right angle to the long axis, in its slice; never more than the long axis",
            "WHO and RANO, bidimensional",
            codes.SHORT_AXIS,
        ),
        "whole_max_3d": Definition(WHOLE, "Largest 3D diameter, whole tumor", "mm", _SPACE, "IBSI L0JK", codes.MAX_3D),
        "em_max_3d": Definition(
            EXTRAMEATAL, "Largest 3D diameter, extrameatal part", "mm", _SPACE, "IBSI L0JK", codes.MAX_3D
        ),
        "im_length": Definition(
            INTRAMEATAL,
            "Depth from the porus plane, intrameatal part",
            "mm",
            "largest distance of an intrameatal boundary point from the meatal plane; bends of the canal are ignored",
            "this program",
            codes.LENGTH,
        ),
        "fundus_gap": Definition(
            INTRAMEATAL,
            "Gap between tumor and fundus",
            "mm",
            "distance from the deepest intrameatal boundary point to the tip of the fundus, along the normal of the "
            "meatal plane",
            "this program, for the fundal cap of Otol Neurotol 2018;39(6)",
            codes.LENGTH,
            is_size=False,
        ),
        "whole_height": Definition(
            WHOLE,
            "Craniocaudal height, whole tumor",
            "mm",
            "number of slices from the lowest to the highest times their distance",
            "this program",
            codes.LENGTH,
        ),
        "vol_ellipsoid": Definition(
            WHOLE,
            "Volume by the ellipsoid formula, whole tumor",
            "cm3",
            "pi/6 x long axis x short axis x height; only to compare with old reports",
            "common practice",
            codes.ELLIPSOID_VOLUME,
            codes.BY_ELLIPSOID,
        ),
        "para_EM": Definition(
            EXTRAMEATAL,
            "Extrameatal width parallel to the meatal plane",
            "mm",
            f"{_CHORD} parallel to the meatal plane, in the slice of the longest line between both parts",
            "KCL pipeline 2023",
            codes.LENGTH,
        ),
        "para_IM": Definition(
            INTRAMEATAL,
            "Intrameatal width parallel to the meatal plane",
            "mm",
            f"{_CHORD} parallel to the meatal plane, in the slice of the longest line between both parts",
            "KCL pipeline 2023",
            codes.LENGTH,
        ),
        "perp_EM": Definition(
            EXTRAMEATAL,
            "Extrameatal reach perpendicular to the meatal plane",
            "mm",
            f"{_CHORD} perpendicular to the meatal plane, in the slice of the longest line between both parts",
            "KCL pipeline 2023",
            codes.PERPENDICULAR_AXIS,
        ),
        "vol_cochlea_right": Definition(
            COCHLEA,
            "Volume, right cochlea",
            "cm3",
            _COUNT,
            "DICOM 126030",
            codes.VOLUME,
            codes.BY_VOXELS,
            is_size=False,
            side="right",
        ),
        "vol_cochlea_left": Definition(
            COCHLEA,
            "Volume, left cochlea",
            "cm3",
            _COUNT,
            "DICOM 126030",
            codes.VOLUME,
            codes.BY_VOXELS,
            is_size=False,
            side="left",
        ),
        "gap_cochlea": Definition(
            WHOLE,
            "Gap between tumor and cochlea",
            "mm",
            "smallest distance between boundary points of the tumor and of the cochlea of its ear",
            "this program",
            codes.LENGTH,
            is_size=False,
        ),
    },
    version="2",
    namespace="vs-segmentation",
)
"""In the order in which `measure` returns them."""

measured, unmeasured = DEFINITIONS.measured, DEFINITIONS.unmeasured
