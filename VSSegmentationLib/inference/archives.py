"""Archives of models, made on any system: names as paths of one kind, parts within bounds, nothing outside a folder."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from VSSegmentationLib.errors import ModelError
from VSSegmentationLib.inference.soundness import DAMAGE

_CHUNK_BYTES = 1024 * 1024
_MOST_BYTES = 64 * 1024**3
_MOST_RATIO = 200
_SMALL_BYTES = 64 * 1024**2


@dataclass(frozen=True)
class ModelArchive:
    """A zip archive that is open."""

    name: str
    parts: dict[PurePosixPath, zipfile.ZipInfo]
    """By their paths, whatever sign the system that packed them puts between folders."""
    file: zipfile.ZipFile

    def extract(self, part: PurePosixPath, target: Path) -> None:
        """Write one part into a file; its folder is made.

        Raises:
            ModelError: If it is damaged or a compression bomb.
        """
        info = self.parts[part]
        if info.file_size > max(_SMALL_BYTES, _MOST_RATIO * info.compress_size) or info.file_size > _MOST_BYTES:
            msg = f"the archive {self.name} would unpack to far more than any model; get it anew"
            raise ModelError(msg)
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            for chunk in self._chunks(info):
                file.write(chunk)

    def _chunks(self, info: zipfile.ZipInfo) -> Iterator[bytes]:
        try:
            with self.file.open(info) as source:
                yield from iter(partial(source.read, _CHUNK_BYTES), b"")
        except DAMAGE as error:
            msg = f"the archive {self.name} is damaged; get it anew"
            raise ModelError(msg) from error


def is_archive(path: Path) -> bool:
    """Return whether this file begins as a zip archive does, or ends so."""
    return path.is_file() and zipfile.is_zipfile(path)


@contextmanager
def open_archive(path: Path) -> Iterator[ModelArchive]:
    """Open a zip archive.

    Raises:
        ModelError: If it is damaged.
    """
    try:
        archive = zipfile.ZipFile(path)
    except DAMAGE as error:
        msg = f"the archive {path.name} is damaged; get it anew"
        raise ModelError(msg) from error
    with archive:
        # A damaged list of parts may leave one without a name, which zipfile itself cannot ask whether it is a folder.
        named = [info for info in archive.infolist() if info.filename]
        parts = {_path(info.filename): info for info in named if not info.is_dir()}
        parts.pop(PurePosixPath(), None)
        yield ModelArchive(path.name, parts, archive)


def _path(name: str) -> PurePosixPath:
    """Return the path of a part; empty for one that would lie outside, or that macOS packed for itself."""
    path = PurePosixPath(name.replace("\\", "/"))
    foreign = path.is_absolute() or ".." in path.parts or ":" in name or "\0" in name
    return PurePosixPath() if foreign or "__MACOSX" in path.parts or path.name.startswith("._") else path
