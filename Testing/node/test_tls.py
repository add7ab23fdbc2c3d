"""Encryption with certificates on both sides: callers without one are refused, and so are strangers' own."""

import ssl

import pytest

from Testing.support.certificates import make_certificates
from Testing.support.node_parts import (
    StubChild,
    archive,
    running,
    send,
    settings_for,
    wait_for_event,
    write_small_series,
)
from VSSegmentationLib.codec import from_plain
from VSSegmentationLib.errors import ConfigError
from VSSegmentationLib.node.config import TlsFiles
from VSSegmentationLib.node.tls import client_context, server_context


def files(told):
    return from_plain(TlsFiles, told, "tls", error=ConfigError)


def test_a_series_comes_and_goes_encrypted_and_only_with_a_certificate(tmp_path, folder, clock):
    ours = make_certificates(tmp_path / "ours", "node", "pacs")
    strange = make_certificates(tmp_path / "strange", "stranger")["stranger"]
    images = write_small_series(tmp_path / "scan")
    with archive(tls=server_context(files(ours["pacs"]))) as pacs:
        settings = settings_for(folder, pacs, {"tls": True}, receive={"port": 0, "tls": True}, tls=ours["node"])
        with running(settings, StubChild(), clock) as node:
            assert send(images, node.port) is None  # plain
            without = ssl.create_default_context(cafile=ours["pacs"]["authority"])
            assert send(images, node.port, tls=(without, "127.0.0.1")) in (None, [-1] * len(images))
            stranger = client_context(files({**strange, "authority": ours["pacs"]["authority"]}))
            assert send(images, node.port, tls=(stranger, "127.0.0.1")) in (None, [-1] * len(images))
            assert sum(node.state()["series"].values()) == 0
            assert send(images, node.port, tls=(client_context(files(ours["pacs"])), "127.0.0.1")) == [0] * 12
            clock.seconds += 31
            pacs.wait_for(3)
            wait_for_event(folder, "sent", 3)


def test_results_do_not_go_to_a_stranger(tmp_path, folder, clock):
    ours = make_certificates(tmp_path / "ours", "node")["node"]
    strange = make_certificates(tmp_path / "strange", "pacs")["pacs"]
    images = write_small_series(tmp_path / "scan")
    with archive(tls=server_context(files(strange))) as pacs:
        with running(settings_for(folder, pacs, {"tls": True}, tls=ours), StubChild(), clock) as node:
            send(images, node.port)
            clock.seconds += 31
            wait_for_event(folder, "segmented")
        assert pacs.objects == []


def test_files_that_are_no_certificates_are_told(tmp_path):
    made = make_certificates(tmp_path, "node", "other")
    (tmp_path / "text").write_text("no certificate")
    for wrong in ({"certificate": str(tmp_path / "text")}, {"key": made["other"]["key"]}):
        with pytest.raises(ConfigError, match="no PEM certificates with their key"):
            server_context(files({**made["node"], **wrong}))
    with pytest.raises(ConfigError, match="must be there"):
        files({**made["node"], "key": str(tmp_path / "absent")})
