"""Measuring a labelmap that exists already."""

from dataclasses import replace
from typing import get_args

from VSSegmentationLib.api.inputs import LabelmapLike, ScanLike, load_labelmap, read_scan
from VSSegmentationLib.api.result import Result
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.geometry import Triplet
from VSSegmentationLib.imageio import placed_on_scan
from VSSegmentationLib.measurement import HeadlinePolicy
from VSSegmentationLib.measurement.one_side import Side
from VSSegmentationLib.pipeline.masks import facts_of_given
from VSSegmentationLib.pipeline.measuring import measure_labelmap
from VSSegmentationLib.reporting import DrawnBy, ReportChoices
from VSSegmentationLib.tumor_side import decided_side


def measure(
    labelmap: LabelmapLike,
    image: ScanLike | None = None,
    *,
    modality: str | None = None,
    case: str = "",
    policy: str = HeadlinePolicy.KCL_2023,
    fundus_ras_mm: Triplet | None = None,
    values: str | None = None,
    side: Side | None = None,
    drawn_by: DrawnBy | None = None,
) -> Result:
    """Measure a tumor that a person or another program has outlined.

    Args:
        labelmap: What `read_labelmap` takes.
        image: The scan, for the pictures; what `read_scan` takes. The labelmap has to have its voxels, however the axes
            are stored, and may cover a part of it.
        modality: Of the scan, as for `read_scan`.
        case: A pseudonym for the report, never a patient's name or number.
        policy: Which diameter leads: "KCL 2023" or "Kanzaki".
        fundus_ras_mm: The lateral end of the canal, if a person marked it.
        values: What the values of the labelmap mean, as for `read_labelmap`; a volume of `Label` values that is in
            memory and may hold one part alone needs "own".
        side: "left" or "right" of the patient. Without it, the file of the labelmap tells it, or the canals in the scan
            show it; otherwise `Result.side` is None, and the report says that it is not determined.
        drawn_by: "person" or "model", of a mask whose file does not tell it: beside a person's stand the limits of
            human readers, beside those of other programs none; None leaves limits unknown.

    Raises:
        InputRefusedError: If one can't be used, or the labelmap does not belong to the scan.
        UsageError: If there is no such file, it is not certain what the values mean, there is no such side, or a
            modality was given without a scan.

    Examples:
        >>> import VSSegmentationLib as vs
        >>> result = vs.measure(vs.SAMPLE_FOLDER / "exam1_truth.nii.gz", vs.SAMPLE_FOLDER / "exam1_t2.nii.gz")
        >>> result.findings
        'The labelmap holds a tumor.'
        >>> result.measurements["em_max_axial"].unit
        'mm'
    """
    scan = None if image is None else read_scan(image, modality=modality)
    if scan is None and modality is not None:
        raise UsageError(_NO_SCAN)
    if side not in (None, *get_args(Side)):
        msg = f"side must be left or right of the patient, got {side!r}"
        raise UsageError(msg)
    if drawn_by not in (None, *get_args(DrawnBy)):
        msg = f"drawn_by must be person or model, got {drawn_by!r}"
        raise UsageError(msg)
    given = load_labelmap(labelmap, values=values)
    if scan is not None:
        given = placed_on_scan(given, scan)
    placed, found = decided_side(given, scan.volume if scan else None, stated=side)
    result = measure_labelmap(
        placed,
        scan,
        ReportChoices(case=case, policy=policy),
        known=replace(facts_of_given(given, drawn_by), side_found=found, fundus_ras_mm=fundus_ras_mm),
    )
    return Result(content=result.content)


_NO_SCAN = "a modality is that of a scan, and none was given; give the image, too, or leave the modality out"
