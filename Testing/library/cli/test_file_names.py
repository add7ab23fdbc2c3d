"""On Windows the C runtime is told to take names in UTF-8; what that does there is Windows' own and not shown here."""

import locale
import platform

import pytest

from VSSegmentationLib.cli import take_any_file_names


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str]]:
    calls: list[tuple[int, str]] = []
    monkeypatch.setattr(locale, "setlocale", lambda *words: calls.append(words))
    return calls


def test_windows_takes_names_in_utf8_and_keeps_its_numbers(monkeypatch, asked):
    monkeypatch.setattr(platform, "system", lambda: "Windows")
    take_any_file_names()
    assert asked == [(locale.LC_CTYPE, ".UTF-8")]


@pytest.mark.parametrize("system", ["Linux", "Darwin"])
def test_elsewhere_nothing_is_changed(monkeypatch, asked, system):
    monkeypatch.setattr(platform, "system", lambda: system)
    take_any_file_names()
    assert asked == []


def test_a_windows_that_cannot_goes_on_and_leaves_a_line(monkeypatch, caplog):
    def refuse(*_words):
        raise locale.Error

    monkeypatch.setattr(platform, "system", lambda: "Windows")
    monkeypatch.setattr(locale, "setlocale", refuse)
    take_any_file_names()
    assert "takes no UTF-8" in caplog.text
