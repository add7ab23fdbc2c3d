"""From what was typed to the choices it stands for."""

import argparse
from datetime import UTC, datetime

from VSSegmentationLib.csv_rows import spelled
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.pipeline import PipelineOptions
from VSSegmentationLib.reporting import ReportChoices, Review
from VSSegmentationLib.reporting.report.entering import entered_fields

_SCANS = ("image", "input", "labelmap")
_SUFFIXES = (".nii.gz", ".seg.nrrd", ".nii", ".nrrd", ".mha", ".mhd", ".dcm")


def pipeline_options(arguments: argparse.Namespace) -> PipelineOptions:
    """Return what was typed about models, device and report."""
    return PipelineOptions(
        model=arguments.model,
        divider=arguments.divider,
        device=arguments.device,
        precision=arguments.precision,
        engine=arguments.engine,
        region_first=arguments.region_first,
        flips=arguments.flips,
        maps=getattr(arguments, "maps", False),
        thorough=arguments.thorough,
        accept_other_contrast=getattr(arguments, "accept_other_contrast", False),
        align=getattr(arguments, "align", False),
        report=report_choices(arguments),
    )


def report_choices(arguments: argparse.Namespace) -> ReportChoices:
    """Return what was typed about the report."""
    checked: frozenset[str] = getattr(arguments, "checked", frozenset())
    review = Review(
        mask_checked="mask" in checked,
        boundary_checked="boundary" in checked,
        line_checked="line" in checked,
        at_utc=datetime.now(UTC).replace(microsecond=0),
        reader=getattr(arguments, "reader", ""),
    )
    return ReportChoices(
        policy=arguments.policy,
        case=_case(arguments),
        salt=arguments.salt,
        with_identifiers=arguments.identify,
        review=review if checked else None,
        user_fields=entered_fields(arguments.fields),
        days_from_baseline=arguments.days,
        study_date=getattr(arguments, "date", None),
    )


def _case(arguments: argparse.Namespace) -> str:
    """Return what the case is called: as typed, or as the input is called where that was asked for."""
    if not arguments.case_from_name:
        return str(arguments.case)
    named = next((getattr(arguments, name) for name in _SCANS if getattr(arguments, name, None)), None)
    further = getattr(arguments, "further_inputs", ())
    path = named or (further[0][1] if further else None)
    if path is None:
        msg = "--case-from-name needs an input with a name; this command has none, give --case"
        raise UsageError(msg)
    name = spelled(path.resolve().name)
    return next((name.removesuffix(each) for each in _SUFFIXES if name.lower().endswith(each)), name)
