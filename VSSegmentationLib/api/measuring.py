"""Measuring a labelmap that exists already."""

from VSSegmentationLib.api.inputs import LabelmapLike, ScanLike, read_labelmap, read_scan
from VSSegmentationLib.api.result import Result
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.geometry import Triplet
from VSSegmentationLib.imageio import AXES_ASSUMED
from VSSegmentationLib.imageio.placing import place_on_grid
from VSSegmentationLib.measurement import HeadlinePolicy
from VSSegmentationLib.pipeline.measuring import MaskFacts, measure_labelmap
from VSSegmentationLib.reporting import ReportChoices


def measure(
    labelmap: LabelmapLike,
    image: ScanLike | None = None,
    *,
    modality: str | None = None,
    case: str = "",
    policy: str = HeadlinePolicy.KCL_2023,
    fundus_ras_mm: Triplet | None = None,
) -> Result:
    """Measure a tumor that a person or another program has outlined.

    Args:
        labelmap: What `read_labelmap` takes: 1 extrameatal, 2 intrameatal, 3 cochlea, 4 tumor that is not divided. A
            mask of the whole tumor has to hold 4 then, not 1.
        image: The scan, for the pictures; what `read_scan` takes. The labelmap has to have its voxels, however the axes
            are stored, and may cover a part of it.
        modality: Of the scan, as for `read_scan`.
        case: A pseudonym for the report, never a patient's name or number.
        policy: Which diameter leads: "KCL 2023" or "Kanzaki".
        fundus_ras_mm: The lateral end of the canal, if a person marked it.

    Raises:
        InputRefusedError: If one can't be used, or the labelmap does not belong to the scan.
        UsageError: If there is no such file, or a modality was given without a scan.

    Example:
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
    given = read_labelmap(labelmap)
    warnings = (AXES_ASSUMED,) if given.axes_assumed and scan is None else ()
    placed = given if scan is None else place_on_grid(given, scan.volume.shape, scan.volume.dhw_to_ras)
    result = measure_labelmap(
        placed,
        scan,
        ReportChoices(case=case, policy=policy),
        known=MaskFacts(warnings=warnings, fundus_ras_mm=fundus_ras_mm),
    )
    return Result(content=result.content)


_NO_SCAN = "a modality is that of a scan, and none was given; give the image, too, or leave the modality out"
