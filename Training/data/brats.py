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
_KINDS = ("flair", "t1", "t1ce", "t2", "t1n", "t1c", "t2w", "t2f")


class Brats:
    """Cases are folders: BraTS20_Training_001, Brats18_..., BraTS2021_00000, BraTS-GLI-00000-000."""

    def find(self, folder: Path) -> Iterator[Found]:
        """Yield the four images of every case; cases without labels, or with too few images, are left out."""
        cases = sorted(path for path in folder.rglob("*") if path.is_dir() and re.match(r"brats", path.name, re.I))
        cases = [case for case in cases if any(case.glob("*.nii*"))]
        if not cases:
            msg = "no folder is named like BraTS20_Training_001 or BraTS-GLI-00000-000; give the unpacked BraTS data"
            raise UsageError(msg)
        for case in cases:
            yield from _case(case)


def _case(folder: Path) -> Iterator[Found]:
    files = {_kind(path, folder.name): path for path in sorted(folder.glob("*.nii*"))}
    images = {kind: path for kind, path in files.items() if kind in _KINDS}
    if len(images) < 4:
        yield LeftOut(case=folder.name, reason=f"{len(images)} images are there, four weightings are wanted")
        return
    if "seg" not in files:
        other = [kind for kind in files if kind not in images]
        hint = "; a file of another name lies there, which may be them" if other else ""
        yield LeftOut(case=folder.name, reason=f"there is no file of labels that ends in seg{hint}")
        return
    since_2023 = re.match(r"BraTS-[A-Z]+-(\d+)-\d+", folder.name)
    for kind, path in images.items():
        yield Candidate(
            case=folder.name,
            patient=since_2023[1] if since_2023 else folder.name,
            modality=modality_of_name(kind) or kind,
            image=path,
            labels=files["seg"],
            values=_SINCE_2023 if since_2023 else _UNTIL_2022,
            label_set="BraTS",
        )


def _kind(path: Path, case: str) -> str:
    return re.sub(r"\.nii(\.gz)?$", "", path.name).removeprefix(case).lstrip("_-").lower()
