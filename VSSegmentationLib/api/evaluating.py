"""Labelmaps against references, one case or a folder of them."""

import os
from pathlib import Path

from VSSegmentationLib.api.inputs import LabelmapLike, read_labelmap
from VSSegmentationLib.cohort.files import Evaluation, summarized
from VSSegmentationLib.cohort.grids import on_one_grid
from VSSegmentationLib.cohort.matching import check_complete, match
from VSSegmentationLib.cohort.run import Options, evaluate_cohort
from VSSegmentationLib.cohort.summary import SummaryOptions
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.evaluation import CaseScores, evaluate_case
from VSSegmentationLib.progress import OnProgress


def evaluate(prediction: LabelmapLike, reference: LabelmapLike) -> CaseScores:
    """Compare a labelmap with the reference: overlap, surface distances, lesions found.

    Args:
        prediction: Path of a labelmap; or a `Volume`, an image of SimpleITK, or an image of nibabel.
        reference: The same. The voxels have to be the same ones, however the axes are stored.

    Returns:
        `scores["whole"]["dice"].value`; structures are `whole`, `em`, `im` and `boundary`.

    Raises:
        InputRefusedError: If one is no labelmap, or their voxels are not the same ones.
        UsageError: If there is no such file, or a folder was given.

    Example:
        >>> import VSSegmentationLib as vs
        >>> truth = vs.SAMPLE_FOLDER / "exam1_truth.nii.gz"
        >>> vs.evaluate(truth, truth)["whole"]["dice"].value
        1.0
    """
    for source in (prediction, reference):
        if isinstance(source, str | os.PathLike) and Path(source).expanduser().is_dir():
            msg = "evaluate compares two labelmaps, and a folder was given; use evaluate_folders for folders"
            raise UsageError(msg)
    return evaluate_case(*on_one_grid(read_labelmap(prediction), read_labelmap(reference)))


def evaluate_folders(
    predictions: str | os.PathLike[str],
    references: str | os.PathLike[str],
    *,
    name: str = "Predictions",
    on_progress: OnProgress | None = None,
) -> Evaluation:
    """Compare every labelmap of a folder with its reference, and summarize, as `vs-segmentation evaluate` does.

    Args:
        predictions: Folder of labelmaps.
        references: Folder of labelmaps; each needs its prediction, of the same name.
        name: What the summary calls the method.
        on_progress: Called with a fraction from 0 to 1 and what is being done.

    Raises:
        InputRefusedError: If a case cannot be compared.
        UsageError: If a folder is missing, or a reference has no prediction.

    Example:
        >>> import shutil, tempfile
        >>> import VSSegmentationLib as vs
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     copied = shutil.copy(vs.SAMPLE_FOLDER / "exam1_truth.nii.gz", folder)
        ...     evaluation = vs.evaluate_folders(folder, folder)
        >>> [len(cohort.cases) for cohort in evaluation.cohorts]
        [1]
    """
    matching = match(Path(predictions).expanduser(), Path(references).expanduser())
    check_complete(matching, allow_missing=False, missing_is_empty=False)
    options = Options()
    tell = on_progress or (lambda _fraction, _stage: None)
    cohort = evaluate_cohort(name, matching, options, on_progress=tell, should_cancel=lambda: False)
    return summarized((cohort,), options.structures, SummaryOptions())
