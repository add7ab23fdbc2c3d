"""Where a result is from: plain values and back, and what older scenes hold."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from Testing.support.reports import BY_MODEL
from VSSegmentationLib import __version__
from VSSegmentationLib.errors import InputRefusedError
from VSSegmentationLib.reporting import ModelFacts, Provenance, Software, SourceFacts, read_provenance

SOURCE = SourceFacts(
    file_format="NIfTI", modality="T2", shape_dhw=(20, 256, 256), spacing_dhw_mm=(1.5, 0.4, 0.4),
    slice_thickness_mm=1.5, voxels_sha256="cd" * 32,
)  # fmt: skip
FULL = replace(
    BY_MODEL,
    algorithm="default_t2 1",
    locator=ModelFacts(name="locator", version="2", sha256="ef" * 32, modality="any", provenance={"steps": 12}),
    preprocessing={"spacing_dhw_mm": [1.5, 0.5, 0.5]},
    source=SOURCE,
    labelmap_voxels_sha256="01" * 32,
)
VERSION_1 = {
    "software": {"name": "vs-segmentation", "version": "0.0.9"},
    "torch": "2.9.0",
    "model": {"name": "default_t2", "version": "1", "sha256": "ab" * 32, "modality": "T2", "provenance": {"steps": 5}},
    "locator": None,
    "preprocessing": {"mean": 1.5},
    "device": "cuda:0",
    "seconds": {"segmenting": 1.5},
    "created_utc": "2026-03-01T13:00:00+01:00",
    "source": {"file_format": "NIfTI"},
    "labelmap_voxels_sha256": "23" * 32,
}
"""As a scene of that version keeps it."""


@pytest.mark.parametrize("provenance", [Provenance(), FULL], ids=["nothing known", "everything known"])
def test_plain_values_give_the_same_provenance_back(provenance: Provenance):
    told = json.loads(json.dumps(provenance.to_plain()))
    assert told["schema_version"] == 2
    assert read_provenance(told) == provenance


def test_what_a_scene_of_version_1_keeps_is_read():
    read = read_provenance(VERSION_1)
    assert (read.model.name, read.model.sha256, read.model.provenance) == ("default_t2", "ab" * 32, {"steps": 5})
    assert (read.locator, read.divider, read.device) == (None, None, "cuda:0")
    assert read.preprocessing == {"mean": 1.5}
    assert read.created_utc == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert read.algorithm == "default_t2 1"


def test_the_software_that_ran_the_models_is_not_taken_for_the_one_that_reports():
    read = read_provenance(VERSION_1, Software(slicer_version="5.12"))
    assert read.software == Software(name="vs-segmentation", version=__version__, slicer_version="5.12")
    assert read.run["software"]["version"] == "0.0.9"
    again = read_provenance(read.to_plain())
    assert (again.run["software"]["version"], again.software.slicer_version) == ("0.0.9", None)


def test_a_mask_that_nobody_tells_of_was_given():
    assert read_provenance({}) == Provenance()


def test_a_present_version_with_another_key_is_refused():
    with pytest.raises(InputRefusedError, match="provenance has unknown keys"):
        read_provenance({**FULL.to_plain(), "input": "DOE^JANE"})
