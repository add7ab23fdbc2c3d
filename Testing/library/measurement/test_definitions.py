"""What is measured and what is not keep what else was found, and an empty table where nothing was."""

from VSSegmentationLib.measurement.vestibular_schwannoma.definitions import DEFINITIONS


def test_further_numbers_stay_with_a_measurement_whether_it_has_a_value_or_not():
    found = {"voxel_count": 7.0}
    assert DEFINITIONS.measured("vol_total", 1.0, extra=found).extra == found
    assert DEFINITIONS.unmeasured("vol_total", "why", found).extra == found
    assert DEFINITIONS.measured("vol_total", 1.0).extra == {}
    assert DEFINITIONS.unmeasured("vol_total", "why").extra == {}


def test_a_note_follows_the_method_of_the_definition():
    method = DEFINITIONS["vol_total"].method
    assert DEFINITIONS.measured("vol_total", 1.0, note="once").method == f"{method}; once"
    assert DEFINITIONS.measured("vol_total", 1.0).method == method
    assert DEFINITIONS.unmeasured("vol_total", "why").reason == "why"
