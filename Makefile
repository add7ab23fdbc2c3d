# The two commands of the README, `make demo` and `make test`, each do all the set-up they need.
#   PYTHON=...   which Python 3.11 or 3.12 to use (default: the first one found that runs)
#   TORCH=...    what to ask pip for as PyTorch (default: the version that the tests run with)

PYTHON ?=
TORCH ?= torch==2.13.0

INTERPRETER := $(shell sh tools/find_python.sh "$(PYTHON)")
VERSION := $(if $(INTERPRETER),$(shell "$(INTERPRETER)" -c 'import sys; print("%d.%d" % sys.version_info[:2])'))
VENV := .venv-$(VERSION)
BIN := $(VENV)/bin
PINS := requirements/constraints-$(VERSION).txt
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint $(VENV)/constraints.txt
PYTEST := $(BIN)/python -m pytest
SELECTED := -m "not slow"
SEED ?= 1
COUNT ?= 20000
SECONDS ?= 120
SHORT := Testing/library/measurement Testing/library/imageio Testing/library/networks \
	$(addprefix Testing/library/cli/test_,commands.py compare.py console.py measure.py text.py)

.PHONY: help demo gui-demo test test-all test-short test-lowest test-webengine test-orthanc test-next-slicer lint types contracts unit short fuzz format docs-pictures constraints \
	docs wheel setup-demo setup-test python clean

help:
	@echo "make demo            segment, measure and report the sample that comes along, into demo_output/"
	@echo "make gui-demo        the Slicer module beside real views on the sample; pictures into gui_demo_output/"
	@echo "make test            linters, types, import contracts, documentation and tests, without the slow proofs"
	@echo "make test-all        the same with the slow proofs"
	@echo "make test-short      linters, types and a few tests: whether another Python will do (PYTHON=3.12)"
	@echo "make fuzz            two minutes of damaged inputs for every reader (SECONDS=... COUNT=... SEED=...)"
	@echo "make test-lowest     the oldest versions that are supported, and PyTorch 2.2 as Slicer on a Mac has it (5 GB)"
	@echo "make test-webengine  the PDF as the Slicer module prints it, through Qt's web engine"
	@echo "make test-orthanc    the DICOM node and a real Orthanc, in a network of their own (Debian, as root)"
	@echo "make test-next-slicer  the tests of scenes with the line of Slicer that comes next"
	@echo "make format          let ruff mend what it can"
	@echo "make constraints     pin the newest of all that is installed, for each Python that is here (requirements/)"
	@echo "make docs            guide and API reference as a site, into site/"
	@echo "make wheel           sdist and wheel, into dist/; the wheel is tried in an environment of its own"
	@echo "make docs-pictures   all pictures of the user guide, and the numbers that its sentences quote"
	@echo "make clean           remove the virtual environment and the caches"

demo: setup-demo
	$(BIN)/vs-segmentation demo --out demo_output --force

gui-demo: setup-test
	$(BIN)/python tools/make_module_pictures.py gui_demo_output

test: lint types contracts docs unit

test-all: SELECTED :=
test-all: lint types contracts docs unit

test-short: lint types short

lint: setup-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup-test
	$(BIN)/mypy

contracts: setup-test
	$(BIN)/lint-imports

unit: setup-test
	OMP_NUM_THREADS=1 $(PYTEST) -n auto --dist loadfile $(SELECTED) --ignore Testing/gui
	$(PYTEST) -n auto --dist loadfile $(SELECTED) Testing/gui

short: setup-test
	OMP_NUM_THREADS=1 $(PYTEST) -n auto --dist loadfile $(SELECTED) $(SHORT)

# Known again by its seed: the inputs are the same on every machine, only how many of them fit the time is not.
fuzz: setup-test
	OMP_NUM_THREADS=1 $(BIN)/python -m tools.fuzz --seed $(SEED) --count $(COUNT) --seconds $(SECONDS)

test-lowest: python
	"$(INTERPRETER)" tools/test_lowest.py .venv-lowest

test-webengine: python
	@sh tools/install_system_packages.sh "$(INTERPRETER)" webengine
	sh tools/test_apart.sh webengine "$(INTERPRETER)" $(PINS)

# Orthanc listens on all addresses; in a namespace with a loopback of its own nobody else can reach it, nor it anybody.
test-orthanc: setup-test
	@sh tools/install_system_packages.sh "$(INTERPRETER)" orthanc
	unshare --net sh -c 'ip link set lo up && OMP_NUM_THREADS=1 $(BIN)/python -m pytest Testing/orthanc'

test-next-slicer: python
	@sh tools/install_system_packages.sh "$(INTERPRETER)" test
	sh tools/test_apart.sh next-slicer "$(INTERPRETER)" $(PINS)

format: setup-test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: setup-test
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

wheel: setup-test
	rm -rf dist
	$(BIN)/python -m build --outdir dist
	$(BIN)/python tools/try_wheel.py dist/*.whl "$(TORCH)"

docs-pictures: setup-test
	OMP_NUM_THREADS=1 $(BIN)/python -m tools.make_docs_pictures

constraints:
	@for version in 3.11 3.12; do \
	    if python=$$(sh tools/find_python.sh $$version); then "$$python" tools/pin_constraints.py "$(TORCH)" || exit 1; fi; \
	done

clean:
	rm -rf .venv-3.11 .venv-3.12 .venv-lowest .venv-webengine .venv-next-slicer .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# Set-up. Everything is pinned by the constraints file of the Python that runs. PyTorch comes first, and by $(TORCH)
# instead, which may ask for another one. The stamps make the second run fast; a change of pyproject.toml, of the
# constraints or of this file installs again.
python:
	@test -n "$(INTERPRETER)"

setup-demo: python $(VENV)/.stamp-demo

setup-test: python
	@sh tools/install_system_packages.sh "$(INTERPRETER)" test
	@$(MAKE) --no-print-directory $(VENV)/.stamp-test

$(VENV)/.stamp-torch: Makefile $(PINS)
	sh tools/install_system_packages.sh "$(INTERPRETER)"
	"$(INTERPRETER)" -m venv $(VENV)
	grep -v '^torch==' $(PINS) > $(VENV)/constraints.txt
	$(INSTALL) "$(TORCH)"
	touch $@

$(VENV)/.stamp-demo: $(VENV)/.stamp-torch pyproject.toml
	$(INSTALL) --editable .
	touch $@

$(VENV)/.stamp-test: $(VENV)/.stamp-torch pyproject.toml
	$(INSTALL) --editable ".[training,test,docs]"
	touch $@ $(VENV)/.stamp-demo
