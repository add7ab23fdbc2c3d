"""A DICOM node: series come in from scanners and archives, results go back to where they came from."""
