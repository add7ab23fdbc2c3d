"""Why something is not measurable, where more than one place has to know the very words."""

NO_TUMOR = "no tumor is segmented"
ONE_VOXEL = "no slice holds more than one voxel of it"
