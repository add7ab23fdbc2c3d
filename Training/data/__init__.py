"""A developer's own scans: importers to one plain manifest, splits by patient, a picture to check them."""

from Training.data.importing import Candidate, Importer, import_folder
from Training.data.manifest import Entry, LeftOut, Manifest, read_manifest, write_manifest
from Training.data.splits import SPLITS, split_by_patient

__all__ = [
    "SPLITS",
    "Candidate",
    "Entry",
    "Importer",
    "LeftOut",
    "Manifest",
    "import_folder",
    "read_manifest",
    "split_by_patient",
    "write_manifest",
]
