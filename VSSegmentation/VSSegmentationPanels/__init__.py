"""The panels of the module and what they share. Names are camelCase as everywhere in Slicer's Python."""
