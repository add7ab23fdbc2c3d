"""What is measured: every id with its region, its name, how it is taken and whose definition it is."""

from collections.abc import Mapping
from typing import NamedTuple

from VSSegmentationLib.geometry import Triplet
from VSSegmentationLib.labels import Label
from VSSegmentationLib.measurement.value import Measurement, Uncertainty

VERSION = "1"
"""Goes up whenever a definition changes so that numbers change."""

WHOLE, EXTRAMEATAL, INTRAMEATAL = "whole", "extrameatal", "intrameatal"

_COUNT = "number of voxels times the volume of a voxel"
_DIAMETER = "largest distance of voxel centers in one slice plus half a pixel"
_CHORD = "longest run inside the mask"
_SPACE = "largest distance of two boundary points (mid-points of voxel faces) in space"


VOLUMES: Mapping[str, Label | None] = {"vol_total": None, "vol_em": Label.EXTRAMEATAL, "vol_im": Label.INTRAMEATAL}
"""Which volumes there are, and of which part; None is the whole tumor."""


class Definition(NamedTuple):
    """One measure."""

    region: str
    name: str
    unit: str
    method: str
    source: str


class Line(NamedTuple):
    """Where a linear measure lies."""

    end_points_ras_mm: tuple[Triplet, Triplet]
    slice_axis: int | None = None
    slice_index: int | None = None


DEFINITIONS: Mapping[str, Definition] = {
    "vol_total": Definition(WHOLE, "Volume, whole tumor", "cm3", _COUNT, "DICOM 126030"),
    "vol_em": Definition(EXTRAMEATAL, "Volume, extrameatal", "cm3", _COUNT, "DICOM 126030"),
    "vol_im": Definition(INTRAMEATAL, "Volume, intrameatal", "cm3", _COUNT, "DICOM 126030"),
    "whole_max_axial": Definition(WHOLE, "Largest axial diameter, whole tumor", "mm", _DIAMETER, "Connor 2021"),
    "em_max_axial": Definition(
        EXTRAMEATAL, "Largest axial diameter, extrameatal part", "mm", _DIAMETER, "Kanzaki 2003"
    ),
    "iac_max_axial": Definition(
        WHOLE,
        "Longest axial line from the intrameatal to the extrameatal part",
        "mm",
        f"{_DIAMETER}, one end in each part",
        "KCL pipeline 2023",
    ),
    "em_ap": Definition(
        EXTRAMEATAL,
        "Extrameatal diameter parallel to the petrous face",
        "mm",
        f"{_CHORD} parallel to the meatal plane, in the slice of the largest extrameatal diameter",
        "AAO-HNS 1995, as worded by Walsh 2000",
    ),
    "em_ml": Definition(
        EXTRAMEATAL,
        "Extrameatal diameter perpendicular to the petrous face",
        "mm",
        f"{_CHORD} perpendicular to the meatal plane, in the slice of the largest extrameatal diameter",
        "AAO-HNS 1995, as worded by Walsh 2000",
    ),
    "aao_size": Definition(
        EXTRAMEATAL,
        "Size after AAO-HNS 1995, extrameatal part",
        "mm",
        "square root of the product of the diameters parallel and perpendicular to the petrous face",
        "AAO-HNS 1995, as worded by Walsh 2000",
    ),
    "whole_long": Definition(WHOLE, "Long axis, whole tumor", "mm", _DIAMETER, "WHO and RANO, bidimensional"),
    "whole_short": Definition(
        WHOLE,
        "Short axis, whole tumor",
        "mm",
        f"{_CHORD} at a right angle to the long axis, in its slice; never more than the long axis",
        "WHO and RANO, bidimensional",
    ),
    "whole_max_3d": Definition(WHOLE, "Largest 3D diameter, whole tumor", "mm", _SPACE, "IBSI L0JK"),
    "em_max_3d": Definition(EXTRAMEATAL, "Largest 3D diameter, extrameatal part", "mm", _SPACE, "IBSI L0JK"),
    "im_length": Definition(
        INTRAMEATAL,
        "Depth from the porus plane, intrameatal part",
        "mm",
        "largest distance of an intrameatal boundary point from the meatal plane; bends of the canal are ignored",
        "this program",
    ),
    "fundus_gap": Definition(
        INTRAMEATAL,
        "Gap between tumor and fundus",
        "mm",
        "distance from the deepest intrameatal boundary point to the fundus, along the normal of the meatal plane",
        "this program, for the fundal cap of Otol Neurotol 2018;39(6)",
    ),
    "whole_height": Definition(
        WHOLE,
        "Craniocaudal height, whole tumor",
        "mm",
        "number of slices from the lowest to the highest times their distance",
        "this program",
    ),
    "vol_ellipsoid": Definition(
        WHOLE,
        "Volume by the ellipsoid formula, whole tumor",
        "cm3",
        "pi/6 x long axis x short axis x height; only to compare with old reports",
        "common practice",
    ),
    "para_EM": Definition(
        EXTRAMEATAL,
        "Extrameatal width parallel to the meatal plane",
        "mm",
        f"{_CHORD} parallel to the meatal plane, in the slice of the longest line between both parts",
        "KCL pipeline 2023",
    ),
    "para_IM": Definition(
        INTRAMEATAL,
        "Intrameatal width parallel to the meatal plane",
        "mm",
        f"{_CHORD} parallel to the meatal plane, in the slice of the longest line between both parts",
        "KCL pipeline 2023",
    ),
    "perp_EM": Definition(
        EXTRAMEATAL,
        "Extrameatal reach perpendicular to the meatal plane",
        "mm",
        f"{_CHORD} perpendicular to the meatal plane, in the slice of the longest line between both parts",
        "KCL pipeline 2023",
    ),
}
"""In the order in which `measure` returns them."""


def measured(
    measurement_id: str,
    value: float,
    *,
    note: str = "",
    line: Line | None = None,
    extra: Mapping[str, float] | None = None,
    uncertainty: Uncertainty | None = None,
) -> Measurement:
    """Return a measurement that has a value; `note` is added to the method of its definition."""
    definition = DEFINITIONS[measurement_id]
    return Measurement(
        id=measurement_id,
        region=definition.region,
        name=definition.name,
        value=value,
        unit=definition.unit,
        method=f"{definition.method}; {note}" if note else definition.method,
        end_points_ras_mm=line.end_points_ras_mm if line else None,
        slice_axis=line.slice_axis if line else None,
        slice_index=line.slice_index if line else None,
        extra=extra or {},
        uncertainty=uncertainty,
    )


def unmeasured(measurement_id: str, reason: str, extra: Mapping[str, float] | None = None) -> Measurement:
    """Return a measurement without a value, and why."""
    definition = DEFINITIONS[measurement_id]
    return Measurement(
        id=measurement_id,
        region=definition.region,
        name=definition.name,
        value=None,
        unit=definition.unit,
        method=definition.method,
        reason=reason,
        extra=extra or {},
    )
