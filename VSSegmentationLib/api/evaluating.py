"""Labelmaps against references, one case or a folder of them."""

import os
import warnings
from pathlib import Path

from VSSegmentationLib.api.inputs import LabelmapLike, load_labelmap
from VSSegmentationLib.cohort.comparable import comparable_structures
from VSSegmentationLib.cohort.files import Evaluation, summarized
from VSSegmentationLib.cohort.grids import on_one_grid
from VSSegmentationLib.cohort.matching import check_complete, match
from VSSegmentationLib.cohort.run import Options, evaluate_cohort
from VSSegmentationLib.cohort.summary import SummaryOptions
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.evaluation import CaseScores, evaluate_case
from VSSegmentationLib.progress import OnProgress
from VSSegmentationLib.tasks import DEFAULT_TASK


def evaluate(
    prediction: LabelmapLike,
    reference: LabelmapLike,
    *,
    prediction_values: str | None = None,
    reference_values: str | None = None,
) -> CaseScores:
    """Compare a labelmap with the reference: overlap, surface distances, lesions found.

    Args:
        prediction: Path of a labelmap; or a `Volume`, an image of SimpleITK, or an image of nibabel.
        reference: The same. The voxels have to be the same ones, however the axes are stored.
        prediction_values: What the values of the prediction mean, as for `read_labelmap`.
        reference_values: The same of the reference.

    Returns:
        `scores["whole"]["dice"].value`; structures are `whole`, `em`, `im` and `boundary`. Where a mask of one value
        was taken for the whole tumor, the parts are left out, and a warning says so.

    Raises:
        InputRefusedError: If one is no labelmap, or their voxels are not the same ones.
        UsageError: If there is no such file, a folder was given, or it is not certain what values mean.

    Examples:
        >>> import VSSegmentationLib as vs
        >>> truth = vs.SAMPLE_FOLDER / "exam1_truth.nii.gz"
        >>> vs.evaluate(truth, truth)["whole"]["dice"].value
        1.0
    """
    for source in (prediction, reference):
        if isinstance(source, str | os.PathLike) and Path(source).expanduser().is_dir():
            msg = "evaluate compares two labelmaps, and a folder was given; use evaluate_folders for folders"
            raise UsageError(msg)
    found = load_labelmap(prediction, values=prediction_values)
    wanted = load_labelmap(reference, values=reference_values)
    structures = comparable_structures(DEFAULT_TASK.default_structures, DEFAULT_TASK.label_set, found, wanted)
    if len(structures) < len(DEFAULT_TASK.default_structures):
        is_assumed = found.is_assumed_whole or wanted.is_assumed_whole
        warnings.warn(_PARTS_LEFT_OUT if is_assumed else _REFERENCE_UNDIVIDED, stacklevel=2)
    return evaluate_case(*on_one_grid(found.volume, wanted.volume), structures)


_PARTS_LEFT_OUT = (
    "A mask of one value that does not say what it is was read as the whole tumor, so the parts were left out; if the "
    "value is a part of the tumor, say so with prediction_values or reference_values."
)


_REFERENCE_UNDIVIDED = "The reference does not divide the tumor, so the parts were left out."


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

    Examples:
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
