"""How long numbers take to follow a stroke on a whole head, in the module on real MRML.

    python -m benchmarks.edit_to_numbers [--strokes N]

A volume of 512 x 512 x 80 voxels with a tumor in two parts is edited stroke by stroke. Processor time and wall clock
are taken from the last event of the stroke, when the module begins to wait for its timer, until all numbers, the table
and the lines have followed.
"""

import argparse
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np

from Testing.support.host import host as hosting
from VSSegmentationLib.labels import Label
from VSSegmentationLib.volume import Volume

MODULE = Path(__file__).parents[1] / "VSSegmentation" / "VSSegmentation.py"
SHAPE, SPACING_DHW_MM = (80, 512, 512), (1.5, 0.41, 0.41)


class Followed(NamedTuple):
    cpu_ms: float
    wall_ms: float
    waited_ms: float
    """Of the wall clock, by the module's own timer."""


def measured(strokes: int) -> list[Followed]:
    """Return what each stroke took."""
    host = hosting.start()
    host.load_module(MODULE)
    import slicer  # noqa: PLC0415 - complete once the host has started
    from VSSegmentationPanels.Examination import Examination  # noqa: PLC0415 - on the path of the module
    from VSSegmentationPanels.LiveNumbers import LiveNumbers  # noqa: PLC0415

    from VSSegmentationLib import scene  # noqa: PLC0415 - needs MRML

    labelmap = two_parts()
    image = np.random.default_rng(1).normal(100, 20, SHAPE).astype(np.float32)
    volume = scene.add_volume(slicer.mrmlScene, labelmap.with_array(image), name="head")
    segmentation = scene.add_segmentation(slicer.mrmlScene, labelmap, volume, name="tumor")
    live = LiveNumbers(Examination(volume, segmentation), host_choice)
    found = []
    for stroke in range(strokes):
        array = live.examination.labelmap.array.copy()
        array[40, 250:256, 180 + 3 * stroke : 186 + 3 * stroke] = Label.EXTRAMEATAL
        scene.write_labelmap(segmentation, labelmap.with_array(array))
        cpu, wall = time.process_time(), time.perf_counter()
        waited = live._timer.interval
        live.catchUp()
        found.append(Followed(1000 * (time.process_time() - cpu), 1000 * (time.perf_counter() - wall) + waited, waited))
    return found


def host_choice(measurements: tuple) -> object:
    """Choose the headline as the module does."""
    from VSSegmentationLib.measurement import HeadlinePolicy, choose_headline  # noqa: PLC0415

    return choose_headline(measurements, HeadlinePolicy.KCL_2023)


def two_parts() -> Volume:
    """Return a tumor of 22 mm with a part in the canal, on the grid of a whole head."""
    affine = np.zeros((4, 4))
    affine[2, 0], affine[1, 1], affine[0, 2], affine[3, 3] = (
        SPACING_DHW_MM[0],
        -SPACING_DHW_MM[1],
        -SPACING_DHW_MM[2],
        1,
    )
    d, h, w = np.ogrid[: SHAPE[0], : SHAPE[1], : SHAPE[2]]
    outer = ((d - 40) * 1.5) ** 2 + ((h - 256) * 0.41) ** 2 + ((w - 200) * 0.41) ** 2 < 11**2
    inner = (((d - 40) * 1.5) ** 2 + ((h - 256) * 0.41) ** 2 < 3**2) & (w < 200) & (w > 160)
    array = np.where(outer, Label.EXTRAMEATAL, 0) + np.where(inner & ~outer, Label.INTRAMEATAL, 0)
    return Volume(array.astype(np.uint8), affine)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--strokes", type=int, default=15)
    found = measured(parser.parse_args().strokes)
    print(
        "| CPU ms, median | largest | wall ms with the timer, median | of it waited by the timer |\n|---|---|---|---|"
    )
    cpu = [each.cpu_ms for each in found]
    wall = median(each.wall_ms for each in found)
    print(f"| {median(cpu):.0f} | {max(cpu):.0f} | {wall:.0f} | {found[0].waited_ms:.0f} |")


if __name__ == "__main__":
    main()
