"""What a hospital installs: an image without rights, wheels with hashes, and a list of all that is in it."""

import hashlib
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tools import sbom, wheelhouse

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / "VSSegmentationLib" / "models"


def instructions():
    """The instructions of the Containerfile, each on one line."""
    text = (ROOT / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]


def test_the_image_runs_as_a_number_that_is_not_root():
    users = [line.split()[1] for line in instructions() if line.startswith("USER ")]
    assert users
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", users[-1])
    after = instructions()[[line.startswith("USER ") for line in instructions()].index(True) :]
    assert not [line for line in after if line.startswith("RUN ")]


def test_packages_come_from_the_wheelhouse_with_their_hashes_alone():
    installs = [line for line in instructions() if "pip install" in line]
    assert len(installs) == 1
    for option in ("--no-index", "--find-links /wheelhouse", "--require-hashes"):
        assert option in installs[0]
    assert not [line for line in instructions() if line.startswith("ADD ") or "curl" in line or "wget" in line]


def tiny_wheel(folder, name="tiny_thing", version="1.0"):
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{name}.py", "VALUE = 1\n")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    return path


def install(folder, target):
    pip = [sys.executable, "-m", "pip", "install", "--no-index", "--no-deps", "--disable-pip-version-check", "--quiet"]
    command = [*pip, "--find-links", folder, "--require-hashes", "-r", folder / "requirements.txt", "--target", target]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_pip_installs_what_has_the_hash_and_refuses_what_was_changed(tmp_path):
    wheel = tiny_wheel(tmp_path)
    (tmp_path / "requirements.txt").write_text(wheelhouse.requirements([wheel]))
    assert (tmp_path / "requirements.txt").read_text().startswith("tiny-thing==1.0 --hash=sha256:")
    done = install(tmp_path, tmp_path / "there")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "there" / "tiny_thing.py").is_file()
    with zipfile.ZipFile(wheel, "a") as changed:
        changed.writestr("other.py", "")
    refused = install(tmp_path, tmp_path / "not_there")
    assert refused.returncode != 0
    assert "DO NOT MATCH THE HASHES" in refused.stderr


CPU = ["torch-2.13.0+cpu-cp311-cp311-linux_x86_64.whl", "numpy-2.4.6-cp311-cp311-linux_x86_64.whl"]
CUDA = ["torch-2.13.0-cp311-cp311-linux_x86_64.whl", "nvidia_cudnn_cu12-9-py3-none-linux_x86_64.whl"]


def test_wheels_of_the_other_kind_are_refused():
    wheelhouse.check_flavor(CPU, "cpu")
    wheelhouse.check_flavor(CUDA, "cuda")
    for names, flavor in ((CPU, "cuda"), (CUDA, "cpu")):
        with pytest.raises(SystemExit, match=f"asked for {flavor}"):
            wheelhouse.check_flavor(names, flavor)


def test_the_recipes_differ_in_the_build_of_pytorch_alone():
    pins = ["numpy==2.4.6", "torch==2.13.0"]
    assert wheelhouse.constraints_of(pins, "cuda") == pins
    assert wheelhouse.constraints_of(pins, "cpu") == ["numpy==2.4.6", "torch==2.13.0+cpu"]


def test_the_bill_lists_every_model_with_its_hash_and_license():
    bill = {"components": [{"type": "library", "name": "Tiny_Thing", "version": "1.0"}]}
    digest = hashlib.sha256(b"abc").hexdigest()
    completed = sbom.complete(bill, MODELS, f"tiny-thing==1.0 --hash=sha256:{digest}\n")
    library, *models = completed["components"]
    assert library["hashes"] == [{"alg": "SHA-256", "content": digest}]
    assert {each["name"] for each in models} == {
        *(path.stem for path in MODELS.glob("*.pt")),
        "weighting_synthetic",
    }
    for each in models:
        assert each["type"] == "machine-learning-model"
        assert each["licenses"] == [{"license": {"id": "Apache-2.0"}}]
        card = MODELS / f"{each['name']}.card.json"
        if card.is_file():
            told = json.loads(card.read_text(encoding="utf-8"))
            assert each["hashes"] == [{"alg": "SHA-256", "content": told["sha256"]}]
            assert each["version"] == told["version"]


def test_a_package_of_another_version_gets_no_hash_that_is_not_its_own():
    bill = {"components": [{"type": "library", "name": "tiny-thing", "version": "1.1"}]}
    completed = sbom.complete(bill, MODELS, f"tiny-thing==1.0 --hash=sha256:{'0' * 64}\n")
    assert "hashes" not in completed["components"][0]
