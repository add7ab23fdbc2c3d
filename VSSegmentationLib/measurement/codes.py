"""Public codes for what is measured and how. Source: DICOM PS3.16, context groups 7469, 7470, 7472 and 7474; IBSI."""

from VSSegmentationLib.label_set import Code

VOLUME = Code("118565006", "SCT", "Volume")
ELLIPSOID_VOLUME = Code("121221", "DCM", "Volume of ellipsoid")
DIAMETER = Code("81827009", "SCT", "Diameter")
LONG_AXIS = Code("103339001", "SCT", "Long axis")
SHORT_AXIS = Code("103340004", "SCT", "Short axis")
PERPENDICULAR_AXIS = Code("131189007", "SCT", "Perpendicular Axis")
MAX_3D = Code("L0JK", "IBSI", "Maximum 3D Diameter of a Mesh")
LENGTH = Code("410668003", "SCT", "Length")

BY_VOXELS = Code("126030", "DCM", "Sum of segmented voxel method for volume")
BY_ELLIPSOID = Code("126029", "DCM", "LWH method for volume of ellipsoid")
