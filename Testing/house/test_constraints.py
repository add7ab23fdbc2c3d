"""What `make test` and `make demo` install is pinned, for both Pythons, and the pins are what pip is told."""

import re
import sys
import tomllib
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PYTHONS = ("3.11", "3.12")
EXTRAS = ("training", "test", "docs")
OF_TORCH = "(nvidia|cuda)-|triton$"  # which only some builds of torch bring along, and pin themselves


def _pins(python: str) -> dict[str, str]:
    lines = (ROOT / "requirements" / f"constraints-{python}.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if not line.startswith("#"))


def _project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_there_is_a_file_for_each_python_and_no_other():
    assert {path.name for path in (ROOT / "requirements").iterdir()} == {f"constraints-{p}.txt" for p in PYTHONS}


@pytest.mark.parametrize("python", PYTHONS)
def test_every_dependency_is_pinned_to_a_version_that_the_project_allows(python: str):
    pins = _pins(python)
    optional = _project()["optional-dependencies"]
    wanted = [*_project()["dependencies"], *(line for extra in EXTRAS for line in optional[extra])]
    for requirement in map(Requirement, wanted):
        environment = {**default_environment(), "python_version": python, "python_full_version": f"{python}.0"}
        if requirement.marker is None or requirement.marker.evaluate(environment):
            assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)]), str(requirement)


def test_all_that_the_dependencies_bring_along_is_pinned():
    pins = _pins("{}.{}".format(*sys.version_info))
    optional = _project()["optional-dependencies"]
    waiting = [*_project()["dependencies"], *(line for extra in EXTRAS for line in optional[extra])]
    seen: set[str] = set()
    while waiting:
        line = waiting.pop()
        if line in seen:
            continue
        seen.add(line)
        requirement = Requirement(line)
        assert canonicalize_name(requirement.name) in pins, line
        for needed in map(Requirement, distribution(requirement.name).requires or ()):
            environments = [{"extra": extra} for extra in ("", *requirement.extras)]
            if needed.marker is None or any(map(needed.marker.evaluate, environments)):
                needed.marker = None
                if not re.match(OF_TORCH, needed.name):
                    waiting.append(str(needed))


@pytest.mark.parametrize("python", PYTHONS)
def test_a_pin_is_a_name_and_a_released_version(python: str):
    text = (ROOT / "requirements" / f"constraints-{python}.txt").read_text(encoding="utf-8")
    header, *lines = text.splitlines()
    assert f"Python {python}" in header
    assert [line for line in lines if not re.fullmatch(r"[a-z0-9-]+==\d+(\.\w+)*", line)] == []
    assert lines == sorted(set(lines))


@pytest.mark.parametrize("python", PYTHONS)
def test_the_torch_pinned_is_the_one_the_make_file_asks_for(python: str):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"^TORCH \?= torch==(.+)$", makefile, re.MULTILINE)[1] == _pins(python)["torch"]


def test_the_make_file_tells_pip_the_pins_at_every_installation():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "PINS := requirements/constraints-$(VERSION).txt\n" in makefile
    assert "$(PINS) > $(VENV)/constraints.txt\n" in makefile
    assert re.search(r"^INSTALL := .* --constraint \$\(VENV\)/constraints\.txt$", makefile, re.MULTILINE)
    assert len(re.findall(r"pip install", makefile)) == 1


def test_the_make_file_installs_the_extras_that_are_pinned():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    script = (ROOT / "tools" / "pin_constraints.py").read_text(encoding="utf-8")
    assert f'--editable ".[{",".join(EXTRAS)}]"' in makefile
    assert f'EXTRAS = "{",".join(EXTRAS)}"' in script
