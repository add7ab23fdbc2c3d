"""Pictures and numbers of the documents are those that the product gives, each with the command that makes it."""

import importlib.util
import json
import re
from pathlib import Path

import pytest
from PIL import Image

from Testing.support.documents import ROOT, links, tracked
from tools import make_docs_pictures
from tools.make_docs_pictures import COMMAND, DOCS, MANIFEST, NUMBERS
from tools.picture_files import look_the_same, write_small

PICTURES = (".png", ".jpg", ".svg", ".gif")
LISTED: dict[str, str] = json.loads(MANIFEST.read_text(encoding="utf-8"))
TOLERANCE = {"cm3": 0.01, "mm": 0.2}
"""A few voxels at the border: other processors round otherwise."""


def _shown(page: Path) -> set[Path]:
    return {(page.parent / link).resolve() for link in links(page) if link.endswith(PICTURES)}


def test_every_picture_of_a_page_is_listed_with_the_command_that_makes_it():
    shown = {path.relative_to(DOCS).as_posix() for page in tracked("*.md") for path in _shown(page)}
    assert shown - set(LISTED) == set()


def test_the_list_names_every_picture_that_is_there_and_no_other():
    there = {path.relative_to(DOCS).as_posix() for path in tracked("docs/*") if path.suffix in PICTURES}
    assert there == set(LISTED)


@pytest.mark.parametrize("command", sorted(set(LISTED.values())))
def test_every_command_of_the_list_is_there(command: str):
    program, *words = command.split()
    if program == "make":
        assert re.search(rf"^{words[0]}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    elif program == "python":
        assert words[0] == "-m"
        assert importlib.util.find_spec(words[1]) is not None
    else:
        assert (program, (ROOT / words[0]).is_file()) == ("cp", True)


def test_the_pictures_of_the_guide_are_all_made_by_one_command():
    of_guide = {name for name in LISTED if name.startswith("user_guide/")}
    assert of_guide
    assert {LISTED[name] for name in of_guide} == {COMMAND}


def test_the_numbers_on_file_are_those_of_the_demo(tmp_path: Path):
    make_docs_pictures.run_demo(tmp_path, "json,report.json")
    fresh, kept = make_docs_pictures.demo_numbers(tmp_path), json.loads(NUMBERS.read_text(encoding="utf-8"))
    units = {each["id"]: each["unit"] for each in json.loads((tmp_path / "exam1" / "measurements.json").read_text())}
    assert fresh.keys() == kept.keys()
    for name, examination in fresh.items():
        assert examination["values"].keys() == kept[name]["values"].keys()
        for measure, value in examination["values"].items():
            expected = kept[name]["values"][measure]
            assert value == (None if expected is None else pytest.approx(expected, abs=TOLERANCE[units[measure]])), (
                f"{name} {measure}: run {COMMAND}"
            )


def test_the_sentence_in_the_guide_is_that_of_the_demo_whose_pages_are_shown():
    page = " ".join((DOCS / "user_guide" / "report.md").read_text(encoding="utf-8").split())
    kept = json.loads(NUMBERS.read_text(encoding="utf-8"))
    assert kept["exam2"]["sentence"] in page


def test_the_numbers_of_a_sentence_are_those_of_the_measurements():
    for name, examination in json.loads(NUMBERS.read_text(encoding="utf-8")).items():
        values, sentence = examination["values"], examination["sentence"]
        assert f"extrameatal {values['em_max_axial']:.1f} mm" in sentence, name
        assert (
            f"volume {values['vol_total']:.3f} cm³ (EM {values['vol_em']:.3f}, IM {values['vol_im']:.3f})" in sentence
        )


def test_a_picture_is_taken_anew_for_one_other_digit_and_not_for_rounding(tmp_path: Path):
    picture = Image.new("RGB", (200, 100), (250, 250, 250))
    picture.save(tmp_path / "first.png")
    Image.new("RGB", (200, 100), (252, 249, 250)).save(tmp_path / "rounded.png")
    picture.paste((0, 0, 0), (20, 20, 25, 26))
    picture.save(tmp_path / "digit.png")
    assert look_the_same(tmp_path / "first.png", tmp_path / "rounded.png")
    assert not look_the_same(tmp_path / "first.png", tmp_path / "digit.png")


def test_a_palette_is_taken_only_where_it_looks_the_same(tmp_path: Path):
    flat = Image.new("RGB", (64, 64), (230, 159, 0))
    colorful = Image.new("RGB", (64, 64))
    colorful.putdata([(4 * x, 4 * y, (x * y) % 256) for x in range(64) for y in range(64)])
    for name, picture in (("flat", flat), ("colorful", colorful)):
        picture.save(tmp_path / f"{name}.png")
        write_small(tmp_path / f"{name}.png", tmp_path / f"{name}_small.png")
    assert Image.open(tmp_path / "flat_small.png").mode == "P"
    assert Image.open(tmp_path / "colorful_small.png").mode == "RGB"


def test_the_volume_that_the_first_ten_minutes_promise_is_that_of_the_sample():
    told = (DOCS / "first_ten_minutes.md").read_text(encoding="utf-8")
    volume = json.loads(NUMBERS.read_text(encoding="utf-8"))["exam1"]["values"]["vol_total"]
    assert f"of {volume:.2f} cm³" in told
