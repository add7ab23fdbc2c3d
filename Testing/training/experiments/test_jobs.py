"""Units of an experiment: what is there is not done again, and none is begun once time is up."""

from functools import partial
from pathlib import Path

from Training.experiments.jobs import Job, for_minutes, run_jobs


def note(path: Path, *, sittings: int = 1) -> bool:
    """Add a line; True once there are as many as sittings were wanted, when the result is written."""
    log = path.with_suffix(".log")
    with log.open("a") as file:
        file.write("sat\n")
    if len(log.read_text().splitlines()) < sittings:
        return False
    path.write_text("done")
    return True


def jobs_in(folder: Path, count: int, sittings: int = 1) -> list[Job]:
    paths = [folder / f"{number}.json" for number in range(count)]
    return [Job(title=path.stem, result=path, do=partial(note, path, sittings=sittings)) for path in paths]


def test_once_time_is_up_nothing_more_is_begun_and_the_next_call_does_the_rest(tmp_path: Path):
    jobs, may, said = jobs_in(tmp_path, 3), iter((True, False, False)), []
    assert not run_jobs(jobs, processes=1, may_begin=lambda: next(may))
    assert [job.result.is_file() for job in jobs] == [True, False, False]
    assert run_jobs(jobs, processes=1, on_done=lambda *told: said.append(told))
    assert [told[:2] for told in said] == [(2, 3), (3, 3)]
    assert jobs[0].result.with_suffix(".log").read_text() == "sat\n", "what is there is not done again"


def test_a_unit_of_several_sittings_is_given_again_until_it_is_done(tmp_path: Path):
    (job,) = jobs_in(tmp_path, 1, sittings=3)
    said = []
    assert run_jobs([job], processes=1, on_done=lambda *told: said.append(told))
    assert job.result.with_suffix(".log").read_text() == "sat\n" * 3
    assert said == [(1, 1, "0")]


def test_minutes_that_are_over_let_nothing_begin():
    assert (for_minutes(0.0)(), for_minutes(None)(), for_minutes(60.0)()) == (False, True, True)
