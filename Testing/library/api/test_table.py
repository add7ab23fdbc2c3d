import builtins
from dataclasses import replace

import pytest

import VSSegmentationLib as vs
from VSSegmentationLib.api.table import COLUMNS
from VSSegmentationLib.errors import UsageError


def named(result: vs.Result, case: str) -> vs.Result:
    return vs.Result(content=replace(result.content, case=case))


def test_there_is_one_row_per_case_and_measure(measured: tuple[vs.Result, vs.Result]):
    frame = vs.to_frame(measured)
    assert tuple(frame.columns) == COLUMNS
    assert len(frame) == sum(len(each.measurements) for each in measured)
    row = frame[(frame.case == "2") & (frame.measure == "vol_total")].iloc[0]
    assert row.value == measured[1].measurements["vol_total"].value
    assert (row.unit, row.side, row.status) == ("cm3", "left", "draft")
    assert list(frame[frame.is_headline].measure) == [each.headline.measurement_id for each in measured]


def test_what_could_not_be_measured_is_missing_and_says_why(measured: tuple[vs.Result, vs.Result]):
    frame = vs.to_frame(measured[0])
    assert list(frame.value.isna()) == list(frame.reason.notna())


def test_cases_are_called_by_their_name_their_case_or_their_number(measured: tuple[vs.Result, vs.Result]):
    assert set(vs.to_frame(dict(zip("ab", measured, strict=True))).case) == {"a", "b"}
    assert set(vs.to_frame([named(measured[0], "VS-1"), measured[1]]).case) == {"VS-1", "2"}
    with pytest.raises(UsageError, match="two results have the same case"):
        vs.to_frame([named(each, "VS-1") for each in measured])


def test_without_pandas_one_sentence_says_how_to_get_it(measured, monkeypatch: pytest.MonkeyPatch):
    real = builtins.__import__

    def without_pandas(name, *more):
        if name == "pandas":
            raise ImportError(name)
        return real(name, *more)

    monkeypatch.setattr(builtins, "__import__", without_pandas)
    with pytest.raises(UsageError, match="python -m pip install pandas"):
        vs.to_frame(measured)
