"""Segmenting scans, one or many, with models that stay in memory."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from VSSegmentationLib import pipeline
from VSSegmentationLib.api.inputs import ScanLike, read_scan
from VSSegmentationLib.api.refining import interaction_of, refined
from VSSegmentationLib.api.result import Result
from VSSegmentationLib.errors import OtherContrastError, UsageError, WeightingQuestionError
from VSSegmentationLib.geometry import Triplet
from VSSegmentationLib.imageio import Scan
from VSSegmentationLib.inference import Compute, WarmModels, computed_by, resolve_device
from VSSegmentationLib.models import find_model
from VSSegmentationLib.pipeline.refining import RefineOptions
from VSSegmentationLib.progress import OnProgress
from VSSegmentationLib.reporting import ReportChoices


class Segmenter:
    """Segments one scan after another; models are read from their files once.

    Examples:
        >>> import VSSegmentationLib as vs
        >>> segmenter = vs.Segmenter(device="cpu")
        >>> for name in ("exam1", "exam2"):
        ...     print(segmenter(vs.SAMPLE_FOLDER / f"{name}_t2.nii.gz", modality="T2").findings)
        A tumor was found on the patient's left side.
        A tumor was found on the patient's left side.
    """

    def __init__(
        self,
        *,
        model: str | os.PathLike[str] | None = None,
        divider: str | os.PathLike[str] | None = None,
        device: str = "auto",
        precision: str = "auto",
        engine: str = "auto",
        region_first: bool = False,
        flips: bool = False,
        maps: bool = False,
        thorough: bool = False,
        accept_other_contrast: bool = False,
        align: bool = False,
    ) -> None:
        """Choose the models.

        Args:
            model: Name, as in `list_models`, or file; None takes the embedded one that fits the scan's modality.
            divider: Name or file of the model that divides the tumor at the porus; None takes the embedded one, "none"
                leaves the parts, if there are any, as the model gives them.
            device: "auto", "cpu", "cuda", "cuda:1" or "mps".
            precision: Numbers in which networks are run: "auto" takes half as wide ones where the device is faster in
                them; "float32", "bfloat16" or "float16".
            engine: "torch", which "auto" is here, or "openvino", which on a CPU takes two thirds of the time (`pip
                install 'openvino>=2025.0'`). A process that has used OpenVINO must not fork: PyTorch's DataLoader with
                workers, and multiprocessing by "fork", then end it.
            region_first: Show a model made for whole scans, as imported ones are, only the region round the canals.
            flips: Average the answer over mirrored copies of the scan: takes longer, a little steadier.
            maps: Keep the network's output for tumor and its attention maps: `Result.probability`, `Result.attention`.
            thorough: Look at an ear in which something was found in seven turned windows, of which the surest counts:
                takes several times as long.
            accept_other_contrast: Segment a T1 without contrast agent or another weighting, too; such a result
                cannot be relied on, and has neither headline nor grade.
            align: Of a model that takes several scans: move those that do not lie on the first onto it; else they are
                refused.

        Raises:
            ModelError: If a model is missing or damaged.
            UsageError: If there is no such device, precision or engine.
        """
        self._options = pipeline.PipelineOptions(
            model=_name_or_file(model),
            divider=_name_or_file(divider),
            device=device,
            precision=precision,
            engine=engine,
            region_first=region_first,
            flips=flips,
            maps=maps,
            thorough=thorough,
            accept_other_contrast=accept_other_contrast,
            align=align,
        )
        computed_by(Compute(precision, engine), resolve_device(device))
        for name in (self._options.model, self._options.divider):
            if name not in (None, pipeline.NO_DIVIDER):
                find_model(name)
        self._models = WarmModels()

    def segment(
        self,
        scan: ScanLike | Mapping[str, ScanLike],
        *,
        further: Mapping[str, ScanLike] | None = None,
        modality: str | None = None,
        case: str = "",
        policy: str | None = None,
        on_progress: OnProgress | None = None,
    ) -> Result:
        """Segment and measure one examination; see `segment` for what it takes."""
        choices = ReportChoices(case=case, policy=policy)
        try:
            result = pipeline.run(
                self._scans(scan, further or {}, modality),
                replace(self._options, report=choices),
                on_progress=on_progress,
                load_bundle=self._models.load,
            )
        except WeightingQuestionError as question:
            said = " or ".join(f'modality="{answer}"' for answer in question.answers)
            msg = f"{question}; say it: {said}"
            raise WeightingQuestionError(msg, question.answers) from question
        except OtherContrastError as refusal:
            msg = f"{refusal} (modality=...), or go on with accept_other_contrast=True: it cannot be relied on then"
            raise OtherContrastError(msg, refusal.answers) from refusal
        kept = result.segmentation.maps if result.segmentation is not None else None
        return Result(content=result.content, maps=kept)

    def refine(
        self,
        result: Result,
        *,
        add: Sequence[Triplet | Sequence[Triplet]] = (),
        remove: Sequence[Triplet | Sequence[Triplet]] = (),
        refiner: str | os.PathLike[str] | None = None,
    ) -> Result:
        """Correct a result by clicks and scribbles, those that add first, and measure it anew.

        "Add" never removes and the reverse; only what hangs together with a click changes, within the reach that the
        model states; earlier corrections of the result stay obeyed. New voxels are divided at the present plane.

        Args:
            result: Of `segment` or `measure`, with its scan; it stays as it is.
            add: Where tumor is missing: points (R, A, S) in mm, or lists of points, each a scribble.
            remove: Where there is none, likewise.
            refiner: Name or file of the model that corrects; None takes the one that is installed. This version ships
                none: `python -m Training reproduce refiner_synthetic` makes one.

        Raises:
            ModelError: If there is no model that corrects.
            UsageError: If there is no point, one lies outside of the scan, or the result has no scan.
        """
        said = [*(interaction_of("add", each) for each in add), *(interaction_of("remove", each) for each in remove)]
        divider, name = self._options.divider, _name_or_file(refiner)
        options = RefineOptions(
            refiner=name, divider=divider, device=self._options.device, precision=self._options.precision
        )
        return refined(result, said, options, self._models.load)

    def _scans(
        self, scan: ScanLike | Mapping[str, ScanLike], further: Mapping[str, ScanLike], modality: str | None
    ) -> Scan | dict[str, Scan]:
        """Return the scans by the names of the model's inputs, in its order; a single one by itself."""
        if not further and not isinstance(scan, Mapping) and self._options.model is None:
            return read_scan(scan, modality=modality)
        needs = pipeline.model_needs(self._options, self._models.load)
        if isinstance(scan, Mapping) and (further or modality is not None):
            msg = "scans that are given by their names are given together, without further= and modality="
            raise UsageError(msg)
        named = dict(scan) if isinstance(scan, Mapping) else {needs.inputs[0]: scan}
        if twice := set(named) & set(further):
            msg = f"the scan for {min(twice)} is given first, so it cannot come in further="
            raise UsageError(msg)
        named |= further
        return {
            name: read_scan(named[name], modality=modality if named[name] is scan else None)
            for name in needs.check(named)
        }

    __call__ = segment

    def __repr__(self) -> str:
        options = self._options
        model, divider = options.model or "by modality", options.divider or "embedded"
        return (
            f"Segmenter(model: {_last_part(model)}, divider: {_last_part(divider)}, device: {options.device}, "
            f"flips: {options.flips}, thorough: {options.thorough}, read from files so far: {self._models.loaded})"
        )


def segment(
    scan: ScanLike | Mapping[str, ScanLike],
    *,
    further: Mapping[str, ScanLike] | None = None,
    modality: str | None = None,
    model: str | os.PathLike[str] | None = None,
    divider: str | os.PathLike[str] | None = None,
    device: str = "auto",
    flips: bool = False,
    maps: bool = False,
    thorough: bool = False,
    accept_other_contrast: bool = False,
    align: bool = False,
    case: str = "",
    policy: str | None = None,
    on_progress: OnProgress | None = None,
) -> Result:
    """Find the tumor of a scan and measure it: a vestibular schwannoma, or what the model that is named was made for.

    For more than one scan a `Segmenter` saves reading the models again.

    Args:
        scan: Path of a NIfTI, NRRD or MetaImage file or of a DICOM folder; or a `Scan`, a `Volume`, an image of
            SimpleITK, or an image of nibabel. Of a model that takes several also all of them by the names of its
            inputs; those that it runs without may be missing.
        further: Of a model that takes several scans of one examination: the others, each by the name of its input.
        modality: "T2", "ceT1" or "T1", where neither headers, a sidecar, the file's name nor the image tell it, or
            where they tell it wrong.
        model: As for `Segmenter`.
        divider: As for `Segmenter`.
        device: As for `Segmenter`.
        flips: As for `Segmenter`.
        maps: As for `Segmenter`.
        thorough: As for `Segmenter`.
        accept_other_contrast: As for `Segmenter`.
        align: As for `Segmenter`.
        case: A pseudonym for the report, never a patient's name or number.
        policy: Which diameter leads: of a vestibular schwannoma "KCL 2023", the default, or "Kanzaki".
        on_progress: Called with a fraction from 0 to 1 and what is being done.

    Raises:
        InputRefusedError: If the scan can't be used; one sentence says what was wrong, what came, what would do.
        UsageError: If there is no such file, modality or device, or the weighting can't be told and wasn't said.
        ModelError: If a model is missing or damaged.
        DeviceMemoryError: If the device is too small.

    Examples:
        >>> import VSSegmentationLib as vs
        >>> result = vs.segment(vs.SAMPLE_FOLDER / "exam1_t2.nii.gz", modality="T2", device="cpu")
        >>> result.findings
        "A tumor was found on the patient's left side."
        >>> result.labelmap.same_grid(result.image)
        True
    """
    segmenter = Segmenter(
        model=model,
        divider=divider,
        device=device,
        flips=flips,
        maps=maps,
        thorough=thorough,
        accept_other_contrast=accept_other_contrast,
        align=align,
    )
    return segmenter.segment(
        scan, further=further, modality=modality, case=case, policy=policy, on_progress=on_progress
    )


def _name_or_file(model: str | os.PathLike[str] | None) -> str | None:
    return None if model is None else str(Path(model).expanduser()) if os.sep in os.fspath(model) else os.fspath(model)


def _last_part(name_or_file: str) -> str:
    return Path(name_or_file).name  # folders may carry a patient's name
