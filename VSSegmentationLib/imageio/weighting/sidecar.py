"""What the JSON file beside a NIfTI says about the weighting, as dcm2niix writes it and BIDS names its keys."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from VSSegmentationLib.codec import finite_or_none, read_json_file
from VSSegmentationLib.imageio.evidence import Evidence, Says, Source
from VSSegmentationLib.imageio.modality import AcquisitionTags
from VSSegmentationLib.imageio.rules import check_magnitude, complex_part
from VSSegmentationLib.imageio.weighting.header import header_evidence

_ENDINGS = (".nii.gz", ".nii")
_MOST_BYTES = 1 << 22


def sidecar_evidence(image: Path) -> Evidence | None:
    """Return what the sidecar of a NIfTI file says; None where there is none.

    A file of the same name that is no such JSON object says nothing: another program may have left it there.

    Raises:
        InputRefusedError: If it says that the image shows phase, or the real or imaginary part.
    """
    ending = next((each for each in _ENDINGS if image.name.lower().endswith(each)), None)
    if ending is None:
        return None
    sidecar = image.with_name(image.name[: -len(ending)] + ".json")
    try:
        if not sidecar.is_file() or sidecar.stat().st_size > _MOST_BYTES:
            return None
        told = read_json_file(sidecar, finite=False)  # a number that is none says nothing, the others do
    except (OSError, ValueError):
        return Evidence(Source.SIDECAR, Says.NOTHING)
    if not isinstance(told, dict):
        return Evidence(Source.SIDECAR, Says.NOTHING)
    check_magnitude(complex_part(_texts(told, "ImageType"), " ".join(_texts(told, "ComplexImageComponent"))))
    return header_evidence(_tags(told), Source.SIDECAR)


def _tags(told: Mapping[str, Any]) -> AcquisitionTags:
    """Return the tags; times are in seconds there."""
    return AcquisitionTags(
        scanning_sequence=_texts(told, "ScanningSequence"),
        sequence_variant=_texts(told, "SequenceVariant"),
        sequence_name=" ".join(_texts(told, "SequenceName") + _texts(told, "PulseSequenceName")),
        echo_time_ms=_milliseconds(told, "EchoTime"),
        repetition_time_ms=_milliseconds(told, "RepetitionTime"),
        inversion_time_ms=_milliseconds(told, "InversionTime"),
        flip_angle_deg=finite_or_none(told.get("FlipAngle")),
        contrast_agent=" ".join(_texts(told, "ContrastBolusAgent") or _texts(told, "ContrastBolusIngredient")),
        description=" ".join(_texts(told, "SeriesDescription") or _texts(told, "ProtocolName")),
    )


def _texts(told: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = told.get(key)
    if isinstance(value, str):
        return tuple(part for part in value.split("\\") if part)
    return tuple(part for part in value if isinstance(part, str)) if isinstance(value, list) else ()


def _milliseconds(told: Mapping[str, Any], key: str) -> float | None:
    seconds = finite_or_none(told.get(key))
    return None if seconds is None else finite_or_none(1000 * seconds)
