from pathlib import Path

import pytest

from VSSegmentationLib.measurement.vestibular_schwannoma.definitions import DEFINITIONS, measured, unmeasured

PAGE = Path(__file__).resolve().parents[4] / "docs" / "measurements.md"


@pytest.mark.parametrize("measurement_id", DEFINITIONS)
def test_page_for_users_defines_every_measurement_by_its_id_and_name(measurement_id):
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith(f"| `{measurement_id}` ")]
    assert len(rows) == 1
    assert DEFINITIONS[measurement_id].name in rows[0]


def test_every_id_carries_the_region_of_its_definition():
    prefixes = {
        "whole": "whole",
        "em": "extrameatal",
        "im": "intrameatal",
        "EM": "extrameatal",
        "IM": "intrameatal",
        "cochlea": "cochlea",
    }
    implied = {
        "vol_total": "whole",
        "vol_ellipsoid": "whole",
        "iac_max_axial": "whole",
        "aao_size": "extrameatal",
        "fundus_gap": "intrameatal",
        "gap_cochlea": "whole",  # of the tumor, from something else
    }
    for measurement_id, definition in DEFINITIONS.items():
        parts = [prefixes[part] for part in measurement_id.split("_") if part in prefixes]
        expected = [implied[measurement_id]] if measurement_id in implied else parts
        assert expected == [definition.region]


def test_names_are_told_apart():
    assert len({definition.name for definition in DEFINITIONS.values()}) == len(DEFINITIONS)


def test_measurement_takes_name_unit_and_method_from_its_definition():
    found = measured("whole_height", 12.0, note="acquisition slices")
    assert (found.region, found.unit, found.value) == ("whole", "mm", 12.0)
    assert found.method == f"{DEFINITIONS['whole_height'].method}; acquisition slices"
    assert unmeasured("whole_height", "none").method == DEFINITIONS["whole_height"].method
