import pytest

from Testing.support.other_tumor import OTHER_TUMOR
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.label_names import entry_named, parse_label_names
from VSSegmentationLib.labels import VESTIBULAR_SCHWANNOMA_LABELS as VS
from VSSegmentationLib.tasks.vestibular_schwannoma import VESTIBULAR_SCHWANNOMA


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Extrameatal tumor", "extrameatal"),
        ("EXTRAMEATAL_TUMOUR", "extrameatal"),
        ("im", "intrameatal"),
        ("Vestibular-Schwannoma", "undivided_tumor"),
        ("left cochlea", "cochlea"),
        ("acoustic  neuroma", "undivided_tumor"),
        ("Tumeur extraméatale", "extrameatal"),
        ("Intrameataler Anteil", "intrameatal"),
    ],
)
def test_a_label_is_known_by_its_whole_name_whatever_case_and_punctuation(name, key):
    assert entry_named(VS, name).key == key


@pytest.mark.parametrize("name", ["peritumoral edema", "extra", "vs rim", "cochlear nerve", "", "tumor bed", "em im"])
def test_a_name_that_only_holds_a_known_word_is_not_known(name):
    assert entry_named(VS, name) is None


def test_pairs_say_what_values_mean():
    assert parse_label_names("1=im, 2=EM,3=none,7=cochlea", VS) == {1: 2, 2: 1, 3: 0, 7: 3}
    assert parse_label_names("4=core,2=edema", OTHER_TUMOR) == {4: 20, 2: 10}


@pytest.mark.parametrize("text", ["", "1", "1=", "1=swelling", "x=im", "1=im,1=em", "1=im,,2=em", "-1=im"])
def test_what_are_no_pairs_is_refused_with_the_names_that_are_known(text):
    with pytest.raises(UsageError, match="extrameatal, intrameatal, cochlea, undivided_tumor or none"):
        parse_label_names(text, VS)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("own", {1: 1, 2: 2, 3: 3, 4: 4}),
        ("mask", {1: 4}),
        ("crossmoda2021", {1: 4, 2: 3}),
        ("crossmoda2023", {1: 1, 2: 2, 3: 3}),
        ("1=im,2=em", {1: 2, 2: 1}),
        ("1=tumour,3=background", {1: 4, 3: 0}),
        ("1=Whole tumor", {1: 4}),
    ],
)
def test_one_parser_takes_names_of_maps_and_pairs_in_either_spelling(text, values):
    assert dict(VESTIBULAR_SCHWANNOMA.label_values(text)) == values


@pytest.mark.parametrize("text", ["", "crossmoda", "1", "1=em,1=im", "x=em", "1=em,", "-1=em"])
def test_what_is_no_map_is_refused_with_those_that_are(text):
    with pytest.raises(UsageError, match="label values are one of own, mask, crossmoda2021, crossmoda2023, or pairs"):
        VESTIBULAR_SCHWANNOMA.label_values(text)
