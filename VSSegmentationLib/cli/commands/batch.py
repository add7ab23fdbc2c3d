"""`batch`: many scans, on an engine, into one study folder."""

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from VSSegmentationLib.batch.bids_derivative import write_bids
from VSSegmentationLib.batch.cases import Found, RefusedInput
from VSSegmentationLib.batch.discovery import Naming, find_cases
from VSSegmentationLib.batch.engine import Engine, Tls, local_engine, remote_engine
from VSSegmentationLib.batch.journal import FOLDER, Journal, Outcome
from VSSegmentationLib.batch.machines import default_slots
from VSSegmentationLib.batch.planning import NEEDED, THUMBNAILS, BatchOptions, Plan, make_plan, seconds_per_case
from VSSegmentationLib.batch.running import Tally, compare_patients, run_cases
from VSSegmentationLib.batch.slurm import job_script, read_slurm_file, slurm_engine
from VSSegmentationLib.batch.studies import check_study_folder
from VSSegmentationLib.batch.study.writing import StudyWriter
from VSSegmentationLib.cli.cancellation import Cancellation
from VSSegmentationLib.cli.console import Console
from VSSegmentationLib.errors import StoppedError, UsageError
from VSSegmentationLib.formats import with_what_they_need
from VSSegmentationLib.imageio import Modality
from VSSegmentationLib.reporting import NOTICE
from VSSegmentationLib.warm_child import Bounds, usable_cores

_STOPPED = "stopped; the cases that were finished are kept, and the same command again goes on with the rest"
_SHOWN = 20
"""Lines of refusals on a console; the rest is in failures.csv."""


def run_batch(arguments: argparse.Namespace, console: Console, cancellation: Cancellation) -> None:
    """Find the cases, run what is not there yet, and write the study."""
    check_study_folder(arguments.out)
    console.progress(0.0, "looking for cases")
    with _journal(arguments) as journal:
        naming = Naming(
            number_of=journal.number_of, salt=arguments.salt or journal.salt, from_names=arguments.case_from_name
        )
        prefer = None if arguments.prefer is None else Modality(arguments.prefer)
        found = _with_modality(find_cases(arguments.inputs, naming, prefer), arguments.modality)
        options = _options(arguments, journal)
        plan = make_plan(found, journal, options)
        _check_names(options, plan)
        if arguments.dry_run:
            _show_plan(arguments, console, _Study(found, plan, journal, options))
            return
        _run(arguments, console, cancellation, _Study(found, plan, journal, options))


@contextmanager
def _journal(arguments: argparse.Namespace) -> Iterator[Journal]:
    """Give the journal of the study; for a dry run into a new folder one that leaves nothing."""
    with tempfile.TemporaryDirectory(prefix="vs_batch_") as nowhere:
        is_new = not (arguments.out / FOLDER).is_dir()
        journal = Journal(Path(nowhere) if arguments.dry_run and is_new else arguments.out)
        try:
            yield journal
        finally:
            journal.close()


class _Study(NamedTuple):
    found: Found
    plan: Plan
    journal: Journal
    options: BatchOptions


def _with_modality(found: Found, typed: str | None) -> Found:
    if typed is None:
        return found
    told = tuple(
        replace(case, modality=Modality(typed)) if case.modality is Modality.UNKNOWN else case for case in found.cases
    )
    return replace(found, cases=told)


def _options(arguments: argparse.Namespace, journal: Journal) -> BatchOptions:
    slots = arguments.slots or default_slots(arguments.device)
    job = {
        "formats": [str(each) for each in with_what_they_need((*NEEDED, *arguments.format))],
        "model": arguments.model,
        "divider": arguments.divider,
        "device": arguments.device,
        "precision": arguments.precision,
        "engine": arguments.engine,
        "flips": arguments.flips,
        "thorough": arguments.thorough,
        "maps": arguments.maps,
        "accept_resampling": arguments.accept_resampling,
        "accept_other_contrast": arguments.accept_other_contrast,
        "policy": arguments.policy,
        "salt": arguments.salt or journal.salt,
        "identify": arguments.identify,
    }
    return BatchOptions(
        study=arguments.out.resolve(),
        job=job,
        bounds=Bounds(seconds=arguments.time_limit, memory_gib=arguments.memory_limit),
        slots=slots,
        threads=arguments.threads or max(1, usable_cores() // slots),
        verify=arguments.verify,
        retry=arguments.retry,
        only=arguments.only,
        policy=arguments.policy,
    )


def _check_names(options: BatchOptions, plan: Plan) -> None:
    unknown = options.only - {each.case.name for each in plan.all}
    if unknown:
        msg = f"{len(unknown)} of the {len(options.only)} names of --only are of no case; --dry-run lists the cases"
        raise UsageError(msg)


def _show_plan(arguments: argparse.Namespace, console: Console, study: _Study) -> None:
    found, plan, journal, options = study
    names = [each.case.name for each in plan.to_do]
    each = seconds_per_case(journal)
    hours = len(names) * (each or 0.0) / options.slots / 3600
    cost = f"about {hours:.1f} hours, by the cases done so far" if each else "not known before the first cases are done"
    patients = len({c.patient for c in found.cases if c.patient})
    whose = f"{patients} patient{'' if patients == 1 else 's'}" if patients else "unknown patients"
    refused = [f"{_called(each, number, arguments)}: {each.reason}" for number, each in enumerate(found.refused, 1)]
    lines = [
        f"Cases: {len(plan.all)} of {whose}; {plan.kept} are there already",
        f"To be run: {len(names)}, {options.slots} at a time with {_threads(options.threads)} each; time: {cost}",
        *_listed("  would be run: ", names),
        f"Refused: {len(found.refused)}",
        *_listed("  refused: ", refused),
    ]
    if arguments.slurm is not None:
        lines += ["Slurm would be given:", job_script(read_slurm_file(arguments.slurm))]
    data = {
        "to_do": names,
        "kept": plan.kept,
        "refused": [{"case": each.name, "reason": each.reason} for each in found.refused],
        "hours": hours if each else None,
    }
    console.result("\n".join(lines), data)


def _called(refused: RefusedInput, number: int, arguments: argparse.Namespace) -> str:
    """Return what an input without a case is called: by its place only where names of files may be told."""
    return refused.name or (refused.place if arguments.case_from_name else f"input {number}")


def _listed(word: str, each: Sequence[str]) -> list[str]:
    more = [f"  and {len(each) - _SHOWN} more"] if len(each) > _SHOWN else []
    return [*(f"{word}{one}" for one in each[:_SHOWN]), *more]


def _run(arguments: argparse.Namespace, console: Console, cancellation: Cancellation, study: _Study) -> None:
    found, plan, journal, options = study
    (options.study / THUMBNAILS).mkdir(exist_ok=True)
    writer = StudyWriter(options, found, plan, journal)
    told = _Told(console, len(plan.to_do), cancellation)
    begun = time.monotonic()

    def heard(tally: Tally, outcome: Outcome | None) -> None:
        told.case(tally, outcome)
        writer.now_and_then()

    try:
        with cancellation.looked_at(), _engine(arguments, options) as engine:
            try:
                tally = run_cases(
                    plan,
                    engine,
                    journal,
                    on_change=heard,
                    should_stop=cancellation.requested,
                )
                compare_patients(
                    plan, engine, journal, options, on_change=told.comparison, should_stop=cancellation.requested
                )
            except BaseException:
                engine.stop_at_once()
                raise
    except KeyboardInterrupt as error:
        raise StoppedError(_STOPPED) from error
    finally:
        writer.write(seconds=time.monotonic() - begun)
    if arguments.bids:
        write_bids(options.study, found, journal)
    if cancellation.requested():
        raise StoppedError(_STOPPED)
    _show(console, options, plan, tally)


@contextmanager
def _engine(arguments: argparse.Namespace, options: BatchOptions) -> Iterator[Engine]:
    if arguments.slurm is not None:
        with slurm_engine(read_slurm_file(arguments.slurm), options.bounds) as engine:
            yield engine
    elif arguments.scheduler is not None:
        with remote_engine(
            arguments.scheduler,
            options.threads,
            options.bounds,
            tls=_tls(arguments),
            trusted=arguments.trust_network,
        ) as engine:
            yield engine
    else:
        with local_engine(options.slots, options.threads, options.bounds) as engine:
            yield engine


def _tls(arguments: argparse.Namespace) -> Tls | None:
    files = (arguments.tls_ca, arguments.tls_cert, arguments.tls_key)
    if not any(files):
        return None
    if not all(files) or not all(path.is_file() for path in files):
        msg = "TLS needs --tls-ca, --tls-cert and --tls-key, each a PEM file that is there"
        raise UsageError(msg)
    return Tls(*files)


def _threads(count: int) -> str:
    return f"{count} thread{'' if count == 1 else 's'}"


def time_left(seconds: float) -> str:
    """Return in words how long something goes on."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return "less than a minute left"
    return f"about {minutes} minute{'' if minutes == 1 else 's'} left"


class _Told:
    """What is said while a cohort runs."""

    def __init__(self, console: Console, total: int, cancellation: Cancellation) -> None:
        self._console, self._total, self._cancellation = console, max(1, total), cancellation
        self._begun = time.monotonic()

    def case(self, tally: Tally, outcome: Outcome | None) -> None:
        """Tell how far it is, and why a case came to nothing."""
        if outcome is not None and outcome.status != "done":
            self._console.warning(f"{outcome.case} was {outcome.status}: {outcome.reason}")
        took = time.monotonic() - self._begun
        left = (
            f", {time_left(took / tally.ended * (tally.total - tally.ended))}" if 0 < tally.ended < tally.total else ""
        )
        stopping = "; finishing what runs, Ctrl-C again stops at once" if self._cancellation.requested() else ""
        failed = tally.refused + tally.set_aside
        words = f"{tally.done} of {tally.total} cases done, {failed} failed{left}{stopping}"
        self._console.progress(0.95 * tally.ended / self._total, words)

    def comparison(self, ended: int, total: int) -> None:
        """Tell how far the comparisons are."""
        self._console.progress(0.95 + 0.05 * ended / total, f"{ended} of {total} patients compared")


def _show(console: Console, options: BatchOptions, plan: Plan, tally: Tally) -> None:
    lines = [
        f"Cases: {tally.done} done, {tally.refused} refused, {tally.set_aside} set aside, {plan.kept} there before",
        f"Page: {options.study / 'study.html'}",
        f"Tables: {options.study / 'study.csv'}, study_wide.csv, failures.csv",
        NOTICE,
    ]
    data = {
        "out": str(options.study),
        "done": tally.done,
        "refused": tally.refused,
        "set_aside": tally.set_aside,
        "kept": plan.kept,
    }
    console.result("\n".join(lines), data)
