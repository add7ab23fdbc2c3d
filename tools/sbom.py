"""Write a bill of materials (CycloneDX) of an installed environment, with the models and the hashes of the wheels.

    python tools/sbom.py ENVIRONMENT sbom.json --wheelhouse wheelhouse

`cyclonedx-py` (pip install cyclonedx-bom) lists the packages and their licenses; it knows neither the models that come
along nor what was installed from where. ENVIRONMENT is a virtual environment, best one without pip.
"""

import argparse
import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
_PIN = re.compile(r"(?P<name>[^=\s]+)==(?P<version>\S+) --hash=sha256:(?P<digest>[0-9a-f]{64})")


def main() -> None:
    """List what is installed, complete it, and write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("environment", type=Path, help="virtual environment")
    parser.add_argument("out", type=Path, help="JSON file")
    parser.add_argument("--wheelhouse", type=Path, help="folder that tools/wheelhouse.py made")
    parser.add_argument("--tool", default="cyclonedx-py", help="the command of cyclonedx-bom (default: %(default)s)")
    arguments = parser.parse_args()
    (models,) = sorted(arguments.environment.glob("lib/python3.*/site-packages/VSSegmentationLib/models")) or (None,)
    if models is None:
        sys.exit("the environment has no VSSegmentationLib in it; install it there first")
    bill = listed(arguments.tool, arguments.environment)
    pins = arguments.wheelhouse / "requirements.txt" if arguments.wheelhouse else None
    completed = complete(bill, models, "" if pins is None else pins.read_text(encoding="utf-8"))
    arguments.out.write_text(json.dumps(completed, indent=1) + "\n", encoding="utf-8")
    hashed = sum("hashes" in each for each in completed["components"])
    print(f"{len(completed['components'])} components, {hashed} of them with hashes: {arguments.out}")


def listed(tool: str, environment: Path) -> dict[str, Any]:
    """Return what cyclonedx-py says of an environment."""
    command = [tool, "environment", str(environment), "--of", "JSON", "--pyproject", str(ROOT / "pyproject.toml")]
    done = subprocess.run([*command, "--output-reproducible"], check=True, capture_output=True, text=True)
    bill: dict[str, Any] = json.loads(done.stdout)
    return bill


def complete(bill: Mapping[str, Any], models: Path, pins: str = "") -> dict[str, Any]:
    """Return a bill with a component for each model, and the hash of the wheel that each package came from.

    Args:
        bill: As cyclonedx-py writes it.
        models: Folder of the embedded models.
        pins: Lines `name==version --hash=sha256:...`.
    """
    known = {(m["name"], m["version"]): m["digest"] for m in _PIN.finditer(pins)}
    packages = [_hashed(dict(each), known) for each in bill.get("components", ())]
    return {**bill, "components": [*packages, *_models(models)]}


def _hashed(component: dict[str, Any], known: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    name = re.sub(r"[-_.]+", "-", component["name"]).lower()
    digest = known.get((name, component.get("version", "")))
    return component if digest is None else {**component, "hashes": [{"alg": "SHA-256", "content": digest}]}


def _models(folder: Path) -> Iterator[dict[str, Any]]:
    """Give each file of weights, with what its card says; of one without a card, the file alone."""
    for path in sorted((*folder.glob("*.pt"), *folder.glob("weighting*.json"))):
        card_path = path.with_name(f"{path.stem}.card.json")
        card = json.loads(card_path.read_text(encoding="utf-8")) if card_path.is_file() else {}
        component = {
            "type": "machine-learning-model",
            "bom-ref": f"model:{path.name}",
            "name": path.stem,
            "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(path.read_bytes()).hexdigest()}],
            "licenses": [{"license": {"id": card.get("license", "Apache-2.0")}}],
        }
        yield {**component, "version": str(card["version"])} if "version" in card else component


if __name__ == "__main__":
    main()
