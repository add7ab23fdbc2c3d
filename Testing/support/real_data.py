"""Where the real scans are, when they are at all; none of them is part of the repository."""

from pathlib import Path

import pytest

_CANDIDATE = Path(__file__).resolve().parents[3] / "shared" / "data"
REAL_DATA: Path | None = _CANDIDATE if _CANDIDATE.is_dir() else None

needs_real_data = pytest.mark.skipif(
    REAL_DATA is None, reason="the real scans (../shared/data) are not here; they are never part of the repository"
)
