"""What is measured of a glioma: volumes of its nested regions, and the diameters of the enhancing part."""
