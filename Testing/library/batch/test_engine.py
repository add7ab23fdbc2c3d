"""The engine with made-up children: order, windows, blame, sockets, stopping."""

import json
import os
import signal
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import psutil
import pytest
from distributed import LocalCluster
from distributed.security import Security

from Testing.support.toy_run import fill_toy_folder
from VSSegmentationLib import warm_child as children
from VSSegmentationLib.batch.cases import Case, Found
from VSSegmentationLib.batch.engine import EngineError, Tls, local_engine, remote_engine
from VSSegmentationLib.batch.journal import Journal
from VSSegmentationLib.batch.machines import default_slots
from VSSegmentationLib.batch.planning import BatchOptions, make_plan
from VSSegmentationLib.batch.running import run_cases
from VSSegmentationLib.batch.slots import Slot
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.warm_child import Answer, Bounds, WarmChild, device_of

never = lambda: False  # noqa: E731


class Scripted:
    """A child that does what the name of its case says."""

    done: ClassVar[list[tuple[str, int]]] = []
    at_once = 0
    most_at_once = 0
    gate: threading.Event | None = None

    def __init__(self, *, threads: int, slot: int) -> None:
        self.slot = slot

    def do(self, order: str, job: Mapping[str, Any], bounds: Bounds) -> Answer:
        cls = Scripted
        cls.at_once += 1
        cls.most_at_once = max(cls.most_at_once, cls.at_once)
        try:
            if cls.gate is not None:
                cls.gate.wait(60)
            name = job["folder"].rpartition("/")[2]
            cls.done.append((name, self.slot))
            if name.startswith("fatal"):
                return Answer(died="its process was ended by SIGKILL")
            if name.startswith("refused"):
                return Answer(error="The scan is cut off.", exit_code=3)
            if name.startswith("bug"):
                raise ZeroDivisionError(name)
            return Answer(result={"values": {"v": 1.0}, "volume": "v"}, seconds=0.1)
        finally:
            cls.at_once -= 1

    def end(self) -> None:
        pass


@pytest.fixture(autouse=True)
def _fresh():
    Scripted.done, Scripted.at_once, Scripted.most_at_once, Scripted.gate = [], 0, 0, None


def cohort(tmp_path: Path, *names: str) -> tuple[Any, Journal]:
    cases = []
    for name in names:
        path = tmp_path / f"{name}.nii"
        path.write_bytes(name.encode())
        cases.append(Case(name=name, key=name, input=path, files=(path,)))
    journal = Journal(tmp_path / "study")
    return make_plan(Found(cases=tuple(cases)), journal, BatchOptions(study=tmp_path / "study")), journal


def run(plan, journal, slots: int = 2, should_stop=never):
    with local_engine(slots, 1, Bounds(), Scripted) as engine:
        return run_cases(plan, engine, journal, on_change=lambda *_: None, should_stop=should_stop)


def test_each_case_ends_by_its_own_outcome_and_the_guilty_one_alone_is_set_aside(tmp_path: Path):
    names = [f"case{n}" for n in range(12)]
    plan, journal = cohort(tmp_path, *names, "fatal", "refused")
    tally = run(plan, journal)
    assert (tally.done, tally.refused, tally.set_aside) == (12, 1, 1)
    assert {n for n, o in journal.cases.items() if o.status == "set aside"} == {"fatal"}
    assert [name for name, _ in Scripted.done].count("fatal") == 2  # the second time at the end, alone
    assert Scripted.done[-1][0] == "fatal"
    assert {slot for _, slot in Scripted.done} == {0, 1}
    assert Scripted.most_at_once <= 2


def test_a_fault_of_the_program_is_told_by_its_kind_alone(tmp_path: Path):
    plan, journal = cohort(tmp_path, "bug_Doe_Jane", "case")
    run(plan, journal)
    assert journal.cases["bug_Doe_Jane"].reason == "the batch itself failed at it (ZeroDivisionError)"


def test_where_no_case_comes_to_anything_the_run_ends(tmp_path: Path):
    plan, journal = cohort(tmp_path, *[f"fatal{n:02d}" for n in range(40)])
    with pytest.raises(
        EngineError, match="first 10 cases all failed in the same way: its process was ended by SIGKILL"
    ):
        run(plan, journal)
    assert len(Scripted.done) <= 14  # those that were handed out already


def test_once_asked_to_stop_what_runs_is_finished_and_nothing_else_begun(tmp_path: Path):
    plan, journal = cohort(tmp_path, *[f"case{n:02d}" for n in range(40)])
    Scripted.gate = threading.Event()

    def stop() -> bool:
        if Scripted.at_once == 2:
            threading.Timer(2.0, Scripted.gate.set).start()
            return True
        return Scripted.gate.is_set()

    tally = run(plan, journal, should_stop=stop)
    assert tally.done == len(Scripted.done) == len(journal.cases) == 2


def test_results_do_not_depend_on_the_order_or_the_number_of_slots(tmp_path: Path):
    outcomes = []
    for slots, names in ((1, ["a", "b", "refused", "c"]), (3, ["c", "refused", "b", "a"])):
        folder = tmp_path / str(slots)
        folder.mkdir()
        plan, journal = cohort(folder, *names)
        run(plan, journal, slots=slots)
        outcomes.append({n: (o.status, o.reason, o.content, o.asked) for n, o in journal.cases.items()})
    assert outcomes[0] == outcomes[1]


def test_nothing_listens_on_any_address_but_loopback():
    with local_engine(3, 1, Bounds(), Scripted) as engine:
        assert engine.slots() == 3
        listening = [c.laddr.ip for c in psutil.Process().net_connections("inet") if c.status == psutil.CONN_LISTEN]
    assert listening
    assert set(listening) <= {"127.0.0.1", "::1"}


def test_a_scheduler_in_the_clear_has_to_be_trusted():
    stranger = remote_engine("tcp://127.0.0.1:9", 1, Bounds(), tls=None, trusted=False)
    with pytest.raises(UsageError, match="--trust-network"), stranger:
        pass


def test_a_scheduler_is_spoken_to_by_tls(tmp_path: Path):
    secrets = Security.temporary()
    files = {"ca.pem": secrets.tls_ca_file, "cert.pem": secrets.tls_client_cert, "key.pem": secrets.tls_client_key}
    for name, content in files.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    plan, journal = cohort(tmp_path, "a", "b")
    with LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, protocol="tls://", host="127.0.0.1", security=secrets,
        dashboard_address="127.0.0.1:0", worker_dashboard_address="127.0.0.1:0",
    ) as cluster:  # fmt: skip
        assert cluster.scheduler_address.startswith("tls://127.0.0.1:")
        tls = Tls(*(tmp_path / name for name in files))
        with remote_engine(cluster.scheduler_address, 1, Bounds(), tls=tls, trusted=False) as engine:
            assert engine.slots() == 1
            engine.client.register_plugin(Slot(threads=1, make_child=Scripted, name="vs-segmentation-slot"))
            assert run_cases(plan, engine, journal, on_change=lambda *_: None, should_stop=never).done == 2
        clear = remote_engine(cluster.scheduler_address.replace("tls", "tcp"), 1, Bounds(), tls=None, trusted=True)
        with pytest.raises(EngineError, match="does not answer"), clear:
            pass


@pytest.mark.parametrize(
    ("slot", "names", "device"),
    [(0, ["cpu"], "auto"), (0, ["cpu", "cuda:0", "cuda:1"], "cuda:0"), (3, ["cpu", "cuda:0", "cuda:1"], "cuda:1")],
)
def test_slots_take_turns_on_the_gpus(slot: int, names: list[str], device: str):
    assert device_of(slot, names) == device


@pytest.mark.parametrize(
    ("device", "cores", "free_gib", "gpus", "slots"),
    [
        ("auto", 8, 64, 0, 8),
        ("auto", 8, 6, 0, 2),
        ("auto", 8, 1, 0, 1),
        ("auto", 8, 64, 2, 2),
        ("cpu", 4, 64, 2, 4),
        ("cuda:1", 8, 64, 2, 1),
    ],
)
def test_as_many_slots_as_gpus_or_cores_and_memory_allow(
    device: str, cores: int, free_gib: float, gpus: int, slots: int
):
    assert default_slots(device, cores, free_gib, gpus) == slots


def test_a_killed_run_leaves_a_journal_that_the_next_one_reads_up_to_the_last_whole_line(tmp_path: Path):
    plan, journal = cohort(tmp_path, "a", "b")
    run(plan, journal)
    journal.close()
    path = tmp_path / "study" / ".batch" / "journal.jsonl"
    with path.open("a", encoding="utf-8") as file:
        file.write('{"case": {"case": "c", "sta')
    again = Journal(tmp_path / "study")
    assert set(again.cases) == {"a", "b"}
    assert again.salt == journal.salt
    again.number_of("x")
    again.close()
    assert all(json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())


def test_two_runs_never_share_a_study_folder(tmp_path: Path):
    journal = Journal(tmp_path)
    with pytest.raises(UsageError, match="another batch is at work"):
        Journal(tmp_path)
    journal.close()
    Journal(tmp_path).close()


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill_toy_folder(tmp_path_factory.mktemp("toy"))


def job(toy: Path, folder: Path) -> dict[str, Any]:
    return {
        "id": "1", "input": str(toy / "scan.nii.gz"), "folder": str(folder), "model": str(toy / "model.pt"),
        "divider": "none", "device": "auto",
    }  # fmt: skip


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_real_child_that_is_killed_is_blamed_and_the_next_case_gets_a_new_one(toy: Path, tmp_path: Path):
    child = WarmChild(threads=1, slot=0)
    first = child.do("case", job(toy, tmp_path / "first"), Bounds())
    assert "result" in first, first
    assert 0 <= first["peak_gib"] < 8
    pid = child._process.pid
    threading.Timer(0.01, os.kill, (pid, signal.SIGKILL)).start()
    answers = [child.do("case", job(toy, tmp_path / f"{n}"), Bounds()) for n in range(2)]
    assert [each.get("died") for each in answers].count("its process was ended by SIGKILL") <= 1
    assert child._process.pid != pid
    assert "result" in answers[1]
    child.end()
    assert not psutil.pid_exists(child._process.pid) or child._process.poll() is not None


@pytest.mark.parametrize(("bounds", "told"), [(Bounds(seconds=0.5), "longer"), (Bounds(memory_gib=0.01), "memory")])
def test_a_real_child_is_ended_by_its_bounds(toy: Path, tmp_path: Path, bounds: Bounds, told: str, monkeypatch):
    monkeypatch.setattr(children, "_LOOK_EVERY_SECONDS", 0.01)
    child = WarmChild(threads=1, slot=0)
    answer = child.do("case", job(toy, tmp_path / "out"), bounds)
    child.end()
    assert told in answer["died"]
    assert not (tmp_path / "out").exists()
