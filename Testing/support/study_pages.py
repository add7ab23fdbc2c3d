"""Study pages of made-up cohorts, and a real browser to look at them."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from VSSegmentationLib.batch.journal import Outcome
from VSSegmentationLib.batch.study.page import write_page
from VSSegmentationLib.batch.study.rows import StudyRow

_CHROMIUM, _DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
_QUIET = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1400,900", "--no-first-run",
    "--disable-background-networking", "--disable-component-update",
)  # fmt: skip
needs_browser = pytest.mark.skipif(
    _CHROMIUM is None or _DRIVER is None, reason="Chromium with its driver is not installed (Debian: chromium-driver)"
)


def made_up_rows(count: int) -> list[StudyRow]:
    """Cases with volumes that no two have in common; every hundredth is refused."""
    volumes = np.random.default_rng(5).permutation(count) / 1000 + 0.05
    return [_made_up_row(number, float(volume)) for number, volume in enumerate(volumes)]


def _made_up_row(number: int, volume: float) -> StudyRow:
    known = {"case": f"case-{number:05d}", "patient": f"patient-{number // 2:05d}", "day": (number % 2) * 365}
    if number % 100 == 99:
        return StudyRow(**known, status="refused", reason="The scan is cut off.")
    return StudyRow(
        **known,
        status="done",
        side=("left", "right")[number % 2],
        findings="A tumor was found.",
        volume_cm3=volume,
        volume_limit_percent=20.0,
        headline="Largest extrameatal diameter",
        headline_value=volume * 10,
        headline_unit="mm",
        change_percent=float(number % 60 - 30) if number % 2 else None,
        warnings=("The field of view is small.",) if number % 7 == 0 else (),
        modality="T2",
    )


def made_up_journal(rows: list[StudyRow]) -> Any:
    """What a journal says of the patients of these rows."""
    patients = {row.patient: row for row in rows}
    result = {"days": [0, 365], "volumes_cm3": [0.5, 1.0], "wording": "The volume doubled."}
    return SimpleNamespace(comparisons={each: Outcome(case=each, status="done", result=result) for each in patients})


def write_made_up_page(folder: Path, count: int) -> Path:
    rows = made_up_rows(count)
    write_page(folder, rows, made_up_journal(rows))
    return folder / "study.html"


@contextmanager
def browser(folder: Path) -> Iterator[Any]:
    """Give Debian's Chromium, driven by selenium, without a window."""
    options = webdriver.ChromeOptions()
    options.binary_location = _CHROMIUM
    for each in (*_QUIET, f"--user-data-dir={folder / 'profile'}"):
        options.add_argument(each)
    driver = webdriver.Chrome(options=options, service=Service(_DRIVER))
    driver.set_page_load_timeout(120)
    try:
        yield driver
    finally:
        driver.quit()
