"""A contact sheet: what the network is shown, with the truth drawn on it."""

from collections.abc import Iterator
from pathlib import Path

from Training.pictures import Tile, most_tumor, write_sheet
from Training.synthesis.source import SyntheticSource


def write_contact_sheet(source: SyntheticSource, path: Path, rows: int = 5, columns: int = 7) -> None:
    """Write a picture of the first samples of a source, each in the slice that holds most tumor."""

    def tiles() -> Iterator[Tile]:
        for index in range(rows * columns):
            image, labels = source.sample(index)
            best = most_tumor(labels)
            yield Tile(image[0, best], labels[best])

    write_sheet(tiles(), path, columns, (2.0, 1.75))
