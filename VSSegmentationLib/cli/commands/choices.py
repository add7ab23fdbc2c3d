"""From what was typed to the choices it stands for."""

import argparse
from datetime import UTC, datetime

from VSSegmentationLib.pipeline import PipelineOptions
from VSSegmentationLib.reporting import ReportChoices, Review


def pipeline_options(arguments: argparse.Namespace) -> PipelineOptions:
    """Return what was typed about models, device and report."""
    return PipelineOptions(
        model=arguments.model,
        divider=arguments.divider,
        device=arguments.device,
        flips=arguments.flips,
        accept_other_contrast=getattr(arguments, "accept_other_contrast", False),
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
        case=arguments.case,
        salt=arguments.salt,
        with_identifiers=arguments.identify,
        review=review if checked else None,
    )
