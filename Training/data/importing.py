"""From a collection on disk to a manifest: an importer names candidates, and each is checked, converted and listed."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from Training.data.faults import check_image, check_same_grid, check_tumor, whole_numbers
from Training.data.manifest import MANIFEST, Entry, LabelSet, LeftOut, Manifest, write_left_out, write_manifest
from VSSegmentationLib.errors import InputRefusedError, UsageError, VSSegmentationError
from VSSegmentationLib.imageio import read_volume, write_image
from VSSegmentationLib.volume import Volume

Values = Mapping[int, int]
"""From the values of a collection to those of the label set."""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One image that an importer has found, not read yet."""

    case: str
    patient: str
    modality: str
    date: str = ""
    image: Path | None = None
    """A NIfTI, NRRD or MetaImage file that the manifest will name; None where `read_image` makes the voxels."""
    read_image: Callable[[], Volume] | None = None
    """For DICOM: the image is then written as NIfTI beside the manifest."""
    labels: Path | None = None
    read_labels: Callable[[Volume], Volume] | None = None
    """For contours: given the image, return uint8 labels on its grid, in values of the label set already."""
    values: Values = field(default_factory=dict)
    """Of the file `labels`; a value that is not named here is a fault."""
    label_set: LabelSet = "VS"
    others: Mapping[str, Path] = field(default_factory=dict)
    """Files of further images of the examination by modality, on the grid of the first."""
    needs_labels: bool = True
    """False where the collection gives none for this image."""


Found = Candidate | LeftOut


class Importer(Protocol):
    """Knows the layout of one collection."""

    def find(self, folder: Path) -> Iterator[Found]:
        """Yield every image of the collection, in a stable order; what cannot even be named is yielded as left out.

        Raises:
            UsageError: If the folder is not laid out like this collection at all.
        """
        ...


def import_folder(
    importer: Importer,
    folder: Path,
    out: Path,
    *,
    on_progress: Callable[[int, str], None] = lambda _count, _case: None,
) -> Manifest:
    """Check and convert every case of a collection, and write the manifest. No fault stops the import.

    If no case can be taken in, there is no manifest, just the reasons.

    Args:
        importer: For the layout of `folder`.
        folder: The collection; nothing is written into it.
        out: A folder without a manifest; made if missing. Labels, and images that came as DICOM, are written there.
        on_progress: Told how many images are done, and the case.

    Raises:
        UsageError: If `out` holds a manifest, or `folder` is not there or laid out otherwise.
    """
    if not folder.is_dir():
        msg = "there is no such folder to import; check the path"
        raise UsageError(msg)
    if (out / MANIFEST).exists():
        msg = f"the output folder has a {MANIFEST} already; name another folder, or delete it first"
        raise UsageError(msg)
    entries: list[Entry] = []
    left_out: list[LeftOut] = []
    for count, found in enumerate(importer.find(folder), start=1):
        on_progress(count, found.case)
        if isinstance(found, LeftOut):
            left_out.append(found)
            continue
        if any((e.case, e.modality) == (found.case, found.modality) for e in entries):
            left_out.append(LeftOut(case=found.case, reason=f"a second {found.modality} image of this case"))
            continue
        try:
            entries.append(_taken_in(found, out))
        except VSSegmentationError as error:
            left_out.append(LeftOut(case=found.case, reason=f"{found.modality}: {error}"))
    if not entries and not left_out:
        msg = "nothing was found there; is it the folder of this kind of collection?"
        raise UsageError(msg)
    out.mkdir(parents=True, exist_ok=True)
    manifest = Manifest(tuple(entries), tuple(left_out))
    if entries:
        write_manifest(manifest, out)
    else:
        write_left_out(manifest, out)  # no manifest: the next try, with --labels perhaps, may go there
    return manifest


def _taken_in(found: Candidate, out: Path) -> Entry:
    if found.needs_labels and found.labels is None and found.read_labels is None:
        msg = "there are no labels for this image"
        raise InputRefusedError(msg)
    image = found.read_image() if found.read_image is not None else read_volume(_given(found.image))
    check_image(image)
    for modality, path in found.others.items():
        other = read_volume(path)
        check_image(other, f"{modality} image")
        check_same_grid(image, other, f"{modality} image")
    labels = _labels(found, image)
    stem = found.case if found.others else f"{found.case}_{found.modality}"
    name = re.sub(r"[^\w.+-]", "_", stem) + ".nii.gz"  # an id may hold a slash
    image_path = _given(found.image) if found.read_image is None else _written(out / "images" / name, image)
    labels_path = None if labels is None else _written(out / "labels" / name, labels)
    return Entry(
        case=found.case,
        patient=found.patient,
        date=found.date,
        modality=found.modality,
        image=image_path,
        labels=labels_path,
        label_set=found.label_set,
        others=tuple(found.others.items()),
    )


def _labels(found: Candidate, image: Volume) -> Volume | None:
    if found.read_labels is not None:
        labels = found.read_labels(image)
    elif found.labels is not None:
        given = read_volume(found.labels)
        check_same_grid(image, given)
        labels = image.with_array(_renamed(whole_numbers(given), found.values))
    else:
        return None
    if found.label_set == "VS":
        check_tumor(labels.array, float(np.prod(image.spacing_dhw_mm)))
    elif not labels.array.any():
        msg = "the labels hold no tumor"
        raise InputRefusedError(msg)
    return labels


def _renamed(values: np.ndarray, names: Values) -> np.ndarray:
    known = {0: 0, **names}
    unknown = sorted(set(np.unique(values).tolist()) - set(known))
    if unknown:
        msg = f"the labels hold {', '.join(map(str, unknown[:5]))}, known are {', '.join(map(str, sorted(known)))}"
        raise InputRefusedError(msg)
    result = np.zeros(values.shape, np.uint8)
    for value, label in known.items():
        result[values == value] = label
    return result


def _given(path: Path | None) -> Path:
    assert path is not None, "a candidate has a file or a function that reads the image"
    return path


def _written(path: Path, volume: Volume) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_image(path, volume)
    return path
