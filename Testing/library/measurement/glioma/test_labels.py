"""Colors of the parts of a glioma are those that color-blind readers tell apart, too."""

from VSSegmentationLib.measurement.glioma.labels import GLIOMA_LABELS

OKABE_ITO = {"bluish green": (0, 158, 115), "vermillion": (213, 94, 0), "yellow": (240, 228, 66)}


def test_colors_are_those_of_okabe_and_ito_and_values_those_of_brats():
    """BraTS 2023: 1 non-enhancing core, 2 edema, 3 enhancing tumor."""
    told = {each.value: each.color_rgb for each in GLIOMA_LABELS.entries}
    assert told == {2: OKABE_ITO["bluish green"], 1: OKABE_ITO["vermillion"], 3: OKABE_ITO["yellow"]}
