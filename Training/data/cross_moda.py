"""crossMoDA 2021, 2022 and 2023: contrast-enhanced T1 with labels, T2 without; label values differ by year."""

import re
from collections.abc import Iterator
from pathlib import Path

from Training.data.importing import Candidate, Found, Values
from Training.data.label_names import modality_of_name
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.labels import Label

_NAME = re.compile(r"(crossmoda(?:(\d{4})_[a-z]+)?_\d+)_(ceT1|hrT2|T2)\.nii(?:\.gz)?", re.IGNORECASE)
_WHOLE: Values = {1: Label.UNDIVIDED_TUMOR, 2: Label.COCHLEA}
_DIVIDED: Values = {1: Label.EXTRAMEATAL, 2: Label.INTRAMEATAL, 3: Label.COCHLEA}
"""As the organizers' own container writes them in 2023; one public page has 1 and 2 the other way round."""


class CrossModa:
    """Reads all three editions, told apart by the names of their files."""

    def find(self, folder: Path) -> Iterator[Found]:
        """Yield every image below the folder; target images have no labels and are listed without."""
        files = sorted(path for path in folder.rglob("*.nii*") if _NAME.fullmatch(path.name))
        if not files:
            msg = "no file is named like crossmoda2023_etz_1_ceT1.nii.gz; give the unpacked crossMoDA data"
            raise UsageError(msg)
        for path in files:
            match = _NAME.fullmatch(path.name)
            assert match is not None, "the files were chosen by it"
            case, year, kind = match[1], match[2] or "2021", match[3]
            beside = (path.with_name(f"{case}_Label{suffix}") for suffix in (".nii.gz", ".nii"))
            yield Candidate(
                case=case,
                patient=case,  # source and target are different patients, with one scan each
                modality=modality_of_name(kind) or kind,
                image=path,
                labels=next((label for label in beside if label.is_file()), None),
                values=_DIVIDED if int(year) >= 2023 else _WHOLE,
                needs_labels=kind.lower() == "cet1",
            )
