"""BraTS, editions 2017 to 2023 of the adult glioma task: four weightings and one label file in a folder per case."""

import re
from collections.abc import Iterator
from pathlib import Path

from Training.data.importing import Candidate, Found, Values
from Training.data.label_names import modality_of_name
from Training.data.manifest import LeftOut
from VSSegmentationLib.errors import UsageError

_UNTIL_2022: Values = {1: 1, 2: 2, 4: 3}
"""Core, edema, enhancing tumor; 3 is not used."""
_SINCE_2023: Values = {1: 1, 2: 2, 3: 3}
_MODALITIES = ("FLAIR", "T1", "ceT1", "T2")
"""In this order they are a network's channels, as the files of the data have them."""


class Brats:
    """Cases are folders: BraTS20_Training_001, Brats18_..., BraTS2021_00000, BraTS-GLI-00000-000."""

    def find(self, folder: Path) -> Iterator[Found]:
        """Yield every case with its four images; those without labels, or with too few images, are left out."""
        cases = sorted(path for path in folder.rglob("*") if path.is_dir() and re.match(r"brats", path.name, re.I))
        cases = [case for case in cases if any(case.glob("*.nii*"))]
        if not cases:
            msg = "no folder is named like BraTS20_Training_001 or BraTS-GLI-00000-000; give the unpacked BraTS data"
            raise UsageError(msg)
        for case in cases:
            yield from _case(case)


def _case(folder: Path) -> Iterator[Found]:
    files = {_kind(path, folder.name): path for path in sorted(folder.glob("*.nii*"))}
    images = {modality: path for kind, path in files.items() if (modality := modality_of_name(kind)) in _MODALITIES}
    if len(images) < len(_MODALITIES):
        yield LeftOut(case=folder.name, reason=f"{len(images)} images are there, four weightings are wanted")
        return
    if "seg" not in files:
        other = [kind for kind in files if modality_of_name(kind) not in _MODALITIES]
        hint = "; a file of another name lies there, which may be them" if other else ""
        yield LeftOut(case=folder.name, reason=f"there is no file of labels that ends in seg{hint}")
        return
    since_2023 = re.match(r"BraTS-[A-Z]+-(\d+)-\d+", folder.name)
    first, *others = _MODALITIES
    yield Candidate(
        case=folder.name,
        patient=since_2023[1] if since_2023 else folder.name,
        modality=first,
        image=images[first],
        others={modality: images[modality] for modality in others},
        labels=files["seg"],
        values=_SINCE_2023 if since_2023 else _UNTIL_2022,
        label_set="BraTS",
    )


def _kind(path: Path, case: str) -> str:
    return re.sub(r"\.nii(\.gz)?$", "", path.name).removeprefix(case).lstrip("_-").lower()
