"""The public address is told once; every file that needs it follows, and no release tells a placeholder."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tools.public_address import PLACES, ROOT, address_of, differing, is_placeholder, main, release_tag, write

FILLED_IN = "https://github.com/example/SlicerVestibularSchwannoma"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The files that tell the address."""
    for place in PLACES:
        (tmp_path / place.path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / place.path, tmp_path / place.path)
    return tmp_path


def test_every_file_tells_the_address_that_follows_from_pyproject():
    assert differing() == []
    assert main(["--check"]) == ""


def test_a_file_that_tells_another_address_is_named(copy: Path):
    path = copy / "CMakeLists.txt"
    path.write_text(path.read_text(encoding="utf-8").replace(address_of(copy), FILLED_IN), encoding="utf-8")
    (line,) = differing(copy)
    assert line.startswith(f"CMakeLists.txt tells {FILLED_IN}, and")


def test_another_address_goes_into_every_file_and_changes_nothing_else(copy: Path):
    before = {place.path: (copy / place.path).read_bytes() for place in PLACES}
    write(FILLED_IN, copy)
    assert differing(copy) == []
    assert address_of(copy) == FILLED_IN
    write(address_of(ROOT), copy)
    assert {place.path: (copy / place.path).read_bytes() for place in PLACES} == before


@pytest.mark.parametrize(
    "address",
    [
        "http://github.com/me/SlicerX", "https://github.com/me/SlicerX.git", "https://github.com/me/SlicerX/",
        "https://github.com/me/VestibularSchwannoma", "https://gitlab.com/me/SlicerX", "SlicerX", "",
    ],
)  # fmt: skip
def test_an_address_that_the_index_would_refuse_is_not_written(copy: Path, address: str):
    with pytest.raises(ValueError, match=r"https://github\.com/OWNER/SlicerNAME"):
        write(address, copy)


def test_no_other_file_tells_the_placeholder():
    listed = subprocess.run(["git", "-C", ROOT, "ls-files"], capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a clone: git does not list the files")
    own = {place.path for place in PLACES} | {"docs/release_checklist.md", "Testing/house/test_public_address.py"}
    telling = [
        name
        for name in listed.stdout.split("\n")
        if name.endswith((".py", ".md", ".toml", ".txt", ".json", ".cff", ".yml", ".ui"))
        and "github.com/ORGANIZATION" in (ROOT / name).read_text(encoding="utf-8")
    ]
    assert set(telling) <= own


def test_a_release_tells_no_placeholder():
    """Fails in a checkout that carries a version tag while the address is still to be filled in."""
    assert not (release_tag() and is_placeholder(address_of())), main(["--release"])


def test_what_is_a_release_and_what_a_placeholder(tmp_path: Path):
    def git(*words: str) -> None:
        identity = ["-c", "user.name=n", "-c", "user.email=e", "-c", "commit.gpgsign=false", "-c", "tag.gpgsign=false"]
        subprocess.run(["git", *identity, *words], cwd=tmp_path, check=True, capture_output=True)

    git("init")
    git("commit", "--allow-empty", "-m", "first")
    assert release_tag(tmp_path) == ""
    git("tag", "v1.2.0")
    assert release_tag(tmp_path) == "v1.2.0"
    git("commit", "--allow-empty", "-m", "second")
    assert release_tag(tmp_path) == ""
    assert release_tag(tmp_path / "nowhere") == ""
    assert is_placeholder("https://github.com/ORGANIZATION/SlicerVestibularSchwannoma")
    assert is_placeholder("NA")
    assert not is_placeholder(FILLED_IN)


def test_the_release_workflow_asks_before_it_builds():
    steps = (ROOT / ".github" / "workflows" / "wheels.yml").read_text(encoding="utf-8")
    asked = steps.index("python3.12 tools/public_address.py --release")
    assert "if: startsWith(github.ref, 'refs/tags/v')" in steps[:asked]
    assert asked < steps.index("run: make wheel")
