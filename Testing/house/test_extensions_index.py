"""What Slicer's ExtensionsIndex asks of an entry, asked here with the public address filled in.

Its own checks (Slicer/ExtensionsIndex, scripts/check_description_files.py, read in November 2026) fetch the pictures
and clone the repository from the address; here an address stands for the files of this folder.
"""

import json
import re
import shutil
import struct
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import jsonschema
import pytest

from tools.public_address import PLACES, ROOT, write

ADDRESS = "https://github.com/example/SlicerVestibularSchwannoma"
RAW = "https://raw.githubusercontent.com/example/SlicerVestibularSchwannoma/main/"
ENTRY = "VestibularSchwannoma.json"
CATEGORIES = {"Segmentation", "Otolaryngology", "Neuroimaging", "Quantification"}
"""Of those that the index takes, the ones that fit."""
TIERS = (1, 3, 5)
TEXT = {"type": "string", "minLength": 1}
SCHEMA = {
    "type": "object",
    "required": ["$schema", "category", "scm_url"],
    "additionalProperties": False,
    "properties": {
        "$schema": TEXT, "category": TEXT, "scm_url": TEXT, "scm_revision": TEXT, "build_subdirectory": TEXT,
        "scm_type": {"enum": ["git", "local"]}, "build_dependencies": {"type": "array", "items": {"type": "string"}},
        "enabled": {"type": "boolean"}, "tier": {"enum": list(TIERS)},
    },
}  # fmt: skip
"""As version 1.0.1 of the catalog entry's schema has it, which the entry names."""
MOST_BYTES = 100_000_000
"""Of a clone with its history; the checks refuse larger ones."""


@pytest.fixture(scope="module")
def filled_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that tell the address, with one that could be real."""
    folder = tmp_path_factory.mktemp("repository")
    for place in PLACES:
        (folder / place.path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / place.path, folder / place.path)
    write(ADDRESS, folder)
    return folder


@pytest.fixture(scope="module")
def entry(filled_in: Path) -> dict:
    return json.loads((filled_in / ENTRY).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def cmake(filled_in: Path) -> str:
    return (filled_in / "CMakeLists.txt").read_text(encoding="utf-8")


def cmake_variable(cmake: str, name: str) -> str:
    """As the checks find it: one quoted text on one `set`."""
    (value,) = re.findall(rf'set\s*\({name}\s*"([^"]+)"[ ]*\)', cmake, re.IGNORECASE | re.MULTILINE)
    return value


def test_the_only_json_in_the_root_is_the_entry():
    """Its name is the extension's, and the folder of the index holds nothing but such files."""
    assert [path.name for path in ROOT.glob("*.json")] == [ENTRY]


def test_the_entry_fits_the_schema_it_names(entry: dict):
    jsonschema.validate(entry, SCHEMA)
    assert entry["$schema"].endswith("slicer-extension-catalog-entry-schema-v1.0.1.json#")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(entry | {"homepage": ADDRESS}, SCHEMA)


def test_entry_and_cmake_file_have_unix_line_ends(filled_in: Path):
    for name in (ENTRY, "CMakeLists.txt"):
        assert b"\r" not in (filled_in / name).read_bytes()
        assert b"\r" not in (ROOT / name).read_bytes()


def test_the_name_is_the_projects_and_holds_no_abbreviation(cmake: str):
    name = re.findall(r"project\s*\(\s*([^\s\)\n\r]+)", cmake, re.IGNORECASE | re.MULTILINE)[0]
    assert name == Path(ENTRY).stem
    assert not name.lower().startswith("slicer")
    assert re.fullmatch(r"([A-Z][a-z]{3,})+", name)


def test_the_category_is_one_that_the_index_takes(entry: dict):
    assert entry["category"] in CATEGORIES
    assert entry["tier"] in TIERS


def test_the_repository_can_be_cloned_from_its_address_and_is_named_as_the_index_wants_it(entry: dict):
    address = urlsplit(entry["scm_url"])
    assert address.scheme in ("git", "https")
    repository = Path(address.path).stem
    assert re.match(r"Slicer(Extension)?[-_]?[A-Z]", repository)
    assert entry["scm_revision"] == "main"


def test_dependencies_are_said_in_both_files(entry: dict, cmake: str):
    assert cmake_variable(cmake, "EXTENSION_DEPENDS").split() == entry["build_dependencies"] == ["PyTorch"]


def test_homepage_and_description_are_told(cmake: str):
    assert cmake_variable(cmake, "EXTENSION_HOMEPAGE") == ADDRESS
    description = cmake_variable(cmake, "EXTENSION_DESCRIPTION")
    assert re.search(r"\bT2\b.*\bMRI\b", description)
    assert "Slicer 5.10 to 5.13" in description
    assert description.count(". ") <= 2


@pytest.mark.parametrize("name", ["EXTENSION_ICONURL", "EXTENSION_SCREENSHOTURLS"])
def test_addresses_of_pictures_are_those_of_pictures_that_git_keeps(cmake: str, name: str):
    addresses = cmake_variable(cmake, name).split()
    assert addresses
    for address in addresses:
        assert address.startswith(RAW)
        path = ROOT / address.removeprefix(RAW)
        assert path.suffix == ".png"
        assert path.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
        assert _git("ls-files", "--error-unmatch", path)


def test_the_icon_is_a_square_that_slicer_shows_unscaled(cmake: str):
    path = ROOT / cmake_variable(cmake, "EXTENSION_ICONURL").removeprefix(RAW)
    assert struct.unpack(">II", path.read_bytes()[16:24]) == (128, 128)


def test_nothing_is_left_that_is_not_available(cmake: str, entry: dict):
    assert '"NA"' not in cmake
    assert "ORGANIZATION" not in cmake + json.dumps(entry)


def test_the_license_lies_in_the_root_and_the_readme_names_it():
    assert "Apache License" in (ROOT / "LICENSE.txt").read_text(encoding="utf-8")[:200]
    assert "LICENSE.txt" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_a_clone_with_its_history_is_small_enough():
    history = _git("rev-list", "--objects", "--disk-usage", "HEAD")
    files = sum((ROOT / name).stat().st_size for name in _git("ls-files", "-z").split("\0") if (ROOT / name).is_file())
    assert int(history) + files < MOST_BYTES


def _git(*words: object) -> str:
    done = subprocess.run(["git", *map(str, words)], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode == 128:
        pytest.skip("not a clone: git tells nothing about this folder")
    assert done.returncode == 0, done.stderr
    return done.stdout
