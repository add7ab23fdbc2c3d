"""Files that hold one volume: NIfTI, NRRD and MetaImage, read with care and written exactly."""
