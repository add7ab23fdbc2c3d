"""Which series the node takes for complete, which of them it segments, and what late images do."""

import pytest

from Testing.support.node_parts import (
    StubChild,
    archive,
    events,
    running,
    send,
    series_spec,
    settings_for,
    wait_for_event,
    write_small_series,
)  # fmt: skip
from VSSegmentationLib.warm_child import Answer


def test_late_images_make_a_further_edition_and_nothing_else_does(tmp_path, folder, clock):
    files = write_small_series(tmp_path / "scan")
    child = StubChild()
    with archive() as pacs, running(settings_for(folder, pacs), child, clock) as node:
        send(files[:10], node.port)
        clock.seconds += 31
        pacs.wait_for(3)
        send(files[:10], node.port)  # an archive sends again what it has, and ours with it
        send(files[10:], node.port)
        wait_for_event(folder, "images came late")
        clock.seconds += 31
        objects = pacs.wait_for(6)
        wait_for_event(folder, "sent", 6)
    assert child.files == [10, 12]
    assert [job["edition"]["number"] for job in child.jobs] == [1, 2]
    assert len({each.SeriesInstanceUID for each in objects}) == 3
    assert len({each.SOPInstanceUID for each in objects}) == 6
    assert sorted(each.InstanceNumber for each in objects) == [1, 1, 1, 2, 2, 2]


def test_a_result_of_fewer_images_than_have_come_meanwhile_is_not_sent(tmp_path, folder, clock):
    files = write_small_series(tmp_path / "scan")
    with archive() as pacs:
        settings, child = settings_for(folder, pacs), StubChild()
        with running(settings, child, clock) as node:

            def one_more(_job):
                child.before = None
                assert send(files[11:], node.port) == [0]

            child.before = one_more
            send(files[:11], node.port)
            clock.seconds += 31
            wait_for_event(folder, "images came late")
            clock.seconds += 31
            objects = pacs.wait_for(3)
            wait_for_event(folder, "sent", 3)
    assert child.files == [11, 12]
    assert {each.InstanceNumber for each in objects} == {1}


def test_what_the_library_refuses_is_told_and_the_next_best_gets_its_turn(tmp_path, folder, clock):
    study = series_spec().tags["StudyInstanceUID"]
    thin, thick = (series_spec(study, spacing_dhw_mm=(d, 2.0, 2.5)) for d in (2.5, 3.5))
    files = write_small_series(tmp_path / "thin", 14, spec=thin) + write_small_series(tmp_path / "thick", spec=thick)
    child = StubChild(answers=[Answer(error="The scan is all noise; send another", exit_code=3)])
    with archive() as pacs, running(settings_for(folder, pacs), child, clock) as node:
        send(files, node.port)
        clock.seconds += 31
        pacs.wait_for(3)
        wait_for_event(folder, "sent", 3)
    assert child.files == [14, 12]
    told = [each for each in events(folder) if each["event"] in ("passed over", "refused")]
    assert [each["event"] for each in told] == ["passed over", "refused"]
    assert told[1]["reason"] == "The scan is all noise; send another"


def test_of_a_study_the_best_series_is_taken_or_all_of_them(tmp_path, folder, clock):
    study = series_spec().tags["StudyInstanceUID"]
    specs = [series_spec(study, spacing_dhw_mm=(d, 2.0, 2.5)) for d in (3.5, 3.0, 4.0)]
    files = [write_small_series(tmp_path / str(n), 10 + n, spec=spec) for n, spec in enumerate(specs)]
    for every, seen in ((False, [11]), (True, [10, 11, 12])):
        child, at = StubChild(), folder / str(every)
        rule = [{"name": "t2", "weighting": ["T2"], "every": every}]
        with archive() as pacs, running(settings_for(at, pacs, rule=rule), child, clock) as node:
            for each in files:
                send(each, node.port)
                clock.seconds += 10  # none is decided upon while others of its study come
            clock.seconds += 31
            wait_for_event(at, "sent", 3 * len(seen))
        assert sorted(child.files) == seen


def test_gaps_and_missing_images_are_waited_for_and_then_refused(tmp_path, folder, clock):
    files, child = write_small_series(tmp_path / "scan", 14), StubChild()
    with archive() as pacs, running(settings_for(folder, pacs), child, clock) as node:
        send([*files[:6], *files[7:]], node.port)
        clock.seconds += 31
        wait_for_event(folder, "series came")
        clock.seconds += 600
        (refused,) = wait_for_event(folder, "refused")
        assert "export the complete series" in refused["reason"]
        send(files[6:7], node.port)
        wait_for_event(folder, "images came late")
        clock.seconds += 31
        pacs.wait_for(3)
        wait_for_event(folder, "sent", 3)
    assert child.files == [14]


@pytest.mark.parametrize(("counted", "is_refused"), [(12, False), (13, True), (None, False)])
def test_the_sender_is_asked_how_many_images_there_are(tmp_path, folder, clock, counted, is_refused):
    files, child = write_small_series(tmp_path / "scan"), StubChild()
    with archive(counts=counted) as pacs, running(settings_for(folder, pacs, {"counts": True}), child, clock) as node:
        send(files, node.port)
        clock.seconds += 31
        if is_refused:
            clock.seconds += 600
            (refused,) = wait_for_event(folder, "refused")
            assert refused["reason"] == "The sender counts 13 images, and 12 have come; send the others"
        else:
            pacs.wait_for(3)
            wait_for_event(folder, "sent", 3)


def test_images_are_removed_when_their_time_is_over_and_still_known(tmp_path, folder, clock):
    files, child = write_small_series(tmp_path / "scan"), StubChild()
    with archive() as pacs:
        settings = settings_for(folder, pacs)
        with running(settings, child, clock) as node:
            send(files, node.port)
            clock.seconds += 31
            wait_for_event(folder, "sent", 3)
            clock.seconds += 25 * 3600
            wait_for_event(folder, "images removed")
            assert list((folder / "series").iterdir()) == []
            assert send(files, node.port) == [0] * len(files)
            assert list((folder / "series").iterdir()) == []
    assert len(child.jobs) == 1


def test_other_rules_do_anew_what_comes_again(tmp_path, folder, clock):
    files = write_small_series(tmp_path / "scan")
    with archive() as pacs:
        options = []
        for flips in (False, True):
            child = StubChild()
            rule = [{"name": "t2", "weighting": ["T2"], "flips": flips}]
            with running(settings_for(folder, pacs, rule=rule), child, clock) as node:
                send(files, node.port)
                wait_for_event(folder, "series came")
                clock.seconds += 31
                pacs.wait_for(3 * (1 + flips))
                wait_for_event(folder, "sent", 3 * (1 + flips))
            options.append(child.jobs[0]["edition"])
    assert options[0]["options"] != options[1]["options"]
    assert len({each.SeriesInstanceUID for each in pacs.objects}) == 6
