"""What a reader of the measurements has to know about the mask they were taken from."""

from collections.abc import Iterator

from VSSegmentationLib.connected import number_pieces
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS, Label
from VSSegmentationLib.measurement.plane import MeatalPlane
from VSSegmentationLib.measurement.quality import about_components, about_grid, about_place, about_volume
from VSSegmentationLib.measurement.regions import Tumor, crop_to_labels, find_tumor
from VSSegmentationLib.measurement.vestibular_schwannoma.plane import plane_between
from VSSegmentationLib.volume import Volume

MAX_RMS_MM = 1.0
_USUAL_CM3 = (0.01, 60.0)


def labelmap_warnings(labelmap: Volume) -> tuple[str, ...]:
    """Return what a reader of the measurements has to know about the mask, as full sentences; empty if all is usual.

    Raises:
        InputRefusedError: If the labelmap holds anything but the values of `Label`.
    """
    around = crop_to_labels(labelmap, VESTIBULAR_SCHWANNOMA_LABELS)
    tumor = find_tumor(around.volume, VESTIBULAR_SCHWANNOMA_LABELS, around.start_dhw)
    if tumor is None:
        return ()
    return (
        *about_components(tumor),
        *_about_sides(tumor),
        *about_volume(tumor, _USUAL_CM3),
        *_about_parts(tumor),
        *about_place(tumor, labelmap),
        *about_grid(labelmap),
    )


def _about_sides(tumor: Tumor) -> Iterator[str]:
    first, *others = tumor.components
    low, _ = _USUAL_CM3
    if any(c.center_ras_mm[0] * first.center_ras_mm[0] < 0 and c.volume_cm3 >= low for c in others):
        yield "Tumor is marked on both sides of the patient: each side needs measurements of its own."


def _about_parts(tumor: Tumor) -> Iterator[str]:
    array = tumor.labelmap.array
    for word, label in (("extrameatal", Label.EXTRAMEATAL), ("intrameatal", Label.INTRAMEATAL)):
        pieces = len(number_pieces(array == label).voxel_counts)
        if pieces > 1:
            yield f"The {word} part is in {pieces} pieces: its lengths were measured on the largest one."
    plane = plane_between(tumor.labelmap)
    if isinstance(plane, MeatalPlane) and plane.rms_mm > MAX_RMS_MM:
        yield (
            f"The boundary between both parts is not flat (RMS {plane.rms_mm:.1f} mm from its plane): dividing the "
            "tumor anew by a plane would change it."
        )
