"""Lines from the parent, read strictly."""

import json

import pytest

from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.imageio.scan import Modality
from VSSegmentationLib.worker.protocol import Request, SegmentJob, parse_request, read_object

JOB = {"do": "segment", "id": "1", "input": "in.nrrd", "output": "out.nrrd"}


def test_what_is_left_out_of_a_job_has_its_default():
    request = parse_request(JOB)
    assert request == Request("segment", "1", SegmentJob(id="1", input="in.nrrd", output="out.nrrd"))
    assert request.job.model is None
    assert request.job.device == "auto"
    assert request.job.modality is Modality.UNKNOWN


def test_the_caller_keeps_its_object():
    given = dict(JOB)
    parse_request(given)
    assert given == JOB


@pytest.mark.parametrize("order", ["ping", "cancel", "quit", "devices"])
def test_a_simple_order_takes_an_id_and_nothing_else(order: str):
    assert parse_request({"do": order}) == Request(order)
    assert parse_request({"do": order, "id": "3"}) == Request(order, "3")
    with pytest.raises(UsageError, match="no other keys"):
        parse_request({"do": order, "flavor": 1})
    with pytest.raises(UsageError, match="a string"):
        parse_request({"do": order, "id": 3})


@pytest.mark.parametrize("missing", ["id", "input", "output"])
def test_a_job_without_what_it_needs_is_refused_by_name(missing: str):
    with pytest.raises(UsageError, match=rf"segment lacks the key '{missing}' \(text\)"):
        parse_request({key: value for key, value in JOB.items() if key != missing})


@pytest.mark.parametrize("suffix", [".nrrd", ".seg.nrrd", ".nii", ".nii.gz", ".mha", ".NRRD"])
def test_every_format_that_a_labelmap_can_be_written_in_is_taken(suffix: str):
    assert parse_request({**JOB, "output": f"labels{suffix}"}).job.output == f"labels{suffix}"


def test_an_object_is_read_from_utf_8_bytes():
    assert read_object(json.dumps({"input": "Čapek"}, ensure_ascii=False).encode()) == {"input": "Čapek"}


@pytest.mark.parametrize("line", [b"", b"null", b"[]", b"3", b"{", b"\xff"])
def test_anything_but_an_object_is_refused(line: bytes):
    with pytest.raises(UsageError, match="one JSON object"):
        read_object(line)


def test_paths_are_any_bytes_and_no_other_text_is():
    told = {"do": "case", "id": "a", "input": "M\udcfcller.nii.gz", "folder": "x"}
    assert read_object(json.dumps(told).encode()) == told
    with pytest.raises(UsageError, match="one JSON object in UTF-8"):
        read_object(json.dumps({**told, "case": "M\udcfcller"}).encode())
