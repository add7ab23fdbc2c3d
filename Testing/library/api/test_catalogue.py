import VSSegmentationLib as vs
from VSSegmentationLib.models import embedded_models


def test_every_embedded_model_is_listed_with_what_it_is_for():
    listed = {model.name: model for model in vs.list_models()}
    for entry in embedded_models():
        model = listed[entry.card.name]
        assert (model.role, model.version, model.origin) == (entry.card.role, entry.card.version, "embedded")


def test_the_list_prints_as_a_table_with_one_line_per_model():
    lines = repr(vs.list_models()).splitlines()
    assert lines[0].split() == ["Name", "Version", "Role", "Modality"]
    assert [line.split()[0] for line in lines[1:]] == [model.name for model in vs.list_models()]


def test_a_notebook_shows_the_license_as_well():
    html = vs.list_models()._repr_html_()
    assert html.count("<tr>") == len(vs.list_models()) + 1
    assert vs.list_models()[0].license in html
