"""Debian's Chromium, printing a page as a person at a browser does."""

import shutil
import subprocess
from pathlib import Path

import pytest

_CHROMIUM = shutil.which("chromium")
_QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-pdf-header-footer",
)  # fmt: skip

needs_chromium = pytest.mark.skipif(_CHROMIUM is None, reason="Chromium is not installed (Debian: chromium)")


def print_by_chromium(html: str, folder: Path, page_css: str) -> Path:
    """Return the PDF of a page, with a rule such as `size: A4; margin: 20mm` for its paper."""
    assert _CHROMIUM is not None
    document, printed = folder / "page.html", folder / "page.pdf"
    document.write_text(html.replace("</style>", f"@page {{ {page_css} }}</style>", 1), encoding="utf-8")
    profile = f"--user-data-dir={folder / 'profile'}"
    words = [_CHROMIUM, *_QUIET, profile, f"--print-to-pdf={printed}", document.as_uri()]
    subprocess.run(words, check=True, timeout=120, capture_output=True)
    return printed
