"""What the documents point to: their links, and the paths that stand in backticks."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)[^)]*\)")
_IN_BACKTICKS = re.compile(
    r"`((?:VSSegmentation|VSSegmentationLib|Training|Testing|docs|tools|benchmarks|\.github|\.ci)/[\w./-]*)`"
)
_FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)


def tracked(*patterns: str) -> list[Path]:
    """Return the files that belong to the repository, by patterns that git understands."""
    words = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    listed = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [path for name in sorted(set(listed)) if (path := ROOT / name).is_file()]


def links(page: Path) -> list[str]:
    """Return where the links and pictures of a page lead within the repository, as they are written."""
    return _LINK.findall(_FENCED.sub("", page.read_text(encoding="utf-8")))


def missing_links(page: Path) -> list[str]:
    """Return the links of a page that lead to nothing."""
    return [link for link in links(page) if not (page.parent / link).exists()]


def missing_paths(page: Path) -> list[str]:
    """Return the paths in backticks of a page that name nothing in the repository; NAME stands for any name."""
    named = _IN_BACKTICKS.findall(_FENCED.sub("", page.read_text(encoding="utf-8")))
    return [path for path in named if not list(ROOT.glob(path.replace("NAME", "*").rstrip("/")))]
